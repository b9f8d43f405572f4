//! Random small policies, judged by both evaluators.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::decisions::{Context, Question, Texts, Values, Who, judge, shown};
use super::decide;

const CALLERS: [&str; 8] = [
    "arn:aws:iam::111111111111:root",
    "arn:aws:iam::111111111111:user/alice",
    "arn:aws:iam::111111111111:user/bob",
    "arn:aws:sts::111111111111:assumed-role/app/s1",
    "arn:aws:sts::111111111111:federated-user/carol",
    "arn:aws:iam::222222222222:user/alice",
    "logs.amazonaws.com",
    "anonymous",
];
const RESOURCES: [&str; 4] = [
    "arn:aws:kinesis:us-east-1:111111111111:stream/a",
    "arn:aws:kinesis:us-east-1:111111111111:stream/ab",
    "arn:aws:kinesis:eu-west-1:222222222222:stream/alice",
    "*",
];

fn document(statements: Vec<Value>) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// One text or a list of up to three.
fn some(texts: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let many = prop::collection::vec(select(texts), 1..3).prop_map(|texts| json!(texts));
    prop_oneof![select(texts).prop_map(|text| json!(text)), many]
}

fn principal() -> impl Strategy<Value = Value> {
    let names = some(&[
        "*",
        "111111111111",
        "arn:aws:iam::111111111111:root",
        "arn:aws:iam::111111111111:user/alice",
        "arn:aws:iam::111111111111:role/app",
        "arn:aws:sts::111111111111:assumed-role/app/s1",
        "arn:aws:sts::111111111111:federated-user/carol",
        "222222222222",
    ]);
    prop_oneof![
        1 => Just(json!("*")),
        4 => names.prop_map(|names| json!({ "AWS": names })),
        1 => Just(json!({ "Service": "logs.amazonaws.com" })),
    ]
}

fn conditions() -> impl Strategy<Value = Value> {
    let operator = select(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLikeIfExists",
        "StringEqualsIgnoreCase",
        "ForAllValues:StringLike",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringNotLike",
        "ForAllValues:StringNotEqualsIfExists",
        "NumericLessThanEquals",
        "NumericNotEquals",
        "ArnLike",
        "ArnNotEquals",
        "IpAddress",
        "NotIpAddressIfExists",
        "DateGreaterThan",
        "Bool",
        "Null",
    ]);
    let key = select(&["a", "B", "tags", "missing", "aws:username"]);
    let value = |operator: &str| match operator {
        name if name.contains("Ip") => some(&["10.0.0.0/8", "10.1.0.0/15", "::/0", "10.1.2.3"]).boxed(),
        name if name.contains("Date") => some(&["2020-01-01", "2026-01-01T00:00:00Z", "5"]).boxed(),
        name if name.contains("Numeric") => some(&["5", "7.5", "-1", "a"]).boxed(),
        "Bool" | "Null" => some(&["true", "false"]).boxed(),
        name if name.contains("Arn") => some(&["arn:aws:sns:*:1:t*", "*", "arn:aws:sns:*"]).boxed(),
        _ => some(&["alice", "a*", "*?e", "${aws:username}", "${missing, 'a'}", "${missing}", "${*}", "A"])
            .boxed(),
    };
    let one =
        (operator, key).prop_flat_map(move |(operator, key)| (Just(operator), Just(key), value(operator)));
    prop::collection::vec(one, 0..3).prop_map(|entries| {
        let mut conditions = json!({});
        for (operator, key, value) in entries {
            conditions[operator][key] = value;
        }
        conditions
    })
}

fn statement(principals: bool) -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    let action = (
        prop_oneof![4 => Just("Action"), 1 => Just("NotAction")],
        some(&[
            "*",
            "kinesis:*",
            "kinesis:Put*",
            "KINESIS:putrecord",
            "kinesis:?etRecords",
            "kinesis:P*t*s",
            "s3:*",
        ]),
    );
    let resource = (
        prop_oneof![4 => Just("Resource"), 1 => Just("NotResource")],
        some(&[
            "*",
            "arn:aws:kinesis:us-east-1:111111111111:stream/a",
            "arn:aws:kinesis:*:*:stream/a*",
            "arn:aws:kinesis:*:*:stream/${aws:username}",
            "arn:aws:kinesis:us-*:1?1111111111:stream/?b",
            "arn:aws:kinesis:*:stream/a",
            "arn:aws:kinesis:*",
        ]),
    );
    let who = (prop_oneof![5 => Just("Principal"), 1 => Just("NotPrincipal")], principal());
    (effect, action, resource, who, prop::option::weighted(0.5, conditions())).prop_map(
        move |(effect, action, resource, who, conditions)| {
            let mut statement = json!({ "Effect": effect, action.0: action.1, resource.0: resource.1 });
            if principals {
                let element = if effect == "Allow" { "Principal" } else { who.0 };
                statement[element] = who.1;
            }
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

fn policy(principals: bool) -> impl Strategy<Value = String> {
    prop::collection::vec(statement(principals), 1..4).prop_map(document)
}

fn policies() -> impl Strategy<Value = Texts> {
    let identities = || prop::collection::vec(policy(false), 0..3);
    let resource = (select(&["resource", "key"]), policy(true)).prop_map(|(kind, text)| (kind, text));
    (
        prop::option::weighted(0.2, policy(false)),
        prop::option::weighted(0.2, policy(true)),
        prop::option::of(resource),
        identities(),
        prop::option::weighted(0.3, policy(false)),
        prop::option::weighted(0.3, identities()),
    )
        .prop_map(|(scp, endpoint, resource, identity, boundary, session)| Texts {
            scp: scp.into_iter().collect(),
            endpoint,
            resource,
            identity,
            boundary,
            session,
        })
}

fn context() -> impl Strategy<Value = Context> {
    let one = select(&[
        "alice",
        "a",
        "A",
        "*",
        "",
        "5",
        "7.5",
        "true",
        "10.1.2.3",
        "::1",
        "2026-06-01T00:00:00Z",
        "arn:aws:sns:x:1:t",
    ]);
    let many = prop::collection::vec(select(&["alice", "ab", "", "A"]), 0..3);
    let value = prop_oneof![
        one.prop_map(|one| Values::One(one.to_owned())),
        many.prop_map(|many| Values::Many(many.into_iter().map(str::to_owned).collect())),
    ];
    let key = select(&["a", "b", "tags", "aws:username"]).prop_map(str::to_owned);
    prop::collection::vec((key, value), 0..4).prop_map(Context::new)
}

proptest! {
    #[test]
    fn both_evaluators_decide_alike(
        texts in policies(),
        caller in select(&CALLERS),
        action in select(&["kinesis:PutRecord", "kinesis:GetRecords", "kinesis:PutRecords", "s3:GetObject"]),
        resource in select(&RESOURCES),
        context in context(),
    ) {
        let owner = resource.split(':').nth(4).map(str::to_owned);
        let question =
            Question { texts, who: Who::new(caller, None), action: action.to_owned(), resource: resource.to_owned(), owner, context };
        prop_assert_eq!(shown(judge(&question).0.decision), decide(&question));
    }
}
