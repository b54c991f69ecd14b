//! Which name of the cluster means what, after Kubernetes' specification of DNS-based service discovery, 1.1.
//!
//! | name below `cluster.local` | records |
//! | --- | --- |
//! | `SERVICE.NAMESPACE.svc` | its address; of a headless one, the addresses of the pods behind it |
//! | `POD.SERVICE.NAMESPACE.svc` | one such pod, by its host name or by its address with dashes |
//! | `_PORT._PROTOCOL.SERVICE.NAMESPACE.svc` | SRV: a named port |
//! | `ADDRESS-WITH-DASHES.NAMESPACE.pod` | that address |
//!
//! An ExternalName Service is an alias (CNAME). Addresses have names (PTR) where a Service or a headless
//! Service's pod has them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::rdata::{CNAME, PTR, SOA, SRV, TXT};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use k8s_openapi::api::core::v1::{Endpoints, Namespace, Service};
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};

use super::DOMAIN;
use super::answer::Answer;
use super::objects::{self, Access, Pod};

/// For how many seconds an answer may be kept; as on clusters that kubeadm makes.
const TTL: u32 = 30;

/// Aliases that lead to aliases are followed this far.
const ALIASES: usize = 8;

/// The version of the specification, which a cluster tells under `dns-version`.
const SPECIFICATION: &str = "1.1.0";

/// The objects that names come from.
pub(super) struct Zone {
    services: Store<Service>,
    endpoints: Store<Endpoints>,
    namespaces: Store<Namespace>,
    /// Counts answers, so that each of several addresses comes first in its turn.
    turn: AtomicUsize,
}

/// What a name is.
enum Found {
    /// There is no such name.
    Nothing,
    /// A name that stands only in others.
    Empty,
    /// A name with records; those of another type than was asked for count for nothing.
    Records(Vec<RData>),
    /// Ports, with the addresses of their targets.
    Ports(Vec<(SRV, Vec<IpAddr>)>),
    /// Another name.
    Alias(Name),
}

impl Zone {
    pub(super) fn new(
        services: Store<Service>,
        endpoints: Store<Endpoints>,
        namespaces: Store<Namespace>,
    ) -> Self {
        Self {
            services,
            endpoints,
            namespaces,
            turn: AtomicUsize::new(0),
        }
    }

    /// Waits until every object is known.
    pub(super) async fn ready(&self) {
        // Only a watch that was dropped is never ready, and these go on for ever.
        let _ = self.services.wait_until_ready().await;
        let _ = self.endpoints.wait_until_ready().await;
        let _ = self.namespaces.wait_until_ready().await;
    }

    /// Answers a question for the records of one type of a name.
    pub(super) fn answer(&self, asked: &Name, kind: RecordType) -> Answer {
        let mut answer = Answer::of(ResponseCode::NoError);
        let mut name = asked.clone();
        for _ in 0..ALIASES {
            let Some(found) = self.find(&name, kind) else {
                answer.code = ResponseCode::NXDomain;
                return answer;
            };
            answer.authoritative = true;
            match found {
                Found::Nothing => answer.code = ResponseCode::NXDomain,
                Found::Empty => {}
                Found::Records(all) => {
                    let wanted = all
                        .into_iter()
                        .filter(|data| [RecordType::ANY, data.record_type()].contains(&kind));
                    let mut records: Vec<Record> = wanted.map(|data| record(&name, data)).collect();
                    let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                    let count = records.len().max(1);
                    records.rotate_left(turn % count);
                    answer.records.extend(records);
                }
                Found::Ports(ports) => {
                    let mut targets = BTreeMap::new();
                    for (port, addresses) in ports {
                        targets.insert(port.target.clone(), addresses);
                        answer.records.push(record(&name, RData::SRV(port)));
                    }
                    for (target, addresses) in &targets {
                        let records = addresses.iter().map(|one| record(target, address(*one)));
                        answer.additional.extend(records);
                    }
                }
                Found::Alias(target) => {
                    let alias = RData::CNAME(CNAME(target.clone()));
                    answer.records.push(record(&name, alias));
                    if kind != RecordType::CNAME {
                        name = target;
                        continue;
                    }
                }
            }
            if answer.records.is_empty() || answer.code == ResponseCode::NXDomain {
                answer.authority.push(record(&apex(), start_of_authority()));
            }
            return answer;
        }
        Answer::of(ResponseCode::ServFail)
    }

