//! What a person and a script are told once the server answers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::config::{Limits, Settings, TlsMode};

/// The URL by which a client on this machine reaches the server, or the public one.
pub fn endpoint(settings: &Settings, bound: SocketAddr) -> String {
    if let Some(url) = &settings.flags.public_url {
        return url.to_string();
    }
    url(bound, settings.flags.tls == TlsMode::Required)
}

/// The URL by which a client on this machine reaches a listener.
pub fn url(bound: SocketAddr, always_tls: bool) -> String {
    let scheme = if always_tls { "https" } else { "http" };
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, bound.port()))
}

/// What is printed at start-up: the endpoint, what to export, what holds, and `Ready.` alone on the last line.
/// `authority` is a certificate that clients do not believe by themselves.
pub fn text(
    settings: &Settings,
    endpoint: &str,
    vpc_endpoints: &BTreeMap<&str, String>,
    data_dir: Option<&Path>,
    authority: Option<&Path>,
) -> String {
    let flags = &settings.flags;
    let (key, secret) = match settings.closed() {
        true => ("YOUR_ACCESS_KEY_ID", "YOUR_SECRET_ACCESS_KEY"),
        false => ("test", "test"),
    };
    let keeps = match data_dir {
        Some(dir) => format!("Data is kept in {} (durability {}).", dir.display(), flags.durability),
        None => "Nothing is kept: all of it is gone when this process ends.".to_owned(),
    };
    let callers = match (settings.closed(), flags.open_network) {
        (true, _) => "Every signature is verified: only access keys that are known here may call.",
        (false, false) => "Any access key is taken; one of twelve digits is its own account.",
        (false, true) => "Any access key is taken, from anybody who reaches this port.",
    };
    let limits = match flags.limits {
        Limits::Shards => {
            "A shard's limits hold as on AWS; --limits off lifts them, --limits aws adds those of calls per second and day."
        }
        Limits::Aws => {
            "All limits hold as on AWS, also those of calls per second and day; --limits shards lifts these."
        }
        Limits::Off => "A shard's limits are off.",
    };
    let authority =
        authority.map(|path| format!("  export AWS_CA_BUNDLE={}\n", path.display())).unwrap_or_default();
    let by_endpoints: String =
        vpc_endpoints.iter().map(|(id, url)| format!("VPC endpoint {id} is at {url}\n")).collect();
    format!(
        "Anabranch {version} answers at {endpoint}\n\
         {by_endpoints}{keeps} {callers} {limits}\n\n\
         For any AWS SDK and the AWS CLI:\n\n  \
         export AWS_ENDPOINT_URL={endpoint}\n  \
         export AWS_ACCESS_KEY_ID={key}\n  \
         export AWS_SECRET_ACCESS_KEY={secret}\n  \
         export AWS_REGION={region}\n  \
         export AWS_DEFAULT_REGION={region}\n{authority}  \
         export AWS_DISABLE_HOST_PREFIX_INJECTION=true\n\n\
         Ready.\n",
        version = env!("CARGO_PKG_VERSION"),
        region = flags.region,
    )
}

/// Writes `--ready-file`: whole or not at all. `vpc_endpoints`: their URLs by their ids.
pub fn write_ready_file(
    path: &Path,
    endpoint: &str,
    region: &str,
    vpc_endpoints: &BTreeMap<&str, String>,
) -> io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    let mut document =
        serde_json::json!({ "endpoint": endpoint, "region": region, "pid": std::process::id() });
    if !vpc_endpoints.is_empty() {
        document["vpc_endpoints"] = serde_json::json!(vpc_endpoints);
    }
    writeln!(file, "{document}")?;
    let readable: File = file.persist(path).map_err(|e| e.error)?;
    drop(readable);
    Ok(())
}
