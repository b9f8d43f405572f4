//! What requests want to see of items, in either form.

use anabranch_api::dynamodb::Error;
use bytestring::ByteString;

use crate::errors::{self, Place};
use crate::expression::{self, Placeholders};
use crate::path::Path;
use crate::request::check_forms;

/// A projection, in one form or the other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Projecting<'a> {
    pub expression: Option<&'a str>,
    pub attributes: Option<&'a [ByteString]>,
}

impl Projecting<'_> {
    /// Of a request that has no other expression; none if it wants everything.
    pub fn read_alone(self, names: Option<&[(ByteString, ByteString)]>) -> Result<Option<Vec<Path>>, Error> {
        check_forms(
            &[("ProjectionExpression", self.expression.is_some())],
            &[("AttributesToGet", self.attributes.is_some())],
        )?;
        let placeholders = Placeholders::new(names, None, &[(Place::Projection, self.expression.is_some())])?;
        let paths = self.read(&placeholders)?;
        placeholders.all_used()?;
        Ok(paths)
    }

    /// None if the request wants everything.
    pub fn read(self, placeholders: &Placeholders) -> Result<Option<Vec<Path>>, Error> {
        if let Some(source) = self.expression {
            return expression::projection(source, placeholders).map(Some);
        }
        let Some(names) = self.attributes else { return Ok(None) };
        let mut sorted: Vec<&str> = names.iter().map(|name| &**name).collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(errors::duplicate_attribute(twice[0]));
        }
        Ok(Some(names.iter().map(|name| Path::attribute(name)).collect()))
    }
}
