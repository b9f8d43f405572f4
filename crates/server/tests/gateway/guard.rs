use crate::harness::{ANYBODY, Ask, ROOT, ROOT_KEY, plain, start};

const ACCOUNT_SETTINGS: &str = "/2016-08-19/account-settings/";

#[tokio::test]
async fn a_drive_by_page_reads_and_changes_nothing() {
    let (_server, address) = start(&["--test-clock"], &[]).await;
    let page = ("origin", "https://evil.example");
    // What a page can send without asking first: a form post, whose body it chooses.
    let form = ("content-type", "text/plain");
    for (method, target, headers, body) in [
        ("POST", "/", &[page, form][..], r#"{"StreamName":"s"}"#),
        ("POST", "/_anabranch/clock", &[page, form], r#"{"advance_ms":1}"#),
        ("POST", "/_anabranch/reset", &[page, form], ""),
        ("POST", "/_anabranch/reset", &[("origin", "null"), form], ""),
        ("OPTIONS", "/", &[page, ("access-control-request-method", "POST")], ""),
        // An image or a script: no Origin, but the browser says whose page it is.
        ("GET", "/metrics", &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], ""),
        ("GET", ACCOUNT_SETTINGS, &[("sec-fetch-site", "same-site")], ""),
    ] {
        let answer = plain(address, method, target, headers, body).await;
        assert_eq!(answer.status, 403, "{method} {target} {headers:?}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        assert!(answer.text().contains("may not call this server"), "{}", answer.text());
    }
}

#[tokio::test]
async fn dns_rebinding_is_known_by_its_host_though_the_request_says_nothing_of_a_page() {
    let (_server, address) = start(&["--test-clock"], &[]).await;
    for target in ["/metrics", "/healthz", ACCOUNT_SETTINGS, "/?Action=GetCallerIdentity&Version=2011-06-15"]
    {
        let rebound = plain(address, "GET", target, &[("host", "evil.example:4566")], "").await;
        assert_eq!(rebound.status, 403, "{target}");
        assert!(rebound.text().contains("host name"), "{}", rebound.text());
    }
    // The page could even sign, since an open server takes any key: the host gives it away all the same.
    let signed = Ask { method: "GET", target: ACCOUNT_SETTINGS, service: "lambda", ..Ask::default() };
    assert_eq!(signed.send(address).await.status, 200);
    assert_eq!(Ask { host: "evil.example", ..signed }.send(address).await.status, 403);
}

#[tokio::test]
async fn pages_that_may_call_are_told_so() {
    let (_server, address) = start(&["--cors-origins", "https://console.example.com"], &[]).await;
    for origin in ["https://console.example.com", "http://localhost:3000"] {
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "x-amz-target"),
        ];
        let preflight = plain(address, "OPTIONS", "/", &asks, "").await;
        assert_eq!(preflight.status, 200);
        assert_eq!(preflight.header("access-control-allow-origin"), Some(origin));
        assert_eq!(preflight.header("access-control-allow-headers"), Some("x-amz-target"));
        let answer = plain(address, "GET", "/readyz", &[("origin", origin)], "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
    }
}

#[tokio::test]
async fn hosts_that_were_named_pass() {
    let arguments = ["--allowed-hosts", "kinesis.example.com", "--public-url", "https://streams.example.com"];
    let (_server, address) = start(&arguments, &[]).await;
    for host in ["kinesis.example.com:4566", "streams.example.com", "anabranch:4566", "127.0.0.1"] {
        assert_eq!(plain(address, "GET", "/readyz", &[("host", host)], "").await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn a_closed_server_goes_by_signatures_and_not_by_hosts() {
    let (_server, address) = start(&[], &[ROOT_KEY]).await;
    let ask = Ask {
        method: "GET",
        target: ACCOUNT_SETTINGS,
        service: "lambda",
        host: "streams.example.com",
        signer: ROOT,
        ..Ask::default()
    };
    assert_eq!(ask.send(address).await.status, 200);
    let stranger = Ask { signer: ANYBODY, ..ask.clone() }.send(address).await;
    assert_eq!(stranger.status, 403);
    assert!(stranger.text().contains("UnrecognizedClientException"), "{}", stranger.text());
    let forger = Ask { signer: (ROOT.0, "guessed"), ..ask }.send(address).await;
    assert!(forger.text().contains("does not match the signature you provided"), "{}", forger.text());
    assert_eq!(plain(address, "GET", ACCOUNT_SETTINGS, &[], "").await.status, 403);
}
