//! The real audience on the embedded chain, in short: `make replay` is the long form.

use vilokanam_chain::{artifacts_dir, Embedded};
use vilokanam_e2e::replay::{play, ReplayPlan, Report};

fn replay(sessions: usize, seed: u64) -> Report {
    let mut chain = Embedded::new();
    let plan = ReplayPlan { sessions, seed };
    play(&mut chain, &artifacts_dir(), &plan, &mut ()).expect("the evening is replayed")
}

#[test]
fn replay_of_640_sessions_obeys_all_laws() {
    let report = replay(640, 1);
    assert!(report.holds(), "{:#?}", report.laws);
    assert_eq!((report.sessions, report.by_voucher), (640, 320));
    assert_eq!(report.most_open, 640);

    // What viewers paid in is what they paid for watching, and what they got back.
    for (deposited, settled, refunded) in [
        (
            report.deposited.native,
            report.settled.native,
            report.refunded.native,
        ),
        (
            report.deposited.vlk,
            report.settled.vlk,
            report.refunded.vlk,
        ),
    ] {
        assert!(settled > 0);
        assert_eq!(deposited, settled + refunded);
    }

    // Every session was settled at least once, half by pages and half by vouchers, of which older ones were refused.
    let settling = &report.settling;
    assert!(settling.pages.sessions >= 320 && settling.batches.sessions >= 320);
    assert!(settling.full_pages.calls > 0 && settling.full_batches.calls > 0);
    assert!(settling.refused > 0);
    assert_eq!(
        settling.signed,
        settling.batches.sessions + settling.superseded + settling.refused
    );
}

#[test]
fn replay_is_the_same_for_the_same_seed_only() {
    let told = |seed| {
        let report = replay(128, seed);
        let json = |part| serde_json::to_string(part).expect("costs are JSON");
        (
            report.viewers,
            report.seconds_watched,
            report.transactions,
            report.settled,
            json(&report.settling.pages),
        )
    };
    let first = told(5);
    assert_eq!(first, told(5));
    assert_ne!(first, told(6));
}

#[test]
fn replay_fails_with_too_few_sessions() {
    let mut chain = Embedded::new();
    let plan = ReplayPlan {
        sessions: 127,
        seed: 1,
    };
    let error = play(&mut chain, &artifacts_dir(), &plan, &mut ()).expect_err("too few");
    assert_eq!(error.to_string(), "a replay has 128 to 200000 sessions");
}
