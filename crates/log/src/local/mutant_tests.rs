//! Each mutant must fail its test, and the test must pass without it.

use std::process::{Command, Stdio};

use super::mutants::Mutant;

/// Which test catches which mutant.
const CAUGHT_BY: &[(Mutant, &str)] = &[
    (Mutant::SyncDoesNothing, "crash_tests::a_power_cut_at_any_step_loses_nothing_acknowledged"),
    (Mutant::AcknowledgeBeforeSync, "crash_tests::a_power_cut_at_any_step_loses_nothing_acknowledged"),
    (Mutant::DirectoryNotSynced, "crash_tests::a_power_cut_at_any_step_loses_nothing_acknowledged"),
    (Mutant::ChecksumNotChecked, "fault_tests::a_flipped_bit_refuses_its_frame_and_serves_the_rest"),
    (Mutant::TimelineNotRaisedAfterTear, "fault_tests::a_torn_tail_is_cut_and_the_timeline_raised"),
    (
        Mutant::TimelineNotRaisedAfterKill,
        "fault_tests::the_timeline_is_raised_after_an_unclean_stop_in_mode_interval",
    ),
    (Mutant::RecycledFrameIsLive, "history_tests::a_frame_of_an_earlier_use_is_not_taken_for_a_live_one"),
];

fn passes(test: &str, mutant: Option<Mutant>) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("this program has a name"));
    command.arg("--exact").arg(format!("local::{test}")).stdout(Stdio::null()).stderr(Stdio::null());
    match mutant {
        Some(mutant) => command.env("ANABRANCH_LOG_MUTANT", format!("{mutant:?}")),
        None => command.env_remove("ANABRANCH_LOG_MUTANT"),
    };
    command.status().expect("this program runs").success()
}

#[test]
fn every_mutant_fails_its_test() {
    for (mutant, test) in CAUGHT_BY {
        assert!(passes(test, None), "{test} fails without a mutant");
        assert!(!passes(test, Some(*mutant)), "{mutant:?} passes {test}");
        println!("{mutant:?} is caught by {test}");
    }
}
