//! What the catalog keeps of identities: docs/formats/iam.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use anabranch_types::{AccountId, Timestamp};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::account::Draft;
use crate::iam::policy::{Document, DocumentKind, Malformed, quota};

/// Inline policies by their names.
pub type InlinePolicies = BTreeMap<String, PolicyText>;
/// Tags in the order of their keys.
pub type Tags = BTreeMap<String, String>;

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredUser {
    /// As it was given.
    #[n(0)]
    pub name: String,
    /// Begins and ends with a slash.
    #[n(1)]
    pub path: String,
    /// `AIDA…`
    #[n(2)]
    pub id: String,
    /// Milliseconds since the epoch.
    #[n(3)]
    pub created_ms: i64,
    /// Keys are unique without regard to case.
    #[n(4)]
    pub tags: Tags,
    /// The permissions boundary.
    #[n(5)]
    pub boundary: Option<PolicyRef>,
    /// Inline policies.
    #[n(6)]
    pub inline: InlinePolicies,
    /// Managed policies.
    #[n(7)]
    pub attached: BTreeSet<PolicyRef>,
    /// The ids of its groups: groups can be renamed.
    #[n(8)]
    pub groups: BTreeSet<String>,
    /// In the order they were made.
    #[n(9)]
    pub access_keys: Vec<StoredAccessKey>,
}

/// An access key of a user.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredAccessKey {
    /// `AKIA…`
    #[n(0)]
    pub id: String,
    /// The secret under the master key: nonce, sealed secret, tag.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub sealed: Vec<u8>,
    /// Milliseconds since the epoch.
    #[n(2)]
    pub created_ms: i64,
    /// Whether it may sign.
    #[n(3)]
    pub active: bool,
}

/// A group of users. Its members name it, not it them.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredGroup {
    /// As it was given.
    #[n(0)]
    pub name: String,
    /// Begins and ends with a slash.
    #[n(1)]
    pub path: String,
    /// `AGPA…`
    #[n(2)]
    pub id: String,
    /// Milliseconds since the epoch.
    #[n(3)]
    pub created_ms: i64,
    /// Inline policies.
    #[n(4)]
    pub inline: InlinePolicies,
    /// Managed policies.
    #[n(5)]
    pub attached: BTreeSet<PolicyRef>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredRole {
    /// As it was given.
    #[n(0)]
    pub name: String,
    /// Begins and ends with a slash.
    #[n(1)]
    pub path: String,
    /// `AROA…`
    #[n(2)]
    pub id: String,
    /// Milliseconds since the epoch.
    #[n(3)]
    pub created_ms: i64,
    /// Keys are unique without regard to case.
    #[n(4)]
    pub tags: Tags,
    /// The permissions boundary.
    #[n(5)]
    pub boundary: Option<PolicyRef>,
    /// Inline policies.
    #[n(6)]
    pub inline: InlinePolicies,
    /// Managed policies.
    #[n(7)]
    pub attached: BTreeSet<PolicyRef>,
    /// As it was given.
    #[n(8)]
    pub description: Option<String>,
    /// MaxSessionDuration, seconds.
    #[n(9)]
    pub session_seconds_max: u32,
    /// Who may assume it.
    #[n(10)]
    pub trust: TrustText,
}

/// A managed policy of the account's own.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredPolicy {
    /// As it was given.
    #[n(0)]
    pub name: String,
    /// Begins and ends with a slash.
    #[n(1)]
    pub path: String,
    /// `ANPA…`
    #[n(2)]
    pub id: String,
    /// Milliseconds since the epoch.
    #[n(3)]
    pub created_ms: i64,
    /// When a version last became the default one.
    #[n(4)]
    pub updated_ms: i64,
    /// As it was given.
    #[n(5)]
    pub description: Option<String>,
    /// Keys are told apart by case.
    #[n(6)]
    pub tags: Tags,
    /// In the order they were made.
    #[n(7)]
    pub versions: Vec<StoredVersion>,
    /// The number of the version that counts, one of [`Self::versions`].
    #[n(8)]
    pub default: u32,
    /// The number of the next version; none is given twice.
    #[n(9)]
    pub next: u32,
}

/// A version of a managed policy.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredVersion {
    /// The 1 of `v1`.
    #[n(0)]
    pub number: u32,
    /// Milliseconds since the epoch.
    #[n(1)]
    pub created_ms: i64,
    /// What it says.
    #[n(2)]
    pub text: PolicyText,
}

/// What an account has beside its entities.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct StoredSettings {
    /// The account's alias.
    #[n(0)]
    pub alias: Option<String>,
}

/// When something was last used, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct StoredUse {
    /// Milliseconds since the epoch.
    #[n(0)]
    pub at_ms: i64,
    /// The service's signing name.
    #[n(1)]
    pub service: String,
    /// The region of the signature.
    #[n(2)]
    pub region: String,
}

