//! A service's error enum.

use std::fmt::Write;

use crate::model::Shape;
use crate::resolve::Resolved;

pub fn emit(r: &Resolved<'_>, out: &mut String) {
    let shapes: Vec<(&String, &Shape)> = r.model.shapes.iter().filter(|(_, s)| s.exception).collect();
    let mut variants = String::new();
    let mut into = String::new();
    let mut from = String::new();
    for (name, shape) in shapes {
        let variant = crate::naming::type_name(name);
        let fault = if shape.fault || status(shape) >= 500 { "Server" } else { "Client" };
        let query = query_code(name, shape).map_or_else(|| "None".to_owned(), |c| format!("Some({c:?})"));
        let _ = writeln!(variants, "{variant}(Cow<'static, str>),");
        let _ = writeln!(
            into,
            "Error::{variant}(message) => ApiError::modeled({name:?}, {query}, {}, Fault::{fault}, message),",
            status(shape)
        );
        let also = query_code(name, shape).filter(|c| is_unambiguous(r, c));
        let also = also.map_or_else(String::new, |c| format!(" | {c:?}"));
        let _ = writeln!(from, "{name:?}{also} => Error::{variant}(error.message.unwrap_or_default()),");
    }
    let _ = writeln!(
        out,
        "#[derive(Clone, Debug, PartialEq)]\npub enum Error {{\n{variants}\n/// One the service's model does not name.\nOther(ApiError),\n}}\n\n\
         impl From<Error> for ApiError {{\nfn from(error: Error) -> ApiError {{\nmatch error {{\n{into}Error::Other(error) => error,\n}}\n}}\n}}\n\n\
         impl From<ApiError> for Error {{\nfn from(error: ApiError) -> Error {{\nmatch &*error.code {{\n{from}_ => Error::Other(error),\n}}\n}}\n}}\n\n\
         impl fmt::Display for Error {{\nfn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{\nApiError::from(self.clone()).fmt(f)\n}}\n}}\n\n\
         impl std::error::Error for Error {{}}\n"
    );
}

/// Whether the code stands for one error alone.
fn is_unambiguous(r: &Resolved<'_>, code: &str) -> bool {
    let users =
        r.model.shapes.iter().filter(|(name, shape)| *name == code || query_code(name, shape) == Some(code));
    users.count() == 1
}

fn query_code<'a>(name: &str, shape: &'a Shape) -> Option<&'a str> {
    shape.error.as_ref().and_then(|e| e.code.as_deref()).filter(|c| *c != name)
}

fn status(shape: &Shape) -> u16 {
    let stated = shape.error.as_ref().and_then(|e| e.http_status_code);
    stated.unwrap_or(if shape.fault { 500 } else { 400 })
}
