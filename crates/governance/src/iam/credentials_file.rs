use anabranch_types::AccountId;

use super::{RootKey, Secret};

/// What is wrong with a line, quoting no value.
pub(super) struct Malformed {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// A profile being read.
struct Profile {
    name: String,
    line: usize,
    id: Option<String>,
    secret: Option<Secret>,
    account: Option<String>,
}

/// Reads AWS's shared credentials format: `[profile]` lines, `name = value` lines, comments after `#` or `;` at a line's
/// beginning. A profile without a key (only a region, say) is passed over; names that are no credential are, too.
pub(super) fn parse(text: &str) -> Result<Vec<(String, RootKey)>, Malformed> {
    let mut keys = Vec::new();
    let mut open: Option<Profile> = None;
    for (line, content) in (1..).zip(text.lines().map(str::trim)) {
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let begun = Profile { name: name.trim().to_owned(), line, id: None, secret: None, account: None };
            keys.extend(open.replace(begun).map(finish).transpose()?.flatten());
            continue;
        }
        let malformed = |problem: String| Malformed { line, problem };
        let (name, value) =
            content.split_once('=').ok_or_else(|| malformed("expected [profile] or name = value".into()))?;
        let profile =
            open.as_mut().ok_or_else(|| malformed("a value stands before the first [profile]".into()))?;
        let value = value.trim().to_owned();
        match name.trim() {
            "aws_access_key_id" => profile.id = Some(value),
            "aws_secret_access_key" => profile.secret = Some(Secret::new(value)),
            "aws_account_id" => profile.account = Some(value),
            "aws_session_token" => {
                let name = &profile.name;
                return Err(malformed(format!(
                    "a session token is no key of a root: remove the profile [{name}]"
                )));
            }
            _ => {}
        }
    }
    keys.extend(open.map(finish).transpose()?.flatten());
    Ok(keys)
}

/// The profile's key; none if it has no credential at all.
fn finish(profile: Profile) -> Result<Option<(String, RootKey)>, Malformed> {
    let Profile { name, line, id, secret, account } = profile;
    let lacks = |what: &str| Malformed { line, problem: format!("the profile [{name}] has {what}") };
    if id.is_none() && secret.is_none() {
        return Ok(None);
    }
    let id = id.ok_or_else(|| lacks("no aws_access_key_id"))?;
    if !is_key_id(&id) {
        return Err(lacks("an aws_access_key_id that is not 1 to 128 letters, digits or underscores"));
    }
    let secret =
        secret.filter(|s| !s.expose().is_empty()).ok_or_else(|| lacks("no aws_secret_access_key"))?;
    let account: AccountId = account
        .ok_or_else(|| lacks("no aws_account_id"))?
        .parse()
        .map_err(|_| lacks("an aws_account_id that is not twelve digits"))?;
    Ok(Some((id, RootKey { account, secret })))
}

/// IAM API, AccessKey: 16 to 128 word characters. Shorter ones are accepted as well, since tests like `test`.
pub(super) fn is_key_id(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
