use super::described;
use crate::iam::identities::StoredGroup;
use anabranch_api::iam::{CreateGroup, CreateGroupOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, limits, names};

impl Serve<CreateGroup> for Iam {
    fn resources(&self, cx: &Context, request: &CreateGroup) -> Result<Resources, Error> {
        let path = request.path.as_deref().unwrap_or("/");
        let mut resources = anabranch_api::Operation::resources(request, cx);
        for resource in &mut resources {
            resource.arn = names::arn(cx, "group", path, &request.group_name);
        }
        Ok(resources)
    }

    async fn serve(&self, cx: &Context, request: CreateGroup) -> Result<CreateGroupOutput, Error> {
        let id = names::unique_id(names::GROUP_ID, self.identities.rng());
        self.change(cx, |draft| {
            let group = StoredGroup {
                name: request.group_name.to_string(),
                path: request.path.as_deref().unwrap_or("/").to_owned(),
                id,
                created_ms: cx.received.millis(),
                inline: Default::default(),
                attached: Default::default(),
            };
            entity::add(draft, group.clone(), limits::GROUPS_MAX)?;
            Ok(CreateGroupOutput { group: described(cx, &group) })
        })
        .await
    }
}
