//! What goes after its time: expired items, and the tokens of old transactions.

use std::time::Duration;

use anabranch_api::dynamodb::Error;
use anabranch_catalog::{CatalogError, Commit, Entry, Expect, Value as _};
use anabranch_types::Timestamp;

use crate::Tables;
use crate::condition::{Comparison, Condition, Operand};
use crate::directory::Table;
use crate::errors;
use crate::items::{Action, Write, read_stored};
use crate::keys::Scope;
use crate::path::Path;
use crate::pieces::Pieces;
use crate::stored::StoredToken;
use crate::value::Value;

/// How often they are looked for. Of items AWS promises "within a few days".
const SWEEP: Duration = Duration::from_secs(600);

impl Tables {
    /// Deletes what has expired: items and the tokens of transactions.
    pub(crate) async fn sweep(&self, now: Timestamp) {
        for table in self.directory.all() {
            let expires = table.stored.time_to_live.as_ref().filter(|ttl| ttl.is_enabled);
            let Some(expires) = expires.filter(|_| table.stored.is_open(now)) else { continue };
            if let Err(error) = self.sweep_table(&table, &expires.attribute, now).await {
                tracing::warn!(table = %table.name, %error, "expired items could not be deleted; they will be tried again");
            }
        }
        for scope in self.directory.scopes() {
            if let Err(error) = self.sweep_tokens(&scope, now).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "the tokens of old transactions could not be deleted; they will be tried again"
                );
            }
        }
        self.agenda.sweep_at(now.max(self.clock.now()) + SWEEP);
    }

    /// Each item on the condition that it still is expired.
    async fn sweep_table(&self, table: &Table, attribute: &str, now: Timestamp) -> Result<(), Error> {
        let is_expired = Condition::Compare(
            Operand::Path(Path::attribute(attribute)),
            Comparison::LessOrEqual,
            Operand::Value(Value::N(u64::try_from(now.seconds()).unwrap_or_default().into())),
        );
        let mut pieces = Pieces::of(table.scope.index(&table.stored.id, 0).all());
        while let Some(entries) =
            pieces.next(&*self.catalog).await.map_err(|error| errors::catalog(&error))?
        {
            for entry in entries {
                let item = read_stored(&entry.value)?;
                if !is_expired.holds(&item) {
                    continue;
                }
                let action = Action::Delete { key: table.stored.key_of(&item) };
                let condition = Some(is_expired.clone());
                let write = Write { table: table.name.clone(), action, condition, tells_item: false };
                match self.write(&table.scope, &write).await {
                    Ok(_) | Err(Error::ConditionalCheckFailedException(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    async fn sweep_tokens(&self, scope: &Scope, now: Timestamp) -> Result<(), CatalogError> {
        let is_old =
            |entry: &&Entry| StoredToken::from_bytes(&entry.value).is_ok_and(|token| !token.counts(now));
        let mut pieces = Pieces::of(scope.tokens());
        while let Some(entries) = pieces.next(&*self.catalog).await? {
            let old: Vec<&Entry> = entries.iter().filter(is_old).collect();
            if old.is_empty() {
                continue;
            }
            let commit = Commit {
                expect: old.iter().map(|e| Expect::Version(e.key.clone(), e.version)).collect(),
                put: Vec::new(),
                delete: old.iter().map(|e| e.key.clone()).collect(),
            };
            match self.catalog.commit(commit).await {
                Ok(_) | Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
