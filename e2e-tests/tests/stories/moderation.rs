//! Reports with a bond, verdicts, appeals, repeat offenders: who gets the bond, to the unit, and what a verdict does to a
//! stream.

use crate::{common::*, receipts::Tale};
use vilokanam_chain::{account, Chain, Sent};
use vilokanam_interfaces::{
    events::{moderation::*, stream_registry::*},
    AccountId, AdminError, Balance, Change, Class, EndCause, Millis, Moderation,
    ModerationError as Error, Offender, Report, ReportId, ReportState, StreamId, StreamRegistry,
    StreamRegistryError, TickLifecycle, Verdict, Wiring, APPEAL_MS, DECIDE_MS, MAX_REASON_LEN,
    NATIVE, OFFENCE_MS,
};

/// The bond that the suite is deployed with.
const BOND: Balance = 10 * ONE;
const WHY: &str = "see case 7";

impl Stage {
    /// Reports stream 1 and returns the report's number.
    #[track_caller]
    fn reports(&mut self, who: &str) -> ReportId {
        self.must(who, self.report(STREAM, WHY, BOND)).value
    }

    fn report(
        &self,
        stream: StreamId,
        reason: &str,
        bond: Balance,
    ) -> impl vilokanam_chain::Message<Output = Result<ReportId, Error>> {
        let report = self.suite.moderation().report_stream(stream, reason.into());
        report.transferred_value(bond)
    }

    #[track_caller]
    fn decides(&mut self, who: &str, report: ReportId, verdict: Verdict) -> Sent<()> {
        let decide = self.suite.moderation().decide(report, verdict, WHY.into());
        self.must(who, decide)
    }

    #[track_caller]
    fn appeals(&mut self, who: &str, report: ReportId) -> Sent<()> {
        self.must(who, self.suite.moderation().appeal(report, WHY.into()))
    }

    #[track_caller]
    fn resolves(&mut self, report: ReportId, overturned: bool) -> Sent<()> {
        let resolve = self
            .suite
            .moderation()
            .resolve(report, overturned, WHY.into());
        self.must("owner", resolve)
    }

    fn state(&mut self, report: ReportId) -> ReportState {
        let report = self.read(self.suite.moderation().report(report));
        report.expect("is there").state
    }

    fn collectable(&mut self, who: &str) -> Balance {
        self.read(self.suite.moderation().collectable(account(who)))
    }

    fn offender(&mut self, who: &str) -> (u32, u32, bool) {
        let known: Offender = self.read(self.suite.moderation().offender(account(who)));
        (known.offences, known.recent, known.repeat)
    }

    /// The contract has the bonds that wait and those that can be collected, and nothing else.
    #[track_caller]
    fn has_in_bonds(&mut self, bonds: Balance) {
        let floor = self.chain.existential_deposit();
        let has = self.chain.native_balance(self.suite.moderation);
        assert_eq!(has, Ok(floor + bonds));
    }

    /// Has `sam`, a stranger, collect for somebody, who gets exactly that.
    #[track_caller]
    fn is_paid(&mut self, who: &str, amount: Balance) {
        let before = self.native(who);
        let collect = || self.suite.moderation().collect(account(who));
        let (first, again) = (collect(), collect());
        let sent = self.must("sam", first);
        assert_eq!(sent.value, amount);
        // No cell is freed, so a stranger gains nothing by it.
        assert_eq!(sent.receipt.deposit, 0);
        let account = account(who);
        told(&sent, [BondCollected { account, amount }.into()]);
        assert_eq!(self.native(who), before + amount);
        assert_eq!(self.refused("sam", again), Error::NothingToCollect);
    }
}

fn decided(report: ReportId, verdict: Verdict) -> Tale {
    ReportDecided {
        report,
        stream: STREAM,
        moderator: account("mona"),
        verdict,
        reason: WHY.into(),
    }
    .into()
}

fn resolved(report: ReportId, overturned: bool) -> Tale {
    AppealResolved {
        report,
        overturned,
        reason: WHY.into(),
    }
    .into()
}

