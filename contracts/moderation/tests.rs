//! Everything that needs no registry: what it says is given. Calls are told as stories on the embedded chain.

use crate::{
    moderation::Court,
    rules::{Case, Record, Suspensions},
};
use ink::env::{test, DefaultEnvironment as Environment, Event};
use proptest::{prelude::*, sample::Index};
use vilokanam_interfaces::{
    events::{admin::*, moderation::*},
    AccountId, AdminError, Administered, Balance, Change, Hash, Millis, Moderation,
    ModerationError as Error, Offender, Report, ReportId, ReportState, StreamId, Verdict, Wiring,
    APPEAL_MS, DECIDE_MS, MAX_CHANGE_DELAY_MS, MAX_REASON_LEN, MIN_CHANGE_DELAY_MS, OFFENCE_MS,
    REPEAT_OFFENCES,
};

const CONTRACT: AccountId = AccountId([0xC0; 32]);
const OWNER: AccountId = AccountId([0x11; 32]);
const TREASURY: AccountId = AccountId([0x12; 32]);
const CREATOR: AccountId = AccountId([0x13; 32]);
const OTHER_CREATOR: AccountId = AccountId([0x14; 32]);
const REPORTER: AccountId = AccountId([0x15; 32]);
const OTHER_REPORTER: AccountId = AccountId([0x16; 32]);
const MODERATOR: AccountId = AccountId([0x17; 32]);
const STRANGER: AccountId = AccountId([0x18; 32]);

const START: Millis = 1_700_000_000_000;
const BOND: Balance = 1_000_007;
/// What the environment lets nobody be without.
const FLOOR: Balance = 1_000_000;
const RICH: Balance = 1_000 * BOND;
const STREAM: StreamId = 4;
const WHY: &str = "see case 7";
const NO_REPORT: ReportId = 99;
const ALL: [Verdict; 4] = [
    Verdict::Unfounded,
    Verdict::Abusive,
    Verdict::Warned,
    Verdict::Suspended,
];

fn by(account: AccountId) {
    test::set_caller::<Environment>(account);
    test::set_value_transferred::<Environment>(0);
}

fn at(now_ms: Millis) {
    test::set_block_timestamp::<Environment>(now_ms);
}

/// What the contract has, beside what it was born with.
fn bonds() -> Balance {
    balance(CONTRACT) - FLOOR
}

fn balance(account: AccountId) -> Balance {
    test::get_account_balance::<Environment>(account).unwrap_or_default()
}

/// An event as it is recorded: what it is, and its fields.
type Told = (Vec<u8>, Vec<u8>);

fn told<T: Event>(event: T) -> Told {
    (T::SIGNATURE_TOPIC.unwrap().to_vec(), event.encode())
}

/// The events after the first `skip`.
fn events(skip: usize) -> Vec<Told> {
    let recorded = test::recorded_events().skip(skip);
    recorded
        .map(|event| (event.topics[0].clone(), event.data))
        .collect()
}

fn count() -> usize {
    test::recorded_events().count()
}

/// A wired contract, alone in a new world, at `START`, and everybody rich.
fn court() -> Court {
    test::run_test::<Environment, _>(|_| Ok(())).expect("begins anew");
    test::set_callee::<Environment>(CONTRACT);
    test::set_account_balance::<Environment>(CONTRACT, FLOOR);
    for account in PEOPLE {
        test::set_account_balance::<Environment>(account, RICH);
    }
    at(START);
    by(OWNER);
    let mut court = Court::new(BOND, TREASURY, 0).expect("a contract");
    let wiring = Wiring {
        registry: Some(AccountId([0x51; 32])),
        ..Wiring::default()
    };
    assert_eq!(court.wire(wiring), Ok(()));
    court
}

/// Reports with `value`; what comes with a refused report goes back, as on a chain.
fn reports(
    court: &mut Court,
    who: AccountId,
    stream: StreamId,
    creator: AccountId,
    value: Balance,
) -> Result<ReportId, Error> {
    by(who);
    let before = (balance(who), balance(CONTRACT));
    test::transfer_in::<Environment>(value);
    let reported = court.reported(stream, creator, WHY.into());
    if reported.is_err() {
        test::set_account_balance::<Environment>(who, before.0);
        test::set_account_balance::<Environment>(CONTRACT, before.1);
    }
    by(who);
    reported
}

/// Decides as a moderator who does not own the stream, which is not suspended.
fn decides(
    court: &mut Court,
    who: AccountId,
    report: ReportId,
    verdict: Verdict,
) -> Result<Option<u32>, Error> {
    by(who);
    let mut case = court.case(report).expect("a report");
    court.decided(report, &mut case, verdict, false, false, WHY)
}

