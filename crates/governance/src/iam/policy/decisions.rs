//! Decisions as data: `decisions/*.toml`, each group with its source. Ours and the oracle's verdict have to be the one expected.

mod question;

use std::collections::HashSet;

use serde::Deserialize;

use super::oracle;
use question::{ALICE, account, type_name};
pub(super) use question::{Context, Question, ROLE_ID, Texts, USER_ID, Values, Who, judge, shown};

const FILES: [(&str, &str); 12] = [
    ("actions", include_str!("decisions/actions.toml")),
    ("cross_account", include_str!("decisions/cross_account.toml")),
    ("guards", include_str!("decisions/guards.toml")),
    ("kinesis", include_str!("decisions/kinesis.toml")),
    ("numbers", include_str!("decisions/numbers.toml")),
    ("one_account", include_str!("decisions/one_account.toml")),
    ("principals", include_str!("decisions/principals.toml")),
    ("resources", include_str!("decisions/resources.toml")),
    ("sets", include_str!("decisions/sets.toml")),
    ("strings", include_str!("decisions/strings.toml")),
    ("trust_and_keys", include_str!("decisions/trust_and_keys.toml")),
    ("variables", include_str!("decisions/variables.toml")),
];

/// The action and stream of a decision that names no other.
const ACTION: &str = "kinesis:PutRecord";
const STREAM: &str = "arn:aws:kinesis:us-east-1:111111111111:stream/orders";

#[derive(Deserialize)]
struct File {
    group: Vec<Group>,
}

/// Policies and what they decide. What a decision leaves out it takes from its group.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    source: String,
    #[serde(default)]
    scp: Vec<String>,
    endpoint: Option<String>,
    resource: Option<String>,
    key: Option<String>,
    trust: Option<String>,
    #[serde(default)]
    identity: Vec<String>,
    boundary: Option<String>,
    session: Option<Vec<String>>,
    caller: Option<String>,
    role: Option<String>,
    action: Option<String>,
    on: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    context: Context,
    decide: Vec<Decide>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decide {
    name: String,
    caller: Option<String>,
    action: Option<String>,
    on: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    context: Context,
    /// `allowed`, `no TYPE` or `deny TYPE`.
    expect: String,
    /// `TYPE POLICY STATEMENT`
    by: Option<String>,
    /// Whether the verdict may be kept for the same caller, action and resource.
    keep: Option<bool>,
}

/// A policy's whole text: statements alone are those of a document of 2012-10-17.
fn whole(text: &str) -> String {
    if text.contains("\"Statement\"") {
        text.to_owned()
    } else {
        format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#)
    }
}

impl Group {
    fn question(&self, decide: &Decide) -> Question {
        let all = |texts: &Vec<String>| texts.iter().map(|text| whole(text)).collect::<Vec<_>>();
        let named = [("resource", &self.resource), ("key", &self.key), ("trust", &self.trust)];
        let resource = named.into_iter().find_map(|(kind, text)| Some((kind, whole(text.as_ref()?))));
        let choose = |own: &Option<String>, group: &Option<String>, otherwise: &str| {
            own.as_ref().or(group.as_ref()).map_or(otherwise.to_owned(), Clone::clone)
        };
        let on = choose(&decide.on, &self.on, STREAM);
        let owner = decide.owner.clone().or(self.owner.clone()).or(account(&on).map(str::to_owned));
        let entries = self.context.0.clone().into_iter().chain(decide.context.0.clone());
        Question {
            texts: Texts {
                scp: all(&self.scp),
                endpoint: self.endpoint.as_deref().map(whole),
                resource,
                identity: all(&self.identity),
                boundary: self.boundary.as_deref().map(whole),
                session: self.session.as_ref().map(all),
            },
            who: Who::new(&choose(&decide.caller, &self.caller, ALICE), self.role.as_deref()),
            action: choose(&decide.action, &self.action, ACTION),
            resource: on,
            owner,
            context: Context::new(entries),
        }
    }
}

