//! IAM users: one file per operation.

mod create_user;
mod delete_user;
mod delete_user_permissions_boundary;
mod get_user;
mod list_user_tags;
mod list_users;
mod put_user_permissions_boundary;
mod tag_user;
mod untag_user;
mod update_user;

use anabranch_api::iam::{Error, User};
use anabranch_api::{Context, Resource, Resources};
use anabranch_types::Timestamp;

use super::identities::{Draft, StoredUser};
use super::service::{Iam, named_or_caller};
use super::{entity, names, tagging};

/// How much of an entity is told: lists leave tags and boundaries out (IAM API ListUsers, ListRoles).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Whole,
    Listed,
}

/// A user as answers have it.
pub(super) fn described(cx: &Context, draft: &Draft, user: &StoredUser, told: Told) -> User {
    let whole = told == Told::Whole;
    User {
        path: Some(user.path.as_str().into()),
        user_name: Some(user.name.as_str().into()),
        user_id: user.id.as_str().into(),
        arn: names::arn(cx, "user", &user.path, &user.name).into(),
        create_date: Some(Timestamp::from_millis(user.created_ms)),
        password_last_used: None,
        permissions_boundary: entity::described_boundary(cx, draft, user.boundary.as_ref().filter(|_| whole)),
        tags: (whole && !user.tags.is_empty()).then(|| tagging::listed(&user.tags)),
    }
}

/// The resource of an operation about a user that may be left unnamed: the caller then.
pub(super) fn about_user(
    iam: &Iam,
    cx: &Context,
    action: &'static str,
    name: Option<&str>,
) -> Result<Resources, Error> {
    let arn = match named_or_caller(cx, name) {
        Ok(name) => names::arn(cx, "user", "/", name),
        Err(_) => cx.principal.arn(cx.partition),
    };
    Ok(iam.placed(cx, vec![Resource { action, arn }]))
}
