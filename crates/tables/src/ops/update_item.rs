use anabranch_api::dynamodb::{Error, ReturnValue, UpdateItem, UpdateItemOutput};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::attributes::{self, write_all};
use crate::capacity::{Consumption, collection};
use crate::errors::Place;
use crate::expression;
use crate::items::{Action, Write, Written};
use crate::legacy;
use crate::path::{Path, project};
use crate::request::{Conditional, check_forms};
use crate::resolve::about;
use crate::value::Attributes;
use crate::{Tables, service};

impl Serve<UpdateItem> for Tables {
    fn resources(&self, cx: &Context, request: &UpdateItem) -> Result<Resources, Error> {
        Ok(about(cx, UpdateItem::ACTION, &request.table_name, None))
    }

    fn condition_keys(&self, cx: &Context, request: &UpdateItem) -> ConditionKeys {
        self.leading_keys(cx, [(&request.table_name, &request.key)])
    }

    async fn serve(&self, cx: &Context, request: UpdateItem) -> Result<UpdateItemOutput, Error> {
        let write = read(cx, &request)?;
        let written = self.write(&service::scope(cx), &write).await?;
        let mut consumed = Consumption::default();
        consumed.wrote(&written, 1.0);
        let returned = returned(request.return_values, &write, &written);
        Ok(UpdateItemOutput {
            attributes: returned.as_ref().map(write_all),
            consumed_capacity: consumed.told(&written.table.name, request.return_consumed_capacity),
            item_collection_metrics: collection(
                &written.table,
                write.key(),
                request.return_item_collection_metrics,
            ),
        })
    }
}

fn read(cx: &Context, request: &UpdateItem) -> Result<Write, Error> {
    let conditional = Conditional {
        expression: request.condition_expression.as_deref(),
        expected: request.expected.as_deref(),
        operator: request.conditional_operator,
        names: request.expression_attribute_names.as_deref(),
        values: request.expression_attribute_values.as_deref(),
        on_failure: request.return_values_on_condition_check_failure,
    };
    let [expected, operator] = conditional.others();
    check_forms(
        &[
            ("UpdateExpression", request.update_expression.is_some()),
            ("ConditionExpression", conditional.expression.is_some()),
        ],
        &[("AttributeUpdates", request.attribute_updates.is_some()), expected, operator],
    )?;
    let key = attributes::read_all(&request.key)?;
    let beside = [(Place::Update, request.update_expression.is_some())];
    conditional.write(cx, &request.table_name, &beside, |placeholders| {
        let update = match request.update_expression.as_deref() {
            Some(source) => expression::update(source, placeholders)?,
            None => legacy::updates(request.attribute_updates.as_deref().unwrap_or_default())?,
        };
        Ok(Action::Update { key, update })
    })
}

/// What the request wants to see of the item; none if there is nothing to see.
fn returned(asked: Option<ReturnValue>, write: &Write, written: &Written) -> Option<Attributes> {
    let (before, after) = (written.before.as_deref(), written.after.as_deref());
    let part = |item: &Attributes| {
        let Action::Update { update, .. } = &write.action else { return None };
        let touched: Vec<Path> = update.paths().cloned().collect();
        Some(project(item, &touched)).filter(|part| !part.is_empty())
    };
    match asked? {
        ReturnValue::None => None,
        ReturnValue::AllOld => before.cloned(),
        ReturnValue::AllNew => after.cloned(),
        ReturnValue::UpdatedOld => before.and_then(part),
        ReturnValue::UpdatedNew => after.and_then(part),
    }
}
