//! Tips, goals and what sponsors set aside: who gets how much, what comes back to whom, and that nobody gets anything twice.

use crate::common::*;
use vilokanam_chain::{account, administered, artifacts_dir, instantiate, PatronageCalls, VLK};
use vilokanam_interfaces::{
    events::patronage::*, AccountId, Administered, Balance, Budget, Change, Class, Contribution,
    Directory, ExternalId, Goal, GoalId, GoalState, Hash, LimitKind, Millis, Patronage,
    PatronageError as Error, PaymentDesk, PaymentHandler, PaymentHandlerError, Share, Shift,
    Spending, SpendingLimits, SponsoredHold, Sponsorship, StreamId, StreamRegistry, Wiring,
    MAX_GOAL_MS, MAX_HOLD, NATIVE,
};

/// A tip that does not divide evenly: its fee of 5 % is 50,000.15.
const TIP: Balance = 1_000_003;
/// The sum of a goal.
const TARGET: Balance = 1_000;

fn hash(byte: u8) -> Hash {
    Hash::from([byte; 32])
}

fn payments(refusal: PaymentHandlerError) -> Error {
    Error::Payments(refusal)
}

/// Noor has a third of what mira's stream 2 takes, and omar a fifteenth.
fn shared(s: &mut Stage) -> StreamId {
    let cohosts = [share("noor", 3_333), share("omar", 667)];
    s.airs("mira", Class::Premium, &cohosts)
}

impl Stage {
    /// Laws 1 and 2: what is there is what is owed, and that is what was deposited less what was withdrawn.
    #[track_caller]
    fn keeps_its_books(&mut self, withdrawn: Balance) {
        self.is_solvent_to_the_unit();
        for (asset, withdrawn) in [(NATIVE, 0), (VLK, withdrawn)] {
            let owed = self.totals(asset);
            let sum = owed.pools + owed.holds + owed.payable + owed.fees;
            assert_eq!(sum, 2 * DEPOSITED - withdrawn);
        }
    }

    #[track_caller]
    fn tips(&mut self, from: &str, stream: StreamId, amount: Balance) -> Balance {
        let tip = self.suite.patronage().tip(stream, VLK, amount, None);
        self.must(from, tip).value
    }

    /// Mira's goal, for a day from now.
    #[track_caller]
    fn makes_goal(&mut self, stream: StreamId, target: Balance) -> GoalId {
        let end_ms = self.now() + DAY;
        let goal = self
            .suite
            .patronage()
            .make_goal(stream, VLK, target, end_ms, hash(7));
        self.must("mira", goal).value
    }

    #[track_caller]
    fn contributes(&mut self, from: &str, goal: GoalId, amount: Balance) -> Balance {
        let contribute = self.suite.patronage().contribute(goal, amount);
        self.must(from, contribute).value
    }

    #[track_caller]
    fn goal(&mut self, goal: GoalId) -> Goal {
        let goal = self.read(self.suite.patronage().goal(goal));
        goal.expect("there is one")
    }

    #[track_caller]
    fn given(&mut self, goal: GoalId, who: &str) -> Contribution {
        self.read(self.suite.patronage().contribution(goal, account(who)))
    }

    /// Somebody sends a contribution back, and it comes back whole, to who gave it.
    #[track_caller]
    fn sends_back(&mut self, goal: GoalId, to: &str, amount: Balance) {
        let free = self.free(to, VLK);
        let back = self
            .suite
            .patronage()
            .return_contribution(goal, account(to));
        let sent = self.must("sam", back);
        assert_eq!(sent.value, amount);
        // A stranger's call frees no cell, and needs none.
        assert_eq!(sent.receipt.deposit, 0);
        told(
            &sent,
            [ContributionReturned {
                goal,
                to: account(to),
                amount,
            }
            .into()],
        );
        assert_eq!(self.free(to, VLK), free + amount);
        assert_eq!(self.given(goal, to).amount, 0);
        assert_eq!(
            self.refused_back(goal, to),
            Error::NothingContributed,
            "twice"
        );
    }

    #[track_caller]
    fn refused_back(&mut self, goal: GoalId, to: &str) -> Error {
        let back = self
            .suite
            .patronage()
            .return_contribution(goal, account(to));
        self.refused("sam", back)
    }

    #[track_caller]
    fn refused_contribution(&mut self, from: &str, goal: GoalId, amount: Balance) -> Error {
        let contribute = self.suite.patronage().contribute(goal, amount);
        self.refused(from, contribute)
    }