/// Reports `STREAM` as `OTHER_REPORTER`, has a moderator order a suspension, and appeals. `suspended`: whether it is already.
fn suspends(court: &mut Court, suspended: bool) -> ReportId {
    let report = reports(court, OTHER_REPORTER, STREAM, CREATOR, BOND).unwrap();
    let mut case = court.case(report).expect("a report");
    by(MODERATOR);
    let verdict = Verdict::Suspended;
    court
        .decided(report, &mut case, verdict, false, suspended, WHY)
        .unwrap();
    by(CREATOR);
    court.appeal(report, WHY.into()).unwrap();
    report
}

/// Answers an appeal as the owner, without the registry.
fn resolves(court: &mut Court, report: ReportId, overturned: bool) -> Result<bool, Error> {
    by(OWNER);
    let mut case = court.case(report).expect("a report");
    court.resolved(report, &mut case, overturned, WHY)
}

/// A contract with report 1 of `REPORTER` on `CREATOR`'s stream.
fn reported() -> Court {
    let mut court = court();
    assert_eq!(reports(&mut court, REPORTER, STREAM, CREATOR, BOND), Ok(1));
    court
}

/// The same, decided.
fn decided(verdict: Verdict) -> Court {
    let mut court = reported();
    assert_eq!(decides(&mut court, MODERATOR, 1, verdict), Ok(None));
    court
}

/// The same, appealed against by who lost.
fn appealed(verdict: Verdict) -> Court {
    let mut court = decided(verdict);
    let loser = match verdict {
        Verdict::Abusive => REPORTER,
        _ => CREATOR,
    };
    by(loser);
    assert_eq!(court.appeal(1, WHY.into()), Ok(()));
    court
}

fn state(court: &Court) -> ReportState {
    court.report(1).expect("a report").state
}

#[ink::test]
fn new_works() {
    by(OWNER);
    let court = Court::new(BOND, TREASURY, MIN_CHANGE_DELAY_MS).unwrap();
    let administration = court.administration();
    assert_eq!(administration.owner, OWNER);
    assert_eq!(administration.change_delay_ms, MIN_CHANGE_DELAY_MS);
    assert_eq!(administration.layout_version, 1);
    assert_eq!((court.bond(), court.bond_treasury()), (BOND, TREASURY));
    assert_eq!(court.report_count(), 0);
    assert_eq!(court.report(1), None);
    assert_eq!(court.offender(CREATOR), Offender::default());
    assert_eq!(
        Court::new(BOND, TREASURY, 1).err(),
        Some(AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS
        })
    );
}

#[ink::test]
fn set_bond_is_the_owners_and_for_later_reports() {
    let mut court = reported();
    let before = count();
    by(STRANGER);
    let not_owner = Error::Admin(AdminError::NotOwner);
    assert_eq!(court.set_bond(0), Err(not_owner.clone()));
    by(OWNER);
    assert_eq!(court.set_bond(BOND + 1), Ok(()));
    assert_eq!(court.set_bond(0), Ok(()));
    let set = |old, new| told(BondSet { old, new });
    assert_eq!(events(before), [set(BOND, BOND + 1), set(BOND + 1, 0)]);
    assert_eq!(court.report(1).unwrap().bond, BOND);
    // A report may cost nothing.
    let free = reports(&mut court, OTHER_REPORTER, STREAM, CREATOR, 0);
    assert_eq!(free, Ok(2));
    assert_eq!(
        decides(&mut court, MODERATOR, 2, Verdict::Unfounded),
        Ok(None)
    );
    assert_eq!(court.collect(OTHER_REPORTER), Err(Error::NothingToCollect));
}

#[ink::test]
fn messages_that_ask_the_registry_fail_when_not_wired() {
    by(OWNER);
    let mut court = Court::new(BOND, TREASURY, 0).unwrap();
    let why = || WHY.into();
    assert_eq!(court.report_stream(STREAM, why()), Err(Error::NotWired));
    assert_eq!(
        court.decide(1, Verdict::Warned, why()),
        Err(Error::NotWired)
    );
    assert_eq!(court.resolve(1, true, why()), Err(Error::NotWired));
}

#[ink::test]
fn unknown_reports_are_not_found() {
    let mut court = reported();
    let why = || WHY.into();
    let not_found = Err(Error::ReportNotFound);
    for report in [0, 2, NO_REPORT] {
        assert_eq!(court.report(report), None);
        assert_eq!(court.decide(report, Verdict::Warned, why()), not_found);
        assert_eq!(court.lapse(report), not_found);
        assert_eq!(court.appeal(report, why()), not_found);
        assert_eq!(court.forfeit(report), not_found);
        by(OWNER);
        assert_eq!(court.resolve(report, true, why()), not_found);
    }
}

