//! Every kind of name, on a zone of a few Services.

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
