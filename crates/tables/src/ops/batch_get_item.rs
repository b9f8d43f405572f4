use std::collections::BTreeSet;

use anabranch_api::dynamodb::{BatchGetItem, BatchGetItemOutput, Error, KeysAndAttributes};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::attributes::{self, write_all};
use crate::capacity::{Consumptions, Reading};
use crate::errors;
use crate::keys::ItemKey;
use crate::limits::{BATCH_BYTES_MAX, BATCH_KEYS_MAX};
use crate::path::{Path, project};
use crate::projection::Projecting;
use crate::reading::Shown;
use crate::resolve::{about, table_name};
use crate::service;
use crate::value::size_of;

impl Serve<BatchGetItem> for Tables {
    fn resources(&self, cx: &Context, request: &BatchGetItem) -> Result<Resources, Error> {
        let tables = request.request_items.iter();
        Ok(tables.flat_map(|(table, _)| about(cx, BatchGetItem::ACTION, table, None)).collect())
    }

    fn condition_keys(&self, cx: &Context, request: &BatchGetItem) -> ConditionKeys {
        let tables = request.request_items.iter();
        self.leading_keys(
            cx,
            tables.flat_map(|(table, given)| given.keys.iter().map(move |key| (table, key))),
        )
    }

    /// What is beyond 16 MB is left unprocessed, in the order of the request.
    async fn serve(&self, cx: &Context, request: BatchGetItem) -> Result<BatchGetItemOutput, Error> {
        let plans = self.plans(cx, &request)?;
        let mut consumed = Consumptions::default();
        let mut unprocessed = Vec::new();
        let mut responses = Vec::new();
        let mut bytes = 0;
        let bytes_max = cx.room.map_or(BATCH_BYTES_MAX, |room| (room / 4).clamp(1, BATCH_BYTES_MAX));
        for ((table, given), plan) in request.request_items.iter().zip(plans) {
            let mut shown: Vec<Shown> = Vec::new();
            let mut left = Vec::new();
            for (key, place) in given.keys.iter().zip(plan.places) {
                if bytes >= bytes_max {
                    left.push(key.clone());
                    continue;
                }
                let item = self.item(place).await?;
                let size = item.as_ref().map_or(0, size_of);
                consumed.of(&plan.name).read(None, Reading::of(given.consistent_read).units(size));
                bytes += size;
                shown.extend(item.map(|item| match &plan.paths {
                    Some(paths) => write_all(&project(&item, paths)),
                    None => write_all(&item),
                }));
            }
            if !left.is_empty() {
                unprocessed.push((table.clone(), KeysAndAttributes { keys: left, ..given.clone() }));
            }
            responses.push((table.clone(), shown));
        }
        Ok(BatchGetItemOutput {
            responses: Some(responses),
            unprocessed_keys: Some(unprocessed),
            consumed_capacity: consumed.told(request.return_consumed_capacity),
        })
    }
}

/// What is read of one table.
struct Plan {
    name: String,
    places: Vec<ItemKey>,
    paths: Option<Vec<Path>>,
}

impl Tables {
    fn plans(&self, cx: &Context, request: &BatchGetItem) -> Result<Vec<Plan>, Error> {
        let count: usize = request.request_items.iter().map(|(_, given)| given.keys.len()).sum();
        if count > BATCH_KEYS_MAX {
            return Err(errors::batch_too_many_keys());
        }
        let scope = service::scope(cx);
        let mut seen = BTreeSet::new();
        let mut plans = Vec::with_capacity(request.request_items.len());
        for (table, given) in &request.request_items {
            let projecting = Projecting {
                expression: given.projection_expression.as_deref(),
                attributes: given.attributes_to_get.as_deref(),
            };
            let paths = projecting.read_alone(given.expression_attribute_names.as_deref())?;
            let table = self.open_table(&scope, &table_name(cx, table)?)?;
            let mut places = Vec::with_capacity(given.keys.len());
            for key in &given.keys {
                let key = attributes::read_all(key)?;
                table.stored.check_key(&key)?;
                let place = table.stored.item_key(&scope, &key)?;
                if !seen.insert(place.0.clone()) {
                    return Err(errors::duplicate_keys());
                }
                places.push(place);
            }
            plans.push(Plan { name: table.name.clone(), places, paths });
        }
        Ok(plans)
    }
}
