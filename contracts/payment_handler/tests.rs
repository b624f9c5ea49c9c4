//! Everything that needs no other contract and no own code hash: tokens and `set_code` are tested on the embedded chain.

use crate::{desk::Handed, payment_handler::Payments, settlement::Settlement};
use ink::{
    codegen::TraitCallBuilder,
    env::{pay_with_call, test, DefaultEnvironment as Environment, Event},
    reflect::DispatchableMessageInfo,
    scale::{Decode, Encode},
    scale_info::{meta_type, TypeInfo},
    selector_id,
};
use vilokanam_interfaces::{
    events::{admin::*, payment_handler::*},
    AccountId, AdminError, Administered, Asset, AssetId, Balance, Change, Class, FeeSchedule,
    FeeTerms, Hash, Holds, Millis, PayTerms, Payment, PaymentDesk, PaymentHandler,
    PaymentHandlerError as E, PaymentLimits, Pool, Release, SessionId, SettleItem, Share, Shift,
    SpendingLimits, Totals, Wiring, MAX_ASSETS, MAX_CHANGE_DELAY_MS, MAX_FEE_BPS, MAX_HOLD,
    MAX_PAUSE_MS, MAX_REFERRAL_BPS, MAX_SETTLEMENT, MIN_CHANGE_DELAY_MS, NATIVE, PAUSE_REST_MS,
};

const CONTRACT: AccountId = AccountId([0xC0; 32]);
const OWNER: AccountId = AccountId([0x11; 32]);
const METER: AccountId = AccountId([0x12; 32]);
const PASSES: AccountId = AccountId([0x1A; 32]);
const PATRONAGE: AccountId = AccountId([0x1B; 32]);
const TREASURY: AccountId = AccountId([0x13; 32]);
const VIEWER: AccountId = AccountId([0x14; 32]);
const CREATOR: AccountId = AccountId([0x15; 32]);
const COHOST: AccountId = AccountId([0x16; 32]);
const OTHER_COHOST: AccountId = AccountId([0x17; 32]);
const REFERRER: AccountId = AccountId([0x18; 32]);
const STRANGER: AccountId = AccountId([0x19; 32]);
const TOKEN: AccountId = AccountId([0x70; 32]);
const OTHER_TOKEN: AccountId = AccountId([0x71; 32]);

/// The asset that `TOKEN` is.
const TOKEN_ASSET: AssetId = 1;
/// No asset has this number.
const NO_ASSET: AssetId = 2;
/// Of the sessions; no limit binds it here.
const CATEGORY: u16 = 7;
/// The code of the desk, which no unit test can call.
const DESK: [u8; 32] = [0xDE; 32];
const NOW_MS: Millis = 1_700_000_000_000;
const DEPOSIT: Balance = 5_000_000;
const HOLD: Balance = 2_000_000;
/// What a session settles in the examples that are computed by hand.
const SETTLED: Balance = 1_000_003;

const FEES: FeeSchedule = FeeSchedule {
    standard_bps: 1_000,
    premium_bps: 1_500,
    subscription_bps: 2_000,
    tips_bps: 500,
    referral_bps: 2_000,
};

fn call_as(caller: AccountId) {
    test::set_caller::<Environment>(caller);
    test::set_value_transferred::<Environment>(0);
}

fn set_now(now_ms: Millis) {
    test::set_block_timestamp::<Environment>(now_ms);
}

fn balance(account: AccountId) -> Balance {
    test::get_account_balance::<Environment>(account).unwrap_or_default()
}

fn set_balance(account: AccountId, balance: Balance) {
    test::set_account_balance::<Environment>(account, balance);
}

fn cells() -> usize {
    test::count_used_storage_cells::<Environment>(&CONTRACT).unwrap()
}

/// An event as it is recorded: what it is, and its fields.
type Told = (Vec<u8>, Vec<u8>);

fn told<T: Event>(event: T) -> Told {
    (T::SIGNATURE_TOPIC.unwrap().to_vec(), event.encode())
}

/// All events since the contract was set up.
fn events(contract: &Ready) -> Vec<Told> {
    test::recorded_events()
        .skip(contract.events_before)
        .map(|event| (event.topics[0].clone(), event.data))
        .collect()
}

/// A contract that is set up, and how many events that took.
struct Ready {
    payments: Payments,
    events_before: usize,
}

/// Native and one token, development delay; not wired.
fn unwired() -> Payments {
    test::set_callee::<Environment>(CONTRACT);
    set_balance(CONTRACT, 0);
    set_now(NOW_MS);
    call_as(OWNER);
    Payments::new(TREASURY, FEES, vec![TOKEN], 0, DESK.into()).unwrap()
}

fn wiring() -> Wiring {
    Wiring {
        meter: Some(METER),
        passes: Some(PASSES),
        patronage: Some(PATRONAGE),
        ..Wiring::default()
    }
}

/// As `unwired`, with the meter.
fn empty() -> Ready {
    let mut payments = unwired();
    payments.wire(wiring()).unwrap();
    Ready {
        payments,
        events_before: test::recorded_events().count(),
    }
}

/// As `empty`, with `DEPOSIT` in the viewer's pool.
fn funded() -> Ready {
    let mut ready = empty();
    deposit(&mut ready.payments, VIEWER, DEPOSIT).unwrap();
    ready.events_before = test::recorded_events().count();
    ready
}

/// As `funded`, with `HOLD` of it on hold for one session.
fn held() -> Ready {
    let mut ready = funded();
    call_as(METER);
    ready
        .payments
        .hold(VIEWER, NATIVE, HOLD, Class::Standard, CATEGORY)
        .unwrap();
    ready
}

/// As `held`, with `SETTLED` of it settled by `example`.
fn settled() -> Ready {
    let mut ready = held();
    let (terms, item) = example(0, SETTLED);
    ready.payments.settle(vec![terms], vec![item]).unwrap();
    ready
}

fn deposit(payments: &mut Payments, viewer: AccountId, amount: Balance) -> Result<(), E> {
    call_as(viewer);
    // The environment knows no balances between zero and a million.
    set_balance(viewer, amount.max(1_000_000));
    pay_with_call!(payments.deposit(), amount)
}

fn pool(free: Balance, holds: u32) -> Pool {
    Pool {
        free,
        holds,
        limited: false,
    }
}

fn totals(pools: Balance, holds: Balance, payable: Balance, fees: Balance) -> Totals {
    Totals {
        pools,
        holds,
        payable,
        fees,
    }
}

fn share(account: AccountId, bps: u16) -> Share {
    Share { account, bps }
}

/// 10 % fee, 20 % of it to the referrer; co-hosts with 30 % and 20 % of the rest.
fn terms() -> PayTerms {
    PayTerms {
        fees: FeeTerms {
            fee_bps: 1_000,
            referral_bps: 2_000,
        },
        owner: CREATOR,
        cohosts: vec![share(COHOST, 3_000), share(OTHER_COHOST, 2_000)],
    }
}

fn item(before: Balance, after: Balance) -> SettleItem {
    SettleItem {
        terms: 0,
        asset: NATIVE,
        before,
        after,
        referrer: None,
        release: None,
    }
}

/// The end of a hold: what is left of it goes to a pool.
fn release(to: AccountId, amount: Balance) -> Release {
    Release {
        to,
        amount,
        counted: amount,
        placed_ms: NOW_MS,
        category: CATEGORY,
    }
}

