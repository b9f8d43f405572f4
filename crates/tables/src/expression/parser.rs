use anabranch_api::dynamodb::Error;

use super::Placeholders;
use super::token::{Token, TokenKind, tokens};
use crate::errors::Place;
use crate::value::Value;

/// Deepest nesting of parentheses, NOTs and functions taken; AWS's own bound is not documented.
const DEPTH_MAX: usize = 64;
/// Most operators and functions of an expression (ServiceQuotas: "Maximum number of operators or functions").
const OPERATORS_MAX: usize = 300;

/// Reads an expression word by word.
pub(super) struct Parser<'a> {
    pub place: Place,
    pub placeholders: &'a Placeholders,
    source: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    operators: usize,
}

impl<'a> Parser<'a> {
    pub fn new(place: Place, source: &'a str, placeholders: &'a Placeholders) -> Result<Self, Error> {
        let tokens = tokens(place, source)?;
        Ok(Self { place, placeholders, source, tokens, next: 0, depth: 0, operators: 0 })
    }

    /// The next word, which stays.
    pub fn peek(&self) -> Token<'a> {
        self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    /// The word behind it.
    pub fn peek_behind(&self) -> Token<'a> {
        self.tokens[(self.next + 1).min(self.tokens.len() - 1)]
    }

    pub fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    /// Takes this sign if it is next.
    pub fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.peek().kind == TokenKind::Sign && self.peek().text == sign;
        self.next += usize::from(is_next);
        is_next
    }

    /// Takes this keyword, in any case, if it is next.
    pub fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        self.next += usize::from(is_next);
        is_next
    }

    pub fn is_word(&self, word: &str) -> bool {
        self.peek().kind == TokenKind::Word && self.peek().text.eq_ignore_ascii_case(word)
    }

    pub fn expect(&mut self, sign: &str) -> Result<(), Error> {
        if self.takes(sign) { Ok(()) } else { Err(self.syntax()) }
    }

    pub fn expect_word(&mut self, word: &str) -> Result<(), Error> {
        if self.takes_word(word) { Ok(()) } else { Err(self.syntax()) }
    }

    pub fn expect_end(&self) -> Result<(), Error> {
        if self.peek().kind == TokenKind::End { Ok(()) } else { Err(self.syntax()) }
    }

    /// The next word cannot stand where it stands.
    pub fn syntax(&self) -> Error {
        let token = self.peek();
        let from =
            self.next.min(self.tokens.len() - 1).checked_sub(1).map_or(0, |before| self.tokens[before].at);
        let behind = self.peek_behind();
        let until =
            if behind.kind == TokenKind::End { self.source.len() } else { behind.at + behind.text.len() };
        self.place.syntax(token.text, self.source[from..until].trim())
    }

    /// Counts an operator or a function.
    pub fn count_operator(&mut self) -> Result<(), Error> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX { Err(self.place.too_many_operators()) } else { Ok(()) }
    }

    /// Reads something one level deeper.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        if self.depth == DEPTH_MAX {
            return Err(self.place.too_deep());
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// The value that a `:placeholder` stands for.
    pub fn value(&mut self) -> Result<Value, Error> {
        let token = self.take();
        self.placeholders.value(self.place, token.text)
    }
}
