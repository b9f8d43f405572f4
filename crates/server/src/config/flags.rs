use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use anabranch_governance::iam::web_identity::ProviderSetting;
use anabranch_types::Region;
use clap::{Args, ValueEnum};

use crate::alarm_actions::AlarmTarget;
use crate::audit_heads::HeadsPlace;
use crate::client::Target;
use crate::fault::FaultRule;

use super::VpcEndpointFlag;
use super::values::{self, Durability, PublicUrl, Size};

/// Where the server listens unless told otherwise; the port is the one that other local AWS servers taught everybody.
const LISTEN_DEFAULT: &str = "127.0.0.1:4566";

/// The flags of `serve`. Every one can also stand in the configuration file under the same name, and in the environment as
/// `ANABRANCH_` and its name in capitals; a flag wins over the environment, the environment over the file.
#[derive(Clone, Debug, Args)]
pub struct ServeFlags {
    /// Address and port to listen on; port 0 picks a free one. May be given several times.
    /// Beyond loopback it needs credentials and TLS, or --open-network.
    #[arg(long, value_name = "ADDR", default_value = LISTEN_DEFAULT, value_delimiter = ',')]
    pub listen: Vec<SocketAddr>,

    /// A further listener that is a VPC endpoint: policies see its id as `aws:SourceVpce` (and `aws:SourceVpc`), and nobody may do by it what
    /// its own policy does not allow. With `client-ca` it takes TLS alone, from clients whose certificate somebody in that PEM file signed.
    /// May be given several times.
    #[arg(long, value_name = "ID=ADDR[,vpc=ID][,policy=FILE][,client-ca=FILE]", value_delimiter = ';')]
    pub vpc_endpoint: Vec<VpcEndpointFlag>,

    /// Most connections that one address may have at a time (of IPv6 one /64); further ones are closed.
    #[arg(long, value_name = "N", default_value = "5000")]
    pub connections_per_address: NonZeroU32,

    /// Most requests a second of one address (of IPv6 one /64); further ones are throttled. Without it there is no limit.
    #[arg(long, value_name = "N")]
    pub requests_per_address: Option<NonZeroU32>,

    /// Most requests a second of one user, role or root; further ones are throttled. Without it there is no limit.
    #[arg(long, value_name = "N")]
    pub requests_per_identity: Option<NonZeroU32>,

    /// Where streams and settings are kept. One process at a time may use it.
    /// [default: the platform's data directory for `anabranch`]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Keep nothing: no data directory, everything is gone when the process ends. Excludes --data-dir and --durability.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", value_name = "BOOL", hide_possible_values = true, hide_default_value = true)]
    pub ephemeral: bool,

    /// When a record counts as stored: `sync` (on the disk before the answer), `interval=MS` (synced every MS milliseconds; a
    /// crash loses what came since), `memory` (synced at checkpoints and at the end).
    #[arg(long, value_name = "MODE", default_value = "sync", value_parser = values::durability)]
    pub durability: Durability,

    /// Which of AWS's limits are enforced: `shards` (what a shard takes and gives per second), `aws` (each operation's calls per second
    /// and quotas of 24 hours too) or `off`. Sizes and counts always hold.
    #[arg(long, value_name = "WHICH", default_value = "shards", value_parser = values::limits)]
    pub limits: Limits,

    /// TLS: `on` (plain text and TLS on the same port), `off` or `required`.
    #[arg(long, value_name = "MODE", default_value = "on")]
    pub tls: TlsMode,

    /// Certificate chain, PEM. Without it a certificate for localhost is made at the first TLS connection.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate, PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Take connections only from clients with a certificate that somebody in this PEM file signed (mutual TLS). Needs --tls required.
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,

    /// Access keys that may call, in the format of AWS's shared credentials file with `aws_account_id` beside each key.
    /// From then on every signature is verified.
    #[arg(long, value_name = "FILE")]
    pub credentials: Option<PathBuf>,

    /// A provider of web identities, whose tokens AssumeRoleWithWebIdentity takes: its issuer (https://…), a file with its JSON Web Key Set,
    /// and whom its tokens may be made for, sts.amazonaws.com unless said: ISSUER=FILE[,AUDIENCE…]. May be given several times.
    #[arg(long, value_name = "PROVIDER", value_delimiter = ';')]
    pub web_identity: Vec<ProviderSetting>,

    /// Where notifications of alarms go whose action is this ARN (of an SNS topic or an SQS queue): ARN=URL. They are posted there in SNS's
    /// JSON, at least once. May be given several times.
    #[arg(long, value_name = "ARN=URL", value_delimiter = ';')]
    pub alarm_target: Vec<AlarmTarget>,

    /// The role as which alarms put records into the streams that are their actions: its name, in the alarm's account. It has to trust
    /// cloudwatch.amazonaws.com.
    #[arg(long, value_name = "NAME")]
    pub alarm_role: Option<String>,