fn reinstated(by: AccountId) -> Tale {
    StreamReinstated {
        stream: STREAM,
        moderator: by,
        reason: WHY.into(),
    }
    .into()
}

#[test]
fn a_report_in_good_faith_costs_nothing_in_the_end() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let t = s.now();
    assert_eq!(s.read(suite.moderation().bond()), BOND);
    let treasury = s.read(suite.moderation().bond_treasury());
    assert_eq!(treasury, account("treasury"));
    let before = s.native("alice");
    let sent = s.must("alice", s.report(STREAM, WHY, BOND));
    assert_eq!(sent.value, 1);
    told(
        &sent,
        [StreamReported {
            report: 1,
            stream: STREAM,
            creator: account("mira"),
            reporter: account("alice"),
            bond: BOND,
            reason: WHY.into(),
        }
        .into()],
    );
    let deposit = Balance::try_from(sent.receipt.deposit).expect("cells were made");
    if !crate::house::House::is_node() {
        // A node takes a fee as well.
        assert_eq!(s.native("alice"), before - BOND - deposit);
    }
    s.has_in_bonds(BOND);
    let report = Report {
        stream: STREAM,
        creator: account("mira"),
        reporter: account("alice"),
        bond: BOND,
        reported_ms: t,
        state: ReportState::Open,
    };
    assert_eq!(s.read(suite.moderation().report(1)), Some(report));
    assert_eq!(s.read(suite.moderation().report(2)), None);

    s.advance(MINUTE);
    let sent = s.decides("mona", 1, Verdict::Unfounded);
    told(&sent, [decided(1, Verdict::Unfounded)]);
    let state = ReportState::Decided {
        verdict: Verdict::Unfounded,
        moderator: account("mona"),
        at_ms: t + MINUTE,
    };
    assert_eq!(s.state(1), state);
    assert_eq!(s.collectable("alice"), BOND);
    assert_eq!(s.offender("mira"), (0, 0, false));
    // Nobody lost, so nobody appeals.
    for who in ["alice", "mira"] {
        let appeal = suite.moderation().appeal(1, WHY.into());
        assert_eq!(s.refused(who, appeal), Error::NotAppealable);
    }
    s.has_in_bonds(BOND);
    s.is_paid("alice", BOND);
    s.has_in_bonds(0);
}

#[test]
fn a_report_is_refused_without_its_bond_reason_or_stream() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let long = "x".repeat(MAX_REASON_LEN as usize + 1);
    let report = |s: &mut Stage, who, stream, why: &str, bond| {
        let report = s.report(stream, why, bond);
        s.refused(who, report)
    };
    assert_eq!(report(&mut s, "mira", 9, "", 1), Error::StreamNotFound);
    assert_eq!(report(&mut s, "mira", STREAM, "", 1), Error::OwnStream);
    let max_len = MAX_REASON_LEN;
    for why in ["", &long] {
        let invalid = Error::InvalidReason { max_len };
        assert_eq!(report(&mut s, "alice", STREAM, why, 1), invalid);
    }
    for bond in [0, BOND - 1, BOND + 1, 2 * BOND] {
        let wrong = Error::WrongBond { bond: BOND };
        assert_eq!(report(&mut s, "alice", STREAM, WHY, bond), wrong);
    }
    s.has_in_bonds(0);
    s.must("alice", s.report(STREAM, &long[1..], BOND));
    let already = Error::AlreadyReported { report: 1 };
    assert_eq!(report(&mut s, "alice", STREAM, WHY, BOND), already);
    assert_eq!(s.reports("bob"), 2);
    s.has_in_bonds(2 * BOND);
    // Once it is decided, there may be another.
    s.decides("mona", 1, Verdict::Warned);
    assert_eq!(s.reports("alice"), 3);

    // The bond may be changed, for later reports.
    let set = |bond| suite.moderation().set_bond(bond);
    let not_owner = Error::Admin(AdminError::NotOwner);
    assert_eq!(s.refused("mona", set(0)), not_owner);
    let sent = s.must("owner", set(ONE));
    told(
        &sent,
        [BondSet {
            old: BOND,
            new: ONE,
        }
        .into()],
    );
    let wrong = Error::WrongBond { bond: ONE };
    assert_eq!(report(&mut s, "rita", STREAM, WHY, BOND), wrong);
    s.must("rita", s.report(STREAM, WHY, ONE));
    s.decides("mona", 2, Verdict::Unfounded);
    assert_eq!(s.collectable("bob"), BOND);
    s.has_in_bonds(3 * BOND + ONE);
}

