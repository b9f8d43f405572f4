//! Search expressions: which metrics are meant (CloudWatch User Guide, search expression syntax).

use bytestring::ByteString;

use crate::datum::Metric;

/// Words within parentheses within parentheses at the most.
const DEPTH_MAX: usize = 32;

/// What a search asks of a metric.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    /// Everything.
    All,
    /// Exactly this namespace and dimensions of exactly these names.
    Schema(String, Vec<String>),
    Word(Option<String>, Word),
    Not(Box<Asked>),
    And(Box<Asked>, Box<Asked>),
    Or(Box<Asked>, Box<Asked>),
}

/// A text to be found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// In quotes: the whole of it.
    Whole(String),
    /// Words of it, in whatever case.
    Part(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    /// `{`, `}`, `(`, `)`, `,` or `=`.
    Mark(char),
}

impl Asked {
    /// Reads what is searched for; why not, if it is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        let mut asked = Self::All;
        if parser.mark('{') {
            asked = parser.schema()?;
        }
        if parser.at < parser.tokens.len() {
            asked = asked.and(parser.either(0)?);
        }
        if parser.at < parser.tokens.len() {
            return Err("A search has more than its end".into());
        }
        Ok(asked)
    }

    /// Whether it is asked for.
    pub(super) fn is_met(&self, metric: &Metric) -> bool {
        match self {
            Self::All => true,
            Self::Schema(namespace, names) => {
                let dimensions = metric.dimensions();
                **metric.namespace() == **namespace
                    && dimensions.len() == names.len()
                    && names.iter().all(|name| dimensions.iter().any(|(has, _)| **has == **name))
            }
            Self::Word(of, word) => texts(metric, of.as_deref()).into_iter().any(|text| word.is_in(text)),
            Self::Not(inner) => !inner.is_met(metric),
            Self::And(one, other) => one.is_met(metric) && other.is_met(metric),
            Self::Or(one, other) => one.is_met(metric) || other.is_met(metric),
        }
    }

    fn and(self, other: Self) -> Self {
        if self == Self::All { other } else { Self::And(Box::new(self), Box::new(other)) }
    }
}

/// What a word may be found in: all of a metric's texts, or the value of one of its properties.
fn texts<'a>(metric: &'a Metric, of: Option<&str>) -> Vec<&'a ByteString> {
    let dimensions = metric.dimensions();
    match of {
        None => {
            let of_dimensions = dimensions.iter().flat_map(|(name, value)| [name, value]);
            [metric.namespace(), metric.name()].into_iter().chain(of_dimensions).collect()
        }
        Some("Namespace") => vec![metric.namespace()],
        Some("MetricName") => vec![metric.name()],
        Some(of) => dimensions.iter().filter(|(name, _)| **name == *of).map(|(_, value)| value).collect(),
    }
}

impl Word {
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Whole(whole) => whole == text,
            Self::Part(words) => {
                let has = words_of(text);
                !words.is_empty() && has.windows(words.len()).any(|some| some == words)
            }
        }
    }
}

