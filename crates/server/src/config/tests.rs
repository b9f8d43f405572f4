use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::config::{ConfigError, Secret, Settings, resolve};

/// Resolves `anabranch serve ARGS` with these variables.
fn settings(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let line = ["anabranch", "serve"].iter().chain(arguments);
    let matches = Cli::command().try_get_matches_from(line).expect("the arguments parse");
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    let serve = matches.subcommand_matches("serve").expect("it is `serve`");
    resolve(serve, &|name| variables.get(name).map(OsString::from))
}

fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let refused = settings(arguments, variables).and_then(|settings| settings.check_listeners());
    refused.map_or_else(|error| error.to_string(), |()| String::new())
}

fn file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("anabranch.toml");
    std::fs::write(&path, text).expect("the file is written");
    let path = path.display().to_string();
    (dir, path)
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let (_dir, path) = file("region = \"eu-west-1\"\nlimits = \"off\"\ntransition-delay = 5\n");
    let shown = settings(
        &["--config", &path, "--region", "ap-south-1"],
        &[("ANABRANCH_REGION", "us-west-2"), ("ANABRANCH_LIMITS", "shards"), ("ANABRANCH_LOG", "info")],
    )
    .expect("the settings hold")
    .show();
    for line in [
        "region = \"ap-south-1\"  # command line".to_owned(),
        "limits = \"shards\"  # ANABRANCH_LIMITS".to_owned(),
        format!("transition-delay = 5  # {path}"),
        "log-level = \"info\"  # ANABRANCH_LOG".to_owned(),
        "listen = \"127.0.0.1:4566\"  # default".to_owned(),
    ] {
        assert!(shown.lines().any(|l| l == line), "{line} is missing in\n{shown}");
    }
}

#[test]
fn what_is_shown_can_be_used_as_a_file() {
    let first = settings(&["--open-network", "--cors-origins", "https://a.example,https://b.example"], &[]);
    let (_dir, path) = file(&first.expect("the settings hold").show());
    let again = settings(&["--config", &path], &[]).expect("what was shown is legal");
    assert!(again.flags.open_network);
    assert_eq!(again.flags.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn a_secret_is_shown_as_stars() {
    let settings = settings(&[], &[("ANABRANCH_ROOT_KEY", "AKIAPLANTED:planted-secret")]).expect("it holds");
    assert!(settings.closed());
    for text in [settings.show(), format!("{settings:?}")] {
        assert!(text.contains("***") && !text.to_lowercase().contains("planted"), "{text}");
    }
}

#[test]
fn a_master_key_is_32_bytes_from_one_place() {
    let key = "//////////////////////////////////////////8=";
    let settings = settings(&[], &[("ANABRANCH_MASTER_KEY", key)]).expect("it holds");
    for text in [settings.show(), format!("{settings:?}")] {
        assert!(!text.contains("//////"), "{text}");
    }
    let sentence = refusal(&[], &[("ANABRANCH_MASTER_KEY", "AAAA")]);
    assert!(sentence.contains("base64 of 32 bytes") && !sentence.contains("AAAA"), "{sentence}");
    let twice = refusal(&["--master-key-file", "k"], &[("ANABRANCH_MASTER_KEY", key)]);
    assert!(twice.contains("leave one of them out"), "{twice}");
    assert!(refusal(&["--ephemeral", "--master-key-file", "k"], &[]).contains("--master-key-file"));
}

#[test]
fn streams_are_named_by_the_file_and_by_the_variables_of_others() {
    let (_dir, path) =
        file("fault = [\"throttle=0.5\", \"PutRecord:error=1\"]\n[[streams]]\nname = \"a\"\nshards = 2\n");
    let variables = &[("INITIALIZE_STREAMS", "b:1"), ("KINESIS_INITIALIZE_STREAMS", "c")][..];
    let first = settings(&["--config", &path], variables).expect("the settings hold");
    let names = |s: &Settings| s.initial_streams.iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["a", "b", "c"]);
    assert_eq!(first.flags.fault.len(), 2);
    let (_dir, path) = file(&first.show());
    assert_eq!(
        names(&settings(&["--config", &path], &[]).expect("what was shown is legal")),
        ["a", "b", "c"]
    );
    let sentence = refusal(&[], &[("KINESIS_INITIALIZE_STREAMS", "a:none")]);
    assert!(sentence.contains("KINESIS_INITIALIZE_STREAMS") && sentence.contains("a:none"), "{sentence}");
}

#[test]
fn an_unknown_key_is_refused() {
    let (_dir, path) = file("regoin = \"eu-west-1\"");
    assert!(refusal(&["--config", &path], &[]).contains("unknown key `regoin`"));
}

#[test]
fn a_wrong_value_is_blamed_on_its_place() {
    let (_dir, path) = file("durability = \"often\"");
    assert!(refusal(&["--config", &path], &[]).starts_with("configuration file "));
    let sentence = refusal(&[], &[("ANABRANCH_LIMITS", "none")]);
    assert!(sentence.starts_with("environment variable ANABRANCH_LIMITS: "), "{sentence}");
    assert!(sentence.contains("expected `shards`, `aws` or `off`"), "{sentence}");
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    for arguments in [
        &["--ephemeral", "--data-dir", "/tmp/x"][..],
        &["--ephemeral", "--durability", "memory"],
        &["--tls-cert", "a.pem"],
        &["--tls", "off", "--tls-cert", "a.pem", "--tls-key", "a.key"],
    ] {
        assert_ne!(refusal(arguments, &[]), "", "{arguments:?}");
    }
}

#[test]
fn a_listener_beyond_loopback_is_closed_and_on_tls_or_says_so() {
    let key = &[("ANABRANCH_ROOT_KEY", "k:s")][..];
    for (arguments, variables, taken) in [
        (&["--listen", "0.0.0.0:4566"][..], &[][..], false),
        (&["--listen", "[::]:4566"], &[], false),
        (&["--listen", "127.0.0.1:1,192.0.2.1:1"], &[], false),
        (&["--listen", "0.0.0.0:4566"], key, false),
        (&["--listen", "0.0.0.0:4566", "--tls", "required"], &[], false),
        (&["--listen", "0.0.0.0:4566", "--tls", "required"], key, true),
        (&["--listen", "0.0.0.0:4566", "--open-network"], &[], true),
        (&["--listen", "[::1]:4566"], &[], true),
    ] {
        let sentence = refusal(arguments, variables);
        assert_eq!(sentence.is_empty(), taken, "{arguments:?}: {sentence}");
        assert!(taken || sentence.contains("--open-network"), "{sentence}");
    }
}

const MANUALS: [&str; 2] =
    [include_str!("../../../../docs/from-localstack.md"), include_str!("../../../../docs/operations.md")];

/// The flags a page names, but for other programs': those in the first column of its tables, those of the AWS CLI.
fn flags_named(page: &str) -> impl Iterator<Item = &str> {
    let told = page
        .lines()
        .filter(|line| !line.starts_with("aws "))
        .map(|line| if line.starts_with('|') { line.splitn(3, '|').nth(2).unwrap_or("") } else { line });
    let words = told.flat_map(|text| text.split(|c: char| !(c.is_ascii_lowercase() || c == '-')));
    words.filter(|word| word.starts_with("--") && word.chars().any(|c| c != '-'))
}

/// The flags of a command and of the commands below it.
fn flags_of(command: &clap::Command) -> Vec<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned);
    own.chain(command.get_subcommands().flat_map(flags_of)).collect()
}

