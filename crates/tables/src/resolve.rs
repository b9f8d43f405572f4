//! Which table a request is about: by name or by ARN.

use std::borrow::Cow;
use std::sync::Arc;

use anabranch_api::dynamodb::Error;
use anabranch_api::{Context, Resource, Resources};
use anabranch_types::{Arn, Partition, Timestamp};

use crate::Tables;
use crate::directory::Table;
use crate::errors;
use crate::keys::Scope;
use crate::service::scope;
use crate::stored::{StoredIndex, StoredTable};

impl Tables {
    /// The table of this name or ARN, if it is the caller's; its name otherwise stands in the sentence.
    pub(crate) fn table(&self, cx: &Context, given: &str) -> Result<Arc<Table>, Error> {
        let name = table_name(cx, given)?;
        self.directory.get(&scope(cx), &name).ok_or_else(|| errors::no_such_table(&name))
    }

    /// The table of this name, whose items can be read and written.
    pub(crate) fn open_table(&self, scope: &Scope, name: &str) -> Result<Arc<Table>, Error> {
        let found = self.directory.get(scope, name);
        found
            .filter(|table| table.stored.is_open(self.clock.now()))
            .ok_or_else(errors::no_such_table_for_items)
    }

    /// The table whose whole ARN this is.
    pub(crate) fn table_of_arn(&self, cx: &Context, arn: &str) -> Result<Arc<Table>, Error> {
        let parsed = named_in(arn).filter(|(place, _)| *place == scope(cx));
        let (scope, name) = parsed.ok_or_else(|| errors::no_such_resource(arn))?;
        self.directory.get(&scope, name).ok_or_else(|| errors::no_such_resource(arn))
    }

    /// The index of this name that can be read.
    pub(crate) fn open_index<'a>(
        &self,
        table: &'a StoredTable,
        name: &str,
    ) -> Result<&'a StoredIndex, Error> {
        let index = table.index(name).ok_or_else(|| errors::no_such_index(name))?;
        match index.status(self.clock.now()) {
            "ACTIVE" => Ok(index),
            "CREATING" => Err(errors::index_backfilling()),
            _ => Err(errors::no_such_index(name)),
        }
    }
}

impl Table {
    /// Refuses a change of the table while it is in one of these states.
    pub fn refuse_while(&self, busy: &[&str], now: Timestamp) -> Result<(), Error> {
        let status = self.stored.status(now);
        if busy.contains(&status) { Err(errors::table_busy(&self.name, status)) } else { Ok(()) }
    }
}

/// The bare name of a table of the caller's account and region.
pub(crate) fn table_name<'a>(cx: &Context, given: &'a str) -> Result<Cow<'a, str>, Error> {
    if !given.starts_with("arn:") {
        check_name(given)?;
        return Ok(given.into());
    }
    match named_in(given) {
        Some((place, name)) if place == scope(cx) => Ok(name.into()),
        _ => Err(errors::no_such_table_for_items()),
    }
}

/// Names are letters, digits, underscores, hyphens and dots, three at the least (HowItWorks.NamingRulesDataTypes); the model takes ARNs, too.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let is_admitted = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !(3..=255).contains(&name.len()) {
        return Err(errors::table_name_length());
    }
    if name.bytes().all(is_admitted) { Ok(()) } else { Err(errors::table_name_pattern(name)) }
}

/// The scope and the name in a table's ARN, which has one spelling: what a policy forbids by it must not be had by another.
fn named_in(arn: &str) -> Option<(Scope, &str)> {
    let parsed: Arn = arn.parse().ok()?;
    if parsed.service != "dynamodb" {
        return None;
    }
    let scope = Scope { account: parsed.account?, region: parsed.region? };
    let name = arn.splitn(6, ':').nth(5)?.strip_prefix("table/")?;
    let is_own_spelling = arn == arn_of(scope.region.partition(), &scope, name);
    (is_own_spelling && !name.contains('/')).then_some((scope, name))
}

/// A table's ARN.
pub(crate) fn arn_of(partition: Partition, scope: &Scope, name: &str) -> String {
    let Scope { account, region } = scope;
    format!("arn:{partition}:dynamodb:{region}:{account}:table/{name}")
}

/// What an action on a table or one of its indexes is about.
pub(crate) fn about(cx: &Context, action: &'static str, table: &str, index: Option<&str>) -> Resources {
    let arn =
        if table.starts_with("arn:") { table.to_owned() } else { arn_of(cx.partition, &scope(cx), table) };
    let arn = match index {
        Some(index) => format!("{arn}/index/{index}"),
        None => arn,
    };
    vec![Resource { action, arn }]
}