/// The terms, and a settlement with a referrer.
fn example(before: Balance, after: Balance) -> (PayTerms, SettleItem) {
    let item = SettleItem {
        referrer: Some(REFERRER),
        ..item(before, after)
    };
    (terms(), item)
}

fn payables(payments: &Payments) -> [Balance; 4] {
    [CREATOR, COHOST, OTHER_COHOST, REFERRER].map(|payee| payments.payable(payee, NATIVE))
}

fn allow(payments: &mut Payments, asset: AssetId, allowed: bool) {
    change(payments, Change::SetAsset { asset, allowed }).unwrap();
}

/// Announces a change and applies it at once: the delay is zero.
fn change(payments: &mut Payments, change: Change) -> Result<(), AdminError> {
    call_as(OWNER);
    let id = payments.announce(change)?;
    payments.apply(id)
}

fn pause(payments: &mut Payments) -> E {
    call_as(OWNER);
    payments.pause(MAX_PAUSE_MS).unwrap();
    E::Paused {
        until_ms: NOW_MS + MAX_PAUSE_MS,
    }
}

// Construction and reads.

#[ink::test]
fn new_works() {
    let payments = unwired();
    assert_eq!(payments.administration().owner, OWNER);
    assert_eq!(payments.administration().proposed_owner, None);
    assert_eq!(payments.administration().change_delay_ms, 0);
    assert_eq!(payments.administration().pending, vec![]);
    assert_eq!(payments.administration().wiring, Wiring::default());
    assert_eq!(payments.administration().layout_version, 1);
    assert_eq!(payments.fees(), FEES);
    assert_eq!(payments.treasury(), TREASURY);
    assert_eq!(payments.paused_until(), 0);
    assert_eq!(payments.asset_count(), 2);
    let asset = |token| {
        Some(Asset {
            token,
            allowed: true,
        })
    };
    assert_eq!(payments.asset(NATIVE), asset(None));
    assert_eq!(payments.asset(TOKEN_ASSET), asset(Some(TOKEN)));
    assert_eq!(payments.asset(NO_ASSET), None);
    assert_eq!(payments.asset_of(TOKEN), Some(TOKEN_ASSET));
    assert_eq!(payments.asset_of(OTHER_TOKEN), None);
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(0, 0));
    assert_eq!(payments.payable(CREATOR, NATIVE), 0);
    assert_eq!(payments.totals(NATIVE), totals(0, 0, 0, 0));
    assert_eq!(
        payments.limits(),
        PaymentLimits {
            hold: MAX_HOLD,
            fee_bps: MAX_FEE_BPS,
            referral_bps: MAX_REFERRAL_BPS,
            assets: MAX_ASSETS,
            pause_ms: MAX_PAUSE_MS,
            pause_rest_ms: PAUSE_REST_MS,
            settlement: MAX_SETTLEMENT,
        }
    );
}

#[ink::test]
fn new_fails_when_delay_is_out_of_range() {
    assert_eq!(
        Payments::new(TREASURY, FEES, vec![], MIN_CHANGE_DELAY_MS - 1, DESK.into()).err(),
        Some(AdminError::DelayOutOfRange {
            min_ms: MIN_CHANGE_DELAY_MS,
            max_ms: MAX_CHANGE_DELAY_MS
        })
    );
}

/// One schedule beyond each limit.
fn bad_fees() -> [FeeSchedule; 5] {
    let above = MAX_FEE_BPS + 1;
    [
        FeeSchedule {
            standard_bps: above,
            ..FEES
        },
        FeeSchedule {
            premium_bps: above,
            ..FEES
        },
        FeeSchedule {
            subscription_bps: above,
            ..FEES
        },
        FeeSchedule {
            tips_bps: above,
            ..FEES
        },
        FeeSchedule {
            referral_bps: MAX_REFERRAL_BPS + 1,
            ..FEES
        },
    ]
}

/// Every fee at its limit.
const HIGHEST_FEES: FeeSchedule = FeeSchedule {
    standard_bps: MAX_FEE_BPS,
    premium_bps: MAX_FEE_BPS,
    subscription_bps: MAX_FEE_BPS,
    tips_bps: MAX_FEE_BPS,
    referral_bps: MAX_REFERRAL_BPS,
};

#[ink::test]
fn new_fails_when_fees_are_above_their_limits() {
    for fees in bad_fees() {
        assert_eq!(
            Payments::new(TREASURY, fees, vec![], 0, DESK.into()).err(),
            Some(AdminError::InvalidSetup)
        );
    }
    assert!(Payments::new(TREASURY, HIGHEST_FEES, vec![], 0, DESK.into()).is_ok());
}

#[ink::test]
fn new_fails_when_a_token_comes_twice() {
    assert_eq!(
        Payments::new(
            TREASURY,
            FEES,
            vec![TOKEN, OTHER_TOKEN, TOKEN],
            0,
            DESK.into()
        )
        .err(),
        Some(AdminError::InvalidSetup)
    );
}

/// So many different tokens.
fn tokens(count: u16) -> Vec<AccountId> {
    (0..count)
        .map(|n| {
            let mut bytes = [0xAA; 32];
            bytes[..2].copy_from_slice(&n.to_le_bytes());
            AccountId(bytes)
        })
        .collect()
}

#[ink::test]
fn new_fails_when_tokens_are_too_many() {
    assert_eq!(
        Payments::new(TREASURY, FEES, tokens(MAX_ASSETS), 0, DESK.into()).err(),
        Some(AdminError::InvalidSetup)
    );
    test::set_callee::<Environment>(CONTRACT);
    call_as(OWNER);
    let mut full = Payments::new(TREASURY, FEES, tokens(MAX_ASSETS - 1), 0, DESK.into()).unwrap();
    assert_eq!(full.asset_count(), MAX_ASSETS);
    assert_eq!(
        full.announce(Change::ListToken(OTHER_TOKEN)),
        Err(AdminError::InvalidChange)
    );
}

#[ink::test]
fn announce_fails_when_the_token_is_the_contract_itself() {
    let mut ready = empty();
    call_as(OWNER);
    assert_eq!(
        ready.payments.announce(Change::ListToken(CONTRACT)),
        Err(AdminError::InvalidChange)
    );
}

// Deposits.

#[ink::test]
fn deposit_works() {
    let mut ready = empty();
    let payments = &mut ready.payments;
    for _ in 0..2 {
        assert_eq!(deposit(payments, VIEWER, DEPOSIT), Ok(()));
    }
    assert_eq!(deposit(payments, STRANGER, 1), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(2 * DEPOSIT, 0));
    assert_eq!(payments.pool(STRANGER, NATIVE), pool(1, 0));
    assert_eq!(payments.totals(NATIVE), totals(2 * DEPOSIT + 1, 0, 0, 0));
    assert_eq!(balance(CONTRACT), 2 * DEPOSIT + 1);
    let deposited = |viewer, amount| {
        told(Deposited {
            viewer,
            asset: NATIVE,
            amount,
        })
    };
    assert_eq!(
        events(&ready),
        [
            deposited(VIEWER, DEPOSIT),
            deposited(VIEWER, DEPOSIT),
            deposited(STRANGER, 1)
        ]
    );
}

