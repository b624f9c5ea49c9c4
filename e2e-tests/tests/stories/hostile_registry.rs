//! A registry that refuses, traps, babbles, answers too much, burns all gas, or lies, under open sessions: what asks it fails and changes nothing, what it lies about is
//! bounded by what viewers agreed to, and everybody gets out.

use crate::{beset::*, common::*, puppets::*};
use ink::selector_bytes;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    AccountId, Class, Directory, DirectoryError, Moderation, ModerationError, PassOffice,
    PassOfficeError, PassOrder, Patronage, PatronageError, PlanKind, PricingEngine,
    PricingEngineError, PricingPlans, Sponsorship, StreamFacts, StreamRegistry, Terms,
    TickLifecycle, TickStream, TickStreamError as Error, NATIVE,
};

const ENDS: [u8; 4] = selector_bytes!("StreamRegistry::broadcast_ends");
const FACTS: [u8; 4] = selector_bytes!("StreamRegistry::facts");
const MAY_OPERATE: [u8; 4] = selector_bytes!("StreamRegistry::may_operate");

/// Everybody asks a puppet who streams what; it is honest.
fn registered_by_a_puppet() -> (Stage, AccountId) {
    let mut s = watched();
    let puppet = asked_for_all(&mut s);
    (s, puppet)
}

fn asked_for_all(s: &mut Stage) -> AccountId {
    let puppet = s.puppet_before("registry", s.suite.registry);
    s.rewires_all_to_registry(puppet);
    puppet
}

/// Those of the platform that ask the registry, besides the meter, meet what is said.
#[track_caller]
fn the_others_fail(s: &mut Stage, order: PassOrder, how: &str, ended: Option<&str>) {
    let suite = s.suite;
    let set_rates = Act::new(
        "mira",
        "set_rates",
        suite.pricing().set_rates(STREAM, rates()),
    );
    let set_plan = Act::new(
        "mira",
        "set_plan",
        suite.plans().set_plan(STREAM, PlanKind::Flat),
    );
    let buy = Act::new("alice", "buy", suite.passes().buy(order));
    let tip = Act::new(
        "alice",
        "tip",
        suite.patronage().tip(STREAM, NATIVE, 100, None),
    );
    let list = Act::new("sam", "list_stream", suite.directory().list_stream(STREAM));
    let report = suite.moderation().report_stream(STREAM, "a reason".into());
    let report = Act::new("sam", "report", report.transferred_value(10 * ONE));
    let before = s.books();
    let had = s.native("sam");
    fn met<E: PartialEq>(error: E, ended: Option<&str>) -> Met<E> {
        ended.map_or(Met::Refused(error), |name| Met::Ended(name.into()))
    }
    let failed = met(PricingEngineError::CallFailed, ended);
    assert_eq!(s.act(&set_rates), failed, "{how}");
    let of_plans = match ended {
        Some("OutputBufferTooSmall") => Met::Refused(PricingEngineError::PlansFailed),
        _ => failed,
    };
    assert_eq!(s.act(&set_plan), of_plans, "{how}");
    assert_eq!(
        s.act(&buy),
        met(PassOfficeError::RegistryFailed, ended),
        "{how}"
    );
    assert_eq!(
        s.act(&tip),
        met(PatronageError::RegistryFailed, ended),
        "{how}"
    );
    assert_eq!(
        s.act(&list),
        met(DirectoryError::RegistryFailed, ended),
        "{how}"
    );
    assert_eq!(
        s.act(&report),
        met(ModerationError::RegistryFailed, ended),
        "{how}"
    );
    assert_eq!(s.native("sam"), had, "{how}");
    s.books().are_as_before(&before, how);
}

#[test]
fn a_registry_that_gives_no_answer_fails_whatever_asks_and_nobody_is_kept() {
    let mut s = watched();
    let order = s.sells_passes();
    noor_is_ready(&mut s);
    let puppet = asked_for_all(&mut s);
    // While it is honest nobody can tell.
    assert_eq!(s.owed("alice", 1), 5_000_035);
    let acts = asking(&mut s);
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let expected = match ended {
            // It is the pricing engine that has no room for the answer.
            Some("OutputBufferTooSmall") => Met::Refused(Error::PricingFailed),
            Some(name) => Met::Ended(name.into()),
            None => Met::Refused(Error::Pricing(PricingEngineError::CallFailed)),
        };
        all_fail(&mut s, &acts, how, &expected);
        the_others_fail(&mut s, order, how, ended);
        s.chain_gas(None);
    }
    s.turns(puppet, Mode::Trap);
    noor_leaves(&mut s);
    all_leave(&mut s);
}

#[test]
fn a_registry_that_forgets_a_broadcast_delays_only_what_asks_for_it() {
    let (mut s, puppet) = registered_by_a_puppet();
    let acts = asking(&mut s);
    let of_one: Vec<_> = acts
        .into_iter()
        .filter(|act| ["settle", "pause", "close", "dismiss"].contains(&act.name))
        .collect();
    for (how, ends, error) in [
        (
            "forgets it",
            vec![None],
            PricingEngineError::BroadcastNotFound,
        ),
        ("says nothing of it", vec![], PricingEngineError::CallFailed),
        (
            "says too much",
            vec![None; 2],
            PricingEngineError::CallFailed,
        ),
    ] {
        s.turns_when(puppet, ENDS, says::<Vec<Option<u64>>>(ends));
        all_fail(&mut s, &of_one, how, &Met::Refused(Error::Pricing(error)));
    }
    // Of two streams it forgets the first: who settles the other alone is not delayed.
    let ends = vec![None, Some(u64::MAX)];
    s.turns_when(puppet, ENDS, says::<Vec<Option<u64>>>(ends));
    let both = vec![id("alice", 1), id("bob", 1)];
    let settle = s.suite.meter().settle_many(both);
    let refused = Error::Pricing(PricingEngineError::BroadcastNotFound);
    assert_eq!(s.refused("sam", settle), refused);
    s.turns_when(puppet, ENDS, says(vec![Some(u64::MAX)]));
    let settle = s.suite.meter().settle_page(SECOND_STREAM, 0);
    // 5 s of bob's $VLK; alice's session there is on vouchers.
    assert_eq!(s.must("sam", settle).value, [(1, 1_666_665)]);
}

