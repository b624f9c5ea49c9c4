//! Contracts that call back while they are asked: every message of every contract of the suite, from every place where it calls what is not its own.
//!
//! The chain lets no contract that is at work be called again. Whoever tries is stopped with its own frame; an accomplice who tries for it is stopped
//! alone, and then it can tell. Contracts that are not at work answer as they answer any stranger.

use crate::{beset::*, common::*, hostile_discounts::with_stakes, puppets::*};
use ink::scale::{Decode, DecodeAll, Encode};
use vilokanam_chain::account;
use vilokanam_interfaces::{
    AccountId, Directory, DirectoryError, Discount, Moderation, ModerationError, OpenRequest,
    PassOffice, PassOfficeError, Patronage, PatronageError, PaymentHandler, PaymentHandlerError,
    PermittedDeposit, PricingEngine, PricingEngineError, TickLifecycle, TickStream,
    TickStreamError, FACTOR_ONE, NATIVE,
};

/// All of the stage but what noor has in asset 2, which honest messages move, and in her purse, from which she pays deposits.
fn besides_noors(s: &mut Stage) -> Books {
    let mut books = s.books();
    books.native[NOOR] = 0;
    books.totals.truncate(2);
    books
        .purses
        .retain(|purse| (purse.name, purse.asset) != ("noor", HOSTILE));
    books
}

/// Her place among those whose purses are looked at.
const NOOR: usize = 3;

/// How an act ends where the puppet's own frame is stopped.
type Stopped = Vec<u8>;

/// The puppet calls back with every message of these contracts, which are at work, and each time the act is refused: nothing changes.
#[track_caller]
fn none_is_called_again(
    s: &mut Stage,
    puppet: AccountId,
    act: &Act,
    at_work: &[AccountId],
    stopped: &Stopped,
) {
    let before = s.books();
    let mut tried = 0;
    let mut theirs = s.every_message();
    theirs.retain(|act| at_work.contains(&act.to));
    for back in share_of(theirs) {
        let call_back = Mode::CallBack(back.to, back.input);
        s.turns(puppet, call_back);
        let met = s.act::<Bytes>(act);
        let refused = Met::Refused(Bytes(stopped.clone()));
        assert_eq!(met, refused, "{} in {}", back.name, act.name);
        tried += 1;
    }
    assert!(tried > 0);
    s.books().are_as_before(&before, act.name);
    s.turns(puppet, Mode::Honest);
}

/// The puppet has an accomplice call back with every message of the suite: it can tell that those at work were not called, and goes on as
/// if nothing had been. Nobody is touched, by the others' answers neither.
#[track_caller]
fn none_is_called_by_an_accomplice(
    s: &mut Stage,
    puppet: AccountId,
    act: &Act,
    at_work: &[AccountId],
) {
    let accomplice = s.puppet("accomplice");
    let before = besides_noors(s);
    let (mut stopped, mut answered) = (0, 0);
    for back in share_of(s.every_message()) {
        let order = Order::Call(back.to, 0, back.input.clone());
        let (_, _, ask) = vilokanam_chain::Message::into_parts(obeys(accomplice, order));
        s.turns(puppet, Mode::CallBack(accomplice, ask));
        assert_eq!(s.act::<Bytes>(act), Met::Done, "{}", back.name);
        let outcome = s.called_back(puppet);
        if at_work.contains(&back.to) {
            assert_eq!(outcome, Outcome::Trapped, "{} in {}", back.name, act.name);
            stopped += 1;
        } else {
            let Outcome::Answered(told) = outcome else {
                panic!("{} in {}: {outcome:?}", back.name, act.name);
            };
            let told = Outcome::decode_all(&mut &told[..]).expect("tells what came of it");
            // Stopped in turn where it asks one that is at work: as when the meter would pay.
            assert!(
                matches!(told, Outcome::Answered(_) | Outcome::Trapped),
                "{} in {}: {told:?}",
                back.name,
                act.name
            );
            answered += 1;
        }
    }
    assert!(stopped > 0 && answered > 0);
    besides_noors(s).are_as_before(&before, act.name);
    s.turns(puppet, Mode::Honest);
}