    #[track_caller]
    fn refused_tip(&mut self, from: &str, stream: StreamId, amount: Balance) -> Error {
        let tip = self.suite.patronage().tip(stream, VLK, amount, None);
        self.refused(from, tip)
    }

    /// An hour after the next midnight, on a new stream of mira's.
    fn begins_a_day(&mut self) -> StreamId {
        let to_midnight = DAY - self.now() % DAY;
        self.advance(to_midnight + HOUR);
        self.airs("mira", Class::Standard, &[])
    }

    #[track_caller]
    fn limits(&mut self, viewer: &str, limits: SpendingLimits) {
        let set = self.suite.desk().set_spending_limits(VLK, limits);
        self.must(viewer, set);
        // What is placed in the very instant of the first limit would not be given back.
        self.advance(1);
    }

    fn spending(&mut self, viewer: &str) -> Spending {
        let spending = self.suite.desk().spending(account(viewer), VLK);
        self.read(spending).expect("can be told")
    }

    /// Rewires patronage.
    fn rewires(&mut self, registry: AccountId, directory: AccountId) {
        let wiring = Wiring {
            registry: Some(registry),
            meter: Some(self.suite.meter),
            directory: Some(directory),
            ..Wiring::default()
        };
        self.changes(self.suite.patronage, Change::Wiring(wiring));
    }
}

#[test]
fn a_tip_is_split_to_the_unit_between_payees_and_platform() {
    let mut s = Stage::on_air();
    let stream = shared(&mut s);
    let message = Some(hash(9));
    for times in 1..=2 {
        let tip = s.suite.patronage().tip(stream, VLK, TIP, message);
        let sent = s.must("alice", tip);
        // 1,000,003 × 5 % = 50,000.15.
        assert_eq!(sent.value, 50_000);
        told(
            &sent,
            [Tipped {
                from: account("alice"),
                stream,
                broadcast: 1,
                asset: VLK,
                amount: TIP,
                fee: 50_000,
                message,
            }
            .into()],
        );
        assert_eq!(s.free("alice", VLK), DEPOSITED - times * TIP);
        assert_eq!(s.totals(VLK).fees, times * 50_000);
        // Of the other 950,003 noor has 33.33 %, 316,635.99; omar 667/6,667 of the 633,368 that are left, 63,365.3; mira the rest.
        assert_eq!(s.payable("noor", VLK), times * 316_635);
        assert_eq!(s.payable("omar", VLK), times * 63_365);
        assert_eq!(s.payable("mira", VLK), times * 570_003);
        s.keeps_its_books(0);
    }
    s.must("mira", s.suite.payments().withdraw_payable(VLK));
    s.keeps_its_books(2 * 570_003);

    // So small that there is no fee.
    assert_eq!(s.tips("bob", STREAM, 19), 0);
    assert_eq!(s.payable("mira", VLK), 19);
    // In native tokens too.
    let native = s.suite.patronage().tip(STREAM, NATIVE, 100, None);
    assert_eq!(s.must("bob", native).value, 5);
    assert_eq!(s.payable("mira", NATIVE), 95);
    s.keeps_its_books(2 * 570_003);
}

#[test]
fn only_a_stream_on_air_is_tipped() {
    let mut s = Stage::on_air();
    for nothing in [0, 2, StreamId::MAX] {
        assert_eq!(s.refused_tip("alice", nothing, 1), Error::StreamNotFound);
    }
    let silent = s.registers("mira", Class::Standard, &[]);
    assert_eq!(s.refused_tip("alice", silent, 1), Error::NotLive);
    // On air until its grace is over.
    s.must("mira", s.suite.registry().go_live(silent, MINUTE));
    s.advance(MINUTE - 1);
    s.tips("alice", silent, 1);
    s.advance(1);
    assert_eq!(s.refused_tip("alice", silent, 1), Error::NotLive);
    // Until it is ended; and again when the next one begins, of which the tip's event says so.
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    assert_eq!(s.refused_tip("alice", STREAM, 1), Error::NotLive);
    s.must("mira", s.suite.registry().go_live(STREAM, GRACE));
    let sent = s.must("alice", s.suite.patronage().tip(STREAM, VLK, 1, None));
    assert_eq!(sent.events_of::<Tipped>()[0].broadcast, 2);
    // Until it is suspended.
    let suspend = s.suite.registry().suspend(STREAM, "Not this.".into());
    s.must("mona", suspend);
    assert_eq!(s.refused_tip("alice", STREAM, 1), Error::NotLive);
    s.keeps_its_books(0);
}

