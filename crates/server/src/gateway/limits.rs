//! How much of the server one address, or one identity, may take.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_api::Principal;
use governor::{DefaultKeyedRateLimiter, Quota};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// After so many requests those are forgotten who have made none for a second: what is remembered stays bounded.
const REQUESTS_REMEMBERED: u32 = 65_536;

/// What one address or identity may take; none for no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeerLimits {
    /// Connections of one address at a time.
    pub connections_per_address: Option<NonZeroU32>,
    /// Requests of one address a second.
    pub requests_per_address: Option<NonZeroU32>,
    /// Requests of one identity a second.
    pub requests_per_identity: Option<NonZeroU32>,
}

/// Who takes how much.
pub struct Peers {
    limits: PeerLimits,
    connections: Mutex<HashMap<IpAddr, u32>>,
    by_address: Option<Rates<IpAddr>>,
    by_identity: Option<Rates<u64>>,
    counters: PeerCounters,
}

/// What became of connections and requests. Cheap to clone; clones count into the same.
#[derive(Clone, Debug, Default)]
pub struct PeerCounters {
    connections: Gauge,
    connections_refused: Counter,
    requests_refused: Counter,
}

/// A connection that counts until this is dropped.
pub(super) struct Connected {
    peers: Arc<Peers>,
    network: IpAddr,
}

/// One who asks for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMuch;

impl Peers {
    /// Nobody yet.
    pub fn new(limits: PeerLimits, counters: PeerCounters) -> Self {
        Self {
            limits,
            connections: Mutex::default(),
            by_address: limits.requests_per_address.map(Rates::new),
            by_identity: limits.requests_per_identity.map(Rates::new),
            counters,
        }
    }

    /// One connection more of this address.
    pub(super) fn connect(self: &Arc<Self>, address: IpAddr) -> Result<Connected, TooMuch> {
        let network = network(address);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let held = connections.entry(network).or_default();
        if self.limits.connections_per_address.is_some_and(|most| *held >= most.get()) {
            self.counters.connections_refused.inc();
            return Err(TooMuch);
        }
        *held += 1;
        self.counters.connections.inc();
        Ok(Connected { peers: Arc::clone(self), network })
    }

    /// One request more from this address.
    pub(super) fn request_from(&self, address: IpAddr) -> Result<(), TooMuch> {
        self.request(&self.by_address, || network(address))
    }

    /// One request more of this caller. All sessions of a role, and all federated users of a user, are one.
    pub(super) fn request_of(&self, principal: &Principal) -> Result<(), TooMuch> {
        self.request(&self.by_identity, || identity(principal))
    }

    fn request<K: Hash + Eq + Clone>(
        &self,
        rates: &Option<Rates<K>>,
        key: impl FnOnce() -> K,
    ) -> Result<(), TooMuch> {
        match rates {
            Some(rates) => rates.take(&key()).inspect_err(|_| {
                self.counters.requests_refused.inc();
            }),
            None => Ok(()),
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.peers.counters.connections.dec();
        let mut connections = self.peers.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut held) = connections.entry(self.network) {
            *held.get_mut() -= 1;
            if *held.get() == 0 {
                held.remove();
            }
        }
    }
}

impl PeerCounters {
    /// Shows them at `/metrics`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("connections", "Connections that are open", self.connections.clone());
        registry.register(
            "connections_refused",
            "Connections that were closed since their address had as many as one may have",
            self.connections_refused.clone(),
        );
        registry.register(
            "requests_refused",
            "Requests that were throttled since their address or identity made more than one may make",
            self.requests_refused.clone(),
        );
    }
}

/// So many a second for each, all at once if need be.
struct Rates<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    taken: AtomicU32,
}

impl<K: Hash + Eq + Clone> Rates<K> {
    fn new(per_second: NonZeroU32) -> Self {
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_second(per_second)),
            taken: AtomicU32::default(),
        }
    }

    fn take(&self, key: &K) -> Result<(), TooMuch> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % REQUESTS_REMEMBERED == REQUESTS_REMEMBERED - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|_| TooMuch)
    }
}

