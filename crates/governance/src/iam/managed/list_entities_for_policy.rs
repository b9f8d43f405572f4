use super::find;
use crate::iam::entity::Entity;
use crate::iam::identities::Draft;
use crate::iam::identities::PolicyRef;
use crate::iam::paging::Asked;
use anabranch_api::iam::{
    EntityType, Error, ListEntitiesForPolicy, ListEntitiesForPolicyOutput, PolicyGroup, PolicyRole,
    PolicyUsageType, PolicyUser,
};
use anabranch_api::{Context, Serve};

use crate::iam::Iam;

impl Serve<ListEntitiesForPolicy> for Iam {
    /// What has the policy, attached or as its boundary.
    async fn serve(
        &self,
        cx: &Context,
        request: ListEntitiesForPolicy,
    ) -> Result<ListEntitiesForPolicyOutput, Error> {
        let account = self.account(cx);
        let policy = find(cx, &account.stored, &request.policy_arn)?.reference();
        let entities = entities(&account.stored, &policy, &request);
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(entities);
        let mut output = ListEntitiesForPolicyOutput {
            policy_groups: Some(Vec::new()),
            policy_users: Some(Vec::new()),
            policy_roles: Some(Vec::new()),
            is_truncated: page.is_truncated,
            marker: page.marker,
        };
        for entity in page.items {
            match entity {
                Having::Group(group) => output.policy_groups.get_or_insert_default().push(group),
                Having::User(user) => output.policy_users.get_or_insert_default().push(user),
                Having::Role(role) => output.policy_roles.get_or_insert_default().push(role),
            }
        }
        Ok(output)
    }
}

/// Something that has a policy.
enum Having {
    Group(PolicyGroup),
    User(PolicyUser),
    Role(PolicyRole),
}

/// Everything that has the policy in the way that was asked for, in the order of its keys.
fn entities(draft: &Draft, policy: &PolicyRef, request: &ListEntitiesForPolicy) -> Vec<(String, Having)> {
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    let wanted = |kind: EntityType| request.entity_filter.is_none_or(|filter| filter == kind);
    let mut all = Vec::new();
    if wanted(EntityType::Group) {
        for (key, group) in draft.groups.iter().filter(|(_, group)| has(&***group, policy, prefix, request)) {
            let told = PolicyGroup {
                group_name: Some(group.name.as_str().into()),
                group_id: Some(group.id.as_str().into()),
            };
            all.push((format!("1{key}"), Having::Group(told)));
        }
    }
    if wanted(EntityType::User) {
        for (key, user) in draft.users.iter().filter(|(_, user)| has(&***user, policy, prefix, request)) {
            let told = PolicyUser {
                user_name: Some(user.name.as_str().into()),
                user_id: Some(user.id.as_str().into()),
            };
            all.push((format!("2{key}"), Having::User(told)));
        }
    }
    if wanted(EntityType::Role) {
        for (key, role) in draft.roles.iter().filter(|(_, role)| has(&***role, policy, prefix, request)) {
            let told = PolicyRole {
                role_name: Some(role.name.as_str().into()),
                role_id: Some(role.id.as_str().into()),
            };
            all.push((format!("3{key}"), Having::Role(told)));
        }
    }
    all
}

fn has<E: Entity>(entity: &E, policy: &PolicyRef, prefix: &str, request: &ListEntitiesForPolicy) -> bool {
    let attached = || entity.attached().contains(policy);
    let bounding = || entity.boundary() == Some(policy);
    let used = match request.policy_usage_filter {
        Some(PolicyUsageType::PermissionsPolicy) => attached(),
        Some(PolicyUsageType::PermissionsBoundary) => bounding(),
        None => attached() || bounding(),
    };
    used && entity.path().starts_with(prefix)
}
