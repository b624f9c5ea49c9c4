//! Money: deposits, splits to the unit, fees, payouts, donations, pauses, and assets that are no longer wanted.

use crate::{common::*, receipts::Moved};
use psp22::PSP22;
use vilokanam_chain::{account, administered, Chain, VLK};
use vilokanam_interfaces::{
    events::{
        admin::{ChangeAnnounced, ChangeApplied},
        payment_handler::*,
        tick_stream::SessionOpened,
    },
    AdminError, Administered, AssetId, Change, Class, FeeSchedule, FeeTerms, Holds, OpenRequest,
    PayTerms, PaymentHandler, PaymentHandlerError as Error, Pool, PricingEngine,
    PricingEngineError, TickLifecycle, TickStream, TickStreamError, Totals, MAX_FEE_BPS,
    MAX_PAUSE_MS, NATIVE, PAUSE_REST_MS,
};

#[test]
fn a_session_is_split_between_owner_cohosts_referrer_and_platform_to_the_unit() {
    let mut s = Stage::on_air();
    let cohosts = [share("noor", 3_333), share("omar", 667)];
    let stream = s.airs("mira", Class::Premium, &cohosts);
    let request = OpenRequest {
        stream,
        referrer: Some(account("rita")),
        ..vlk_request()
    };
    let sent = s.must("alice", s.suite.lifecycle().open(request));
    let opened = &sent.events_of::<SessionOpened>()[0];
    assert_eq!((opened.fee_bps, opened.referral_bps), (1_500, 1_000));
    assert_eq!((opened.referrer, opened.terms), (request.referrer, 1));

    // However often it is settled on the way.
    for ms in [1, 2, 3, 996, 7_770_003, 771] {
        s.advance(ms);
        s.must("sam", s.suite.meter().settle(id("alice", 1)));
    }
    s.advance(6_001);
    // 333,333 a second × 7,777.777 s = 2,592,589,740.741
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.free("alice", VLK), DEPOSITED - 2_592_589_740);
    // The platform's 15 % are 388,888,461; of these rita has a tenth.
    assert_eq!(s.payable("rita", VLK), 38_888_846);
    assert_eq!(s.totals(VLK).fees, 349_999_615);
    // Of the other 2,203,701,279 noor has 33.33 %: 734,493,636.2; omar 667/6,667 of the rest, 1,469,207,643: 146,986,875.3.
    assert_eq!(s.payable("noor", VLK), 734_493_636);
    assert_eq!(s.payable("omar", VLK), 146_986_875);
    assert_eq!(s.payable("mira", VLK), 1_322_220_768);
    s.is_solvent_to_the_unit();

    let sent = s.must("noor", s.suite.payments().withdraw_payable(VLK));
    told(
        &sent,
        [
            Moved {
                from: Some(s.suite.payments),
                to: Some(account("noor")),
                value: 734_493_636,
            }
            .into(),
            PaidOut {
                payee: account("noor"),
                asset: VLK,
                amount: 734_493_636,
                by: account("noor"),
            }
            .into(),
        ],
    );
    assert_eq!(s.vlk(account("noor")), 734_493_636);
    s.is_solvent_to_the_unit();
}

#[test]
fn one_settlement_credits_each_payee_of_many_sessions_once() {
    let mut s = Stage::on_air();
    let stream = s.airs("mira", Class::Standard, &[share("noor", 5_000)]);
    let request = OpenRequest {
        stream,
        ..request()
    };
    s.opens("alice", request);
    s.opens("bob", request);
    s.advance(10_000);
    s.must("sam", s.suite.meter().settle_page(stream, 0));
    // Of each 10,000,070: 1,000,007 for the platform, half of 9,000,063 for noor, 4,500,032 for mira.
    assert_eq!(s.payable("noor", NATIVE), 9_000_062);
    assert_eq!(s.payable("mira", NATIVE), 9_000_064);
    assert_eq!(s.totals(NATIVE).fees, 2_000_014);
}