#[test]
fn a_verdict_that_suspends_stops_billing_at_that_instant() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let t = s.now();
    s.opens("alice", request());
    s.reports("bob");
    s.advance(10_000);
    let sent = s.decides("mona", 1, Verdict::Suspended);
    told(
        &sent,
        [
            BroadcastEnded {
                stream: STREAM,
                broadcast: 1,
                end_ms: t + 10_000,
                cause: EndCause::Suspended,
            }
            .into(),
            StreamSuspended {
                stream: STREAM,
                moderator: suite.moderation,
                reason: WHY.into(),
            }
            .into(),
            decided(1, Verdict::Suspended),
        ],
    );
    assert_eq!(s.collectable("bob"), BOND);
    assert_eq!(s.offender("mira"), (1, 1, false));
    s.advance(50_000);
    // 1,000,007 × 10 s, and nothing for the 50 s after it.
    assert_eq!(s.owed("alice", 1), 10_000_070);
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    // 10 % less, rounded down: 1,000,007.
    assert_eq!(s.payable("mira", NATIVE), 9_000_063);
    let go_live = || suite.registry().go_live(STREAM, GRACE);
    let suspended = StreamRegistryError::Suspended;
    assert_eq!(s.refused("mira", go_live()), suspended);

    let sent = s.appeals("mira", 1);
    told(
        &sent,
        [VerdictAppealed {
            report: 1,
            by: account("mira"),
            reason: WHY.into(),
        }
        .into()],
    );
    let appealed = ReportState::Appealed {
        verdict: Verdict::Suspended,
        moderator: account("mona"),
        by: account("mira"),
    };
    assert_eq!(s.state(1), appealed);
    let sent = s.resolves(1, true);
    told(&sent, [reinstated(suite.moderation), resolved(1, true)]);
    let overturned = ReportState::Resolved {
        verdict: Verdict::Suspended,
        overturned: true,
    };
    assert_eq!(s.state(1), overturned);
    assert_eq!(s.offender("mira"), (0, 0, false));
    s.must("mira", go_live());
    // The report was made in good faith: bob keeps his bond.
    s.is_paid("bob", BOND);
    s.has_in_bonds(0);
}

#[test]
fn only_the_suspension_that_a_verdict_made_is_lifted_with_it() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let reinstate = || suite.registry().reinstate(STREAM, WHY.into());
    let suspend = || suite.registry().suspend(STREAM, WHY.into());
    let is_suspended = |s: &mut Stage| {
        let stream = s.read(suite.registry().stream(STREAM));
        stream.expect("is there").suspended
    };
    // A moderator had suspended it already: the verdict did not, and does not lift it.
    s.must("mona", suspend());
    s.reports("alice");
    let sent = s.decides("mona", 1, Verdict::Suspended);
    told(&sent, [decided(1, Verdict::Suspended)]);
    s.appeals("mira", 1);
    told(&s.resolves(1, true), [resolved(1, true)]);
    assert!(is_suspended(&mut s));

    // A moderator reinstates what a verdict suspended: nothing is left to be lifted.
    s.must("mona", reinstate());
    s.reports("alice");
    let sent = s.decides("mona", 2, Verdict::Suspended);
    assert_eq!(sent.receipt.events.len(), 2);
    s.appeals("mira", 2);
    s.must("mona", reinstate());
    told(&s.resolves(2, true), [resolved(2, true)]);
    assert!(!is_suspended(&mut s));

    // The newest verdict suspends after such a reinstatement: an older one does not lift it.
    s.reports("alice");
    s.decides("mona", 3, Verdict::Suspended);
    s.appeals("mira", 3);
    s.must("mona", reinstate());
    s.reports("bob");
    s.decides("mona", 4, Verdict::Suspended);
    s.appeals("mira", 4);
    told(&s.resolves(3, true), [resolved(3, true)]);
    assert!(is_suspended(&mut s));
    let sent = s.resolves(4, true);
    told(&sent, [reinstated(suite.moderation), resolved(4, true)]);
    assert!(!is_suspended(&mut s));

    // Confirmed, it stays.
    s.reports("alice");
    s.decides("mona", 5, Verdict::Suspended);
    s.appeals("mira", 5);
    told(&s.resolves(5, false), [resolved(5, false)]);
    assert!(is_suspended(&mut s));
    assert_eq!(s.offender("mira"), (1, 1, false));
}

