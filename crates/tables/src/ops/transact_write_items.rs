use std::collections::BTreeSet;

use anabranch_api::dynamodb::{
    DeleteItem, Error, PutItem, TransactWriteItem, TransactWriteItems, TransactWriteItemsOutput, UpdateItem,
};
use anabranch_api::{ApiError, ConditionKeys, Context, Operation as _, Resources, Serve};
use anabranch_catalog::Value as _;
use aws_lc_rs::digest;

use crate::Tables;
use crate::attributes;
use crate::capacity::{Collections, Consumptions, collection};
use crate::errors::{self, Place, Reason};
use crate::expression;
use crate::items::{ATTEMPTS_MAX, Action, Failure, Refusal, Token, Write, Written};
use crate::keys::Scope;
use crate::limits::TRANSACTION_BYTES_MAX;
use crate::request::Conditional;
use crate::resolve::about;
use crate::service;
use crate::stored::StoredToken;
use crate::value::size_of;

/// A transaction's writes cost twice (transaction-apis).
const COST: f64 = 2.0;

impl Serve<TransactWriteItems> for Tables {
    /// Each action needs the permission of its own operation.
    fn resources(&self, cx: &Context, request: &TransactWriteItems) -> Result<Resources, Error> {
        let about_one = |item: &TransactWriteItem| {
            let put = item.put.iter().map(|put| (PutItem::ACTION, &put.table_name));
            let update = item.update.iter().map(|update| (UpdateItem::ACTION, &update.table_name));
            let delete = item.delete.iter().map(|delete| (DeleteItem::ACTION, &delete.table_name));
            let check = item.condition_check.iter().map(|check| (CHECK_ACTION, &check.table_name));
            let all = put.chain(update).chain(delete).chain(check);
            all.flat_map(|(action, table)| about(cx, action, table, None)).collect::<Vec<_>>()
        };
        Ok(request.transact_items.iter().flat_map(about_one).collect())
    }

    fn condition_keys(&self, cx: &Context, request: &TransactWriteItems) -> ConditionKeys {
        let keys = request.transact_items.iter().flat_map(|item| {
            let put = item.put.iter().map(|put| (&put.table_name, &put.item));
            let update = item.update.iter().map(|update| (&update.table_name, &update.key));
            let delete = item.delete.iter().map(|delete| (&delete.table_name, &delete.key));
            let check = item.condition_check.iter().map(|check| (&check.table_name, &check.key));
            put.chain(update).chain(delete).chain(check)
        });
        self.leading_keys(cx, keys)
    }

    async fn serve(
        &self,
        cx: &Context,
        request: TransactWriteItems,
    ) -> Result<TransactWriteItemsOutput, Error> {
        let scope = service::scope(cx);
        let writes =
            request.transact_items.iter().map(|item| read(cx, item)).collect::<Result<Vec<_>, Error>>()?;
        self.check_distinct(&scope, &writes)?;
        let written = match self.transact(&scope, &writes, &request).await {
            Ok(Some(written)) => written,
            Ok(None) => return Ok(TransactWriteItemsOutput::default()),
            Err(Failure::Refused(refusals)) => return Err(cancelled(&writes, refusals)),
            Err(failure) => return Err(failure.of_all()),
        };
        let mut consumed = Consumptions::default();
        let mut collections = Collections::default();
        for (write, written) in writes.iter().zip(&written) {
            consumed.of(&written.table.name).wrote(written, COST);
            let metrics = collection(&written.table, write.key(), request.return_item_collection_metrics);
            collections.note(&written.table.name, metrics);
        }
        Ok(TransactWriteItemsOutput {
            consumed_capacity: consumed.told(request.return_consumed_capacity),
            item_collection_metrics: collections.told(),
        })
    }
}

/// No operation of the model has it.
const CHECK_ACTION: &str = "dynamodb:ConditionCheckItem";

