//! What Services and Endpoints say about addresses and ports.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Endpoints, Service};

/// How a Service is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// At addresses of its own.
    Address(Vec<IpAddr>),
    /// At those of the pods behind it: it is headless.
    Pods,
    /// Under another name.
    Elsewhere(String),
}

/// A port with a name that may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) name: String,
    /// In lower case.
    pub(super) protocol: String,
    pub(super) number: u16,
}

/// A pod, or whatever else is behind a Service, that is ready to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) address: IpAddr,
    pub(super) ports: Vec<Port>,
    host: Option<String>,
}

impl Pod {
    /// Its name below the Service's: its host name, or else its address with dashes.
    pub(super) fn label(&self) -> String {
        self.host.clone().unwrap_or_else(|| self.dashed())
    }

    /// Its address with dashes.
    pub(super) fn dashed(&self) -> String {
        self.address.to_string().replace(['.', ':'], "-")
    }
}

/// How a Service is reached; one that waits for its address is reached at none.
pub(super) fn access(service: &Service) -> Access {
    let Some(spec) = &service.spec else {
        return Access::Address(Vec::new());
    };
    if spec.type_.as_deref() == Some("ExternalName") {
        return Access::Elsewhere(spec.external_name.clone().unwrap_or_default());
    }
    // Servers before 1.20 know one address only.
    let mut all = spec.cluster_ips.clone().unwrap_or_default();
    if all.is_empty() {
        all.extend(spec.cluster_ip.clone());
    }
    if all.first().is_some_and(|first| first == "None") {
        return Access::Pods;
    }
    Access::Address(all.iter().filter_map(|one| one.parse().ok()).collect())
}

/// The ports of a Service itself.
pub(super) fn ports(service: &Service) -> impl Iterator<Item = Port> {
    let ports = service
        .spec
        .iter()
        .flat_map(|spec| spec.ports.iter().flatten());
    ports.filter_map(|port| Port::of(port.name.as_ref(), port.protocol.as_ref(), port.port))
}

/// All that is behind a Service and ready, or published without being asked for that.
pub(super) fn pods(endpoints: Option<&Endpoints>) -> Vec<Pod> {
    let subsets = endpoints
        .iter()
        .flat_map(|all| all.subsets.iter().flatten());
    subsets
        .flat_map(|subset| {
            let ports: Vec<Port> = subset
                .ports
                .iter()
                .flatten()
                .filter_map(|port| Port::of(port.name.as_ref(), port.protocol.as_ref(), port.port))
                .collect();
            let addresses = subset.addresses.iter().flatten();
            addresses.filter_map(move |address| {
                Some(Pod {
                    address: address.ip.parse().ok()?,
                    ports: ports.clone(),
                    host: address.hostname.clone().filter(|host| !host.is_empty()),
                })
            })
        })
        .collect()
}

impl Port {
    fn of(name: Option<&String>, protocol: Option<&String>, number: i32) -> Option<Self> {
        Some(Self {
            name: name.cloned().unwrap_or_default(),
            protocol: protocol.map_or("tcp".to_owned(), |protocol| protocol.to_lowercase()),
            number: number.try_into().ok()?,
        })
    }
}
