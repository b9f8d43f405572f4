use anabranch_api::dynamodb::{DeleteTable, DeleteTableOutput, Error};
use anabranch_api::{Context, Operation as _, Resources, Serve};

use crate::Tables;
use crate::describe::description;
use crate::errors;
use crate::resolve::about;
use crate::stored::Phase;

impl Serve<DeleteTable> for Tables {
    fn resources(&self, cx: &Context, request: &DeleteTable) -> Result<Resources, Error> {
        Ok(about(cx, DeleteTable::ACTION, &request.table_name, None))
    }

    /// The table is closed with the answer; without a transition delay it and its items are deleted, too.
    async fn serve(&self, cx: &Context, request: DeleteTable) -> Result<DeleteTableOutput, Error> {
        let now = self.clock.now();
        let table = {
            let _changing = self.changing.lock().await;
            let table = self.table(cx, &request.table_name)?;
            if table.stored.is_protected {
                return Err(errors::protected());
            }
            table.refuse_while(&["CREATING", "UPDATING", "DELETING"], now)?;
            let mut stored = table.stored.clone();
            stored.phase = Phase::Deleting;
            stored.settled_ms = self.transition_end(now);
            self.change(&table, stored).await?
        };
        if self.transition_delay.is_zero() {
            self.settle(&table.scope, &table.name, now).await?;
        }
        let mut shown = description(&table, now);
        // What is being deleted is no longer told in detail.
        (shown.attribute_definitions, shown.key_schema, shown.creation_date_time) = (None, None, None);
        Ok(DeleteTableOutput { table_description: Some(shown) })
    }
}
