//! The programs of a node, each with its whole command line and configuration.

use std::path::{Path, PathBuf};

use super::environment::{kubernetes, labproof, state_dir, tools_dir};
use super::flags;
use super::spec::NodeSpec;
use crate::cluster::local::dns;
use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::{self, registry};
use crate::cluster::local::member::Member;
use crate::cluster::local::network::{DNS_PORT, PODS, SERVICE_DNS_ADDRESS, SERVICES};
use crate::cluster::local::paths::make_dir;

/// Where containerd takes requests, on its own node.
const CONTAINERD_SOCKET: &str = "/run/containerd/containerd.sock";
/// Where etcd takes requests; plain, on the namespace's own loopback.
pub(crate) const ETCD_ADDRESS: &str = "127.0.0.1:2379";
/// Where the API server takes requests inside the node.
pub(crate) const API_ADDRESS: &str = "127.0.0.1:6443";
/// The same on the first node's address.
const API_PORT: u16 = 6443;
/// The folder of configuration files, gone with the node.
const CONFIG: &str = "/run/labproof";
/// Where containerd is told whom to ask for images.
const REGISTRIES: &str = "/run/labproof/registries";

/// The usual place is below /usr, which is read-only.
const VOLUME_PLUGINS: &str = "/var/lib/kubelet/volume-plugins";

/// One program and how it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    /// Its name in messages and of its log.
    pub(crate) name: String,
    /// Where it runs.
    pub(crate) member: Member,
    /// The program.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<String>,
}

/// The programs of one cluster.
#[derive(Debug)]
pub(crate) struct Components {
    pub(crate) etcd: Component,
    pub(crate) apiserver: Component,
    pub(crate) controller_manager: Component,
    pub(crate) scheduler: Component,
    pub(crate) dns: Component,
    pub(crate) members: Vec<MemberComponents>,
}

/// The programs that every node has.
#[derive(Debug)]
pub(crate) struct MemberComponents {
    pub(crate) member: Member,
    pub(crate) containerd: Component,
    pub(crate) kubelet: Component,
    pub(crate) proxy: Component,
}

/// The kubeconfig of a client of the API server, on the client's own node.
pub(crate) fn kubeconfig(client: &str) -> PathBuf {
    Path::new(CONFIG).join(format!("{client}.kubeconfig"))
}

/// Where a node's containerd takes requests, seen from the first node.
pub(crate) fn containerd_socket(member: Member) -> PathBuf {
    seen(member, Path::new(CONTAINERD_SOCKET))
}

/// A path on a node, seen from the first node.
fn seen(member: Member, path: &Path) -> PathBuf {
    member.root().join(path.strip_prefix("/").unwrap_or(path))
}

/// Writes every configuration file and gives the command lines that use them.
pub(crate) fn prepare(spec: &NodeSpec) -> Result<Components, LocalError> {
    let members = Member::all(spec.nodes);
    let pki = state_dir().join("pki");
    let pause = image::pause()?;
    for member in &members {
        make_dir(&seen(*member, Path::new(CONFIG)))?;
        let mut clients = vec![("proxy".to_owned(), "proxy"), (member.own("node"), "node")];
        let mut server = format!("https://{}:{API_PORT}", Member::FIRST.address());
        if member.is_first() {
            server = format!("https://{API_ADDRESS}");
            let central = ["admin", "controller-manager", "dns", "scheduler"];
            clients.extend(central.map(|client| (client.to_owned(), client)));
        }
        for (client, file) in clients {
            let path = seen(*member, &kubeconfig(file));
            crate::cluster::local::kubeconfig::write(&path, &spec.name, &server, &pki, &client)?;
        }
        let write = |name: &str, text: String| {
            let path = seen(*member, &Path::new(CONFIG).join(name));
            std::fs::write(&path, text).map_err(LocalError::io("written", &path))
        };
        write("containerd.toml", containerd_config(&pause))?;
        make_dir(&seen(*member, &Path::new(REGISTRIES).join("_default")))?;
        write(
            "registries/_default/hosts.toml",
            registry::hosts(&Member::FIRST.address()),
        )?;
        write("kubelet.json", kubelet_config(spec, *member, &pki))?;
        write("proxy.json", proxy_config())?;
    }
    let mut components = components(&pki, &members, spec.minor);
    // Of a flag that is given twice the last one counts.
    let more = spec.api_server_flags.iter().cloned();
    components.apiserver.arguments.extend(more);
    Ok(components)
}