#[test]
fn a_tip_is_refused_for_each_reason_of_the_money() {
    let mut s = Stage::on_air();
    let unknown = s.suite.patronage().tip(STREAM, 2, 1, None);
    let refused = s.refused("alice", unknown);
    assert_eq!(refused, payments(PaymentHandlerError::UnknownAsset));
    assert_eq!(
        s.refused_tip("alice", STREAM, 0),
        payments(PaymentHandlerError::ZeroAmount)
    );
    // Only from the caller's own pool.
    let too_little = PaymentHandlerError::PoolTooSmall { needed: 1, free: 0 };
    assert_eq!(s.refused_tip("sam", STREAM, 1), payments(too_little));
    let too_little = PaymentHandlerError::PoolTooSmall {
        needed: DEPOSITED + 1,
        free: DEPOSITED,
    };
    assert_eq!(
        s.refused_tip("alice", STREAM, DEPOSITED + 1),
        payments(too_little)
    );
    // What is on hold is not free.
    s.opens("alice", vlk_request());
    let too_little = PaymentHandlerError::PoolTooSmall {
        needed: DEPOSITED,
        free: DEPOSITED - HOLD,
    };
    assert_eq!(
        s.refused_tip("alice", STREAM, DEPOSITED),
        payments(too_little)
    );
    s.keeps_its_books(0);
}

#[test]
fn an_external_stream_is_paid_and_the_event_names_its_origin() {
    let mut s = Stage::on_air();
    let gateway = s.suite.directory().set_gateway(account("noor"), true);
    s.must("owner", gateway);
    let register =
        s.suite
            .directory()
            .register_external(2_004, hash(4), account("rita"), CID.into(), 11);
    let external: ExternalId = s.must("noor", register).value;

    let pay = |s: &Stage, external, amount| {
        s.suite
            .patronage()
            .pay_external(external, VLK, amount, Some(hash(1)))
    };
    let sent = s.must("alice", pay(&s, external, 1_000));
    assert_eq!(sent.value, 50);
    told(
        &sent,
        [ExternalPaid {
            from: account("alice"),
            external,
            origin_chain: 2_004,
            origin_stream: hash(4),
            asset: VLK,
            amount: 1_000,
            fee: 50,
            message: Some(hash(1)),
        }
        .into()],
    );
    assert_eq!(s.payable("rita", VLK), 950);
    assert_eq!(s.payable("noor", VLK), 0);
    s.keeps_its_books(0);

    for nothing in [0, external + 1] {
        let refused = s.refused("alice", pay(&s, nothing, 1));
        assert_eq!(refused, Error::ExternalNotFound);
    }
    let refused = s.refused("sam", pay(&s, external, 1));
    let too_little = PaymentHandlerError::PoolTooSmall { needed: 1, free: 0 };
    assert_eq!(refused, payments(too_little));

    // Its gateway names another payee, and then withdraws it.
    let update = |s: &Stage, payee, active| {
        s.suite
            .directory()
            .update_external(external, account(payee), CID.into(), 11, active)
    };
    s.must("noor", update(&s, "omar", true));
    s.must("alice", pay(&s, external, 1_000));
    assert_eq!(s.payable("omar", VLK), 950);
    s.must("noor", update(&s, "omar", false));
    let refused = s.refused("alice", pay(&s, external, 1));
    assert_eq!(refused, Error::ExternalNotFound);
    s.keeps_its_books(0);
}