#[ink::test]
fn deposit_fails_when_paused() {
    let Ready { mut payments, .. } = empty();
    let paused = pause(&mut payments);
    allow(&mut payments, NATIVE, false);
    // Checked before the asset and the amount.
    assert_eq!(deposit(&mut payments, VIEWER, 0), Err(paused));
    set_now(NOW_MS + MAX_PAUSE_MS);
    allow(&mut payments, NATIVE, true);
    assert_eq!(deposit(&mut payments, VIEWER, 1), Ok(()));
}

#[ink::test]
fn deposit_fails_when_asset_is_not_allowed() {
    let Ready { mut payments, .. } = empty();
    allow(&mut payments, NATIVE, false);
    assert_eq!(deposit(&mut payments, VIEWER, 0), Err(E::AssetNotAllowed));
}

#[ink::test]
fn deposit_fails_when_amount_is_zero() {
    let Ready { mut payments, .. } = empty();
    assert_eq!(deposit(&mut payments, VIEWER, 0), Err(E::ZeroAmount));
    assert_eq!(payments.totals(NATIVE), totals(0, 0, 0, 0));
}

#[ink::test]
fn deposit_fails_when_all_that_is_owed_would_overflow() {
    let Ready { mut payments, .. } = settled();
    // Pools, holds, payable balances and fees together fill 128 bits.
    let room = Balance::MAX - DEPOSIT;
    call_as(STRANGER);
    test::set_value_transferred::<Environment>(room + 1);
    assert_eq!(payments.deposit(), Err(E::Overflow));
    test::set_value_transferred::<Environment>(room);
    assert_eq!(payments.deposit(), Ok(()));
    test::set_value_transferred::<Environment>(1);
    assert_eq!(payments.deposit(), Err(E::Overflow));
    assert_eq!(payments.pool(STRANGER, NATIVE), pool(room, 0));
}

#[ink::test]
fn deposit_token_checks_in_order() {
    let Ready { mut payments, .. } = empty();
    allow(&mut payments, NATIVE, false);
    allow(&mut payments, TOKEN_ASSET, false);
    let paused = pause(&mut payments);
    call_as(VIEWER);
    assert_eq!(payments.deposit_token(NO_ASSET, 0), Err(paused));
    set_now(NOW_MS + MAX_PAUSE_MS);
    assert_eq!(payments.deposit_token(NO_ASSET, 0), Err(E::UnknownAsset));
    assert_eq!(payments.deposit_token(NATIVE, 0), Err(E::WrongAsset));
    assert_eq!(
        payments.deposit_token(TOKEN_ASSET, 0),
        Err(E::AssetNotAllowed)
    );
    allow(&mut payments, TOKEN_ASSET, true);
    call_as(VIEWER);
    assert_eq!(payments.deposit_token(TOKEN_ASSET, 0), Err(E::ZeroAmount));
    payments
        .money
        .totals
        .insert(TOKEN_ASSET, &totals(1, 1, 1, Balance::MAX - 3));
    assert_eq!(payments.deposit_token(TOKEN_ASSET, 1), Err(E::Overflow));
}

// Withdrawals.

#[ink::test]
fn withdraw_works() {
    let mut ready = funded();
    let payments = &mut ready.payments;
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NATIVE, 1), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - 1, 0));
    assert_eq!(payments.totals(NATIVE), totals(DEPOSIT - 1, 0, 0, 0));
    assert_eq!((balance(VIEWER), balance(CONTRACT)), (1, DEPOSIT - 1));

    let cells_before = cells();
    assert_eq!(payments.withdraw(NATIVE, DEPOSIT - 1), Ok(()));
    // The viewer paid for the cell of the pool, and gets its storage deposit back.
    assert_eq!(cells(), cells_before - 1);
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(0, 0));
    assert_eq!(payments.totals(NATIVE), totals(0, 0, 0, 0));
    assert_eq!((balance(VIEWER), balance(CONTRACT)), (DEPOSIT, 0));
    let withdrawn = |amount| {
        told(Withdrawn {
            viewer: VIEWER,
            asset: NATIVE,
            amount,
        })
    };
    assert_eq!(events(&ready), [withdrawn(1), withdrawn(DEPOSIT - 1)]);
}

#[ink::test]
fn withdraw_keeps_the_cell_while_a_session_holds_money() {
    let Ready { mut payments, .. } = held();
    let cells_before = cells();
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NATIVE, DEPOSIT - HOLD), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(0, 1));
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn withdraw_is_not_bound_by_limits_and_keeps_their_mark() {
    let Ready { mut payments, .. } = funded();
    let limited = |free| Pool {
        limited: true,
        ..pool(free, 0)
    };
    payments
        .money
        .pools
        .insert((NATIVE, VIEWER), &limited(DEPOSIT));
    let cells_before = cells();
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NATIVE, DEPOSIT), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), limited(0));
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn withdraw_works_when_paused_or_delisted() {
    let Ready { mut payments, .. } = funded();
    allow(&mut payments, NATIVE, false);
    pause(&mut payments);
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NATIVE, DEPOSIT), Ok(()));
}

#[ink::test]
fn withdraw_checks_in_order() {
    let Ready { mut payments, .. } = held();
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NO_ASSET, 0), Err(E::UnknownAsset));
    assert_eq!(payments.withdraw(NATIVE, 0), Err(E::ZeroAmount));
    let free = DEPOSIT - HOLD;
    assert_eq!(
        payments.withdraw(NATIVE, free + 1),
        Err(E::PoolTooSmall {
            needed: free + 1,
            free
        })
    );
    call_as(STRANGER);
    let nothing = E::PoolTooSmall { needed: 1, free: 0 };
    assert_eq!(payments.withdraw(NATIVE, 1), Err(nothing));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(free, 1));
    assert_eq!(payments.totals(NATIVE), totals(free, HOLD, 0, 0));
}

#[ink::test]
fn payouts_fail_when_the_chain_refuses_the_transfer() {
    // An account that the environment does not know cannot pay.
    test::set_callee::<Environment>(AccountId([0xEE; 32]));
    call_as(OWNER);
    let mut payments = Payments::new(TREASURY, FEES, vec![], 0, DESK.into()).unwrap();
    payments.money.totals.insert(NATIVE, &totals(1, 0, 1, 1));
    payments.money.pools.insert((NATIVE, OWNER), &pool(1, 0));
    payments.money.payables.insert((NATIVE, OWNER), &1);
    assert_eq!(payments.withdraw(NATIVE, 1), Err(E::TransferFailed));
    assert_eq!(payments.withdraw_payable(NATIVE), Err(E::TransferFailed));
    assert_eq!(payments.withdraw_fees(NATIVE), Err(E::TransferFailed));
}

#[ink::test]
fn withdraw_payable_works() {
    let mut ready = settled();
    let payments = &mut ready.payments;
    let before = payments.totals(NATIVE);
    let cells_before = cells();
    call_as(CREATOR);
    assert_eq!(payments.withdraw_payable(NATIVE), Ok(450_003));
    assert_eq!(balance(CREATOR), 450_003);
    assert_eq!(balance(CONTRACT), DEPOSIT - 450_003);
    assert_eq!(payments.payable(CREATOR, NATIVE), 0);
    assert_eq!(
        payments.totals(NATIVE),
        Totals {
            payable: before.payable - 450_003,
            ..before
        }
    );
    // Somebody else paid for the cell: it stays.
    assert_eq!(cells(), cells_before);
    assert_eq!(payments.withdraw_payable(NATIVE), Err(E::NothingPayable));
    assert_eq!(
        events(&ready),
        [told(PaidOut {
            payee: CREATOR,
            asset: NATIVE,
            amount: 450_003,
            by: CREATOR
        })]
    );
}