#[test]
fn every_flag_that_the_manuals_name_is_one() {
    let known = flags_of(&Cli::command());
    for page in MANUALS {
        assert!(flags_named(page).count() > 5);
        for flag in flags_named(page) {
            assert!(
                known.iter().any(|known| flag == format!("--{known}")),
                "{flag} is named, and is no flag"
            );
        }
    }
    for variable in ["INITIALIZE_STREAMS", "KINESIS_INITIALIZE_STREAMS"] {
        assert!(MANUALS[0].contains(&format!("`{variable}=")), "{variable} is not explained");
    }
}

#[test]
fn the_clients_that_are_run_name_the_endpoint_as_the_page_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = include_str!("../../../../docs/clients.md");
    let mut run = 0;
    for line in page.lines().filter(|line| line.contains("| `acceptance/")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, client, _, code, paths, _] = cells[..] else { panic!("{line}") };
        let read = |path: &str| {
            std::fs::read_to_string(root.join(path.trim_matches('`'))).expect("the client is there")
        };
        let source: String = paths.split(", ").map(read).collect();
        if !code.starts_with('`') || code.contains("(consumers.md)") {
            continue; // It has no endpoint of its own, or is run with the lines of that page.
        }
        let words = ["--endpoint-url", "endpoint_url", "endpointOverride", "BaseEndpoint", "endpoint"];
        let word = words.iter().find(|word| code.contains(**word)).expect("the line sets an endpoint");
        assert!(source.contains(word), "{client} is not run with {word}");
        run += 1;
    }
    assert_eq!(run, 8);
}

#[test]
fn a_secret_is_wiped_when_dropped_and_never_printed() {
    fn is_wiped_when_dropped<T: zeroize::ZeroizeOnDrop>() {}
    is_wiped_when_dropped::<Secret>();
    assert_eq!(format!("{:?}", Secret::new("s3cret".to_owned())), "***");
}

#[test]
fn the_master_key_is_had_in_one_way() {
    let kms = ["--master-key-kms", "alias/a", "--master-key-kms-endpoint", "https://kms.example.com"];
    let both = |more: &[&'static str]| [&kms[..], more].concat();
    assert!(refusal(&kms[..2], &[]).contains("go together"));
    assert!(refusal(&kms[2..], &[]).contains("go together"));
    assert!(refusal(&both(&["--master-key-file", "f"]), &[]).contains("leave all but one out"));
    let value = [("ANABRANCH_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")];
    assert!(refusal(&kms, &value).contains("leave all but one out"));
    assert!(refusal(&both(&["--ephemeral"]), &[]).contains("has no meaning beside it"));
    let Some(chosen) = settings(&kms, &[]).expect("they go together").master_key_choice().kms else {
        panic!("it is chosen")
    };
    assert_eq!(
        (&*chosen.key, chosen.endpoint.to_string()),
        ("alias/a", "https://kms.example.com".to_owned())
    );
}