#[ink::test]
fn report_works() {
    let mut court = court();
    let before = count();
    assert_eq!(reports(&mut court, REPORTER, STREAM, CREATOR, BOND), Ok(1));
    assert_eq!(
        events(before),
        [told(StreamReported {
            report: 1,
            stream: STREAM,
            creator: CREATOR,
            reporter: REPORTER,
            bond: BOND,
            reason: WHY.into(),
        })]
    );
    let report = Report {
        stream: STREAM,
        creator: CREATOR,
        reporter: REPORTER,
        bond: BOND,
        reported_ms: START,
        state: ReportState::Open,
    };
    assert_eq!(court.report(1), Some(report));
    assert_eq!((balance(REPORTER), bonds()), (RICH - BOND, BOND));
    // Another of the same stream, and the same of another stream.
    let other = reports(&mut court, OTHER_REPORTER, STREAM, CREATOR, BOND);
    assert_eq!(other, Ok(2));
    let other = reports(&mut court, REPORTER, STREAM + 1, CREATOR, BOND);
    assert_eq!(other, Ok(3));
    assert_eq!(court.report_count(), 3);
    assert_eq!(court.collectable(REPORTER), 0);
}

#[ink::test]
fn report_checks_in_order() {
    let mut court = reported();
    let wrong = |court: &mut Court, who, reason: &str, value| {
        by(who);
        test::set_value_transferred::<Environment>(value);
        court.reported(STREAM, CREATOR, reason.into())
    };
    let long = "x".repeat(MAX_REASON_LEN as usize + 1);
    assert_eq!(wrong(&mut court, CREATOR, "", 0), Err(Error::OwnStream));
    for reason in ["", &long] {
        let invalid = Error::InvalidReason {
            max_len: MAX_REASON_LEN,
        };
        assert_eq!(wrong(&mut court, REPORTER, reason, 0), Err(invalid));
    }
    for value in [0, BOND - 1, BOND + 1] {
        let wrong_bond = Error::WrongBond { bond: BOND };
        assert_eq!(
            wrong(&mut court, REPORTER, &long[1..], value),
            Err(wrong_bond)
        );
    }
    assert_eq!(
        wrong(&mut court, REPORTER, WHY, BOND),
        Err(Error::AlreadyReported { report: 1 })
    );
    // Late, but not ended.
    at(START + DECIDE_MS);
    assert_eq!(
        wrong(&mut court, REPORTER, WHY, BOND),
        Err(Error::AlreadyReported { report: 1 })
    );
    assert_eq!(court.lapse(1), Ok(()));
    assert_eq!(reports(&mut court, REPORTER, STREAM, CREATOR, BOND), Ok(2));
    decides(&mut court, MODERATOR, 2, Verdict::Abusive).unwrap();
    assert_eq!(reports(&mut court, REPORTER, STREAM, CREATOR, BOND), Ok(3));
}

#[ink::test]
fn reports_run_out_of_numbers() {
    let mut court = court();
    court.set_report_count(ReportId::MAX);
    assert_eq!(
        reports(&mut court, REPORTER, STREAM, CREATOR, BOND),
        Err(Error::NumbersExhausted)
    );
}

#[ink::test]
fn every_verdict_but_abusive_gives_the_bond_back() {
    for verdict in ALL {
        let mut court = decided(verdict);
        let decided = ReportState::Decided {
            verdict,
            moderator: MODERATOR,
            at_ms: START,
        };
        assert_eq!(state(&court), decided);
        let back = if verdict == Verdict::Abusive { 0 } else { BOND };
        assert_eq!(court.collectable(REPORTER), back);
        assert_eq!(court.collectable(TREASURY), 0);
        let offence = matches!(verdict, Verdict::Warned | Verdict::Suspended);
        let offender = Offender {
            offences: u32::from(offence),
            recent: u32::from(offence),
            repeat: false,
        };
        assert_eq!(court.offender(CREATOR), offender);
        // Once only.
        for again in ALL {
            assert_eq!(
                decides(&mut court, MODERATOR, 1, again),
                Err(Error::NotOpen)
            );
        }
        assert_eq!(court.collectable(REPORTER), back);
        assert_eq!(court.offender(CREATOR), offender);
    }
}

#[ink::test]
fn nobody_decides_on_an_own_case() {
    let mut court = reported();
    for who in [CREATOR, REPORTER] {
        let refused = decides(&mut court, who, 1, Verdict::Warned);
        assert_eq!(refused, Err(Error::OwnCase));
    }
    // Nor who has taken the stream over since.
    by(OTHER_CREATOR);
    let mut case = court.case(1).unwrap();
    let refused = court.decided(1, &mut case, Verdict::Unfounded, true, false, WHY);
    assert_eq!(refused, Err(Error::OwnCase));
    assert_eq!(state(&court), ReportState::Open);
}