    /// What a name is; `None` for one that is not the cluster's to know.
    fn find(&self, name: &Name, kind: RecordType) -> Option<Found> {
        let text = name.to_ascii().to_lowercase();
        let text = text.trim_end_matches('.');
        if let Some(reversed) = text.strip_suffix(".in-addr.arpa") {
            return self.owner(reversed);
        }
        let inside = match text.strip_suffix(DOMAIN)? {
            "" => return Some(Found::Records(vec![start_of_authority()])),
            inside => inside.strip_suffix('.')?,
        };
        let mut labels: Vec<&str> = inside.split('.').collect();
        labels.reverse();
        Some(match labels.as_slice() {
            ["dns-version"] => {
                Found::Records(vec![RData::TXT(TXT::new(vec![SPECIFICATION.to_owned()]))])
            }
            ["svc" | "pod"] => Found::Empty,
            ["svc" | "pod", namespace] if self.has_namespace(namespace) => Found::Empty,
            ["svc", namespace, service, rest @ ..] => self.service(namespace, service, rest, kind),
            ["pod", namespace, dashed] if self.has_namespace(namespace) => {
                match dashed.replace('-', ".").parse() {
                    Ok(ip) => Found::Records(vec![address(IpAddr::V4(ip))]),
                    Err(_) => Found::Nothing,
                }
            }
            _ => Found::Nothing,
        })
    }

    fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.get(&ObjectRef::new(name)).is_some()
    }

    /// `labels` are those in front of the Service's name, the last one first.
    fn service(&self, namespace: &str, name: &str, labels: &[&str], kind: RecordType) -> Found {
        let Some(service) = self.services.get(&ObjectRef::new(name).within(namespace)) else {
            return Found::Nothing;
        };
        let endpoints = self.endpoints.get(&ObjectRef::new(name).within(namespace));
        let pods = objects::pods(endpoints.as_deref());
        let access = objects::access(&service);
        if let Access::Elsewhere(target) = access {
            let target = Name::from_ascii(format!("{}.", target.trim_end_matches('.')));
            return match (labels, target) {
                ([], Ok(target)) => Found::Alias(target),
                _ => Found::Nothing,
            };
        }
        let own = full_name(name, namespace);
        let ports = |wanted: &dyn Fn(&objects::Port) -> bool| {
            let found = match &access {
                Access::Address(own_addresses) => objects::ports(&service)
                    .filter(wanted)
                    .filter_map(|port| Some((srv(&port, &own)?, own_addresses.clone())))
                    .collect(),
                _ => pods
                    .iter()
                    .flat_map(|pod| pod.ports.iter().map(move |port| (pod, port)))
                    .filter(|(_, port)| wanted(port))
                    .filter_map(|(pod, port)| {
                        let target = format!("{}.{own}", pod.label());
                        Some((srv(port, &target)?, vec![pod.address]))
                    })
                    .collect::<Vec<_>>(),
            };
            match found.is_empty() {
                true => Found::Nothing,
                false => Found::Ports(found),
            }
        };
        match labels {
            [] if kind == RecordType::SRV => ports(&|_| true),
            [] => match &access {
                Access::Address(addresses) => {
                    Found::Records(addresses.iter().copied().map(address).collect())
                }
                _ => addresses(pods.iter()),
            },
            [protocol] if protocol.starts_with('_') => {
                match ports(&|port| port.protocol == protocol[1..]) {
                    Found::Nothing => Found::Nothing,
                    _ => Found::Empty,
                }
            }
            [protocol, port] if protocol.starts_with('_') && port.starts_with('_') => {
                let wanted =
                    |one: &objects::Port| one.protocol == protocol[1..] && one.name == port[1..];
                match ports(&wanted) {
                    Found::Ports(_) if kind != RecordType::SRV => Found::Empty,
                    found => found,
                }
            }
            [label] => addresses(
                pods.iter()
                    .filter(|pod| pod.label() == *label || pod.dashed() == *label),
            ),
            _ => Found::Nothing,
        }
    }

    /// The names of an address that is given as the labels in front of `in-addr.arpa`.
    fn owner(&self, reversed: &str) -> Option<Found> {
        let forward: Vec<&str> = reversed.rsplit('.').collect();
        let ip = IpAddr::V4(forward.join(".").parse::<Ipv4Addr>().ok()?);
        let mut names = BTreeSet::new();
        for service in self.services.state() {
            let (name, namespace) = (service.name_any(), service.namespace().unwrap_or_default());
            let own = full_name(&name, &namespace);
            match objects::access(&service) {
                Access::Address(addresses) if addresses.contains(&ip) => {
                    names.insert(own);
                }
                Access::Pods => {
                    let endpoints = self
                        .endpoints
                        .get(&ObjectRef::new(&name).within(&namespace));
                    let pods = objects::pods(endpoints.as_deref());
                    let here = pods.iter().filter(|pod| pod.address == ip);
                    names.extend(here.map(|pod| format!("{}.{own}", pod.label())));
                }
                _ => {}
            }
        }
        let names = names.iter().filter_map(|name| Name::from_ascii(name).ok());
        let records: Vec<RData> = names.map(|name| RData::PTR(PTR(name))).collect();
        (!records.is_empty()).then_some(Found::Records(records))
    }
}