#[test]
fn a_goal_that_is_reached_is_paid_out_at_once_and_to_the_unit() {
    let mut s = Stage::on_air();
    let stream = shared(&mut s);
    let end_ms = s.now() + DAY;
    let make = s
        .suite
        .patronage()
        .make_goal(stream, VLK, TIP, end_ms, hash(7));
    let sent = s.must("mira", make);
    let goal = sent.value;
    assert_eq!(goal, 1);
    told(
        &sent,
        [GoalMade {
            goal,
            stream,
            creator: account("mira"),
            asset: VLK,
            target: TIP,
            end_ms,
            about: hash(7),
        }
        .into()],
    );

    let contributed = |from, amount, raised| Contributed {
        goal,
        from: account(from),
        amount,
        raised,
    };
    let sent = s.must("alice", s.suite.patronage().contribute(goal, 400_000));
    assert_eq!(sent.value, 400_000);
    told(&sent, [contributed("alice", 400_000, 400_000).into()]);
    assert_eq!(s.free("alice", VLK), DEPOSITED - 400_000);
    assert_eq!(s.payable("mira", VLK), 0);
    s.keeps_its_books(0);

    // Nobody need be on air.
    s.must("mira", s.suite.registry().end_broadcast(stream));
    // 600,003 are missing, and no more is taken.
    let sent = s.must("bob", s.suite.patronage().contribute(goal, 700_000));
    assert_eq!(sent.value, 600_003);
    let reached = GoalReached {
        goal,
        amount: TIP,
        fee: 50_000,
    };
    told(
        &sent,
        [contributed("bob", 600_003, TIP).into(), reached.into()],
    );
    assert_eq!(s.free("bob", VLK), DEPOSITED - 600_003);
    // As a tip of as much.
    assert_eq!(s.payable("noor", VLK), 316_635);
    assert_eq!(s.payable("omar", VLK), 63_365);
    assert_eq!(s.payable("mira", VLK), 570_003);
    assert_eq!(s.totals(VLK).fees, 50_000);
    // Nothing is left in the goal's pool: alice's and bob's have all that is in pools.
    assert_eq!(s.totals(VLK).pools, 2 * DEPOSITED - TIP);
    let of = s.goal(goal);
    assert_eq!((of.state, of.raised), (GoalState::Reached, TIP));
    s.keeps_its_books(0);

    // Now, and after its end, it is over for everybody.
    for _ in 0..2 {
        assert_eq!(s.refused_contribution("alice", goal, 1), Error::GoalClosed);
        for giver in ["alice", "bob", "sam"] {
            assert_eq!(s.refused_back(goal, giver), Error::NotReturnable);
        }
        let cancel = s.suite.patronage().cancel_goal(goal);
        assert_eq!(s.refused("mira", cancel), Error::GoalClosed);
        s.advance(DAY);
    }
    s.keeps_its_books(0);
}

#[test]
fn what_was_given_to_a_missed_goal_comes_back_once() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    let placed_ms = s.now();
    s.contributes("alice", goal, 300);
    s.advance(MINUTE);
    s.contributes("alice", goal, 100);
    s.contributes("bob", goal, 599);
    let contribution = Contribution {
        amount: 400,
        placed_ms,
    };
    assert_eq!(s.given(goal, "alice"), contribution);
    s.keeps_its_books(0);

    // Its last instant, and its end.
    let end_ms = s.goal(goal).end_ms;
    s.advance(end_ms - s.now() - 1);
    assert_eq!(s.refused_back(goal, "alice"), Error::NotReturnable);
    s.advance(1);
    assert_eq!(s.refused_contribution("bob", goal, 1), Error::GoalClosed);

    assert_eq!(s.refused_back(goal, "sam"), Error::NothingContributed);
    s.sends_back(goal, "alice", 400);
    assert_eq!(s.goal(goal).raised, 599);
    s.keeps_its_books(0);
    s.sends_back(goal, "bob", 599);
    for viewer in ["alice", "bob"] {
        assert_eq!(s.free(viewer, VLK), DEPOSITED);
        assert_eq!(s.refused_back(goal, viewer), Error::NothingContributed);
    }
    let of = s.goal(goal);
    assert_eq!((of.state, of.raised), (GoalState::Open, 0));
    assert_eq!(s.totals(VLK).pools, 2 * DEPOSITED);
    s.keeps_its_books(0);
}

#[test]
fn a_goal_is_given_up_by_who_made_it() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 400);
    let cancel = |s: &Stage| s.suite.patronage().cancel_goal(goal);
    for stranger in ["alice", "noor", "owner"] {
        assert_eq!(s.refused(stranger, cancel(&s)), Error::NotCreator);
    }
    let sent = s.must("mira", cancel(&s));
    told(&sent, [GoalCancelled { goal }.into()]);
    assert_eq!(s.refused("mira", cancel(&s)), Error::GoalClosed);
    assert_eq!(s.refused_contribution("bob", goal, 1), Error::GoalClosed);
    s.sends_back(goal, "alice", 400);
    assert_eq!(s.totals(VLK).pools, 2 * DEPOSITED);
    s.keeps_its_books(0);
}

