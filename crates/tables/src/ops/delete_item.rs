use anabranch_api::dynamodb::{DeleteItem, DeleteItemOutput, Error};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::attributes::{self, write_all};
use crate::capacity::{Consumption, collection};
use crate::items::{Action, Write};
use crate::request::{Conditional, returns_old};
use crate::resolve::about;
use crate::{Tables, service};

impl Serve<DeleteItem> for Tables {
    fn resources(&self, cx: &Context, request: &DeleteItem) -> Result<Resources, Error> {
        Ok(about(cx, DeleteItem::ACTION, &request.table_name, None))
    }

    fn condition_keys(&self, cx: &Context, request: &DeleteItem) -> ConditionKeys {
        self.leading_keys(cx, [(&request.table_name, &request.key)])
    }

    async fn serve(&self, cx: &Context, request: DeleteItem) -> Result<DeleteItemOutput, Error> {
        let (write, returns_old) = read(cx, &request)?;
        let written = self.write(&service::scope(cx), &write).await?;
        let mut consumed = Consumption::default();
        consumed.wrote(&written, 1.0);
        let old = written.before.as_deref().filter(|_| returns_old);
        Ok(DeleteItemOutput {
            attributes: old.map(write_all),
            consumed_capacity: consumed.told(&written.table.name, request.return_consumed_capacity),
            item_collection_metrics: collection(
                &written.table,
                write.key(),
                request.return_item_collection_metrics,
            ),
        })
    }
}

/// The write, and whether it returns the item that was.
fn read(cx: &Context, request: &DeleteItem) -> Result<(Write, bool), Error> {
    let conditional = Conditional {
        expression: request.condition_expression.as_deref(),
        expected: request.expected.as_deref(),
        operator: request.conditional_operator,
        names: request.expression_attribute_names.as_deref(),
        values: request.expression_attribute_values.as_deref(),
        on_failure: request.return_values_on_condition_check_failure,
    };
    conditional.check_forms()?;
    let returns_old = returns_old(request.return_values)?;
    let key = attributes::read_all(&request.key)?;
    let write = conditional.write(cx, &request.table_name, &[], |_| Ok(Action::Delete { key }))?;
    Ok((write, returns_old))
}
