use anabranch_api::dynamodb::{BillingMode, CreateTable, CreateTableOutput, Error, TableClass, TableStatus};
use anabranch_api::{Context, Operation as _, Resource, Resources, Serve};

use super::tag_resource::add_tags;
use crate::Tables;
use crate::definition::{
    billing, check_definitions, check_indexes, definitions, global_index, key_schema, local_index,
};
use crate::describe::description;
use crate::errors;
use crate::limits::TABLES_MAX;
use crate::resolve::{about, check_name};
use crate::service;
use crate::stored::{IndexPhase, Phase, StoredIndex, StoredTable};

impl Serve<CreateTable> for Tables {
    fn resources(&self, cx: &Context, request: &CreateTable) -> Result<Resources, Error> {
        let mut resources = about(cx, CreateTable::ACTION, &request.table_name, None);
        let tagged = resources.first().filter(|_| request.tags.is_some()).map(|table| table.arn.clone());
        resources.extend(tagged.map(|arn| Resource { action: "dynamodb:TagResource", arn }));
        Ok(resources)
    }

    /// The table is there with the answer, which says CREATING as AWS's does; it is ACTIVE after the transition delay.
    async fn serve(&self, cx: &Context, request: CreateTable) -> Result<CreateTableOutput, Error> {
        let name = &*request.table_name;
        check_name(name)?;
        let stored = self.read(&request)?;
        let scope = service::scope(cx);
        let _changing = self.changing.lock().await;
        if self.directory.get(&scope, name).is_some() {
            return Err(errors::table_exists(name));
        }
        if self.directory.count(&scope) >= TABLES_MAX {
            return Err(errors::too_many_tables(TABLES_MAX));
        }
        let table = self.create(&scope, name, stored).await?;
        let mut shown = description(&table, self.clock.now());
        shown.table_status = Some(TableStatus::Creating);
        Ok(CreateTableOutput { table_description: Some(shown) })
    }
}

impl Tables {
    fn read(&self, request: &CreateTable) -> Result<StoredTable, Error> {
        refuse_unsupported(request)?;
        let key = key_schema(request.key_schema.as_deref().ok_or_else(errors::no_key_schema)?)?;
        let definitions = definitions(request.attribute_definitions.as_deref().unwrap_or_default())?;
        let mode = request.billing_mode.unwrap_or(BillingMode::Provisioned);
        let throughput = billing(mode, request.provisioned_throughput.as_ref())?;
        let now = self.clock.now();
        let settled_ms = self.transition_end(now);
        let mut indexes: Vec<StoredIndex> = Vec::new();
        for given in request.local_secondary_indexes.as_deref().unwrap_or_default() {
            indexes.push(local_index(given, &key)?);
        }
        for given in request.global_secondary_indexes.as_deref().unwrap_or_default() {
            let throughput = given.provisioned_throughput.as_ref();
            refuse_unsupported_index(
                given.on_demand_throughput.is_some() || given.warm_throughput.is_some(),
            )?;
            indexes.push(global_index(
                &given.index_name,
                &given.key_schema,
                &given.projection,
                mode,
                throughput,
            )?);
        }
        for (number, index) in (1..).zip(&mut indexes) {
            (index.number, index.phase, index.settled_ms) = (number, IndexPhase::Filled, settled_ms);
        }
        check_indexes(&indexes)?;
        check_definitions(&definitions, &key, &indexes)?;
        let mut tags = service::Tags::new();
        add_tags(&mut tags, request.tags.as_deref().unwrap_or_default())?;
        let class = request.table_class.map(|class| class == TableClass::StandardInfrequentAccess);
        Ok(StoredTable {
            id: self.rng.u128().to_be_bytes(),
            created_ms: now.millis(),
            definitions,
            key,
            next_index: u32::try_from(indexes.len()).unwrap_or_default() + 1,
            indexes,
            throughput,
            on_demand_since_ms: (mode == BillingMode::PayPerRequest).then_some(now.millis()),
            is_protected: request.deletion_protection_enabled == Some(true),
            tags,
            phase: Phase::Creating,
            settled_ms,
            time_to_live: None,
            recovery: None,
            infrequent_access: class,
        })
    }
}

fn refuse_unsupported_index(is_limited: bool) -> Result<(), Error> {
    if is_limited { Err(errors::not_supported("A throughput limit of an index")) } else { Ok(()) }
}

/// What would be answered as if it were done.
fn refuse_unsupported(request: &CreateTable) -> Result<(), Error> {
    let asked = [
        (request.stream_specification.as_ref().is_some_and(|s| s.stream_enabled), "StreamSpecification"),
        (request.sse_specification.as_ref().is_some_and(|s| s.enabled == Some(true)), "SSESpecification"),
        (request.vector_indexes.is_some(), "VectorIndexes"),
        (request.resource_policy.is_some(), "ResourcePolicy"),
        (request.global_table_source_arn.is_some(), "GlobalTableSourceArn"),
        (request.warm_throughput.is_some(), "WarmThroughput"),
        (request.on_demand_throughput.is_some(), "OnDemandThroughput"),
    ];
    match asked.into_iter().find(|(is_asked, _)| *is_asked) {
        Some((_, what)) => Err(errors::not_supported(what)),
        None => Ok(()),
    }
}