#[test]
fn each_class_has_its_fee() {
    let mut s = Stage::on_air();
    for (class, creator, fee) in [
        // 10, 15 and 20 % of 10,000,070, rounded down.
        (Class::Standard, "noor", 1_000_007),
        (Class::Premium, "omar", 1_500_010),
        (Class::Subscription, "rita", 2_000_014),
    ] {
        let stream = s.airs(creator, class, &[]);
        let number = s.opens(
            "alice",
            OpenRequest {
                stream,
                ..request()
            },
        );
        s.advance(10_000);
        let before = s.totals(NATIVE).fees;
        s.must("alice", s.suite.lifecycle().close(number));
        assert_eq!(s.totals(NATIVE).fees - before, fee);
        assert_eq!(s.payable(creator, NATIVE), 10_000_070 - fee);
    }
}

#[test]
fn new_fees_bind_new_sessions_only() {
    let mut s = Stage::on_air();
    let t = s.now();
    let old = s.read(s.suite.payments().fees());
    let new = FeeSchedule {
        standard_bps: 3_000,
        premium_bps: 0,
        subscription_bps: 1,
        tips_bps: 0,
        referral_bps: 5_000,
    };
    s.opens("alice", request());

    let at = s.suite.payments;
    let payments = || administered(at);
    let sent = s.must("owner", payments().announce(Change::Fees(new)));
    let id_of_change = sent.value;
    told(
        &sent,
        [ChangeAnnounced {
            id: id_of_change,
            change: Change::Fees(new),
            due_ms: t,
        }
        .into()],
    );
    let sent = s.must("owner", payments().apply(id_of_change));
    told(
        &sent,
        [ChangeApplied {
            id: id_of_change,
            old: Some(Change::Fees(old)),
            new: Change::Fees(new),
        }
        .into()],
    );
    assert_eq!(s.read(s.suite.payments().fees()), new);

    s.opens("bob", request());
    s.advance(10_000);
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.totals(NATIVE).fees, 1_000_007);
    s.must("bob", s.suite.lifecycle().close(1));
    // 30 % of 10,000,070
    assert_eq!(s.totals(NATIVE).fees, 1_000_007 + 3_000_021);

    let steep = FeeSchedule {
        standard_bps: MAX_FEE_BPS + 1,
        ..new
    };
    assert_eq!(
        s.refused("owner", payments().announce(Change::Fees(steep))),
        AdminError::InvalidChange
    );
}

#[test]
fn a_stranger_pushes_a_payees_balance_to_the_payee() {
    let mut s = Stage::on_air();
    let push = |s: &Stage, payee, asset| s.suite.payments().push_payable(account(payee), asset);
    s.opens("alice", request());
    s.advance(10_000);
    assert_eq!(
        s.refused("sam", push(&s, "mira", NATIVE)),
        Error::NothingPayable
    );
    s.must("alice", s.suite.lifecycle().close(1));

    let (mira, sam) = (s.native("mira"), s.native("sam"));
    let sent = s.must("sam", push(&s, "mira", NATIVE));
    assert_eq!(sent.value, 9_000_063);
    told(
        &sent,
        [PaidOut {
            payee: account("mira"),
            asset: NATIVE,
            amount: 9_000_063,
            by: account("sam"),
        }
        .into()],
    );
    assert_eq!(s.native("mira") - mira, 9_000_063);
    assert_eq!(s.native("sam"), sam);
    assert_eq!(
        s.refused("sam", push(&s, "mira", NATIVE)),
        Error::NothingPayable
    );
    let again = s.suite.payments().withdraw_payable(NATIVE);
    assert_eq!(s.refused("mira", again), Error::NothingPayable);
    for asset in [2, AssetId::MAX] {
        assert_eq!(
            s.refused("sam", push(&s, "mira", asset)),
            Error::UnknownAsset
        );
    }
}

#[test]
fn anyone_sends_the_fees_to_the_treasury() {
    let mut s = Stage::on_air();
    let fees = |s: &Stage, asset| s.suite.payments().withdraw_fees(asset);
    assert_eq!(s.refused("sam", fees(&s, NATIVE)), Error::NoFees);
    assert_eq!(s.refused("sam", fees(&s, 2)), Error::UnknownAsset);
    s.opens("alice", request());
    s.opens("bob", vlk_request());
    s.advance(10_000);
    s.must("sam", s.suite.meter().settle_page(STREAM, 0));

    let treasury = account("treasury");
    for (asset, amount) in [(NATIVE, 1_000_007), (VLK, 333_333)] {
        let sent = s.must("sam", fees(&s, asset));
        assert_eq!(sent.value, amount);
        let withdrawn = FeesWithdrawn {
            asset,
            amount,
            treasury,
        };
        assert_eq!(sent.events_of::<FeesWithdrawn>(), [withdrawn]);
        assert_eq!(s.refused("sam", fees(&s, asset)), Error::NoFees);
    }
    assert_eq!(s.native("treasury"), 1_000_007);
    assert_eq!(s.vlk(treasury), 333_333);
    s.is_solvent_to_the_unit();
}

