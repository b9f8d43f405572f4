use anabranch_api::dynamodb::Error;

use super::Placeholders;
use super::parser::Parser;
use super::reserved::is_reserved;
use super::token::TokenKind;
use crate::errors::Place;
use crate::path::{Path, Step};
use crate::text::Text;

impl Parser<'_> {
    /// A document path.
    pub(super) fn path(&mut self) -> Result<Path, Error> {
        let root = self.name()?;
        let mut steps = Vec::new();
        loop {
            if self.takes(".") {
                steps.push(Step::Key(self.name()?));
            } else if self.takes("[") {
                if self.peek().kind != TokenKind::Number {
                    return Err(self.syntax());
                }
                // An index beyond every list is beyond this one.
                steps.push(Step::Index(self.take().text.parse().unwrap_or(usize::MAX)));
                self.expect("]")?;
            } else {
                return Ok(Path { root, steps });
            }
        }
    }

    fn name(&mut self) -> Result<Text, Error> {
        match self.peek().kind {
            TokenKind::Name => {
                let placeholder = self.take().text;
                self.placeholders.name(self.place, placeholder)
            }
            TokenKind::Word if is_reserved(self.peek().text) => Err(self.place.reserved(self.peek().text)),
            TokenKind::Word => Ok(self.take().text.into()),
            _ => Err(self.syntax()),
        }
    }
}

/// A projection: paths of which none leads through another.
pub(crate) fn projection(source: &str, placeholders: &Placeholders) -> Result<Vec<Path>, Error> {
    let mut parser = Parser::new(Place::Projection, source, placeholders)?;
    let mut paths = vec![parser.path()?];
    while parser.takes(",") {
        paths.push(parser.path()?);
    }
    parser.expect_end()?;
    check_distinct(Place::Projection, &paths.iter().collect::<Vec<_>>())?;
    Ok(paths)
}

/// Refuses paths that overlap, or take one place for a map and for a list.
pub(super) fn check_distinct(place: Place, paths: &[&Path]) -> Result<(), Error> {
    for (behind, one) in paths.iter().enumerate() {
        for two in &paths[..behind] {
            if one.overlaps(two) {
                return Err(place.overlap(two, one));
            }
            if one.conflicts(two) {
                return Err(place.conflict(two, one));
            }
        }
    }
    Ok(())
}
