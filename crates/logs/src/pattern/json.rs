//! `{ $.a.b = "x*" && ($.list[0] > 3 || $.c NOT EXISTS) }`

use serde_json::Value;

use super::compare::{Comparison, Condition, Operand, REGEXES_MAX};
use super::cursor::Cursor;
use super::{Extracted, Invalid};

/// Conditions on a JSON document.
#[derive(Debug)]
pub(crate) struct Json {
    condition: Condition<Test>,
}

/// A condition on what a selector selects.
#[derive(Debug)]
struct Test {
    selector: Selector,
    demand: Demand,
}

#[derive(Debug)]
enum Demand {
    Compares(Comparison, Operand),
    Is(Constant),
    NotExists,
    Exists,
}

#[derive(Clone, Copy, Debug)]
enum Constant {
    True,
    False,
    Null,
}

/// `$.a[0].b`
#[derive(Debug)]
struct Selector {
    /// As it was written.
    text: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Element(usize),
    EachElement,
}

impl Json {
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let mut cursor = Cursor::new(text);
        if !cursor.take("{") {
            return Err(Invalid);
        }
        let condition = Condition::parse(&mut cursor, &mut Test::parse)?;
        let json = Json { condition };
        let whole = cursor.take("}") && cursor.is_done();
        if whole && json.regexes() <= REGEXES_MAX { Ok(json) } else { Err(Invalid) }
    }

    pub fn matches(&self, message: &str) -> bool {
        document(message).is_some_and(|document| self.holds(&document))
    }

    pub fn extract(&self, message: &str) -> Option<Extracted> {
        let document = document(message).filter(|document| self.holds(document))?;
        let mut extracted = Extracted::new();
        self.condition.each(&mut |test| {
            let selector = &test.selector;
            if extracted.iter().all(|(name, _)| *name != selector.text)
                && let Some(value) = selector.select(&document).first()
            {
                extracted.push((selector.text.clone(), shown(value)));
            }
        });
        Some(extracted)
    }

    pub fn regexes(&self) -> usize {
        let mut count = 0;
        self.condition.each(&mut |test| {
            count += usize::from(matches!(&test.demand, Demand::Compares(_, operand) if operand.is_regex()));
        });
        count
    }

    fn holds(&self, document: &Value) -> bool {
        self.condition.holds(&|test| test.holds(document))
    }
}

/// What a selector selects in a message.
pub(super) fn value(name: &str, message: &str) -> Option<String> {
    let mut cursor = Cursor::new(name);
    let selector = Selector::parse(&mut cursor).ok().filter(|_| cursor.is_done())?;
    selector.select(&document(message)?).first().map(|value| shown(value))
}

/// A message that is a document; a line that cannot be one is not looked at further.
fn document(message: &str) -> Option<Value> {
    message.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(message).ok())?
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Test {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Invalid> {
        let selector = Selector::parse(cursor)?;
        let demand = if let Some(comparison) = Comparison::parse(cursor) {
            Demand::Compares(comparison, Operand::parse(cursor, comparison)?)
        } else if cursor.take_word("IS") {
            let constants = [("TRUE", Constant::True), ("FALSE", Constant::False), ("NULL", Constant::Null)];
            let known = constants.into_iter().find(|(word, _)| cursor.take_word(word));
            Demand::Is(known.ok_or(Invalid)?.1)
        } else if cursor.take_word("NOT") {
            if !cursor.take_word("EXISTS") {
                return Err(Invalid);
            }
            Demand::NotExists
        } else if cursor.take_word("EXISTS") {
            Demand::Exists
        } else {
            return Err(Invalid);
        };
        Ok(Self { selector, demand })
    }

    fn holds(&self, document: &Value) -> bool {
        let selected = self.selector.select(document);
        match &self.demand {
            Demand::NotExists => selected.is_empty(),
            Demand::Exists => !selected.is_empty(),
            demand => selected.into_iter().any(|value| demand.holds_of(value)),
        }
    }
}

impl Demand {
    fn holds_of(&self, value: &Value) -> bool {
        match (self, value) {
            (Demand::Compares(comparison, operand), Value::String(text)) => {
                operand.compares_text(*comparison, text)
            }
            (Demand::Compares(comparison, operand), Value::Number(number)) => {
                let written = number.to_string();
                number.as_f64().is_some_and(|n| operand.compares_number(*comparison, n, &written))
            }
            (Demand::Compares(comparison, operand), Value::Bool(flag)) => {
                operand.compares_text(*comparison, if *flag { "true" } else { "false" })
            }
            (Demand::Is(Constant::True), Value::Bool(flag)) => *flag,
            (Demand::Is(Constant::False), Value::Bool(flag)) => !flag,
            (Demand::Is(Constant::Null), Value::Null) => true,
            _ => false,
        }
    }
}

impl Selector {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, Invalid> {
        if !cursor.take("$") {
            return Err(Invalid);
        }
        let (mut text, mut steps) = ("$".to_owned(), Vec::new());
        loop {
            if cursor.take_here('.') {
                text.push('.');
                if !cursor.peeks('[') {
                    let name = cursor.while_chars(|c| c.is_alphanumeric() || "_-@:/*".contains(c));
                    if name.is_empty() {
                        return Err(Invalid);
                    }
                    text.push_str(name);
                    steps.push(Step::Member(name.to_owned()));
                    continue;
                }
            }
            if !cursor.take_here('[') {
                break;
            }
            let (step, written) = Step::in_brackets(cursor)?;
            text.push_str(&written);
            steps.push(step);
        }
        if steps.is_empty() { Err(Invalid) } else { Ok(Self { text, steps }) }
    }

    /// What it selects: one value, unless it asks for each element of an array.
    fn select<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        let mut selected = vec![document];
        for step in &self.steps {
            selected = selected.into_iter().flat_map(|value| step.select(value)).collect();
        }
        selected
    }
}

impl Step {
    /// A step whose `[` was read, and how it is written.
    fn in_brackets(cursor: &mut Cursor<'_>) -> Result<(Self, String), Invalid> {
        let (step, written) = if cursor.take("*") {
            (Step::EachElement, "[*]".to_owned())
        } else if cursor.take_here('\'') {
            let name = cursor.while_chars(|c| c != '\'');
            if !cursor.take_here('\'') {
                return Err(Invalid);
            }
            (Step::Member(name.to_owned()), format!("['{name}']"))
        } else {
            let digits = cursor.while_chars(|c| c.is_ascii_digit());
            (Step::Element(digits.parse().map_err(|_| Invalid)?), format!("[{digits}]"))
        };
        if cursor.take("]") { Ok((step, written)) } else { Err(Invalid) }
    }

    fn select<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Step::Member(name) => value.get(name.as_str()).into_iter().collect(),
            Step::Element(index) => value.get(*index).into_iter().collect(),
            Step::EachElement => value.as_array().map(|all| all.iter().collect()).unwrap_or_default(),
        }
    }
}
