use anabranch_api::dynamodb::{Error, Query, QueryOutput};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::attributes;
use crate::capacity::Reading;
use crate::condition::Condition;
use crate::errors::{self, Place};
use crate::expression::Placeholders;
use crate::key_condition::KeyCondition;
use crate::leading_keys;
use crate::legacy;
use crate::page::Direction;
use crate::path::Path;
use crate::projection::Projecting;
use crate::reading::{Query as Reads, Source};
use crate::request::{check_forms, condition};
use crate::resolve::about;
use crate::value::Attributes;

impl Serve<Query> for Tables {
    fn resources(&self, cx: &Context, request: &Query) -> Result<Resources, Error> {
        Ok(about(cx, Query::ACTION, &request.table_name, request.index_name.as_deref()))
    }

    fn condition_keys(&self, cx: &Context, request: &Query) -> ConditionKeys {
        let keyed = read(request).and_then(|read| {
            let (table, index) = (&request.table_name, request.index_name.as_deref());
            self.source(cx, table, index, request.consistent_read).and_then(|source| read.keys.of(&source))
        });
        leading_keys::condition_keys(
            keyed.ok().and_then(|keyed| leading_keys::shown(&keyed.hash)).into_iter().collect(),
        )
    }

    async fn serve(&self, cx: &Context, request: Query) -> Result<QueryOutput, Error> {
        let read = read(&request)?;
        let source =
            self.source(cx, &request.table_name, request.index_name.as_deref(), request.consistent_read)?;
        let keyed = read.keys.of(&source)?;
        check_filter(&source, &request, read.filter.as_ref())?;
        let direction =
            if request.scan_index_forward == Some(false) { Direction::Backward } else { Direction::Forward };
        let mut walk = keyed.walk(&source.keys(), direction);
        if let Some(start) = &read.start {
            let place = source.place(start)?;
            if start.get(source.key().hash.as_str()) != Some(&keyed.hash) {
                return Err(errors::start_key_outside());
            }
            walk.resume(place.0);
        }
        let view = source.view(request.select, projecting(&request), read.paths)?;
        let reading = Reading::of(request.consistent_read);
        let (limit, consumed) = (request.limit, request.return_consumed_capacity);
        let reads = Reads { walk, filter: read.filter, view, limit, reading, consumed };
        let answer = self.read_page(cx, &source, reads).await?;
        Ok(QueryOutput {
            items: answer.items,
            count: Some(answer.count),
            scanned_count: Some(answer.scanned_count),
            last_evaluated_key: answer.last_evaluated_key,
            consumed_capacity: answer.consumed_capacity,
        })
    }
}

enum Keys {
    Expression(Condition),
    Legacy(legacy::Conditions),
}

impl Keys {
    fn of(self, source: &Source) -> Result<KeyCondition, Error> {
        let (key, table) = (source.key(), &source.table.stored);
        match self {
            Keys::Expression(condition) => KeyCondition::of_expression(condition, key, table),
            Keys::Legacy(conditions) => KeyCondition::of_legacy(conditions, key, table),
        }
    }
}

/// What a request says, before it is known of what.
struct Read {
    keys: Keys,
    filter: Option<Condition>,
    paths: Option<Vec<Path>>,
    start: Option<Attributes>,
}

fn projecting(request: &Query) -> Projecting<'_> {
    Projecting {
        expression: request.projection_expression.as_deref(),
        attributes: request.attributes_to_get.as_deref(),
    }
}

fn read(request: &Query) -> Result<Read, Error> {
    check_forms(
        &[
            ("KeyConditionExpression", request.key_condition_expression.is_some()),
            ("FilterExpression", request.filter_expression.is_some()),
            ("ProjectionExpression", request.projection_expression.is_some()),
        ],
        &[
            ("KeyConditions", request.key_conditions.is_some()),
            ("QueryFilter", request.query_filter.is_some()),
            ("AttributesToGet", request.attributes_to_get.is_some()),
            ("ConditionalOperator", request.conditional_operator.is_some()),
        ],
    )?;
    let placeholders = Placeholders::new(
        request.expression_attribute_names.as_deref(),
        request.expression_attribute_values.as_deref(),
        &[
            (Place::Filter, request.filter_expression.is_some()),
            (Place::Projection, request.projection_expression.is_some()),
            (Place::KeyCondition, request.key_condition_expression.is_some()),
        ],
    )?;
    let keyed = condition(Place::KeyCondition, request.key_condition_expression.as_deref(), &placeholders)?;
    let keys = match (keyed, &request.key_conditions) {
        (Some(condition), _) => Keys::Expression(condition),
        (None, Some(given)) => Keys::Legacy(legacy::conditions(given)?),
        (None, None) => return Err(errors::no_key_condition()),
    };
    let filter = match request.filter_expression.as_deref() {
        Some(source) => condition(Place::Filter, Some(source), &placeholders)?,
        None => legacy::filter(request.query_filter.as_deref(), request.conditional_operator, "QueryFilter")?,
    };
    let paths = projecting(request).read(&placeholders)?;
    placeholders.all_used()?;
    let start = request.exclusive_start_key.as_deref().map(attributes::read_all).transpose()?;
    Ok(Read { keys, filter, paths, start })
}

/// What the keys decide is no filter's business.
fn check_filter(source: &Source, request: &Query, filter: Option<&Condition>) -> Result<(), Error> {
    let key = source.key();
    let paths = filter.map(Condition::paths).unwrap_or_default();
    match paths.into_iter().find(|path| key.has(&path.root)) {
        None => Ok(()),
        Some(path) if request.filter_expression.is_some() => {
            Err(errors::filter_on_key("Filter Expression", &path.root))
        }
        Some(path) => Err(errors::filter_on_key("QueryFilter", &path.root)),
    }
}
