use anabranch_api::dynamodb::{Error, GetItem, GetItemOutput};
use anabranch_api::{ConditionKeys, Context, Operation as _, Resources, Serve};

use crate::attributes::{self, write_all};
use crate::capacity::{Consumption, Reading};
use crate::path::project;
use crate::projection::Projecting;
use crate::resolve::{about, table_name};
use crate::value::size_of;
use crate::{Tables, service};

impl Serve<GetItem> for Tables {
    fn resources(&self, cx: &Context, request: &GetItem) -> Result<Resources, Error> {
        Ok(about(cx, GetItem::ACTION, &request.table_name, None))
    }

    fn condition_keys(&self, cx: &Context, request: &GetItem) -> ConditionKeys {
        self.leading_keys(cx, [(&request.table_name, &request.key)])
    }

    async fn serve(&self, cx: &Context, request: GetItem) -> Result<GetItemOutput, Error> {
        let projecting = Projecting {
            expression: request.projection_expression.as_deref(),
            attributes: request.attributes_to_get.as_deref(),
        };
        let paths = projecting.read_alone(request.expression_attribute_names.as_deref())?;
        let key = attributes::read_all(&request.key)?;
        let scope = service::scope(cx);
        let table = self.open_table(&scope, &table_name(cx, &request.table_name)?)?;
        table.stored.check_key(&key)?;
        let item = self.item(table.stored.item_key(&scope, &key)?).await?;
        let mut consumed = Consumption::default();
        let units = Reading::of(request.consistent_read).units(item.as_ref().map_or(0, size_of));
        consumed.read(None, units);
        let shown = item.map(|item| match &paths {
            Some(paths) => project(&item, paths),
            None => item,
        });
        Ok(GetItemOutput {
            item: shown.as_ref().map(write_all),
            consumed_capacity: consumed.told(&table.name, request.return_consumed_capacity),
        })
    }
}
