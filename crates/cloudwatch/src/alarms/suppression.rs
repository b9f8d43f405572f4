//! Whether a composite alarm's actions are held back (CW User Guide, suppressing composite alarm actions). Touches nothing.

use std::time::Duration;

use anabranch_api::cloudwatch::{ActionsSuppressedBy as By, StateValue};
use anabranch_types::Timestamp;

/// How long actions wait for the suppressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Periods {
    /// After the composite alarm changed, for the suppressor to go into ALARM.
    pub wait: Duration,
    /// After the suppressor left ALARM, for the composite alarm to follow it.
    pub extension: Duration,
}

/// What holds actions back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Suppression {
    pub by: Option<By>,
    /// When it ends by itself: of both periods.
    pub until: Option<Timestamp>,
}

/// What is so now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub at: Timestamp,
    /// The composite alarm's state.
    pub state: StateValue,
    /// The state whose actions were last taken, or whose actions need not be.
    pub acted: StateValue,
    pub suppressor_in_alarm: bool,
}

impl Suppression {
    /// What holds actions back from now on, and whether those of the alarm's state are to be taken.
    pub fn next(self, periods: &Periods, now: &Now) -> (Self, bool) {
        let has_changed = now.state != now.acted;
        let by_alarm = Self { by: Some(By::Alarm), until: None };
        if now.suppressor_in_alarm {
            return (by_alarm, false);
        }
        match self.by {
            Some(By::Alarm) if !periods.extension.is_zero() => {
                let until = Some(now.at + periods.extension);
                (Self { by: Some(By::ExtensionPeriod), until }, false)
            }
            Some(By::WaitPeriod | By::ExtensionPeriod) if self.until.is_some_and(|until| now.at < until) => {
                (self, false)
            }
            None if has_changed && !periods.wait.is_zero() => {
                (Self { by: Some(By::WaitPeriod), until: Some(now.at + periods.wait) }, false)
            }
            _ => (Self::default(), has_changed),
        }
    }
}

#[cfg(test)]
mod tests {
    use StateValue::{Alarm, Ok};

    use super::*;

    /// Runs a story: second, state of the composite, whether the suppressor is in ALARM; each with what then holds actions back and
    /// whether they are taken.
    fn tell(wait: u64, extension: u64, story: &[(i64, StateValue, bool, Option<By>, bool)]) {
        let periods = Periods { wait: Duration::from_secs(wait), extension: Duration::from_secs(extension) };
        let (mut suppression, mut acted) = (Suppression::default(), Ok);
        for (second, state, suppressor_in_alarm, by, acts) in story {
            let now = Now {
                at: Timestamp::from_seconds(*second),
                state: *state,
                acted,
                suppressor_in_alarm: *suppressor_in_alarm,
            };
            let (next, takes) = suppression.next(&periods, &now);
            assert_eq!((next.by, takes), (*by, *acts), "at {second} s");
            suppression = next;
            if takes {
                acted = *state;
            }
        }
    }

    #[test]
    fn a_suppressor_that_comes_within_the_wait_period_holds_actions_back() {
        tell(
            60,
            30,
            &[
                (0, Ok, false, None, false),
                (10, Alarm, false, Some(By::WaitPeriod), false),
                (30, Alarm, true, Some(By::Alarm), false),
                (500, Alarm, true, Some(By::Alarm), false),
                (510, Alarm, false, Some(By::ExtensionPeriod), false),
                (520, Ok, false, Some(By::ExtensionPeriod), false),
                (540, Ok, false, None, false),
            ],
        );
    }

    #[test]
    fn actions_are_taken_when_nobody_comes() {
        tell(
            60,
            30,
            &[
                (10, Alarm, false, Some(By::WaitPeriod), false),
                (69, Alarm, false, Some(By::WaitPeriod), false),
                (70, Alarm, false, None, true),
                (80, Ok, false, Some(By::WaitPeriod), false),
                (140, Ok, false, None, true),
            ],
        );
    }

    #[test]
    fn a_change_that_is_taken_back_while_actions_wait_is_not_told() {
        tell(
            60,
            30,
            &[
                (10, Alarm, false, Some(By::WaitPeriod), false),
                (40, Ok, false, Some(By::WaitPeriod), false),
                (70, Ok, false, None, false),
            ],
        );
    }

    #[test]
    fn actions_are_taken_when_the_suppressor_left_and_the_alarm_stayed() {
        tell(
            0,
            30,
            &[
                (0, Ok, true, Some(By::Alarm), false),
                (10, Alarm, true, Some(By::Alarm), false),
                (20, Alarm, false, Some(By::ExtensionPeriod), false),
                (49, Alarm, false, Some(By::ExtensionPeriod), false),
                (50, Alarm, false, None, true),
            ],
        );
    }

    #[test]
    fn without_periods_actions_follow_at_once() {
        tell(
            0,
            0,
            &[
                (0, Alarm, false, None, true),
                (1, Ok, true, Some(By::Alarm), false),
                (2, Ok, false, None, true),
            ],
        );
    }
}
