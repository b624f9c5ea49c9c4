//! Tokens that refuse, lie, take a fee, re-enter, trap and babble: each is met with a typed error and no change of
//! state, and harms nothing but balances in itself.

use crate::common::*;
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment,
    },
    scale::Encode,
};
use psp22::PSP22;
use vilokanam_chain::{account, artifacts_dir, instantiate, psp22, Calls, Message, VLK};
use vilokanam_interfaces::{
    events::{
        admin::ChangeApplied,
        payment_handler::{AssetListed, Deposited},
    },
    AccountId, AdminError, Administered, Asset, AssetId, AssetRate, Balance, Change, OpenRequest,
    PaymentHandler, PaymentHandlerError as Error, PricingEngine, TickLifecycle, TickStream, Totals,
    NATIVE,
};

/// The hostile token's number.
const HOSTILE: AssetId = 2;
/// How much alice has deposited in it before it turns.
const GIVEN: Balance = 1_000_000_000;
/// What a session in it costs a second.
const HOSTILE_RATE: Balance = 1_000;

/// As in the fixture, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode)]
enum Mode {
    Honest,
    Refuse,
    Lie,
    TakeFee,
    ReenterDeposit,
    ReenterWithdraw,
    Trap,
    Babble,
    Flood,
    HideBalances,
}

impl Mode {
    /// What is said when a payout meets it; `None`: the payout goes through, whatever the token then did.
    fn said_of_payouts(self) -> Option<Error> {
        match self {
            Self::Refuse => Some(Error::TokenRefused),
            Self::ReenterDeposit | Self::ReenterWithdraw | Self::Trap | Self::Babble => {
                Some(Error::TokenFailed)
            }
            _ => None,
        }
    }
}

/// Those that stop a payout, other than by an oversized reply.
const OBSTRUCTIVE: [Mode; 5] = [
    Mode::Refuse,
    Mode::ReenterDeposit,
    Mode::ReenterWithdraw,
    Mode::Trap,
    Mode::Babble,
];

fn turn(token: AccountId, mode: Mode) -> impl Message<Output = ()> {
    let set_mode = Selector::new(ink::selector_bytes!("set_mode"));
    build_call::<DefaultEnvironment>()
        .call(token)
        .exec_input(ExecutionInput::new(set_mode).push_arg(mode))
        .returns::<()>()
}

fn aim(token: AccountId, payments: AccountId) -> impl Message<Output = ()> {
    let aim = Selector::new(ink::selector_bytes!("aim"));
    build_call::<DefaultEnvironment>()
        .call(token)
        .exec_input(
            ExecutionInput::new(aim)
                .push_arg(payments)
                .push_arg(HOSTILE),
        )
        .returns::<()>()
}

#[track_caller]
fn turns(s: &mut Stage, token: AccountId, mode: Mode) {
    s.chain
        .send(account("sam"), turn(token, mode))
        .expect("obeys");
}

/// Sam's token becomes asset 2. Still honest, it takes alice's deposit and her session, which owes something.
fn listed() -> (Stage, AccountId) {
    let mut s = Stage::on_air();
    let (suite, sam) = (s.suite, account("sam"));
    let supply = (1_000 * ONE).encode();
    let dir = artifacts_dir();
    let token = instantiate(&mut s.chain, &dir, "hostile_token", sam, supply, &[]);
    let token = token.expect("is instantiated");
    s.chain.send(sam, aim(token, suite.payments)).expect("aims");

    s.changes(suite.payments, Change::ListToken(token));
    let rates = [(NATIVE, RATE), (VLK, VLK_RATE), (HOSTILE, HOSTILE_RATE)];
    let rates = rates.map(|(asset, rate_per_sec)| AssetRate {
        asset,
        rate_per_sec,
    });
    s.must("mira", suite.pricing().set_rates(STREAM, rates.to_vec()));
    let alice = account("alice");
    s.must("sam", psp22(token).transfer(alice, 2 * GIVEN, Vec::new()));
    s.must("alice", psp22(token).approve(suite.payments, 2 * GIVEN));
    s.must("alice", suite.payments().deposit_token(HOSTILE, GIVEN));
    let in_hostile = OpenRequest {
        asset: HOSTILE,
        hold: 1_000_000,
        ceiling: HOSTILE_RATE,
        ..request()
    };
    s.opens("alice", in_hostile);
    s.opens("bob", request());
    s.advance(10_000);
    s.must("sam", suite.meter().settle_page(STREAM, 0));
    (s, token)
}

/// All that is known of balances in the token.
fn books(s: &mut Stage, token: AccountId) -> (Totals, Balance, Balance, Balance) {
    let alice = s.free("alice", HOSTILE);
    let mira = s.payable("mira", HOSTILE);
    let totals = s.totals(HOSTILE);
    let held = psp22(token).balance_of(s.suite.payments);
    let held = s.chain.read(held).unwrap_or(0);
    (totals, alice, mira, held)
}