/// All of them; on a node, where each takes longer, one in ten.
fn share_of(all: Vec<Act>) -> impl Iterator<Item = Act> {
    let step = if crate::house::House::is_node() {
        10
    } else {
        1
    };
    all.into_iter().step_by(step)
}

fn stopped(error: impl Encode) -> Stopped {
    error.encode()
}

#[test]
fn a_token_that_calls_back_stops_its_own_payments_alone() {
    let (mut s, token) = with_a_token();
    let mut payments = s.suite.payments();
    let acts = [
        Act::new("noor", "deposit_token", payments.deposit_token(HOSTILE, 1)),
        Act::new("noor", "withdraw", payments.withdraw(HOSTILE, 1)),
        Act::new(
            "mira",
            "withdraw_payable",
            payments.withdraw_payable(HOSTILE),
        ),
        Act::new(
            "sam",
            "push_payable",
            payments.push_payable(account("mira"), HOSTILE),
        ),
        Act::new("sam", "withdraw_fees", payments.withdraw_fees(HOSTILE)),
        Act::new("sam", "sweep", payments.sweep(HOSTILE)),
    ];
    let at_work = [s.suite.payments];
    let failed = stopped(PaymentHandlerError::TokenFailed);
    for act in &acts {
        none_is_called_again(&mut s, token, act, &at_work, &failed);
    }
    // It is not the calling back that stops it: whom nobody has called before can be called, and the payment goes on.
    for (name, contract) in s.suite.contracts() {
        let mut all = s.every_message().into_iter();
        let back = all.rfind(|act| act.to == contract).expect("has messages");
        s.turns(token, Mode::CallBack(back.to, back.input));
        let met = s.act::<Bytes>(&acts[1]);
        let called = matches!(s.called_back(token), Outcome::Answered(_));
        let at_work = at_work.contains(&contract);
        assert_eq!((met == Met::Done, called), (!at_work, !at_work), "{name}");
    }
    s.turns(token, Mode::Honest);
    // Honest again, it pays: 10 s × 1,000, less a tenth.
    assert_eq!(
        s.must("mira", payments.withdraw_payable(HOSTILE)).value,
        9_000
    );
    assert_eq!(s.must("sam", payments.withdraw_fees(HOSTILE)).value, 1_000);
    assert_eq!(s.must("sam", payments.sweep(HOSTILE)).value, 77);
}

#[test]
fn a_token_with_an_accomplice_tells_that_no_contract_at_work_was_called() {
    let (mut s, token) = with_a_token();
    let mut payments = s.suite.payments();
    // What anyone may do is done.
    s.must("sam", payments.withdraw_fees(NATIVE));
    s.must("sam", s.suite.meter().settle_page(STREAM, 0));
    let at_work = [s.suite.payments];
    let act = Act::new("noor", "withdraw", payments.withdraw(HOSTILE, 1));
    none_is_called_by_an_accomplice(&mut s, token, &act, &at_work);
}

#[test]
fn a_token_that_is_deposited_in_opening_calls_neither_meter_nor_payments() {
    let (mut s, token) = with_a_token();
    s.tells(token, Order::Credit(account("omar"), GIVEN));
    let deposit = PermittedDeposit {
        amount: GIVEN,
        permit: None,
    };
    let mut lifecycle = s.suite.lifecycle();
    let open = lifecycle.deposit_and_open(in_hostile(1_000_000), deposit);
    let act = Act::new("omar", "deposit_and_open", open);
    let at_work = [s.suite.meter, s.suite.payments];
    let failed = TickStreamError::Payments(PaymentHandlerError::TokenFailed);
    none_is_called_again(&mut s, token, &act, &at_work, &stopped(failed));
    assert_eq!(s.act::<Bytes>(&act), Met::Done);
}

