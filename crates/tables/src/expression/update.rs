use anabranch_api::dynamodb::Error;

use super::Placeholders;
use super::parser::Parser;
use super::path::check_distinct;
use super::token::TokenKind;
use crate::errors::{self, Place};
use crate::path::Path;
use crate::update::{Manner, Term, Update};
use crate::value::{Kind, Value};

/// An update.
pub(crate) fn update(source: &str, placeholders: &Placeholders) -> Result<Update, Error> {
    let mut parser = Parser::new(Place::Update, source, placeholders)?;
    let mut update = Update::new(Manner::Expression);
    let mut seen: Vec<&str> = Vec::new();
    while parser.peek().kind != TokenKind::End {
        let section = SECTIONS.into_iter().find(|section| parser.is_word(section));
        let Some(section) = section else { return Err(parser.syntax()) };
        if seen.contains(&section) {
            return Err(errors::section_twice(section));
        }
        seen.push(section);
        parser.take();
        parser.section(section, &mut update)?;
    }
    check_distinct(Place::Update, &update.paths().collect::<Vec<_>>())?;
    Ok(update)
}

const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl Parser<'_> {
    fn section(&mut self, section: &str, update: &mut Update) -> Result<(), Error> {
        loop {
            let path = self.path()?;
            match section {
                "SET" => {
                    self.expect("=")?;
                    self.count_operator()?;
                    let term = self.sum()?;
                    update.sets.push((path, term));
                }
                "REMOVE" => update.removes.push(path),
                "ADD" => {
                    let value = self.literal()?;
                    if value.kind() != Kind::N && !value.kind().is_set() {
                        return Err(self.place.action_operand_kind("ADD", value.kind()));
                    }
                    update.adds.push((path, value));
                }
                _ => {
                    let value = self.literal()?;
                    if !value.kind().is_set() {
                        return Err(self.place.action_operand_kind("DELETE", value.kind()));
                    }
                    update.deletes.push((path, value));
                }
            }
            if !self.takes(",") {
                return Ok(());
            }
        }
    }

    fn literal(&mut self) -> Result<Value, Error> {
        if self.peek().kind == TokenKind::Value { self.value() } else { Err(self.syntax()) }
    }

    /// A term, or two of them with a sign between.
    fn sum(&mut self) -> Result<Term, Error> {
        let left = self.term()?;
        let sign = match self.peek().text {
            "+" => "+",
            "-" => "-",
            _ => return Ok(left),
        };
        self.take();
        self.count_operator()?;
        let right = self.term()?;
        for term in [&left, &right] {
            if let Term::Value(value) = term
                && value.kind() != Kind::N
            {
                return Err(self.place.operand_kind(sign, value.kind()));
            }
        }
        let (left, right) = (Box::new(left), Box::new(right));
        Ok(if sign == "+" { Term::Plus(left, right) } else { Term::Minus(left, right) })
    }

    fn term(&mut self) -> Result<Term, Error> {
        if self.takes("(") {
            let term = self.deeper(Self::sum)?;
            self.expect(")")?;
            return Ok(term);
        }
        match self.peek().kind {
            TokenKind::Value => Ok(Term::Value(self.value()?)),
            TokenKind::Word if self.peek_behind().text == "(" => self.update_function(),
            _ => Ok(Term::Path(self.path()?)),
        }
    }

    fn update_function(&mut self) -> Result<Term, Error> {
        let name = self.take().text;
        self.count_operator()?;
        match name {
            "if_not_exists" | "list_append" => {}
            "attribute_exists"
            | "attribute_not_exists"
            | "attribute_type"
            | "begins_with"
            | "contains"
            | "size" => {
                return Err(self.place.function_not_here(name));
            }
            _ => return Err(self.place.unknown_function(name)),
        }
        self.expect("(")?;
        let mut terms = vec![self.deeper(Self::sum)?];
        while self.takes(",") {
            terms.push(self.deeper(Self::sum)?);
        }
        self.expect(")")?;
        let count = terms.len();
        let mut terms = terms.into_iter();
        let (Some(first), Some(second), None) = (terms.next(), terms.next(), terms.next()) else {
            return Err(self.place.operand_count(name, count));
        };
        if name == "list_append" {
            for term in [&first, &second] {
                if let Term::Value(value) = term
                    && value.kind() != Kind::L
                {
                    return Err(self.place.operand_kind(name, value.kind()));
                }
            }
            return Ok(Term::ListAppend(Box::new(first), Box::new(second)));
        }
        let path: Path = match first {
            Term::Path(path) => path,
            _ => return Err(self.place.operand_needs_path(name)),
        };
        if second == Term::Path(path.clone()) {
            return Err(self.place.operand_distinct(name, &path));
        }
        Ok(Term::IfNotExists(path, Box::new(second)))
    }
}
