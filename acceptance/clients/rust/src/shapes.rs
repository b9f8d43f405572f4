//! Between the SDK's types and the documents of the driver. What is special to one type is written by `build.rs`.

use std::collections::HashMap;

use aws_sdk_kinesis::error::BuildError;
use aws_sdk_kinesis::primitives::{Blob, DateTime};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// Why a call has no answer of the service.
#[derive(Debug)]
pub enum Trouble {
    /// The service refused: status, code, message.
    Refused(u16, Option<String>, Option<String>),
    /// The SDK is too old.
    Unsupported(String),
    /// The SDK refuses to make the request.
    Unsendable(String),
    /// Anything else.
    Broken(String),
}

impl From<BuildError> for Trouble {
    fn from(error: BuildError) -> Self {
        Self::Unsendable(error.to_string())
    }
}

/// A type that a document of the table can become.
pub trait Sent: Sized {
    fn sent(value: &Value) -> Result<Self, Trouble>;
}

/// What a builder makes: the structure, or a refusal to make one without its required members.
pub trait Built {
    type Of;
    fn built(self) -> Result<Self::Of, Trouble>;
}

impl<T> Built for Result<T, BuildError> {
    type Of = T;
    fn built(self) -> Result<T, Trouble> {
        Ok(self?)
    }
}

/// A type of an answer. None is an absent member.
pub trait Came {
    fn came(&self) -> Option<Value>;
}

/// Refuses members that this SDK does not know.
pub fn known(params: &Value, shape: &str, names: &[&str]) -> Result<(), Trouble> {
    match params.as_object().into_iter().flatten().find(|(name, _)| !names.contains(&name.as_str())) {
        Some((name, _)) => Err(Trouble::Unsupported(format!("{shape} has no {name}"))),
        None => Ok(()),
    }
}

pub fn member<T: Sent>(params: &Value, name: &str) -> Result<Option<T>, Trouble> {
    params.get(name).filter(|value| !value.is_null()).map(T::sent).transpose()
}

pub fn document<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<Map<_, _>>()
        .into()
}

fn wrong(value: &Value) -> Trouble {
    Trouble::Broken(format!("no way to send {value}"))
}

impl Sent for String {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_str().map(str::to_owned).ok_or_else(|| wrong(value))
    }
}

impl Sent for bool {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_bool().ok_or_else(|| wrong(value))
    }
}

impl Sent for i32 {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_i64().and_then(|whole| whole.try_into().ok()).ok_or_else(|| wrong(value))
    }
}

impl Sent for i64 {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_i64().ok_or_else(|| wrong(value))
    }
}

impl Sent for f64 {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_f64().ok_or_else(|| wrong(value))
    }
}

impl Sent for Blob {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        let content = value["$blob"].as_str().and_then(|text| STANDARD.decode(text).ok());
        content.map(Blob::new).ok_or_else(|| wrong(value))
    }
}

impl Sent for DateTime {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value["$time"].as_i64().map(DateTime::from_millis).ok_or_else(|| wrong(value))
    }
}

impl<T: Sent> Sent for Vec<T> {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        value.as_array().ok_or_else(|| wrong(value))?.iter().map(T::sent).collect()
    }
}

impl<T: Sent> Sent for HashMap<String, T> {
    fn sent(value: &Value) -> Result<Self, Trouble> {
        let entries = value.as_object().ok_or_else(|| wrong(value))?;
        entries.iter().map(|(key, value)| Ok((key.clone(), T::sent(value)?))).collect()
    }
}

impl<T: Came> Came for Option<T> {
    fn came(&self) -> Option<Value> {
        self.as_ref()?.came()
    }
}

impl Came for String {
    fn came(&self) -> Option<Value> {
        Some(self.as_str().into())
    }
}

impl Came for bool {
    fn came(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Came for i32 {
    fn came(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Came for i64 {
    fn came(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Came for f64 {
    fn came(&self) -> Option<Value> {
        Some((*self).into())
    }
}

impl Came for Blob {
    fn came(&self) -> Option<Value> {
        Some(json!({ "$blob": STANDARD.encode(self) }))
    }
}

impl Came for DateTime {
    fn came(&self) -> Option<Value> {
        self.to_millis().ok().map(|milliseconds| json!({ "$time": milliseconds }))
    }
}

impl<T: Came> Came for Vec<T> {
    fn came(&self) -> Option<Value> {
        Some(self.iter().map(|element| element.came().unwrap_or_default()).collect::<Vec<_>>().into())
    }
}

impl<T: Came> Came for HashMap<String, T> {
    fn came(&self) -> Option<Value> {
        Some(
            self.iter()
                .filter_map(|(key, value)| Some((key.clone(), value.came()?)))
                .collect::<Map<_, _>>()
                .into(),
        )
    }
}
