use anabranch_api::iam::{
    EntityType, Error, GetAccountAuthorizationDetails, GetAccountAuthorizationDetailsOutput, GroupDetail,
    ManagedPolicyDetail, Policy, PolicyVersion, RoleDetail, UserDetail,
};
use anabranch_api::{Context, Serve};
use anabranch_types::Timestamp;

use crate::iam::entity::{attached_policy, described_boundary, policy_details};
use crate::iam::identities::{Account, Role, StoredGroup, StoredUser};
use crate::iam::managed::{Usage, described, described_aws, described_aws_version, described_version};
use crate::iam::paging::Asked;
use crate::iam::{Iam, aws_managed, names, roles, tagging};

/// One of the lists' items.
enum Detail {
    User(UserDetail),
    Group(GroupDetail),
    Role(Box<RoleDetail>),
    Policy(ManagedPolicyDetail),
}

impl Serve<GetAccountAuthorizationDetails> for Iam {
    /// Everything of the account: users, groups, roles, its own policies, and of AWS's those that hang on something.
    async fn serve(
        &self,
        cx: &Context,
        request: GetAccountAuthorizationDetails,
    ) -> Result<GetAccountAuthorizationDetailsOutput, Error> {
        let account = self.account(cx);
        let filter = request.filter.filter(|filter| !filter.is_empty());
        let wanted = |kind| filter.as_ref().is_none_or(|filter| filter.contains(&kind));
        let details = details(cx, &account, wanted);
        let page = Asked::new(request.marker.as_ref(), request.max_items).page(details);
        let (mut users, mut groups, mut roles, mut policies) = (vec![], vec![], vec![], vec![]);
        for detail in page.items {
            match detail {
                Detail::User(user) => users.push(user),
                Detail::Group(group) => groups.push(group),
                Detail::Role(role) => roles.push(*role),
                Detail::Policy(policy) => policies.push(policy),
            }
        }
        Ok(GetAccountAuthorizationDetailsOutput {
            user_detail_list: Some(users),
            group_detail_list: Some(groups),
            role_detail_list: Some(roles),
            policies: Some(policies),
            is_truncated: page.is_truncated,
            marker: page.marker,
        })
    }
}

/// All that is wanted, in the order of the keys.
fn details(cx: &Context, account: &Account, wanted: impl Fn(EntityType) -> bool) -> Vec<(String, Detail)> {
    let stored = &account.stored;
    let usage = Usage::of(stored);
    let mut all = Vec::new();
    if wanted(EntityType::User) {
        let users = stored.users.iter();
        all.extend(
            users.map(|(key, user)| (format!("1{key}"), Detail::User(user_detail(cx, account, user)))),
        );
    }
    if wanted(EntityType::Group) {
        let groups = stored.groups.iter();
        all.extend(
            groups.map(|(key, group)| (format!("2{key}"), Detail::Group(group_detail(cx, account, group)))),
        );
    }
    if wanted(EntityType::Role) {
        let roles = account.roles().iter();
        all.extend(
            roles.map(|(key, role)| {
                (format!("3{key}"), Detail::Role(Box::new(role_detail(cx, account, role))))
            }),
        );
    }
    if wanted(EntityType::LocalManagedPolicy) {
        for (key, policy) in &stored.policies {
            let versions = policy.versions.iter().rev().map(|version| {
                let document = names::percent_encoded(version.text.text());
                described_version(version, version.number == policy.default, Some(document))
            });
            let detail = policy_detail(described(cx, policy, &usage), versions.collect());
            all.push((format!("4{key}"), Detail::Policy(detail)));
        }
    }
    if wanted(EntityType::AWSManagedPolicy) {
        for (key, policy) in aws_managed::all() {
            let told = described_aws(cx, key, policy, &usage);
            if told.attachment_count == Some(0) && told.permissions_boundary_usage_count == Some(0) {
                continue;
            }
            let document = names::percent_encoded(policy.text.text());
            let detail = policy_detail(told, vec![described_aws_version(policy, Some(document))]);
            all.push((format!("5{key}"), Detail::Policy(detail)));
        }
    }
    all
}

fn user_detail(cx: &Context, account: &Account, user: &StoredUser) -> UserDetail {
    let stored = &account.stored;
    let groups = stored.groups.values().filter(|group| user.groups.contains(&group.id));
    UserDetail {
        path: Some(user.path.as_str().into()),
        user_name: Some(user.name.as_str().into()),
        user_id: Some(user.id.as_str().into()),
        arn: Some(names::arn(cx, "user", &user.path, &user.name).into()),
        create_date: Some(Timestamp::from_millis(user.created_ms)),
        user_policy_list: Some(policy_details(&user.inline)),
        group_list: Some(groups.map(|group| group.name.as_str().into()).collect()),
        attached_managed_policies: Some(
            user.attached.iter().map(|p| attached_policy(cx, stored, p)).collect(),
        ),
        permissions_boundary: described_boundary(cx, stored, user.boundary.as_ref()),
        tags: Some(tagging::listed(&user.tags)),
    }
}

fn group_detail(cx: &Context, account: &Account, group: &StoredGroup) -> GroupDetail {
    let attached = group.attached.iter().map(|policy| attached_policy(cx, &account.stored, policy));
    GroupDetail {
        path: Some(group.path.as_str().into()),
        group_name: Some(group.name.as_str().into()),
        group_id: Some(group.id.as_str().into()),
        arn: Some(names::arn(cx, "group", &group.path, &group.name).into()),
        create_date: Some(Timestamp::from_millis(group.created_ms)),
        group_policy_list: Some(policy_details(&group.inline)),
        attached_managed_policies: Some(attached.collect()),
    }
}

fn role_detail(cx: &Context, account: &Account, role: &Role) -> RoleDetail {
    let (stored, used) = (&role.stored, roles::last_used(&role.used));
    let attached = stored.attached.iter().map(|policy| attached_policy(cx, &account.stored, policy));
    RoleDetail {
        path: Some(stored.path.as_str().into()),
        role_name: Some(stored.name.as_str().into()),
        role_id: Some(stored.id.as_str().into()),
        arn: Some(names::arn(cx, "role", &stored.path, &stored.name).into()),
        create_date: Some(Timestamp::from_millis(stored.created_ms)),
        assume_role_policy_document: Some(names::percent_encoded(stored.trust.text()).into()),
        instance_profile_list: Some(Vec::new()),
        role_policy_list: Some(policy_details(&stored.inline)),
        attached_managed_policies: Some(attached.collect()),
        permissions_boundary: described_boundary(cx, &account.stored, stored.boundary.as_ref()),
        tags: Some(tagging::listed(&stored.tags)),
        role_last_used: Some(used),
    }
}

fn policy_detail(policy: Policy, versions: Vec<PolicyVersion>) -> ManagedPolicyDetail {
    ManagedPolicyDetail {
        policy_name: policy.policy_name,
        policy_id: policy.policy_id,
        arn: policy.arn,
        path: policy.path,
        default_version_id: policy.default_version_id,
        attachment_count: policy.attachment_count,
        permissions_boundary_usage_count: policy.permissions_boundary_usage_count,
        is_attachable: policy.is_attachable,
        description: policy.description,
        create_date: policy.create_date,
        update_date: policy.update_date,
        policy_version_list: Some(versions),
    }
}
