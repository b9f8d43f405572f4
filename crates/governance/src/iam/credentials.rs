use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anabranch_types::{AccountId, InvalidAccountId};
use zeroize::Zeroizing;

use super::Secret;
use super::credentials_file::{self, Malformed};

/// Most keys of one source.
const KEYS_MAX: usize = 10_000;

/// Whether a server knows its callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every key is accepted as a development identity; signatures cannot be verified.
    Open,
    /// Only keys of the source, each signature verified.
    Closed,
}

/// A key that is the root of its account.
#[derive(Clone, Debug)]
pub struct RootKey {
    /// The account.
    pub account: AccountId,
    /// What it signs with.
    pub secret: Secret,
}

/// The access keys a server knows. Debug prints no secret.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    keys: HashMap<String, RootKey>,
}

/// Why a source of credentials was refused.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read the credentials file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others could read the file.
    #[error(
        "the credentials file `{path}` has mode {mode:04o}: it must be readable by its owner alone (chmod 600)"
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file's text is not what it should be.
    #[error("the credentials file `{path}`, line {line}: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there; quotes no secret.
        problem: String,
    },
    /// The file holds no key.
    #[error(
        "the credentials file `{path}` holds no key: give a profile aws_access_key_id, aws_secret_access_key and aws_account_id"
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// `ANABRANCH_ROOT_KEY` is not `KEYID:SECRET` or `KEYID:SECRET:ACCOUNT`.
    #[error(
        "ANABRANCH_ROOT_KEY must be KEYID:SECRET or KEYID:SECRET:ACCOUNT with an account of twelve digits"
    )]
    RootKey,
    /// One key is given twice.
    #[error("the access key {0} is given twice")]
    Twice(String),
    /// More keys than a source may hold.
    #[error("more than 10,000 access keys are given")]
    TooMany,
}

impl Credentials {
    /// No key: the server is open.
    pub fn none() -> Self {
        Self::default()
    }

    /// The accounts that have a key, in order.
    pub fn accounts(&self) -> Vec<AccountId> {
        let accounts: std::collections::BTreeSet<_> = self.keys.values().map(|key| key.account).collect();
        accounts.into_iter().collect()
    }