#[test]
fn a_suspension_lasts_as_long_as_one_of_its_verdicts_stands() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let is_suspended = |s: &mut Stage| {
        let stream = s.read(suite.registry().stream(STREAM));
        stream.expect("is there").suspended
    };
    // Whichever of both is overturned first.
    for (first, second) in [(1, 2), (4, 3)] {
        for who in ["alice", "bob"] {
            let report = s.reports(who);
            s.decides("mona", report, Verdict::Suspended);
            s.appeals("mira", report);
        }
        told(&s.resolves(first, true), [resolved(first, true)]);
        assert!(is_suspended(&mut s));
        let sent = s.resolves(second, true);
        told(
            &sent,
            [reinstated(suite.moderation), resolved(second, true)],
        );
        assert!(!is_suspended(&mut s));
    }
    // Of two that suspended it before a moderator reinstated it, none matters to the third, nor the third to them.
    for who in ["alice", "bob", "rita"] {
        if who == "rita" {
            s.must("mona", suite.registry().reinstate(STREAM, WHY.into()));
        }
        let report = s.reports(who);
        s.decides("mona", report, Verdict::Suspended);
        s.appeals("mira", report);
    }
    told(&s.resolves(5, true), [resolved(5, true)]);
    assert!(is_suspended(&mut s));
    let sent = s.resolves(7, true);
    told(&sent, [reinstated(suite.moderation), resolved(7, true)]);
    told(&s.resolves(6, true), [resolved(6, true)]);
    assert!(!is_suspended(&mut s));
    assert_eq!(s.offender("mira"), (0, 0, false));
}

#[test]
fn what_nobody_decides_within_two_weeks_gives_the_bond_back() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let until_ms = s.now() + DECIDE_MS;
    s.reports("alice");
    let lapse = |report| suite.moderation().lapse(report);
    let decide = || suite.moderation().decide(1, Verdict::Abusive, WHY.into());
    assert_eq!(s.refused("sam", lapse(9)), Error::ReportNotFound);
    s.advance(DECIDE_MS - 1);
    assert_eq!(s.refused("sam", lapse(1)), Error::NotLapsed { until_ms });
    s.advance(1);
    assert_eq!(s.refused("mona", decide()), Error::NotOpen);
    let again = s.report(STREAM, WHY, BOND);
    let already = Error::AlreadyReported { report: 1 };
    assert_eq!(s.refused("alice", again), already);
    let sent = s.must("sam", lapse(1));
    told(&sent, [ReportLapsed { report: 1 }.into()]);
    assert_eq!(s.state(1), ReportState::Lapsed);
    assert_eq!(s.refused("sam", lapse(1)), Error::NotOpen);
    assert_eq!(s.refused("mona", decide()), Error::NotOpen);
    assert_eq!(s.offender("mira"), (0, 0, false));
    assert_eq!(s.reports("alice"), 2);
    s.is_paid("alice", BOND);
    s.has_in_bonds(BOND);
    // In the last millisecond it can be decided still.
    s.advance(DECIDE_MS - 1);
    s.decides("mona", 2, Verdict::Warned);
    s.is_paid("alice", BOND);
    s.has_in_bonds(0);
}

