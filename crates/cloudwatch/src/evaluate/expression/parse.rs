//! Metric math as text (CloudWatch User Guide, metric math syntax and functions).

use std::iter::Peekable;
use std::str::CharIndices;

/// Parts within parts at the most.
const DEPTH_MAX: usize = 64;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) enum Expression {
    Number(f64),
    Text(String),
    /// The id of a query, or a word that a function knows.
    Name(String),
    Call(String, Vec<Expression>),
    Array(Vec<Expression>),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evaluate) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Operator {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Power => "^",
        }
    }

    /// How tightly it binds.
    fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::Unequal => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide => 6,
            Self::Power => 7,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Name(String),
    Operator(Operator),
    /// `(`, `)`, `[`, `]` or `,`.
    Mark(char),
}

/// Reads an expression; why not, if it is none.
pub(in crate::evaluate) fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable() };
    let expression = parser.binary(0, 0)?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(format!("Unexpected {}", shown(&token))),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let mut two = |second: char, both: Token, one: Option<Token>| {
            if next == Some(second) {
                chars.next();
                return Ok(both);
            }
            one.ok_or_else(|| format!("Unexpected '{c}'"))
        };
        let operator = |of| Token::Operator(of);
        tokens.push(match c {
            c if c.is_whitespace() => continue,
            '(' | ')' | '[' | ']' | ',' => Token::Mark(c),
            '+' => operator(Operator::Add),
            '-' => operator(Operator::Subtract),
            '*' => operator(Operator::Multiply),
            '/' => operator(Operator::Divide),
            '^' => operator(Operator::Power),
            '&' => two('&', operator(Operator::And), None)?,
            '|' => two('|', operator(Operator::Or), None)?,
            '=' => two('=', operator(Operator::Equal), None)?,
            '!' => two('=', operator(Operator::Unequal), None)?,
            '<' => two('=', operator(Operator::LessOrEqual), Some(operator(Operator::Less)))?,
            '>' => two('=', operator(Operator::GreaterOrEqual), Some(operator(Operator::Greater)))?,
            '"' | '\'' => Token::Text(quoted(c, &mut chars)?),
            c if c.is_ascii_digit() || c == '.' => {
                let end = taken(&mut chars, at + 1, |c| c.is_ascii_digit() || c == '.');
                let number = text[at..end].parse().map_err(|_| format!("Unexpected '{}'", &text[at..end]))?;
                Token::Number(number)
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = taken(&mut chars, at + 1, |c| c.is_ascii_alphanumeric() || c == '_');
                match &text[at..end] {
                    "AND" => operator(Operator::And),
                    "OR" => operator(Operator::Or),
                    name => Token::Name(name.to_owned()),
                }
            }
            c => return Err(format!("Unexpected '{c}'")),
        });
    }
    Ok(tokens)
}

/// What stands between quotes of one kind; a backslash takes the next character as it is.
fn quoted(quote: char, chars: &mut Peekable<CharIndices<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some((_, c)) = chars.next() {
        match c {
            '\\' => text.extend(chars.next().map(|(_, c)| c)),
            c if c == quote => return Ok(text),
            c => text.push(c),
        }
    }
    Err("A quote is not closed".into())
}

/// The end of what is taken while it holds.
fn taken(chars: &mut Peekable<CharIndices<'_>>, mut end: usize, holds: impl Fn(char) -> bool) -> usize {
    while let Some((at, c)) = chars.next_if(|(_, c)| holds(*c)) {
        end = at + c.len_utf8();
    }
    end
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("'{number}'"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Name(name) => format!("'{name}'"),
        Token::Operator(operator) => format!("'{}'", operator.sign()),
        Token::Mark(mark) => format!("'{mark}'"),
    }
}

