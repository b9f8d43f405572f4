use std::sync::Arc;

use anabranch_api::dynamodb::{
    BillingMode, CreateGlobalSecondaryIndexAction, Error, GlobalSecondaryIndexUpdate, TableClass,
    TableStatus, UpdateTable, UpdateTableOutput,
};
use anabranch_api::{Context, Operation as _, Resources, Serve};
use anabranch_types::Timestamp;

use crate::Tables;
use crate::definition::{billing, check_definitions, check_indexes, definitions, global_index, throughput};
use crate::describe::description;
use crate::directory::Table;
use crate::errors;
use crate::resolve::about;
use crate::stored::{IndexPhase, Phase, StoredTable, Throughput};

impl Serve<UpdateTable> for Tables {
    fn resources(&self, cx: &Context, request: &UpdateTable) -> Result<Resources, Error> {
        Ok(about(cx, UpdateTable::ACTION, &request.table_name, None))
    }

    /// Without a transition delay an index that is added is filled, and one that is deleted emptied, with the answer.
    async fn serve(&self, cx: &Context, request: UpdateTable) -> Result<UpdateTableOutput, Error> {
        refuse_unsupported(&request)?;
        let now = self.clock.now();
        let (table, begins) = {
            let _changing = self.changing.lock().await;
            let table = self.table(cx, &request.table_name)?;
            self.update(&table, &request, now).await?
        };
        let mut shown = description(&table, now);
        if begins {
            shown.table_status = Some(TableStatus::Updating);
        }
        if self.transition_delay.is_zero() {
            self.settle(&table.scope, &table.name, now).await?;
        }
        Ok(UpdateTableOutput { table_description: Some(shown) })
    }
}

impl Tables {
    /// The table as it is then, and whether it is UPDATING for a while.
    async fn update(
        &self,
        table: &Table,
        request: &UpdateTable,
        now: Timestamp,
    ) -> Result<(Arc<Table>, bool), Error> {
        let status = table.stored.status(now);
        let mut stored = table.stored.clone();
        let mut begins = false;
        if let Some(is_protected) = request.deletion_protection_enabled {
            if status == "DELETING" {
                return Err(errors::table_busy(&table.name, status));
            }
            stored.is_protected = is_protected;
        }
        if let Some(class) = request.table_class {
            stored.infrequent_access = Some(class == TableClass::StandardInfrequentAccess);
            begins = true;
        }
        begins |= change_billing(&table.name, &mut stored, request, now)?;
        let settled_ms = self.transition_end(now);
        for update in request.global_secondary_index_updates.as_deref().unwrap_or_default() {
            change_index(&mut stored, update, request, settled_ms)?;
            begins = true;
        }
        if begins {
            if status != "ACTIVE" {
                return Err(errors::table_busy(&table.name, status));
            }
            stored.phase = Phase::Updating;
            stored.settled_ms = settled_ms;
        }
        Ok((self.change(table, stored).await?, begins))
    }
}

/// Whether it changed what is provisioned.
fn change_billing(
    name: &str,
    stored: &mut StoredTable,
    request: &UpdateTable,
    now: Timestamp,
) -> Result<bool, Error> {
    let given = request.provisioned_throughput.as_ref();
    let is_on_demand = stored.on_demand_since_ms.is_some();
    match request.billing_mode {
        Some(BillingMode::PayPerRequest) => {
            stored.throughput = billing(BillingMode::PayPerRequest, given)?;
            stored.indexes.iter_mut().for_each(|index| index.throughput = Throughput::default());
            stored.on_demand_since_ms = stored.on_demand_since_ms.or(Some(now.millis()));
            Ok(!is_on_demand)
        }
        Some(BillingMode::Provisioned) if is_on_demand => {
            stored.throughput = billing(BillingMode::Provisioned, given)?;
            stored.on_demand_since_ms = None;
            Ok(true)
        }
        _ => match given {
            None => Ok(false),
            Some(_) if is_on_demand => Err(errors::throughput_on_demand()),
            Some(given) => {
                let Throughput { read, write } = throughput(given);
                if stored.throughput == (Throughput { read, write }) {
                    return Err(errors::throughput_unchanged(name, read, write));
                }
                stored.throughput = Throughput { read, write };
                Ok(true)
            }
        },
    }
}