#[test]
fn donations_are_nobodys_until_they_are_swept_to_the_treasury() {
    let mut s = Stage::on_air();
    let sweep = |s: &Stage, asset| s.suite.payments().sweep(asset);
    let (payments, treasury) = (s.suite.payments, account("treasury"));
    for asset in [NATIVE, VLK] {
        assert_eq!(s.refused("sam", sweep(&s, asset)), Error::NothingToSweep);
    }
    assert_eq!(s.refused("sam", sweep(&s, 2)), Error::UnknownAsset);

    let totals = [s.totals(NATIVE), s.totals(VLK)];
    s.chain
        .transfer(account("sam"), payments, 777)
        .expect("is moved");
    s.gets_vlk("sam", 888);
    s.must("sam", s.suite.token().transfer(payments, 888, Vec::new()));
    assert_eq!([s.totals(NATIVE), s.totals(VLK)], totals);

    let swept = |asset, amount| Swept {
        asset,
        amount,
        treasury,
    };
    let sent = s.must("sam", sweep(&s, NATIVE));
    assert_eq!(sent.value, 777);
    told(&sent, [swept(NATIVE, 777).into()]);
    let sent = s.must("bob", sweep(&s, VLK));
    let moved = Moved {
        from: Some(payments),
        to: Some(treasury),
        value: 888,
    };
    told(&sent, [moved.into(), swept(VLK, 888).into()]);
    assert_eq!(s.refused("sam", sweep(&s, VLK)), Error::NothingToSweep);
    assert_eq!((s.native("treasury"), s.vlk(treasury)), (777, 888));
    s.is_solvent_to_the_unit();
}

#[test]
fn deposits_are_refused_for_each_documented_reason() {
    let mut s = Stage::empty();
    let token = |s: &Stage, asset, amount| s.suite.payments().deposit_token(asset, amount);
    let native = |s: &Stage, amount| s.suite.payments().deposit().transferred_value(amount);
    s.gets_vlk("alice", ONE);
    assert_eq!(s.refused("alice", native(&s, 0)), Error::ZeroAmount);
    assert_eq!(s.refused("alice", token(&s, VLK, 0)), Error::ZeroAmount);
    assert_eq!(s.refused("alice", token(&s, 2, 1)), Error::UnknownAsset);
    assert_eq!(s.refused("alice", token(&s, NATIVE, 1)), Error::WrongAsset);
    // Not approved; then approved, and not there.
    assert_eq!(s.refused("alice", token(&s, VLK, 1)), Error::TokenRefused);
    s.must("alice", s.suite.token().approve(s.suite.payments, 2 * ONE));
    assert_eq!(
        s.refused("alice", token(&s, VLK, ONE + 1)),
        Error::TokenRefused
    );
    assert_eq!(s.totals(VLK), Totals::default());

    let sent = s.must("alice", token(&s, VLK, ONE));
    let deposited = Deposited {
        viewer: account("alice"),
        asset: VLK,
        amount: ONE,
    };
    assert_eq!(sent.events_of::<Deposited>(), [deposited]);
    let sent = s.must("alice", native(&s, 5));
    told(
        &sent,
        [Deposited {
            viewer: account("alice"),
            asset: NATIVE,
            amount: 5,
        }
        .into()],
    );
    s.is_solvent_to_the_unit();
}

