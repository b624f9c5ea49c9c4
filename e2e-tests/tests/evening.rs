//! An evening on the embedded chain: all laws hold, nothing of the script is missing, and the seed decides it all.

use vilokanam_chain::{artifacts_dir, Embedded};
use vilokanam_e2e::evening::{play, EveningPlan, Report};

fn evening(viewers: usize, seed: u64) -> Report {
    let mut chain = Embedded::new();
    let plan = EveningPlan::new(viewers, seed);
    play(&mut chain, &artifacts_dir(), &plan, &mut ()).expect("the evening is played")
}

#[test]
fn evening_of_twelve_obeys_all_laws() {
    let report = evening(12, 1);
    assert!(report.holds(), "{:#?}", report.laws);
    assert!(report.conservation);

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
    let counts = report.counts;
    for (what, count) in [
        ("pauses", counts.pauses),
        ("resumes", counts.resumes),
        ("top-ups", counts.own_top_ups),
        ("gifts", counts.gifts),
        ("ran dry", counts.ran_dry),
        ("hit their ceiling", counts.hit_ceiling),
        ("came to until_ms", counts.until_came),
        ("rejoined", counts.rejoined),
        ("closed by others", counts.closed_by_others),
        ("exits", counts.exits),
        ("pushes", counts.pushes),
    ] {
        assert!(count > 0, "nobody: {what}");
    }
    assert!(report.earners.iter().all(|e| e.earned == e.paid_out));
    assert_eq!(report.receipts.len(), 3);
}

#[test]
fn evening_is_the_same_for_the_same_seed_only() {
    let json = |seed| serde_json::to_string(&evening(3, seed)).expect("a report is JSON");
    let first = json(5);
    assert_eq!(first, json(5));
    assert_ne!(first, json(6));
}

#[test]
fn evening_works_with_one_viewer() {
    let report = evening(1, 9);
    assert!(report.holds(), "{:#?}", report.laws);
    assert_eq!(report.viewers, 1);
}

#[test]
fn evening_fails_without_contracts() {
    let mut chain = Embedded::new();
    let plan = EveningPlan::new(1, 1);
    let nowhere = std::path::Path::new("/nonexistent");
    let error = play(&mut chain, nowhere, &plan, &mut ()).expect_err("no contracts");
    assert!(
        format!("{error:#}").contains("run `make contracts`"),
        "{error:#}"
    );
}
