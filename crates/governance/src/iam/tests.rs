use std::sync::Arc;

use anabranch_api::iam::{
    AddUserToGroup, AttachRolePolicy, CreateAccessKey, CreatePolicy, CreateRole, CreateUser,
    GenerateCredentialReport, GetAccessKeyLastUsed, GetAccountSummary, GetCredentialReport, GetPolicy,
    GetRole, GetUser, ListAttachedRolePolicies, PutUserPermissionsBoundary, PutUserPolicy, Tag, UpdateUser,
};
use anabranch_api::{ApiError, Context, Operation, Principal, RoleSession, Serve, User};
use anabranch_types::{Partition, Timestamp};

use super::identities::{Identities, PolicyRef, StoredGroup, StoredUser, lower};
use super::{Credentials, Iam};
use crate::audit::NoAudit;
use crate::metrics::Metrics;
use crate::testing::{changed, context, no_identities, policy, with_alice, with_reader};
use crate::{Authority, Door};

const ACCOUNT: &str = "111111111111";

/// A commit of the catalog takes a thousand writes; this is less.
const WRITES: usize = 900;

/// IAM behind a door that judges by its identities.
struct Fixture {
    identities: Arc<Identities>,
    iam: Arc<Iam>,
    door: Door,
}

impl Fixture {
    /// With the user `alice`, who has one policy.
    async fn with_alice(policy: &str) -> Self {
        let identities = no_identities();
        with_alice(&identities, policy).await;
        let credentials = Credentials::from_root_key("AKIAROOT:s:111111111111").unwrap();
        let iam = Arc::new(Iam::new(Arc::clone(&identities), Arc::new(credentials)));
        let judge = Authority::new(Arc::clone(&identities));
        Self { identities, iam, door: Door::new(judge, Arc::new(NoAudit), Metrics::new(|_| {})) }
    }

    async fn call<Op: Operation>(&self, cx: &Context, request: Op) -> Result<Op::Output, ApiError>
    where
        Iam: Serve<Op>,
    {
        self.door.unary(cx.clone(), &self.iam, request).await
    }

    /// What a call is about: actions and ARNs.
    fn about<Op: Operation>(&self, cx: &Context, request: &Op) -> Vec<(&'static str, String)>
    where
        Iam: Serve<Op>,
    {
        let Ok(resources) = Serve::<Op>::resources(&*self.iam, cx, request) else { panic!("it is refused") };
        resources.into_iter().map(|resource| (resource.action, resource.arn)).collect()
    }

    fn alice(&self) -> Context {
        let alice = self.identities.user(ACCOUNT.parse().unwrap(), "alice").unwrap();
        let user = User {
            account: ACCOUNT.parse().unwrap(),
            name: alice.stored.name.clone(),
            path: alice.stored.path.clone(),
            id: alice.stored.id.clone(),
        };
        Context { principal: Principal::User(user.into()), ..context(ACCOUNT) }
    }
}

fn tags() -> Option<Vec<Tag>> {
    Some(vec![Tag { key: "k".into(), value: "v".into() }])
}

fn get_user(name: Option<&str>) -> GetUser {
    GetUser { user_name: name.map(Into::into) }
}

#[tokio::test]
async fn a_call_is_about_the_arn_with_the_path_that_is_stored() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    let arn = |rest: &str| format!("arn:aws:iam::{ACCOUNT}:{rest}");
    let (root, alice) = (context(ACCOUNT), f.alice());
    assert_eq!(f.about(&root, &get_user(Some("alice"))), [("iam:GetUser", arn("user/team/alice"))]);
    assert_eq!(f.about(&root, &get_user(Some("bob"))), [("iam:GetUser", arn("user/bob"))]);
    assert_eq!(f.about(&root, &get_user(None)), [("iam:GetUser", arn("root"))]);
    assert_eq!(f.about(&alice, &get_user(None)), [("iam:GetUser", arn("user/team/alice"))]);
    let key = CreateAccessKey { user_name: None };
    assert_eq!(f.about(&alice, &key), [("iam:CreateAccessKey", arn("user/team/alice"))]);
    let last_used = GetAccessKeyLastUsed { access_key_id: "AKIAALICE".into() };
    assert_eq!(f.about(&root, &last_used), [("iam:GetAccessKeyLastUsed", arn("user/team/alice"))]);
    let rename = UpdateUser {
        user_name: "alice".into(),
        new_user_name: Some("eve".into()),
        new_path: Some("/admins/".into()),
    };
    let expected = [("iam:UpdateUser", arn("user/team/alice")), ("iam:UpdateUser", arn("user/admins/eve"))];
    assert_eq!(f.about(&root, &rename), expected);
    let create = CreateUser {
        user_name: "bob".into(),
        path: Some("/team/".into()),
        tags: tags(),
        ..CreateUser::default()
    };
    let expected = [("iam:CreateUser", arn("user/team/bob")), ("iam:TagUser", arn("user/team/bob"))];
    assert_eq!(f.about(&root, &create), expected);
    let join = AddUserToGroup { group_name: "g".into(), user_name: "alice".into() };
    assert_eq!(f.about(&root, &join), [("iam:AddUserToGroup", arn("group/g"))]);
    let policy = GetPolicy { policy_arn: "arn:aws:iam::aws:policy/ReadOnlyAccess".into() };
    assert_eq!(f.about(&root, &policy), [("iam:GetPolicy", policy.policy_arn.to_string())]);
}