#[ink::test]
fn deciding_and_answering_take_a_reason() {
    let long = "x".repeat(MAX_REASON_LEN as usize + 1);
    let invalid = Error::InvalidReason {
        max_len: MAX_REASON_LEN,
    };
    for reason in ["", &long] {
        let mut court = reported();
        by(MODERATOR);
        let mut case = court.case(1).unwrap();
        let refused = court.decided(1, &mut case, Verdict::Warned, false, false, reason);
        assert_eq!(refused, Err(invalid.clone()));
        assert_eq!(state(&court), ReportState::Open);

        let mut court = decided(Verdict::Warned);
        by(CREATOR);
        let refused = court.appeal(1, reason.into());
        assert_eq!(refused, Err(invalid.clone()));

        let mut court = appealed(Verdict::Warned);
        by(OWNER);
        let mut case = court.case(1).unwrap();
        let refused = court.resolved(1, &mut case, true, reason);
        assert_eq!(refused, Err(invalid.clone()));
        assert!(matches!(state(&court), ReportState::Appealed { .. }));
    }
}

#[ink::test]
fn what_nobody_decides_lapses() {
    let mut court = reported();
    let until_ms = START + DECIDE_MS;
    by(STRANGER);
    at(until_ms - 1);
    assert_eq!(court.lapse(1), Err(Error::NotLapsed { until_ms }));
    at(until_ms);
    // A moderator cannot outrun who takes the bond back.
    let late = decides(&mut court, MODERATOR, 1, Verdict::Abusive);
    assert_eq!(late, Err(Error::NotOpen));
    let before = count();
    by(STRANGER);
    assert_eq!(court.lapse(1), Ok(()));
    assert_eq!(events(before), [told(ReportLapsed { report: 1 })]);
    assert_eq!(state(&court), ReportState::Lapsed);
    assert_eq!(court.collectable(REPORTER), BOND);
    assert_eq!(court.lapse(1), Err(Error::NotOpen));
    assert_eq!(
        decides(&mut court, MODERATOR, 1, Verdict::Warned),
        Err(Error::NotOpen)
    );
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(court.collectable(REPORTER), BOND);
}

#[ink::test]
fn decide_works_to_the_last_millisecond() {
    let mut court = reported();
    at(START + DECIDE_MS - 1);
    assert_eq!(decides(&mut court, MODERATOR, 1, Verdict::Warned), Ok(None));
    at(START + DECIDE_MS);
    assert_eq!(court.lapse(1), Err(Error::NotOpen));
}

#[ink::test]
fn only_who_lost_appeals_and_in_time() {
    for verdict in ALL {
        for who in [OWNER, CREATOR, REPORTER, MODERATOR, STRANGER] {
            let may = match verdict {
                Verdict::Unfounded => false,
                Verdict::Abusive => who == REPORTER,
                Verdict::Warned | Verdict::Suspended => who == CREATOR,
            };
            let mut court = decided(verdict);
            at(START + APPEAL_MS - 1);
            by(who);
            let before = count();
            if !may {
                // Who may not is told so before the reason is looked at.
                assert_eq!(court.appeal(1, String::new()), Err(Error::NotAppealable));
                continue;
            }
            assert_eq!(court.appeal(1, WHY.into()), Ok(()));
            let appealed = VerdictAppealed {
                report: 1,
                by: who,
                reason: WHY.into(),
            };
            assert_eq!(events(before), [told(appealed)]);
            let appealed = ReportState::Appealed {
                verdict,
                moderator: MODERATOR,
                by: who,
            };
            assert_eq!(state(&court), appealed);
            assert_eq!(court.appeal(1, WHY.into()), Err(Error::NotAppealable));

            let mut court = decided(verdict);
            by(who);
            at(START + APPEAL_MS);
            assert_eq!(court.appeal(1, WHY.into()), Err(Error::NotAppealable));
        }
    }
    let mut court = reported();
    by(CREATOR);
    assert_eq!(court.appeal(1, WHY.into()), Err(Error::NotAppealable));
}

#[ink::test]
fn only_the_owner_answers_and_only_appeals() {
    let mut court = appealed(Verdict::Warned);
    for who in [CREATOR, REPORTER, MODERATOR, STRANGER] {
        by(who);
        let refused = court.resolve(NO_REPORT, true, String::new());
        assert_eq!(refused, Err(Error::Admin(AdminError::NotOwner)));
    }
    assert_eq!(resolves(&mut court, 1, false), Ok(false));
    assert_eq!(resolves(&mut court, 1, true), Err(Error::NotAppealed));
    let confirmed = ReportState::Resolved {
        verdict: Verdict::Warned,
        overturned: false,
    };
    assert_eq!(state(&court), confirmed);
    for begun in [reported, || decided(Verdict::Warned)] {
        let mut court = begun();
        let refused = resolves(&mut court, 1, true);
        assert_eq!(refused, Err(Error::NotAppealed));
    }
}

