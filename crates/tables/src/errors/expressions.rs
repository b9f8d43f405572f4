//! Expressions, and what they find in an item.

use std::fmt::Display;

use anabranch_api::dynamodb::Error;

use super::validation;
use crate::path::Path;
use crate::value::Kind;

/// Which parameter an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Condition,
    Update,
    Filter,
    Projection,
    KeyCondition,
}

impl Place {
    /// The parameter's name.
    pub fn parameter(self) -> &'static str {
        match self {
            Place::Condition => "ConditionExpression",
            Place::Update => "UpdateExpression",
            Place::Filter => "FilterExpression",
            Place::Projection => "ProjectionExpression",
            Place::KeyCondition => "KeyConditionExpression",
        }
    }

    /// The expression cannot be taken for this reason.
    pub fn refuse(self, sentence: impl Display) -> Error {
        validation(format!("Invalid {}: {sentence}", self.parameter()))
    }

    pub fn empty(self) -> Error {
        self.refuse("The expression can not be empty;")
    }

    pub fn too_long(self) -> Error {
        self.refuse("Expression size has exceeded the maximum allowed size;")
    }

    pub fn syntax(self, token: &str, near: &str) -> Error {
        self.refuse(format_args!("Syntax error; token: \"{token}\", near: \"{near}\""))
    }

    pub fn too_deep(self) -> Error {
        self.refuse("The expression has too many levels of nesting;")
    }

    pub fn too_many_operators(self) -> Error {
        self.refuse("The expression contains too many operators;")
    }

    pub fn reserved(self, word: &str) -> Error {
        self.refuse(format_args!("Attribute name is a reserved keyword; reserved keyword: {word}"))
    }

    pub fn undefined_value(self, name: &str) -> Error {
        self.refuse(format_args!(
            "An expression attribute value used in expression is not defined; attribute value: {name}"
        ))
    }

    pub fn undefined_name(self, name: &str) -> Error {
        self.refuse(format_args!(
            "An expression attribute name used in the document path is not defined; attribute name: {name}"
        ))
    }

    pub fn redundant_parentheses(self) -> Error {
        self.refuse("The expression has redundant parentheses;")
    }

    pub fn unknown_function(self, name: &str) -> Error {
        self.refuse(format_args!("Invalid function name; function: {name}"))
    }

    pub fn function_not_here(self, name: &str) -> Error {
        self.refuse(format_args!(
            "The function is not allowed in {} expression; function: {name}",
            match self {
                Place::Condition => "a condition",
                Place::Update => "an update",
                Place::Filter => "a filter",
                Place::Projection => "a projection",
                Place::KeyCondition => "a key condition",
            }
        ))
    }

    /// A function that says yes or no where a value must stand, or the other way round.
    pub fn misused_function(self, name: &str) -> Error {
        self.refuse(format_args!(
            "The function is not allowed to be used this way in an expression; function: {name}"
        ))
    }

    pub fn operand_count(self, function: &str, count: usize) -> Error {
        self.refuse(format_args!(
            "Incorrect number of operands for operator or function; operator or function: {function}, number of operands: {count}"
        ))
    }

    pub fn operand_kind(self, operator: &str, kind: Kind) -> Error {
        self.refuse(format_args!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
            kind.code()
        ))
    }

    /// Of ADD and DELETE.
    pub fn action_operand_kind(self, action: &str, kind: Kind) -> Error {
        self.refuse(format_args!(
            "Incorrect operand type for operator or function; operator: {action}, operand type: {}",
            kind.word()
        ))
    }

    pub fn operand_needs_value(self, function: &str) -> Error {
        self.refuse(format_args!(
            "Operator or function requires an expression attribute value; operator or function: {function}"
        ))
    }

    pub fn bounds_differ(self) -> Error {
        self.refuse("The BETWEEN operator requires same data type for lower and upper bounds;")
    }

    pub fn operand_needs_path(self, function: &str) -> Error {
        self.refuse(format_args!(
            "Operator or function requires a document path; operator or function: {function}"
        ))
    }

    pub fn operand_distinct(self, operator: &str, operand: &Path) -> Error {
        self.refuse(format_args!(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {operand}"
        ))
    }

    pub fn unknown_type(self, given: &str) -> Error {
        self.refuse(format_args!(
            "Invalid attribute type name found; type: {given}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}"
        ))
    }

    pub fn bounds_reversed(self) -> Error {
        self.refuse("The BETWEEN operator requires upper bound to be greater than or equal to lower bound;")
    }

    pub fn overlap(self, one: &Path, two: &Path) -> Error {
        self.refuse(format_args!(
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        ))
    }

    pub fn conflict(self, one: &Path, two: &Path) -> Error {
        self.refuse(format_args!(
            "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        ))
    }
}

pub(crate) fn section_twice(section: &str) -> Error {
    Place::Update
        .refuse(format_args!("The \"{section}\" section can only be used once in an update expression;"))
}

pub(crate) fn unused_values(keys: &str) -> Error {
    validation(format!("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{keys}}}"))
}

pub(crate) fn unused_names(keys: &str) -> Error {
    validation(format!("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{keys}}}"))
}

pub(crate) fn placeholders_without_expression(what: &str, expressions: &str) -> Error {
    validation(format!("{what} can only be specified when using expressions: {expressions}"))
}

pub(crate) fn empty_placeholders(what: &str) -> Error {
    validation(format!("{what} must not be empty"))
}

pub(crate) fn invalid_placeholder(what: &str, key: &str) -> Error {
    validation(format!("{what} contains invalid key: Syntax error; key: \"{key}\""))
}

pub(crate) fn path_invalid_for_update() -> Error {
    validation("The document path provided in the update expression is invalid for update")
}

pub(crate) fn no_such_attribute() -> Error {
    validation("The provided expression refers to an attribute that does not exist in the item")
}

pub(crate) fn operand_data_type() -> Error {
    validation("An operand in the update expression has an incorrect data type")
}

/// Ours: a commit of the catalog holds a thousand writes.
pub(crate) fn commit_too_large() -> Error {
    validation("The request changes more items and index entries at once than Anabranch can commit together")
}