#[tokio::test]
async fn a_user_may_what_its_policy_says_of_paths() {
    let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["iam:GetUser","iam:CreateAccessKey"],"Resource":"arn:aws:iam::111111111111:user/team/${aws:username}"}}"#;
    let f = Fixture::with_alice(own).await;
    let alice = f.alice();
    let itself = f.call(&alice, get_user(None)).await.unwrap().user;
    assert_eq!(itself.arn, "arn:aws:iam::111111111111:user/team/alice");
    let made = f.call(&alice, CreateAccessKey { user_name: None }).await.unwrap().access_key;
    let known = f.identities.access_key(&made.access_key_id).unwrap();
    assert_eq!((&*known.user, known.secret.expose()), ("alice", &*made.secret_access_key));
    let create = CreateUser { user_name: "bob".into(), ..CreateUser::default() };
    let refused = f.call(&alice, create).await.unwrap_err();
    assert_eq!((refused.status, &*refused.code), (403, "AccessDenied"));
    assert!(f.identities.user(ACCOUNT.parse().unwrap(), "bob").is_none());
}

#[tokio::test]
async fn who_is_no_user_has_to_name_one() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    with_reader(&f.identities, &policy("Allow", "iam:*")).await;
    let session = RoleSession {
        account: ACCOUNT.parse().unwrap(),
        role: "reader".into(),
        path: "/app/".into(),
        role_id: "AROAREADER".into(),
        name: "s".into(),
    };
    let session = Context { principal: Principal::RoleSession(session.into()), ..context(ACCOUNT) };
    let told = "ValidationError: Must specify userName when calling with non-User credentials";
    assert_eq!(f.call(&session, get_user(None)).await.unwrap_err().to_string(), told);
    let key = CreateAccessKey { user_name: None };
    assert_eq!(f.call(&context(ACCOUNT), key).await.unwrap_err().to_string(), told);
    f.call(&session, get_user(Some("alice"))).await.unwrap();
}

#[tokio::test]
async fn accounts_are_full_at_their_quotas() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    with_reader(&f.identities, &policy("Allow", "iam:*")).await;
    let root = context(ACCOUNT);
    let document = policy("Allow", "iam:*");
    let create_policy = |name: &str| CreatePolicy {
        policy_name: name.into(),
        policy_document: document.as_str().into(),
        ..CreatePolicy::default()
    };
    f.call(&root, create_policy("first")).await.unwrap();
    let more = |most: usize| (1..most).step_by(WRITES).map(move |from| from..most.min(from + WRITES));
    for some in more(5_000) {
        changed(&f.identities, |draft| {
            let alice = Arc::clone(&draft.users["alice"]);
            draft.users.extend(some.map(|n| {
                let name = format!("u{n}");
                let user = StoredUser { id: name.clone(), name, access_keys: vec![], ..(*alice).clone() };
                (user.name.clone(), Arc::new(user))
            }));
        })
        .await;
    }
    for some in more(1_000) {
        changed(&f.identities, |draft| {
            let reader = Arc::clone(&draft.roles["reader"]);
            draft.roles.extend(some.map(|n| (format!("r{n}"), Arc::clone(&reader))));
        })
        .await;
    }
    for some in more(1_500) {
        changed(&f.identities, |draft| {
            let first = Arc::clone(&draft.policies["first"]);
            draft.policies.extend(some.map(|n| (format!("p{n}"), Arc::clone(&first))));
        })
        .await;
    }
    let create = CreateUser { user_name: "one-more".into(), ..CreateUser::default() };
    let told = f.call(&root, create).await.unwrap_err().to_string();
    assert_eq!(told, "LimitExceededException: Cannot exceed quota for UsersPerAccount: 5000");
    let trust = f.identities.role(root.account, "reader").unwrap().stored.trust.text().to_owned();
    let create = CreateRole {
        role_name: "one-more".into(),
        assume_role_policy_document: trust.into(),
        ..CreateRole::default()
    };
    let told = f.call(&root, create).await.unwrap_err().to_string();
    assert_eq!(told, "LimitExceededException: Cannot exceed quota for RolesPerAccount: 1000");
    let told = f.call(&root, create_policy("one-more")).await.unwrap_err().to_string();
    assert_eq!(told, "LimitExceededException: Cannot exceed quota for PoliciesPerAccount: 1500");
}

