//! `anabranch init`: a root access key in a data directory, which is closed from then on.

use std::path::PathBuf;
use std::process::ExitCode;

use anabranch_catalog::SqliteCatalog;
use anabranch_governance::iam::root_keys::{self, NewRootKey};
use anabranch_types::{AccountId, Clock, Rng};
use serde_json::json;

use super::{Failure, output};
use crate::config::{self, Secret};
use crate::master_key::{Choice, ExternalKms, Found};
use crate::place::{Place, PlaceError};
use crate::world::CATALOG_FILE;

#[derive(clap::Args)]
#[command(after_help = "\
No server may use the directory meanwhile. From then on `anabranch serve` verifies every signature in it; users and roles are made with
`aws iam`, by the root. An account has two root access keys at the most: the second is for exchanging the first.")]
pub(super) struct Arguments {
    /// The data directory [default: the platform's data directory for `anabranch`]
    #[arg(long, value_name = "DIR", env = "ANABRANCH_DATA_DIR")]
    data_dir: Option<PathBuf>,

    /// The account whose root gets the key, twelve digits
    #[arg(long, value_name = "N", default_value = "000000000000", value_parser = account)]
    account: AccountId,

    #[command(flatten)]
    master_key: MasterKeySource,

    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
}

/// Where the master key of a directory is.
#[derive(clap::Args)]
pub(super) struct MasterKeySource {
    /// The file of the master key, where `anabranch serve` is given one too [default: master.key in the data directory]
    #[arg(long, value_name = "FILE", env = "ANABRANCH_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,

    /// The key of another KMS that encrypts the master key, where `anabranch serve` is given one too
    #[arg(long, value_name = "KEY", env = "ANABRANCH_MASTER_KEY_KMS")]
    master_key_kms: Option<String>,

    /// Where that KMS answers
    #[arg(long, value_name = "URL", env = "ANABRANCH_MASTER_KEY_KMS_ENDPOINT")]
    master_key_kms_endpoint: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let named = arguments.data_dir.clone().or_else(config::platform_data_dir);
    let place = Place::claim(&named.ok_or(PlaceError::Nowhere)?)?;
    let Found { key: master_key, .. } = arguments.master_key.choice()?.open(Some(place.dir())).await?;
    let catalog = SqliteCatalog::open(&place.dir().join(CATALOG_FILE))?;
    let now = Clock::machine_now();
    let made = root_keys::make(&catalog, &master_key, &Rng::system(), arguments.account, now).await?;
    let NewRootKey { account, id, secret } = &made;
    if arguments.json {
        let told = json!({ "account": account.to_string(), "access_key_id": id, "secret_access_key": secret.expose() });
        return output::print_lines(&[told.to_string()]);
    }
    output::print_lines(&[
        format!(
            "The root of account {account} has a new access key. The secret is told here and never again:"
        ),
        String::new(),
        format!("  export AWS_ACCESS_KEY_ID={id}"),
        format!("  export AWS_SECRET_ACCESS_KEY={}", secret.expose()),
        String::new(),
        format!("From now on `anabranch serve` verifies every signature in {}.", place.dir().display()),
        "Keep the key for administration: `aws iam create-user` and `aws iam create-access-key` make others."
            .to_owned(),
    ])
}

impl MasterKeySource {
    /// As `serve` is given it, so that both find the same.
    pub(super) fn choice(&self) -> Result<Choice, Failure> {
        let kms = match (&self.master_key_kms, &self.master_key_kms_endpoint) {
            (Some(key), Some(endpoint)) => {
                Some(ExternalKms { endpoint: endpoint.parse()?, key: key.clone() })
            }
            (None, None) => None,
            _ => return Err("--master-key-kms and --master-key-kms-endpoint go together".into()),
        };
        let value = std::env::var("ANABRANCH_MASTER_KEY").ok().map(Secret::new);
        Ok(Choice { value, file: self.master_key_file.clone(), kms })
    }
}

pub(super) fn account(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|error: anabranch_types::InvalidAccountId| error.to_string())
}