struct Parser {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    /// Operands joined by operators that bind more tightly than `above`.
    fn binary(&mut self, above: u8, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err(format!("More than {DEPTH_MAX} parts are within each other"));
        }
        let mut left = self.unary(depth)?;
        while let Some(Token::Operator(operator)) = self.tokens.peek() {
            let operator = *operator;
            if operator.strength() <= above {
                break;
            }
            self.tokens.next();
            // A power of a power binds to the right.
            let strength = operator.strength() - u8::from(operator == Operator::Power);
            let right = self.binary(strength, depth + 1)?;
            left = Expression::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err(format!("More than {DEPTH_MAX} parts are within each other"));
        }
        if self.tokens.next_if_eq(&Token::Operator(Operator::Subtract)).is_none() {
            return self.operand(depth + 1);
        }
        // A power binds more tightly than its sign.
        let operand = self.binary(Operator::Multiply.strength(), depth + 1)?;
        Ok(Expression::Negative(Box::new(operand)))
    }

    fn operand(&mut self, depth: usize) -> Result<Expression, String> {
        let token = self.tokens.next().ok_or("Unexpected end")?;
        match token {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Name(name) if self.tokens.next_if_eq(&Token::Mark('(')).is_some() => {
                Ok(Expression::Call(name, self.list(')', depth)?))
            }
            Token::Name(name) => Ok(Expression::Name(name)),
            Token::Mark('[') => Ok(Expression::Array(self.list(']', depth)?)),
            Token::Mark('(') => {
                let inner = self.binary(0, depth + 1)?;
                match self.tokens.next() {
                    Some(Token::Mark(')')) => Ok(inner),
                    _ => Err("A parenthesis is not closed".into()),
                }
            }
            other => Err(format!("Unexpected {}", shown(&other))),
        }
    }

    fn list(&mut self, end: char, depth: usize) -> Result<Vec<Expression>, String> {
        let mut all = Vec::new();
        if self.tokens.next_if_eq(&Token::Mark(end)).is_some() {
            return Ok(all);
        }
        loop {
            all.push(self.binary(0, depth + 1)?);
            match self.tokens.next() {
                Some(Token::Mark(',')) => {}
                Some(Token::Mark(mark)) if mark == end => return Ok(all),
                Some(token) => return Err(format!("Unexpected {}", shown(&token))),
                None => return Err("Unexpected end".into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With all parentheses.
    fn written(expression: &Expression) -> String {
        let list = |all: &[Expression]| all.iter().map(written).collect::<Vec<_>>().join(",");
        match expression {
            Expression::Number(number) => number.to_string(),
            Expression::Text(text) => format!("\"{text}\""),
            Expression::Name(name) => name.clone(),
            Expression::Call(name, arguments) => format!("{name}({})", list(arguments)),
            Expression::Array(all) => format!("[{}]", list(all)),
            Expression::Negative(of) => format!("(-{})", written(of)),
            Expression::Binary(operator, left, right) => {
                format!("({}{}{})", written(left), operator.sign(), written(right))
            }
        }
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        for (text, expected) in [
            ("m1+m2*3", "(m1+(m2*3))"),
            ("(m1+m2)*.5", "((m1+m2)*0.5)"),
            ("a-b-c", "((a-b)-c)"),
            ("2^3^2", "(2^(3^2))"),
            ("-a^2*b", "((-(a^2))*b)"),
            ("a*-b", "(a*(-b))"),
            ("a>1 AND b<=2 OR c", "(((a>1)&&(b<=2))||c)"),
            ("a && b || c == d != e", "((a&&b)||((c==d)!=e))"),
            (
                "IF(m1 > 0, [m1,m2], FILL(METRICS('err'),REPEAT))",
                "IF((m1>0),[m1,m2],FILL(METRICS(\"err\"),REPEAT))",
            ),
            (r#"SEARCH('{A,"B"} x=\'y\'', "Sum", 300)"#, r#"SEARCH("{A,"B"} x='y'","Sum",300)"#),
            ("METRICS()", "METRICS()"),
        ] {
            assert_eq!(parse(text).map(|e| written(&e)).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "Unexpected end"),
            ("m1 m2", "Unexpected 'm2'"),
            ("m1 +", "Unexpected end"),
            ("m1 & m2", "Unexpected '&'"),
            ("1.2.3", "Unexpected '1.2.3'"),
            ("f(1", "Unexpected end"),
            ("f(1]", "Unexpected ']'"),
            ("(1,", "A parenthesis is not closed"),
            ("'x", "A quote is not closed"),
            ("µ", "Unexpected 'µ'"),
            (")", "Unexpected ')'"),
        ] {
            assert_eq!(parse(text), Err(reason.to_owned()), "{text}");
        }
        for deep in ["(".repeat(2000), "-".repeat(2000), "f(".repeat(900), "2^".repeat(900)] {
            assert!(parse(&deep).is_err());
        }
    }
}
