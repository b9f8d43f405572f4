//! What REST puts outside the document: labels of the path, the query string, headers. Bodies are JSON ([`crate::json`]).

mod pairs;
mod template;

pub use pairs::{QUERY_PARAMETERS_MAX, headers, query, write_query};
pub use template::{Labels, Template};
