//! The addresses of a cluster, and the node's interface, routes and rules in its own network namespace.
//!
//! Pods hang on point-to-point links (not on a bridge), so that every packet between them passes the
//! node's routing, where Services are translated. Nothing leads out of the namespace: what has no
//! destination inside is rejected at once, instead of hanging.

use std::time::Duration;

use super::error::LocalError;
use super::node::environment::Environment;
use super::tool;

/// The node's own address.
pub(crate) const NODE_ADDRESS: &str = "172.18.0.2";
/// Addresses of pods.
pub(crate) const PODS: &str = "10.244.0.0/24";
/// Addresses of Services.
pub(crate) const SERVICES: &str = "10.96.0.0/16";
/// The Service `kubernetes`: the first address of the range.
pub(crate) const SERVICE_API_ADDRESS: &str = "10.96.0.1";
/// The Service `kube-dns`: the nameserver of pods.
pub(crate) const SERVICE_DNS_ADDRESS: &str = "10.96.0.10";
/// The port of the DNS server, at its Service's address as well as at the node's.
pub(crate) const DNS_PORT: u16 = 53;

const INTERFACE: &str = "node0";

/// What containerd's CNI plugins make of a pod's network.
pub(crate) fn cni_config() -> String {
    serde_json::json!({
        "cniVersion": "0.4.0",
        "name": "labproof",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": false,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": true}},
        ],
    })
    .to_string()
}

/// Sets the namespace up: loopback, an interface that carries the node's address and the default route,
/// forwarding, and the rule that rejects what would leave.
pub(crate) async fn set_up(environment: &Environment) -> Result<(), LocalError> {
    let address = format!("{NODE_ADDRESS}/24");
    for arguments in [
        vec!["link", "set", "lo", "up"],
        // A bridge without ports: the kernel may have no dummy device, and loopback is not accepted
        // as a node's address.
        vec!["link", "add", INTERFACE, "type", "bridge"],
        vec!["address", "add", &address, "dev", INTERFACE],
        vec!["link", "set", INTERFACE, "up"],
        vec!["route", "add", "default", "dev", INTERFACE],
        // Each pod has a route of its own; the other addresses are nobody's.
        vec!["route", "add", "unreachable", PODS],
    ] {
        run(environment, "ip", &arguments).await?;
    }
    for (setting, value) in [
        ("ipv4/ip_forward", "1"),
        ("ipv4/conf/all/route_localnet", "1"),
    ] {
        let path = std::path::Path::new("/proc/sys/net").join(setting);
        std::fs::write(&path, value).map_err(LocalError::io("written", &path))?;
    }
    for chain in ["OUTPUT", "FORWARD"] {
        // In OUTPUT a packet to a Service still counts as one for the default route's interface, although
        // its destination is the pod's or the node's by then.
        for destination in [PODS, NODE_ADDRESS] {
            let rule = ["-w", "-A", chain, "-d", destination, "-j", "ACCEPT"];
            run(environment, "iptables", &rule).await?;
        }
        let rule = [
            "-w",
            "-A",
            chain,
            "-o",
            INTERFACE,
            "-j",
            "REJECT",
            "--reject-with",
            "icmp-net-unreachable",
        ];
        run(environment, "iptables", &rule).await?;
    }
    Ok(())
}

async fn run(
    environment: &Environment,
    program: &str,
    arguments: &[&str],
) -> Result<(), LocalError> {
    let mut command = tool::command(program);
    environment.apply(&mut command);
    command.args(arguments);
    let doing = format!("{program} {}", arguments.join(" "));
    match tokio::time::timeout(Duration::from_secs(10), tool::output(&mut command, &doing)).await {
        Ok(result) => result.map(|_| ()),
        Err(_) => Err(LocalError::Tool {
            program: doing,
            tail: "it did not end within 10 s".to_owned(),
        }),
    }
}