#[test]
fn a_goal_is_refused_for_each_documented_reason() {
    let mut s = Stage::on_air();
    let now = s.now();
    let make = |s: &Stage, stream, target, end_ms| {
        s.suite
            .patronage()
            .make_goal(stream, VLK, target, end_ms, hash(7))
    };
    let unknown = make(&s, 9, TARGET, now + DAY);
    assert_eq!(s.refused("mira", unknown), Error::StreamNotFound);
    // Nor its operators.
    let operators = s
        .suite
        .registry()
        .set_operators(STREAM, vec![account("omar")]);
    s.must("mira", operators);
    for stranger in ["omar", "alice", "owner"] {
        let refused = s.refused(stranger, make(&s, STREAM, TARGET, now + DAY));
        assert_eq!(refused, Error::NotCreator);
    }
    for target in [0, MAX_HOLD + 1] {
        let refused = s.refused("mira", make(&s, STREAM, target, now + DAY));
        assert_eq!(refused, Error::TargetOutOfRange);
    }
    let refused = s.refused("mira", make(&s, STREAM, TARGET, Millis::MAX));
    let Error::EndOutOfRange { max_ms } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(max_ms, s.now() + MAX_GOAL_MS);
    assert_eq!(s.read(s.suite.patronage().goal_count()), 0);
    for nothing in [0, 1] {
        assert_eq!(
            s.refused_contribution("alice", nothing, 1),
            Error::GoalNotFound
        );
        assert_eq!(s.refused_back(nothing, "alice"), Error::GoalNotFound);
        let cancel = s.suite.patronage().cancel_goal(nothing);
        assert_eq!(s.refused("mira", cancel), Error::GoalNotFound);
    }
    // Nothing, and more than there is.
    let goal = s.makes_goal(STREAM, MAX_HOLD);
    assert_eq!(
        s.refused_contribution("alice", goal, 0),
        payments(PaymentHandlerError::ZeroAmount)
    );
    let too_little = PaymentHandlerError::PoolTooSmall {
        needed: DEPOSITED + 1,
        free: DEPOSITED,
    };
    assert_eq!(
        s.refused_contribution("alice", goal, DEPOSITED + 1),
        payments(too_little)
    );
    assert_eq!(s.goal(goal).raised, 0);
    assert_eq!(s.given(goal, "alice"), Contribution::default());
    s.keeps_its_books(0);
}

#[test]
fn a_goal_is_not_reached_for_another_owner() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    let other = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 400);
    s.contributes("bob", other, 999);
    let offer = |s: &Stage, to| s.suite.registry().offer_stream(STREAM, Some(account(to)));
    let accept = |s: &Stage| s.suite.registry().accept_stream(STREAM);
    s.must("mira", offer(&s, "noor"));
    // Until it is accepted, it is mira's.
    s.contributes("alice", goal, 1);
    s.must("noor", accept(&s));
    for giver in ["alice", "noor", "mira"] {
        assert_eq!(s.refused_contribution(giver, goal, 1), Error::OwnerChanged);
    }
    assert_eq!(
        s.refused_contribution("alice", other, 1),
        Error::OwnerChanged
    );
    assert_eq!(s.refused_back(goal, "alice"), Error::NotReturnable);
    // It is not the new owner's to give up.
    let cancel = s.suite.patronage().cancel_goal(goal);
    assert_eq!(s.refused("noor", cancel), Error::NotCreator);
    s.must("mira", s.suite.patronage().cancel_goal(goal));
    s.sends_back(goal, "alice", 401);

    // The other one ends by itself.
    let end_ms = s.goal(other).end_ms;
    s.advance(end_ms - s.now());
    s.sends_back(other, "bob", 999);
    assert_eq!(s.payable("noor", VLK) + s.payable("mira", VLK), 0);
    assert_eq!(s.totals(VLK).pools, 2 * DEPOSITED);
    s.keeps_its_books(0);
}

#[test]
fn a_goal_can_be_reached_when_the_stream_is_its_creators_again() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 400);
    for (from, to) in [("mira", "noor"), ("noor", "mira")] {
        let offer = s.suite.registry().offer_stream(STREAM, Some(account(to)));
        s.must(from, offer);
        s.must(to, s.suite.registry().accept_stream(STREAM));
    }
    assert_eq!(s.contributes("bob", goal, 600), 600);
    assert_eq!(s.payable("mira", VLK), 950);
    s.keeps_its_books(0);
}

#[test]
fn a_goal_is_paid_out_by_the_newest_terms() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 400);
    let omar = Share {
        account: account("omar"),
        bps: 5_000,
    };
    let terms = s.suite.registry().set_terms(STREAM, 5_000, vec![omar]);
    s.must("mira", terms);
    s.contributes("bob", goal, TARGET);
    assert_eq!(s.payable("omar", VLK), 475);
    assert_eq!(s.payable("mira", VLK), 475);
    s.keeps_its_books(0);
}

