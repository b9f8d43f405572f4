use std::collections::BTreeSet;

use anabranch_api::dynamodb::{BatchWriteItem, BatchWriteItemOutput, Error, WriteRequest};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};
use futures_util::future::try_join_all;

use crate::Tables;
use crate::attributes;
use crate::capacity::{Collections, Consumptions, collection};
use crate::errors;
use crate::items::{Action, Write};
use crate::limits::BATCH_WRITES_MAX;
use crate::resolve::{about, table_name};
use crate::service;

impl Serve<BatchWriteItem> for Tables {
    fn resources(&self, cx: &Context, request: &BatchWriteItem) -> Result<Resources, Error> {
        let tables = request.request_items.iter();
        Ok(tables.flat_map(|(table, _)| about(cx, BatchWriteItem::ACTION, table, None)).collect())
    }

    fn condition_keys(&self, cx: &Context, request: &BatchWriteItem) -> ConditionKeys {
        let tables = request.request_items.iter();
        let writes = tables.flat_map(|(table, given)| given.iter().map(move |write| (table, write)));
        let keys = writes.flat_map(|(table, write)| {
            let put = write.put_request.iter().map(|put| &put.item);
            let delete = write.delete_request.iter().map(|delete| &delete.key);
            put.chain(delete).map(move |key| (table, key))
        });
        self.leading_keys(cx, keys)
    }

    /// Each write happens on its own; what failed of those that could be made is an error of the whole.
    async fn serve(&self, cx: &Context, request: BatchWriteItem) -> Result<BatchWriteItemOutput, Error> {
        let scope = service::scope(cx);
        let mut consumed = Consumptions::default();
        let mut collections = Collections::default();
        let writes = self.writes(cx, &request)?.into_iter();
        // At once, so that they share a sync.
        let writing = writes.map(async |(given, write)| {
            let written = self.write(&scope, &write).await?;
            Ok::<_, Error>((given, write, written))
        });
        for (given, write, written) in try_join_all(writing).await? {
            consumed.of(&written.table.name).wrote(&written, 1.0);
            let metrics = collection(&written.table, write.key(), request.return_item_collection_metrics);
            collections.note(&given, metrics);
        }
        Ok(BatchWriteItemOutput {
            unprocessed_items: Some(Vec::new()),
            item_collection_metrics: collections.told(),
            consumed_capacity: consumed.told(request.return_consumed_capacity),
        })
    }
}

impl Tables {
    /// Every write, each with the table as the request names it; all are legal.
    fn writes(&self, cx: &Context, request: &BatchWriteItem) -> Result<Vec<(String, Write)>, Error> {
        let count: usize = request.request_items.iter().map(|(_, given)| given.len()).sum();
        if count > BATCH_WRITES_MAX {
            return Err(errors::batch_too_many_writes());
        }
        let scope = service::scope(cx);
        let mut seen = BTreeSet::new();
        let mut writes = Vec::with_capacity(count);
        for (given, requests) in &request.request_items {
            let table = self.open_table(&scope, &table_name(cx, given)?)?;
            for request in requests {
                let action = action(request)?;
                let write = Write { table: table.name.clone(), action, condition: None, tells_item: false };
                write.check(&table.stored)?;
                if !seen.insert(table.stored.item_key(&scope, write.key())?.0) {
                    return Err(errors::duplicate_keys());
                }
                writes.push((given.to_string(), write));
            }
        }
        Ok(writes)
    }
}

fn action(request: &WriteRequest) -> Result<Action, Error> {
    match (&request.put_request, &request.delete_request) {
        (Some(put), None) => Ok(Action::Put(attributes::read_all(&put.item)?)),
        (None, Some(delete)) => Ok(Action::Delete { key: attributes::read_all(&delete.key)? }),
        _ => Err(errors::write_request_of_one()),
    }
}
