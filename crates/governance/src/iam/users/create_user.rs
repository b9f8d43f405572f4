use super::{Told, described};
use crate::iam::identities::StoredUser;
use crate::iam::managed::boundary;
use anabranch_api::iam::{CreateUser, CreateUserOutput, Error};
use anabranch_api::{Context, Resources, Serve};

use crate::iam::{Iam, entity, limits, names, tagging, tagging::Keys};

impl Serve<CreateUser> for Iam {
    fn resources(&self, cx: &Context, request: &CreateUser) -> Result<Resources, Error> {
        let path = request.path.as_deref().unwrap_or("/");
        let mut resources = anabranch_api::Operation::resources(request, cx);
        for resource in &mut resources {
            resource.arn = names::arn(cx, "user", path, &request.user_name);
        }
        Ok(resources)
    }

    async fn serve(&self, cx: &Context, request: CreateUser) -> Result<CreateUserOutput, Error> {
        let id = names::unique_id(names::USER_ID, self.identities.rng());
        self.change(cx, |draft| {
            let user = StoredUser {
                name: request.user_name.to_string(),
                path: request.path.as_deref().unwrap_or("/").to_owned(),
                id,
                created_ms: cx.received.millis(),
                tags: tagging::new(request.tags.as_ref(), Keys::CaseIgnored, "User")?,
                boundary: request.permissions_boundary.map(|arn| boundary(cx, draft, &arn)).transpose()?,
                inline: Default::default(),
                attached: Default::default(),
                groups: Default::default(),
                access_keys: Vec::new(),
            };
            entity::add(draft, user.clone(), limits::USERS_MAX)?;
            Ok(CreateUserOutput { user: Some(described(cx, draft, &user, Told::Whole)) })
        })
        .await
    }
}
