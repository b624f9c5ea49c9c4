//! The cells of money, and the moves between them, each at its edge. Calls to tokens are tested on the embedded chain.

use ink::{
    env::{
        test::{recorded_events, set_block_timestamp, set_callee, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::payment_handler::Deposited, AccountId, Asset, Balance, Class, FeeSchedule, FeeTerms,
    PaymentHandlerError as Error, Pool, Totals, MAX_FEE_BPS, MAX_HOLD, MAX_REFERRAL_BPS,
};
use vilokanam_money::{
    config::{fees_fit, Config},
    ledger::*,
};

const NOW_MS: u64 = 1_700_000_000_000;
const VLK: u16 = 1;
const DELISTED: u16 = 2;

fn account(number: u8) -> AccountId {
    AccountId::from([number; 32])
}

/// The native token, $VLK, and a token that is no longer taken.
fn money() -> Money {
    set_block_timestamp::<Env>(NOW_MS);
    let mut money = Money::default();
    let asset = |token, allowed| Asset { token, allowed };
    money.assets.insert(0, &asset(None, true));
    money.assets.insert(VLK, &asset(Some(account(8)), true));
    money
        .assets
        .insert(DELISTED, &asset(Some(account(9)), false));
    money
}

fn pool(free: Balance, holds: u32) -> Pool {
    Pool {
        free,
        holds,
        limited: false,
    }
}

#[ink::test]
fn the_environment_is_asked() {
    set_caller::<Env>(account(5));
    set_callee::<Env>(account(6));
    set_block_timestamp::<Env>(7);
    assert_eq!((caller(), this(), now()), (account(5), account(6), 7));
}

#[ink::test]
fn what_is_not_there_is_nothing() {
    let mut money = money();
    assert_eq!(money.pool(account(1), VLK), pool(0, 0));
    assert_eq!(money.payable(account(1), VLK), 0);
    assert_eq!(money.totals(VLK), Totals::default());
    assert_eq!(money.config(), Config::NONE);
    money.pools.insert((VLK, account(1)), &pool(5, 6));
    money.payables.insert((VLK, account(1)), &7);
    let totals = Totals {
        pools: 1,
        holds: 2,
        payable: 3,
        fees: 4,
    };
    money.totals.insert(VLK, &totals);
    let config = Config {
        treasury: account(3),
        ..Config::NONE
    };
    money.config.set(&config);
    assert_eq!(money.pool(account(1), VLK), pool(5, 6));
    assert_eq!(money.payable(account(1), VLK), 7);
    assert_eq!(money.totals(VLK), totals);
    assert_eq!(money.config(), config);
    // Not another account's, nor in another asset.
    assert_eq!(money.pool(account(2), VLK), pool(0, 0));
    assert_eq!(money.payable(account(1), 0), 0);
    assert_eq!(money.totals(0), Totals::default());
}

#[ink::test]
fn a_pause_lasts_until_its_end() {
    let mut money = money();
    assert_eq!(money.paused_until(), 0);
    assert_eq!(money.ensure_not_paused(), Ok(()));
    let until_ms = NOW_MS + 1;
    money.pause_end_ms.set(&until_ms);
    assert_eq!(money.paused_until(), until_ms);
    let paused = Err(Error::Paused { until_ms });
    assert_eq!(money.ensure_not_paused(), paused);
    set_block_timestamp::<Env>(until_ms);
    assert_eq!(money.paused_until(), 0);
    set_block_timestamp::<Env>(until_ms + 1);
    assert_eq!(money.paused_until(), 0);
    assert_eq!(money.ensure_not_paused(), Ok(()));
}

#[ink::test]
fn money_is_taken_in_listed_assets_and_of_some_amount() {
    let mut money = money();
    assert_eq!(money.known_asset(3), Err(Error::UnknownAsset));
    assert_eq!(money.known_asset(0).map(|asset| asset.token), Ok(None));
    assert_eq!(money.ensure_takes_money(VLK, 1), Ok(()));
    assert_eq!(money.ensure_takes_money(VLK, 0), Err(Error::ZeroAmount));
    assert_eq!(money.ensure_takes_money(3, 1), Err(Error::UnknownAsset));
    let not_allowed = Err(Error::AssetNotAllowed);
    assert_eq!(money.ensure_takes_money(DELISTED, 1), not_allowed);

    assert_eq!(money.ensure_takes_hold(VLK, 1), Ok(()));
    assert_eq!(money.ensure_takes_hold(VLK, MAX_HOLD), Ok(()));
    let too_large = Err(Error::HoldTooLarge { max: MAX_HOLD });
    assert_eq!(money.ensure_takes_hold(VLK, MAX_HOLD + 1), too_large);
    assert_eq!(money.ensure_takes_hold(VLK, MAX_HOLD + 2), too_large);
    assert_eq!(money.ensure_takes_hold(VLK, 0), Err(Error::ZeroAmount));

    assert_eq!(money.ensure_takes_token(VLK, 1), Ok(account(8)));
    assert_eq!(money.ensure_takes_token(0, 1), Err(Error::WrongAsset));
    assert_eq!(money.ensure_takes_token(3, 1), Err(Error::UnknownAsset));
    assert_eq!(money.ensure_takes_token(VLK, 0), Err(Error::ZeroAmount));
    let not_allowed = Err(Error::AssetNotAllowed);
    assert_eq!(money.ensure_takes_token(DELISTED, 1), not_allowed);

    let until_ms = NOW_MS + 1;
    money.pause_end_ms.set(&until_ms);
    let paused = Error::Paused { until_ms };
    assert_eq!(money.ensure_takes_money(VLK, 1), Err(paused.clone()));
    assert_eq!(money.ensure_takes_hold(VLK, 1), Err(paused.clone()));
    assert_eq!(money.ensure_takes_token(VLK, 1), Err(paused));
}

#[ink::test]
fn a_deposit_adds_to_pool_and_total_within_128_bits() {
    let mut money = money();
    assert_eq!(money.credit_pool(account(1), VLK, 30), Ok(()));
    assert_eq!(money.credit_pool(account(1), VLK, 12), Ok(()));
    assert_eq!(money.credit_pool(account(2), VLK, 1), Ok(()));
    assert_eq!(money.pool(account(1), VLK), pool(42, 0));
    let expected = Totals {
        pools: 43,
        ..Totals::default()
    };
    assert_eq!(money.totals(VLK), expected);
    // Whatever it is owed as: all of it together stays within 128 bits.
    for part in 0..4 {
        let mut totals = Totals::default();
        let most = Balance::MAX - 9;
        match part {
            0 => totals.pools = most,
            1 => totals.holds = most,
            2 => totals.payable = most,
            _ => totals.fees = most,
        }
        money.totals.insert(VLK, &totals);
        assert_eq!(owed(&totals), Ok(most));
        let beyond = money.credit_pool(account(3), VLK, 10);
        assert_eq!(beyond, Err(Error::Overflow));
        assert_eq!(money.pool(account(3), VLK), pool(0, 0));
        assert_eq!(money.totals(VLK), totals);
    }
    assert_eq!(money.credit_pool(account(3), VLK, 9), Ok(()));
    let all = Totals {
        pools: Balance::MAX,
        fees: 1,
        ..Totals::default()
    };
    assert_eq!(owed(&all), Err(Error::Overflow));
}

#[ink::test]
fn a_hold_moves_from_a_pool_and_a_release_back() {
    let mut money = money();
    assert_eq!(money.credit_pool(account(1), VLK, 30), Ok(()));
    let read = money.pool(account(1), VLK);
    assert_eq!(money.place_on_hold(account(1), VLK, read, 30, 2), Ok(()));
    let mut left = money.pool(account(1), VLK);
    assert_eq!(left, pool(0, 2));
    let expected = Totals {
        holds: 30,
        ..Totals::default()
    };
    assert_eq!(money.totals(VLK), expected);
    let needed = 1;
    let small = Err(Error::PoolTooSmall { needed, free: 0 });
    assert_eq!(money.place_on_hold(account(1), VLK, left, 1, 1), small);
    let crowded = pool(5, u32::MAX);
    let overflow = Err(Error::Overflow);
    assert_eq!(
        money.place_on_hold(account(1), VLK, crowded, 1, 1),
        overflow
    );
    // A pool that the totals do not know is a fault, and refused.
    let unknown = pool(5, 0);
    assert_eq!(
        money.place_on_hold(account(1), VLK, unknown, 5, 1),
        overflow
    );

    assert_eq!(release_hold(&mut left, 7), Ok(()));
    assert_eq!(left, pool(7, 1));
    assert_eq!(release_hold(&mut left, 0), Ok(()));
    assert_eq!(left, pool(7, 0));
    assert_eq!(release_hold(&mut left, 1), Err(Error::BadSettlement));
    let mut full = pool(Balance::MAX, 1);
    assert_eq!(release_hold(&mut full, 1), Err(Error::Overflow));
}

#[ink::test]
fn sums_and_rests_are_exact_or_refused() {
    assert_eq!(add(Balance::MAX - 1, 1), Ok(Balance::MAX));
    assert_eq!(add(Balance::MAX, 1), Err(Error::Overflow));
    assert_eq!(sub(7, 7), Ok(0));
    assert_eq!(sub(7, 2), Ok(5));
    assert_eq!(sub(7, 8), Err(Error::Overflow));
    assert_eq!(ensure_free(&pool(7, 0), 7), Ok(0));
    assert_eq!(ensure_free(&pool(7, 0), 2), Ok(5));
    let refused = Err(Error::PoolTooSmall { needed: 8, free: 7 });
    assert_eq!(ensure_free(&pool(7, 0), 8), refused);
    assert_eq!(ensure_positive(1), Ok(()));
    assert_eq!(ensure_positive(0), Err(Error::ZeroAmount));
}

#[ink::test]
fn a_deposit_is_told() {
    deposited(account(1), VLK, 5);
    let event = Deposited {
        viewer: account(1),
        asset: VLK,
        amount: 5,
    };
    let events: Vec<_> = recorded_events().map(|event| event.data).collect();
    assert_eq!(events, [event.encode()]);
}

#[test]
fn fees_go_by_class() {
    let fees = FeeSchedule {
        standard_bps: 1,
        premium_bps: 2,
        subscription_bps: 3,
        tips_bps: 4,
        referral_bps: 5,
    };
    let config = Config {
        fees,
        ..Config::NONE
    };
    let classes = [
        Class::Standard,
        Class::Premium,
        Class::Subscription,
        Class::Tips,
    ];
    for (class, fee_bps) in classes.into_iter().zip(1..) {
        let expected = FeeTerms {
            fee_bps,
            referral_bps: 5,
        };
        assert_eq!(config.fee_terms(class), expected);
    }
}

#[test]
fn each_fee_has_its_limit() {
    let highest = FeeSchedule {
        standard_bps: MAX_FEE_BPS,
        premium_bps: MAX_FEE_BPS,
        subscription_bps: MAX_FEE_BPS,
        tips_bps: MAX_FEE_BPS,
        referral_bps: MAX_REFERRAL_BPS,
    };
    assert!(fees_fit(&highest));
    assert!(fees_fit(&Config::NONE.fees));
    for fee in 0..5 {
        let mut fees = highest;
        match fee {
            0 => fees.standard_bps += 1,
            1 => fees.premium_bps += 1,
            2 => fees.subscription_bps += 1,
            3 => fees.tips_bps += 1,
            _ => fees.referral_bps += 1,
        }
        assert!(!fees_fit(&fees));
    }
}
