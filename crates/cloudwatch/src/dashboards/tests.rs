use std::sync::Arc;

use anabranch_api::cloudwatch::{DeleteDashboards, Error, GetDashboard, ListDashboards, PutDashboard};
use anabranch_api::{ApiError, Context, Serve as _};
use anabranch_catalog::MemoryCatalog;

use super::Dashboards;
use super::body::{Findings, check};
use crate::tests::context;

fn dashboards() -> (Dashboards, Context) {
    (Dashboards::new(Arc::new(MemoryCatalog::default())), context("111111111111"))
}

fn put(name: &str, body: &str) -> PutDashboard {
    PutDashboard { dashboard_name: name.into(), dashboard_body: body.into(), tags: None }
}

fn code(error: Error) -> (String, String) {
    let error = ApiError::from(error);
    (error.code.to_string(), error.message.unwrap_or_default().to_string())
}

const WIDGET: &str =
    r#"{"widgets":[{"type":"text","x":0,"y":0,"width":6,"height":6,"properties":{"markdown":"hello"}}]}"#;

#[tokio::test]
async fn dashboards_are_kept_listed_and_deleted_together_or_not_at_all() {
    let (dashboards, cx) = dashboards();
    for name in ["a-1", "a-2", "b"] {
        let told = dashboards.serve(&cx, put(name, WIDGET)).await.unwrap();
        assert_eq!(told.dashboard_validation_messages, Some(vec![]));
    }
    let got = dashboards.serve(&cx, GetDashboard { dashboard_name: "b".into() }).await.unwrap();
    assert_eq!(got.dashboard_arn.as_deref(), Some("arn:aws:cloudwatch::111111111111:dashboard/b"));
    assert_eq!(got.dashboard_body.as_deref(), Some(WIDGET));
    let names = async |prefix: Option<&str>| -> Vec<String> {
        let request = ListDashboards { dashboard_name_prefix: prefix.map(Into::into), next_token: None };
        let listed = dashboards.serve(&cx, request).await.unwrap().dashboard_entries.unwrap();
        listed.into_iter().map(|entry| entry.dashboard_name.unwrap().to_string()).collect()
    };
    assert_eq!(names(Some("a-")).await, ["a-1", "a-2"]);
    let delete =
        |names: &[&str]| DeleteDashboards { dashboard_names: names.iter().map(|n| (*n).into()).collect() };
    let refused = dashboards.serve(&cx, delete(&["a-1", "nobody"])).await.unwrap_err();
    assert_eq!(
        code(refused),
        ("DashboardNotFoundError".to_owned(), "Dashboard nobody does not exist".to_owned())
    );
    assert_eq!(names(None).await.len(), 3);
    dashboards.serve(&cx, delete(&["a-1", "b"])).await.unwrap();
    assert_eq!(names(None).await, ["a-2"]);
    let other = context("222222222222");
    assert!(dashboards.serve(&other, GetDashboard { dashboard_name: "a-2".into() }).await.is_err());
}

#[tokio::test]
async fn what_is_no_dashboard_is_refused() {
    let (dashboards, cx) = dashboards();
    let refused =
        async |name: &str, body: &str| code(dashboards.serve(&cx, put(name, body)).await.unwrap_err());
    assert_eq!(refused("a b", WIDGET).await.0, "DashboardInvalidInputError");
    for body in ["", "[]", "{"] {
        assert_eq!(refused("a", body).await.1, "The field DashboardBody must be a valid JSON object");
    }
    let (_, sentence) = refused("a", "{}").await;
    assert!(
        sentence.starts_with("The dashboard body is invalid, there are 1 validation errors:\n["),
        "{sentence}"
    );
}

#[test]
fn what_is_wrong_in_a_body_is_told_with_its_place() {
    let told = |findings: &Findings| -> Vec<String> {
        findings.errors.iter().map(|finding| format!("{} {}", finding.path, finding.message)).collect()
    };
    let cases = [
        (r#"{"widgets":{}}"#, "/widgets Should be array"),
        (r#"{"widgets":[1]}"#, "/widgets/0 Should be object"),
        (r#"{"widgets":[{"properties":{}}]}"#, "/widgets/0 Should have required property 'type'"),
        (
            r#"{"widgets":[{"type":"pie","properties":{}}]}"#,
            "/widgets/0/type Should be equal to one of the allowed values",
        ),
        (r#"{"widgets":[{"type":"text"}]}"#, "/widgets/0 Should have required property 'properties'"),
        (
            r#"{"widgets":[{"type":"text","properties":{}}]}"#,
            "/widgets/0/properties Should have required property 'markdown'",
        ),
        (
            r#"{"widgets":[{"type":"text","x":24,"properties":{"markdown":""}}]}"#,
            "/widgets/0/x Should be between 0 and 23",
        ),
        (
            r#"{"widgets":[{"type":"text","width":"1","properties":{"markdown":""}}]}"#,
            "/widgets/0/width Should be integer",
        ),
        (
            r#"{"widgets":[{"type":"metric","properties":{}}]}"#,
            "/widgets/0/properties Should have required property 'metrics'",
        ),
        (
            r#"{"widgets":[{"type":"metric","properties":{"metrics":[["N"]]}}]}"#,
            "/widgets/0/properties/metrics/0 Should NOT have less than 2 items",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(told(&check(body).unwrap()), [expected], "{body}");
    }
    let legal = r#"{"start":"-PT3H","odd":1,"widgets":[{"type":"metric","properties":{"region":"us-east-1","metrics":[["N","M"],[{"expression":"m1*2"}]]}}]}"#;
    let found = check(legal).unwrap();
    assert_eq!((found.errors.len(), found.warnings.len()), (0, 1));
    assert!(check("7").is_none());
}