#[ink::test]
fn withdraw_payable_checks_in_order() {
    let Ready { mut payments, .. } = settled();
    call_as(STRANGER);
    assert_eq!(payments.withdraw_payable(NO_ASSET), Err(E::UnknownAsset));
    assert_eq!(payments.withdraw_payable(NATIVE), Err(E::NothingPayable));
    call_as(CREATOR);
    let other = payments.withdraw_payable(TOKEN_ASSET);
    assert_eq!(other, Err(E::NothingPayable));
}

#[ink::test]
fn push_payable_works_by_anyone_even_when_paused_and_delisted() {
    let mut ready = settled();
    let payments = &mut ready.payments;
    allow(payments, NATIVE, false);
    pause(payments);
    ready.events_before = test::recorded_events().count();
    let payments = &mut ready.payments;
    call_as(STRANGER);
    assert_eq!(payments.push_payable(COHOST, NATIVE), Ok(270_000));
    assert_eq!((balance(COHOST), balance(STRANGER)), (270_000, 0));
    assert_eq!(
        payments.push_payable(COHOST, NATIVE),
        Err(E::NothingPayable)
    );
    assert_eq!(
        payments.push_payable(COHOST, NO_ASSET),
        Err(E::UnknownAsset)
    );
    assert_eq!(
        events(&ready),
        [told(PaidOut {
            payee: COHOST,
            asset: NATIVE,
            amount: 270_000,
            by: STRANGER
        })]
    );
}

#[ink::test]
fn withdraw_fees_works() {
    let mut ready = settled();
    let payments = &mut ready.payments;
    let before = payments.totals(NATIVE);
    call_as(STRANGER);
    assert_eq!(payments.withdraw_fees(NATIVE), Ok(80_000));
    assert_eq!((balance(TREASURY), balance(STRANGER)), (80_000, 0));
    assert_eq!(payments.totals(NATIVE), Totals { fees: 0, ..before });
    assert_eq!(payments.withdraw_fees(NATIVE), Err(E::NoFees));
    assert_eq!(payments.withdraw_fees(NO_ASSET), Err(E::UnknownAsset));
    assert_eq!(
        events(&ready),
        [told(FeesWithdrawn {
            asset: NATIVE,
            amount: 80_000,
            treasury: TREASURY
        })]
    );
}

#[ink::test]
fn sweep_works() {
    let mut ready = settled();
    let payments = &mut ready.payments;
    let before = payments.totals(NATIVE);
    call_as(STRANGER);
    assert_eq!(payments.sweep(NO_ASSET), Err(E::UnknownAsset));
    assert_eq!(payments.sweep(NATIVE), Err(E::NothingToSweep));
    set_balance(CONTRACT, DEPOSIT + 7);
    assert_eq!(payments.sweep(NATIVE), Ok(7));
    assert_eq!((balance(TREASURY), balance(CONTRACT)), (7, DEPOSIT));
    assert_eq!(payments.totals(NATIVE), before);
    assert_eq!(payments.sweep(NATIVE), Err(E::NothingToSweep));
    set_balance(CONTRACT, DEPOSIT - 1);
    assert_eq!(payments.sweep(NATIVE), Err(E::NothingToSweep));
    assert_eq!(
        events(&ready),
        [told(Swept {
            asset: NATIVE,
            amount: 7,
            treasury: TREASURY
        })]
    );
}

// Pauses.

#[ink::test]
fn pause_works() {
    let mut ready = empty();
    let payments = &mut ready.payments;
    call_as(OWNER);
    let until_ms = NOW_MS + 10;
    assert_eq!(payments.pause(10), Ok(()));
    assert_eq!(payments.paused_until(), until_ms);
    set_now(until_ms - 1);
    assert_eq!(payments.paused_until(), until_ms);
    set_now(until_ms);
    assert_eq!(payments.paused_until(), 0);
    set_now(until_ms + PAUSE_REST_MS);
    assert_eq!(payments.pause(MAX_PAUSE_MS), Ok(()));
    assert_eq!(
        events(&ready),
        [
            told(PausedUntil { until_ms }),
            told(PausedUntil {
                until_ms: until_ms + PAUSE_REST_MS + MAX_PAUSE_MS
            })
        ]
    );
}

#[ink::test]
fn pause_fails_when_caller_is_not_the_owner() {
    let Ready { mut payments, .. } = empty();
    call_as(STRANGER);
    let not_owner = E::Admin(AdminError::NotOwner);
    assert_eq!(payments.pause(0), Err(not_owner.clone()));
    assert_eq!(payments.unpause(), Err(not_owner));
}

#[ink::test]
fn pause_fails_when_duration_is_out_of_range() {
    let Ready { mut payments, .. } = empty();
    pause(&mut payments);
    // Checked before the rest after the last pause.
    for duration_ms in [0, MAX_PAUSE_MS + 1] {
        assert_eq!(
            payments.pause(duration_ms),
            Err(E::PauseOutOfRange {
                max_ms: MAX_PAUSE_MS
            })
        );
    }
}

#[ink::test]
fn pause_fails_when_too_soon() {
    let Ready { mut payments, .. } = empty();
    pause(&mut payments);
    let next_ms = NOW_MS + MAX_PAUSE_MS + PAUSE_REST_MS;
    for now_ms in [NOW_MS, NOW_MS + MAX_PAUSE_MS, next_ms - 1] {
        set_now(now_ms);
        assert_eq!(payments.pause(1), Err(E::PauseTooSoon { next_ms }));
    }
    set_now(next_ms);
    assert_eq!(payments.pause(1), Ok(()));
}

#[ink::test]
fn unpause_works() {
    let mut ready = empty();
    let payments = &mut ready.payments;
    call_as(OWNER);
    assert_eq!(payments.unpause(), Err(E::NotPaused));
    pause(payments);
    let end_ms = NOW_MS + 5;
    set_now(end_ms);
    assert_eq!(payments.unpause(), Ok(()));
    assert_eq!(payments.paused_until(), 0);
    assert_eq!(payments.unpause(), Err(E::NotPaused));
    // The rest counts from the real end.
    let next_ms = end_ms + PAUSE_REST_MS;
    set_now(next_ms - 1);
    assert_eq!(payments.pause(1), Err(E::PauseTooSoon { next_ms }));
    set_now(next_ms);
    assert_eq!(payments.pause(1), Ok(()));
    assert_eq!(
        events(&ready)[1],
        told(PausedUntil { until_ms: end_ms }),
        "after the pause, before the next"
    );
}

#[ink::test]
fn unpause_fails_when_the_pause_has_ended() {
    let Ready { mut payments, .. } = empty();
    pause(&mut payments);
    set_now(NOW_MS + MAX_PAUSE_MS);
    assert_eq!(payments.unpause(), Err(E::NotPaused));
}

// Holds.

