//! The rule of a composite alarm: states of other alarms under AND, OR, NOT and AT_LEAST (CW API PutCompositeAlarm, AlarmRule).

mod parser;

use anabranch_api::cloudwatch::StateValue;
#[cfg(test)]
pub(crate) use parser::Invalid;
pub(crate) use parser::parse;

/// What a rule says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule {
    /// TRUE or FALSE.
    Constant(bool),
    /// The alarm of this name or ARN is in this state.
    Is(StateValue, String),
    Not(Box<Rule>),
    /// Each of them holds.
    All(Vec<Rule>),
    /// One of them does.
    Any(Vec<Rule>),
    /// As many of these alarms are in this state.
    AtLeast(usize, StateValue, Vec<String>),
}

impl Rule {
    /// Whether it holds, given the states of alarms.
    pub fn holds(&self, state_of: &impl Fn(&str) -> Option<StateValue>) -> bool {
        match self {
            Rule::Constant(value) => *value,
            Rule::Is(state, alarm) => state_of(alarm) == Some(*state),
            Rule::Not(rule) => !rule.holds(state_of),
            Rule::All(rules) => rules.iter().all(|rule| rule.holds(state_of)),
            Rule::Any(rules) => rules.iter().any(|rule| rule.holds(state_of)),
            Rule::AtLeast(least, state, alarms) => {
                alarms.iter().filter(|alarm| state_of(alarm) == Some(*state)).count() >= *least
            }
        }
    }

    /// The alarms it names, each as often as it does.
    pub fn alarms(&self) -> Vec<&str> {
        match self {
            Rule::Constant(_) => Vec::new(),
            Rule::Is(_, alarm) => vec![alarm],
            Rule::Not(rule) => rule.alarms(),
            Rule::All(rules) | Rule::Any(rules) => rules.iter().flat_map(Rule::alarms).collect(),
            Rule::AtLeast(_, _, alarms) => alarms.iter().map(String::as_str).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