#[test]
fn only_what_is_free_can_be_withdrawn() {
    let mut s = Stage::on_air();
    let withdraw = |s: &Stage, asset, amount| s.suite.payments().withdraw(asset, amount);
    s.opens("alice", request());
    let free = DEPOSITED - HOLD;
    assert_eq!(
        s.refused("alice", withdraw(&s, NATIVE, free + 1)),
        Error::PoolTooSmall {
            needed: free + 1,
            free
        }
    );
    assert_eq!(
        s.refused("sam", withdraw(&s, NATIVE, 1)),
        Error::PoolTooSmall { needed: 1, free: 0 }
    );
    assert_eq!(
        s.refused("alice", withdraw(&s, NATIVE, 0)),
        Error::ZeroAmount
    );
    assert_eq!(s.refused("alice", withdraw(&s, 2, 1)), Error::UnknownAsset);

    // While a session holds money the emptied pool keeps its cell: it will be needed.
    let sent = s.must("alice", withdraw(&s, NATIVE, free));
    assert_eq!(sent.receipt.deposit, 0);
    assert_eq!(
        s.pool("alice", NATIVE),
        Pool {
            free: 0,
            holds: 1,
            limited: false
        }
    );
    let sent = s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(sent.receipt.deposit, 0);
    let sent = s.must("alice", withdraw(&s, NATIVE, HOLD));
    assert!(sent.receipt.deposit < 0);
    s.is_solvent_to_the_unit();
}

#[test]
fn an_emptied_pool_gives_its_storage_deposit_back() {
    let mut s = Stage::on_air();
    for round in 0..2 {
        let before = s.native("noor");
        let deposit = s.suite.payments().deposit().transferred_value(7);
        let paid = s.must("noor", deposit).receipt.deposit;
        assert!(paid > 0, "round {round}");
        let withdrawn = s.must("noor", s.suite.payments().withdraw(NATIVE, 7));
        // The chain refunds cells and bytes at their average price in the contract, each rounded down.
        let lost = paid + withdrawn.receipt.deposit;
        assert!((0..=2).contains(&lost), "round {round}: {lost}");
        assert_eq!(before - s.native("noor"), lost.unsigned_abs());
    }
}

#[test]
fn a_pause_lasts_at_most_72_hours_rests_as_long_and_stops_no_exit() {
    let mut s = Stage::on_air();
    let t = s.now();
    let pause = |s: &Stage, ms| s.suite.payments().pause(ms);
    let unpause = |s: &Stage| s.suite.payments().unpause();
    let not_owner = Error::Admin(AdminError::NotOwner);
    s.opens("alice", request());
    assert_eq!(s.refused("sam", pause(&s, 1)), not_owner);
    assert_eq!(s.refused("sam", unpause(&s)), not_owner);
    assert_eq!(s.refused("owner", unpause(&s)), Error::NotPaused);
    for ms in [0, MAX_PAUSE_MS + 1] {
        let out = Error::PauseOutOfRange {
            max_ms: MAX_PAUSE_MS,
        };
        assert_eq!(s.refused("owner", pause(&s, ms)), out);
    }

    let sent = s.must("owner", pause(&s, MAX_PAUSE_MS));
    let until_ms = t + 72 * HOUR;
    told(&sent, [PausedUntil { until_ms }.into()]);
    s.advance(10_000);
    let paused = Error::Paused { until_ms };
    let in_meter = TickStreamError::Payments(paused.clone());
    let native = s.suite.payments().deposit().transferred_value(1);
    assert_eq!(s.refused("bob", native), paused);
    let token = s.suite.payments().deposit_token(VLK, 1);
    assert_eq!(s.refused("bob", token), paused);
    let top_up = s.suite.lifecycle().top_up(id("alice", 1), 1);
    assert_eq!(s.refused("bob", top_up), in_meter);
    assert_eq!(
        s.refused("bob", s.suite.lifecycle().open(request())),
        in_meter
    );
    let next_ms = until_ms + PAUSE_REST_MS;
    assert_eq!(
        s.refused("owner", pause(&s, 1)),
        Error::PauseTooSoon { next_ms }
    );

    // All of these go on.
    s.must("alice", s.suite.lifecycle().pause(1));
    s.must("alice", s.suite.lifecycle().resume(1));
    s.must("sam", s.suite.meter().settle(id("alice", 1)));
    s.must("alice", s.suite.lifecycle().close(1));
    s.must("alice", s.suite.payments().withdraw(NATIVE, ONE));
    s.must("mira", s.suite.payments().withdraw_payable(NATIVE));
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));

    // It ends by itself.
    s.advance(until_ms - s.now() - 1);
    assert_eq!(s.read(s.suite.payments().paused_until()), until_ms);
    s.advance(1);
    assert_eq!(s.read(s.suite.payments().paused_until()), 0);
    s.advance(next_ms - s.now() - 1);
    assert_eq!(
        s.refused("owner", pause(&s, 1)),
        Error::PauseTooSoon { next_ms }
    );
    s.advance(1);
    s.must("owner", pause(&s, HOUR));
    s.advance(MINUTE);
    let sent = s.must("owner", unpause(&s));
    let until_ms = s.now();
    told(&sent, [PausedUntil { until_ms }.into()]);
    s.must("bob", s.suite.payments().deposit().transferred_value(1));
    // The rest is counted from the end.
    assert_eq!(
        s.refused("owner", pause(&s, 1)),
        Error::PauseTooSoon {
            next_ms: until_ms + PAUSE_REST_MS
        }
    );
}

