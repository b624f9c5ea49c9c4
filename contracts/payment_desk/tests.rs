//! What needs no token: on the storage that `payment_handler` would have. That it hands over what limits bind, permits, and settlements
//! that give back, are told on the embedded chain, in `e2e-tests`.

use crate::payment_desk::PaymentDeskContract as Desk;
use ink::{
    env::{test, DefaultEnvironment as Environment, Event},
    reflect::DispatchableMessageInfo,
    selector_bytes,
};
use vilokanam_interfaces::{
    events::payment_handler::*, AccountId, Asset, AssetId, Balance, Class, FeeSchedule, FeeTerms,
    Holds, LimitKind, Millis, Payment, PaymentDesk, PaymentHandlerError as E, PermittedDeposit,
    Pool, Release, SessionId, SettleItem, Share, Shift, Spending, SpendingLimits, Totals, Wiring,
    LOOSEN_DELAY_MS, MAX_HOLD, NATIVE,
};
use vilokanam_money::config::Config;

const CONTRACT: AccountId = AccountId([0xC0; 32]);
const METER: AccountId = AccountId([0x12; 32]);
const PASSES: AccountId = AccountId([0x1A; 32]);
const PATRONAGE: AccountId = AccountId([0x1B; 32]);
const TREASURY: AccountId = AccountId([0x13; 32]);
const VIEWER: AccountId = AccountId([0x14; 32]);
const CREATOR: AccountId = AccountId([0x15; 32]);
const COHOST: AccountId = AccountId([0x16; 32]);
const OTHER: AccountId = AccountId([0x17; 32]);
const STRANGER: AccountId = AccountId([0x19; 32]);
const TOKEN: AccountId = AccountId([0x70; 32]);

const TOKEN_ASSET: AssetId = 1;
const NO_ASSET: AssetId = 2;
const CATEGORY: u16 = 7;
/// 2023-11-17, a Friday, 12:00 UTC.
const NOW_MS: Millis = 1_700_222_400_000;
const DAY_MS: Millis = 86_400_000;
const DEPOSIT: Balance = 5_000_000;
const LIMIT: Balance = 1_000_000;

const CONFIG: Config = Config {
    fees: FeeSchedule {
        standard_bps: 1_000,
        premium_bps: 1_500,
        subscription_bps: 2_000,
        tips_bps: 500,
        referral_bps: 2_000,
    },
    treasury: TREASURY,
};

fn call_as(caller: AccountId) {
    test::set_caller::<Environment>(caller);
}

fn set_now(now_ms: Millis) {
    test::set_block_timestamp::<Environment>(now_ms);
}

fn cells() -> usize {
    test::count_used_storage_cells::<Environment>(&CONTRACT).unwrap()
}

/// An event as it is recorded: what it is, and its fields.
type Told = (Vec<u8>, Vec<u8>);

fn told<T: Event>(event: T) -> Told {
    (T::SIGNATURE_TOPIC.unwrap().to_vec(), event.encode())
}

fn events() -> Vec<Told> {
    test::recorded_events()
        .map(|event| (event.topics[0].clone(), event.data))
        .collect()
}

/// On storage as `payment_handler` leaves it: two assets, wired, `DEPOSIT` in the viewer's pool.
fn funded() -> Desk {
    test::set_callee::<Environment>(CONTRACT);
    set_now(NOW_MS);
    let mut desk = Desk::new();
    call_as(METER);
    desk.admin.init(0).unwrap();
    let wiring = Wiring {
        meter: Some(METER),
        passes: Some(PASSES),
        patronage: Some(PATRONAGE),
        ..Wiring::default()
    };
    ink::env::set_contract_storage(&0x00AD_0002_u32, &wiring);
    desk.money.config.set(&CONFIG);
    for (asset, token) in [(NATIVE, None), (TOKEN_ASSET, Some(TOKEN))] {
        let allowed = true;
        desk.money.assets.insert(asset, &Asset { token, allowed });
    }
    desk.money.credit_pool(VIEWER, NATIVE, DEPOSIT).unwrap();
    desk
}

/// As `funded`, with limits of the viewer from the instant before.
fn limited(limits: SpendingLimits) -> Desk {
    let mut desk = funded();
    call_as(VIEWER);
    set_now(NOW_MS - 1);
    desk.set_spending_limits(NATIVE, limits).unwrap();
    set_now(NOW_MS);
    desk
}

/// Of each kind, rising.
fn limits() -> SpendingLimits {
    SpendingLimits {
        session: Some(LIMIT),
        day: Some(LIMIT + 100),
        week: Some(LIMIT + 200),
        month: Some(LIMIT + 300),
        categories: vec![(CATEGORY, LIMIT + 400)],
    }
}

