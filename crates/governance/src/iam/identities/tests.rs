use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anabranch_catalog::{
    BoxFuture, Catalog, CatalogError, Commit, Entry, Key, MemoryCatalog, Page, Revision, Watch, Watcher,
};
use anabranch_types::{AccountId, Clock, Due, Rng, Timestamp};
use bytes::Bytes;

use super::*;
use crate::iam::Secret;
use crate::iam::policy::{Caller, ContextKeys, ContextValue, Policies, Request, evaluate};

const T0: i64 = 1_795_275_600;

fn account() -> AccountId {
    "111111111111".parse().unwrap()
}

fn other() -> AccountId {
    "222222222222".parse().unwrap()
}

async fn open(catalog: &Arc<dyn Catalog>) -> Arc<Identities> {
    let clock = Clock::standing(Timestamp::from_seconds(T0));
    let master_key = Arc::new(crate::kms::MasterKey::random(&Rng::seeded(1)));
    Identities::open(Arc::clone(catalog), master_key, clock, Rng::system()).await.unwrap()
}

fn memory() -> Arc<dyn Catalog> {
    Arc::new(MemoryCatalog::default())
}

fn allow(action: &str) -> PolicyText {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
    );
    PolicyText::parse(&text).unwrap()
}

fn user(name: &str) -> StoredUser {
    StoredUser {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AIDA{name}"),
        created_ms: 1,
        tags: [("team".to_owned(), "a".to_owned())].into(),
        boundary: None,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        groups: BTreeSet::new(),
        access_keys: Vec::new(),
    }
}

fn group(name: &str) -> StoredGroup {
    StoredGroup {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AGPA{name}"),
        created_ms: 1,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
    }
}

fn role(name: &str) -> StoredRole {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}"#;
    StoredRole {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("AROA{name}"),
        created_ms: 1,
        tags: Tags::new(),
        boundary: None,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        description: None,
        session_seconds_max: 3600,
        trust: TrustText::parse(trust).unwrap(),
    }
}

fn policy(name: &str, action: &str) -> StoredPolicy {
    StoredPolicy {
        name: name.to_owned(),
        path: "/".to_owned(),
        id: format!("ANPA{name}"),
        created_ms: 1,
        updated_ms: 1,
        description: None,
        tags: Tags::new(),
        versions: vec![StoredVersion { number: 1, created_ms: 1, text: allow(action) }],
        default: 1,
        next: 2,
    }
}

async fn change(identities: &Identities, decide: impl FnOnce(&mut Draft) + Send) {
    let decided: Result<(), Failed> = identities
        .change(account(), |draft| {
            decide(draft);
            Ok(())
        })
        .await;
    decided.unwrap();
}

fn key(identities: &Identities, id: &str, secret: &str) -> StoredAccessKey {
    let sealed = identities.seal_secret(account(), id, &Secret::new(secret.to_owned()));
    StoredAccessKey { id: id.to_owned(), sealed, created_ms: 1, active: true }
}

struct NoKeys;

impl ContextKeys for NoKeys {
    fn value(&self, _: &str) -> Option<ContextValue<'_>> {
        None
    }
}

