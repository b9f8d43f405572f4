use anabranch_api::dynamodb::Error;

use crate::errors::Place;

/// Longest expression (ServiceQuotas: "Expression parameters", length of an expression string).
const EXPRESSION_BYTES_MAX: usize = 4096;

/// A word of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    /// Where it begins.
    pub at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword, a function or an attribute's name.
    Word,
    /// `#name`
    Name,
    /// `:value`
    Value,
    /// Digits.
    Number,
    /// A sign: a parenthesis, a comparison, a comma.
    Sign,
    End,
}

/// The expression's words, with one at its end that stands for nothing more.
pub(super) fn tokens(place: Place, source: &str) -> Result<Vec<Token<'_>>, Error> {
    if source.trim().is_empty() {
        return Err(place.empty());
    }
    if source.len() > EXPRESSION_BYTES_MAX {
        return Err(place.too_long());
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &source[at..];
        let (kind, len) = match first {
            'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Word, word_len(rest)),
            '0'..='9' => (TokenKind::Number, rest.bytes().take_while(u8::is_ascii_digit).count()),
            '#' => (TokenKind::Name, 1 + word_len(&rest[1..])),
            ':' => (TokenKind::Value, 1 + word_len(&rest[1..])),
            '<' if rest.starts_with("<>") || rest.starts_with("<=") => (TokenKind::Sign, 2),
            '>' if rest.starts_with(">=") => (TokenKind::Sign, 2),
            '<' | '>' | '=' | '(' | ')' | '[' | ']' | ',' | '.' | '+' | '-' => (TokenKind::Sign, 1),
            _ => (TokenKind::End, first.len_utf8()),
        };
        let token = Token { kind, text: &rest[..len], at };
        if kind == TokenKind::End || len == 1 && matches!(kind, TokenKind::Name | TokenKind::Value) {
            let from = tokens.last().map_or(at, |before: &Token<'_>| before.at);
            let until = rest.char_indices().nth(12).map_or(source.len(), |(beyond, _)| at + beyond);
            return Err(place.syntax(token.text, &source[from..until]));
        }
        tokens.push(token);
        at += len;
    }
    tokens.push(Token { kind: TokenKind::End, text: "<EOF>", at: source.len() });
    Ok(tokens)
}

fn word_len(text: &str) -> usize {
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}
