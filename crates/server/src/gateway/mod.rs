//! Where requests come in.
//!
//! Start reading at [`way`](self), "the way of a request": one function from a request's head to its answer. Around it: `connection`
//! (who speaks which protocol), [`guard`] (web pages of strangers), `identify` (which operation), `authenticate` (who calls), `call`
//! (decode, the door, encode), `own` (paths that are no API's).

mod answer;
mod authenticate;
mod backup;
mod body;
mod budget;
mod call;
mod connection;
mod cors;
mod credentials;
mod errors;
mod frames;
pub mod guard;
mod handlers;
mod identify;
mod limits;
mod localstack;
mod own;
mod patience;
mod phase;
mod tls;
mod turned_away;
mod way;

use std::sync::{Arc, PoisonError, RwLock};

use anabranch_api::RequestId;
use anabranch_governance::iam::Access;
use anabranch_types::{Clock, Rng, Timestamp};
use tokio::sync::watch;

pub use budget::{Budget, Exhausted, Reserved};
pub use connection::{Acceptor, serve_metrics};
pub use guard::Guard;
pub use handlers::Handlers;
pub use limits::{PeerCounters, PeerLimits, Peers};
pub use phase::Phase;
pub use tls::{Tls, TlsError};

use patience::IsScarce;

use crate::fault::Faults;
use crate::test_clock::KeptClock;
use crate::world::World;

/// Everything a request meets on its way, one for the process.
pub struct Gateway {
    /// Stores and services; replaced by `/_anabranch/reset`.
    world: RwLock<Arc<World>>,
    guard: Guard,
    faults: Arc<Faults>,
    attempts: credentials::Attempts,
    turned_away: turned_away::TurnedAway,
    session: u128,
    started: Timestamp,
    clock: KeptClock,
    rng: Rng,
    budget: Budget,
    is_scarce: IsScarce,
    peers: Arc<Peers>,
    phase: watch::Sender<Phase>,
    /// Held while a reset or an advance of the clock runs: they take turns.
    admin: tokio::sync::Mutex<()>,
    /// Held while a backup is taken: one at a time.
    backing_up: Arc<tokio::sync::Mutex<()>>,
}

/// What a gateway is made of.
pub struct Parts {
    /// Stores and services.
    pub world: World,
    /// Which pages and hosts an open server knows.
    pub guard: Guard,
    /// Which calls are refused or delayed on purpose.
    pub faults: Faults,
    /// What time it is.
    pub clock: KeptClock,
    /// Bytes of bodies and answers in flight.
    pub memory_bytes_max: u64,
    /// Who takes how much.
    pub peers: Peers,
}

impl Gateway {
    /// A gateway that answers at once.
    pub fn new(parts: Parts) -> Arc<Self> {
        let (phase, _) = watch::channel(Phase::Serving);
        let budget = Budget::new(parts.memory_bytes_max);
        let events = parts.world.recipe.streams.event_memory.clone();
        let of_calls = budget.clone();
        Arc::new(Self {
            world: RwLock::new(Arc::new(parts.world)),
            guard: parts.guard,
            faults: Arc::new(parts.faults),
            attempts: credentials::Attempts::default(),
            turned_away: turned_away::TurnedAway::default(),
            session: Rng::system().u128(),
            started: Clock::machine_now(),
            clock: parts.clock,
            rng: Rng::system(),
            budget,
            is_scarce: Arc::new(move || of_calls.is_waited_for() || events.is_waited_for()),
            peers: Arc::new(parts.peers),
            phase,
            admin: tokio::sync::Mutex::default(),
            backing_up: Arc::default(),
        })
    }

    /// Stores and services as they are now.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends when the log of the world of that moment can take nothing more, with the reason; the process must end then.
    pub async fn world_poisoned(&self) -> Arc<std::io::Error> {
        self.world().poisoned().await
    }

    /// How far the server has come, and when that changes.
    pub fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Ends when the server drains.
    async fn draining(&self) {
        phase::draining(self.phase()).await;
    }

    /// Takes nothing new from here on; feeds end.
    pub fn drain(&self) {
        self.phase.send_replace(Phase::Draining);
        self.world().end_feeds();
    }

    /// Puts another world in the place of this one, which is returned. Its feeds end; its calls are finished by whoever has them.
    fn replace_world(&self, world: World) -> Arc<World> {
        let mut place = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *place, Arc::new(world));
        old.end_feeds();
        old
    }

    fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The guard, if the server is open: on a closed one signatures keep pages out.
    fn guard_of_open(&self) -> Option<&Guard> {
        (self.access() == Access::Open).then_some(&self.guard)
    }

    fn access(&self) -> Access {
        self.world().authenticator.access()
    }

    fn clock(&self) -> &Clock {
        &self.clock.clock
    }

    fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Tells whether somebody waits for memory.
    fn is_scarce(&self) -> IsScarce {
        Arc::clone(&self.is_scarce)
    }

    fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }

    /// An id for another request.
    fn request_id(&self) -> RequestId {
        RequestId::from_random(self.rng.id())
    }
}