#[tokio::test]
async fn what_one_value_of_the_catalog_cannot_hold_is_refused_and_changes_nothing() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    let root = context(ACCOUNT);
    let document = format!("{}{}", policy("Allow", "kinesis:Put*"), " ".repeat(130_000));
    let put = |n: usize| PutUserPolicy {
        user_name: "alice".into(),
        policy_name: format!("wide{n}").into(),
        policy_document: document.as_str().into(),
    };
    for n in 0..8 {
        f.call(&root, put(n)).await.unwrap();
    }
    let refused = f.call(&root, put(8)).await.unwrap_err();
    assert_eq!(refused.code, "LimitExceededException");
    assert!(refused.message.unwrap().contains("1 MiB"));
    assert_eq!(f.identities.user(root.account, "alice").unwrap().stored.inline.len(), 9);
    let small = PutUserPolicy { policy_document: policy("Allow", "kinesis:*").into(), ..put(0) };
    f.call(&root, small).await.unwrap();
}

#[tokio::test]
async fn last_uses_are_told() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    with_reader(&f.identities, &policy("Allow", "iam:*")).await;
    let (root, at) = (context(ACCOUNT), Timestamp::from_seconds(1_795_275_600));
    let key = f.identities.access_key("AKIAALICE").unwrap();
    f.identities.note_key_used(&key, "kinesis", "eu-west-1", at);
    let asked = GetAccessKeyLastUsed { access_key_id: "AKIAALICE".into() };
    let told = f.call(&root, asked).await.unwrap();
    let used = told.access_key_last_used.unwrap();
    assert_eq!(told.user_name.as_deref(), Some("alice"));
    assert_eq!((used.last_used_date, &*used.service_name, &*used.region), (Some(at), "kinesis", "eu-west-1"));
    let role = f.identities.role(root.account, "reader").unwrap();
    f.identities.note_role_used(root.account, &role, "sts", "us-east-1", at);
    let role = f.call(&root, GetRole { role_name: "reader".into() }).await.unwrap().role;
    assert_eq!(role.role_last_used.unwrap().last_used_date, Some(at));
    let others = GetAccessKeyLastUsed { access_key_id: "AKIAALICE".into() };
    assert_eq!(f.call(&context("222222222222"), others).await.unwrap_err().code, "AccessDenied");
}

#[tokio::test]
async fn a_credential_report_has_a_line_for_the_root_and_each_user() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    let root = context(ACCOUNT);
    f.call(&root, GenerateCredentialReport::default()).await.unwrap();
    let report = f.call(&root, GetCredentialReport::default()).await.unwrap();
    let text = String::from_utf8(report.content.unwrap().to_vec()).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert!(lines.iter().all(|columns| columns.len() == 22), "{text}");
    assert_eq!(lines[1][..2], ["<root_account>", "arn:aws:iam::111111111111:root"]);
    assert_eq!(
        lines[2][..4],
        ["alice", "arn:aws:iam::111111111111:user/team/alice", "1970-01-01T00:00:00+00:00", "false"]
    );
    assert_eq!(lines[2][8..13], ["true", "1970-01-01T00:00:00+00:00", "N/A", "N/A", "N/A"]);
    let summary = f.call(&root, GetAccountSummary::default()).await.unwrap().summary_map.unwrap();
    let count = |name: &str| summary.iter().find(|(key, _)| **key == *name).unwrap().1;
    assert_eq!((count("Users"), count("AccountAccessKeysPresent")), (1, 1));
}

