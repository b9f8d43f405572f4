use super::*;

const CREDENTIALS: &str = "
# mine
[default]
aws_access_key_id = AKIDEFAULT
aws_secret_access_key = default/secret=

[work]
aws_access_key_id=AKIWORK
aws_secret_access_key=work-secret
aws_session_token = token
";
const CONFIG: &str = "
[default]
region = eu-central-1
s3 =
  max_queue_size = 1000
[profile work]
region=ap-south-1
[profile sso]
sso_session = corp
";

/// The key's id, its secret, its token and the region; or the sentence.
fn found(variables: &[(&str, &str)], files: &[(&str, &str)], is_loopback: bool) -> Result<String, String> {
    let variable =
        |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    let file = |path: &Path| {
        Ok(files.iter().find(|(n, _)| Path::new(n) == path).map(|(_, text)| (*text).to_owned()))
    };
    let surroundings = Surroundings { variable: &variable, file: &file };
    let recipient = Recipient { endpoint: "https://streams.example.org", is_loopback };
    let identity = Identity::find(&surroundings, &recipient, None).map_err(|e| e.to_string())?;
    let token = identity.session_token.as_ref().map_or("-", Secret::expose);
    Ok(format!("{} {} {token} {}", identity.access_key, identity.secret.expose(), identity.region))
}

const HOME: (&str, &str) = ("HOME", "/home/me");
const FILES: [(&str, &str); 2] =
    [("/home/me/.aws/credentials", CREDENTIALS), ("/home/me/.aws/config", CONFIG)];

#[test]
fn the_environment_comes_before_profiles_and_these_before_the_default() {
    let key = [("AWS_ACCESS_KEY_ID", "AKIENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    type Pairs<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Pairs<'_>, Pairs<'_>, &str); 6] = [
        (&[], &[], "test test - us-east-1"),
        (&[HOME], &FILES, "AKIDEFAULT default/secret= - eu-central-1"),
        (&[HOME, ("AWS_PROFILE", "work")], &FILES, "AKIWORK work-secret token ap-south-1"),
        (&[HOME, key[0], key[1]], &FILES, "AKIENV s - eu-central-1"),
        (&[HOME, key[0], key[1], ("AWS_SESSION_TOKEN", "t")], &[], "AKIENV s t us-east-1"),
        (
            &[key[0], key[1], ("AWS_REGION", "sa-east-1"), ("AWS_DEFAULT_REGION", "us-west-2")],
            &[],
            "AKIENV s - sa-east-1",
        ),
    ];
    for (variables, files, expected) in cases {
        assert_eq!(found(variables, files, true).as_deref(), Ok(expected), "{variables:?}");
    }
}

#[test]
fn a_file_may_stand_elsewhere() {
    let elsewhere = [("AWS_SHARED_CREDENTIALS_FILE", "/run/keys")];
    assert_eq!(
        found(&elsewhere, &[("/run/keys", CREDENTIALS)], false).as_deref(),
        Ok("AKIDEFAULT default/secret= - us-east-1")
    );
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[], "there are no credentials for https://streams.example.org: set AWS_ACCESS_KEY_ID"),
        (&[("AWS_ACCESS_KEY_ID", "A")], "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"),
        (&[HOME, ("AWS_PROFILE", "nobody")], "there is no profile `nobody` in `/home/me/.aws/credentials`"),
        (&[HOME, ("AWS_PROFILE", "sso")], "the profile `sso` holds no access key"),
        (&[("AWS_REGION", "Mars One")], "`Mars One` cannot be a region"),
    ];
    for (variables, sentence) in cases {
        let files: &[(&str, &str)] = if variables.contains(&HOME) { &FILES } else { &[] };
        let said = found(variables, files, false).expect_err("refused");
        assert!(said.starts_with(sentence), "{said}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let variable = |name: &str| (name != "HOME" && !name.ends_with("FILE")).then(|| "planted".to_owned());
    let variable = |name: &str| if name == "AWS_PROFILE" { None } else { variable(name) };
    let surroundings = Surroundings { variable: &variable, file: &|_| Ok(None) };
    let recipient = Recipient { endpoint: "x", is_loopback: false };
    let identity = Identity::find(&surroundings, &recipient, None).expect("everything is set");
    let shown = format!("{:?} {:?}", identity.secret, identity.session_token);
    assert!(!shown.contains("planted"), "{shown}");
}
