//! From a document's texts to patterns.

use super::super::arn::ArnPattern;
use super::super::condition::Condition;
use super::super::pattern::{Pattern, Wildcards};
use super::super::principal::{PrincipalPattern, Principals};
use super::super::statement::{Actions, Resources, Statement};
use super::super::variable::Variables;
use super::Document;
use super::syntax::{Chosen, Read, ReadStatement, VERSION};

pub(super) fn document(read: &Read) -> Document {
    let variables =
        if read.version.as_deref() == Some(VERSION) { Variables::Replaced } else { Variables::Literal };
    let of = |effect: &str| {
        let statements =
            read.statements.iter().enumerate().filter(|(_, statement)| statement.effect == effect);
        statements.map(|(index, read)| statement(index, read, variables)).collect()
    };
    Document { allows: of("Allow"), denies: of("Deny") }
}

fn statement(index: usize, read: &ReadStatement, variables: Variables) -> Statement {
    let conditions = read.conditions.iter().map(|c| Condition::new(c.operator, &c.key, &c.values, variables));
    Statement {
        index,
        sid: read.sid.as_deref().map(Box::from),
        principals: principals(read.principal.as_ref()),
        actions: actions(read.action.as_ref()),
        resources: resources(read.resource.as_ref(), variables),
        conditions: conditions.collect(),
    }
}

fn principals(principal: Option<&Chosen<Vec<(String, String)>>>) -> Principals {
    let Some(Chosen { not, listed }) = principal else { return Principals::NotGiven };
    let patterns = listed.iter().filter_map(|(kind, name)| PrincipalPattern::parse(kind, name)).collect();
    if *not { Principals::Except(patterns) } else { Principals::Named(patterns) }
}

/// Without an element, nothing: a checked document always has one.
fn actions(action: Option<&Chosen<Vec<String>>>) -> Actions {
    let Some(Chosen { not, listed }) = action else { return Actions::Named(Box::default()) };
    let patterns =
        listed.iter().map(|name| Pattern::new(&name.to_ascii_lowercase(), Wildcards::Matched)).collect();
    if *not { Actions::Except(patterns) } else { Actions::Named(patterns) }
}

fn resources(resource: Option<&Chosen<Vec<String>>>, variables: Variables) -> Resources {
    let Some(Chosen { not, listed }) = resource else { return Resources::NotGiven };
    let patterns = listed.iter().map(|name| ArnPattern::new(name, variables)).collect();
    if *not { Resources::Except(patterns) } else { Resources::Named(patterns) }
}