    /// A TOML file with any of these flags as keys.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The region of requests that name none.
    #[arg(long, value_name = "REGION", default_value = "us-east-1", value_parser = values::region)]
    pub region: Region,

    /// Listen beyond loopback although anybody who reaches the port may then do everything (no credentials) or read
    /// everything that passes (no TLS).
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", value_name = "BOOL", hide_possible_values = true, hide_default_value = true)]
    pub open_network: bool,

    /// Origins of web pages that may call, such as https://console.example.com. Pages on loopback always may.
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',', value_parser = values::origin)]
    pub cors_origins: Vec<String>,

    /// Host names by which this server may be called beside addresses, localhost and names without a dot.
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = values::host)]
    pub allowed_hosts: Vec<String>,

    /// How much memory requests, answers and the log's tail may take together.
    #[arg(long, value_name = "SIZE", default_value = "512MiB", value_parser = values::memory_max)]
    pub memory_max: Size,

    /// Serve /metrics on a listener of its own, to everybody who reaches it.
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,

    /// The key that wraps all keys at rest, base64 of 32 bytes. Made at the first start, for its owner alone (mode 0600); others are refused.
    /// Default: `master.key` in the data directory. ANABRANCH_MASTER_KEY may hold the key itself instead.
    #[arg(long, value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,

    /// A key of another KMS, by id, ARN or alias, that encrypts the master key: the data directory then holds no key, and each start
    /// asks that KMS to open it, signed as AWS's tools sign (AWS_ACCESS_KEY_ID, AWS_PROFILE …). Needs --master-key-kms-endpoint.
    #[arg(long, value_name = "KEY")]
    pub master_key_kms: Option<String>,

    /// Where the KMS of --master-key-kms answers, such as https://kms.eu-west-1.amazonaws.com.
    #[arg(long, value_name = "URL", value_parser = values::target)]
    pub master_key_kms_endpoint: Option<Target>,

    /// The directory of buckets: bucket B of a trail is DIR/B, which you make.
    #[arg(long, value_name = "DIR", value_parser = values::blobs)]
    pub blobs: Option<PathBuf>,

    /// Let tests move time forward by `POST /_anabranch/clock {"advance_ms": N}`. A data directory once used so stays so.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true", value_name = "BOOL", hide_possible_values = true, hide_default_value = true)]
    pub test_clock: bool,

    /// How many milliseconds a stream spends in each state on its way (CREATING, UPDATING, DELETING).
    /// 0: the next call sees the final state.
    #[arg(long, value_name = "MS", default_value = "0")]
    pub transition_delay: u32,

    /// Refuse or delay calls on purpose, to test retries: `[Operation:]throttle=0.1,error=0.01,latency=20ms`, shares of the calls. May be
    /// given several times. `POST /_anabranch/fault {"faults": […]}` takes the same while the server runs.
    #[arg(long, value_name = "FAULT", value_delimiter = ';')]
    pub fault: Vec<FaultRule>,

    /// Let the same faults strike the same calls in each run.
    #[arg(long, value_name = "N")]
    pub fault_seed: Option<u64>,

    /// The URL by which clients reach this server, for every URL that it hands out.
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    pub public_url: Option<PublicUrl>,

    /// Write the endpoint as JSON to this file once the server answers.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// What to log to standard error: `off`, `error`, `warn`, `info`, `debug`, `trace`, or directives such as
    /// `warn,anabranch_streams=debug`. ANABRANCH_LOG does the same. Never holds record data or secrets.
    #[arg(long, value_name = "LEVEL", default_value = "warn", value_parser = values::log_level)]
    pub log_level: String,

    /// How log lines look.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// A file with the key of the audit's heads, base64 of 32 bytes, which its owner alone can read. Kept elsewhere than the data directory it
    /// finds out who rewrites that. Without it the key is in the directory, under the master key.
    #[arg(long, value_name = "FILE")]
    pub audit_key: Option<PathBuf>,

    /// Where the audit's heads are sent as they are made, so that they are known outside the data directory: an address they are posted to, or a
    /// stream's ARN.
    #[arg(long, value_name = "URL|ARN")]
    pub audit_heads: Option<HeadsPlace>,

    /// The role, of the stream's account, by its name, as which heads are put into the stream of --audit-heads. It has to trust
    /// cloudtrail.amazonaws.com.
    #[arg(long, value_name = "NAME")]
    pub audit_heads_role: Option<String>,

    /// Append an audit event per call to this file, one JSON document a line.
    #[arg(long, value_name = "FILE")]
    pub audit_file: Option<PathBuf>,
}

/// Which of AWS's limits are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// What a shard takes and gives per second.
    Shards,
    /// That, and the calls per second and quotas of 24 hours of each operation.
    Aws,
    /// Only sizes and counts.
    Off,
}

/// Which connections are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TlsMode {
    /// Plain text only.
    Off,
    /// Both, on one port.
    On,
    /// TLS only.
    Required,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON document a line.
    Json,
}