#[ink::test]
fn an_overturned_offence_counts_no_more() {
    for verdict in [Verdict::Warned, Verdict::Suspended] {
        let mut court = appealed(verdict);
        assert_eq!(court.offender(CREATOR).offences, 1);
        let lifts = verdict == Verdict::Suspended;
        assert_eq!(resolves(&mut court, 1, true), Ok(lifts));
        assert_eq!(court.offender(CREATOR), Offender::default());
        // The reporter keeps what was given back, and no more.
        assert_eq!(court.collectable(REPORTER), BOND);

        let mut court = appealed(verdict);
        assert_eq!(resolves(&mut court, 1, false), Ok(false));
        assert_eq!(court.offender(CREATOR).offences, 1);
    }
    // An appeal without a bond has no end.
    let mut court = appealed(Verdict::Suspended);
    at(START + OFFENCE_MS);
    assert_eq!(court.lapse(1), Err(Error::NotOpen));
    assert_eq!(resolves(&mut court, 1, true), Ok(true));
}

#[ink::test]
fn the_last_verdict_that_orders_a_suspension_lifts_it() {
    // Whichever is overturned first.
    for (first, second) in [(1, 2), (2, 1)] {
        let mut court = appealed(Verdict::Suspended);
        assert_eq!(suspends(&mut court, true), 2);
        assert_eq!(resolves(&mut court, first, true), Ok(false));
        assert_eq!(resolves(&mut court, second, true), Ok(true));
        // The stream is reinstated: the next suspends it anew.
        assert_eq!(suspends(&mut court, false), 3);
        assert_eq!(resolves(&mut court, 3, true), Ok(true));
    }
    // One that is confirmed stands for ever.
    let mut court = appealed(Verdict::Suspended);
    suspends(&mut court, true);
    assert_eq!(resolves(&mut court, 1, false), Ok(false));
    assert_eq!(resolves(&mut court, 2, true), Ok(false));
    // Warnings order nothing.
    let mut court = appealed(Verdict::Warned);
    suspends(&mut court, false);
    assert_eq!(resolves(&mut court, 1, true), Ok(false));
    assert_eq!(resolves(&mut court, 2, true), Ok(true));
}

#[ink::test]
fn a_stream_that_a_moderator_reinstated_starts_anew() {
    let mut court = appealed(Verdict::Suspended);
    assert_eq!(suspends(&mut court, true), 2);
    // Reinstated: two verdicts of before stand, and mean nothing to the suspension by the third, in the same instant too.
    assert_eq!(suspends(&mut court, false), 3);
    assert_eq!(resolves(&mut court, 1, true), Ok(false));
    assert_eq!(resolves(&mut court, 3, true), Ok(true));
    assert_eq!(resolves(&mut court, 2, true), Ok(false));
    // Suspended by a moderator directly: no verdict lifts that.
    assert_eq!(suspends(&mut court, true), 4);
    assert_eq!(resolves(&mut court, 4, true), Ok(false));
    assert_eq!(court.offender(CREATOR), Offender::default());
}

#[test]
fn suspensions_count_the_verdicts_of_the_last() {
    let mut suspensions = Suspensions::default();
    assert_eq!(suspensions.order(true), 0);
    assert!(!suspensions.overturn(0));
    assert_eq!(suspensions, Suspensions::default());
    assert_eq!([false, true, true].map(|s| suspensions.order(s)), [1; 3]);
    assert_eq!(
        [1; 3].map(|n| suspensions.overturn(n)),
        [false, false, true]
    );
    assert_eq!(suspensions.order(true), 0);
    assert_eq!([false, false].map(|s| suspensions.order(s)), [2, 3]);
    assert_eq!([2, 3].map(|n| suspensions.overturn(n)), [false, true]);
}

#[ink::test]
fn an_abusive_reports_bond_is_forfeited_when_nobody_appeals() {
    let mut court = decided(Verdict::Abusive);
    by(STRANGER);
    at(START + APPEAL_MS - 1);
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    at(START + APPEAL_MS);
    let before = count();
    assert_eq!(court.forfeit(1), Ok(()));
    let forfeited = BondForfeited {
        report: 1,
        amount: BOND,
    };
    assert_eq!(events(before), [told(forfeited)]);
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(court.lapse(1), Err(Error::NotOpen));
    assert_eq!(court.collectable(TREASURY), BOND);
    assert_eq!(court.collectable(REPORTER), 0);
    for verdict in [Verdict::Unfounded, Verdict::Warned, Verdict::Suspended] {
        let mut court = decided(verdict);
        at(START + APPEAL_MS);
        assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    }
}

