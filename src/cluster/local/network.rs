//! The addresses of a cluster, and each node's interface, routes and rules in its own network namespace.
//!
//! Pods hang on point-to-point links (not on a bridge), so that every packet between them passes the
//! node's routing, where Services are translated. Nothing leads out of the namespace: what has no
//! destination inside is rejected at once, instead of hanging.

use std::time::Duration;

use tokio::process::Command;

use super::error::LocalError;
use super::member::Member;
use super::node::environment::Environment;
use super::tool;

/// Addresses of pods, on all nodes.
pub(crate) const PODS: &str = "10.244.0.0/16";
/// Addresses of Services.
pub(crate) const SERVICES: &str = "10.96.0.0/16";
/// The Service `kubernetes`: the first address of the range.
pub(crate) const SERVICE_API_ADDRESS: &str = "10.96.0.1";
/// The Service `kube-dns`: the nameserver of pods.
pub(crate) const SERVICE_DNS_ADDRESS: &str = "10.96.0.10";
/// The port of the DNS server, at its Service's address as well as at the node's.
pub(crate) const DNS_PORT: u16 = 53;

const INTERFACE: &str = "node0";

/// What containerd's CNI plugins make of the network of a node's pods.
pub(crate) fn cni_config(member: Member) -> String {
    serde_json::json!({
        "cniVersion": "0.4.0",
        "name": "labproof",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": false,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": member.pods()}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
    .to_string()
}

/// Sets a node's namespace up: loopback, an interface that carries its address and the default route, the
/// ways to the other nodes' pods, forwarding, and the rule that rejects what would leave. The first node
/// comes first; it is the switch between the others.
pub(crate) async fn set_up(
    environment: &Environment,
    member: Member,
    members: &[Member],
) -> Result<(), LocalError> {
    let ip = async |arguments: &str| run(environment, member, "ip", arguments).await;
    ip("link set lo up").await?;
    if member.is_first() {
        // A bridge: the kernel may have no dummy device, and loopback is not accepted as a node's
        // address.
        ip(&format!("link add {INTERFACE} type bridge")).await?;
    } else {
        let (link, there) = (member.own("node"), member.namespace("net"));
        let there = there.display();
        let first = async |arguments: &str| run(environment, Member::FIRST, "ip", arguments).await;
        first(&format!(
            "link add {link} type veth peer name {INTERFACE} netns {there}"
        ))
        .await?;
        first(&format!("link set {link} master {INTERFACE} up")).await?;
    }
    ip(&format!(
        "address add {}/24 dev {INTERFACE}",
        member.address()
    ))
    .await?;
    ip(&format!("link set {INTERFACE} up")).await?;
    ip(&format!("route add default dev {INTERFACE}")).await?;
    // Each pod has a route of its own; the other addresses are nobody's.
    ip(&format!("route add unreachable {PODS}")).await?;
    for other in members.iter().filter(|other| **other != member) {
        ip(&format!(
            "route add {} via {}",
            other.pods(),
            other.address()
        ))
        .await?;
    }
    for setting in ["ip_forward", "conf/all/route_localnet"] {
        let script = format!("echo 1 > /proc/sys/net/ipv4/{setting}");
        let mut command = environment.command(member, "sh");
        finish(command.args(["-c", &script]), &script).await?;
    }
    for chain in ["OUTPUT", "FORWARD"] {
        // In OUTPUT a packet to a Service still counts as one for the default route's interface, although
        // its destination is a pod or a node by then.
        let nodes = members.iter().map(|member| member.address());
        for destination in nodes.chain([PODS.to_owned()]) {
            let rule = format!("-w -A {chain} -d {destination} -j ACCEPT");
            run(environment, member, "iptables", &rule).await?;
        }
        let rule =
            format!("-w -A {chain} -o {INTERFACE} -j REJECT --reject-with icmp-net-unreachable");
        run(environment, member, "iptables", &rule).await?;
    }
    Ok(())
}

/// Runs a program on a node; no argument has a blank in it.
async fn run(
    environment: &Environment,
    member: Member,
    program: &str,
    arguments: &str,
) -> Result<(), LocalError> {
    let mut command = environment.command(member, program);
    command.args(arguments.split(' '));
    finish(&mut command, &format!("{program} {arguments}")).await
}

async fn finish(command: &mut Command, doing: &str) -> Result<(), LocalError> {
    match tokio::time::timeout(Duration::from_secs(10), tool::output(command, doing)).await {
        Ok(result) => result.map(|_| ()),
        Err(_) => Err(LocalError::Tool {
            program: doing.to_owned(),
            tail: "it did not end within 10 s".to_owned(),
        }),
    }
}