fn components(pki: &Path, members: &[Member], minor: u32) -> Components {
    let pki = |name: &str| pki.join(name).display().to_string();
    let config = |client: &str| kubeconfig(client).display().to_string();
    Components {
        etcd: debian(
            "etcd",
            "usr/bin/etcd",
            [
                "--name=labproof".to_owned(),
                "--data-dir=/var/lib/etcd".to_owned(),
                format!("--listen-client-urls=http://{ETCD_ADDRESS}"),
                format!("--advertise-client-urls=http://{ETCD_ADDRESS}"),
                "--listen-peer-urls=http://127.0.0.1:2380".to_owned(),
                "--initial-advertise-peer-urls=http://127.0.0.1:2380".to_owned(),
                "--initial-cluster=labproof=http://127.0.0.1:2380".to_owned(),
                // Its data is in memory and lives no longer than it does.
                "--unsafe-no-fsync".to_owned(),
                // A single member elects itself; waiting for others only takes time.
                "--heartbeat-interval=50".to_owned(),
                "--election-timeout=500".to_owned(),
            ],
        ),
        apiserver: kube(
            "kube-apiserver",
            minor,
            [
                // All addresses of the namespace: pods reach it through the Service `kubernetes`.
                "--bind-address=0.0.0.0".to_owned(),
                format!("--secure-port={API_PORT}"),
                format!("--advertise-address={}", Member::FIRST.address()),
                format!("--etcd-servers=http://{ETCD_ADDRESS}"),
                format!("--service-cluster-ip-range={SERVICES}"),
                "--authorization-mode=Node,RBAC".to_owned(),
                "--enable-admission-plugins=NodeRestriction".to_owned(),
                "--allow-privileged=true".to_owned(),
                "--kubelet-preferred-address-types=InternalIP".to_owned(),
                "--profiling=false".to_owned(),
                format!("--client-ca-file={}", pki("ca.crt")),
                format!("--tls-cert-file={}", pki("apiserver.crt")),
                format!("--tls-private-key-file={}", pki("apiserver.key")),
                format!("--kubelet-certificate-authority={}", pki("ca.crt")),
                format!(
                    "--kubelet-client-certificate={}",
                    pki("apiserver-kubelet.crt")
                ),
                format!("--kubelet-client-key={}", pki("apiserver-kubelet.key")),
                format!("--service-account-key-file={}", pki("service-accounts.pub")),
                format!(
                    "--service-account-signing-key-file={}",
                    pki("service-accounts.key")
                ),
                "--service-account-issuer=https://kubernetes.default.svc.cluster.local".to_owned(),
            ],
        ),
        controller_manager: kube(
            "kube-controller-manager",
            minor,
            [
                format!("--kubeconfig={}", config("controller-manager")),
                "--bind-address=127.0.0.1".to_owned(),
                "--leader-elect=false".to_owned(),
                "--enable-hostpath-provisioner=true".to_owned(),
                format!("--flex-volume-plugin-dir={VOLUME_PLUGINS}"),
                "--profiling=false".to_owned(),
                format!("--root-ca-file={}", pki("ca.crt")),
                format!("--cluster-signing-cert-file={}", pki("ca.crt")),
                format!("--cluster-signing-key-file={}", pki("ca.key")),
                format!(
                    "--service-account-private-key-file={}",
                    pki("service-accounts.key")
                ),
            ],
        ),
        scheduler: kube(
            "kube-scheduler",
            minor,
            [
                format!("--kubeconfig={}", config("scheduler")),
                "--bind-address=127.0.0.1".to_owned(),
                "--leader-elect=false".to_owned(),
                "--profiling=false".to_owned(),
            ],
        ),
        dns: Component {
            name: "dns".to_owned(),
            member: Member::FIRST,
            program: labproof(),
            arguments: vec![
                "cluster".to_owned(),
                "dns".to_owned(),
                format!("--kubeconfig={}", config("dns")),
                format!("--listen={}:{DNS_PORT}", Member::FIRST.address()),
            ],
        },
        members: members
            .iter()
            .map(|member| member_components(*member, minor))
            .collect(),
    }
}

fn member_components(member: Member, minor: u32) -> MemberComponents {
    let config = |client: &str| kubeconfig(client).display().to_string();
    let name = format!("--hostname-override={}", member.name());
    let on_it = |component: Component| Component {
        name: member.own(&component.name),
        member,
        ..component
    };
    MemberComponents {
        member,
        containerd: on_it(debian(
            "containerd",
            "usr/bin/containerd",
            [format!("--config={CONFIG}/containerd.toml")],
        )),
        kubelet: on_it(kube(
            "kubelet",
            minor,
            [
                format!("--config={CONFIG}/kubelet.json"),
                format!("--kubeconfig={}", config("node")),
                name.clone(),
                format!("--node-ip={}", member.address()),
                format!("--container-runtime-endpoint=unix://{CONTAINERD_SOCKET}"),
                "--root-dir=/var/lib/kubelet".to_owned(),
                "--cert-dir=/var/lib/kubelet/pki".to_owned(),
            ],
        )),
        proxy: on_it(kube(
            "kube-proxy",
            minor,
            [format!("--config={CONFIG}/proxy.json"), name],
        )),
    }
}