impl Tables {
    /// Refuses a transaction that writes an item twice, or too much.
    fn check_distinct(&self, scope: &Scope, writes: &[Write]) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        let mut bytes = 0;
        for write in writes {
            let table = self.open_table(scope, &write.table)?;
            bytes += size_of(write.key());
            // A key that is none is refused with the others' reasons.
            if let Ok(key) = table.stored.item_key(scope, write.key())
                && !seen.insert(key.0)
            {
                return Err(errors::transaction_same_item());
            }
        }
        if bytes > TRANSACTION_BYTES_MAX { Err(errors::transaction_too_large()) } else { Ok(()) }
    }

    /// Does the writes, unless they were done under the request's token before: none then.
    async fn transact(
        &self,
        scope: &Scope,
        writes: &[Write],
        request: &TransactWriteItems,
    ) -> Result<Option<Vec<Written>>, Failure> {
        let Some(text) = &request.client_request_token else {
            return self.write_all(scope, writes, None).await.map(Some);
        };
        // So that a request that is sent again while it is being done is not refused for what it did itself.
        let _held = self.token_locks.one(&scope.token(text)).await;
        for _ in 0..ATTEMPTS_MAX {
            let Some(token) = self.token(scope, text, request).await? else { return Ok(None) };
            match self.write_all(scope, writes, Some(&token)).await {
                Err(Failure::TokenChanged) => {}
                done => return done.map(Some),
            }
        }
        Err(Failure::TokenChanged)
    }

    /// The token under which the transaction is done; none if it was done under it already.
    async fn token(
        &self,
        scope: &Scope,
        text: &str,
        request: &TransactWriteItems,
    ) -> Result<Option<Token>, Error> {
        let key = scope.token(text);
        let now = self.clock.now();
        let stored = StoredToken { digest: digest_of(request), at_ms: now.millis() };
        let found = self.catalog.get(key.clone()).await.map_err(|error| errors::catalog(&error))?;
        let Some(entry) = found else { return Ok(Some(Token { key, stored, expired: None })) };
        let before = StoredToken::from_bytes(&entry.value).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a transaction's token cannot be read");
            errors::internal()
        })?;
        if !before.counts(now) {
            return Ok(Some(Token { key, stored, expired: Some(entry.version) }));
        }
        if before.digest == stored.digest { Ok(None) } else { Err(errors::token_reused()) }
    }
}

/// What was asked for, in few bytes.
fn digest_of(request: &TransactWriteItems) -> [u8; 32] {
    use anabranch_wire::{Encode as _, json};
    let mut encoder = json::Encoder::new(bytes::BytesMut::new());
    for item in &request.transact_items {
        item.encode(&mut encoder);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(digest::digest(&digest::SHA256, &encoder.finish()).as_ref());
    digest
}

fn cancelled(writes: &[Write], refusals: Vec<Option<Refusal>>) -> Error {
    let reasons: Vec<Reason> = refusals
        .into_iter()
        .zip(writes)
        .map(|(refusal, write)| match refusal {
            None => Reason::default(),
            Some(Refusal::Condition { item }) => Reason {
                code: Some("ConditionalCheckFailed"),
                message: Some(errors::CONDITION_FAILED.to_owned()),
                item: item.filter(|_| write.tells_item).map(|item| attributes::write_all(&item)),
            },
            Some(Refusal::Invalid(error)) => Reason {
                code: Some("ValidationError"),
                message: ApiError::from(error).message.map(|message| message.into_owned()),
                item: None,
            },
        })
        .collect();
    errors::cancelled(&reasons)
}

fn read(cx: &Context, item: &TransactWriteItem) -> Result<Write, Error> {
    match (&item.condition_check, &item.put, &item.delete, &item.update) {
        (Some(check), None, None, None) => {
            let key = attributes::read_all(&check.key)?;
            let conditional = Conditional {
                expression: Some(&check.condition_expression),
                names: check.expression_attribute_names.as_deref(),
                values: check.expression_attribute_values.as_deref(),
                on_failure: check.return_values_on_condition_check_failure,
                ..Conditional::default()
            };
            conditional.write(cx, &check.table_name, &[], |_| Ok(Action::Check { key }))
        }
        (None, Some(put), None, None) => {
            let item = attributes::read_all(&put.item)?;
            let conditional = Conditional {
                expression: put.condition_expression.as_deref(),
                names: put.expression_attribute_names.as_deref(),
                values: put.expression_attribute_values.as_deref(),
                on_failure: put.return_values_on_condition_check_failure,
                ..Conditional::default()
            };
            conditional.write(cx, &put.table_name, &[], |_| Ok(Action::Put(item)))
        }
        (None, None, Some(delete), None) => {
            let key = attributes::read_all(&delete.key)?;
            let conditional = Conditional {
                expression: delete.condition_expression.as_deref(),
                names: delete.expression_attribute_names.as_deref(),
                values: delete.expression_attribute_values.as_deref(),
                on_failure: delete.return_values_on_condition_check_failure,
                ..Conditional::default()
            };
            conditional.write(cx, &delete.table_name, &[], |_| Ok(Action::Delete { key }))
        }
        (None, None, None, Some(update)) => {
            let key = attributes::read_all(&update.key)?;
            let conditional = Conditional {
                expression: update.condition_expression.as_deref(),
                names: update.expression_attribute_names.as_deref(),
                values: update.expression_attribute_values.as_deref(),
                on_failure: update.return_values_on_condition_check_failure,
                ..Conditional::default()
            };
            conditional.write(cx, &update.table_name, &[(Place::Update, true)], |placeholders| {
                let update = expression::update(&update.update_expression, placeholders)?;
                Ok(Action::Update { key, update })
            })
        }
        _ => Err(errors::transaction_action_of_one()),
    }
}
