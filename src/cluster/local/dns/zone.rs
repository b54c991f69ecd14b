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
pub(super) mod tests;