#[test]
fn prices_that_call_back_stop_what_asks_for_them_alone() {
    let mut s = watched();
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    let (registry, pricing) = (s.suite.registry, s.suite.pricing);
    let puppet = s.puppet_before("pricing", pricing);
    s.rewires_meter(registry, puppet);
    let (mut meter, mut lifecycle) = (s.suite.meter(), s.suite.lifecycle());
    let at_work = [s.suite.meter];
    let failed = stopped(TickStreamError::PricingFailed);
    let settle = Act::new("sam", "settle", meter.settle(id("alice", 1)));
    for act in [
        settle.clone(),
        Act::new("alice", "close", lifecycle.close(1)),
        Act::new("noor", "open", lifecycle.open(request())),
    ] {
        none_is_called_again(&mut s, puppet, &act, &at_work, &failed);
    }
    s.must("sam", meter.settle(id("alice", 1)));
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    none_is_called_by_an_accomplice(&mut s, puppet, &settle, &at_work);
}

#[test]
fn a_registry_that_calls_back_stops_what_asks_it_alone() {
    let mut s = watched();
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    let order = s.sells_passes();
    let registry = s.suite.registry;
    let puppet = s.puppet_before("registry", registry);
    s.rewires_all_to_registry(puppet);
    let suite = s.suite;
    let settle = Act::new("sam", "settle", suite.meter().settle(id("alice", 1)));
    let report = suite.moderation().report_stream(STREAM, "a reason".into());
    for (act, at_work, failed) in [
        (
            settle.clone(),
            vec![suite.meter, suite.pricing],
            stopped(TickStreamError::Pricing(PricingEngineError::CallFailed)),
        ),
        (
            Act::new(
                "mira",
                "provide",
                suite.lifecycle().provide_seats(STREAM, 1),
            ),
            vec![suite.meter],
            stopped(TickStreamError::RegistryFailed),
        ),
        (
            Act::new(
                "mira",
                "set_rates",
                suite.pricing().set_rates(STREAM, rates()),
            ),
            vec![suite.pricing],
            stopped(PricingEngineError::CallFailed),
        ),
        (
            Act::new("alice", "buy", suite.passes().buy(order)),
            vec![suite.passes],
            stopped(PassOfficeError::RegistryFailed),
        ),
        (
            Act::new(
                "alice",
                "tip",
                suite.patronage().tip(STREAM, NATIVE, 100, None),
            ),
            vec![suite.patronage],
            stopped(PatronageError::RegistryFailed),
        ),
        (
            Act::new("sam", "list_stream", suite.directory().list_stream(STREAM)),
            vec![suite.directory],
            stopped(DirectoryError::RegistryFailed),
        ),
        (
            Act::new("sam", "report_stream", report.transferred_value(10 * ONE)),
            vec![suite.moderation],
            stopped(ModerationError::RegistryFailed),
        ),
    ] {
        none_is_called_again(&mut s, puppet, &act, &at_work, &failed);
    }
    s.must("sam", suite.meter().settle(id("alice", 1)));
    s.must("sam", suite.payments().withdraw_fees(NATIVE));
    let at_work = [suite.meter, suite.pricing];
    none_is_called_by_an_accomplice(&mut s, puppet, &settle, &at_work);
}

#[test]
fn a_staking_contract_that_calls_back_gives_no_discount_and_no_more() {
    let (mut s, puppet) = with_stakes();
    let suite = s.suite;
    let with_stake = OpenRequest {
        discount: Discount::Stake,
        ..request()
    };
    let at_work = [suite.meter, suite.pricing];
    let everything = s
        .every_message()
        .into_iter()
        .filter(|act| at_work.contains(&act.to));
    // Two of each contract, and of each code of it: a session for each.
    for back in everything.step_by(4) {
        s.turns(puppet, Mode::CallBack(back.to, back.input));
        let number = s.opens("noor", with_stake);
        assert_eq!(
            s.session("noor", number).discount,
            FACTOR_ONE,
            "{}",
            back.name
        );
        assert_eq!(s.called_back(puppet), Outcome::None);
        s.must("noor", suite.lifecycle().close(number));
    }
    assert_eq!(s.free("noor", NATIVE), DEPOSITED);
    assert_eq!(s.owed("alice", 1), 5_000_035);
}

/// Bytes as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes(Vec<u8>);

impl Decode for Bytes {
    fn decode<I: ink::scale::Input>(input: &mut I) -> Result<Self, ink::scale::Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}