/// What is wrong with a decision; nothing, mostly.
fn wrong(group: &Group, decide: &Decide) -> Vec<String> {
    let question = group.question(decide);
    let (verdict, matched, denial) = judge(&question);
    let mut wrong = Vec::new();
    let mut compare = |what: &str, found: String, expected: &str| {
        if found != expected {
            wrong.push(format!("{what} is `{found}`, not `{expected}`"));
        }
    };
    compare("the verdict", shown(verdict.decision), &decide.expect);
    compare("the oracle's verdict", oracle::decide(&question), &decide.expect);
    if let Some(expected) = &decide.by {
        let by = verdict.by.map(|by| format!("{} {} {}", type_name(by.policy_type), by.policy, by.statement));
        compare("the statement", by.unwrap_or_default(), expected);
    }
    if let Some(keep) = decide.keep {
        compare("keeping", (!verdict.depends_on_request).to_string(), &keep.to_string());
    }
    if verdict.by.is_some_and(|by| !matched.contains(&by)) {
        wrong.push("the deciding statement is not among those that match".to_owned());
    }
    if denial.is_none() != verdict.is_allowed() {
        wrong.push(format!("its denial is {denial:?}"));
    }
    wrong
}

#[test]
fn every_decision_is_made_as_its_source_says() {
    let (mut count, mut failures, mut names) = (0, Vec::new(), HashSet::new());
    for (file, text) in FILES {
        let File { group } = toml::from_str(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for group in &group {
            assert!(!group.source.is_empty());
            for decide in &group.decide {
                count += 1;
                assert!(
                    names.insert((file, group.about.clone(), decide.name.clone())),
                    "{} stands twice",
                    decide.name
                );
                let wrong = wrong(group, decide);
                failures
                    .extend(wrong.iter().map(|w| format!("{file}: {}: {}: {w}", group.about, decide.name)));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(count >= 300, "{count} decisions");
}

#[test]
fn denials_are_told_in_the_words_of_aws() {
    let user = |texts: Texts, action: &str| {
        let question = Question {
            texts,
            who: Who::new(ALICE, None),
            action: action.to_owned(),
            resource: STREAM.to_owned(),
            owner: Some("111111111111".to_owned()),
            context: Context::default(),
        };
        judge(&question).2.unwrap()
    };
    let begin = "User: arn:aws:iam::111111111111:user/alice is not authorized to perform: kinesis:PutRecord on resource: arn:aws:kinesis:us-east-1:111111111111:stream/orders ";
    let allow = whole(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let other = whole(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#);
    let deny = whole(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#);
    let deny_resource = whole(r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Resource":"*"}"#);
    let deny_put = deny_resource.replace("sts:*", "*");
    let allowing = || Texts { identity: vec![allow.clone()], ..Texts::default() };
    let cases = [
        (Texts::default(), "because no identity-based policy allows the kinesis:PutRecord action"),
        (
            Texts { boundary: Some(other.clone()), ..allowing() },
            "because no permissions boundary allows the kinesis:PutRecord action",
        ),
        (
            Texts { session: Some(vec![other.clone()]), ..allowing() },
            "because no session policy allows the kinesis:PutRecord action",
        ),
        (
            Texts { scp: vec![other.clone()], ..allowing() },
            "because no service control policy allows the kinesis:PutRecord action",
        ),
        (
            Texts { resource: Some(("key", deny_resource.clone())), ..allowing() },
            "because no resource-based policy allows the kinesis:PutRecord action",
        ),
        (
            Texts { endpoint: Some(deny_resource.clone()), ..allowing() },
            "because no VPC endpoint policy allows the kinesis:PutRecord action",
        ),
        (
            Texts { identity: vec![deny.clone()], ..Texts::default() },
            "with an explicit deny in an identity-based policy",
        ),
        (
            Texts { boundary: Some(deny.clone()), ..allowing() },
            "with an explicit deny in a permissions boundary",
        ),
        (
            Texts { session: Some(vec![deny.clone()]), ..allowing() },
            "with an explicit deny in a session policy",
        ),
        (
            Texts { scp: vec![deny.clone()], ..allowing() },
            "with an explicit deny in a service control policy",
        ),
        (
            Texts { resource: Some(("resource", deny_put.clone())), ..allowing() },
            "with an explicit deny in a resource-based policy",
        ),
        (
            Texts { endpoint: Some(deny_put.clone()), ..allowing() },
            "with an explicit deny in a VPC endpoint policy",
        ),
    ];
    for (texts, end) in cases {
        assert_eq!(user(texts, ACTION), format!("{begin}{end}"));
    }
    let trust =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}"#;
    let texts = Texts { resource: Some(("trust", trust.to_owned())), ..Texts::default() };
    assert!(
        user(texts.clone(), "sts:AssumeRole").ends_with("with an explicit deny in the role trust policy")
    );
    let sentence = user(texts, "sts:TagSession");
    assert!(
        sentence.ends_with("because no role trust policy allows the sts:TagSession action"),
        "{sentence}"
    );
}
