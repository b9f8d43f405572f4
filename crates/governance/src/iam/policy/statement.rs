//! One statement against one request.

use super::arn::ArnPattern;
use super::condition::Condition;
use super::context::Key;
use super::pattern::Pattern;
use super::principal::{Naming, Principals};
use super::request::Asked;

/// A statement, its patterns read.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Its place in the document, from 0.
    pub(super) index: usize,
    pub(super) sid: Option<Box<str>>,
    pub(super) principals: Principals,
    pub(super) actions: Actions,
    pub(super) resources: Resources,
    pub(super) conditions: Box<[Condition]>,
}

/// Patterns in lower case.
#[derive(Clone, Debug)]
pub(super) enum Actions {
    Named(Box<[Pattern]>),
    Except(Box<[Pattern]>),
}

#[derive(Clone, Debug)]
pub(super) enum Resources {
    /// A trust policy's statement: the role it hangs on.
    NotGiven,
    Named(Box<[ArnPattern]>),
    Except(Box<[ArnPattern]>),
}

impl Statement {
    /// How the statement names the caller if it applies to the request. Conditions are looked at last, so that a request pays for no
    /// key of a statement that is not about it.
    pub(super) fn applies(&self, asked: &Asked<'_>, bounded: bool) -> Option<Naming> {
        if !self.actions.hold(asked) || !self.resources.hold(asked) {
            return None;
        }
        let naming = self.principals.naming(&asked.request.caller, bounded)?;
        self.conditions.iter().all(|condition| condition.holds(asked)).then_some(naming)
    }

    /// The context keys its conditions and variables ask for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        let resources: &[ArnPattern] = match &self.resources {
            Resources::NotGiven => &[],
            Resources::Named(arns) | Resources::Except(arns) => arns,
        };
        self.conditions.iter().flat_map(Condition::keys).chain(resources.iter().flat_map(ArnPattern::keys))
    }
}

impl Actions {
    fn hold(&self, asked: &Asked<'_>) -> bool {
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(asked.action));
        match self {
            Self::Named(patterns) => matches(patterns),
            Self::Except(patterns) => !matches(patterns),
        }
    }
}

impl Resources {
    fn hold(&self, asked: &Asked<'_>) -> bool {
        let matches = |arns: &[ArnPattern]| arns.iter().any(|arn| arn.matches(&asked.resource, asked));
        match self {
            Self::NotGiven => true,
            Self::Named(arns) => matches(arns),
            Self::Except(arns) => !matches(arns),
        }
    }
}
