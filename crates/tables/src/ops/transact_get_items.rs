use std::collections::BTreeSet;

use anabranch_api::dynamodb::{Error, GetItem, ItemResponse, TransactGetItems, TransactGetItemsOutput};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::attributes::{self, write_all};
use crate::capacity::{Consumptions, Reading};
use crate::errors;
use crate::limits::TRANSACTION_BYTES_MAX;
use crate::path::project;
use crate::projection::Projecting;
use crate::resolve::{about, table_name};
use crate::service;
use crate::value::size_of;

impl Serve<TransactGetItems> for Tables {
    /// Each read needs the permission of GetItem.
    fn resources(&self, cx: &Context, request: &TransactGetItems) -> Result<Resources, Error> {
        let gets = request.transact_items.iter();
        Ok(gets.flat_map(|item| about(cx, GetItem::ACTION, &item.get.table_name, None)).collect())
    }

    fn condition_keys(&self, cx: &Context, request: &TransactGetItems) -> ConditionKeys {
        let gets = request.transact_items.iter();
        self.leading_keys(cx, gets.map(|item| (&item.get.table_name, &item.get.key)))
    }

    /// All items as they were at one time: nobody writes any of them meanwhile.
    async fn serve(&self, cx: &Context, request: TransactGetItems) -> Result<TransactGetItemsOutput, Error> {
        let scope = service::scope(cx);
        let (mut plans, mut places) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for item in &request.transact_items {
            let get = &item.get;
            let projecting =
                Projecting { expression: get.projection_expression.as_deref(), attributes: None };
            let paths = projecting.read_alone(get.expression_attribute_names.as_deref())?;
            let key = attributes::read_all(&get.key)?;
            let table = self.open_table(&scope, &table_name(cx, &get.table_name)?)?;
            table.stored.check_key(&key)?;
            let place = table.stored.item_key(&scope, &key)?;
            if !seen.insert(place.0.clone()) {
                return Err(errors::transaction_same_item());
            }
            plans.push((table.name.clone(), paths));
            places.push(place);
        }
        let items = self.items_at_once(places).await?;
        if items.iter().flatten().map(size_of).sum::<usize>() > TRANSACTION_BYTES_MAX {
            return Err(errors::transaction_too_large());
        }
        let mut consumed = Consumptions::default();
        let mut responses = Vec::with_capacity(items.len());
        for (item, (table, paths)) in items.into_iter().zip(plans) {
            consumed.of(&table).read(None, Reading::Transaction.units(item.as_ref().map_or(0, size_of)));
            let shown = item.map(|item| match &paths {
                Some(paths) => write_all(&project(&item, paths)),
                None => write_all(&item),
            });
            responses.push(ItemResponse { item: shown });
        }
        Ok(TransactGetItemsOutput {
            consumed_capacity: consumed.told(request.return_consumed_capacity),
            responses: Some(responses),
        })
    }
}