#[ink::test]
fn hold_works() {
    let mut ready = funded();
    let payments = &mut ready.payments;
    call_as(METER);
    let classes = [
        (Class::Standard, 1_000),
        (Class::Premium, 1_500),
        (Class::Subscription, 2_000),
        (Class::Tips, 500),
    ];
    for (class, fee_bps) in classes {
        assert_eq!(
            payments.hold(VIEWER, NATIVE, 100, class, CATEGORY),
            Ok(FeeTerms {
                fee_bps,
                referral_bps: 2_000
            })
        );
    }
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - 400, 4));
    assert_eq!(payments.totals(NATIVE), totals(DEPOSIT - 400, 400, 0, 0));
    assert_eq!(events(&ready), []);
}

#[ink::test]
fn would_hold_answers_as_hold_and_changes_nothing() {
    let Ready { mut payments, .. } = funded();
    call_as(STRANGER);
    let would = |payments: &Payments, asset, amount| {
        payments.would_hold(VIEWER, asset, amount, Class::Tips, CATEGORY)
    };
    assert_eq!(
        would(&payments, NATIVE, DEPOSIT),
        Ok(FeeTerms {
            fee_bps: 500,
            referral_bps: 2_000
        })
    );
    assert_eq!(would(&payments, NO_ASSET, 1), Err(E::UnknownAsset));
    assert_eq!(would(&payments, NATIVE, 0), Err(E::ZeroAmount));
    assert_eq!(
        would(&payments, NATIVE, MAX_HOLD + 1),
        Err(E::HoldTooLarge { max: MAX_HOLD })
    );
    assert_eq!(
        would(&payments, NATIVE, DEPOSIT + 1),
        Err(E::PoolTooSmall {
            needed: DEPOSIT + 1,
            free: DEPOSIT
        })
    );
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT, 0));
    let paused = pause(&mut payments);
    assert_eq!(would(&payments, NATIVE, 1), Err(paused));
}

#[ink::test]
fn meters_messages_fail_when_caller_is_not_the_meter() {
    let mut payments = unwired();
    for caller in [METER, OWNER] {
        call_as(caller);
        assert_eq!(
            payments.hold(VIEWER, NO_ASSET, 0, Class::Standard, CATEGORY),
            Err(E::NotMeter)
        );
        assert_eq!(
            payments.top_up(VIEWER, NO_ASSET, 0, CATEGORY, 0),
            Err(E::NotMeter)
        );
        assert_eq!(payments.settle(vec![], vec![item(1, 0)]), Err(E::NotMeter));
        if caller == METER {
            // Wired, but the owner is still not the meter.
            call_as(OWNER);
            payments.wire(wiring()).unwrap();
        }
    }
}

#[ink::test]
fn hold_checks_in_order() {
    let Ready { mut payments, .. } = funded();
    let hold = |payments: &mut Payments, asset, amount| {
        call_as(METER);
        payments.hold(VIEWER, asset, amount, Class::Standard, CATEGORY)
    };
    allow(&mut payments, NATIVE, false);
    let paused = pause(&mut payments);
    assert_eq!(hold(&mut payments, NO_ASSET, 0), Err(paused));
    set_now(NOW_MS + MAX_PAUSE_MS);
    assert_eq!(hold(&mut payments, NO_ASSET, 0), Err(E::UnknownAsset));
    assert_eq!(hold(&mut payments, NATIVE, 0), Err(E::AssetNotAllowed));
    allow(&mut payments, NATIVE, true);
    assert_eq!(hold(&mut payments, NATIVE, 0), Err(E::ZeroAmount));
    assert_eq!(
        hold(&mut payments, NATIVE, MAX_HOLD + 1),
        Err(E::HoldTooLarge { max: MAX_HOLD })
    );
    assert_eq!(
        hold(&mut payments, NATIVE, MAX_HOLD),
        Err(E::PoolTooSmall {
            needed: MAX_HOLD,
            free: DEPOSIT
        })
    );
    assert!(hold(&mut payments, NATIVE, DEPOSIT).is_ok());
    assert_eq!(
        hold(&mut payments, NATIVE, 1),
        Err(E::PoolTooSmall { needed: 1, free: 0 })
    );
}

#[ink::test]
fn top_up_works() {
    let mut ready = held();
    deposit(&mut ready.payments, STRANGER, 100).unwrap();
    ready.events_before = test::recorded_events().count();
    let payments = &mut ready.payments;
    let before = payments.totals(NATIVE);
    call_as(METER);
    assert_eq!(payments.top_up(STRANGER, NATIVE, 60, CATEGORY, 0), Ok(()));
    assert_eq!(payments.pool(STRANGER, NATIVE), pool(40, 0));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - HOLD, 1));
    assert_eq!(
        payments.totals(NATIVE),
        totals(before.pools - 60, HOLD + 60, 0, 0)
    );
    // What remains of the gift goes to the viewer.
    let release = SettleItem {
        release: Some(release(VIEWER, HOLD + 60)),
        ..item(0, 0)
    };
    assert_eq!(payments.settle(vec![terms()], vec![release]), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT + 60, 0));
    assert_eq!(events(&ready), []);
}

#[ink::test]
fn top_up_checks_in_order() {
    let Ready { mut payments, .. } = held();
    let top_up = |payments: &mut Payments, asset, amount| {
        call_as(METER);
        payments.top_up(STRANGER, asset, amount, CATEGORY, 0)
    };
    allow(&mut payments, NATIVE, false);
    let paused = pause(&mut payments);
    assert_eq!(top_up(&mut payments, NO_ASSET, 0), Err(paused));
    set_now(NOW_MS + MAX_PAUSE_MS);
    assert_eq!(top_up(&mut payments, NO_ASSET, 0), Err(E::UnknownAsset));
    assert_eq!(top_up(&mut payments, NATIVE, 0), Err(E::AssetNotAllowed));
    allow(&mut payments, NATIVE, true);
    assert_eq!(top_up(&mut payments, NATIVE, 0), Err(E::ZeroAmount));
    assert_eq!(
        top_up(&mut payments, NATIVE, 1),
        Err(E::PoolTooSmall { needed: 1, free: 0 })
    );
}

// Settling.

#[ink::test]
fn settle_works() {
    let mut ready = held();
    let payments = &mut ready.payments;
    let (terms, item) = example(0, SETTLED);
    assert_eq!(payments.settle(vec![terms], vec![item]), Ok(()));
    // Of 1,000,003: fee 100,000.3 ↓ 100,000, of which 20,000 to the referrer and 80,000 to the platform.
    // Of 900,003: 30 % = 270,000.9 ↓ 270,000; of 630,003: 2,000/7,000 = 180,000.86 ↓ 180,000; the owner 450,003.
    assert_eq!(payables(payments), [450_003, 270_000, 180_000, 20_000]);
    assert_eq!(
        payments.totals(NATIVE),
        totals(DEPOSIT - HOLD, HOLD - SETTLED, 920_003, 80_000)
    );
    // Nothing is released: the session goes on.
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - HOLD, 1));
    assert_eq!(balance(CONTRACT), DEPOSIT);
    assert_eq!(events(&ready), []);
}

