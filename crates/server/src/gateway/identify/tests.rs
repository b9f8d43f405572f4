use anabranch_wire::Protocol;

use super::*;

/// What a head asks for, as `service.Operation protocol`, or why it asks for nothing.
fn asked(method: &str, uri: &str, headers: &[(&str, &str)]) -> String {
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let head = request.body(()).expect("a legal request").into_parts().0;
    match from_head(&head) {
        Head::Asked(asked) => shown(&asked),
        Head::Form(_) => "form".to_owned(),
        Head::NoSuchOperation(protocol, service) => {
            format!("{}? {protocol:?}", service.map_or("", |s| s.name))
        }
        Head::Nothing => "nothing".to_owned(),
    }
}

fn shown(asked: &Asked) -> String {
    format!("{}.{} {:?}", asked.service.name, asked.operation.name, asked.protocol)
}

fn signed_for(service: &str) -> (&'static str, String) {
    let scope =
        format!("AWS4-HMAC-SHA256 Credential=AK/20260102/us-east-1/{service}/aws4_request, Signature=0");
    ("authorization", scope)
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.1");
const RPC: (&str, &str) = ("smithy-protocol", "rpc-v2-cbor");

#[test]
fn the_head_says_what_is_asked() {
    let lambda = signed_for("lambda");
    let lambda = (lambda.0, lambda.1.as_str());
    let rpc = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
    for (method, uri, headers, wanted) in [
        (
            "POST",
            "/",
            &[JSON, ("x-amz-target", "Kinesis_20131202.PutRecord")][..],
            "kinesis.PutRecord Json11",
        ),
        (
            "POST",
            "/any/path",
            &[
                ("content-type", "application/x-amz-cbor-1.1"),
                ("x-amz-target", "Kinesis_20131202.ListShards"),
            ],
            "kinesis.ListShards Cbor11",
        ),
        (
            "POST",
            "/",
            &[("content-type", "application/json"), ("x-amz-target", "Kinesis_20131202.ListShards")],
            "kinesis.ListShards Json11",
        ),
        ("POST", "/", &[JSON, ("x-amz-target", "Kinesis_20131202.Nope")], "kinesis? Json11"),
        ("POST", "/", &[JSON, ("x-amz-target", "Nope")], "? Json11"),
        ("POST", "/", &[JSON], "? Json11"),
        ("POST", "/", &[("x-amz-target", "Kinesis_20131202.PutRecord")], "nothing"),
        ("POST", rpc, &[RPC], "cloudwatch.PutMetricData RpcV2Cbor"),
        ("POST", "/service/Nope/operation/PutMetricData", &[RPC], "? RpcV2Cbor"),
        ("POST", "/", &[("content-type", "application/x-www-form-urlencoded; charset=utf-8")], "form"),
        ("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", &[], "form"),
        ("GET", "/2016-08-19/account-settings/", &[lambda], "lambda.GetAccountSettings RestJson"),
        ("GET", "/2016-08-19/account-settings", &[], "lambda.GetAccountSettings RestJson"),
        ("GET", "/nope", &[lambda], "? RestJson"),
        ("GET", "/", &[], "nothing"),
        ("PUT", "/", &[JSON], "nothing"),
    ] {
        assert_eq!(asked(method, uri, headers), wanted, "{method} {uri} {headers:?}");
    }
}

#[test]
fn the_signatures_service_goes_before_the_path() {
    let kinesis = signed_for("kinesis");
    let headers = [(kinesis.0, kinesis.1.as_str())];
    assert_eq!(asked("GET", "/2016-08-19/account-settings/", &headers), "nothing");
    let presigned =
        "/2016-08-19/account-settings/?X-Amz-Credential=AK%2F20260102%2Fus-east-1%2Fkinesis%2Faws4_request";
    assert_eq!(asked("GET", presigned, &[]), "nothing");
}

#[test]
fn a_form_is_asked_for_its_action() {
    let of = |form| from_form(Candidates::of(None), form).map(|asked| shown(&asked));
    assert_eq!(
        of("Action=GetCallerIdentity&Version=2011-06-15").as_deref(),
        Ok("sts.GetCallerIdentity Query")
    );
    assert_eq!(
        of("Version=2010-08-01&Action=PutMetricData").as_deref(),
        Ok("cloudwatch.PutMetricData Query")
    );
    let unknown = of("Action=GetCallerIdentity&Version=1999-01-01");
    assert_eq!(unknown.err().and_then(|u| u.version).as_deref(), Some("1999-01-01"));
    assert_eq!(of("Version=2011-06-15").err().and_then(|u| u.action), None);
}

#[test]
fn every_operation_of_the_models_is_found_by_what_an_sdk_sends() {
    for service in services() {
        let scope = signed_for(service.signing_name);
        let scope = (scope.0, scope.1.as_str());
        for operation in service.operations {
            for protocol in service.protocols {
                let wanted = format!("{}.{} {protocol:?}", service.name, operation.name);
                let target = format!("{}.{}", service.target_prefix.unwrap_or_default(), operation.name);
                let rpc = format!(
                    "/service/{}/operation/{}",
                    service.rpc_service_name.unwrap_or_default(),
                    operation.name
                );
                let content = ("content-type", protocol.content_type());
                let path = operation.http_uri.replace(['{', '}', '+'], "");
                let found = match protocol {
                    Protocol::Json10 | Protocol::Json11 | Protocol::Cbor11 => {
                        asked("POST", "/", &[scope, content, ("x-amz-target", &target)])
                    }
                    Protocol::RpcV2Cbor => asked("POST", &rpc, &[scope, RPC]),
                    Protocol::RestJson => asked(operation.http_method, &path, &[scope]),
                    Protocol::Query => {
                        let form = format!("Action={}&Version={}", operation.name, service.api_version);
                        let candidates = Candidates::of(Some(service.signing_name));
                        from_form(candidates, &form).map_or_else(|_| "form".to_owned(), |asked| shown(&asked))
                    }
                };
                assert_eq!(found, wanted);
            }
        }
    }
}
