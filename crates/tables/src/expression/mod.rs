//! Expressions: conditions, filters, projections, key conditions and updates (Expressions.OperatorsAndFunctions,
//! Expressions.UpdateExpressions).
//!
//! A recursive-descent parser over the words of `token`; names and values stand for themselves through [`Placeholders`], which knows at the end
//! which of them no expression used.

mod condition;
mod parser;
mod path;
mod placeholders;
mod reserved;
mod token;
mod update;

pub(crate) use condition::condition;
pub(crate) use path::projection;
pub(crate) use placeholders::Placeholders;
pub(crate) use update::update;

#[cfg(test)]
mod tests;