#[ink::test]
fn settle_without_a_referrer_leaves_the_fee_to_the_platform() {
    let Ready { mut payments, .. } = held();
    let settle = payments.settle(vec![terms()], vec![item(0, SETTLED)]);
    assert_eq!(settle, Ok(()));
    assert_eq!(payables(&payments), [450_003, 270_000, 180_000, 0]);
    assert_eq!(payments.totals(NATIVE).fees, 100_000);
    assert_eq!(payments.totals(NATIVE).payable, 900_003);
}

#[ink::test]
fn settle_in_any_partition_gives_the_same() {
    let whole = paid_by(&[vec![SETTLED]]);
    assert_eq!(whole.0, [450_003, 270_000, 180_000, 20_000]);
    let partitions: [Vec<Balance>; 4] = [
        vec![1, 2, 3, 4, 5, 9, 10, 11, SETTLED],
        vec![7, 333_334, 333_335, 999_999, SETTLED],
        vec![SETTLED - 1, SETTLED, SETTLED],
        (1..=500).map(|n| n * n * 4).chain([SETTLED]).collect(),
    ];
    for partition in partitions {
        for batch in [1, 3, MAX_SETTLEMENT as usize] {
            let batches: Vec<_> = partition.chunks(batch).map(<[_]>::to_vec).collect();
            assert_eq!(paid_by(&batches), whole);
        }
    }
}

/// Who has what after a session was settled at these amounts, each list in one call.
fn paid_by(batches: &[Vec<Balance>]) -> ([Balance; 4], Totals) {
    let mut paid = Default::default();
    // On a chain of its own.
    test::run_test::<Environment, _>(|_| {
        let Ready { mut payments, .. } = held();
        let mut before = 0;
        for batch in batches {
            let items = batch
                .iter()
                .map(|&after| example(core::mem::replace(&mut before, after), after).1)
                .collect();
            payments.settle(vec![terms()], items).unwrap();
        }
        paid = (payables(&payments), payments.totals(NATIVE));
        Ok(())
    })
    .unwrap();
    paid
}

#[ink::test]
fn settle_releases_the_rest() {
    let Ready { mut payments, .. } = held();
    let (terms, item) = example(0, SETTLED);
    let last = SettleItem {
        release: Some(release(VIEWER, HOLD - SETTLED)),
        ..item
    };
    assert_eq!(payments.settle(vec![terms], vec![last]), Ok(()));
    assert_eq!(payables(&payments), [450_003, 270_000, 180_000, 20_000]);
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - SETTLED, 0));
    assert_eq!(
        payments.totals(NATIVE),
        totals(DEPOSIT - SETTLED, 0, 920_003, 80_000)
    );
    call_as(VIEWER);
    assert_eq!(payments.withdraw(NATIVE, DEPOSIT - SETTLED), Ok(()));
}

#[ink::test]
fn settle_releases_when_nothing_is_owed() {
    let Ready { mut payments, .. } = held();
    let cells_before = cells();
    let release = |amount| SettleItem {
        release: Some(release(VIEWER, amount)),
        ..item(5, 5)
    };
    let settle = payments.settle(vec![terms()], vec![release(HOLD)]);
    assert_eq!(settle, Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT, 0));
    assert_eq!(payments.totals(NATIVE), totals(DEPOSIT, 0, 0, 0));
    // No payee has got a cell.
    assert_eq!(cells(), cells_before);
    // The same hold does not end twice.
    assert_eq!(
        payments.settle(vec![terms()], vec![release(0)]),
        Err(E::BadSettlement)
    );
}

#[ink::test]
fn settle_releases_when_all_is_used_up() {
    let Ready { mut payments, .. } = held();
    let last = SettleItem {
        release: Some(release(VIEWER, 0)),
        ..item(0, HOLD)
    };
    assert_eq!(payments.settle(vec![terms()], vec![last]), Ok(()));
    assert_eq!(payments.pool(VIEWER, NATIVE), pool(DEPOSIT - HOLD, 0));
    assert_eq!(payments.totals(NATIVE).holds, 0);
}

