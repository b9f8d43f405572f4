use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// AWS's ids have 22 characters at most; ours may have a name in them.
const ID_CHARS_MAX: usize = 64;

/// A listener that is a VPC endpoint: `ID=ADDR[,vpc=ID][,policy=FILE][,client-ca=FILE]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcEndpointFlag {
    /// `vpce-…`: `aws:SourceVpce`.
    pub id: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// `vpc-…`: `aws:SourceVpc`.
    pub vpc: Option<String>,
    /// The endpoint's policy: what may be done by it at the most.
    pub policy: Option<PathBuf>,
    /// Who must have signed the certificates of its clients, PEM.
    pub client_ca: Option<PathBuf>,
}

impl FromStr for VpcEndpointFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',').map(str::trim);
        let (id, address) = parts.next().and_then(|first| first.split_once('=')).ok_or_else(expected)?;
        let address = address.parse().map_err(|_| format!("`{address}` is no address with a port"))?;
        let mut flag = Self { id: legal_id("vpce-", id)?, address, vpc: None, policy: None, client_ca: None };
        for part in parts {
            let (name, value) = part.split_once('=').ok_or_else(expected)?;
            let is_new = match name {
                "vpc" => flag.vpc.replace(legal_id("vpc-", value)?).is_none(),
                "policy" => flag.policy.replace(value.into()).is_none(),
                "client-ca" => flag.client_ca.replace(value.into()).is_none(),
                _ => return Err(expected()),
            };
            if !is_new {
                return Err(format!("`{name}` is there twice"));
            }
        }
        Ok(flag)
    }
}

fn expected() -> String {
    "expected ID=ADDR[,vpc=ID][,policy=FILE][,client-ca=FILE]".to_owned()
}

fn legal_id(prefix: &str, id: &str) -> Result<String, String> {
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if rest.is_empty() || id.len() > ID_CHARS_MAX || !rest.bytes().all(legal) {
        let rule = format!("`{prefix}` and lower-case letters, digits and hyphens, {ID_CHARS_MAX} at most");
        return Err(format!("`{id}` is not {rule}"));
    }
    Ok(id.to_owned())
}

impl fmt::Display for VpcEndpointFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.id, self.address)?;
        if let Some(vpc) = &self.vpc {
            write!(f, ",vpc={vpc}")?;
        }
        for (name, file) in [("policy", &self.policy), ("client-ca", &self.client_ca)] {
            if let Some(file) = file {
                write!(f, ",{name}={}", file.display())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        for text in [
            "vpce-1a=127.0.0.1:4600",
            "vpce-1a=[::1]:0,vpc=vpc-7,policy=/etc/p.json,client-ca=ca.pem",
            "vpce-team-blue=10.0.0.1:4566,client-ca=ca.pem",
        ] {
            let read: VpcEndpointFlag = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, told) in [
            ("127.0.0.1:4600", "expected ID=ADDR"),
            ("vpce-=127.0.0.1:1", "`vpce-` and lower-case"),
            ("blue=127.0.0.1:1", "`blue` is not `vpce-`"),
            ("vpce-A=127.0.0.1:1", "lower-case"),
            ("vpce-1=localhost", "no address with a port"),
            ("vpce-1=127.0.0.1:1,policy", "expected ID=ADDR"),
            ("vpce-1=127.0.0.1:1,ca=x", "expected ID=ADDR"),
            ("vpce-1=127.0.0.1:1,vpc=vpc-1,vpc=vpc-2", "twice"),
            ("vpce-1=127.0.0.1:1,vpc=1", "`vpc-`"),
        ] {
            let refusal = text.parse::<VpcEndpointFlag>().unwrap_err();
            assert!(refusal.contains(told), "{text}: {refusal}");
        }
    }
}