#[test]
fn limits_bind_tips_and_contributions_and_give_back_within_the_day() {
    let mut s = Stage::on_air();
    let stream = s.begins_a_day();
    let limits = SpendingLimits {
        day: Some(1_000),
        categories: vec![(CATEGORY, 1_500)],
        ..SpendingLimits::default()
    };
    s.limits("alice", limits);
    s.tips("alice", stream, 600);
    let goal = s.makes_goal(stream, TARGET);
    let above = |kind, left| payments(PaymentHandlerError::AboveLimit { kind, left });
    let left = above(LimitKind::Day, 400);
    assert_eq!(s.refused_contribution("alice", goal, 401), left);
    s.contributes("alice", goal, 400);
    let nothing = above(LimitKind::Day, 0);
    assert_eq!(s.refused_tip("alice", stream, 1), nothing);
    assert_eq!(s.refused_contribution("alice", goal, 1), nothing);
    let external = s.suite.patronage().pay_external(1, VLK, 1, None);
    assert_eq!(s.refused("alice", external), Error::ExternalNotFound);

    // It comes back on the same day, and may be spent again; once.
    s.must("mira", s.suite.patronage().cancel_goal(goal));
    s.sends_back(goal, "alice", 400);
    s.tips("alice", stream, 400);
    assert_eq!(s.refused_tip("alice", stream, 1), nothing);

    // The next day 500 are left of the month in this category.
    let stream = s.begins_a_day();
    let goal = s.makes_goal(stream, TARGET);
    s.contributes("alice", goal, 500);
    assert_eq!(
        s.refused_contribution("alice", goal, 1),
        above(LimitKind::Category(CATEGORY), 0)
    );
    // On the day after it comes back of the month, not of that day: it was placed before.
    let stream = s.begins_a_day();
    let another = s.makes_goal(stream, TARGET);
    s.must("mira", s.suite.patronage().cancel_goal(goal));
    s.sends_back(goal, "alice", 500);
    s.contributes("alice", another, 500);
    let spending = s.spending("alice");
    assert_eq!(spending.day, 500);
    assert_eq!(spending.categories, [1_500]);
    s.keeps_its_books(0);
}

#[test]
fn what_was_given_in_two_categories_is_given_back_in_neither() {
    let mut s = Stage::on_air();
    let stream = s.begins_a_day();
    let limits = SpendingLimits {
        day: Some(1_000),
        categories: vec![(CATEGORY, 1_000)],
        ..SpendingLimits::default()
    };
    s.limits("alice", limits);
    let goal = s.makes_goal(stream, TARGET);
    s.contributes("alice", goal, 100);
    let update = s
        .suite
        .registry()
        .update(stream, CID.into(), Class::Standard, CATEGORY + 1);
    s.must("mira", update);
    s.contributes("alice", goal, 50);
    let spending = s.spending("alice");
    assert_eq!((spending.day, spending.categories), (150, vec![100]));
    s.must("mira", s.suite.patronage().cancel_goal(goal));
    s.sends_back(goal, "alice", 150);
    let spending = s.spending("alice");
    assert_eq!((spending.day, spending.categories), (0, vec![100]));
}

#[test]
fn a_pause_stops_gifts_and_not_their_return() {
    let mut s = Stage::on_air();
    let missed = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", missed, 400);
    sponsors(&mut s, "bob", 500);
    s.must("owner", s.suite.payments().pause(DAY));
    let until_ms = s.now() + DAY;
    let paused = payments(PaymentHandlerError::Paused { until_ms });
    assert_eq!(s.refused_tip("alice", STREAM, 1), paused);
    assert_eq!(s.refused_contribution("bob", missed, 600), paused);
    let more = s.suite.patronage().sponsor(STREAM, VLK, 1, terms(&s));
    assert_eq!(s.refused("bob", more), paused);
    // Terms alone move no money.
    let nothing = s.suite.patronage().sponsor(STREAM, VLK, 0, terms(&s));
    s.must("bob", nothing);

    s.must("mira", s.suite.patronage().cancel_goal(missed));
    s.sends_back(missed, "alice", 400);
    s.must("bob", s.suite.patronage().withdraw_budget(STREAM, VLK, 500));
    for viewer in ["alice", "bob"] {
        assert_eq!(s.free(viewer, VLK), DEPOSITED);
    }
    s.keeps_its_books(0);
}

#[test]
fn an_asset_that_is_delisted_before_a_goal_is_reached_traps_nothing() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 999);
    sponsors(&mut s, "bob", 500);
    let delisted = Change::SetAsset {
        asset: VLK,
        allowed: false,
    };
    s.changes(s.suite.payments, delisted);
    let refused = payments(PaymentHandlerError::AssetNotAllowed);
    assert_eq!(s.refused_contribution("bob", goal, 1), refused);
    assert_eq!(s.refused_tip("bob", STREAM, 1), refused);
    let more = s.suite.patronage().sponsor(STREAM, VLK, 1, terms(&s));
    assert_eq!(s.refused("bob", more), refused);
    let of = s.goal(goal);
    assert_eq!((of.state, of.raised), (GoalState::Open, 999));

    let end_ms = s.goal(goal).end_ms;
    s.advance(end_ms - s.now());
    s.sends_back(goal, "alice", 999);
    s.must("bob", s.suite.patronage().withdraw_budget(STREAM, VLK, 500));
    for viewer in ["alice", "bob"] {
        s.must(viewer, s.suite.payments().withdraw(VLK, DEPOSITED));
    }
    s.keeps_its_books(2 * DEPOSITED);
}

