use anabranch_api::dynamodb::{Error, ListTables, ListTablesOutput};
use anabranch_api::{Context, Serve};

use crate::{Tables, service};

/// AWS (API_ListTables): names of a page at the most, and unless the request says otherwise.
const NAMES_MAX: i32 = 100;

impl Serve<ListTables> for Tables {
    async fn serve(&self, cx: &Context, request: ListTables) -> Result<ListTablesOutput, Error> {
        let limit = usize::try_from(request.limit.unwrap_or(NAMES_MAX)).unwrap_or(1);
        let after = request.exclusive_start_table_name.as_deref();
        let (names, more) = self.directory.names(&service::scope(cx), after, limit);
        let last = names.last().filter(|_| more).map(|name| name.as_str().into());
        Ok(ListTablesOutput {
            table_names: Some(names.iter().map(|name| name.as_str().into()).collect()),
            last_evaluated_table_name: last,
        })
    }
}
