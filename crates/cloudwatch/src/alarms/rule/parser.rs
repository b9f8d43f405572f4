use std::fmt;

use anabranch_api::Enumeration as _;
use anabranch_api::cloudwatch::StateValue;

use super::Rule;
use crate::alarms::limits::{DEPTH_MAX, ELEMENTS_MAX};

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Something else was expected after this many characters.
    Expected(&'static str, usize),
    /// A string that begins after this many characters has no end.
    Unterminated(usize),
    /// It has too many elements.
    Elements,
    /// Its parentheses are nested too deep.
    Depth,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Invalid::Expected(what, at) => write!(f, "expected {what} at position {at}"),
            Invalid::Unterminated(at) => write!(f, "the string at position {at} has no end"),
            Invalid::Elements => write!(f, "more than {ELEMENTS_MAX} elements"),
            Invalid::Depth => write!(f, "parentheses nested more than {DEPTH_MAX} deep"),
        }
    }
}

/// Reads a rule. Its length was bounded by the model; depth and elements are here.
pub(crate) fn parse(text: &str) -> Result<Rule, Invalid> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end: text.chars().count() };
    let rule = parser.any()?;
    match parser.tokens.get(parser.next) {
        None => Ok(rule),
        Some((_, at)) => Err(Invalid::Expected("AND, OR or the end", *at)),
    }
}

/// The words that count as elements.
const ELEMENTS: [&str; 9] =
    ["AND", "OR", "NOT", "TRUE", "FALSE", "ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST"];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

/// Tokens with where they begin, in characters.
fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Invalid> {
    let (mut tokens, mut elements) = (Vec::new(), 0);
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        let token = match c {
            c if c.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' | '\'' => {
                let mut name = String::new();
                loop {
                    match chars.next().ok_or(Invalid::Unterminated(at))?.1 {
                        '\\' => name.push(chars.next().ok_or(Invalid::Unterminated(at))?.1),
                        quote if quote == c => break,
                        other => name.push(other),
                    }
                }
                Token::Quoted(name)
            }
            c => {
                let mut word = String::from(c);
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"');
                while let Some((_, c)) = chars.next_if(|(_, c)| !ends(*c)) {
                    word.push(c);
                }
                Token::Word(word)
            }
        };
        elements += usize::from(matches!(&token, Token::Word(word) if ELEMENTS.contains(&word.as_str())));
        if elements > ELEMENTS_MAX {
            return Err(Invalid::Elements);
        }
        tokens.push((token, at));
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Rule, Invalid> {
        let mut rules = vec![self.all()?];
        while self.takes_word("OR") {
            rules.push(self.all()?);
        }
        Ok(single_or(rules, Rule::Any))
    }

    fn all(&mut self) -> Result<Rule, Invalid> {
        let mut rules = vec![self.not()?];
        while self.takes_word("AND") {
            rules.push(self.not()?);
        }
        Ok(single_or(rules, Rule::All))
    }

    fn not(&mut self) -> Result<Rule, Invalid> {
        let mut negated = false;
        while self.takes_word("NOT") {
            negated = !negated;
        }
        let rule = self.one()?;
        Ok(if negated { Rule::Not(Box::new(rule)) } else { rule })
    }

    fn one(&mut self) -> Result<Rule, Invalid> {
        if self.takes(&Token::Open) {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(Invalid::Depth);
            }
            let rule = self.any()?;
            self.demand(Token::Close, "a closing parenthesis")?;
            self.depth -= 1;
            return Ok(rule);
        }
        if self.takes_word("TRUE") {
            return Ok(Rule::Constant(true));
        }
        if self.takes_word("FALSE") {
            return Ok(Rule::Constant(false));
        }
        if self.takes_word("AT_LEAST") {
            return self.at_least();
        }
        let state = self.state()?;
        self.demand(Token::Open, "an opening parenthesis")?;
        let alarm = self.alarm()?;
        self.demand(Token::Close, "a closing parenthesis")?;
        Ok(Rule::Is(state, alarm))
    }

    /// CW User Guide, composite alarms: `AT_LEAST(2, ALARM, (a, b, c))`, or a share of them in percent, rounded up.
    fn at_least(&mut self) -> Result<Rule, Invalid> {
        self.demand(Token::Open, "an opening parenthesis")?;
        let at = self.position();
        let amount = self.word().ok_or(Invalid::Expected("a number", at))?;
        self.demand(Token::Comma, "a comma")?;
        let state = self.state()?;
        self.demand(Token::Comma, "a comma")?;
        self.demand(Token::Open, "an opening parenthesis")?;
        let mut alarms = vec![self.alarm()?];
        while self.takes(&Token::Comma) {
            alarms.push(self.alarm()?);
        }
        self.demand(Token::Close, "a closing parenthesis")?;
        self.demand(Token::Close, "a closing parenthesis")?;
        let least = match amount.strip_suffix('%') {
            Some(share) => {
                let share = share.parse::<usize>().ok().filter(|share| (1..=100).contains(share));
                share.map(|share| (share * alarms.len()).div_ceil(100))
            }
            None => amount.parse().ok().filter(|least| (1..=alarms.len()).contains(least)),
        };
        Ok(Rule::AtLeast(least.ok_or(Invalid::Expected("how many of the alarms", at))?, state, alarms))
    }

    fn state(&mut self) -> Result<StateValue, Invalid> {
        let at = self.position();
        let state = self.word().and_then(|word| StateValue::of(&word));
        state.ok_or(Invalid::Expected("ALARM, OK, INSUFFICIENT_DATA, NOT, TRUE or FALSE", at))
    }

    fn alarm(&mut self) -> Result<String, Invalid> {
        let at = self.position();
        let name = match self.tokens.get(self.next) {
            Some((Token::Word(name) | Token::Quoted(name), _)) if !name.is_empty() => name.clone(),
            _ => return Err(Invalid::Expected("the name or ARN of an alarm", at)),
        };
        self.next += 1;
        Ok(name)
    }

    fn word(&mut self) -> Option<String> {
        let Some((Token::Word(word), _)) = self.tokens.get(self.next) else { return None };
        self.next += 1;
        Some(word.clone())
    }

    fn takes(&mut self, token: &Token) -> bool {
        let takes = self.tokens.get(self.next).is_some_and(|(next, _)| next == token);
        self.next += usize::from(takes);
        takes
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    fn demand(&mut self, token: Token, what: &'static str) -> Result<(), Invalid> {
        let at = self.position();
        if self.takes(&token) { Ok(()) } else { Err(Invalid::Expected(what, at)) }
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(_, at)| *at)
    }
}

fn single_or(mut rules: Vec<Rule>, of: impl FnOnce(Vec<Rule>) -> Rule) -> Rule {
    if rules.len() == 1 { rules.remove(0) } else { of(rules) }
}