#[test]
fn a_deposit_in_a_hostile_token_fails_and_changes_nothing() {
    let (mut s, token) = listed();
    let before = books(&mut s, token);
    let moved = |arrived| Error::TokenMoved {
        expected: 1_000,
        arrived,
    };
    for (mode, said) in [
        (Mode::Refuse, Error::TokenRefused),
        (Mode::Lie, moved(0)),
        (Mode::TakeFee, moved(990)),
        (Mode::ReenterDeposit, Error::TokenFailed),
        (Mode::ReenterWithdraw, Error::TokenFailed),
        (Mode::Trap, Error::TokenFailed),
        (Mode::Babble, Error::TokenFailed),
        (Mode::HideBalances, Error::TokenFailed),
    ] {
        turns(&mut s, token, mode);
        let deposit = s.suite.payments().deposit_token(HOSTILE, 1_000);
        assert_eq!(s.refused("alice", deposit), said, "{mode:?}");
        turns(&mut s, token, Mode::Honest);
        assert_eq!(books(&mut s, token), before, "{mode:?}");
    }
    let sent = s.must("alice", s.suite.payments().deposit_token(HOSTILE, 1_000));
    let deposited = Deposited {
        viewer: account("alice"),
        asset: HOSTILE,
        amount: 1_000,
    };
    assert_eq!(sent.events_of::<Deposited>(), [deposited]);
}

#[test]
fn payouts_in_a_hostile_token_fail_and_change_nothing() {
    let (mut s, token) = listed();
    let mira = account("mira");
    let payments = s.suite.payments;
    // Something to sweep.
    s.must("sam", psp22(token).transfer(payments, 77, Vec::new()));
    let before = books(&mut s, token);
    for mode in OBSTRUCTIVE {
        turns(&mut s, token, mode);
        let said = mode.said_of_payouts().expect("is refused");
        let suite = s.suite;
        let withdraw = suite.payments().withdraw(HOSTILE, 1_000);
        assert_eq!(s.refused("alice", withdraw), said, "{mode:?}");
        let withdraw = suite.payments().withdraw_payable(HOSTILE);
        assert_eq!(s.refused("mira", withdraw), said, "{mode:?}");
        let push = suite.payments().push_payable(mira, HOSTILE);
        assert_eq!(s.refused("sam", push), said, "{mode:?}");
        let fees = suite.payments().withdraw_fees(HOSTILE);
        assert_eq!(s.refused("sam", fees), said, "{mode:?}");
        let sweep = suite.payments().sweep(HOSTILE);
        assert_eq!(s.refused("sam", sweep), said, "{mode:?}");
        turns(&mut s, token, Mode::Honest);
        assert_eq!(books(&mut s, token), before, "{mode:?}");
    }
    turns(&mut s, token, Mode::HideBalances);
    let sweep = s.suite.payments().sweep(HOSTILE);
    assert_eq!(s.refused("sam", sweep), Error::TokenFailed);

    // Once it behaves, everybody gets what is theirs: mira 10 s × 1,000 less 10 %.
    turns(&mut s, token, Mode::Honest);
    let suite = s.suite;
    let sent = s.must("mira", suite.payments().withdraw_payable(HOSTILE));
    assert_eq!(sent.value, 9_000);
    let sent = s.must("sam", suite.payments().withdraw_fees(HOSTILE));
    assert_eq!(sent.value, 1_000);
    assert_eq!(s.must("sam", suite.payments().sweep(HOSTILE)).value, 77);
    s.must("alice", suite.lifecycle().close(1));
    let rest = GIVEN - 10_000;
    s.must("alice", suite.payments().withdraw(HOSTILE, rest));
    let (totals, _, _, held) = books(&mut s, token);
    assert_eq!((totals, held), (Totals::default(), 0));
}

#[test]
fn an_oversized_reply_ends_the_transaction_and_changes_nothing() {
    let (mut s, token) = listed();
    let before = books(&mut s, token);
    turns(&mut s, token, Mode::Flood);
    let alice = account("alice");
    let withdraw = s.suite.payments().withdraw(HOSTILE, 1_000);
    let trap = s.chain.send(alice, withdraw).expect_err("traps");
    assert_eq!(trap.name, "OutputBufferTooSmall");
    let deposit = s.suite.payments().deposit_token(HOSTILE, 1_000);
    let trap = s.chain.send(alice, deposit).expect_err("traps");
    assert_eq!(trap.name, "OutputBufferTooSmall");
    turns(&mut s, token, Mode::Honest);
    assert_eq!(books(&mut s, token), before);
    s.must("alice", s.suite.payments().withdraw(HOSTILE, 1_000));
}