fn addresses<'a>(pods: impl Iterator<Item = &'a Pod>) -> Found {
    let all: BTreeSet<IpAddr> = pods.map(|pod| pod.address).collect();
    if all.is_empty() {
        return Found::Nothing;
    }
    Found::Records(all.into_iter().map(address).collect())
}

fn full_name(service: &str, namespace: &str) -> String {
    format!("{service}.{namespace}.svc.{DOMAIN}.")
}

fn srv(port: &objects::Port, target: &str) -> Option<SRV> {
    Some(SRV::new(
        0,
        100,
        port.number,
        Name::from_ascii(target).ok()?,
    ))
}

fn address(ip: IpAddr) -> RData {
    match ip {
        IpAddr::V4(ip) => RData::A(ip.into()),
        IpAddr::V6(ip) => RData::AAAA(ip.into()),
    }
}

fn record(name: &Name, data: RData) -> Record {
    Record::from_rdata(name.clone(), TTL, data)
}

fn apex() -> Name {
    Name::from_ascii(format!("{DOMAIN}.")).unwrap_or_else(|_| Name::root())
}

/// What says for how long a name that does not exist may be taken for that.
fn start_of_authority() -> RData {
    let below = |label: &str| Name::from_ascii(format!("{label}.{DOMAIN}.")).unwrap_or_default();
    // Nobody makes a copy of this zone: what is said to those who would means nothing.
    RData::SOA(SOA::new(
        below("ns.dns"),
        below("hostmaster"),
        1,
        7200,
        1800,
        86400,
        TTL,
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use kube::runtime::reflector;
    use kube::runtime::watcher::Event;
    use serde_json::json;

    /// Namespaces `shop` and `empty`, with Services of every kind.
    pub(in super::super) fn zone() -> Zone {
        let service = |name: &str, spec: serde_json::Value| json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec});
        let behind = |name: &str, subsets: serde_json::Value| json!({"metadata": {"name": name, "namespace": "shop"}, "subsets": subsets});
        let crowd: Vec<_> = (1..=100)
            .map(|last| json!({"ip": format!("10.244.9.{last}")}))
            .collect();
        Zone::new(
            store([
                service(
                    "web",
                    json!({"clusterIP": "10.96.0.20", "ports": [
                    {"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}]}),
                ),
                service(
                    "db",
                    json!({"clusterIP": "None", "ports": [{"name": "sql", "port": 3306}]}),
                ),
                service("crowd", json!({"clusterIP": "None"})),
                service("idle", json!({"clusterIP": "None"})),
                service(
                    "alias",
                    json!({"type": "ExternalName", "externalName": "web.shop.svc.cluster.local"}),
                ),
                service(
                    "away",
                    json!({"type": "ExternalName", "externalName": "example.com"}),
                ),
                service(
                    "loop",
                    json!({"type": "ExternalName", "externalName": "loop.shop.svc.cluster.local"}),
                ),
            ]),
            store([
                behind(
                    "web",
                    json!([{"addresses": [{"ip": "10.244.0.7"}], "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}]),
                ),
                behind(
                    "db",
                    json!([{
                        "addresses": [{"ip": "10.244.0.8", "hostname": "db-0"}, {"ip": "10.244.0.9"}],
                        "notReadyAddresses": [{"ip": "10.244.0.10", "hostname": "db-2"}],
                        "ports": [{"name": "sql", "port": 3306, "protocol": "TCP"}],
                    }]),
                ),
                behind("crowd", json!([{"addresses": crowd}])),
                behind("idle", json!([])),
            ]),
            store([
                json!({"metadata": {"name": "shop"}}),
                json!({"metadata": {"name": "empty"}}),
            ]),
        )
    }

    fn store<K, const N: usize>(objects: [serde_json::Value; N]) -> Store<K>
    where
        K: kube::Resource<DynamicType = ()> + Clone + serde::de::DeserializeOwned + 'static,
    {
        let (store, mut writer) = reflector::store();
        for object in objects {
            writer.apply_watcher_event(&Event::Apply(serde_json::from_value(object).unwrap()));
        }
        store
    }

    /// The data of the answer's records, sorted, or the code where there are none.
    fn ask(name: &str, kind: RecordType) -> String {
        let answer = zone().answer(&Name::from_ascii(name).unwrap(), kind);
        let mut said: Vec<String> = answer
            .records
            .iter()
            .map(|record| record.data.to_string())
            .collect();
        said.sort();
        if answer.code != ResponseCode::NoError || said.is_empty() {
            said.push(format!("{:?}", answer.code));
        }
        said.join(", ")
    }

    #[test]
    fn names_mean_what_the_specification_says() {
        use RecordType::{A, AAAA, ANY, CNAME, PTR, SOA, SRV, TXT};
        for (name, kind, expected) in [
            ("web.shop.svc.cluster.local.", A, "10.96.0.20"),
            ("WEB.Shop.svc.Cluster.local.", A, "10.96.0.20"),
            ("web.shop.svc.cluster.local.", ANY, "10.96.0.20"),
            ("web.shop.svc.cluster.local.", AAAA, "NoError"),
            ("db.shop.svc.cluster.local.", A, "10.244.0.8, 10.244.0.9"),
            ("db-0.db.shop.svc.cluster.local.", A, "10.244.0.8"),
            ("10-244-0-9.db.shop.svc.cluster.local.", A, "10.244.0.9"),
            ("10-244-0-7.web.shop.svc.cluster.local.", A, "10.244.0.7"),
            ("db-2.db.shop.svc.cluster.local.", A, "NXDomain"),
            ("idle.shop.svc.cluster.local.", A, "NXDomain"),
            ("none.shop.svc.cluster.local.", A, "NXDomain"),
            ("web.none.svc.cluster.local.", A, "NXDomain"),
            ("a.b.c.web.shop.svc.cluster.local.", A, "NXDomain"),
            ("shop.svc.cluster.local.", A, "NoError"),
            ("none.svc.cluster.local.", A, "NXDomain"),
            ("svc.cluster.local.", A, "NoError"),
            ("10-244-0-99.shop.pod.cluster.local.", A, "10.244.0.99"),
            ("10-244-0-99.none.pod.cluster.local.", A, "NXDomain"),
            ("web.shop.pod.cluster.local.", A, "NXDomain"),
            (
                "alias.shop.svc.cluster.local.",
                A,
                "10.96.0.20, web.shop.svc.cluster.local.",
            ),
            (
                "alias.shop.svc.cluster.local.",
                CNAME,
                "web.shop.svc.cluster.local.",
            ),
            ("away.shop.svc.cluster.local.", A, "example.com., NXDomain"),
            ("away.shop.svc.cluster.local.", CNAME, "example.com."),
            ("loop.shop.svc.cluster.local.", A, "ServFail"),
            (
                "_http._tcp.web.shop.svc.cluster.local.",
                SRV,
                "0 100 80 web.shop.svc.cluster.local.",
            ),
            (
                "_dns._udp.web.shop.svc.cluster.local.",
                SRV,
                "0 100 53 web.shop.svc.cluster.local.",
            ),
            ("_dns._tcp.web.shop.svc.cluster.local.", SRV, "NXDomain"),
            ("_http._tcp.web.shop.svc.cluster.local.", A, "NoError"),
            ("_tcp.web.shop.svc.cluster.local.", A, "NoError"),
            ("_sctp.web.shop.svc.cluster.local.", A, "NXDomain"),
            (
                "_sql._tcp.db.shop.svc.cluster.local.",
                SRV,
                "0 100 3306 10-244-0-9.db.shop.svc.cluster.local., 0 100 3306 db-0.db.shop.svc.cluster.local.",
            ),
            (
                "20.0.96.10.in-addr.arpa.",
                PTR,
                "web.shop.svc.cluster.local.",
            ),
            (
                "8.0.244.10.in-addr.arpa.",
                PTR,
                "db-0.db.shop.svc.cluster.local.",
            ),
            // Behind a Service with an address of its own a pod has no name.
            ("7.0.244.10.in-addr.arpa.", PTR, "NXDomain"),
            ("x.0.244.10.in-addr.arpa.", PTR, "NXDomain"),
            ("dns-version.cluster.local.", TXT, "1.1.0"),
            (
                "cluster.local.",
                SOA,
                "ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 30",
            ),
            ("example.com.", A, "NXDomain"),
            ("notcluster.local.", A, "NXDomain"),
            (".", A, "NXDomain"),
        ] {
            assert_eq!(ask(name, kind), expected, "{name} {kind}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_with_authority_inside_and_without_it_outside() {
        let zone = zone();
        let ask = |name: &str| zone.answer(&Name::from_ascii(name).unwrap(), RecordType::A);
        let inside = ask("none.shop.svc.cluster.local.");
        assert!(inside.authoritative && inside.authority.len() == 1);
        let outside = ask("example.com.");
        assert!(!outside.authoritative && outside.authority.is_empty());
    }

    #[test]
    fn pods_take_turns_in_coming_first_and_ports_bring_their_addresses() {
        let zone = zone();
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let db = name("db.shop.svc.cluster.local.");
        let firsts: BTreeSet<String> = (0..4)
            .map(|_| zone.answer(&db, RecordType::A).records[0].data.to_string())
            .collect();
        assert_eq!(firsts.len(), 2);
        let ports = name("_sql._tcp.db.shop.svc.cluster.local.");
        let additional = zone.answer(&ports, RecordType::SRV).additional;
        assert_eq!(additional.len(), 2);
    }
}