#[tokio::test]
async fn arns_are_of_the_callers_partition() {
    let f = Fixture::with_alice(&policy("Allow", "iam:*")).await;
    with_reader(&f.identities, &policy("Allow", "iam:*")).await;
    let china = Context { partition: Partition::China, ..context(ACCOUNT) };
    let attach = |arn: &str| AttachRolePolicy { role_name: "reader".into(), policy_arn: arn.into() };
    f.call(&china, attach("arn:aws-cn:iam::aws:policy/ReadOnlyAccess")).await.unwrap();
    let refused = f.call(&china, attach("arn:aws:iam::aws:policy/ReadOnlyAccess")).await.unwrap_err();
    assert_eq!(refused.code, "InvalidInputException");
    let listed = ListAttachedRolePolicies { role_name: "reader".into(), ..Default::default() };
    let listed = f.call(&china, listed).await.unwrap().attached_policies.unwrap();
    assert_eq!(listed[0].policy_arn.as_deref(), Some("arn:aws-cn:iam::aws:policy/ReadOnlyAccess"));
}

#[tokio::test]
async fn a_renamed_group_keeps_its_members_and_what_they_may() {
    let f = Fixture::with_alice(&policy("Allow", "kinesis:*")).await;
    let group = StoredGroup {
        name: "Staff".into(),
        path: "/".into(),
        id: "AGPASTAFF".into(),
        created_ms: 1,
        inline: Default::default(),
        attached: [PolicyRef::Aws("IAMReadOnlyAccess".into())].into(),
    };
    changed(&f.identities, |draft| {
        draft.groups.insert(lower("Staff"), Arc::new(group));
    })
    .await;
    let (root, alice) = (context(ACCOUNT), f.alice());
    assert_eq!(f.call(&alice, get_user(None)).await.unwrap_err().code, "AccessDenied");
    let join = AddUserToGroup { group_name: "Staff".into(), user_name: "alice".into() };
    f.call(&root, join).await.unwrap();
    let rename = anabranch_api::iam::UpdateGroup {
        group_name: "Staff".into(),
        new_group_name: Some("Team".into()),
        new_path: None,
    };
    f.call(&root, rename).await.unwrap();
    f.call(&alice, get_user(None)).await.unwrap();
}

#[tokio::test]
async fn who_may_delegate_within_a_boundary_cannot_leave_it() {
    // IAM access_policies_boundaries, delegating responsibility to others.
    let delegated = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*",
        "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::111111111111:policy/limits"}}}}"#;
    let f = Fixture::with_alice(delegated).await;
    let (root, alice) = (context(ACCOUNT), f.alice());
    for name in ["limits", "wide"] {
        let document = policy("Allow", "*").into();
        let made = CreatePolicy { policy_name: name.into(), policy_document: document, ..Default::default() };
        f.call(&root, made).await.unwrap();
    }
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let create = |name: &str, boundary: Option<&str>| CreateUser {
        user_name: name.into(),
        permissions_boundary: boundary.map(|name| arn(name).into()),
        ..CreateUser::default()
    };
    let put = |name: &str| PutUserPolicy {
        user_name: name.into(),
        policy_name: "p".into(),
        policy_document: policy("Allow", "*").into(),
    };
    let bound = |name: &str, boundary: &str| PutUserPermissionsBoundary {
        user_name: name.into(),
        permissions_boundary: arn(boundary).into(),
    };
    f.call(&alice, create("bob", Some("limits"))).await.unwrap();
    f.call(&alice, put("bob")).await.unwrap();
    f.call(&alice, bound("bob", "limits")).await.unwrap();
    let denied = |refused: ApiError| assert_eq!(refused.code, "AccessDenied");
    denied(f.call(&alice, create("eve", None)).await.unwrap_err());
    denied(f.call(&alice, create("eve", Some("wide"))).await.unwrap_err());
    denied(f.call(&alice, bound("bob", "wide")).await.unwrap_err());
    denied(f.call(&alice, put("alice")).await.unwrap_err());
    f.call(&root, create("carol", Some("wide"))).await.unwrap();
    denied(f.call(&alice, put("carol")).await.unwrap_err());
}
