//! What protects tables, for whoever judges a call: their tags. There are no policies of tables here.

use anabranch_governance::{Guarded, Protection};
use anabranch_types::Arn;

use crate::Tables;
use crate::keys::Scope;

impl Guarded for Tables {
    /// Of a table, also where an index of it is asked for.
    fn protection(&self, _: &str, arn: &str) -> Option<Protection> {
        let parsed: Arn = arn.parse().ok()?;
        let scope = Scope { account: parsed.account?, region: parsed.region? };
        let name = parsed.resource.strip_prefix("table/")?.split('/').next()?;
        let table = self.directory.get(&scope, name)?;
        let tags = table.stored.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        Some(Protection { tags, ..Protection::default() })
    }

    fn revision(&self) -> u64 {
        self.directory.revision()
    }
}
