use super::{Document, DocumentKind};

const SYNTAX: &str = "Syntax errors in policy.";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const LEGACY: &str = "The policy failed legacy parsing";
const SID_TWICE: &str = "Statement IDs (SID) in a single policy must be unique.";
const NO_ACTIONS: &str = "Policy statement must contain actions.";
const NO_RESOURCES: &str = "Policy statement must contain resources.";
const NO_VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const COLONS: &str = "Actions/Condition can contain only one colon.";
const VENDOR: &str = "Resource vendor must be fully qualified and cannot contain regexes.";
const IAM_PATH: &str = "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.";

/// What is said of a document; nothing of a good one.
fn refusal(text: &str, kind: DocumentKind) -> String {
    Document::parse(text, kind).err().map(|malformed| malformed.to_string()).unwrap_or_default()
}

/// `text` as the statements of a document of 2012-10-17.
fn statements(text: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#)
}

/// An Allow with these elements.
fn allow(elements: &str) -> String {
    statements(&format!(r#"{{"Effect":"Allow",{elements}}}"#))
}

fn check(cases: &[(&str, &str)], kind: DocumentKind, whole: fn(&str) -> String) {
    for (text, expected) in cases {
        assert_eq!(refusal(&whole(text), kind), *expected, "{text}");
    }
}

#[test]
fn what_has_not_the_form_of_a_policy_is_a_syntax_error() {
    let cases = [
        ("no JSON", SYNTAX),
        ("", SYNTAX),
        ("[]", SYNTAX),
        (r#"{"Version":"2012-10-17"}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":[]}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":["x"]}"#, SYNTAX),
        (r#"{"Version":"2012-10-17","Statement":"x"}"#, SYNTAX),
        (r#"{"Version":"2013-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#, SYNTAX),
        (r#"{"Version":1,"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#, SYNTAX),
        (
            r#"{"Version":"2012-10-17","Id":["x"],"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Version":"2012-10-17","More":"x","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
            SYNTAX,
        ),
        (r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#, VERSION),
        (r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#, VERSION),
        (r#"{"Statement":{"Effect":"denY","Action":"a:b","Resource":"*"}}"#, VERSION),
        (
            r#"{"Statement":[{"Sid":"x","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"x","Effect":"Allow"}]}"#,
            VERSION,
        ),
        (
            r#"{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
            "",
        ),
    ];
    check(&cases, DocumentKind::Identity, str::to_owned);
}

#[test]
fn a_statement_has_known_elements_of_the_right_types() {
    let cases = [
        (r#"{"Action":"a:b","Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"maybe","Action":"a:b","Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","More":1}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","NotAction":"a:c","Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","NotAction":"a:b","Action":[],"Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","NotResource":[]}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":{},"Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":[["a:b"]],"Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":["*",{}]}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":null}"#, SYNTAX),
        (r#"{"Sid":{},"Effect":"Allow","Action":"a:b","Resource":"*"}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":[]}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":"x"}}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"k":{}}}}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"k":[null]}}}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"x":{"k":"1"}}}"#, SYNTAX),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"ForAnyValue::StringEquals":{"k":"1"}}}"#,
            SYNTAX,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"NullIfExists":{"k":"true"}}}"#,
            SYNTAX,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"k":"true","k":"false"}}}"#,
            SYNTAX,
        ),
        (r#"{"Effect":"Allow","Resource":"*","Condition":{"DateGreaterThan":{"k":{}}}}"#, SYNTAX),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"x":{},"y":{}}}"#, ""),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"NumericEquals":{"k":[1,2.5,true,"x"]}}}"#,
            "",
        ),
        (
            r#"[{"Effect":"Allow","Action":"a:b","Resource":"*"},{"Effect":"Deny","NotAction":["a:b"],"NotResource":["*"]}]"#,
            "",
        ),
    ];
    check(&cases, DocumentKind::Identity, statements);
}

#[test]
fn legacy_parsing_looks_at_effects_dates_addresses_and_colons() {
    let cases = [
        (r#"{"Effect":"allow","Action":"a:b","Resource":"*"}"#, LEGACY),
        (r#"{"Effect":"allow","Resource":"arn:aws:s3:us-east-1::b"}"#, LEGACY),
        (
            r#"[{"Sid":"x","Effect":"aLLow","Action":"a:b","Resource":"*"},{"Sid":"x","Effect":"Allow"}]"#,
            LEGACY,
        ),
        (r#"{"Effect":"Allow","Condition":{"DateGreaterThan":{"k":"soon"}}}"#, LEGACY),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"arn:error:s3:::b","Condition":{"DateLessThan":{"k":["2020-01-01","soon"]}}}"#,
            LEGACY,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"k":"9223372036854775808"}}}"#,
            LEGACY,
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"IpAddress":{"k":"10.0.0.0/40"}}}"#,
            LEGACY,
        ),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3::b"}"#, LEGACY),
        (r#"{"Effect":"Allow","Resource":"arn:aws:s3::b"}"#, LEGACY),
        (r#"{"Effect":"Allow","Action":"a:b","NotResource":["*","arn:aws:s3::b"]}"#, LEGACY),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"arn:aws::::b"}"#, LEGACY),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"arn:aws::b"}"#, LEGACY),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"k":"01T"}}}"#, ""),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"k":[]}}}"#, ""),
    ];
    check(&cases, DocumentKind::Identity, statements);
}

#[test]
fn sids_are_checked_before_actions_and_actions_before_resources() {
    let cases = [
        (
            r#"[{"Sid":"x","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"x","Effect":"Allow"}]"#,
            SID_TWICE,
        ),
        (r#"[{"Effect":"Deny"},{"Effect":"Allow","Action":"a:b","Resource":"*"}]"#, NO_ACTIONS),
        (r#"{"Effect":"Allow"}"#, NO_ACTIONS),
        (r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#, NO_ACTIONS),
        (r#"{"Effect":"Allow","Resource":"arn:aws:s3:::b"}"#, NO_ACTIONS),
        (
            r#"{"Effect":"Allow","Action":"s:3:x","Resource":"x"}"#,
            "Resource x must be in ARN format or \"*\".",
        ),
        (r#"{"Effect":"Allow","Action":"invalid"}"#, NO_VENDOR),
        (r#"{"Effect":"Allow","Action":"a:b"}"#, NO_RESOURCES),
        (r#"{"Effect":"Allow","Action":"a:b","Resource":[]}"#, NO_RESOURCES),
        (r#"{"Effect":"Allow","Action":"a:b","Principal":"*"}"#, NO_RESOURCES),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Principal":"*"}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","NotPrincipal":{"AWS":"*"}}"#,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Sid":"a b","Effect":"Allow","Action":"a:b","Resource":"*"}"#,
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*",
        ),
        (
            r#"[{"Sid":"","Effect":"Allow","Action":"a:b","Resource":"*"},{"Sid":"","Effect":"Allow","Action":"a:b","Resource":"*"}]"#,
            "",
        ),
    ];
    check(&cases, DocumentKind::Identity, statements);
}

#[test]
fn resources_are_arns_or_a_star() {
    let cases = [
        (r#""Resource":"""#, "Resource  must be in ARN format or \"*\"."),
        (r#""Resource":["adf"]"#, "Resource adf must be in ARN format or \"*\"."),
        (r#""Resource":"a:b""#, "Partition \"b\" is not valid for resource \"arn:b:*:*:*:*\"."),
        (r#""Resource":"a:b:c""#, "Partition \"b\" is not valid for resource \"arn:b:c:*:*:*\"."),
        (
            r#""Resource":"a:b:c:d:e:f:g:h""#,
            "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\".",
        ),
        (r#""Resource":"aws:s3:::b""#, "Partition \"s3\" is not valid for resource \"arn:s3:::b:*\"."),
        (
            r#""Resource":["arn:error:s3:::b","arn:error:s3::b"]"#,
            "Partition \"error\" is not valid for resource \"arn:error:s3:::b\".",
        ),
        (r#""Resource":"arn:aws""#, VENDOR),
        (r#""Resource":"arn:aws:*""#, VENDOR),
        (r#""Resource":"arn:aws:iam:::b""#, IAM_PATH),
        (
            r#""Resource":"arn:aws:iam:us-east-1::b""#,
            "IAM resource arn:aws:iam:us-east-1::b cannot contain region information.",
        ),
        (
            r#""Resource":"arn:aws:s3:us-east-1::b""#,
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (r#""Resource":"arn:aws:fdsasf""#, ""),
        (r#""Resource":"arn:aws:iam:::user/b""#, ""),
        (r#""Resource":"arn:aws:iam::*:mfa/${aws:username}""#, ""),
        (r#""Resource":"arn:aws:iam::111111111111:*""#, ""),
        (r#""Resource":"arn:aws:ec2:us-east-1::b""#, ""),
        (r#""Resource":"arn:aws:nothing:::b""#, ""),
        (r#""Resource":["arn:*:kinesis:*:*:*","arn:aws-cn:s3:::b","*"]"#, ""),
        (r#""Resource":"arn:aws:s3:us-east-1:111111111111:accesspoint/x""#, ""),
        (r#""NotResource":"adf""#, "Resource adf must be in ARN format or \"*\"."),
    ];
    check(&cases, DocumentKind::Identity, |elements| allow(&format!(r#""Action":"a:b",{elements}"#)));
}

#[test]
fn actions_have_a_vendor() {
    let cases = [
        (r#""Action":"invalid""#, NO_VENDOR),
        (r#""NotAction":"""#, NO_VENDOR),
        (r#""Action":["a:b","**"]"#, NO_VENDOR),
        (r#""Action":"a a:List""#, "Vendor a a is not valid"),
        (r#""Action":"s*:List""#, "Vendor s* is not valid"),
        (r#""Action":":List""#, "Vendor  is not valid"),
        (r#""Action":"s3:List:Bucket""#, COLONS),
        (r#""Action":"iam: odd but taken ""#, ""),
        (r#""Action":["*","*:*","s3-s:x","s3.s:x","kinesis:*"]"#, ""),
    ];
    check(&cases, DocumentKind::Identity, |elements| allow(&format!(r#"{elements},"Resource":"*""#)));
}

#[test]
fn a_resource_policy_has_principals() {
    let cases = [
        (r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"a:b","Resource":"*"}}"#, ""),
        (
            r#"{"Version":"2008-10-17","Statement":{"Sid":"any text","Effect":"Deny","NotPrincipal":{"AWS":"111111111111"},"Action":"a:b","Resource":"*"}}"#,
            "",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#,
            "Missing required field Principal",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{},"Action":"a:b","Resource":"*"}}"#,
            "Missing required field Principal cannot be empty!",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"111111111111","Action":"a:b","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":"a:b","Resource":"*"}}"#,
            SYNTAX,
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"a:b","Resource":"*"}}"#,
            "Invalid principal in policy: \"AWS\":\"alice\"",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{"Aws":"*"},"Action":"a:b","Resource":"*"}}"#,
            "Invalid principal in policy: \"Aws\":\"*\"",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"a:b","Resource":"*"}}"#,
            "Allow with NotPrincipal is not allowed.",
        ),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"a:b"}}"#, NO_RESOURCES),
    ];
    check(&cases, DocumentKind::Resource, str::to_owned);
}

#[test]
fn a_trust_policy_names_who_and_how_and_no_resource() {
    let cases = [
        ("{", "This policy contains invalid Json"),
        (r#"{"Version":"2012-10-17","Statement":[]}"#, "Could not parse the policy: Statement is empty!"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
            "",
        ),
        (
            r#"{"Version":"2008-10-17","Statement":[{"Sid":"","Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#,
            "",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}}"#,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","NotResource":"*"}}"#,
            "AssumeRole policy must not contain resources.",
        ),
        (r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#, "Missing required field Principal"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}}"#,
            "Missing required field Principal cannot be empty!",
        ),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*"}}"#, "Missing required field Action"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","NotAction":"sts:AssumeRole"}}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","s3:GetObject"]}}"#,
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#,
            "Allow with NotPrincipal is not allowed.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:role/x"},"Action":"sts:AssumeRole"}}"#,
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/x\"",
        ),
        (r#"{"Statement":{"Effect":"allow","Principal":"*","Action":"sts:AssumeRole"}}"#, LEGACY),
        (r#"{"Statement":"x"}"#, SYNTAX),
    ];
    check(&cases, DocumentKind::Trust, str::to_owned);
}

#[test]
fn a_document_that_is_too_long_or_too_deep_is_refused_before_it_is_read() {
    let padding = " ".repeat(131_072);
    let long = allow(&format!(r#""Action":"a:b",{padding}"Resource":"*""#));
    assert_eq!(refusal(&long, DocumentKind::Identity), SYNTAX);
    let deep = allow(&format!(r#""Action":{}"#, "[".repeat(60_000)));
    assert_eq!(refusal(&deep, DocumentKind::Identity), SYNTAX);
}

#[test]
fn a_document_tells_its_keys_and_sids() {
    let text = statements(
        r#"[{"Sid":"One","Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${aws:username}/${aws:PrincipalTag/Team, 'x'}","Condition":{"StringLike":{"s3:prefix":["${aws:userid}","${aws:UserName}"]}}},
            {"Effect":"Deny","Action":"a:b","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:${aws:RequestTag/t}"},"Bool":{"S3:Prefix":"true"}}}]"#,
    );
    let document = Document::parse(&text, DocumentKind::Identity).unwrap();
    let keys: std::collections::BTreeSet<_> = document.context_keys().into_iter().collect();
    let expected = [
        "S3:Prefix",
        "aws:PrincipalTag/Team",
        "aws:RequestTag/t",
        "aws:SourceArn",
        "aws:UserName",
        "aws:userid",
    ];
    assert_eq!(keys, expected.into());
    assert_eq!((document.sid(0), document.sid(1), document.sid(2)), (Some("One"), None, None));
}

proptest::proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(text in "[\\[\\]{}:,\"a-zA-Z$*?'/ 0-9.-]{0,80}", kind in 0_usize..3) {
        let kind = [DocumentKind::Identity, DocumentKind::Resource, DocumentKind::Trust][kind];
        let _ = Document::parse(&text, kind);
        let text = serde_json::to_string(&text).unwrap();
        let _ = Document::parse(&allow(&format!(r#""Action":{text},"Resource":"*""#)), kind);
        let _ = Document::parse(&allow(&format!(r#""Action":"a:b","Resource":{text}"#)), kind);
        let _ = Document::parse(&allow(&format!(r#""Action":"sts:b","Principal":{{"AWS":{text}}}"#)), kind);
        for operator in ["DateEquals", "IpAddress", "StringLike", "ArnLike", "NumericEquals", "BinaryEquals"] {
            let elements = format!(r#""Action":"a:b","Resource":"*","Condition":{{"{operator}":{{"k":{text}}}}}"#);
            let _ = Document::parse(&allow(&elements), kind);
        }
    }
}