#[ink::test]
fn an_appeal_about_a_bond_decides_whose_it_is() {
    let mut court = appealed(Verdict::Abusive);
    at(START + APPEAL_MS);
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(resolves(&mut court, 1, false), Ok(false));
    assert_eq!(court.collectable(TREASURY), 0);
    by(STRANGER);
    assert_eq!(court.forfeit(1), Ok(()));
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(court.collectable(TREASURY), BOND);

    let mut court = appealed(Verdict::Abusive);
    assert_eq!(resolves(&mut court, 1, true), Ok(false));
    assert_eq!(court.collectable(REPORTER), BOND);
    at(START + APPEAL_MS);
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(court.offender(CREATOR), Offender::default());
}

#[ink::test]
fn an_appeal_about_a_bond_that_nobody_answers_gives_it_back() {
    let mut court = decided(Verdict::Abusive);
    let appealed_ms = START + APPEAL_MS - 1;
    at(appealed_ms);
    by(REPORTER);
    court.appeal(1, WHY.into()).unwrap();
    let until_ms = appealed_ms + DECIDE_MS;
    at(until_ms - 1);
    assert_eq!(court.lapse(1), Err(Error::NotLapsed { until_ms }));
    at(until_ms);
    assert_eq!(resolves(&mut court, 1, false), Err(Error::NotAppealed));
    by(STRANGER);
    assert_eq!(court.lapse(1), Ok(()));
    assert_eq!(state(&court), ReportState::Lapsed);
    assert_eq!(court.collectable(REPORTER), BOND);
    assert_eq!(court.lapse(1), Err(Error::NotOpen));
    assert_eq!(court.forfeit(1), Err(Error::NotAppealable));
    assert_eq!(resolves(&mut court, 1, true), Err(Error::NotAppealed));
}

#[ink::test]
fn anyone_has_bonds_paid_to_their_owner_once() {
    let mut court = decided(Verdict::Unfounded);
    reports(&mut court, REPORTER, STREAM, CREATOR, BOND).unwrap();
    decides(&mut court, MODERATOR, 2, Verdict::Warned).unwrap();
    by(STRANGER);
    assert_eq!(court.collect(STRANGER), Err(Error::NothingToCollect));
    let before = count();
    assert_eq!(court.collect(REPORTER), Ok(2_000_014));
    let collected = BondCollected {
        account: REPORTER,
        amount: 2_000_014,
    };
    assert_eq!(events(before), [told(collected)]);
    assert_eq!(court.collect(REPORTER), Err(Error::NothingToCollect));
    assert_eq!((balance(REPORTER), balance(STRANGER)), (RICH, RICH));
    assert_eq!(bonds(), 0);
}

#[ink::test]
fn collect_fails_when_the_chain_refuses_the_transfer() {
    // An account that the environment does not know cannot pay.
    test::set_callee::<Environment>(AccountId([0xEE; 32]));
    by(OWNER);
    let mut court = Court::new(BOND, TREASURY, 0).unwrap();
    court.set_collectable(REPORTER, BOND);
    assert_eq!(court.collect(REPORTER), Err(Error::TransferFailed));
}

#[ink::test]
fn three_offences_in_half_a_year_make_a_repeat_offender() {
    let mut court = court();
    for (report, day) in (1..).zip([0, 90, 180, 200, 271]) {
        let now = START + day * 86_400_000;
        at(now);
        reports(&mut court, REPORTER, STREAM, CREATOR, BOND).unwrap();
        // When the third came the first was 180 days old, and counted no more; with the fourth it is three. The second
        // counts until day 270, so the fifth makes one anew.
        let made = [(200, 4), (271, 5)].into_iter().find(|made| made.0 == day);
        let made = made.map(|(_, offences)| offences);
        assert_eq!(
            decides(&mut court, MODERATOR, report, Verdict::Warned),
            Ok(made)
        );
    }
    let offender = |offences, recent| Offender {
        offences,
        recent,
        repeat: recent >= REPEAT_OFFENCES,
    };
    assert_eq!(court.offender(CREATOR), offender(5, 3));
    at(START + 360 * 86_400_000 - 1);
    assert_eq!(court.offender(CREATOR), offender(5, 3));
    at(START + 360 * 86_400_000);
    assert_eq!(court.offender(CREATOR), offender(5, 2));
    at(START + 451 * 86_400_000);
    assert_eq!(court.offender(CREATOR), offender(5, 0));
    assert_eq!(court.offender(OTHER_CREATOR), offender(0, 0));
}

