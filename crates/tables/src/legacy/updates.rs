//! `AttributeUpdates`: what an update does, attribute by attribute.

use anabranch_api::dynamodb::{AttributeAction, AttributeValueUpdate, Error};
use bytestring::ByteString;

use crate::attributes;
use crate::errors;
use crate::path::Path;
use crate::update::{Manner, Term, Update};
use crate::value::Kind;

/// The update; one of nothing makes the bare item.
pub(crate) fn updates(given: &[(ByteString, AttributeValueUpdate)]) -> Result<Update, Error> {
    let mut update = Update::new(Manner::Legacy);
    for (name, given) in given {
        let path = Path::attribute(name);
        let value = given.value.as_ref().map(attributes::read).transpose()?;
        match (given.action.unwrap_or(AttributeAction::Put), value) {
            (AttributeAction::Put, Some(value)) => update.sets.push((path, Term::Value(value))),
            (AttributeAction::Delete, None) => update.removes.push(path),
            (AttributeAction::Delete, Some(value)) if value.kind().is_set() => {
                update.deletes.push((path, value));
            }
            (AttributeAction::Add, Some(value))
                if value.kind().is_set() || matches!(value.kind(), Kind::N | Kind::L) =>
            {
                update.adds.push((path, value));
            }
            (AttributeAction::Put | AttributeAction::Add, None) => {
                return Err(errors::only_delete_without_value());
            }
            (action, Some(value)) => return Err(errors::action_kind(action.as_str(), value.kind())),
        }
    }
    Ok(update)
}