/// The words of a text: letters and digits together, a new one where a capital follows a small letter.
fn words_of(text: &str) -> Vec<String> {
    let (mut words, mut word, mut was_small) = (vec![], String::new(), false);
    for c in text.chars() {
        let begins = c.is_uppercase() && was_small;
        if (begins || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '{' | '}' | '(' | ')' | ',' | '=' => tokens.push(Token::Mark(c)),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => quoted.extend(chars.next()),
                        Some(c) => quoted.push(c),
                        None => return Err("A quote is not closed".into()),
                    }
                }
                tokens.push(Token::Quoted(quoted));
            }
            c => {
                let mut word = String::from(c);
                let goes_on = |c: &char| !c.is_whitespace() && !"{}(),=\"".contains(*c);
                while let Some(c) = chars.next_if(goes_on) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn mark(&mut self, mark: char) -> bool {
        let is_there = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self, word: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        self.at += usize::from(is_there);
        is_there
    }

    fn text(&mut self) -> Result<String, String> {
        let text = match self.peek() {
            Some(Token::Word(text) | Token::Quoted(text)) => text.clone(),
            _ => return Err("A name is missing in a search".into()),
        };
        self.at += 1;
        Ok(text)
    }

    fn schema(&mut self) -> Result<Asked, String> {
        let namespace = self.text()?;
        let mut names = Vec::new();
        while self.mark(',') {
            names.push(self.text()?);
        }
        if !self.mark('}') {
            return Err("A brace of a search is not closed".into());
        }
        Ok(Asked::Schema(namespace, names))
    }

    fn either(&mut self, depth: usize) -> Result<Asked, String> {
        if depth > DEPTH_MAX {
            return Err(format!("More than {DEPTH_MAX} parts are within each other"));
        }
        let mut asked = self.both(depth)?;
        while self.word("OR") {
            asked = Asked::Or(Box::new(asked), Box::new(self.both(depth)?));
        }
        Ok(asked)
    }

    /// Words side by side are asked for together.
    fn both(&mut self, depth: usize) -> Result<Asked, String> {
        let mut asked = self.one(depth)?;
        loop {
            let and = self.word("AND");
            let ends = match self.peek() {
                None | Some(Token::Mark(')')) => true,
                Some(Token::Word(word)) => word == "OR",
                Some(_) => false,
            };
            if ends && !and {
                return Ok(asked);
            }
            asked = asked.and(self.one(depth)?);
        }
    }

    fn one(&mut self, depth: usize) -> Result<Asked, String> {
        if depth > DEPTH_MAX {
            return Err(format!("More than {DEPTH_MAX} parts are within each other"));
        }
        if self.word("NOT") {
            return Ok(Asked::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.mark('(') {
            let inner = self.either(depth + 1)?;
            return if self.mark(')') {
                Ok(inner)
            } else {
                Err("A parenthesis of a search is not closed".into())
            };
        }
        let is_quoted = matches!(self.peek(), Some(Token::Quoted(_)));
        let text = self.text()?;
        if !self.mark('=') {
            return Ok(Asked::Word(None, word(text, is_quoted)));
        }
        if self.mark('(') {
            let inner = self.either(depth + 1)?;
            return if self.mark(')') {
                Ok(of(&text, inner))
            } else {
                Err("A parenthesis of a search is not closed".into())
            };
        }
        let is_quoted = matches!(self.peek(), Some(Token::Quoted(_)));
        let value = self.text()?;
        Ok(Asked::Word(Some(text), word(value, is_quoted)))
    }
}

fn word(text: String, is_quoted: bool) -> Word {
    if is_quoted { Word::Whole(text) } else { Word::Part(words_of(&text)) }
}

/// The same asked of one property.
fn of(property: &str, asked: Asked) -> Asked {
    let boxed = |asked: Box<Asked>| Box::new(of(property, *asked));
    match asked {
        Asked::Word(None, word) => Asked::Word(Some(property.to_owned()), word),
        Asked::Not(inner) => Asked::Not(boxed(inner)),
        Asked::And(one, other) => Asked::And(boxed(one), boxed(other)),
        Asked::Or(one, other) => Asked::Or(boxed(one), boxed(other)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use anabranch_api::cloudwatch::Dimension;

    use super::*;

    fn metric() -> Metric {
        let dimension = |name: &str, value: &str| Dimension { name: name.into(), value: value.into() };
        let dimensions =
            vec![dimension("StreamName", "my-orders"), dimension("ShardId", "shardId-000000000001")];
        Metric::new("AWS/Kinesis".into(), "GetRecords.IteratorAgeMilliseconds".into(), Some(dimensions))
    }

    #[test]
    fn a_metric_is_found_by_what_is_said_of_it() {
        for (text, found) in [
            ("", true),
            ("{AWS/Kinesis,ShardId,StreamName}", true),
            ("{AWS/Kinesis,StreamName}", false),
            (r#"{"AWS/Kinesis","StreamName","ShardId"} iterator"#, true),
            ("{AWS/EC2,StreamName,ShardId}", false),
            ("orders", true),
            ("ORDERS kinesis", true),
            ("orders AND missing", false),
            ("missing OR orders", true),
            ("missing orders OR age", true),
            ("NOT orders", false),
            ("NOT missing", true),
            ("iteratorage", false),
            ("IteratorAge", true),
            (r#""my-orders""#, true),
            (r#""orders""#, false),
            (r#"MetricName="GetRecords.IteratorAgeMilliseconds""#, true),
            ("MetricName=orders", false),
            ("StreamName=orders", true),
            (r#"StreamName="orders""#, false),
            (r#"StreamName=("my-orders" OR "other")"#, true),
            (r#"StreamName=(NOT "my-orders")"#, false),
            ("Namespace=AWS", true),
            ("(missing OR age) (my orders)", true),
        ] {
            assert_eq!(Asked::parse(text).unwrap().is_met(&metric()), found, "{text}");
        }
    }

    #[test]
    fn what_is_no_search_is_refused() {
        let deep = ["(".repeat(900), "NOT ".repeat(900), "a=(".repeat(900)];
        let wrong = ["{", "{A,", "{A", "(a", "a)", "\"a", "a AND", "OR a )", "a=", "=a", "a OR", "NOT"];
        for text in wrong.into_iter().chain(deep.iter().map(String::as_str)) {
            assert!(Asked::parse(text).is_err(), "{text}");
        }
    }
}