#[test]
fn a_delisted_asset_takes_no_new_money_and_keeps_its_exits() {
    let mut s = Stage::on_air();
    s.opens("alice", vlk_request());
    s.advance(10_000);
    let change = Change::SetAsset {
        asset: VLK,
        allowed: false,
    };
    let number = s
        .must("owner", administered(s.suite.payments).announce(change))
        .value;
    let sent = s.must("owner", administered(s.suite.payments).apply(number));
    told(
        &sent,
        [ChangeApplied {
            id: number,
            old: Some(Change::SetAsset {
                asset: VLK,
                allowed: true,
            }),
            new: change,
        }
        .into()],
    );

    let refused = Error::AssetNotAllowed;
    let in_meter = TickStreamError::Payments(refused.clone());
    let deposit = s.suite.payments().deposit_token(VLK, 1);
    assert_eq!(s.refused("bob", deposit), refused);
    let open = s.suite.lifecycle().open(vlk_request());
    assert_eq!(s.refused("bob", open), in_meter);
    let top_up = s.suite.lifecycle().top_up(id("alice", 1), 1);
    assert_eq!(s.refused("bob", top_up), in_meter);
    let set_rates = s.suite.pricing().set_rates(STREAM, rates());
    assert_eq!(
        s.refused("mira", set_rates),
        PricingEngineError::AssetNotAllowed { asset: VLK }
    );

    s.advance(10_000);
    // 333,333 × 20 s, less 10 %
    s.must("mira", s.suite.meter().settle(id("alice", 1)));
    let sent = s.must("mira", s.suite.payments().withdraw_payable(VLK));
    assert_eq!(sent.value, 5_999_994);
    s.must("alice", s.suite.lifecycle().close(1));
    let rest = DEPOSITED - 6_666_660;
    s.must("alice", s.suite.payments().withdraw(VLK, rest));
    s.must("bob", s.suite.payments().withdraw(VLK, DEPOSITED));
    s.must("sam", s.suite.payments().withdraw_fees(VLK));
    assert_eq!(s.totals(VLK), Totals::default());
    s.is_solvent_to_the_unit();
}

#[test]
fn only_the_meter_moves_holds() {
    let mut s = Stage::on_air();
    let alice = account("alice");
    let terms = vec![PayTerms {
        fees: FeeTerms::default(),
        owner: account("sam"),
        cohosts: Vec::new(),
    }];
    for who in ["sam", "owner", "alice"] {
        let suite = s.suite;
        let hold = suite
            .holds()
            .hold(alice, NATIVE, 1, Class::Standard, CATEGORY);
        assert_eq!(s.refused(who, hold), Error::NotMeter);
        let top_up = suite.holds().top_up(alice, NATIVE, 1, CATEGORY, 0);
        assert_eq!(s.refused(who, top_up), Error::NotMeter);
        let settle = suite.payments().settle(terms.clone(), Vec::new());
        assert_eq!(s.refused(who, settle), Error::NotMeter);
    }
}

#[test]
fn money_goes_to_the_treasury_of_the_day() {
    let mut s = Stage::on_air();
    let (old, new) = (account("treasury"), account("vault"));
    let sent = {
        let announce = administered(s.suite.payments).announce(Change::Treasury(new));
        let number = s.must("owner", announce).value;
        s.must("owner", administered(s.suite.payments).apply(number))
    };
    let applied = ChangeApplied {
        id: 1,
        old: Some(Change::Treasury(old)),
        new: Change::Treasury(new),
    };
    told(&sent, [applied.into()]);
    s.opens("alice", request());
    s.advance(10_000);
    s.must("alice", s.suite.lifecycle().close(1));
    s.must("sam", s.suite.payments().withdraw_fees(NATIVE));
    assert_eq!(s.native("vault"), 1_000_007);
    assert_eq!(s.native("treasury"), 0);
}
