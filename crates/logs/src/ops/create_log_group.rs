use std::collections::BTreeMap;

use anabranch_api::logs::{CreateLogGroup, CreateLogGroupOutput, Error, LogGroupClass};
use anabranch_api::{Context, Serve};
use anabranch_catalog::{CatalogError, Commit, Expect, Value as _, next_log_group};
use anabranch_log::{GroupId, LogId};

use crate::changes::add_tags;
use crate::directory::Group;
use crate::errors::{self, Failed};
use crate::limits::GROUPS_MAX;
use crate::resolve::scope;
use crate::service::Logs;
use crate::stored::StoredGroup;

impl Serve<CreateLogGroup> for Logs {
    async fn serve(&self, cx: &Context, request: CreateLogGroup) -> Result<CreateLogGroupOutput, Error> {
        if request.kms_key_id.is_some() {
            return Err(errors::no_kms_key());
        }
        if request.log_group_class.is_some_and(|class| class != LogGroupClass::Standard) {
            return Err(errors::only_standard_class());
        }
        let mut tags = BTreeMap::new();
        add_tags(&mut tags, &request.tags.unwrap_or_default(), errors::too_many_tags_of_group)?;

        let (scope, name) = (scope(cx), request.log_group_name.to_string());
        let _creating = self.creating.lock().await;
        if self.directory.get(&scope, &name).is_some() {
            return Err(errors::group_exists());
        }
        if self.directory.count(&scope) >= GROUPS_MAX {
            return Err(errors::limit_exceeded());
        }
        let number = next_log_group(&*self.catalog).await.map_err(Failed::from)?;
        let stored = StoredGroup {
            number,
            created_ms: self.clock.now().millis(),
            retention_days: None,
            tags,
            is_protected: request.deletion_protection_enabled == Some(true),
            outbox: None,
        };
        // The log before the catalog names it: a crash between leaves an empty log that nobody names.
        let log = LogId { group: GroupId(number), index: 0 };
        self.log.create(vec![log]).await.map_err(Failed::from)?;
        let key = scope.group(&name);
        let commit = Commit {
            expect: vec![Expect::Absent(key.clone())],
            put: vec![(key.clone(), stored.to_bytes())],
            delete: Vec::new(),
        };
        match self.catalog.commit(commit).await {
            Ok(_) => {
                self.directory.add(Group::new(scope, name, stored));
                Ok(CreateLogGroupOutput {})
            }
            // A commit of an earlier call failed, and happened.
            Err(CatalogError::Conflict { .. }) => {
                self.log.remove_group(log.group).await.map_err(Failed::from)?;
                let kept = self.catalog.get(key).await.map_err(Failed::from)?;
                if let Some(entry) = kept {
                    let stored = StoredGroup::from_bytes(&entry.value).map_err(Failed::from)?;
                    self.load_group(Group::new(scope, name, stored)).await?;
                }
                Err(errors::group_exists())
            }
            Err(error) => Err(Failed::from(error).into()),
        }
    }
}
