use super::{Told, described, trust};
use crate::iam::identities::StoredRole;
use crate::iam::managed::boundary;
use anabranch_api::iam::{CreateRole, CreateRoleOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, limits, names, tagging, tagging::Keys};

impl Serve<CreateRole> for Iam {
    fn resources(&self, cx: &Context, request: &CreateRole) -> Result<Resources, Error> {
        let path = request.path.as_deref().unwrap_or("/");
        let mut resources = anabranch_api::Operation::resources(request, cx);
        for resource in &mut resources {
            resource.arn = names::arn(cx, "role", path, &request.role_name);
        }
        Ok(resources)
    }

    async fn serve(&self, cx: &Context, request: CreateRole) -> Result<CreateRoleOutput, Error> {
        let id = names::unique_id(names::ROLE_ID, self.identities.rng());
        let trust = trust(&request.assume_role_policy_document)?;
        self.change(cx, |draft| {
            let role = StoredRole {
                name: request.role_name.to_string(),
                path: request.path.as_deref().unwrap_or("/").to_owned(),
                id,
                created_ms: cx.received.millis(),
                tags: tagging::new(request.tags.as_ref(), Keys::CaseIgnored, "Role")?,
                boundary: request.permissions_boundary.map(|arn| boundary(cx, draft, &arn)).transpose()?,
                inline: Default::default(),
                attached: Default::default(),
                description: request.description.map(Into::into),
                session_seconds_max: super::seconds(request.max_session_duration)
                    .unwrap_or(limits::SESSION_SECONDS_DEFAULT),
                trust,
            };
            entity::add(draft, role.clone(), limits::ROLES_MAX)?;
            Ok(CreateRoleOutput { role: described(cx, draft, &role, None, Told::Whole) })
        })
        .await
    }
}
