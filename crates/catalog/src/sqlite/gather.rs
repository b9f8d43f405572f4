//! How long a commit waits for others to share its sync with.

use std::time::Duration;

/// The longest that a commit is held back, and only while others arrive.
const HELD_MAX: Duration = Duration::from_millis(5);
/// Nobody arrives any more when nobody did for so long.
const SILENCE: Duration = Duration::from_millis(1);
/// How often it is looked who arrived.
pub(super) const LOOKED_EVERY: Duration = Duration::from_micros(250);
/// One group in so many is held for as long as others arrive, however many came before: there may be more of them by now.
const PROBED_EVERY: u32 = 64;

/// Decides when a group of commits is written: at once when there is one alone, else when as many have come as came lately, nobody arrives
/// any more, or the first has been held for long enough.
///
/// A transaction and its sync cost as much as several commits: twenty who renew a lease each at the same time cost less together, and
/// wait hardly longer for it.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    /// How many came together lately; none more are waited for.
    lately: usize,
    groups: u32,
    held: Duration,
    silent: Duration,
}

impl Gathering {
    /// Whether to wait for [`LOOKED_EVERY`] and look again, so many commits having arrived until now, `new` of them since the last look.
    pub(super) fn waits(&mut self, arrived: usize, new: usize) -> bool {
        let is_alone = arrived < 2 && self.lately < 2;
        let is_probe = self.groups.is_multiple_of(PROBED_EVERY);
        let is_enough = arrived >= self.lately && !is_probe;
        self.silent = if new > 0 { Duration::ZERO } else { self.silent + LOOKED_EVERY };
        if is_alone || is_enough || self.held >= HELD_MAX || self.silent >= SILENCE {
            return false;
        }
        self.held += LOOKED_EVERY;
        true
    }

    /// Notes that a group of so many is written.
    pub(super) fn written(&mut self, arrived: usize) {
        *self = Self { lately: arrived, groups: self.groups.wrapping_add(1), ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::{Gathering, HELD_MAX, LOOKED_EVERY, PROBED_EVERY};

    /// Looks, one after the other, until the group is written, with so many newly arrived at each; the last goes on arriving.
    fn looks(gathering: &mut Gathering, arrivals: &[usize]) -> usize {
        let (mut arrived, mut looks) = (0, 0);
        loop {
            let new = arrivals.get(looks).or(arrivals.last()).copied().unwrap_or_default();
            arrived += new;
            looks += 1;
            if !gathering.waits(arrived, new) {
                gathering.written(arrived);
                return looks;
            }
        }
    }

    #[test]
    fn who_is_alone_does_not_wait() {
        let mut gathering = Gathering::default();
        assert!((0..1000).all(|_| looks(&mut gathering, &[1, 0]) == 1));
    }

    #[test]
    fn those_who_came_together_are_waited_for_and_no_more() {
        let mut gathering = Gathering::default();
        looks(&mut gathering, &[1, 0]);
        assert_eq!(looks(&mut gathering, &[2, 0]), 1);
        assert_eq!(looks(&mut gathering, &[1, 1, 0]), 2);
        // Ten of twenty are gone: it is silent for a millisecond once.
        assert_eq!(looks(&mut gathering, &[20, 0]), 1);
        assert_eq!(looks(&mut gathering, &[10, 0]), 5);
        assert_eq!(looks(&mut gathering, &[10, 0]), 1);
        assert_eq!(looks(&mut gathering, &[1, 0]), 5);
        assert_eq!(looks(&mut gathering, &[1, 0]), 1);
    }

    #[test]
    fn nobody_is_held_for_longer_than_promised() {
        let mut gathering = Gathering::default();
        let most = 1 + (HELD_MAX.as_micros() / LOOKED_EVERY.as_micros()) as usize;
        let longest = (0..=2 * PROBED_EVERY).map(|_| looks(&mut gathering, &[2, 1])).max();
        assert_eq!(longest, Some(most));
    }
}