#[test]
fn the_bond_of_an_abusive_report_is_the_treasurys_after_a_week() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.reports("alice");
    s.reports("bob");
    let forfeit = |report| suite.moderation().forfeit(report);
    assert_eq!(s.refused("sam", forfeit(9)), Error::ReportNotFound);
    assert_eq!(s.refused("sam", forfeit(1)), Error::NotAppealable);
    told(
        &s.decides("mona", 1, Verdict::Abusive),
        [decided(1, Verdict::Abusive)],
    );
    s.decides("mona", 2, Verdict::Warned);
    assert_eq!(s.collectable("alice"), 0);
    s.advance(APPEAL_MS - 1);
    assert_eq!(s.refused("sam", forfeit(1)), Error::NotAppealable);
    s.advance(1);
    for report in [1, 2] {
        let appeal = suite.moderation().appeal(report, WHY.into());
        let who = if report == 1 { "alice" } else { "mira" };
        assert_eq!(s.refused(who, appeal), Error::NotAppealable);
    }
    // What was right is nobody's to forfeit.
    assert_eq!(s.refused("sam", forfeit(2)), Error::NotAppealable);
    let sent = s.must("sam", forfeit(1));
    told(
        &sent,
        [BondForfeited {
            report: 1,
            amount: BOND,
        }
        .into()],
    );
    assert_eq!(s.refused("sam", forfeit(1)), Error::NotAppealable);
    let lapse = suite.moderation().lapse(1);
    assert_eq!(s.refused("sam", lapse), Error::NotOpen);
    let before = s.native("treasury");
    s.is_paid("treasury", BOND);
    assert_eq!(s.native("treasury") - before, 10_000_000_000_000);
    s.is_paid("bob", BOND);
    assert_eq!(s.collectable("alice"), 0);
    s.has_in_bonds(0);
}

#[test]
fn a_reporter_appeals_for_the_bond_and_has_it_back_unless_the_owner_confirms() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    for (report, who) in (1..).zip(["alice", "bob", "rita"]) {
        assert_eq!(s.reports(who), report);
        s.decides("mona", report, Verdict::Abusive);
        let by = account(who);
        let appeal = || suite.moderation().appeal(report, WHY.into());
        // It is the reporter's to appeal, and nobody else's.
        for other in ["mira", "mona", "owner", "sam"] {
            assert_eq!(s.refused(other, appeal()), Error::NotAppealable);
        }
        let sent = s.appeals(who, report);
        let reason = WHY.into();
        told(&sent, [VerdictAppealed { report, by, reason }.into()]);
        assert_eq!(s.refused(who, appeal()), Error::NotAppealable);
    }
    let forfeit = |report| suite.moderation().forfeit(report);
    let resolve = |report, why: &str| suite.moderation().resolve(report, true, why.into());
    let lapse = |report| suite.moderation().lapse(report);
    let until_ms = s.now() + DECIDE_MS;
    for who in ["alice", "mona", "sam"] {
        let not_owner = Error::Admin(AdminError::NotOwner);
        assert_eq!(s.refused(who, resolve(9, "")), not_owner);
    }
    assert_eq!(s.refused("owner", resolve(9, "")), Error::ReportNotFound);
    let max_len = MAX_REASON_LEN;
    let invalid = Error::InvalidReason { max_len };
    assert_eq!(s.refused("owner", resolve(1, "")), invalid);
    s.advance(APPEAL_MS);
    assert_eq!(s.refused("sam", forfeit(1)), Error::NotAppealable);

    told(&s.resolves(1, true), [resolved(1, true)]);
    assert_eq!(s.refused("owner", resolve(1, WHY)), Error::NotAppealed);
    assert_eq!(s.refused("sam", forfeit(1)), Error::NotAppealable);
    s.is_paid("alice", BOND);

    told(&s.resolves(2, false), [resolved(2, false)]);
    assert_eq!(s.refused("owner", resolve(2, WHY)), Error::NotAppealed);
    assert_eq!(s.collectable("treasury"), 0);
    s.must("sam", forfeit(2));
    assert_eq!(s.refused("sam", forfeit(2)), Error::NotAppealable);
    s.is_paid("treasury", BOND);

    // The owner does not answer rita: two weeks after her appeal the bond is hers.
    let early = Error::NotLapsed { until_ms };
    assert_eq!(s.refused("sam", lapse(3)), early);
    s.advance(until_ms - s.now());
    assert_eq!(s.refused("owner", resolve(3, WHY)), Error::NotAppealed);
    let sent = s.must("sam", lapse(3));
    told(&sent, [ReportLapsed { report: 3 }.into()]);
    assert_eq!(s.refused("sam", lapse(3)), Error::NotOpen);
    s.is_paid("rita", BOND);
    assert_eq!(s.collectable("bob"), 0);
    assert_eq!(s.offender("mira"), (0, 0, false));
    s.has_in_bonds(0);
}

