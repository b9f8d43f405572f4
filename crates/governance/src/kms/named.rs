//! Which key a request means: by its id, its ARN, an alias's name or an alias's ARN.

use std::sync::Arc;

use anabranch_api::Context;
use anabranch_api::kms::Error;
use anabranch_types::Arn;

use super::Kms;
use super::directory::Slot;
use super::errors;
use super::key_id::{KeyId, KeyName, Scope};
use super::managed::is_managed_service;
use super::service::scope;

/// What an alias's name begins with.
pub(super) const ALIAS: &str = "alias/";
/// What the names of aliases of keys that AWS manages begin with, behind [`ALIAS`].
pub(super) const AWS: &str = "aws/";

/// Whether an operation takes aliases in the place of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aliases {
    /// An alias stands for its key.
    Taken,
    /// Only ids and ARNs of keys are taken.
    NotTaken,
}

/// What a KeyId says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    Key(KeyName),
    /// An alias without `alias/`.
    Alias(Scope, String),
}

impl Named {
    /// Reads a KeyId. Another account's key is named by its ARN alone.
    pub fn parse(own: &Scope, text: &str) -> Result<Self, Error> {
        if text.starts_with("arn:") {
            return Self::parse_arn(own, text);
        }
        if let Some(alias) = text.strip_prefix(ALIAS) {
            return Ok(Self::Alias(own.clone(), alias.to_owned()));
        }
        let id = KeyId::parse(text).ok_or_else(|| errors::invalid_key_id(text))?;
        Ok(Self::Key(KeyName { scope: own.clone(), id }))
    }

    fn parse_arn(own: &Scope, text: &str) -> Result<Self, Error> {
        let invalid = || errors::invalid_arn(text);
        let arn: Arn = text.parse().map_err(|_| invalid())?;
        let (Some(region), Some(account)) = (arn.region, arn.account) else { return Err(invalid()) };
        if &*arn.service != "kms" || arn.partition != region.partition() {
            return Err(invalid());
        }
        if region != own.region {
            return Err(errors::other_region(region.as_str()));
        }
        let scope = Scope { account, region };
        if let Some(alias) = arn.resource.strip_prefix(ALIAS) {
            return Ok(Self::Alias(scope, alias.to_owned()));
        }
        let id = arn.resource.strip_prefix("key/").ok_or_else(invalid)?;
        let id = KeyId::parse(id).ok_or_else(|| errors::invalid_key_id(id))?;
        Ok(Self::Key(KeyName { scope, id }))
    }
}

impl Kms {
    /// The name of the key that a KeyId means, whether or not there is such a key. The alias of a key that AWS manages means that key
    /// before it is made.
    pub(super) fn named(&self, cx: &Context, text: &str, aliases: Aliases) -> Result<KeyName, Error> {
        self.named_in(&scope(cx), text, aliases)
    }

    /// As [`Self::named`], for whoever's own keys are in this scope.
    pub(super) fn named_in(&self, own: &Scope, text: &str, aliases: Aliases) -> Result<KeyName, Error> {
        match (Named::parse(own, text)?, aliases) {
            (Named::Key(name), _) => Ok(name),
            (Named::Alias(scope, alias), Aliases::Taken) => self.aliased(scope, &alias),
            (Named::Alias(..), Aliases::NotTaken) if text.starts_with("arn:") => {
                Err(errors::no_aliases_here())
            }
            (Named::Alias(..), Aliases::NotTaken) => Err(errors::invalid_key_id(text)),
        }
    }

    fn aliased(&self, scope: Scope, alias: &str) -> Result<KeyName, Error> {
        let id = match self.directory.alias(&scope, alias) {
            Some(found) => found.target(),
            None => {
                let service = alias.strip_prefix(AWS).filter(|service| is_managed_service(service));
                let arn = || errors::alias_not_found(&scope.arn(&format!("{ALIAS}{alias}")));
                KeyId::managed(&scope, service.ok_or_else(arn)?)
            }
        };
        Ok(KeyName { scope, id })
    }

    /// The key that a KeyId means.
    pub(super) fn find(&self, cx: &Context, text: &str, aliases: Aliases) -> Result<Arc<Slot>, Error> {
        let name = self.named(cx, text, aliases)?;
        self.directory.key(&name).ok_or_else(|| errors::key_not_found(&name.arn()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    #[test]
    fn keys_are_named_in_four_ways() {
        let cx = context("111111111111");
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let own = KeyName { scope: scope(&cx), id: KeyId::parse(id).unwrap() };
        let arn = own.arn();
        let cases = [
            (id.to_owned(), Named::Key(own.clone())),
            (arn.to_string(), Named::Key(own)),
            ("alias/a/b".to_owned(), Named::Alias(scope(&cx), "a/b".to_owned())),
            (
                "arn:aws:kms:us-east-1:111111111111:alias/a".to_owned(),
                Named::Alias(scope(&cx), "a".to_owned()),
            ),
        ];
        for (text, named) in cases {
            assert_eq!(Named::parse(&scope(&cx), &text), Ok(named), "{text}");
        }
    }

    #[test]
    fn what_names_no_key_is_told_in_words_of_its_kind() {
        let cx = context("111111111111");
        let cases = [
            ("fake-key-id", "NotFoundException: Invalid keyId 'fake-key-id'"),
            ("arn:aws:kms:us-east-1:111111111111:key/x", "NotFoundException: Invalid keyId 'x'"),
            (
                "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "NotFoundException: Invalid arn eu-west-1",
            ),
            (
                "arn:aws:sqs:us-east-1:111111111111:q",
                "InvalidArnException: Invalid arn arn:aws:sqs:us-east-1:111111111111:q",
            ),
            (
                "arn:aws:kms:us-east-1:1:key/x",
                "InvalidArnException: Invalid arn arn:aws:kms:us-east-1:1:key/x",
            ),
        ];
        for (text, told) in cases {
            assert_eq!(Named::parse(&scope(&cx), text).unwrap_err().to_string(), told);
        }
    }
}