fn terms(s: &Stage) -> Sponsorship {
    Sponsorship {
        max_hold: HOLD,
        max_ceiling: VLK_RATE,
        until_ms: s.now() + 2 * DAY,
    }
}

/// Somebody's budget for stream 1.
#[track_caller]
fn sponsors(s: &mut Stage, sponsor: &str, amount: Balance) -> Sponsorship {
    let terms = terms(s);
    let sponsored = s.suite.patronage().sponsor(STREAM, VLK, amount, terms);
    let sent = s.must(sponsor, sponsored);
    told(
        &sent,
        [SponsorshipSet {
            sponsor: account(sponsor),
            stream: STREAM,
            asset: VLK,
            amount,
            terms,
        }
        .into()],
    );
    terms
}

fn budget(s: &mut Stage, sponsor: &str) -> Option<Budget> {
    s.read(s.suite.patronage().budget(account(sponsor), STREAM, VLK))
}

fn in_pool(s: &mut Stage, pool: AccountId) -> Balance {
    s.read(s.suite.payments().pool(pool, VLK)).free
}

#[test]
fn a_budget_is_its_sponsors_to_fill_and_to_withdraw() {
    let mut s = Stage::on_air();
    assert_eq!(budget(&mut s, "bob"), None);
    let terms = sponsors(&mut s, "bob", 500);
    let has = budget(&mut s, "bob").expect("has one");
    assert_eq!(has.terms, terms);
    assert_eq!(in_pool(&mut s, has.pool), 500);
    sponsors(&mut s, "bob", 300);
    assert_eq!(in_pool(&mut s, has.pool), 800);
    assert_eq!(s.free("bob", VLK), DEPOSITED - 800);
    s.keeps_its_books(0);

    let withdraw = |s: &Stage, amount| s.suite.patronage().withdraw_budget(STREAM, VLK, amount);
    for stranger in ["alice", "mira", "owner"] {
        let refused = s.refused(stranger, withdraw(&s, 1));
        assert_eq!(refused, Error::NoSponsorship);
    }
    let refused = s.refused("bob", withdraw(&s, 0));
    assert_eq!(refused, payments(PaymentHandlerError::ZeroAmount));
    let too_little = PaymentHandlerError::PoolTooSmall {
        needed: 801,
        free: 800,
    };
    let refused = s.refused("bob", withdraw(&s, 801));
    assert_eq!(refused, payments(too_little));

    let sent = s.must("bob", withdraw(&s, 700));
    told(
        &sent,
        [BudgetWithdrawn {
            sponsor: account("bob"),
            stream: STREAM,
            asset: VLK,
            amount: 700,
        }
        .into()],
    );
    assert_eq!(in_pool(&mut s, has.pool), 100);
    s.must("bob", withdraw(&s, 100));
    let too_little = PaymentHandlerError::PoolTooSmall { needed: 1, free: 0 };
    let refused = s.refused("bob", withdraw(&s, 1));
    assert_eq!(refused, payments(too_little));
    assert_eq!(s.free("bob", VLK), DEPOSITED);
    s.keeps_its_books(0);

    let unknown = s.suite.patronage().sponsor(9, VLK, 1, terms);
    assert_eq!(s.refused("bob", unknown), Error::StreamNotFound);
    let over = Sponsorship {
        until_ms: 1,
        ..terms
    };
    let over = s.suite.patronage().sponsor(STREAM, VLK, 1, over);
    let max_ms = Millis::MAX;
    assert_eq!(s.refused("bob", over), Error::EndOutOfRange { max_ms });
}