/// Whether the user `alice` may, as she is now.
fn may(identities: &Identities, action: &str) -> bool {
    let alice = identities.user(account(), "alice").unwrap();
    let arn = "arn:aws:iam::111111111111:user/alice";
    let caller = Caller::User { account: account(), arn, id: &alice.stored.id };
    let request = Request { caller, action, resource: "*", owner: None, context: &NoKeys };
    let policies = Policies {
        identity: &alice.policies.identity,
        boundary: alice.policies.boundary.as_deref(),
        ..Policies::default()
    };
    evaluate(&request, &policies).is_allowed()
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let catalog = memory();
    let identities = open(&catalog).await;
    assert!(identities.user(account(), "alice").is_none());
    let made = key(&identities, "AKIAONE", "secret-one");
    change(&identities, |draft| {
        let alice =
            StoredUser { access_keys: vec![made], groups: ["AGPAstaff".to_owned()].into(), ..user("Alice") };
        draft.users.insert("alice".to_owned(), Arc::new(alice));
        draft.groups.insert("staff".to_owned(), Arc::new(group("staff")));
        draft.roles.insert("reader".to_owned(), Arc::new(role("reader")));
        draft.policies.insert("p".to_owned(), Arc::new(policy("p", "kinesis:*")));
        draft.settings.alias = Some("acme".to_owned());
    })
    .await;
    let before = identities.account(account());
    for identities in [Arc::clone(&identities), open(&catalog).await] {
        let now = identities.account(account());
        assert_eq!(now.stored.users, before.stored.users);
        assert_eq!(now.stored.groups, before.stored.groups);
        assert_eq!(now.stored.roles, before.stored.roles);
        assert_eq!(now.stored.policies, before.stored.policies);
        assert_eq!(now.stored.settings, before.stored.settings);
        let key = identities.access_key("AKIAONE").unwrap();
        let told = (key.account, &*key.user, key.secret.expose(), key.active);
        assert_eq!(told, (account(), "Alice", "secret-one", true));
        assert_eq!(identities.accounts(), [account()]);
        assert!(identities.user(account(), "alice").is_none(), "names are told apart by case");
        assert!(identities.user(account(), "Alice").is_some());
        assert!(identities.role(other(), "reader").is_none());
    }
}