fn debian<const N: usize>(name: &str, program: &str, arguments: [String; N]) -> Component {
    Component {
        name: name.to_owned(),
        member: Member::FIRST,
        program: tools_dir().join(program),
        arguments: arguments.to_vec(),
    }
}

/// One of Kubernetes' programs, with the flags that only this minor version takes as well.
fn kube<const N: usize>(name: &str, minor: u32, arguments: [String; N]) -> Component {
    Component {
        name: name.to_owned(),
        member: Member::FIRST,
        program: kubernetes(name),
        arguments: arguments
            .into_iter()
            .chain(flags::of(name, minor))
            .collect(),
    }
}

fn containerd_config(pause: &image::ImageRecipe) -> String {
    let tools = tools_dir();
    let tools = tools.display();
    let pause = pause.image();
    format!(
        r#"version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  # A profile would be loaded into the host's kernel, and stay there.
  disable_apparmor = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{tools}/usr/sbin/runc"
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{REGISTRIES}"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{tools}/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
"#
    )
}

fn kubelet_config(spec: &NodeSpec, member: Member, pki: &Path) -> String {
    let mut config = serde_json::json!({
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": member.address(),
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": pki.join("ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": pki.join(member.own("kubelet") + ".crt"),
        "tlsPrivateKeyFile": pki.join(member.own("kubelet") + ".key"),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": member.cgroup(&spec.pods_cgroup),
        "clusterDomain": dns::DOMAIN,
        "clusterDNS": [SERVICE_DNS_ADDRESS],
        "resolvConf": "/etc/resolv.conf",
        "volumePluginDir": VOLUME_PLUGINS,
        "enforceNodeAllocatable": [],
        "failSwapOn": false,
        "healthzPort": 0,
        // The first status decides how soon the node is Ready.
        "nodeStatusUpdateFrequency": "1s",
        "nodeStatusReportFrequency": "1m",
        // Images come from nowhere else, so none may be thrown away; a full host disk is not the lab's fault.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        // For want of room kubelet would throw images away, that of the pods' sandboxes too, and no pod could start any more. etcd
        // ends then, and with it the cluster.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "0%", "imagefs.available": "0%"},
        "registryPullQPS": 0,
        "eventRecordQPS": 0,
        // What kubelets allow themselves by default since 1.27 (CHANGELOG-1.27). With the 5 and 10 of before, each pod that comes or
        // goes takes seconds of requests that wait for their turn.
        "kubeAPIQPS": 50,
        "kubeAPIBurst": 100,
        "serializeImagePulls": false,
        "maxPods": 200,
    });
    if let Some(settings) = config.as_object_mut() {
        settings.extend(flags::kubelet_settings(spec.minor));
    }
    config.to_string()
}

fn proxy_config() -> String {
    serde_json::json!({
        "kind": "KubeProxyConfiguration",
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "mode": "iptables",
        "clusterCIDR": PODS,
        "clientConnection": {"kubeconfig": kubeconfig("proxy")},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        // These settings of the kernel are not the namespace's own.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "iptables": {"minSyncPeriod": "100ms", "syncPeriod": "30s"},
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_component_can_reach_beyond_the_node() {
        let all = components(Path::new("/labproof/state/pki"), &Member::all(2), 20);
        let every = all.members.iter();
        let every = every.flat_map(|on| [&on.containerd, &on.kubelet, &on.proxy]);
        for component in every.chain([
            &all.etcd,
            &all.apiserver,
            &all.controller_manager,
            &all.scheduler,
            &all.dns,
        ]) {
            assert!(
                component.program.starts_with("/labproof"),
                "{}",
                component.name
            );
            for argument in &component.arguments {
                assert!(!argument.contains("/root"), "{argument}");
            }
        }
    }

    #[test]
    fn no_program_gets_a_flag_that_its_version_does_not_take() {
        for minor in [20, 24, 26, 27, 30, 32, 34, 35] {
            let all = components(Path::new("/labproof/state/pki"), &Member::all(2), minor);
            let central = [&all.apiserver, &all.controller_manager, &all.scheduler];
            for component in central {
                flags::tests::assert_taken(&component.name, &component.arguments, minor);
            }
            for on in &all.members {
                flags::tests::assert_taken("kubelet", &on.kubelet.arguments, minor);
                flags::tests::assert_taken("kube-proxy", &on.proxy.arguments, minor);
            }
            // Required since 1.20 (CHANGELOG-1.20).
            for required in ["issuer", "signing-key-file", "key-file"] {
                let flag = format!("--service-account-{required}=");
                assert!(
                    all.apiserver
                        .arguments
                        .iter()
                        .any(|one| one.starts_with(&flag))
                );
            }
        }
    }

    #[test]
    fn the_sandbox_image_is_the_one_that_is_made_here() {
        let pause = image::pause().unwrap();
        assert!(
            containerd_config(&pause).contains(&format!("sandbox_image = \"{}\"", pause.image()))
        );
    }
}
