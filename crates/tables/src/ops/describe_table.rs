use std::collections::BTreeMap;

use anabranch_api::dynamodb::{DescribeTable, DescribeTableOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::counts::Count;
use crate::describe::description;
use crate::directory::Table;
use crate::errors;
use crate::items::read_stored;
use crate::pieces::Pieces;
use crate::resolve::about;
use crate::value::size_of;

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

impl Tables {
    /// Counts the items of a table and its indexes, unless they are known.
    async fn count(&self, table: &Table) -> Result<(), Error> {
        if table.counts.is_known() {
            return Ok(());
        }
        let numbers = table.stored.indexes.iter().map(|index| index.number);
        let mut counted = BTreeMap::new();
        for number in std::iter::once(0).chain(numbers) {
            let mut count = Count::default();
            let mut pieces = Pieces::of(table.scope.index(&table.stored.id, number).all());
            while let Some(entries) =
                pieces.next(&*self.catalog).await.map_err(|error| errors::catalog(&error))?
            {
                for entry in entries {
                    let one = Count::of(size_of(&read_stored(&entry.value)?));
                    count.items += one.items;
                    count.bytes += one.bytes;
                }
            }
            counted.insert(number, count);
        }
        table.counts.set(counted);
        Ok(())
    }
}