#[ink::test]
fn settle_is_noop_when_nothing_is_owed() {
    let Ready { mut payments, .. } = held();
    let before = payments.totals(NATIVE);
    let cells_before = cells();
    assert_eq!(payments.settle(vec![], vec![]), Ok(()));
    let (terms, item) = example(SETTLED, SETTLED);
    let settle = payments.settle(vec![terms], vec![item.clone(), item]);
    assert_eq!(settle, Ok(()));
    assert_eq!(payments.totals(NATIVE), before);
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn what_does_not_move_makes_no_cell_of_totals() {
    let Ready { mut payments, .. } = held();
    let nothing = SettleItem {
        asset: TOKEN_ASSET,
        ..item(5, 5)
    };
    // Of a hold that is used up, nothing is left to release.
    let used_up = SettleItem {
        release: Some(release(VIEWER, 0)),
        ..nothing.clone()
    };
    for item in [nothing.clone(), used_up] {
        let sums = Settlement::of(&[terms()], &[item]);
        assert_eq!(sums, Ok(Settlement::default()));
    }
    let cells_before = cells();
    let settle = payments.settle(vec![terms()], vec![nothing]);
    assert_eq!(settle, Ok(()));
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn settle_makes_no_cell_for_zero() {
    let Ready { mut payments, .. } = held();
    let cells_before = cells();
    // Of 1: the fee, the referrer and the co-hosts round down to nothing.
    let (terms, item) = example(0, 1);
    assert_eq!(payments.settle(vec![terms], vec![item]), Ok(()));
    assert_eq!(payables(&payments), [1, 0, 0, 0]);
    assert_eq!(cells(), cells_before + 1);
}

#[ink::test]
fn settle_credits_each_payee_once_across_sessions_terms_and_assets() {
    let Ready { mut payments, .. } = held();
    payments
        .money
        .totals
        .insert(TOKEN_ASSET, &totals(0, 1_000, 0, 0));
    let guest = PayTerms {
        fees: FeeTerms {
            fee_bps: 500,
            referral_bps: 0,
        },
        owner: COHOST,
        cohosts: vec![share(CREATOR, 2_500)],
    };
    let free = PayTerms {
        fees: FeeTerms::default(),
        owner: CREATOR,
        cohosts: vec![],
    };
    let at = |terms, asset, before, after| SettleItem {
        terms,
        asset,
        ..item(before, after)
    };
    let items = vec![
        at(0, NATIVE, 0, 1_000),
        at(1, NATIVE, 0, 2_000),
        at(2, TOKEN_ASSET, 10, 510),
        at(0, NATIVE, 1_000, 3_000),
        at(1, TOKEN_ASSET, 0, 400),
    ];
    let settle = payments.settle(vec![terms(), guest, free], items);
    assert_eq!(settle, Ok(()));
    // Terms 0, 3,000 in all: fee 300; 30 % of 2,700 = 810, 20 % = 540, the owner 1,350.
    // Terms 1, 2,000: fee 100; the creator 25 % of 1,900 = 475, the owner 1,425.
    assert_eq!(payables(&payments), [1_350 + 475, 810 + 1_425, 540, 0]);
    assert_eq!(
        payments.totals(NATIVE),
        totals(DEPOSIT - HOLD, HOLD - 5_000, 4_600, 400)
    );
    // The token: 500 by terms 2; of 400 by terms 1: fee 20, the creator 25 % of 380 = 95, the owner 285.
    assert_eq!(payments.payable(CREATOR, TOKEN_ASSET), 500 + 95);
    assert_eq!(payments.payable(COHOST, TOKEN_ASSET), 285);
    assert_eq!(payments.totals(TOKEN_ASSET), totals(0, 100, 880, 20));
}

#[ink::test]
fn settle_works_when_paused_or_delisted() {
    let Ready { mut payments, .. } = held();
    allow(&mut payments, NATIVE, false);
    pause(&mut payments);
    call_as(METER);
    let settle = payments.settle(vec![terms()], vec![item(0, 1)]);
    assert_eq!(settle, Ok(()));
}

#[ink::test]
fn settle_fails_when_items_are_too_many() {
    let Ready { mut payments, .. } = held();
    let mut items = vec![item(0, 1); MAX_SETTLEMENT as usize];
    assert_eq!(payments.settle(vec![terms()], items.clone()), Ok(()));
    assert_eq!(payments.payable(CREATOR, NATIVE), 64);
    items.push(item(0, 0));
    assert_eq!(payments.settle(vec![terms()], items), Err(E::BadSettlement));
}

#[ink::test]
fn settle_fails_when_items_do_not_fit() {
    let Ready { mut payments, .. } = held();
    let before = payments.totals(NATIVE);
    let no_terms = SettleItem {
        terms: 1,
        ..item(0, 0)
    };
    let unknown_asset = SettleItem {
        asset: NO_ASSET,
        ..item(0, 1)
    };
    let too_much_released = SettleItem {
        release: Some(release(VIEWER, HOLD)),
        ..item(0, 1)
    };
    let released_by_stranger = SettleItem {
        release: Some(release(STRANGER, 0)),
        ..item(0, 0)
    };
    let cases = [
        no_terms,
        item(2, 1),
        item(0, HOLD + 1),
        item(0, Balance::MAX),
        unknown_asset,
        too_much_released,
        released_by_stranger,
    ];
    for case in cases {
        assert_eq!(
            payments.settle(vec![terms()], vec![case.clone()]),
            Err(E::BadSettlement),
            "{case:?}"
        );
        assert_eq!(payments.totals(NATIVE), before);
    }
}

#[ink::test]
fn settle_fails_when_terms_are_impossible() {
    let Ready { mut payments, .. } = held();
    let with_shares = |cohosts| PayTerms { cohosts, ..terms() };
    let with_fees = |fee_bps, referral_bps| PayTerms {
        fees: FeeTerms {
            fee_bps,
            referral_bps,
        },
        ..terms()
    };
    let cases = [
        with_shares(vec![share(COHOST, 1); 4]),
        with_shares(vec![share(COHOST, 6_000), share(OTHER_COHOST, 4_001)]),
        with_fees(10_001, 0),
        with_fees(1, 10_001),
    ];
    for case in cases {
        let (_, item) = example(0, 10);
        assert_eq!(
            payments.settle(vec![case.clone()], vec![item]),
            Err(E::BadSettlement),
            "{case:?}"
        );
    }
}

#[ink::test]
fn settle_fails_when_sums_overflow() {
    let Ready { mut payments, .. } = held();
    let items = [Balance::MAX, 1].map(|amount| SettleItem {
        release: Some(release(VIEWER, amount)),
        ..item(0, 0)
    });
    assert_eq!(
        payments.settle(vec![terms()], items.to_vec()),
        Err(E::Overflow)
    );
}

// Administration.

#[ink::test]
fn wire_works_once() {
    let mut payments = unwired();
    call_as(STRANGER);
    assert_eq!(payments.wire(wiring()), Err(AdminError::NotOwner));
    call_as(OWNER);
    let more = Wiring {
        registry: Some(STRANGER),
        ..wiring()
    };
    for wrong in [Wiring::default(), more] {
        assert_eq!(payments.wire(wrong), Err(AdminError::WiringMismatch));
    }
    assert_eq!(payments.wire(wiring()), Ok(()));
    assert_eq!(payments.administration().wiring, wiring());
    assert_eq!(payments.wire(wiring()), Err(AdminError::AlreadyWired));
}

#[ink::test]
fn wiring_changes_by_announcement_but_for_the_meter() {
    let mut ready = empty();
    call_as(OWNER);
    let meter_too = Wiring {
        passes: Some(STRANGER),
        ..wiring()
    };
    for wrong in [wiring(), meter_too, Wiring::default()] {
        let announced = ready.payments.announce(Change::Wiring(wrong));
        assert_eq!(announced, Err(AdminError::WiringMismatch));
    }
    let new = Wiring {
        passes: Some(STRANGER),
        patronage: Some(PATRONAGE),
        ..Wiring::default()
    };
    assert_eq!(change(&mut ready.payments, Change::Wiring(new)), Ok(()));
    assert_eq!(ready.payments.administration().wiring, meter_too);
    assert_eq!(
        events(&ready),
        told_of(Some(Change::Wiring(wiring())), Change::Wiring(new))
    );
}

#[ink::test]
fn the_desk_changes_by_announcement() {
    let mut ready = empty();
    let desk = ready.payments.administration().second_code;
    assert_eq!(desk, Some(DESK.into()));
    let new = Change::SecondCode([0xDF; 32].into());
    assert_eq!(change(&mut ready.payments, new), Ok(()));
    let desk = ready.payments.administration().second_code;
    assert_eq!(desk, Some([0xDF; 32].into()));
    let old = Change::SecondCode(DESK.into());
    assert_eq!(events(&ready), told_of(Some(old), new));
}

#[ink::test]
fn ownership_passes_in_two_steps() {
    let mut ready = empty();
    let payments = &mut ready.payments;
    call_as(STRANGER);
    assert_eq!(
        payments.propose_owner(Some(STRANGER)),
        Err(AdminError::NotOwner)
    );
    assert_eq!(payments.accept_owner(), Err(AdminError::NotProposedOwner));
    call_as(OWNER);
    assert_eq!(payments.propose_owner(Some(STRANGER)), Ok(()));
    assert_eq!(payments.administration().proposed_owner, Some(STRANGER));
    assert_eq!(payments.administration().owner, OWNER);
    call_as(STRANGER);
    assert_eq!(payments.accept_owner(), Ok(()));
    assert_eq!(payments.accept_owner(), Err(AdminError::NotProposedOwner));
    assert_eq!(payments.administration().owner, STRANGER);
    assert_eq!(
        events(&ready),
        [
            told(OwnerProposed {
                owner: OWNER,
                proposed: Some(STRANGER)
            }),
            told(OwnerChanged {
                old: OWNER,
                new: STRANGER
            })
        ]
    );
}

#[ink::test]
fn changes_wait_for_their_delay() {
    let Ready { mut payments, .. } = empty();
    call_as(OWNER);
    let delay_ms = MIN_CHANGE_DELAY_MS;
    assert_eq!(payments.announce(Change::Delay(delay_ms)), Ok(1));
    assert_eq!(payments.apply(1), Ok(()));
    assert_eq!(payments.administration().change_delay_ms, delay_ms);
    assert_eq!(payments.announce(Change::Treasury(STRANGER)), Ok(2));
    let due_ms = NOW_MS + delay_ms;
    assert_eq!(payments.administration().pending[0].due_ms, due_ms);
    set_now(due_ms - 1);
    assert_eq!(payments.apply(2), Err(AdminError::ChangeNotDue { due_ms }));
    assert_eq!(payments.apply(1), Err(AdminError::UnknownChange));
    assert_eq!(payments.treasury(), TREASURY);
    set_now(due_ms);
    call_as(STRANGER);
    assert_eq!(payments.apply(2), Err(AdminError::NotOwner));
    assert_eq!(payments.cancel(2), Err(AdminError::NotOwner));
    call_as(OWNER);
    assert_eq!(payments.apply(2), Ok(()));
    assert_eq!(payments.apply(2), Err(AdminError::UnknownChange));
    assert_eq!(payments.treasury(), STRANGER);
    assert_eq!(payments.announce(Change::Code(Hash::default())), Ok(3));
    assert_eq!(payments.cancel(3), Ok(()));
    assert_eq!(payments.administration().pending, vec![]);
}

#[ink::test]
fn announce_checks_in_order() {
    let Ready { mut payments, .. } = empty();
    call_as(STRANGER);
    let wiring = Change::Wiring(wiring());
    assert_eq!(payments.announce(wiring), Err(AdminError::NotOwner));
    call_as(OWNER);
    for id in 1..=8 {
        assert_eq!(payments.announce(Change::Treasury(OWNER)), Ok(id));
    }
    assert_eq!(payments.announce(wiring), Err(AdminError::WiringMismatch));
    let unknown_asset = Change::SetAsset {
        asset: NO_ASSET,
        allowed: false,
    };
    let invalid = bad_fees()
        .map(Change::Fees)
        .into_iter()
        .chain([unknown_asset, Change::ListToken(TOKEN)]);
    for change in invalid {
        assert_eq!(payments.announce(change), Err(AdminError::InvalidChange));
    }
    assert_eq!(
        payments.announce(Change::Fees(HIGHEST_FEES)),
        Err(AdminError::TooManyChanges { max: 8 })
    );
}

/// The events of a change that was the first.
fn told_of(old: Option<Change>, new: Change) -> [Told; 2] {
    [
        told(ChangeAnnounced {
            id: 1,
            change: new,
            due_ms: NOW_MS,
        }),
        told(ChangeApplied { id: 1, old, new }),
    ]
}

#[ink::test]
fn list_token_works() {
    let mut ready = empty();
    let list = Change::ListToken(OTHER_TOKEN);
    assert_eq!(change(&mut ready.payments, list), Ok(()));
    let payments = &ready.payments;
    assert_eq!(payments.asset_count(), 3);
    assert_eq!(payments.asset_of(OTHER_TOKEN), Some(2));
    assert_eq!(
        payments.asset(2),
        Some(Asset {
            token: Some(OTHER_TOKEN),
            allowed: true
        })
    );
    let listed = AssetListed {
        asset: 2,
        token: OTHER_TOKEN,
    };
    let [announced, applied] = told_of(None, list);
    assert_eq!(events(&ready), [announced, told(listed), applied]);
}

#[ink::test]
fn list_token_fails_when_it_was_listed_since_the_announcement() {
    let Ready { mut payments, .. } = empty();
    call_as(OWNER);
    for id in 1..=2 {
        let announced = payments.announce(Change::ListToken(OTHER_TOKEN));
        assert_eq!(announced, Ok(id));
    }
    assert_eq!(payments.apply(2), Ok(()));
    assert_eq!(payments.apply(1), Err(AdminError::InvalidChange));
    assert_eq!(payments.asset_count(), 3);
}

#[ink::test]
fn set_asset_works() {
    let mut ready = empty();
    let delist = Change::SetAsset {
        asset: TOKEN_ASSET,
        allowed: false,
    };
    assert_eq!(change(&mut ready.payments, delist), Ok(()));
    assert_eq!(
        ready.payments.asset(TOKEN_ASSET),
        Some(Asset {
            token: Some(TOKEN),
            allowed: false
        })
    );
    let old = Change::SetAsset {
        asset: TOKEN_ASSET,
        allowed: true,
    };
    assert_eq!(events(&ready), told_of(Some(old), delist));
    allow(&mut ready.payments, TOKEN_ASSET, true);
    let asset = ready.payments.asset(TOKEN_ASSET);
    assert!(asset.is_some_and(|asset| asset.allowed));
}

#[ink::test]
fn set_fees_works() {
    let mut ready = empty();
    let new = Change::Fees(HIGHEST_FEES);
    assert_eq!(change(&mut ready.payments, new), Ok(()));
    assert_eq!(ready.payments.fees(), HIGHEST_FEES);
    assert_eq!(ready.payments.treasury(), TREASURY);
    assert_eq!(events(&ready), told_of(Some(Change::Fees(FEES)), new));
}

#[ink::test]
fn set_treasury_works() {
    let mut ready = empty();
    let new = Change::Treasury(STRANGER);
    assert_eq!(change(&mut ready.payments, new), Ok(()));
    assert_eq!(ready.payments.treasury(), STRANGER);
    assert_eq!(ready.payments.fees(), FEES);
    let old = Change::Treasury(TREASURY);
    assert_eq!(events(&ready), told_of(Some(old), new));
}

// The desk.

/// A message that is handed over: its name, and what is called.
fn handed<const ID: u32>() -> (&'static str, [u8; 4])
where
    Payments: DispatchableMessageInfo<ID>,
{
    (
        <Payments as DispatchableMessageInfo<ID>>::LABEL,
        <Payments as DispatchableMessageInfo<ID>>::SELECTOR,
    )
}

#[ink::test]
fn what_is_handed_over_has_the_names_and_types_of_the_desk() {
    // That they are dispatched by these ids the compiler checks: they are those of `vilokanam_interfaces::PaymentDesk`.
    let messages = [
        handed::<{ selector_id!("PaymentDesk::pay") }>(),
        handed::<{ selector_id!("PaymentDesk::shift") }>(),
        handed::<{ selector_id!("PaymentDesk::refund") }>(),
        handed::<{ selector_id!("PaymentDesk::set_spending_limits") }>(),
        handed::<{ selector_id!("PaymentDesk::spending") }>(),
        handed::<{ selector_id!("PaymentDesk::deposit_permitted") }>(),
    ];
    let names = messages.map(|(name, _)| name);
    assert_eq!(
        names,
        [
            "PaymentDesk::pay",
            "PaymentDesk::shift",
            "PaymentDesk::refund",
            "PaymentDesk::set_spending_limits",
            "PaymentDesk::spending",
            "PaymentDesk::deposit_permitted"
        ]
    );
    let mut desk: ink::contract_ref!(PaymentDesk, Environment) = CONTRACT.into();
    let refund = desk.call_mut().refund(
        SessionId {
            viewer: VIEWER,
            number: 1,
        },
        NATIVE,
        1,
    );
    let params = refund.params();
    assert_eq!(params.exec_input().encode()[..4], messages[2].1);

    assert_eq!(Handed::<Payment>::type_info(), Payment::type_info());
    assert_eq!(
        meta_type::<Handed<SpendingLimits>>(),
        meta_type::<SpendingLimits>()
    );
    // Nothing is read of an argument, whatever it is.
    let mut input = &[1, 2, 3][..];
    assert!(Handed::<Shift>::decode(&mut input).is_ok());
    assert_eq!(input, [1, 2, 3]);
}