/// Who counts as one address: of IPv6 a /64, which is what one subscriber has at the least (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

/// Who counts as one identity, hashed.
fn identity(principal: &Principal) -> u64 {
    let mut hasher = DefaultHasher::new();
    match principal {
        Principal::User(user) => user.id.hash(&mut hasher),
        Principal::RoleSession(session) => session.role_id.hash(&mut hasher),
        Principal::FederatedUser(user) => match &user.issuer {
            Some(issuer) => issuer.id.hash(&mut hasher),
            None => user.account.hash(&mut hasher),
        },
        Principal::Root(account) | Principal::Development(account) => account.hash(&mut hasher),
        other => other.hash(&mut hasher),
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(connections: u32, per_address: Option<u32>, per_identity: Option<u32>) -> Arc<Peers> {
        let limits = PeerLimits {
            connections_per_address: NonZeroU32::new(connections),
            requests_per_address: per_address.and_then(NonZeroU32::new),
            requests_per_identity: per_identity.and_then(NonZeroU32::new),
        };
        Arc::new(Peers::new(limits, PeerCounters::default()))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_connections_at_a_time() {
        let peers = peers(2, None, None);
        let one = peers.connect(address("10.0.0.1")).expect("the first");
        let _two = peers.connect(address("::ffff:10.0.0.1")).expect("the second, of the same address");
        assert_eq!(peers.connect(address("10.0.0.1")).err(), Some(TooMuch));
        let other = peers.connect(address("10.0.0.2")).expect("another address");
        assert_eq!((peers.counters.connections.get(), peers.counters.connections_refused.get()), (3, 1));
        drop((one, other));
        let _three = peers.connect(address("10.0.0.1")).expect("one has ended");
        assert_eq!(peers.connections.lock().unwrap().len(), 1, "who has none is forgotten");
    }

    #[test]
    fn a_network_of_ipv6_is_one() {
        let peers = peers(1, None, None);
        let _one = peers.connect(address("2001:db8:0:7::1")).expect("the first");
        assert_eq!(peers.connect(address("2001:db8:0:7:ffff::2")).err(), Some(TooMuch));
        assert!(peers.connect(address("2001:db8:0:8::1")).is_ok());
    }

    #[test]
    fn requests_have_a_rate_for_each_address() {
        let peers = peers(1, Some(3), None);
        let taken = |text| (0..10).filter(|_| peers.request_from(address(text)).is_ok()).count();
        assert_eq!((taken("10.0.0.1"), taken("10.0.0.2")), (3, 3));
        assert_eq!(peers.counters.requests_refused.get(), 14);
    }

    #[test]
    fn requests_have_a_rate_for_each_identity() {
        let peers = peers(1, None, Some(2));
        let root = |account: &str| Principal::Root(account.parse().unwrap());
        let session = |name: &str| {
            Principal::RoleSession(Arc::new(anabranch_api::RoleSession {
                account: "111111111111".parse().unwrap(),
                role: "r".into(),
                path: "/".into(),
                role_id: "AROA1".into(),
                name: name.into(),
            }))
        };
        let callers = [root("111111111111"), session("a"), root("111111111111"), session("b"), session("c")];
        let taken: Vec<_> = callers.iter().map(|caller| peers.request_of(caller).is_ok()).collect();
        assert_eq!(taken, [true, true, true, true, false], "sessions of a role are one");
    }

    #[test]
    fn those_who_are_gone_are_forgotten() {
        let rates = Rates::new(NonZeroU32::new(1_000_000).unwrap());
        for i in 0..REQUESTS_REMEMBERED * 2 {
            rates.take(&u64::from(i)).expect("each is another");
        }
        assert!(rates.limiter.len() < 70_000, "{}", rates.limiter.len());
    }
}