/// Only of a day.
fn daily() -> SpendingLimits {
    SpendingLimits {
        day: Some(LIMIT),
        ..SpendingLimits::default()
    }
}

fn pool(free: Balance, holds: u32, limited: bool) -> Pool {
    Pool {
        free,
        holds,
        limited,
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

fn allow(desk: &mut Desk, asset: AssetId, allowed: bool) {
    let known = desk.money.assets.get(asset).unwrap();
    desk.money.assets.insert(asset, &Asset { allowed, ..known });
}

/// Until a day from now.
fn pause(desk: &mut Desk) -> E {
    let until_ms = NOW_MS + DAY_MS;
    desk.money.pause_end_ms.set(&until_ms);
    E::Paused { until_ms }
}

fn hold(desk: &mut Desk, amount: Balance) -> Result<FeeTerms, E> {
    call_as(METER);
    desk.hold(VIEWER, NATIVE, amount, Class::Standard, CATEGORY)
}

fn above(kind: LimitKind, left: Balance) -> E {
    E::AboveLimit { kind, left }
}

fn spending(desk: &Desk) -> Spending {
    desk.spending(VIEWER, NATIVE).unwrap()
}

/// The end of a hold of `settled` and `released`, of the viewer.
fn ending(placed_ms: Millis, settled: Balance, released: Balance) -> SettleItem {
    SettleItem {
        terms: 0,
        asset: NATIVE,
        before: 0,
        after: settled,
        referrer: None,
        release: Some(Release {
            to: VIEWER,
            amount: released,
            counted: released,
            placed_ms,
            category: CATEGORY,
        }),
    }
}

// The codes fit together.

#[ink::test]
fn give_back_is_sent_as_settle_is() {
    const SETTLE: u32 = ink::selector_id!("PaymentHandler::settle");
    assert_eq!(
        <Desk as DispatchableMessageInfo<SETTLE>>::SELECTOR,
        selector_bytes!("PaymentHandler::settle")
    );
    assert_eq!(
        <Desk as DispatchableMessageInfo<SETTLE>>::LABEL,
        "give_back"
    );
}

// Limits.

#[ink::test]
fn set_spending_limits_works() {
    let mut desk = funded();
    assert_eq!(spending(&desk), Spending::default());
    call_as(VIEWER);
    assert_eq!(desk.set_spending_limits(NATIVE, limits()), Ok(()));
    assert_eq!(desk.money.pool(VIEWER, NATIVE), pool(DEPOSIT, 0, true));
    let set = Spending {
        limits: limits(),
        categories: vec![0],
        ..Spending::default()
    };
    assert_eq!(spending(&desk), set);
    // Tighter in one, looser in another.
    let new = SpendingLimits {
        day: Some(LIMIT),
        week: None,
        ..limits()
    };
    let both = SpendingLimits {
        day: Some(LIMIT),
        ..limits()
    };
    assert_eq!(desk.set_spending_limits(NATIVE, new.clone()), Ok(()));
    let due_ms = NOW_MS + LOOSEN_DELAY_MS;
    let next = Some((new.clone(), due_ms));
    assert_eq!(
        spending(&desk),
        Spending {
            limits: both.clone(),
            next: next.clone(),
            ..set.clone()
        }
    );
    set_now(due_ms - 1);
    assert_eq!(spending(&desk).limits, both);
    set_now(due_ms);
    assert_eq!(spending(&desk), Spending { limits: new, ..set });
    // Nobody else's.
    assert_eq!(desk.spending(STRANGER, NATIVE), Ok(Spending::default()));
    assert_eq!(desk.spending(VIEWER, TOKEN_ASSET), Ok(Spending::default()));
    let told_set = |now, next| {
        told(LimitsSet {
            viewer: VIEWER,
            asset: NATIVE,
            now,
            next,
        })
    };
    assert_eq!(events(), [told_set(limits(), None), told_set(both, next)]);
}

#[ink::test]
fn set_spending_limits_checks_in_order() {
    let mut desk = funded();
    let cells_before = cells();
    call_as(VIEWER);
    let bad = SpendingLimits {
        categories: vec![(2, 1), (2, 1)],
        ..limits()
    };
    let set = desk.set_spending_limits(NO_ASSET, bad.clone());
    assert_eq!(set, Err(E::UnknownAsset));
    let set = desk.set_spending_limits(NATIVE, bad);
    assert_eq!(set, Err(E::InvalidLimits));
    assert_eq!(cells(), cells_before);
    assert_eq!(events(), []);
}

#[ink::test]
fn limits_without_a_pool_have_cells_until_their_viewer_ends_them() {
    let mut desk = funded();
    let cells_before = cells();
    let none = SpendingLimits::default();
    call_as(STRANGER);
    // Nothing to end yet.
    assert_eq!(desk.set_spending_limits(NATIVE, none.clone()), Ok(()));
    assert_eq!(cells(), cells_before);
    assert_eq!(desk.set_spending_limits(NATIVE, daily()), Ok(()));
    assert_eq!(cells(), cells_before + 2);
    assert_eq!(desk.money.pool(STRANGER, NATIVE), pool(0, 0, true));

    assert_eq!(desk.set_spending_limits(NATIVE, none.clone()), Ok(()));
    set_now(NOW_MS + LOOSEN_DELAY_MS - 1);
    let shown = desk.spending(STRANGER, NATIVE).unwrap();
    assert_eq!(shown.limits, daily());
    assert_eq!(cells(), cells_before + 2);
    set_now(NOW_MS + LOOSEN_DELAY_MS);
    assert_eq!(desk.set_spending_limits(NATIVE, none), Ok(()));
    // The viewer's own cells, in the viewer's own call.
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn spending_ends_the_mark_of_limits_that_are_over_but_not_their_cell() {
    let mut desk = limited(daily());
    call_as(VIEWER);
    let ended = desk.set_spending_limits(NATIVE, SpendingLimits::default());
    assert_eq!(ended, Ok(()));
    let cells_before = cells();
    assert_eq!(
        hold(&mut desk, LIMIT + 1),
        Err(above(LimitKind::Day, LIMIT))
    );
    set_now(NOW_MS + LOOSEN_DELAY_MS);
    assert!(hold(&mut desk, LIMIT + 1).is_ok());
    assert_eq!(
        desk.money.pool(VIEWER, NATIVE),
        pool(DEPOSIT - LIMIT - 1, 1, false)
    );
    assert_eq!(cells(), cells_before);
    assert_eq!(spending(&desk), Spending::default());
    // What is placed between limits counts in none, and gives nothing back.
    call_as(VIEWER);
    set_now(NOW_MS + LOOSEN_DELAY_MS + 1);
    assert_eq!(desk.set_spending_limits(NATIVE, daily()), Ok(()));
    assert!(hold(&mut desk, LIMIT).is_ok());
    desk.give_back(vec![], vec![ending(NOW_MS + LOOSEN_DELAY_MS, 0, LIMIT + 1)]);
    assert_eq!(spending(&desk).day, LIMIT);
}

#[ink::test]
fn each_limit_binds_holds_in_order() {
    let mut desk = limited(limits());
    let cells_before = cells();
    let refused = [
        (LimitKind::Session, LIMIT),
        (LimitKind::Day, LIMIT + 100),
        (LimitKind::Week, LIMIT + 200),
        (LimitKind::Month, LIMIT + 300),
        (LimitKind::Category(CATEGORY), LIMIT + 400),
    ];
    for (n, (kind, limit)) in refused.into_iter().enumerate() {
        let error = above(kind, limit);
        assert_eq!(hold(&mut desk, LIMIT + 500), Err(error.clone()));
        let would = desk.would_hold(VIEWER, NATIVE, LIMIT + 500, Class::Tips, CATEGORY);
        assert_eq!(would, Err(error));
        // Without this limit, as its viewer has it after a day; every second day is in a new week at the latest after six.
        call_as(VIEWER);
        let mut fewer = spending(&desk).limits;
        match n {
            0 => fewer.session = None,
            1 => fewer.day = None,
            2 => fewer.week = None,
            3 => fewer.month = None,
            _ => fewer.categories.clear(),
        }
        desk.set_spending_limits(NATIVE, fewer).unwrap();
        set_now(NOW_MS + (n as Millis + 1) * LOOSEN_DELAY_MS);
    }
    assert_eq!(
        desk.would_hold(VIEWER, NATIVE, LIMIT + 500, Class::Tips, CATEGORY),
        Ok(CONFIG.fee_terms(Class::Tips))
    );
    assert_eq!(
        hold(&mut desk, LIMIT + 500),
        Ok(CONFIG.fee_terms(Class::Standard))
    );
    assert_eq!(cells(), cells_before);
}

#[ink::test]
fn a_hold_counts_and_comes_back_within_its_windows() {
    let mut desk = limited(limits());
    assert!(hold(&mut desk, LIMIT).is_ok());
    assert_eq!(
        desk.money.pool(VIEWER, NATIVE),
        pool(DEPOSIT - LIMIT, 1, true)
    );
    assert_eq!(
        desk.money.totals(NATIVE),
        totals(DEPOSIT - LIMIT, LIMIT, 0, 0)
    );
    let counted = |day, week, month| Spending {
        limits: limits(),
        next: None,
        day,
        week,
        month,
        categories: vec![month],
    };
    assert_eq!(spending(&desk), counted(LIMIT, LIMIT, LIMIT));
    assert_eq!(hold(&mut desk, 101), Err(above(LimitKind::Day, 100)));
    let size = cells();
    // 600,000 of it were settled; 400,000 come back within the day.
    desk.give_back(vec![], vec![ending(NOW_MS, 600_000, 400_000)]);
    assert_eq!(spending(&desk), counted(600_000, 600_000, 600_000));
    assert!(hold(&mut desk, 400_000).is_ok());
    // On Saturday these 400,000 come back: to the week and the month.
    set_now(NOW_MS + DAY_MS);
    desk.give_back(vec![], vec![ending(NOW_MS, 0, 400_000)]);
    assert_eq!(spending(&desk), counted(0, 600_000, 600_000));
    // What others placed for the viewer, or what is settled, does not count; nor what is from before all that counts.
    let gifted = |amount, counted| SettleItem {
        release: ending(NOW_MS, 0, amount)
            .release
            .map(|release| Release { counted, ..release }),
        ..ending(NOW_MS, 0, amount)
    };
    let others = [
        ending(0, 0, 1),
        gifted(300_000, 0),
        SettleItem {
            release: None,
            ..ending(NOW_MS, 5, 0)
        },
    ];
    desk.give_back(vec![], others.to_vec());
    assert_eq!(spending(&desk), counted(0, 600_000, 600_000));
    // Of what the viewer placed in part, that part: it can be placed again.
    desk.give_back(vec![], vec![gifted(100_001, 100_000)]);
    assert_eq!(spending(&desk), counted(0, 500_000, 500_000));
    assert!(hold(&mut desk, 100_000).is_ok());
    assert_eq!(spending(&desk), counted(100_000, 600_000, 600_000));
    // On Monday, to the month alone; in December, to nothing.
    set_now(NOW_MS + 3 * DAY_MS);
    desk.give_back(vec![], vec![ending(NOW_MS, 0, 100_000)]);
    assert_eq!(spending(&desk), counted(0, 0, 500_000));
    set_now(NOW_MS + 14 * DAY_MS);
    desk.give_back(vec![], vec![ending(NOW_MS, 0, 100_000)]);
    assert_eq!(spending(&desk), counted(0, 0, 0));
    assert_eq!(cells(), size);
}

#[ink::test]
fn give_back_leaves_the_book_of_limits_that_are_over_alone() {
    let mut desk = limited(daily());
    assert!(hold(&mut desk, LIMIT).is_ok());
    call_as(VIEWER);
    let ended = desk.set_spending_limits(NATIVE, SpendingLimits::default());
    assert_eq!(ended, Ok(()));
    // The first spending after the last limit ends the mark; the book stays, with what was counted this week.
    set_now(NOW_MS + LOOSEN_DELAY_MS);
    assert!(hold(&mut desk, 1).is_ok());
    assert!(!desk.money.pool(VIEWER, NATIVE).limited);
    let book = desk.money.books.get((NATIVE, VIEWER)).unwrap();
    assert_eq!(book.week, LIMIT);
    desk.give_back(vec![], vec![ending(NOW_MS, 0, LIMIT)]);
    assert_eq!(desk.money.books.get((NATIVE, VIEWER)), Some(book));
}

#[ink::test]
fn give_back_leaves_those_without_limits_alone() {
    let mut desk = funded();
    let cells_before = cells();
    desk.give_back(vec![], vec![ending(NOW_MS, 0, 1)]);
    assert_eq!(cells(), cells_before);
    assert_eq!(spending(&desk), Spending::default());
}

#[ink::test]
fn hold_checks_in_order() {
    let mut desk = limited(daily());
    call_as(STRANGER);
    let stranger = desk.hold(VIEWER, NO_ASSET, 0, Class::Standard, CATEGORY);
    assert_eq!(stranger, Err(E::NotMeter));
    allow(&mut desk, NATIVE, false);
    let paused = pause(&mut desk);
    assert_eq!(hold(&mut desk, 0), Err(paused));
    set_now(NOW_MS + DAY_MS);
    call_as(METER);
    let unknown = desk.hold(VIEWER, NO_ASSET, 0, Class::Standard, CATEGORY);
    assert_eq!(unknown, Err(E::UnknownAsset));
    assert_eq!(hold(&mut desk, 0), Err(E::AssetNotAllowed));
    allow(&mut desk, NATIVE, true);
    assert_eq!(hold(&mut desk, 0), Err(E::ZeroAmount));
    let too_large = E::HoldTooLarge { max: MAX_HOLD };
    assert_eq!(hold(&mut desk, MAX_HOLD + 1), Err(too_large));
    let too_small = E::PoolTooSmall {
        needed: DEPOSIT + 1,
        free: DEPOSIT,
    };
    assert_eq!(hold(&mut desk, DEPOSIT + 1), Err(too_small));
    assert_eq!(hold(&mut desk, DEPOSIT), Err(above(LimitKind::Day, LIMIT)));
    // A pool whose limits are lost spends nothing.
    desk.money.books.remove((NATIVE, VIEWER));
    assert_eq!(hold(&mut desk, 1), Err(E::DeskFailed));
    let would = desk.would_hold(VIEWER, NATIVE, 1, Class::Standard, CATEGORY);
    assert_eq!(would, Err(E::DeskFailed));
    assert_eq!(desk.money.totals(NATIVE), totals(DEPOSIT, 0, 0, 0));
}

#[ink::test]
fn a_top_up_counts_with_what_is_held() {
    let mut desk = limited(limits());
    let top_up = |desk: &mut Desk, amount, held| {
        call_as(METER);
        desk.top_up(VIEWER, NATIVE, amount, CATEGORY, held)
    };
    call_as(STRANGER);
    let stranger = desk.top_up(VIEWER, NO_ASSET, 0, CATEGORY, 0);
    assert_eq!(stranger, Err(E::NotMeter));
    assert!(hold(&mut desk, LIMIT - 10).is_ok());
    let session = above(LimitKind::Session, 10);
    assert_eq!(top_up(&mut desk, 11, LIMIT - 10), Err(session));
    assert_eq!(top_up(&mut desk, 10, LIMIT - 10), Ok(()));
    // Of another's session, of which nothing is the viewer's.
    assert_eq!(top_up(&mut desk, 101, 0), Err(above(LimitKind::Day, 100)));
    assert_eq!(top_up(&mut desk, 100, 0), Ok(()));
    assert_eq!(
        desk.money.pool(VIEWER, NATIVE),
        pool(DEPOSIT - LIMIT - 100, 1, true)
    );
    assert_eq!(
        desk.money.totals(NATIVE),
        totals(DEPOSIT - LIMIT - 100, LIMIT + 100, 0, 0)
    );
    assert_eq!(top_up(&mut desk, 0, 0), Err(E::ZeroAmount));
}

// Payments at once.

fn payment(amount: Balance) -> Payment {
    Payment {
        payer: VIEWER,
        asset: NATIVE,
        amount,
        class: Class::Tips,
        category: Some(CATEGORY),
        owner: CREATOR,
        cohosts: vec![share(COHOST, 3_000), share(OTHER, 2_000)],
    }
}

fn share(account: AccountId, bps: u16) -> Share {
    Share { account, bps }
}

fn payables(desk: &Desk) -> [Balance; 3] {
    [CREATOR, COHOST, OTHER].map(|payee| desk.money.payable(payee, NATIVE))
}

#[ink::test]
fn pay_works() {
    let mut desk = funded();
    // Of 1,000,003: 5 % = 50,000.15 ↓ 50,000. Of 950,003: 30 % = 285,000.9 ↓ 285,000; of 665,003: 2,000/7,000 = 190,000.86 ↓
    // 190,000; the owner 475,003.
    for (n, caller) in [(1, PASSES), (2, PATRONAGE)] {
        call_as(caller);
        assert_eq!(desk.pay(payment(1_000_003)), Ok(50_000));
        assert_eq!(
            payables(&desk),
            [475_003, 285_000, 190_000].map(|part| n * part)
        );
        let left = DEPOSIT - n * 1_000_003;
        assert_eq!(desk.money.pool(VIEWER, NATIVE), pool(left, 0, false));
        assert_eq!(
            desk.money.totals(NATIVE),
            totals(left, 0, n * 950_003, n * 50_000)
        );
    }
    // Without co-hosts; of 19, 5 % is nothing.
    let alone = Payment {
        cohosts: vec![],
        ..payment(19)
    };
    assert_eq!(desk.pay(alone), Ok(0));
    assert_eq!(payables(&desk)[0], 2 * 475_003 + 19);
    assert_eq!(events(), []);
}

#[ink::test]
fn pay_makes_no_cell_for_zero() {
    let mut desk = funded();
    let cells_before = cells();
    call_as(PASSES);
    assert_eq!(desk.pay(payment(1)), Ok(0));
    assert_eq!(payables(&desk), [1, 0, 0]);
    assert_eq!(cells(), cells_before + 1);
}

#[ink::test]
fn pay_checks_in_order() {
    let mut desk = limited(daily());
    let unknown = Payment {
        asset: NO_ASSET,
        ..payment(0)
    };
    for caller in [METER, VIEWER, CONTRACT] {
        call_as(caller);
        assert_eq!(desk.pay(unknown.clone()), Err(E::NotAuthorised));
    }
    call_as(PATRONAGE);
    allow(&mut desk, NATIVE, false);
    let paused = pause(&mut desk);
    assert_eq!(desk.pay(unknown.clone()), Err(paused));
    set_now(NOW_MS + DAY_MS);
    assert_eq!(desk.pay(unknown), Err(E::UnknownAsset));
    assert_eq!(desk.pay(payment(0)), Err(E::AssetNotAllowed));
    allow(&mut desk, NATIVE, true);
    assert_eq!(desk.pay(payment(0)), Err(E::ZeroAmount));
    let bad = |amount, cohosts| Payment {
        cohosts,
        ..payment(amount)
    };
    let four = vec![share(COHOST, 1); 4];
    let too_small = E::PoolTooSmall {
        needed: DEPOSIT + 1,
        free: DEPOSIT,
    };
    assert_eq!(desk.pay(bad(DEPOSIT + 1, four.clone())), Err(too_small));
    let day = above(LimitKind::Day, LIMIT);
    assert_eq!(desk.pay(bad(LIMIT + 1, four.clone())), Err(day));
    let above_all = vec![share(COHOST, 6_000), share(OTHER, 4_001)];
    for cohosts in [four, above_all] {
        assert_eq!(desk.pay(bad(1, cohosts)), Err(E::BadSettlement));
    }
    desk.money.totals.insert(NATIVE, &totals(0, 0, 0, 0));
    desk.money.credit_pool(OTHER, NATIVE, MAX_HOLD + 1).unwrap();
    let too_large = Payment {
        payer: OTHER,
        ..payment(MAX_HOLD + 1)
    };
    assert_eq!(desk.pay(too_large), Err(E::Overflow));
    assert_eq!(payables(&desk), [0, 0, 0]);
    let largest = Payment {
        payer: OTHER,
        ..payment(MAX_HOLD)
    };
    assert!(desk.pay(largest).is_ok());
}

#[ink::test]
fn limits_bind_payments_and_their_category() {
    let only = SpendingLimits {
        session: Some(1),
        categories: vec![(CATEGORY, 100)],
        ..SpendingLimits::default()
    };
    let mut desk = limited(only);
    call_as(PASSES);
    let of = |category, amount| Payment {
        category,
        ..payment(amount)
    };
    // No session's limit binds what is no session's.
    assert!(desk.pay(of(Some(CATEGORY), 60)).is_ok());
    let category = above(LimitKind::Category(CATEGORY), 40);
    assert_eq!(desk.pay(of(Some(CATEGORY), 41)), Err(category));
    for other in [None, Some(CATEGORY + 1)] {
        assert!(desk.pay(of(other, 1_000)).is_ok());
    }
    assert_eq!(spending(&desk).categories, [60]);
    assert_eq!(spending(&desk).day, 2_060);
}

// Money between pools.

fn shift(amount: Balance) -> Shift {
    Shift {
        from: VIEWER,
        to: PATRONAGE,
        asset: NATIVE,
        amount,
        category: Some(CATEGORY),
        back_of_ms: None,
    }
}

/// What `shift` moved at `placed_ms`, back.
fn back(amount: Balance, placed_ms: Millis) -> Shift {
    Shift {
        from: PATRONAGE,
        to: VIEWER,
        back_of_ms: Some(placed_ms),
        ..shift(amount)
    }
}

#[ink::test]
fn shift_works_there_and_back() {
    let mut desk = limited(limits());
    call_as(PATRONAGE);
    assert_eq!(desk.shift(shift(LIMIT)), Ok(()));
    assert_eq!(
        desk.money.pool(VIEWER, NATIVE),
        pool(DEPOSIT - LIMIT, 0, true)
    );
    assert_eq!(desk.money.pool(PATRONAGE, NATIVE), pool(LIMIT, 0, false));
    assert_eq!(desk.money.totals(NATIVE), totals(DEPOSIT, 0, 0, 0));
    assert_eq!(spending(&desk).day, LIMIT);
    let day = above(LimitKind::Day, 100);
    assert_eq!(desk.shift(shift(101)), Err(day));

    // Back in the same week, on another day; while spending is paused, in an asset that is no longer allowed.
    set_now(NOW_MS + DAY_MS / 2);
    allow(&mut desk, NATIVE, false);
    pause(&mut desk);
    assert_eq!(desk.shift(back(400_000, NOW_MS)), Ok(()));
    assert_eq!(spending(&desk).day, 0);
    assert_eq!(spending(&desk).week, 600_000);
    assert_eq!(spending(&desk).categories, [600_000]);
    // What nobody counted.
    assert_eq!(desk.shift(back(600_000, 0)), Ok(()));
    assert_eq!(spending(&desk).week, 600_000);
    assert_eq!(desk.money.pool(VIEWER, NATIVE), pool(DEPOSIT, 0, true));
    assert_eq!(desk.money.pool(PATRONAGE, NATIVE), pool(0, 0, false));
    assert_eq!(desk.money.totals(NATIVE), totals(DEPOSIT, 0, 0, 0));
}

#[ink::test]
fn shift_to_oneself_changes_nothing() {
    let mut desk = funded();
    call_as(PATRONAGE);
    let own = Shift {
        to: VIEWER,
        ..shift(1_000)
    };
    assert_eq!(desk.shift(own), Ok(()));
    assert_eq!(desk.money.pool(VIEWER, NATIVE), pool(DEPOSIT, 0, false));
}

#[ink::test]
fn shift_checks_in_order() {
    let mut desk = limited(daily());
    let unknown = |shift: Shift| Shift {
        asset: NO_ASSET,
        amount: 0,
        ..shift
    };
    for caller in [METER, PASSES, VIEWER] {
        call_as(caller);
        let refused = desk.shift(unknown(shift(0)));
        assert_eq!(refused, Err(E::NotAuthorised));
    }
    call_as(PATRONAGE);
    allow(&mut desk, NATIVE, false);
    let paused = pause(&mut desk);
    assert_eq!(desk.shift(unknown(shift(0))), Err(paused));
    assert_eq!(desk.shift(unknown(back(0, 1))), Err(E::UnknownAsset));
    assert_eq!(desk.shift(back(0, 1)), Err(E::ZeroAmount));
    set_now(NOW_MS + DAY_MS);
    assert_eq!(desk.shift(unknown(shift(0))), Err(E::UnknownAsset));
    assert_eq!(desk.shift(shift(0)), Err(E::AssetNotAllowed));
    allow(&mut desk, NATIVE, true);
    assert_eq!(desk.shift(shift(0)), Err(E::ZeroAmount));
    let too_small = E::PoolTooSmall {
        needed: DEPOSIT + 1,
        free: DEPOSIT,
    };
    assert_eq!(desk.shift(shift(DEPOSIT + 1)), Err(too_small));
    let day = above(LimitKind::Day, LIMIT);
    assert_eq!(desk.shift(shift(LIMIT + 1)), Err(day));
    let nothing = E::PoolTooSmall { needed: 1, free: 0 };
    assert_eq!(desk.shift(back(1, NOW_MS)), Err(nothing));
    assert_eq!(desk.money.pool(VIEWER, NATIVE), pool(DEPOSIT, 0, true));
}

// Refunds.

const SESSION: SessionId = SessionId {
    viewer: VIEWER,
    number: 3,
};

/// As `limited`, with 1,000 payable to the creator.
fn earned() -> Desk {
    let mut desk = limited(daily());
    desk.money.payables.insert((NATIVE, CREATOR), &1_000);
    desk.money
        .totals
        .insert(NATIVE, &totals(DEPOSIT, 0, 1_500, 70));
    desk
}

#[ink::test]
fn refund_works_in_part_and_whole() {
    let mut desk = earned();
    let told_before = events().len();
    // Never paused, whatever asset.
    pause(&mut desk);
    allow(&mut desk, NATIVE, false);
    let cells_before = cells();
    call_as(CREATOR);
    assert_eq!(desk.refund(SESSION, NATIVE, 400), Ok(()));
    assert_eq!(desk.money.payable(CREATOR, NATIVE), 600);
    assert_eq!(
        desk.money.pool(VIEWER, NATIVE),
        pool(DEPOSIT + 400, 0, true)
    );
    assert_eq!(
        desk.money.totals(NATIVE),
        totals(DEPOSIT + 400, 0, 1_100, 70)
    );
    let too_much = desk.refund(SESSION, NATIVE, 601);
    assert_eq!(too_much, Err(E::PayableTooSmall { payable: 600 }));
    assert_eq!(desk.refund(SESSION, NATIVE, 600), Ok(()));
    assert_eq!(desk.money.payable(CREATOR, NATIVE), 0);
    assert_eq!(
        desk.money.totals(NATIVE),
        totals(DEPOSIT + 1_000, 0, 500, 70)
    );
    // Somebody else paid for the creator's cell: it stays. And a refund counts in no window.
    assert_eq!(cells(), cells_before);
    assert_eq!(spending(&desk).day, 0);
    let refunded = |amount| {
        told(Refunded {
            payee: CREATOR,
            viewer: VIEWER,
            number: 3,
            asset: NATIVE,
            amount,
        })
    };
    assert_eq!(events()[told_before..], [refunded(400), refunded(600)]);
}

#[ink::test]
fn refund_checks_in_order() {
    let mut desk = earned();
    call_as(STRANGER);
    assert_eq!(desk.refund(SESSION, NO_ASSET, 0), Err(E::UnknownAsset));
    assert_eq!(desk.refund(SESSION, NATIVE, 0), Err(E::ZeroAmount));
    let nothing = E::PayableTooSmall { payable: 0 };
    assert_eq!(desk.refund(SESSION, NATIVE, 1), Err(nothing));
    call_as(CREATOR);
    desk.money
        .totals
        .insert(NATIVE, &totals(Balance::MAX, 0, 1_000, 0));
    assert_eq!(desk.refund(SESSION, NATIVE, 1), Err(E::Overflow));
}

// Deposits by permit: what is checked before the token is asked.

#[ink::test]
fn deposit_permitted_checks_in_order() {
    let mut desk = funded();
    let deposit = |amount| PermittedDeposit {
        amount,
        permit: Some((NOW_MS, [0; 64])),
    };
    for caller in [VIEWER, PATRONAGE] {
        call_as(caller);
        let refused = desk.deposit_permitted(VIEWER, NO_ASSET, deposit(0));
        assert_eq!(refused, Err(E::NotMeter));
    }
    allow(&mut desk, TOKEN_ASSET, false);
    let paused = pause(&mut desk);
    let refused = |desk: &mut Desk, asset, amount| {
        call_as(METER);
        desk.deposit_permitted(VIEWER, asset, deposit(amount))
            .unwrap_err()
    };
    assert_eq!(refused(&mut desk, NO_ASSET, 0), paused);
    set_now(NOW_MS + DAY_MS);
    assert_eq!(refused(&mut desk, NO_ASSET, 0), E::UnknownAsset);
    assert_eq!(refused(&mut desk, NATIVE, 0), E::WrongAsset);
    assert_eq!(refused(&mut desk, TOKEN_ASSET, 0), E::AssetNotAllowed);
    allow(&mut desk, TOKEN_ASSET, true);
    assert_eq!(refused(&mut desk, TOKEN_ASSET, 0), E::ZeroAmount);
    desk.money
        .totals
        .insert(TOKEN_ASSET, &totals(1, 1, 1, Balance::MAX - 3));
    assert_eq!(refused(&mut desk, TOKEN_ASSET, 1), E::Overflow);
}

// Laws.

/// Laws 1 and 2 over what the desk moves: pools, payable balances and fees sum to the same, whoever pays, shifts and refunds, and
/// the totals are the sums of the cells. Numbers by a fixed generator: the amounts are arbitrary, the sums are not.
#[ink::test]
fn law_02_what_the_desk_moves_keeps_the_sum() {
    let mut desk = funded();
    let people = [VIEWER, CREATOR, COHOST, OTHER, PATRONAGE];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    let mut done = [0; 3];
    for _ in 0..2_000 {
        let mut one = || people[next(5) as usize];
        let (a, b, c) = (one(), one(), one());
        let amount = Balance::from(next(200_000) + 1);
        let kind = next(3) as usize;
        let moved = match kind {
            0 => {
                call_as(PASSES);
                let bps = next(5_000) as u16;
                let payment = Payment {
                    payer: a,
                    owner: b,
                    cohosts: vec![share(c, bps), share(a, 10_000 - 2 * bps)],
                    ..payment(amount)
                };
                desk.pay(payment).map(|_| ())
            }
            1 => {
                call_as(PATRONAGE);
                desk.shift(Shift {
                    from: a,
                    to: b,
                    ..shift(amount)
                })
            }
            _ => {
                call_as(a);
                let session = SessionId {
                    viewer: b,
                    number: 1,
                };
                desk.refund(session, NATIVE, amount)
            }
        };
        done[kind] += i32::from(moved.is_ok());
        if moved.is_err() {
            continue;
        }
        let sum = desk.money.totals(NATIVE);
        let pools: Balance = people
            .iter()
            .map(|who| desk.money.pool(*who, NATIVE).free)
            .sum();
        let payable: Balance = people
            .iter()
            .map(|who| desk.money.payable(*who, NATIVE))
            .sum();
        assert_eq!((sum.pools, sum.payable, sum.holds), (pools, payable, 0));
        assert_eq!(pools + payable + sum.fees, DEPOSIT);
    }
    assert!(done.iter().all(|count| *count > 100), "{done:?}");
}
