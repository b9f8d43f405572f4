//! Runs what falls due: one task for all [`Due`]s of the process.

use std::sync::Arc;
use std::time::Duration;

use anabranch_types::{Clock, Due, Timestamp};
use tokio::sync::{Mutex, Notify};

/// The machine's clock may be set while we sleep: look again after this long.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// A `Due` that still has something due after it ran is asked again only after this long.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Asks every `Due` for its next time, sleeps until the earliest and runs it; moves the test clock.
pub struct Scheduler {
    clock: Clock,
    dues: Vec<Arc<dyn Due>>,
    earlier: Arc<Notify>,
    /// Held while something runs: the loop and an advance take turns.
    turn: Mutex<()>,
}

impl Scheduler {
    /// A scheduler of these; [`Scheduler::run`] starts it.
    pub fn new(clock: Clock, dues: Vec<Arc<dyn Due>>) -> Arc<Self> {
        let earlier = Arc::new(Notify::new());
        for due in &dues {
            let earlier = Arc::clone(&earlier);
            due.on_earlier(Arc::new(move || earlier.notify_one()));
        }
        Arc::new(Self { clock, dues, earlier, turn: Mutex::new(()) })
    }

    /// Runs everything at its time, until dropped.
    pub async fn run(&self) {
        loop {
            let earliest = self.earliest().map(|(at, _)| at);
            let wait = earliest.map_or(SLEEP_MAX, |at| self.until(at));
            tokio::select! {
                () = self.earlier.notified() => continue,
                () = tokio::time::sleep(wait) => {}
            }
            let _turn = self.turn.lock().await;
            self.visit_until(self.clock.now()).await;
            if self.earliest().is_some_and(|(at, _)| at <= self.clock.now()) {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }

    /// Moves a test clock `by` forward and returns the time it then is. What falls due on the way is run in the order of its times, each
    /// seeing its own time; when this returns all of it is done.
    pub async fn advance(&self, by: Duration) -> Timestamp {
        let _turn = self.turn.lock().await;
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let ahead_ms = self.clock.ahead_ms().saturating_add(by_ms);
        let to = self.clock.now() + by;
        while let Some((at, due)) = self.earliest().filter(|(at, _)| *at <= to) {
            self.clock.advance_to(at);
            due.run(at).await;
            if due.next_due().is_some_and(|next| next <= at) {
                tracing::error!(at = %at, "work that was due is still due after it ran; the clock goes on without it");
                break;
            }
        }
        // By all of it, whatever time the machine took meanwhile.
        self.clock.run_ahead(ahead_ms);
        // The loop sleeps by the machine's time, so it must look at the clock anew.
        self.earlier.notify_one();
        self.clock.now()
    }

    /// Runs, in the order of their times, all that are due at `now`.
    async fn visit_until(&self, now: Timestamp) {
        let mut due: Vec<_> = self
            .dues
            .iter()
            .filter_map(|due| Some((due.next_due()?, due)))
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort_by_key(|(at, _)| *at);
        for (_, due) in due {
            due.run(now).await;
        }
    }

    fn earliest(&self) -> Option<(Timestamp, &Arc<dyn Due>)> {
        self.dues.iter().filter_map(|due| Some((due.next_due()?, due))).min_by_key(|(at, _)| *at)
    }

    fn until(&self, at: Timestamp) -> Duration {
        Duration::from_millis(at.millis_since(self.clock.now())).min(SLEEP_MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::Mutex as Lock;

    use super::*;

    type Diary = Arc<Lock<Vec<(&'static str, i64)>>>;

    /// Falls due every so many milliseconds and writes down when it ran.
    struct Every {
        name: &'static str,
        every_ms: i64,
        next: Lock<Timestamp>,
        clock: Clock,
        diary: Diary,
        started: Timestamp,
    }

    impl Due for Every {
        fn next_due(&self) -> Option<Timestamp> {
            Some(*self.next.lock().expect("nobody panicked"))
        }
        fn run(&self, now: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(async move {
                assert!(self.clock.now() >= now && self.clock.now().millis() < now.millis() + 1000);
                self.diary
                    .lock()
                    .expect("nobody panicked")
                    .push((self.name, now.millis() - self.started.millis()));
                *self.next.lock().expect("nobody panicked") =
                    now + Duration::from_millis(self.every_ms as u64);
            })
        }
        fn on_earlier(&self, _: Arc<dyn Fn() + Send + Sync>) {}
    }

    fn every(name: &'static str, every_ms: i64, clock: &Clock, diary: &Diary) -> Arc<dyn Due> {
        let started = clock.now();
        let next = Lock::new(started + Duration::from_millis(every_ms as u64));
        Arc::new(Every { name, every_ms, next, clock: clock.clone(), diary: Arc::clone(diary), started })
    }

    #[tokio::test]
    async fn an_advance_visits_what_falls_due_in_order_each_at_its_own_time() {
        let (clock, diary) = (Clock::test(0), Diary::default());
        let dues = vec![every("slow", 30_000, &clock, &diary), every("fast", 20_000, &clock, &diary)];
        let before = clock.now();
        let now = Scheduler::new(clock, dues).advance(Duration::from_secs(65)).await;
        assert!(now.millis_since(before) >= 65_000);
        let names: Vec<_> = diary.lock().expect("nobody panicked").iter().map(|(name, _)| *name).collect();
        assert_eq!(names[..2], ["fast", "slow"]);
        assert_eq!(names.iter().filter(|name| **name == "fast").count(), 3);
        assert_eq!(names.iter().filter(|name| **name == "slow").count(), 2);
    }

    #[tokio::test]
    async fn what_falls_due_is_run_at_its_time() {
        let (clock, diary) = (Clock::machine(), Diary::default());
        let scheduler = Scheduler::new(clock.clone(), vec![every("soon", 5, &clock, &diary)]);
        let twice = async {
            while diary.lock().expect("nobody panicked").len() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = scheduler.run() => unreachable!("it runs for ever"),
            () = twice => {}
        }
        assert!(diary.lock().expect("nobody panicked")[0].1 >= 5);
    }
}