#[tokio::test]
async fn secrets_are_sealed_and_bound_to_their_key_and_account() {
    let catalog = memory();
    let identities = open(&catalog).await;
    let one = key(&identities, "AKIAONE", "planted-secret");
    let text = String::from_utf8_lossy(&one.sealed).into_owned();
    assert!(!text.contains("planted"));
    let two = StoredAccessKey { id: "AKIATWO".to_owned(), ..one };
    let moved: Result<(), Failed> = identities
        .change(account(), |draft| {
            draft
                .users
                .insert("eve".to_owned(), Arc::new(StoredUser { access_keys: vec![two], ..user("eve") }));
            Ok(())
        })
        .await;
    assert!(matches!(moved, Err(Failed::Secret(_))), "{moved:?}");
    assert!(identities.user(account(), "eve").is_none(), "nothing was changed");
    assert!(catalog.get("/111111111111/-/iam/user/eve".into()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_user_is_judged_by_what_hangs_on_it_and_on_its_groups_at_each_moment() {
    let catalog = memory();
    let identities = open(&catalog).await;
    change(&identities, |draft| {
        let mut staff = group("staff");
        staff.inline.insert("in".to_owned(), allow("a:GroupInline"));
        staff.attached.insert(PolicyRef::Own("p".to_owned()));
        draft.groups.insert("staff".to_owned(), Arc::new(staff));
        draft.policies.insert("p".to_owned(), Arc::new(policy("p", "a:Managed")));
        let mut alice = user("alice");
        alice.inline.insert("own".to_owned(), allow("a:Inline"));
        draft.users.insert("alice".to_owned(), Arc::new(alice));
    })
    .await;
    let verdicts = |identities: &Identities| {
        ["a:Inline", "a:GroupInline", "a:Managed", "a:Second", "iam:ListUsers"]
            .map(|action| may(identities, action))
    };
    assert_eq!(verdicts(&identities), [true, false, false, false, false]);
    let edit = |draft: &mut Draft, f: fn(&mut StoredUser)| {
        f(Arc::make_mut(draft.users.get_mut("alice").unwrap()));
    };
    let mut revision = identities.revision();
    let mut rose = |identities: &Identities| {
        let now = identities.revision();
        assert!(now > revision);
        revision = now;
    };
    change(&identities, |draft| {
        edit(draft, |alice| {
            alice.groups.insert("AGPAstaff".to_owned());
        })
    })
    .await;
    rose(&identities);
    assert_eq!(verdicts(&identities), [true, true, true, false, false]);
    let names: Vec<_> =
        identities.user(account(), "alice").unwrap().policies.sources.iter().map(|s| s.id.clone()).collect();
    assert_eq!(names, ["user_alice_own", "group_staff_in", "p"]);
    change(&identities, |draft| {
        let p = Arc::make_mut(draft.policies.get_mut("p").unwrap());
        p.versions.push(StoredVersion { number: 2, created_ms: 2, text: allow("a:Second") });
        p.default = 2;
    })
    .await;
    rose(&identities);
    assert_eq!(verdicts(&identities), [true, true, false, true, false]);
    change(&identities, |draft| {
        edit(draft, |alice| {
            alice.attached.insert(PolicyRef::Aws("IAMReadOnlyAccess".to_owned()));
        });
    })
    .await;
    assert_eq!(verdicts(&identities), [true, true, false, true, true]);
    change(&identities, |draft| edit(draft, |alice| alice.boundary = Some(PolicyRef::Own("p".to_owned()))))
        .await;
    assert_eq!(verdicts(&identities), [false, false, false, true, false]);
    change(&identities, |draft| {
        edit(draft, |alice| alice.boundary = Some(PolicyRef::Own("gone".to_owned())))
    })
    .await;
    assert_eq!(verdicts(&identities), [false; 5], "a boundary that is not there allows nothing");
}

#[tokio::test]
async fn a_deleted_or_renamed_users_keys_follow_at_once() {
    let catalog = memory();
    let identities = open(&catalog).await;
    let one = key(&identities, "AKIAONE", "s");
    change(&identities, |draft| {
        draft
            .users
            .insert("alice".to_owned(), Arc::new(StoredUser { access_keys: vec![one], ..user("alice") }));
    })
    .await;
    change(&identities, |draft| {
        let mut alice = draft.users.remove("alice").unwrap();
        Arc::make_mut(&mut alice).name = "bob".to_owned();
        draft.users.insert("bob".to_owned(), alice);
    })
    .await;
    assert_eq!(identities.access_key("AKIAONE").unwrap().user, "bob");
    change(&identities, |draft| {
        Arc::make_mut(draft.users.get_mut("bob").unwrap()).access_keys[0].active = false
    })
    .await;
    assert!(!identities.access_key("AKIAONE").unwrap().active);
    change(&identities, |draft| drop(draft.users.remove("bob"))).await;
    assert!(identities.access_key("AKIAONE").is_none());
    assert!(open(&catalog).await.access_key("AKIAONE").is_none());
}

#[tokio::test]
async fn an_alias_is_one_accounts_alone() {
    let catalog = memory();
    let identities = open(&catalog).await;
    let take = async |account, alias: Option<&str>| -> Result<(), Failed> {
        let alias = alias.map(str::to_owned);
        identities
            .change(account, |draft| {
                draft.settings.alias = alias;
                Ok(())
            })
            .await
    };
    take(account(), Some("acme")).await.unwrap();
    assert!(matches!(take(other(), Some("acme")).await, Err(Failed::AliasTaken)));
    take(account(), None).await.unwrap();
    take(other(), Some("acme")).await.unwrap();
    assert_eq!(open(&catalog).await.account(other()).stored.settings.alias.as_deref(), Some("acme"));
}

#[tokio::test]
async fn last_uses_are_written_by_the_scheduler_and_go_with_what_was_used() {
    let catalog = memory();
    let identities = open(&catalog).await;
    let one = key(&identities, "AKIAONE", "s");
    change(&identities, |draft| {
        draft
            .users
            .insert("alice".to_owned(), Arc::new(StoredUser { access_keys: vec![one], ..user("alice") }));
        draft.roles.insert("reader".to_owned(), Arc::new(role("reader")));
    })
    .await;
    assert_eq!(identities.next_due(), None);
    let at = Timestamp::from_seconds(T0);
    let revision = identities.revision();
    identities.note_key_used(&identities.access_key("AKIAONE").unwrap(), "kinesis", "eu-west-1", at);
    let reader = identities.role(account(), "reader").unwrap();
    identities.note_role_used(account(), &reader, "sts", "us-east-1", at);
    let stored: Key = "/111111111111/-/iam/last-used/AKIAONE".into();
    assert!(catalog.get(stored.clone()).await.unwrap().is_none());
    let due = identities.next_due().unwrap();
    assert_eq!(due.millis_since(at), 60_000);
    identities.run(due).await;
    assert_eq!(identities.next_due(), None);
    assert_eq!(identities.revision(), revision, "it changes no verdict");
    let again = open(&catalog).await;
    let expected =
        StoredUse { at_ms: at.millis(), service: "kinesis".to_owned(), region: "eu-west-1".to_owned() };
    assert_eq!(again.access_key("AKIAONE").unwrap().used.get(), Some(expected));
    assert_eq!(again.role(account(), "reader").unwrap().used.get().unwrap().service, "sts");
    change(&again, |draft| drop(draft.users.remove("alice"))).await;
    assert!(catalog.get(stored).await.unwrap().is_none());
}

/// Fails commits, after or before they happened.
struct Failing {
    inner: MemoryCatalog,
    commits: std::sync::Mutex<Option<Happens>>,
}

#[derive(Clone, Copy)]
enum Happens {
    Before,
    Never,
}

impl Catalog for Failing {
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Entry>, CatalogError>> {
        self.inner.get(key)
    }
    fn scan(
        &self,
        prefix: Bytes,
        after: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        self.inner.scan(prefix, after, limit)
    }
    fn scan_back(
        &self,
        prefix: Bytes,
        before: Option<Key>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, CatalogError>> {
        self.inner.scan_back(prefix, before, limit)
    }
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Revision, CatalogError>> {
        let happens = *self.commits.lock().unwrap();
        Box::pin(async move {
            let failed = || CatalogError::Store { doing: "commit".to_owned(), source: "planted".into() };
            match happens {
                None => self.inner.commit(commit).await,
                Some(Happens::Before) => self.inner.commit(commit).await.and(Err(failed())),
                Some(Happens::Never) => Err(failed()),
            }
        })
    }
    fn scrub(&self) -> BoxFuture<'_, Result<(), CatalogError>> {
        self.inner.scrub()
    }
    fn watch(&self, prefix: Bytes, watcher: Watcher) -> Watch {
        self.inner.watch(prefix, watcher)
    }
}

#[tokio::test]
async fn a_commit_of_which_the_catalog_is_not_certain_is_looked_up() {
    let failing = Arc::new(Failing { inner: MemoryCatalog::default(), commits: None.into() });
    let catalog: Arc<dyn Catalog> = failing.clone();
    let identities = open(&catalog).await;
    let add = async |name: &str| -> Result<(), Failed> {
        let added = Arc::new(user(name));
        identities
            .change(account(), |draft| {
                draft.users.insert(added.name.clone(), added);
                Ok(())
            })
            .await
    };
    add("a").await.unwrap();
    *failing.commits.lock().unwrap() = Some(Happens::Before);
    add("b").await.unwrap();
    *failing.commits.lock().unwrap() = Some(Happens::Never);
    assert!(matches!(add("c").await, Err(Failed::Catalog(_))));
    *failing.commits.lock().unwrap() = None;
    add("d").await.unwrap();
    for identities in [&identities, &open(&catalog).await] {
        let names: Vec<_> = identities.account(account()).users().keys().cloned().collect();
        assert_eq!(names, ["a", "b", "d"]);
    }
}

#[tokio::test]
async fn what_another_process_changed_is_seen_after_a_refusal() {
    let catalog = memory();
    let (one, two) = (open(&catalog).await, open(&catalog).await);
    change(&one, |draft| {
        draft.users.insert("a".to_owned(), Arc::new(user("a")));
    })
    .await;
    let add = async || -> Result<(), Failed> {
        two.change(account(), |draft| {
            draft.users.insert("b".to_owned(), Arc::new(user("b")));
            Ok(())
        })
        .await
    };
    assert!(matches!(add().await, Err(Failed::Changed)));
    add().await.unwrap();
    assert_eq!(two.account(account()).users().len(), 2);
}