    /// The keys of a file in AWS's shared credentials format, each the root of its profile's `aws_account_id`. Its owner alone may read it.
    pub fn from_file(path: &Path) -> Result<Self, CredentialsError> {
        let unread = |source| CredentialsError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(unread)?;
        let mode = file.metadata().map_err(unread)?.permissions().mode() & 0o7777;
        if mode & 0o177 != 0 {
            return Err(CredentialsError::Mode { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unread)?;
        let profiles = credentials_file::parse(&text).map_err(|m| {
            let Malformed { line, problem } = m;
            CredentialsError::Malformed { path: path.to_owned(), line, problem }
        })?;
        if profiles.is_empty() {
            return Err(CredentialsError::Empty { path: path.to_owned() });
        }
        let mut credentials = Self::none();
        for (id, key) in profiles {
            credentials.add(id, key)?;
        }
        Ok(credentials)
    }

    /// The one key of `KEYID:SECRET[:ACCOUNT]`, the value of `ANABRANCH_ROOT_KEY`; without an account it is 000000000000's.
    pub fn from_root_key(text: &str) -> Result<Self, CredentialsError> {
        let mut parts = text.split(':');
        let (Some(id), Some(secret), account, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CredentialsError::RootKey);
        };
        let account: AccountId = match account {
            Some(account) => account.parse().map_err(|InvalidAccountId| CredentialsError::RootKey)?,
            None => AccountId::DEVELOPMENT,
        };
        if !credentials_file::is_key_id(id) || secret.is_empty() {
            return Err(CredentialsError::RootKey);
        }
        let mut credentials = Self::none();
        credentials.add(id.to_owned(), RootKey { account, secret: Secret::new(secret.to_owned()) })?;
        Ok(credentials)
    }

    /// The keys of both.
    pub fn with(mut self, others: Credentials) -> Result<Self, CredentialsError> {
        for (id, key) in others.keys {
            self.add(id, key)?;
        }
        Ok(self)
    }

    /// Closed as soon as there is a key.
    pub fn access(&self) -> Access {
        if self.keys.is_empty() { Access::Open } else { Access::Closed }
    }

    /// The key with this id.
    pub fn key(&self, id: &str) -> Option<&RootKey> {
        self.keys.get(id)
    }

    /// The account that calls with this key are of. An open server's is a development account, whatever the key; a closed one has
    /// none for a key it does not know.
    pub fn account_of(&self, id: &str) -> Option<AccountId> {
        match self.access() {
            Access::Open => Some(development_account(id)),
            Access::Closed => self.key(id).map(|key| key.account),
        }
    }

    pub(super) fn add(&mut self, id: String, key: RootKey) -> Result<(), CredentialsError> {
        if self.keys.len() >= KEYS_MAX {
            return Err(CredentialsError::TooMany);
        }
        if self.keys.contains_key(&id) {
            return Err(CredentialsError::Twice(id));
        }
        self.keys.insert(id, key);
        Ok(())
    }
}

/// A key of twelve digits is its own account.
pub(super) fn development_account(access_key: &str) -> AccountId {
    access_key.parse().unwrap_or(AccountId::DEVELOPMENT)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::{Access, Credentials};

    fn from_text(text: &str) -> Result<Credentials, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Credentials::from_file(file.path())
            .map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn each_profile_of_a_file_is_the_root_of_its_account() {
        let credentials = from_text(
            "# two accounts\n[default]\naws_access_key_id = AKIAONE\naws_secret_access_key=s/1+=\n\
             aws_account_id = 111111111111\nregion = eu-west-1\n\n[profile two]\naws_account_id=222222222222\n\
             aws_access_key_id=AKIATWO\naws_secret_access_key= s2\n",
        )
        .unwrap();
        assert_eq!(credentials.access(), Access::Closed);
        let found: Vec<_> = ["AKIAONE", "AKIATWO", "AKIATHREE"]
            .iter()
            .map(|id| credentials.key(id).map(|k| (k.account.to_string(), k.secret.expose().to_owned())))
            .collect();
        let expected = [Some(("111111111111", "s/1+=")), Some(("222222222222", "s2")), None];
        assert_eq!(found, expected.map(|e| e.map(|(a, s)| (a.to_owned(), s.to_owned()))));
    }

    #[test]
    fn a_file_that_others_could_read_is_refused() {
        let text = "[a]\naws_access_key_id=AKIAONE\naws_secret_access_key=s\naws_account_id=111111111111\n";
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        for (mode, accepted) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o700, false)]
        {
            std::fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            let read = Credentials::from_file(file.path());
            assert_eq!(read.is_ok(), accepted, "{mode:o}: {:?}", read.err().map(|e| e.to_string()));
        }
    }

    #[test]
    fn a_file_that_says_too_little_is_refused_with_a_sentence() {
        let cases = [
            (
                "",
                "the credentials file `FILE` holds no key: give a profile aws_access_key_id, aws_secret_access_key and aws_account_id",
            ),
            (
                "[a]\naws_access_key_id=K1\naws_secret_access_key=planted\n",
                "the credentials file `FILE`, line 1: the profile [a] has no aws_account_id",
            ),
            (
                "[a]\naws_access_key_id=K1\naws_account_id=111111111111\n",
                "the credentials file `FILE`, line 1: the profile [a] has no aws_secret_access_key",
            ),
            (
                "[a]\naws_access_key_id=K1\naws_secret_access_key=planted\naws_account_id=12\n",
                "the credentials file `FILE`, line 1: the profile [a] has an aws_account_id that is not twelve digits",
            ),
            ("[a]\nplanted\n", "the credentials file `FILE`, line 2: expected [profile] or name = value"),
            (
                "x = planted\n",
                "the credentials file `FILE`, line 1: a value stands before the first [profile]",
            ),
            (
                "[a]\naws_session_token=planted\n",
                "the credentials file `FILE`, line 2: a session token is no key of a root: remove the profile [a]",
            ),
        ];
        for (text, sentence) in cases {
            assert_eq!(from_text(text).unwrap_err(), sentence);
        }
    }

    #[test]
    fn one_key_twice_is_refused() {
        let one = || Credentials::from_root_key("AKIAONE:s").unwrap();
        assert_eq!(one().with(one()).unwrap_err().to_string(), "the access key AKIAONE is given twice");
    }

    #[test]
    fn a_root_key_has_an_id_a_secret_and_perhaps_an_account() {
        let cases = [
            ("AKIAONE:se/cret", Some("000000000000")),
            ("AKIAONE:se/cret:123456789012", Some("123456789012")),
            ("AKIAONE:", None),
            (":secret", None),
            ("AKIAONE", None),
            ("AKIAONE:secret:12", None),
            ("AKIAONE:secret:123456789012:x", None),
            ("AKIA ONE:secret", None),
        ];
        for (text, account) in cases {
            let credentials = Credentials::from_root_key(text).ok();
            let found = credentials.and_then(|c| Some(c.key("AKIAONE")?.account.to_string()));
            assert_eq!(found.as_deref(), account, "{text}");
        }
    }

    #[test]
    fn a_key_is_of_its_account_and_any_key_of_an_open_servers() {
        let closed = || Credentials::from_root_key("AKIAONE:s:111111111111").unwrap();
        let cases = [
            (closed(), "AKIAONE", Some("111111111111")),
            (closed(), "AKIATWO", None),
            (closed(), "222222222222", None),
            (Credentials::none(), "AKIATWO", Some("000000000000")),
            (Credentials::none(), "222222222222", Some("222222222222")),
        ];
        for (credentials, id, account) in cases {
            assert_eq!(credentials.account_of(id).map(|a| a.to_string()).as_deref(), account, "{id}");
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let credentials = Credentials::from_root_key("AKIAONE:planted").unwrap();
        assert!(!format!("{credentials:?}").contains("planted"));
    }
}
