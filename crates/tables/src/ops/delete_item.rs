use anabranch_api::dynamodb::{DeleteItem, DeleteItemOutput, Error, ReturnValue};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::attributes::{self, write_all};
use crate::capacity::{Consumption, collection};
use crate::errors::{self, Place};
use crate::expression::Placeholders;
use crate::items::{Action, Write};
use crate::request::{Conditional, check_forms, tells_item};
use crate::resolve::{about, table_name};
use crate::{Tables, service};

impl Serve<DeleteItem> for Tables {
    fn resources(&self, cx: &Context, request: &DeleteItem) -> Result<Resources, Error> {
        Ok(about(cx, DeleteItem::ACTION, &request.table_name, None))
    }

    fn condition_keys(&self, cx: &Context, request: &DeleteItem) -> ConditionKeys {
        self.leading_keys(cx, [(&request.table_name, &request.key)])
    }

    async fn serve(&self, cx: &Context, request: DeleteItem) -> Result<DeleteItemOutput, Error> {
        let write = read(cx, &request)?;
        let key = attributes::read_all(&request.key)?;
        let written = self.write(&service::scope(cx), write).await?;
        let mut consumed = Consumption::default();
        consumed.wrote(&written, 1.0);
        let old = written.before.as_deref().filter(|_| request.return_values == Some(ReturnValue::AllOld));
        Ok(DeleteItemOutput {
            attributes: old.map(write_all),
            consumed_capacity: consumed.told(&written.table.name, request.return_consumed_capacity),
            item_collection_metrics: collection(&written.table, &key, request.return_item_collection_metrics),
        })
    }
}

fn read(cx: &Context, request: &DeleteItem) -> Result<Write, Error> {
    let conditional = Conditional {
        expression: request.condition_expression.as_deref(),
        expected: request.expected.as_deref(),
        operator: request.conditional_operator,
    };
    check_forms(&[("ConditionExpression", conditional.expression.is_some())], &conditional.others())?;
    if !matches!(request.return_values, None | Some(ReturnValue::None | ReturnValue::AllOld)) {
        return Err(errors::return_values("ALL_OLD or NONE"));
    }
    let key = attributes::read_all(&request.key)?;
    let placeholders = Placeholders::new(
        request.expression_attribute_names.as_deref(),
        request.expression_attribute_values.as_deref(),
        &[(Place::Condition, conditional.expression.is_some())],
    )?;
    let condition = conditional.read(&placeholders)?;
    placeholders.all_used()?;
    Ok(Write {
        table: table_name(cx, &request.table_name)?,
        action: Action::Delete { key },
        condition,
        tells_item: tells_item(request.return_values_on_condition_check_failure),
    })
}