fn change_index(
    stored: &mut StoredTable,
    update: &GlobalSecondaryIndexUpdate,
    request: &UpdateTable,
    settled_ms: i64,
) -> Result<(), Error> {
    match (&update.create, &update.delete, &update.update) {
        (Some(create), None, None) => add_index(stored, create, request, settled_ms),
        (None, Some(delete), None) => {
            let is_busy = stored.indexes.iter().any(|index| index.phase != IndexPhase::Filled);
            let index = stored.indexes.iter_mut().find(|i| !i.is_local && i.name == *delete.index_name);
            let index = index.ok_or_else(|| errors::no_index_to_change(&delete.index_name))?;
            if is_busy {
                return Err(errors::one_index_at_a_time());
            }
            (index.phase, index.settled_ms) = (IndexPhase::Deleting, settled_ms);
            Ok(())
        }
        (None, None, Some(change)) => {
            let on_demand = stored.on_demand_since_ms.is_some();
            let index = stored.indexes.iter_mut().find(|i| !i.is_local && i.name == *change.index_name);
            let index = index.ok_or_else(|| errors::no_index_to_change(&change.index_name))?;
            match &change.provisioned_throughput {
                Some(_) if on_demand => Err(errors::index_throughput_on_demand(&change.index_name)),
                Some(given) => {
                    index.throughput = throughput(given);
                    Ok(())
                }
                None => Err(errors::not_supported("A throughput limit of an index")),
            }
        }
        _ => Err(errors::index_update_of_several()),
    }
}

fn add_index(
    stored: &mut StoredTable,
    create: &CreateGlobalSecondaryIndexAction,
    request: &UpdateTable,
    settled_ms: i64,
) -> Result<(), Error> {
    if stored.index(&create.index_name).is_some() {
        return Err(errors::index_exists(&create.index_name));
    }
    if stored.indexes.iter().any(|index| index.phase != IndexPhase::Filled) {
        return Err(errors::one_index_at_a_time());
    }
    if create.on_demand_throughput.is_some() || create.warm_throughput.is_some() {
        return Err(errors::not_supported("A throughput limit of an index"));
    }
    let mode = match stored.on_demand_since_ms {
        Some(_) => BillingMode::PayPerRequest,
        None => BillingMode::Provisioned,
    };
    let given = create.provisioned_throughput.as_ref();
    let mut index = global_index(&create.index_name, &create.key_schema, &create.projection, mode, given)?;
    (index.number, index.settled_ms) = (stored.next_index, settled_ms);
    stored.next_index += 1;
    // What is defined already stays as it is.
    for definition in definitions(request.attribute_definitions.as_deref().unwrap_or_default())? {
        if stored.kind_of(&definition.name).is_none() {
            stored.definitions.push(definition);
        }
    }
    stored.indexes.push(index);
    check_indexes(&stored.indexes)?;
    check_definitions(&stored.definitions, &stored.key, &stored.indexes)
}

/// What would be answered as if it were done; and a request that asks for nothing.
fn refuse_unsupported(request: &UpdateTable) -> Result<(), Error> {
    let unsupported = [
        (request.stream_specification.is_some(), "StreamSpecification"),
        (request.sse_specification.is_some(), "SSESpecification"),
        (request.replica_updates.is_some(), "ReplicaUpdates"),
        (request.multi_region_consistency.is_some(), "MultiRegionConsistency"),
        (request.global_table_witness_updates.is_some(), "GlobalTableWitnessUpdates"),
        (request.on_demand_throughput.is_some(), "OnDemandThroughput"),
        (request.warm_throughput.is_some(), "WarmThroughput"),
        (request.vector_index_updates.is_some(), "VectorIndexUpdates"),
    ];
    if let Some((_, what)) = unsupported.into_iter().find(|(is_asked, _)| *is_asked) {
        return Err(errors::not_supported(what));
    }
    let is_something = request.billing_mode.is_some()
        || request.provisioned_throughput.is_some()
        || request.global_secondary_index_updates.is_some()
        || request.table_class.is_some()
        || request.deletion_protection_enabled.is_some();
    if is_something { Ok(()) } else { Err(errors::nothing_to_update()) }
}
