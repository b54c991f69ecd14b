//! The certificates and keys of one cluster, new for each.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::error::LocalError;
use super::member::Member;
use super::network::SERVICE_API_ADDRESS;
use super::paths::{make_dir, write_private};

/// A client: the file's name, the user and the group that the API server sees.
struct Client {
    file: &'static str,
    user: &'static str,
    group: Option<&'static str>,
}

const CLIENTS: [Client; 6] = [
    Client {
        file: "admin",
        user: "labproof-admin",
        group: Some("system:masters"),
    },
    Client {
        file: "apiserver-kubelet",
        user: "kube-apiserver",
        group: Some("system:masters"),
    },
    // Its controllers would otherwise each need an account of their own, made one by one at the start.
    Client {
        file: "controller-manager",
        user: "system:kube-controller-manager",
        group: Some("system:masters"),
    },
    Client {
        file: "dns",
        user: "system:dns",
        group: Some("system:masters"),
    },
    Client {
        file: "scheduler",
        user: "system:kube-scheduler",
        group: None,
    },
    Client {
        file: "proxy",
        user: "system:kube-proxy",
        group: None,
    },
];

/// Writes an authority, every client's certificate, the two servers' and the key of service accounts
/// into `folder`, as `NAME.crt` and `NAME.key`. Each node is a client and a server too.
pub(crate) fn write(folder: &Path, members: &[Member]) -> Result<(), LocalError> {
    make_dir(folder)?;
    let key = KeyPair::generate()?;
    let mut params = params("labproof", None, &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let certificate = params.self_signed(&key)?;
    store(folder, "ca", &certificate.pem(), &key)?;
    let authority = Issuer::new(params, key);

    for client in &CLIENTS {
        let usage = ExtendedKeyUsagePurpose::ClientAuth;
        issue(
            folder,
            client.file,
            self::params(client.user, client.group, &[])?,
            usage,
            &authority,
        )?;
    }
    let names = [
        "127.0.0.1",
        &Member::FIRST.address(),
        SERVICE_API_ADDRESS,
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
    ];
    let usage = ExtendedKeyUsagePurpose::ServerAuth;
    issue(
        folder,
        "apiserver",
        self::params("kube-apiserver", None, &names)?,
        usage.clone(),
        &authority,
    )?;
    for member in members {
        let (address, name) = (member.address(), member.name());
        issue(
            folder,
            &member.own("kubelet"),
            self::params("kubelet", None, &[&address, &name])?,
            usage.clone(),
            &authority,
        )?;
        let user = format!("system:node:{name}");
        issue(
            folder,
            &member.own("node"),
            self::params(&user, Some("system:nodes"), &[])?,
            ExtendedKeyUsagePurpose::ClientAuth,
            &authority,
        )?;
    }

    let accounts = KeyPair::generate()?;
    write_private(
        &folder.join("service-accounts.key"),
        accounts.serialize_pem().as_bytes(),
    )?;
    write_private(
        &folder.join("service-accounts.pub"),
        accounts.public_key_pem().as_bytes(),
    )
}

fn params(
    name: &str,
    group: Option<&str>,
    names: &[&str],
) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(group) = group {
        params
            .distinguished_name
            .push(DnType::OrganizationName, group);
    }
    // Wide enough for machines whose clock is off; the key lives no longer than its cluster.
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2049, 1, 1);
    Ok(params)
}

fn issue(
    folder: &Path,
    file: &str,
    mut params: CertificateParams,
    usage: ExtendedKeyUsagePurpose,
    authority: &Issuer<'_, KeyPair>,
) -> Result<(), LocalError> {
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    store(folder, file, &certificate.pem(), &key)
}

fn store(folder: &Path, file: &str, certificate: &str, key: &KeyPair) -> Result<(), LocalError> {
    write_private(&folder.join(format!("{file}.crt")), certificate.as_bytes())?;
    write_private(
        &folder.join(format!("{file}.key")),
        key.serialize_pem().as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_gets_a_certificate_and_keys_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &Member::all(2)).unwrap();
        for name in [
            "ca",
            "admin",
            "apiserver",
            "apiserver-kubelet",
            "kubelet",
            "kubelet-2",
            "node",
            "node-2",
            "proxy",
            "scheduler",
        ] {
            for ending in ["crt", "key"] {
                let path = folder.path().join(format!("{name}.{ending}"));
                let mode = std::fs::metadata(&path).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{}", path.display());
            }
        }
    }
}