#[test]
fn a_token_that_lies_about_a_payout_harms_only_who_trusted_it() {
    for (mode, arrives) in [(Mode::Lie, 0), (Mode::TakeFee, 990)] {
        let (mut s, token) = listed();
        turns(&mut s, token, mode);
        let had = s.read(psp22(token).balance_of(account("alice")));
        s.must("alice", s.suite.payments().withdraw(HOSTILE, 1_000));
        let has = s.read(psp22(token).balance_of(account("alice")));
        assert_eq!(has - had, arrives, "{mode:?}");
        // What it kept back is the platform's to sweep, in that token; nobody else's books have changed.
        let (totals, free, mira, held) = books(&mut s, token);
        assert_eq!((free, mira), (GIVEN - 1_000_000 - 1_000, 9_000));
        let owed = totals.pools + totals.holds + totals.payable + totals.fees;
        assert_eq!(owed, GIVEN - 1_000);
        assert!(held >= owed);
        s.is_solvent_to_the_unit();
    }
}

#[test]
fn a_hostile_token_stops_neither_billing_nor_exits_in_other_assets() {
    for mode in [Mode::Flood, Mode::HideBalances]
        .into_iter()
        .chain(OBSTRUCTIVE)
    {
        let (mut s, token) = listed();
        turns(&mut s, token, mode);
        s.advance(10_000);
        let suite = s.suite;
        // Settling, closing and exits from sessions move no token, in this asset or another.
        s.must("sam", suite.meter().settle_page(STREAM, 0));
        assert_eq!(s.must("alice", suite.lifecycle().close(1)).value, 0);
        assert_eq!(s.must("bob", suite.lifecycle().close(1)).value, 0);
        assert_eq!(s.payable("mira", HOSTILE), 18_000);
        // 20 s × 1,000,007, less 10 %
        let sent = s.must("mira", suite.payments().withdraw_payable(NATIVE));
        assert_eq!(sent.value, 18_000_126);
        s.must("bob", suite.payments().withdraw(VLK, DEPOSITED));
        let rest = DEPOSITED - 20_000_140;
        s.must("bob", suite.payments().withdraw(NATIVE, rest));
        s.must("sam", suite.payments().withdraw_fees(NATIVE));
        s.is_solvent_to_the_unit();
    }
}

#[test]
fn listing_a_token_gives_it_the_next_number_once() {
    let mut s = Stage::on_air();
    let suite = s.suite;
    let token = account("some token");
    let payments = || vilokanam_chain::administered(suite.payments);
    let change = Change::ListToken(token);
    assert_eq!(s.read(suite.payments().asset_count()), 2);
    // Announced twice, it is listed once.
    let first = s.must("owner", payments().announce(change)).value;
    let second = s.must("owner", payments().announce(change)).value;
    let sent = s.must("owner", payments().apply(first));
    told(
        &sent,
        [
            AssetListed {
                asset: HOSTILE,
                token,
            }
            .into(),
            ChangeApplied {
                id: first,
                old: None,
                new: change,
            }
            .into(),
        ],
    );
    let invalid = AdminError::InvalidChange;
    assert_eq!(s.refused("owner", payments().apply(second)), invalid);
    assert_eq!(s.refused("owner", payments().announce(change)), invalid);
    let vlk = Change::ListToken(suite.token);
    assert_eq!(s.refused("owner", payments().announce(vlk)), invalid);
    assert_eq!(s.read(suite.payments().asset_count()), 3);
    assert_eq!(s.read(suite.payments().asset_of(token)), Some(HOSTILE));
    let asset = Asset {
        token: Some(token),
        allowed: true,
    };
    assert_eq!(s.read(suite.payments().asset(HOSTILE)), Some(asset));
    // No contract is there.
    let deposit = suite.payments().deposit_token(HOSTILE, 1);
    assert_eq!(s.refused("alice", deposit), Error::TokenFailed);
    let sweep = suite.payments().sweep(HOSTILE);
    assert_eq!(s.refused("alice", sweep), Error::TokenFailed);
}

#[test]
fn more_than_128_bits_of_a_token_are_refused() {
    let mut s = Stage::on_air();
    let (suite, sam) = (s.suite, account("sam"));
    let supply = Balance::MAX.encode();
    let dir = artifacts_dir();
    let token = instantiate(&mut s.chain, &dir, "hostile_token", sam, supply, &[]);
    let token = token.expect("is instantiated");
    s.changes(suite.payments, Change::ListToken(token));
    s.must("sam", psp22(token).approve(suite.payments, Balance::MAX));
    let all = suite.payments().deposit_token(HOSTILE, Balance::MAX);
    s.must("sam", all);
    let one_more = suite.payments().deposit_token(HOSTILE, 1);
    assert_eq!(s.refused("bob", one_more), Error::Overflow);
    s.must("sam", suite.payments().withdraw(HOSTILE, Balance::MAX));
    assert_eq!(s.totals(HOSTILE), Totals::default());
}
