//! Query requests beside form_urlencoded, XML answers, and what REST puts into paths and query strings.
#![no_main]

use anabranch_api::{cloudwatch, sts};
use anabranch_fuzz::one_of;
use anabranch_wire::Protocol::{Query, RpcV2Cbor};
use anabranch_wire::query;
use anabranch_wire::restjson::{self, Template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, body) = input;
    one_of!(
        choice,
        request(Query, body, &[Query]),
        [
            cloudwatch::PutMetricData,
            cloudwatch::GetMetricStatistics,
            sts::GetCallerIdentity,
            sts::GetAccessKeyInfo
        ]
    );
    one_of!(
        choice,
        request(Query, body, &[RpcV2Cbor]),
        [cloudwatch::PutMetricData, cloudwatch::GetMetricStatistics]
    );
    one_of!(
        choice,
        answer(Query, body, &[]),
        [cloudwatch::GetMetricStatistics, sts::GetCallerIdentity, sts::GetAccessKeyInfo]
    );
    let error = Query.read_error(None, body.to_vec().into());
    assert!(!error.code.contains(['#', ':']));
    if let Ok(text) = std::str::from_utf8(body) {
        parameters(text);
        rest(text);
    }
});

/// The first parameter of each name, as form_urlencoded reads it.
fn parameters(form: &str) {
    if query::well_formed(form.as_bytes()).is_err() {
        return;
    }
    for raw in form.split('&') {
        let (name, _) = raw.split_once('=').unwrap_or((raw, ""));
        if name.contains(['%', '+']) || name.is_empty() {
            continue;
        }
        let first = form.split('&').find(|pair| pair.split_once('=').unwrap_or((pair, "")).0 == name);
        let known = form_urlencoded::parse(first.unwrap_or_default().as_bytes()).next();
        let theirs = known.map(|(_, value)| value.into_owned()).unwrap_or_default();
        match query::parameter(form, name) {
            Some(ours) => assert_eq!(ours, theirs),
            None => assert!(theirs.contains(char::REPLACEMENT_CHARACTER), "{name} is {theirs:?}"),
        }
    }
}

fn rest(text: &str) {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    for template in ["/", "/a/{Label}", "/{Label}/{Greedy+}/end", "/tags/{Arn+}?mode=x"] {
        let template = Template::new(template);
        let Some(labels) = template.matches(path, query) else { continue };
        let label = |name: &str| labels.iter().find(|(known, _)| *known == name).map(|(_, value)| &**value);
        let (path, query) = template.fill(label).expect("all labels are there");
        assert_eq!(template.matches(&path, &query).as_ref(), Some(&labels));
    }
    if let Ok(pairs) = restjson::query(query) {
        let mut written = String::new();
        pairs.iter().for_each(|(name, value)| restjson::write_query(&mut written, name, value));
        assert_eq!(restjson::query(&written).as_ref(), Ok(&pairs));
    }
}