#[test]
fn three_offences_make_a_repeat_offender_and_an_overturned_one_does_not_count() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let t = s.now();
    let warned = |s: &mut Stage| {
        let report = s.reports("alice");
        s.advance(DAY);
        (report, s.decides("mona", report, Verdict::Warned))
    };
    for offences in 1..=2 {
        let (report, sent) = warned(&mut s);
        told(&sent, [decided(report, Verdict::Warned)]);
        assert_eq!(s.offender("mira"), (offences, offences, false));
    }
    let makes_one = |offences| {
        let creator = account("mira");
        Tale::from(RepeatOffender { creator, offences })
    };
    let (_, sent) = warned(&mut s);
    told(&sent, [decided(3, Verdict::Warned), makes_one(3)]);
    assert_eq!(s.offender("mira"), (3, 3, true));
    // It is said once.
    let (_, sent) = warned(&mut s);
    told(&sent, [decided(4, Verdict::Warned)]);
    assert_eq!(s.offender("mira"), (4, 3, true));
    s.appeals("mira", 4);
    s.resolves(4, true);
    assert_eq!(s.offender("mira"), (3, 3, true));
    s.appeals("mira", 2);
    s.resolves(2, true);
    assert_eq!(s.offender("mira"), (2, 2, false));
    let (_, sent) = warned(&mut s);
    told(&sent, [decided(5, Verdict::Warned), makes_one(3)]);
    // The first was on day 1: 180 days later it counts no more, and the next makes one anew.
    s.advance(t + DAY + OFFENCE_MS - 1 - s.now());
    assert_eq!(s.offender("mira"), (3, 3, true));
    s.advance(1);
    assert_eq!(s.offender("mira"), (3, 2, false));
    let report = s.reports("alice");
    let sent = s.decides("mona", report, Verdict::Warned);
    told(&sent, [decided(report, Verdict::Warned), makes_one(4)]);
    // Who takes the stream over takes no offences over.
    let offer = suite.registry().offer_stream(STREAM, Some(account("noor")));
    s.must("mira", offer);
    s.must("noor", suite.registry().accept_stream(STREAM));
    assert_eq!(s.offender("noor"), (0, 0, false));
    s.is_paid("alice", 6 * BOND);
    s.has_in_bonds(0);
}

