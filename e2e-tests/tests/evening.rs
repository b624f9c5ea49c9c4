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

    // What viewers paid in is what they paid for watching, what they gave, and what they got back.
    for (deposited, settled, given, refunded) in [
        (
            report.deposited.native,
            report.settled.native,
            report.given.native,
            report.refunded.native,
        ),
        (
            report.deposited.vlk,
            report.settled.vlk,
            report.given.vlk,
            report.refunded.vlk,
        ),
    ] {
        assert!(settled > 0);
        assert_eq!(deposited, settled + given + refunded);
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
        ("watched a preview", counts.previews),
        ("reached a tier", counts.tiers),
        ("bought a pass", counts.passes),
        ("was given a pass", counts.passes_given),
        ("watched with a pass", counts.with_pass),
        ("tips", counts.tips),
        ("gave to a goal", counts.contributions),
        ("reached a goal", counts.goals_reached),
        ("missed a goal", counts.goals_missed),
        ("got a contribution back", counts.returned),
        ("was on the house", counts.sponsored),
        ("hit an own limit", counts.limits_hit),
        ("reported a stream", counts.reports),
        ("appealed", counts.appeals),
        ("had a verdict overturned", counts.overturned),
    ] {
        assert!(count > 0, "nobody: {what}");
    }
    assert!(report.earners.iter().all(|e| e.earned == e.paid_out));
    assert_eq!(report.receipts.len(), 6);
}

#[test]
fn evening_tells_all_that_is_on_top_of_watching() {
    const ONE: u128 = 1_000_000_000_000;
    // Whoever comes, the script is the same.
    let report = evening(1, 3);
    assert!(report.holds(), "{:#?}", report.laws);
    let gifts: Vec<_> = report
        .gifts
        .iter()
        .map(|g| {
            (
                g.from.as_str(),
                g.to,
                g.what.as_str(),
                g.asset,
                g.amount,
                g.fee,
            )
        })
        .collect();
    // By hand: passes pay 20 %, tips and goals 5 %.
    assert_eq!(
        gifts,
        [
            (
                "Pavel",
                "Bruno",
                "a day's pass",
                "VLK",
                9 * ONE,
                9 * ONE / 5
            ),
            (
                "Pavel",
                "Bruno",
                "a day's pass for Quyen",
                "VLK",
                9 * ONE,
                9 * ONE / 5
            ),
            ("Ravi", "Asha", "a tip", "UNIT", 5 * ONE, ONE / 4),
            ("Quyen", "Bruno", "a tip", "VLK", 7 * ONE, 7 * ONE / 20),
            (
                "2 viewers",
                "Asha",
                "a goal of 30.0000: reached",
                "VLK",
                30 * ONE,
                3 * ONE / 2
            ),
            (
                "2 viewers",
                "Chen",
                "a goal of 400.0000: missed, and given back",
                "UNIT",
                35 * ONE,
                0
            ),
        ]
    );
    // 9 + 9 + 7 + 30 $VLK, and 5 of the native token.
    assert_eq!((report.given.vlk, report.given.native), (55 * ONE, 5 * ONE));
    let cases: Vec<_> = report
        .cases
        .iter()
        .map(|c| {
            (
                c.creator,
                c.reporter.as_str(),
                c.verdict,
                c.outcome,
                c.bond_to.as_str(),
            )
        })
        .collect();
    assert_eq!(
        cases,
        [
            ("Dalia", "Quyen", "suspended", "overturned", "Quyen"),
            ("Chen", "Tomas", "abusive", "confirmed", "treasury"),
        ]
    );

    let receipt = |viewer: &str| {
        let mut all = report.receipts.iter();
        all.find(|r| r.viewer == viewer).expect("is told")
    };
    // Nadia had watched 4 of the 10 free minutes; of her 45 at Emeka's 6 are free, 14 at the full price, 25 at 80 %.
    let nadia = receipt("Nadia");
    assert_eq!((nadia.preview_ms, nadia.watched_ms), (360_000, 2_700_000));
    // 999,999,937 × (840 + 1,500 × 0.8) s
    assert_eq!(nadia.settled, 2_039_999_871_480);
    // Pavel pays half of Bruno's 2,500,000,007 a second, for an hour.
    let pavel = receipt("Pavel");
    assert_eq!(
        (pavel.discount, pavel.watched_ms),
        (Some(500_000), 3_600_000)
    );
    assert_eq!(pavel.settled, 4_500_000_012_600);
    // Tomas watched Freya for ten minutes at 1,234,567,891, all of it Selma's.
    let tomas = receipt("Tomas");
    assert_eq!(tomas.sponsor.as_deref(), Some("Selma"));
    assert_eq!(
        (tomas.hold, tomas.settled),
        (740_740_734_600, 740_740_734_600)
    );
    assert_eq!(tomas.watched_ms, 600_000);
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