#[test]
fn offences_that_are_taken_off_leave_the_others() {
    let mut record = Record::default();
    assert!(!record.add(10));
    assert!(!record.add(20));
    assert!(record.add(30));
    assert!(!record.add(40));
    let offender = |record: &Record| {
        let known = record.offender(50);
        (known.offences, known.recent, known.repeat)
    };
    // Of 10, 20, 30, 40 two go.
    record.remove(20);
    assert_eq!(offender(&record), (3, 3, true));
    record.remove(40);
    assert_eq!(offender(&record), (2, 2, false));
    assert_eq!(record.at_ms, [30, 10, 0, 0, 0, 0, 0, 0]);
    // Two of the same block are two.
    assert!(record.add(50));
    record.add(50);
    record.remove(50);
    assert_eq!(record.at_ms, [50, 30, 10, 0, 0, 0, 0, 0]);
    assert_eq!(offender(&record), (3, 3, true));
    // More than are remembered are counted still.
    for _ in 0..9 {
        record.add(60);
    }
    assert_eq!(record.at_ms, [60; 8]);
    assert_eq!(record.offences, 12);
    record.remove(30);
    assert_eq!((record.at_ms, record.offences), ([60; 8], 11));
}

#[ink::test]
fn wiring_is_the_registry_alone_and_the_owners() {
    let mut court = court();
    let wiring = Wiring {
        registry: Some(STRANGER),
        ..Wiring::default()
    };
    assert_eq!(court.wire(wiring), Err(AdminError::AlreadyWired));
    let both = Wiring {
        payments: Some(STRANGER),
        ..wiring
    };
    for wrong in [both, Wiring::default()] {
        let refused = court.announce(Change::Wiring(wrong));
        assert_eq!(refused, Err(AdminError::WiringMismatch));
    }
    for change in [
        Change::Treasury(STRANGER),
        Change::SecondCode(Hash::from([7; 32])),
    ] {
        let refused = court.announce(change);
        assert_eq!(refused, Err(AdminError::UnsupportedChange));
    }
    assert_eq!(court.announce(Change::Wiring(wiring)), Ok(1));
    by(STRANGER);
    assert_eq!(court.apply(1), Err(AdminError::NotOwner));
    assert_eq!(court.cancel(1), Err(AdminError::NotOwner));
    assert_eq!(court.wire(wiring), Err(AdminError::NotOwner));
    by(OWNER);
    let before = count();
    let old = court.administration().wiring;
    assert_eq!(court.apply(1), Ok(()));
    assert_eq!(court.administration().wiring, wiring);
    let applied = ChangeApplied {
        id: 1,
        old: Some(Change::Wiring(old)),
        new: Change::Wiring(wiring),
    };
    assert_eq!(events(before), [told(applied)]);
}

#[ink::test]
fn ownership_moves_in_two_steps() {
    let mut court = appealed(Verdict::Warned);
    by(OWNER);
    assert_eq!(court.propose_owner(Some(STRANGER)), Ok(()));
    by(STRANGER);
    assert_eq!(court.accept_owner(), Ok(()));
    assert_eq!(court.set_bond(1), Ok(()));
    by(OWNER);
    let not_owner = Err(Error::Admin(AdminError::NotOwner));
    assert_eq!(court.set_bond(2), not_owner);
    assert_eq!(court.resolve(1, true, WHY.into()), not_owner);
}

// The law of bonds.

/// What somebody may do to a case, by its position among those there are.
#[derive(Debug, Clone)]
enum Deed {
    Report {
        who: Index,
        creator: bool,
        stream: StreamId,
    },
    Decide {
        case: Index,
        who: Index,
        verdict: usize,
    },
    Lapse(Index),
    Appeal {
        case: Index,
        who: Index,
    },
    Resolve {
        case: Index,
        overturned: bool,
    },
    Forfeit(Index),
    Collect(Index),
    SetBond(Balance),
    Wait(Millis),
}

fn deeds() -> impl Strategy<Value = Deed> {
    let any_index = || any::<Index>();
    prop_oneof![
        4 => (any_index(), any::<bool>(), 1..4u32)
            .prop_map(|(who, creator, stream)| Deed::Report { who, creator, stream }),
        4 => (any_index(), any_index(), 0..ALL.len())
            .prop_map(|(case, who, verdict)| Deed::Decide { case, who, verdict }),
        2 => any_index().prop_map(Deed::Lapse),
        4 => (any_index(), any_index()).prop_map(|(case, who)| Deed::Appeal { case, who }),
        3 => (any_index(), any::<bool>())
            .prop_map(|(case, overturned)| Deed::Resolve { case, overturned }),
        2 => any_index().prop_map(Deed::Forfeit),
        2 => any_index().prop_map(Deed::Collect),
        1 => (0..3 * BOND).prop_map(Deed::SetBond),
        3 => prop_oneof![
            Just(1),
            Just(APPEAL_MS),
            Just(DECIDE_MS),
            1..2 * DECIDE_MS,
        ]
        .prop_map(Deed::Wait),
    ]
}