#[test]
fn a_registry_that_lies_of_ends_takes_no_more_than_the_clock_and_gives_nothing_back() {
    // An end that was long ago: nothing more is owed, and nothing less.
    let (mut s, puppet) = registered_by_a_puppet();
    s.turns_when(puppet, ENDS, says(vec![Some(1_u64)]));
    assert_eq!(
        s.must("sam", s.suite.meter().settle(id("alice", 1))).value,
        0
    );
    all_leave(&mut s);

    // One that never comes, of a broadcast that is over: its viewers are billed until they leave, at their price and from their hold.
    let (mut s, puppet) = registered_by_a_puppet();
    s.must("mira", s.suite.registry().end_broadcast(STREAM));
    s.turns_when(puppet, ENDS, says(vec![Some(u64::MAX)]));
    s.advance(5_000);
    // 20 s × 1,000,007, of which ten are settled.
    let close = s.suite.lifecycle().close(1);
    assert_eq!(s.must("alice", close).value, 10_000_070);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - HOLD - 20_000_140);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_registry_that_lets_strangers_operate_bills_nobody_above_their_ceiling() {
    let (mut s, puppet) = registered_by_a_puppet();
    s.turns_when(puppet, MAY_OPERATE, says(true));
    let dear = s
        .suite
        .pricing()
        .set_rates(STREAM, rates_of(RATE + 1, VLK_RATE + 1));
    s.must("sam", dear);
    s.advance(MINUTE);
    // Its accrual ended where the price passed the ceiling: after 15 s.
    let end = s.suite.lifecycle().close_ended(id("alice", 1));
    assert_eq!(s.must("sam", end).value, 5_000_035);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - HOLD - 15_000_105);
    s.is_solvent_to_the_unit();
}

#[test]
fn a_registry_that_names_another_owner_redirects_no_session_that_is_open() {
    let (mut s, puppet) = registered_by_a_puppet();
    let facts = |cohosts| StreamFacts {
        class: Class::Standard,
        category: CATEGORY,
        terms_no: 2,
        terms: Terms {
            owner: account("sam"),
            owner_bps: 10_000,
            cohosts,
        },
        suspended: false,
        broadcast_no: 1,
        end_ms: u64::MAX,
    };
    s.deposits("noor");
    // Shares that cannot be split: nobody opens, by whichever contract they come.
    let shares = vec![share("omar", 10_001)];
    s.turns_when(puppet, FACTS, says(Some(facts(shares))));
    let open = s.suite.lifecycle().open(request());
    assert_eq!(s.refused("noor", open), Error::PricingFailed);
    // What can be is believed for sessions that open now, and for them only.
    s.turns_when(puppet, FACTS, says(Some(facts(vec![]))));
    s.opens("noor", request());
    s.advance(10_000);
    s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    // So are tips, passes, and all that is paid at once: 100, less 5 %.
    s.must("alice", s.suite.patronage().tip(STREAM, NATIVE, 100, None));
    // Alice has watched 25 s by now, bob ten; each is split alone: 22,500,158 and 9,000,063.
    assert_eq!(s.payable("mira", NATIVE), 31_500_221);
    assert_eq!(s.payable("sam", NATIVE), 9_000_063 + 95);
    s.is_solvent_to_the_unit();
}

#[test]
fn bonds_contributions_and_budgets_come_back_whatever_the_registry_does() {
    let mut s = watched();
    let (mut patronage, mut moderation) = (s.suite.patronage(), s.suite.moderation());
    let report = moderation.report_stream(STREAM, "a reason".into());
    s.must("rita", report.transferred_value(10 * ONE));
    let end_ms = s.now() + HOUR;
    let goal = patronage.make_goal(STREAM, NATIVE, 1_000_000, end_ms, Default::default());
    let goal = s.must("mira", goal).value;
    s.must("alice", patronage.contribute(goal, 1_000));
    let terms = Sponsorship {
        max_hold: 1_000,
        max_ceiling: RATE,
        until_ms: end_ms,
    };
    s.must("bob", patronage.sponsor(STREAM, NATIVE, 1_000, terms));

    let puppet = asked_for_all(&mut s);
    s.turns(puppet, Mode::Trap);
    s.must("bob", patronage.withdraw_budget(STREAM, NATIVE, 1_000));
    s.advance(HOUR);
    let back = patronage.return_contribution(goal, account("alice"));
    assert_eq!(s.must("sam", back).value, 1_000);
    s.advance(14 * DAY);
    s.must("sam", moderation.lapse(1));
    let had = s.native("rita");
    let bond = moderation.collect(account("rita"));
    assert_eq!(s.must("sam", bond).value, 10 * ONE);
    assert_eq!(s.native("rita") - had, 10 * ONE);
    all_leave(&mut s);
}
