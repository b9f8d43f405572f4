use anabranch_api::dynamodb::{Error, PutItem, PutItemOutput};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::attributes::{self, write_all};
use crate::capacity::{Consumption, collection};
use crate::items::{Action, Write};
use crate::request::{Conditional, returns_old};
use crate::resolve::about;
use crate::{Tables, service};

impl Serve<PutItem> for Tables {
    fn resources(&self, cx: &Context, request: &PutItem) -> Result<Resources, Error> {
        Ok(about(cx, PutItem::ACTION, &request.table_name, None))
    }

    fn condition_keys(&self, cx: &Context, request: &PutItem) -> ConditionKeys {
        self.leading_keys(cx, [(&request.table_name, &request.item)])
    }

    async fn serve(&self, cx: &Context, request: PutItem) -> Result<PutItemOutput, Error> {
        let (write, returns_old) = read(cx, &request)?;
        let written = self.write(&service::scope(cx), &write).await?;
        let mut consumed = Consumption::default();
        consumed.wrote(&written, 1.0);
        let old = written.before.as_deref().filter(|_| returns_old);
        Ok(PutItemOutput {
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
fn read(cx: &Context, request: &PutItem) -> Result<(Write, bool), Error> {
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
    let item = attributes::read_all(&request.item)?;
    let write = conditional.write(cx, &request.table_name, &[], |_| Ok(Action::Put(item)))?;
    Ok((write, returns_old))
}