#[test]
fn a_budget_counts_against_its_sponsors_limits_until_it_comes_back() {
    let mut s = Stage::on_air();
    s.begins_a_day();
    let limits = SpendingLimits {
        day: Some(1_000),
        ..SpendingLimits::default()
    };
    s.limits("bob", limits);
    sponsors(&mut s, "bob", 1_000);
    let more = s.suite.patronage().sponsor(STREAM, VLK, 1, terms(&s));
    let above = PaymentHandlerError::AboveLimit {
        kind: LimitKind::Day,
        left: 0,
    };
    assert_eq!(s.refused("bob", more), payments(above));
    s.must("bob", s.suite.patronage().withdraw_budget(STREAM, VLK, 400));
    assert_eq!(s.spending("bob").day, 600);

    // A creator gives bob's budget a present: what bob takes back beyond what he added was not spent by him.
    let pool = budget(&mut s, "bob").expect("has one").pool;
    s.tips("alice", 2, 1_000);
    let session = vilokanam_interfaces::SessionId {
        viewer: pool,
        number: 1,
    };
    s.must("mira", s.suite.desk().refund(session, VLK, 300));
    s.must("bob", s.suite.patronage().withdraw_budget(STREAM, VLK, 900));
    assert_eq!(s.spending("bob").day, 600);
    assert_eq!(in_pool(&mut s, pool), 0);
    s.keeps_its_books(0);
}

#[test]
fn only_patronage_pays_and_shifts_and_only_the_meter_uses_budgets() {
    let mut s = Stage::on_air();
    let until_ms = sponsors(&mut s, "bob", 500).until_ms;
    let pool = budget(&mut s, "bob").expect("has one").pool;
    let shift = Shift {
        from: pool,
        to: account("sam"),
        asset: VLK,
        amount: 500,
        category: None,
        back_of_ms: Some(0),
    };
    for who in ["sam", "owner", "bob"] {
        let refused = s.refused(who, s.suite.desk().shift(shift));
        assert_eq!(refused, PaymentHandlerError::NotAuthorised);
        let open =
            s.suite
                .patronage()
                .sponsor_session(account("bob"), account("sam"), STREAM, VLK, 1, 1);
        assert_eq!(s.refused(who, open), Error::NotMeter);
    }
    // Anyone may ask.
    let would = s.suite.patronage().would_sponsor(
        account("bob"),
        account("sam"),
        STREAM,
        VLK,
        HOLD,
        VLK_RATE,
    );
    assert_eq!(s.read(would), Ok(SponsoredHold { pool, until_ms }));

    // Another patronage, which the payment handler does not obey, and one whose payment handler is none.
    for (salt, payments, expected) in [
        (
            1,
            s.suite.payments,
            Error::Payments(PaymentHandlerError::NotAuthorised),
        ),
        (2, account("nothing"), Error::PaymentsFailed),
    ] {
        let other = instantiate(
            &mut s.chain,
            &artifacts_dir(),
            "patronage",
            account("owner"),
            [0; 8].to_vec(),
            &[salt],
        )
        .expect("is there");
        let wiring = Wiring {
            registry: Some(s.suite.registry),
            payments: Some(payments),
            meter: Some(s.suite.meter),
            directory: Some(s.suite.directory),
            ..Wiring::default()
        };
        let tip = || PatronageCalls::from(other).tip(STREAM, VLK, 1, None);
        assert_eq!(s.refused("alice", tip()), Error::NotWired);
        s.must("owner", administered(other).wire(wiring));
        assert_eq!(s.refused("alice", tip()), expected);
    }
    s.keeps_its_books(0);
}

#[test]
fn patronage_that_cannot_read_registry_or_directory_returns_all_the_same() {
    let mut s = Stage::on_air();
    let goal = s.makes_goal(STREAM, TARGET);
    s.contributes("alice", goal, 400);
    sponsors(&mut s, "bob", 500);
    let nothing = account("nothing");
    s.rewires(nothing, nothing);
    assert_eq!(s.refused_tip("alice", STREAM, 1), Error::RegistryFailed);
    assert_eq!(
        s.refused_contribution("alice", goal, 1),
        Error::RegistryFailed
    );
    let external = s.suite.patronage().pay_external(1, VLK, 1, None);
    assert_eq!(s.refused("alice", external), Error::DirectoryFailed);
    let more = s.suite.patronage().sponsor(STREAM, VLK, 1, terms(&s));
    assert_eq!(s.refused("bob", more), Error::RegistryFailed);
    let end_ms = s.now() + DAY;
    let make = s
        .suite
        .patronage()
        .make_goal(STREAM, VLK, 1, end_ms, hash(7));
    assert_eq!(s.refused("mira", make), Error::RegistryFailed);

    let end_ms = s.goal(goal).end_ms;
    s.advance(end_ms - s.now());
    s.sends_back(goal, "alice", 400);
    s.must("bob", s.suite.patronage().withdraw_budget(STREAM, VLK, 500));
    assert_eq!(s.totals(VLK).pools, 2 * DEPOSITED);
    s.keeps_its_books(0);
}