/// A managed policy that hangs on something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum PolicyRef {
    /// One that AWS manages, by path and name without the first slash.
    #[n(0)]
    Aws(#[n(0)] String),
    /// One of the account's own, by its name in lower case.
    #[n(1)]
    Own(#[n(0)] String),
}

/// An identity policy: its text as it was given, and read.
#[derive(Clone)]
pub struct PolicyText {
    text: Arc<str>,
    document: Arc<Document>,
}

/// A trust policy: its text as it was given, and read.
#[derive(Clone)]
pub struct TrustText {
    text: Arc<str>,
    document: Arc<Document>,
}

impl PolicyText {
    /// Reads an identity policy.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let document = Document::parse(text, DocumentKind::Identity)?;
        Ok(Self { text: text.into(), document: Arc::new(document) })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Ready to judge.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }

    /// What its quota counts.
    pub fn characters(&self) -> usize {
        quota::characters(&self.text)
    }
}

impl TrustText {
    /// Reads a trust policy.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let document = Document::parse(text, DocumentKind::Trust)?;
        Ok(Self { text: text.into(), document: Arc::new(document) })
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Ready to judge.
    pub fn document(&self) -> &Arc<Document> {
        &self.document
    }
}

impl PolicyRef {
    /// Its ARN in a partition, of the account whose entities these are.
    pub fn arn(&self, partition: &str, account: AccountId, draft: &Draft) -> String {
        match self {
            PolicyRef::Aws(path_and_name) => format!("arn:{partition}:iam::aws:policy/{path_and_name}"),
            PolicyRef::Own(key) => {
                let found = draft.policies.get(key);
                let (path, name) = found.map_or(("/", &**key), |policy| (&*policy.path, &*policy.name));
                format!("arn:{partition}:iam::{account}:policy{path}{name}")
            }
        }
    }
}

impl StoredUse {
    /// When it was.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.at_ms)
    }
}

impl StoredPolicy {
    /// The version that counts; a policy always has one.
    pub fn default_version(&self) -> Option<&StoredVersion> {
        self.version(self.default)
    }

    /// The version of this number.
    pub fn version(&self, number: u32) -> Option<&StoredVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

impl PartialEq for PolicyText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl PartialEq for TrustText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Debug for TrustText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<C> Encode<C> for PolicyText {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.str(&self.text)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for PolicyText {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::parse(d.str()?).map_err(DecodeError::message)
    }
}

impl<C> Encode<C> for TrustText {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.str(&self.text)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for TrustText {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        Self::parse(d.str()?).map_err(DecodeError::message)
    }
}

/// A door for `fuzz/`: what the catalog holds is read as it was written, and a document that can be read tells where its statements stand.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub fn fuzz_stored(bytes: &[u8]) {
    use anabranch_catalog::Value;

    fn same<T: Value + PartialEq + fmt::Debug>(bytes: &[u8]) {
        if let Ok(value) = T::from_bytes(bytes) {
            assert_eq!(T::from_bytes(&value.to_bytes()).expect("it was just written"), value);
        }
    }
    same::<StoredUser>(bytes);
    same::<StoredGroup>(bytes);
    same::<StoredRole>(bytes);
    same::<StoredPolicy>(bytes);
    same::<StoredSettings>(bytes);
    same::<StoredUse>(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(policy) = PolicyText::parse(text)
    {
        let spans = crate::iam::policy::statement_spans(text);
        assert_eq!(spans.len(), policy.document().statement_count());
    }
}

#[cfg(test)]
mod tests {
    use anabranch_catalog::Value;
    use anabranch_types::Hex;

    use super::*;

    /// The example of docs/formats/iam.md.
    const EXAMPLE: &str = "0186655374616666612f65414750413101a082820081781b6a6f622d66756e6374696f6e2f566965774f6e6c794163636573738201816170";

    #[test]
    fn the_format_is_as_its_page_says() {
        let aws = PolicyRef::Aws("job-function/ViewOnlyAccess".to_owned());
        let group = StoredGroup {
            name: "Staff".to_owned(),
            path: "/".to_owned(),
            id: "AGPA1".to_owned(),
            created_ms: 1,
            inline: InlinePolicies::new(),
            attached: [aws, PolicyRef::Own("p".to_owned())].into(),
        };
        let bytes = group.to_bytes();
        assert_eq!(Hex(&bytes).to_string(), EXAMPLE);
        assert!(include_str!("../../../../../docs/formats/iam.md").contains(EXAMPLE));
        assert_eq!(StoredGroup::from_bytes(&bytes).unwrap(), group);
    }

    #[test]
    fn a_document_that_is_none_is_not_read() {
        let mut bytes = vec![1];
        minicbor::encode("{}", &mut bytes).unwrap();
        assert!(PolicyText::from_bytes(&bytes).is_err());
        assert!(TrustText::from_bytes(&bytes).is_err());
    }
}
