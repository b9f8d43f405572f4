//! `anabranch role-token`: a file with which a program on a host gets a role's temporary credentials.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anabranch_api::RemoteRequest;
use anabranch_catalog::SqliteCatalog;
use anabranch_governance::iam::identities::Identities;
use anabranch_governance::iam::{RoleTokens, Secret};
use anabranch_types::{AccountId, Clock, Rng};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use serde::Deserialize;
use serde_json::json;

use super::connection::{Connection, explained};
use super::init::MasterKeySource;
use super::{Failure, output};
use crate::place::Place;
use crate::role_credentials;
use crate::world::CATALOG_FILE;

/// The service name that admin calls are signed for.
const ADMIN_SERVICE: &str = "anabranch";
/// The answer is not longer.
const ANSWER_BYTES_MAX: usize = 64 << 10;

#[derive(clap::Args)]
#[command(after_help = "\
The role's trust policy has to let {\"Service\": \"ecs-tasks.amazonaws.com\"} do sts:AssumeRole. Programs then need two variables and no key:
  AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:4566/_anabranch/credentials/ROLE
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=FILE
The token works until the role is deleted, or trusts that service no more. A running server that verifies signatures wants a root access key
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY); with --data-dir no server may use the directory.")]
pub(super) struct Arguments {
    /// The role: its name, ACCOUNT:NAME or its ARN
    role: String,

    /// Where the token is written, for its owner alone (mode 0600); what was there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// What sessions are called
    #[arg(long, value_name = "NAME", default_value = "container")]
    session_name: String,

    /// A data directory that no server uses, instead of a running server
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// The role's account, with --data-dir
    #[arg(long, value_name = "N", default_value = "000000000000", value_parser = super::init::account, requires = "data_dir")]
    account: AccountId,

    #[command(flatten)]
    master_key: MasterKeySource,

    #[command(flatten)]
    connection: Connection,
}

/// The answer of `POST /_anabranch/role-token`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Made { token: String },
    Refused { message: String },
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let token = match &arguments.data_dir {
        Some(dir) => offline(&arguments, dir).await?,
        None => online(&arguments).await?,
    };
    write(&arguments.out, &token)
        .map_err(|error| format!("cannot write {}: {error}", arguments.out.display()))?;
    output::print_lines(&[format!("The token is in {}.", arguments.out.display())])
}

async fn offline(arguments: &Arguments, dir: &Path) -> Result<Secret, Failure> {
    let place = Place::claim(dir)?;
    let found = arguments.master_key.choice()?.open(Some(place.dir())).await?;
    let master_key = Arc::new(found.key);
    let catalog = Arc::new(SqliteCatalog::open(&place.dir().join(CATALOG_FILE))?);
    let rng = Rng::system();
    let identities =
        Identities::open(catalog, Arc::clone(&master_key), Clock::machine(), rng.clone()).await?;
    let tokens = RoleTokens::new(master_key, rng);
    let Arguments { account, role, session_name, .. } = arguments;
    Ok(role_credentials::token(&identities, &tokens, *account, role, session_name)?)
}

async fn online(arguments: &Arguments) -> Result<Secret, Failure> {
    let kinesis = arguments.connection.open()?;
    let wanted = json!({ "role": arguments.role, "session_name": arguments.session_name });
    let request = RemoteRequest {
        method: "POST",
        path_and_query: "/_anabranch/role-token".to_owned(),
        headers: vec![("content-type", "application/json".to_owned())],
        body: Bytes::from(wanted.to_string()),
        signing_name: ADMIN_SERVICE,
    };
    let answer = kinesis.endpoint().open(request).await.map_err(|error| explained(error.into()))?;
    let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await?.to_bytes();
    match serde_json::from_slice(&body) {
        Ok(Answer::Made { token }) => Ok(Secret::new(token)),
        Ok(Answer::Refused { message }) => Err(message.into()),
        Err(_) => Err("this is not an Anabranch server that makes role tokens".into()),
    }
}

/// Puts the token where it belongs, whole or not at all. There is no line's end behind it: SDKs send the file as it is.
fn write(path: &Path, token: &Secret) -> std::io::Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A new temporary file is its owner's alone.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(token.expose().as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
