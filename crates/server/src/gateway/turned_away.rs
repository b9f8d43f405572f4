//! What is written down of calls whose signature does not count: an event of the account whose access key they name, or, where it is
//! nobody's, a line in the server's own log. There is a bound on both, for whoever can reach us can send such calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::{ApiError, Descriptor, RequestId};
use anabranch_types::{Clock, Timestamp};
use anabranch_wire::sigv4::claim;
use http::request::Parts;

use super::connection::Peer;
use super::{Gateway, authenticate, way};
use crate::world::World;

/// Most events of one access key in a second.
const EVENTS_MAX: u32 = 10;
/// Most lines in a second of calls with nobody's key.
const LINES_MAX: u32 = 10;
/// Access keys that are counted at a time. When there are more, those of earlier seconds are forgotten; then there is no room for others
/// until the second is over.
const KEYS_MAX: usize = 10_000;
/// Characters of a key that are shown; an access key id has no more (IAM API_AccessKey has up to 128, all that exist have 20).
const KEY_CHARS_SHOWN: usize = 20;

/// How many there were of late.
#[derive(Default)]
pub(super) struct TurnedAway {
    of_nobody: Mutex<Second>,
    of_keys: Mutex<HashMap<Arc<str>, Second>>,
}

/// How many there were in a second.
#[derive(Clone, Copy, Default)]
struct Second {
    second: i64,
    seen: u32,
}

impl Second {
    /// Whether one more is among the first so many of its second.
    fn admits(&mut self, now: Timestamp, most: u32) -> bool {
        if self.second != now.seconds() {
            *self = Self { second: now.seconds(), seen: 0 };
        }
        self.seen = self.seen.saturating_add(1);
        self.seen <= most
    }
}

impl TurnedAway {
    fn admits_line(&self, now: Timestamp) -> bool {
        self.of_nobody.lock().unwrap_or_else(PoisonError::into_inner).admits(now, LINES_MAX)
    }

    fn admits_event(&self, access_key: &Arc<str>, now: Timestamp) -> bool {
        let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
        if of_keys.len() >= KEYS_MAX && !of_keys.contains_key(access_key) {
            of_keys.retain(|_, counted| counted.second == now.seconds());
            if of_keys.len() >= KEYS_MAX {
                return false;
            }
        }
        of_keys.entry(Arc::clone(access_key)).or_default().admits(now, EVENTS_MAX)
    }
}

/// Writes down a call whose signature does not count, if it is among the first of its second. Its event is durable when this returns.
pub(super) async fn note(
    gateway: &Gateway,
    world: &World,
    (peer, id): (Peer, RequestId),
    operation: &'static Descriptor,
    head: &Parts,
    error: &ApiError,
) {
    let (now, address) = (Clock::machine_now(), peer.address);
    let Some(claimed) = authenticate::claimed(&world.authenticator, head) else {
        if gateway.turned_away.admits_line(now) {
            let (operation, code, key) = (operation.name, &*error.code, shown_key(head));
            tracing::warn!(%address, operation, code, key, "a call with an access key of no account was refused");
        }
        return;
    };
    let Some(key) = &claimed.access_key else { return };
    if gateway.turned_away.admits_event(key, now) {
        let cx = way::context(gateway, peer, id, claimed, head);
        world.door.turned_away(operation, &cx, error).await;
    }
}

/// The access key that a request names, as far as it looks like one: it may be anything, a secret too.
fn shown_key(head: &Parts) -> String {
    let claim = claim(&head.headers, head.uri.query().unwrap_or_default());
    let key = claim.map(|claim| claim.access_key).unwrap_or_default();
    let looks_like_one = key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    match looks_like_one {
        true => key.chars().take(KEY_CHARS_SHOWN).collect(),
        false => "?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_are_written_down_of_each_key_and_of_nobodys() {
        let turned_away = TurnedAway::default();
        let keys: [Arc<str>; 2] = ["AKIAONE".into(), "AKIATWO".into()];
        for second in [7, 8] {
            let now = Timestamp::from_seconds(second);
            let lines = (0..25).filter(|_| turned_away.admits_line(now)).count();
            let events =
                keys.each_ref().map(|key| (0..25).filter(|_| turned_away.admits_event(key, now)).count());
            assert_eq!((lines, events), (10, [10, 10]));
        }
    }

    #[test]
    fn only_so_many_keys_are_counted_and_those_of_earlier_seconds_make_room() {
        let turned_away = TurnedAway::default();
        let now = Timestamp::from_seconds(7);
        let key = |n: usize| Arc::from(format!("AKIA{n}"));
        assert!((0..KEYS_MAX).all(|n| turned_away.admits_event(&key(n), now)));
        assert!(!turned_away.admits_event(&key(KEYS_MAX), now));
        assert!(turned_away.admits_event(&key(0), now), "it is counted already");
        assert!(turned_away.admits_event(&key(KEYS_MAX), Timestamp::from_seconds(8)));
        assert_eq!(turned_away.of_keys.lock().unwrap().len(), 1);
    }
}
