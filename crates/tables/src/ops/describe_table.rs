use anabranch_api::dynamodb::{DescribeTable, DescribeTableOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::describe::description;
use crate::resolve::about;

impl Serve<DescribeTable> for Tables {
    fn resources(&self, cx: &Context, request: &DescribeTable) -> Result<Resources, Error> {
        Ok(about(cx, DescribeTable::ACTION, &request.table_name, None))
    }

    /// The first call of a table after a start counts its items.
    async fn serve(&self, cx: &Context, request: DescribeTable) -> Result<DescribeTableOutput, Error> {
        let table = self.table(cx, &request.table_name)?;
        self.count(&table).await?;
        Ok(DescribeTableOutput { table: Some(description(&table, self.clock.now())) })
    }
}
