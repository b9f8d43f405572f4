//! What comes in by VPC endpoints.

use anabranch_api::VpcEndpoint;

use super::*;
use crate::EndpointPolicies;

const ENDPOINT: &str = "vpce-0a1b";

fn by(endpoint: &str, cx: Context) -> Context {
    let endpoint = VpcEndpoint { id: endpoint.to_owned(), vpc: Some("vpc-7".to_owned()) };
    Context { endpoint: Some(Arc::new(endpoint)), ..cx }
}

fn policies(text: &str) -> EndpointPolicies {
    [(ENDPOINT.to_owned(), Arc::new(Document::parse(text, DocumentKind::Resource).unwrap()))].into()
}

#[test]
fn an_endpoints_policy_is_the_most_that_anybody_may_there() {
    let text = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"kinesis:Put*","Resource":"*"},
        {"Effect":"Deny","Principal":"*","Action":"kinesis:PutRecords","Resource":"*"}]}"#;
    let authority = Authority::behind(no_identities(), policies(text));
    let root = || context("111111111111");
    let refused = |cx: &Context, action: &'static str| {
        let resource = Resource { action, arn: STREAM.to_owned() };
        // Twice, so that what was kept is asked too.
        let first = authority.authorize(cx, std::slice::from_ref(&resource), &ConditionKeys::new());
        let again = authority.authorize(cx, &[resource], &ConditionKeys::new());
        let told = |result: Result<(), anabranch_api::ApiError>| result.err().and_then(|error| error.message);
        assert_eq!(told(first.clone()), told(again));
        told(first).map(|sentence| sentence.rsplit_once("stream/s ").unwrap().1.to_owned())
    };
    let none = Some("because no VPC endpoint policy allows the kinesis:GetRecords action".to_owned());
    let explicit = Some("with an explicit deny in a VPC endpoint policy".to_owned());
    assert_eq!(refused(&by(ENDPOINT, root()), PUT), None);
    assert_eq!(refused(&by(ENDPOINT, root()), "kinesis:GetRecords"), none);
    assert_eq!(refused(&by(ENDPOINT, root()), "kinesis:PutRecords"), explicit);
    assert_eq!(refused(&by("vpce-other", root()), "kinesis:GetRecords"), None, "it has no policy");
    assert_eq!(refused(&root(), "kinesis:GetRecords"), None, "it came in by no endpoint");
}

#[tokio::test]
async fn conditions_see_the_endpoint_and_not_the_address_of_the_internet() {
    let f = Fixture::new(Streams::default());
    let cases = [
        ("StringEquals", "aws:SourceVpce", ENDPOINT, true, false),
        ("StringEquals", "aws:SourceVpc", "vpc-7", true, false),
        ("IpAddress", "aws:VpcSourceIp", "127.0.0.0/8", true, false),
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", false, true),
    ];
    for (operator, key, value, at_endpoint, elsewhere) in cases {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"{operator}":{{"{key}":"{value}"}}}}}}}}"#
        );
        with_alice(&f.identities, &text).await;
        for _ in 0..2 {
            assert_eq!(f.may(&by(ENDPOINT, alice(&f.identities)), PUT, STREAM), at_endpoint, "{key}");
            assert_eq!(f.may(&alice(&f.identities), PUT, STREAM), elsewhere, "{key}");
        }
    }
}