const PEOPLE: [AccountId; 8] = [
    OWNER,
    TREASURY,
    CREATOR,
    OTHER_CREATOR,
    REPORTER,
    OTHER_REPORTER,
    MODERATOR,
    STRANGER,
];

/// The contract as anybody's deeds change it.
struct Law {
    court: Court,
    now_ms: Millis,
}

impl Law {
    fn does(&mut self, deed: &Deed) {
        let cases = self.court.report_count() as usize;
        let pick = |case: &Index| case.index(cases) as ReportId + 1;
        let person = |who: &Index| PEOPLE[who.index(PEOPLE.len())];
        let court = &mut self.court;
        match deed {
            Deed::Wait(ms) => {
                self.now_ms += ms;
                at(self.now_ms);
            }
            Deed::SetBond(bond) => {
                by(OWNER);
                court.set_bond(*bond).expect("the owner may");
            }
            Deed::Report {
                who,
                creator,
                stream,
            } => {
                let creator = if *creator { CREATOR } else { OTHER_CREATOR };
                let (who, bond) = (person(who), court.bond());
                if balance(who) >= bond + FLOOR {
                    let _ = reports(court, who, *stream, creator, bond);
                }
            }
            Deed::Collect(who) => {
                by(STRANGER);
                let who = person(who);
                let (before, due) = (balance(who), court.collectable(who));
                match court.collect(who) {
                    Ok(paid) => assert_eq!((paid, balance(who)), (due, before + due)),
                    Err(e) => assert_eq!((e, due), (Error::NothingToCollect, 0)),
                }
            }
            _ if cases == 0 => {}
            Deed::Decide { case, who, verdict } => {
                let _ = decides(court, person(who), pick(case), ALL[*verdict]);
            }
            Deed::Lapse(case) => {
                by(STRANGER);
                let _ = court.lapse(pick(case));
            }
            Deed::Appeal { case, who } => {
                by(person(who));
                let _ = court.appeal(pick(case), WHY.into());
            }
            Deed::Resolve { case, overturned } => {
                let _ = resolves(court, pick(case), *overturned);
            }
            Deed::Forfeit(case) => {
                by(STRANGER);
                let _ = court.forfeit(pick(case));
            }
        }
    }

    fn cases(&self) -> Vec<Case> {
        (1..=self.court.report_count())
            .map(|report| self.court.case(report).expect("no gaps"))
            .collect()
    }

    /// What it has is what waits and what can be collected, to the unit.
    fn holds(&self) {
        let cases = self.cases();
        let waits: Balance = cases.iter().filter(|c| c.bonded).map(|c| c.bond).sum();
        let due: Balance = PEOPLE.iter().map(|p| self.court.collectable(*p)).sum();
        assert_eq!(bonds(), waits + due);
        // Offences are those of cases that say so.
        for creator in [CREATOR, OTHER_CREATOR] {
            let of = cases.iter().filter(|c| c.creator == creator);
            let stands = |c: &&Case| {
                let state = c.report().state;
                let overturned = matches!(
                    state,
                    ReportState::Resolved {
                        overturned: true,
                        ..
                    }
                );
                c.is_offence() && !overturned
            };
            let offences = of.filter(stands).count() as u32;
            assert_eq!(self.court.offender(creator).offences, offences);
        }
    }

    /// However it got here: strangers alone get every bond to whom it belongs, and nothing is left.
    fn empties(mut self) {
        self.does(&Deed::Wait(DECIDE_MS + APPEAL_MS));
        by(STRANGER);
        for (report, case) in (1..).zip(self.cases()) {
            if case.bonded {
                let lapsed = self.court.lapse(report).is_ok();
                let forfeited = self.court.forfeit(report).is_ok();
                assert!(lapsed != forfeited, "{case:?}");
            }
        }
        for person in PEOPLE {
            let _ = self.court.collect(person);
        }
        assert_eq!(bonds(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_bonds_are_paid_once_and_never_trapped(deeds in prop::collection::vec(deeds(), 1..60)) {
        let mut law = Law { court: court(), now_ms: START };
        for deed in &deeds {
            law.does(deed);
            law.holds();
        }
        law.empties();
    }
}