#[test]
fn nobody_decides_on_an_own_case() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    for moderator in ["mira", "noor", "alice"] {
        let set = suite.registry().set_moderator(account(moderator), true);
        s.must("owner", set);
    }
    let decide = |report, why: &str| {
        let verdict = Verdict::Unfounded;
        suite.moderation().decide(report, verdict, why.into())
    };
    assert_eq!(s.refused("sam", decide(9, "")), Error::ReportNotFound);
    s.reports("alice");
    for who in ["sam", "bob", "owner"] {
        assert_eq!(s.refused(who, decide(1, "")), Error::NotModerator);
    }
    for who in ["alice", "mira"] {
        assert_eq!(s.refused(who, decide(1, "")), Error::OwnCase);
    }
    // Noor takes the stream over: it is her case now, and mira's still.
    let offer = suite.registry().offer_stream(STREAM, Some(account("noor")));
    s.must("mira", offer);
    s.must("noor", suite.registry().accept_stream(STREAM));
    for who in ["alice", "mira", "noor"] {
        assert_eq!(s.refused(who, decide(1, "")), Error::OwnCase);
    }
    let max_len = MAX_REASON_LEN;
    let invalid = Error::InvalidReason { max_len };
    assert_eq!(s.refused("mona", decide(1, "")), invalid);
    // The offence is of who owned it when it was reported, who appeals.
    s.decides("mona", 1, Verdict::Warned);
    assert_eq!(s.refused("mona", decide(1, WHY)), Error::NotOpen);
    assert_eq!(s.offender("mira"), (1, 1, false));
    assert_eq!(s.offender("noor"), (0, 0, false));
    let appeal = || suite.moderation().appeal(1, WHY.into());
    assert_eq!(s.refused("noor", appeal()), Error::NotAppealable);
    s.must("mira", appeal());
    s.is_paid("alice", BOND);
    s.has_in_bonds(0);
}

#[test]
fn bonds_come_back_whatever_the_registry_does() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    for who in ["alice", "bob", "rita"] {
        s.reports(who);
    }
    let decide = |verdict| suite.moderation().decide(1, verdict, WHY.into());
    // Without the right to suspend, a verdict that does is refused whole.
    let dismiss = suite.registry().set_moderator(suite.moderation, false);
    s.must("owner", dismiss);
    let refused = s.refused("mona", decide(Verdict::Suspended));
    assert_eq!(refused, Error::RegistryFailed);
    assert_eq!(s.state(1), ReportState::Open);
    assert_eq!(s.offender("mira"), (0, 0, false));
    s.decides("mona", 1, Verdict::Abusive);

    // Somebody's account instead of a registry: nothing can be asked of it.
    let nobody = Wiring {
        registry: Some(account("sam")),
        ..Wiring::default()
    };
    s.changes(suite.moderation, Change::Wiring(nobody));
    let failed = Error::RegistryFailed;
    let report = s.report(STREAM, WHY, BOND);
    assert_eq!(s.refused("sam", report), failed);
    assert_eq!(
        s.refused(
            "mona",
            suite.moderation().decide(2, Verdict::Warned, WHY.into())
        ),
        failed
    );
    s.has_in_bonds(3 * BOND);
    s.appeals("alice", 1);
    s.resolves(1, true);
    s.is_paid("alice", BOND);
    s.advance(DECIDE_MS);
    for (report, who) in [(2, "bob"), (3, "rita")] {
        s.must("sam", suite.moderation().lapse(report));
        s.is_paid(who, BOND);
    }
    s.has_in_bonds(0);
}

#[test]
fn moderation_and_money_do_not_touch() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    s.airs("noor", Class::Standard, &[]);
    s.opens("alice", request());
    let verdicts: [(Verdict, Millis); 4] = [
        (Verdict::Unfounded, 1_000),
        (Verdict::Abusive, 2_000),
        (Verdict::Warned, 3_000),
        (Verdict::Suspended, 4_000),
    ];
    for (verdict, ms) in verdicts {
        let report = s.reports("bob");
        s.advance(ms);
        s.decides("mona", report, verdict);
    }
    s.advance(MINUTE);
    // 1 + 2 + 3 + 4 s at 1,000,007 a second.
    s.must("alice", suite.lifecycle().close(1));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    s.is_solvent_to_the_unit();
    // Three bonds can be collected, and the abusive one's waits.
    assert_eq!(s.collectable("bob"), 3 * BOND);
    s.has_in_bonds(4 * BOND);
    // A donation is nobody's.
    let donor = account("sam");
    let donated = s.chain.transfer(donor, suite.moderation, ONE);
    assert_eq!(donated, Ok(()));
    s.is_paid("bob", 3 * BOND);
    s.has_in_bonds(BOND + ONE);
}
