//! Passes: sold, bought, given, lengthened, renewed, and what they make of the price until the instant at which they lapse.

use crate::common::*;
use vilokanam_chain::{account, artifacts_dir, instantiate, wasm, Chain, PassOfficeCalls, VLK};
use vilokanam_interfaces::{
    events::{
        pass_office::*,
        tick_stream::{OpenedWith, SessionOpened},
    },
    AccountId, Balance, Change, Class, Discount, LimitKind, Millis, OpenRequest, Pass,
    PassDiscount, PassLevel, PassOffer, PassOffice, PassOfficeError as Error, PassOrder,
    PassPeriod, PassScope, PaymentDesk, PaymentHandler, PaymentHandlerError, PricingEngineError,
    PricingPlans, QuoteRequest, Renewal, SpendingLimits, StreamId, StreamRegistry, TickLifecycle,
    TickStream, TickStreamError, Wiring, FACTOR_ONE, MAX_PERIODS, NATIVE, RENEW_AHEAD_MS,
    RENEW_LATE_MS,
};

/// Of a day: its fee of 20 % is 200,000.6.
const DAY_PRICE: Balance = 1_000_003;
const WEEK_PRICE: Balance = 5_000_011;
const MONTH_PRICE: Balance = 15_000_019;
const HALF: u32 = FACTOR_ONE / 2;
const OF_STREAM: PassScope = PassScope::Stream(STREAM);
const BASIC: PassLevel = PassLevel::Basic;

/// All periods, in $VLK, at half the price of watching.
const OFFER: PassOffer = PassOffer {
    asset: VLK,
    prices: [Some(DAY_PRICE), Some(WEEK_PRICE), Some(MONTH_PRICE)],
    factor: HALF,
};
const FREE: PassOffer = PassOffer { factor: 0, ..OFFER };
/// Days, as they are sold.
const RENEWAL: Renewal = Renewal {
    period: PassPeriod::Day,
    asset: VLK,
    max_price: DAY_PRICE,
    max_factor: HALF,
};

fn of_creator(who: &str) -> PassScope {
    PassScope::Creator(account(who))
}

/// One basic pass of this length, for whatever it costs and gives.
fn order(scope: PassScope, period: PassPeriod) -> PassOrder {
    PassOrder {
        scope,
        level: BASIC,
        period,
        periods: 1,
        asset: VLK,
        max_price: Balance::MAX,
        max_factor: FACTOR_ONE,
        holder: None,
    }
}

fn day() -> PassOrder {
    order(OF_STREAM, PassPeriod::Day)
}

fn payments(refusal: PaymentHandlerError) -> Error {
    Error::Payments(refusal)
}

/// [`request`], with the discount of a pass.
fn with_pass(stream: StreamId) -> OpenRequest {
    OpenRequest {
        stream,
        discount: Discount::Pass,
        ..request()
    }
}

impl Stage {
    /// A basic level is sold.
    #[track_caller]
    fn sells(&mut self, creator: &str, scope: PassScope, offer: PassOffer) {
        let set = self.suite.passes().set_offer(scope, BASIC, Some(offer));
        self.must(creator, set);
    }

    /// Mira sells passes for her stream, which is on air.
    fn sold() -> Self {
        let mut stage = Self::on_air();
        stage.sells("mira", OF_STREAM, OFFER);
        stage
    }

    #[track_caller]
    fn buys(&mut self, buyer: &str, order: PassOrder) -> Millis {
        self.must(buyer, self.suite.passes().buy(order)).value
    }

    #[track_caller]
    fn refused_order(&mut self, buyer: &str, order: PassOrder) -> Error {
        self.refused(buyer, self.suite.passes().buy(order))
    }

    /// Somebody's basic pass.
    fn pass_of(&mut self, holder: &str, scope: PassScope) -> Option<Pass> {
        let pass = self.suite.passes().pass(account(holder), scope, BASIC);
        self.read(pass)
    }

    #[track_caller]
    fn allows(&mut self, holder: &str, renewal: Option<Renewal>) {
        let set = self.suite.passes().set_renewal(OF_STREAM, BASIC, renewal);
        self.must(holder, set);
    }

    /// Sam renews alice's basic pass of stream 1.
    #[track_caller]
    fn refused_renewal(&mut self) -> Error {
        let renew = self
            .suite
            .passes()
            .renew(account("alice"), OF_STREAM, BASIC);
        self.refused("sam", renew)
    }

    fn discount_of(&mut self, viewer: &str, stream: StreamId, owner: &str) -> Option<PassDiscount> {
        let passes = self.suite.passes();
        self.read(passes.discount(account(viewer), stream, account(owner)))
    }

    /// Waits until then, while stream 1 stays on air.
    #[track_caller]
    fn stays_on_air_until(&mut self, at_ms: Millis) {
        while self.now() < at_ms {
            let step = (at_ms - self.now()).min(GRACE / 2);
            self.advance(step);
            self.must("mira", self.suite.registry().heartbeat(STREAM));
        }
    }

    #[track_caller]
    fn refused_opening(&mut self, viewer: &str, request: OpenRequest) -> TickStreamError {
        self.refused(viewer, self.suite.lifecycle().open(request))
    }

    /// Money is where it should be: there is as much as is owed, and as much as was deposited.
    #[track_caller]
    fn money_adds_up(&mut self) {
        self.is_solvent_to_the_unit();
        for asset in [NATIVE, VLK] {
            let owed = self.totals(asset);
            let sum = owed.pools + owed.holds + owed.payable + owed.fees;
            assert_eq!(sum, 2 * DEPOSITED);
        }
    }

    /// The office asks this registry from now on.
    fn rewires_office(&mut self, registry: AccountId) {
        let wiring = Wiring {
            registry: Some(registry),
            ..Wiring::default()
        };
        self.changes(self.suite.passes, Change::Wiring(wiring));
    }
}

#[test]
fn what_is_sold_is_told_until_it_is_no_longer() {
    let mut s = Stage::on_air();
    let offer = |offer| s.suite.passes().set_offer(OF_STREAM, BASIC, offer);
    let told_of = |old, new| {
        [PassOffered {
            scope: OF_STREAM,
            level: BASIC,
            old,
            new,
        }
        .into()]
    };
    let (first, second, third) = (offer(Some(OFFER)), offer(Some(FREE)), offer(None));
    told(&s.must("mira", first), told_of(None, Some(OFFER)));
    told(&s.must("mira", second), told_of(Some(OFFER), Some(FREE)));
    let kept = s.suite.passes().offer(OF_STREAM, BASIC);
    assert_eq!(s.read(kept), Some(FREE));
    told(&s.must("mira", third), told_of(Some(FREE), None));
    let kept = s.suite.passes().offer(OF_STREAM, BASIC);
    assert_eq!(s.read(kept), None);
    assert_eq!(s.refused_order("alice", day()), Error::NotOffered);

    // Nobody else sells, nor without reason.
    let refused = |s: &mut Stage, who, scope, offer| {
        let set = s.suite.passes().set_offer(scope, BASIC, offer);
        s.refused(who, set)
    };
    let none = PassScope::Stream(2);
    for (who, scope, offer, why) in [
        ("mira", none, Some(OFFER), Error::StreamNotFound),
        ("noor", OF_STREAM, Some(OFFER), Error::NotCreator),
        ("noor", OF_STREAM, None, Error::NotCreator),
        ("noor", of_creator("mira"), Some(OFFER), Error::NotCreator),
    ] {
        assert_eq!(refused(&mut s, who, scope, offer), why);
    }
    let full = PassOffer {
        factor: FACTOR_ONE,
        ..OFFER
    };
    let why = refused(&mut s, "mira", OF_STREAM, Some(full));
    assert_eq!(why, Error::FactorOutOfRange);
    let nothing = PassOffer {
        prices: [None; 3],
        ..OFFER
    };
    let why = refused(&mut s, "mira", OF_STREAM, Some(nothing));
    assert_eq!(why, Error::InvalidPrice);
}

#[test]
fn a_streams_pass_is_split_between_payees_and_platform_to_the_unit() {
    let mut s = Stage::on_air();
    // Premium: a session's fee would be 15 %.
    let cohosts = [share("noor", 3_333), share("omar", 667)];
    let stream = s.airs("mira", Class::Premium, &cohosts);
    let scope = PassScope::Stream(stream);
    s.sells("mira", scope, OFFER);
    let now = s.now();
    let bought = |period, periods, price, fee, until_ms| PassBought {
        holder: account("alice"),
        scope,
        level: BASIC,
        buyer: account("alice"),
        period,
        periods,
        asset: VLK,
        price,
        fee,
        factor: HALF,
        until_ms,
    };

    let sent = s.must("alice", s.suite.passes().buy(order(scope, PassPeriod::Day)));
    assert_eq!(sent.value, now + DAY);
    let first = bought(PassPeriod::Day, 1, DAY_PRICE, 200_000, now + DAY);
    told(&sent, [first.into()]);
    assert_eq!(s.free("alice", VLK), DEPOSITED - 1_000_003);
    assert_eq!(s.totals(VLK).fees, 200_000);
    // Of the other 800,003 noor has 33.33 %, 266,640.99; omar 667/6,667 of the 533,363 that are left, 53,360.3; mira the rest.
    assert_eq!(s.payable("noor", VLK), 266_640);
    assert_eq!(s.payable("omar", VLK), 53_360);
    assert_eq!(s.payable("mira", VLK), 480_003);
    s.money_adds_up();

    // Two weeks: 10,000,022, of which the platform has 2,000,004.4.
    let two = PassOrder {
        periods: 2,
        ..order(scope, PassPeriod::Week)
    };
    let sent = s.must("alice", s.suite.passes().buy(two));
    let until_ms = now + 15 * DAY;
    let second = bought(PassPeriod::Week, 2, 10_000_022, 2_000_004, until_ms);
    told(&sent, [second.into()]);
    // Of 8,000,018: 2,666,405.99; of the 5,333,613 that are left 533,601.29; the rest.
    assert_eq!(s.payable("noor", VLK), 266_640 + 2_666_405);
    assert_eq!(s.payable("omar", VLK), 53_360 + 533_601);
    assert_eq!(s.payable("mira", VLK), 480_003 + 4_800_012);

    // A month: 15,000,019, of which 3,000,003.8.
    let sent = s.must(
        "alice",
        s.suite.passes().buy(order(scope, PassPeriod::Month)),
    );
    let until_ms = now + 45 * DAY;
    let third = bought(PassPeriod::Month, 1, MONTH_PRICE, 3_000_003, until_ms);
    told(&sent, [third.into()]);
    assert_eq!(s.totals(VLK).fees, 200_000 + 2_000_004 + 3_000_003);
    assert_eq!(
        s.pass_of("alice", scope),
        Some(Pass {
            until_ms,
            factor: HALF,
            renewal: None
        })
    );
    s.money_adds_up();
    // It is the payees' at once.
    s.must("noor", s.suite.payments().withdraw_payable(VLK));
    assert!(s.vlk(account("noor")) > 0);
}

#[test]
fn a_creators_pass_is_the_creators_alone_and_good_on_all_of_theirs() {
    let mut s = Stage::on_air();
    let stream = s.airs("mira", Class::Standard, &[share("noor", 5_000)]);
    let scope = of_creator("mira");
    let native = PassOffer {
        asset: NATIVE,
        ..OFFER
    };
    s.sells("mira", scope, native);
    let week = PassOrder {
        asset: NATIVE,
        ..order(scope, PassPeriod::Week)
    };
    let until_ms = s.buys("alice", week);
    assert_eq!(until_ms, s.now() + 7 * DAY);
    // 5,000,011: the platform has 1,000,002.2.
    assert_eq!(s.totals(NATIVE).fees, 1_000_002);
    assert_eq!(s.payable("mira", NATIVE), 4_000_009);
    assert_eq!(s.payable("noor", NATIVE), 0);
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - WEEK_PRICE);
    s.money_adds_up();

    let given = Some(PassDiscount {
        factor: HALF,
        until_ms,
    });
    for stream in [STREAM, stream] {
        assert_eq!(s.discount_of("alice", stream, "mira"), given);
        let number = s.opens("alice", with_pass(stream));
        assert_eq!(s.session("alice", number).discount, HALF);
    }
    let other = s.airs("omar", Class::Standard, &[]);
    assert_eq!(s.discount_of("alice", other, "omar"), None);
    assert_eq!(
        s.refused_opening("alice", with_pass(other)),
        TickStreamError::Pricing(PricingEngineError::NoPass)
    );
}

#[test]
fn a_gift_is_paid_by_who_gives_it() {
    let mut s = Stage::sold();
    let now = s.now();
    let gift = PassOrder {
        holder: Some(account("alice")),
        ..day()
    };
    let sent = s.must("bob", s.suite.passes().buy(gift));
    let expected = |periods, price, fee, until_ms| PassBought {
        holder: account("alice"),
        scope: OF_STREAM,
        level: BASIC,
        buyer: account("bob"),
        period: PassPeriod::Day,
        periods,
        asset: VLK,
        price,
        fee,
        factor: HALF,
        until_ms,
    };
    told(&sent, [expected(1, DAY_PRICE, 200_000, now + DAY).into()]);
    assert_eq!(s.free("alice", VLK), DEPOSITED);
    assert_eq!(s.free("bob", VLK), DEPOSITED - DAY_PRICE);
    assert_eq!(s.pass_of("bob", OF_STREAM), None);
    assert_eq!(s.discount_of("bob", STREAM, "mira"), None);

    // What alice allowed stays as she allowed it.
    s.allows("alice", Some(RENEWAL));
    let more = PassOrder { periods: 3, ..gift };
    let sent = s.must("bob", s.suite.passes().buy(more));
    // 3,000,009: the platform has 600,001.8.
    told(
        &sent,
        [expected(3, 3_000_009, 600_001, now + 4 * DAY).into()],
    );
    assert_eq!(
        s.pass_of("alice", OF_STREAM),
        Some(Pass {
            until_ms: now + 4 * DAY,
            factor: HALF,
            renewal: Some(RENEWAL)
        })
    );
    // Nobody sets bob's, who has none.
    let set = s.suite.passes().set_renewal(OF_STREAM, BASIC, None);
    assert_eq!(s.refused("bob", set), Error::PassNotFound);
    s.money_adds_up();
}

#[test]
fn a_pass_is_lengthened_at_its_own_factor_and_bought_anew_at_another() {
    let mut s = Stage::sold();
    let start = s.now();
    assert_eq!(s.buys("alice", day()), start + DAY);
    s.advance(HOUR);
    // From its end, not from now.
    assert_eq!(s.buys("alice", day()), start + 2 * DAY);
    s.sells("mira", OF_STREAM, FREE);
    let other = Error::OtherFactor {
        factor: HALF,
        until_ms: start + 2 * DAY,
    };
    assert_eq!(s.refused_order("alice", day()), other);
    let gift = PassOrder {
        holder: Some(account("alice")),
        ..day()
    };
    assert_eq!(s.refused_order("bob", gift), other);
    // Another level is another pass.
    let vip = s
        .suite
        .passes()
        .set_offer(OF_STREAM, PassLevel::Vip, Some(FREE));
    s.must("mira", vip);
    let vip = PassOrder {
        level: PassLevel::Vip,
        ..day()
    };
    assert_eq!(s.buys("alice", vip), s.now() + DAY);

    s.advance(start + 2 * DAY - s.now() - 1);
    assert_eq!(s.refused_order("alice", day()), other);
    s.advance(1);
    assert_eq!(s.buys("alice", day()), s.now() + DAY);
    assert_eq!(
        s.pass_of("alice", OF_STREAM).map(|pass| pass.factor),
        Some(0)
    );
    // Long after it lapsed it begins now.
    s.advance(100 * DAY);
    assert_eq!(s.buys("alice", day()), s.now() + DAY);
    s.money_adds_up();
}

#[test]
fn an_order_says_what_it_may_cost_and_must_give() {
    let mut s = Stage::sold();
    let before = s.totals(VLK);
    let refused = [
        (
            order(PassScope::Stream(9), PassPeriod::Day),
            Error::NotOffered,
        ),
        (
            PassOrder {
                level: PassLevel::Vip,
                ..day()
            },
            Error::NotOffered,
        ),
        (
            PassOrder {
                periods: 0,
                ..day()
            },
            Error::PeriodsOutOfRange { max: MAX_PERIODS },
        ),
        (
            PassOrder {
                periods: 13,
                ..day()
            },
            Error::PeriodsOutOfRange { max: 12 },
        ),
        (
            PassOrder {
                asset: NATIVE,
                ..day()
            },
            Error::OtherAsset { asset: VLK },
        ),
        (
            PassOrder {
                periods: 2,
                max_price: 2_000_005,
                ..day()
            },
            Error::AbovePrice { price: 2_000_006 },
        ),
        (
            PassOrder {
                max_factor: HALF - 1,
                ..day()
            },
            Error::AboveFactor { factor: HALF },
        ),
    ];
    for (order, why) in refused {
        assert_eq!(s.refused_order("alice", order), why);
    }
    assert_eq!(s.pass_of("alice", OF_STREAM), None);
    assert_eq!(s.totals(VLK), before);
    let exact = PassOrder {
        periods: 2,
        max_price: 2_000_006,
        max_factor: HALF,
        ..day()
    };
    s.buys("alice", exact);
    s.money_adds_up();
}

#[test]
fn what_the_payment_handler_refuses_leaves_no_pass() {
    let mut s = Stage::sold();
    // Sam has no pool.
    assert_eq!(
        s.refused_order("sam", day()),
        payments(PaymentHandlerError::PoolTooSmall {
            needed: DAY_PRICE,
            free: 0
        })
    );
    let unknown = PassOffer { asset: 9, ..OFFER };
    s.sells("mira", of_creator("mira"), unknown);
    let in_unknown = PassOrder {
        asset: 9,
        ..order(of_creator("mira"), PassPeriod::Day)
    };
    assert_eq!(
        s.refused_order("alice", in_unknown),
        payments(PaymentHandlerError::UnknownAsset)
    );
    let at = s.suite.payments;
    let allowed = |allowed| Change::SetAsset {
        asset: VLK,
        allowed,
    };
    s.changes(at, allowed(false));
    assert_eq!(
        s.refused_order("alice", day()),
        payments(PaymentHandlerError::AssetNotAllowed)
    );
    s.changes(at, allowed(true));
    let until_ms = s.now() + HOUR;
    s.must("owner", s.suite.payments().pause(HOUR));
    assert_eq!(
        s.refused_order("alice", day()),
        payments(PaymentHandlerError::Paused { until_ms })
    );
    s.must("owner", s.suite.payments().unpause());
    for holder in ["alice", "sam"] {
        assert_eq!(s.pass_of(holder, OF_STREAM), None);
    }
    s.buys("alice", day());
    s.money_adds_up();
}

#[test]
fn anyone_renews_what_is_due_from_the_holders_pool() {
    let mut s = Stage::sold();
    let start = s.now();
    s.buys("alice", day());
    assert_eq!(s.refused_renewal(), Error::RenewalNotAllowed);
    let set = s
        .suite
        .passes()
        .set_renewal(OF_STREAM, BASIC, Some(RENEWAL));
    let sent = s.must("alice", set);
    told(
        &sent,
        [RenewalSet {
            holder: account("alice"),
            scope: OF_STREAM,
            level: BASIC,
            old: None,
            new: Some(RENEWAL),
        }
        .into()],
    );

    // Too early, by a millisecond.
    let lapses = start + DAY;
    let not_due = |lapses| Error::NotDue {
        from_ms: lapses - RENEW_AHEAD_MS,
        until_ms: lapses + RENEW_LATE_MS,
    };
    assert_eq!(s.refused_renewal(), not_due(lapses));
    s.advance(DAY - HOUR - 1);
    assert_eq!(s.refused_renewal(), not_due(lapses));
    s.advance(1);
    let renew = || s.suite.passes().renew(account("alice"), OF_STREAM, BASIC);
    let (first, second) = (renew(), renew());
    let sam = s.native("sam");
    let sent = s.must("sam", first);
    assert_eq!(sent.value, lapses + DAY);
    let renewed = |until_ms| PassBought {
        holder: account("alice"),
        scope: OF_STREAM,
        level: BASIC,
        buyer: account("alice"),
        period: PassPeriod::Day,
        periods: 1,
        asset: VLK,
        price: DAY_PRICE,
        fee: 200_000,
        factor: HALF,
        until_ms,
    };
    told(&sent, [renewed(lapses + DAY).into()]);
    assert_eq!(s.free("alice", VLK), DEPOSITED - 2 * DAY_PRICE);
    assert_eq!(s.native("sam"), sam);
    // Not twice.
    assert_eq!(s.refused_renewal(), not_due(lapses + DAY));

    // Three days after it lapsed it begins anew; a millisecond later it would have been too late.
    s.advance(lapses + DAY + RENEW_LATE_MS - s.now());
    let until_ms = s.now() + DAY;
    told(&s.must("sam", second), [renewed(until_ms).into()]);
    s.advance(DAY + RENEW_LATE_MS + 1);
    assert_eq!(s.refused_renewal(), not_due(until_ms));
    // The holder just buys.
    assert_eq!(s.buys("alice", day()), s.now() + DAY);
    assert_eq!(
        s.pass_of("alice", OF_STREAM).and_then(|pass| pass.renewal),
        Some(RENEWAL)
    );
    s.money_adds_up();
}

#[test]
fn a_renewal_costs_and_gives_what_the_holder_allowed_or_is_refused() {
    let mut s = Stage::sold();
    assert_eq!(s.refused_renewal(), Error::PassNotFound);
    let until_ms = s.buys("alice", day());
    s.allows("alice", Some(RENEWAL));
    s.advance(DAY - 1);
    let price = DAY_PRICE + 1;
    let dearer = PassOffer {
        prices: [Some(price), None, None],
        ..OFFER
    };
    s.sells("mira", OF_STREAM, dearer);
    assert_eq!(s.refused_renewal(), Error::AbovePrice { price });
    let factor = HALF + 1;
    s.sells("mira", OF_STREAM, PassOffer { factor, ..OFFER });
    assert_eq!(s.refused_renewal(), Error::AboveFactor { factor });
    let native = PassOffer {
        asset: NATIVE,
        ..OFFER
    };
    s.sells("mira", OF_STREAM, native);
    assert_eq!(s.refused_renewal(), Error::OtherAsset { asset: NATIVE });
    let weeks = PassOffer {
        prices: [None, Some(1), None],
        ..OFFER
    };
    s.sells("mira", OF_STREAM, weeks);
    assert_eq!(s.refused_renewal(), Error::NotOffered);
    s.sells("mira", OF_STREAM, FREE);
    assert_eq!(
        s.refused_renewal(),
        Error::OtherFactor {
            factor: HALF,
            until_ms
        }
    );
    s.sells("mira", OF_STREAM, OFFER);

    // Out of money.
    let left = DAY_PRICE - 1;
    let withdraw = s
        .suite
        .payments()
        .withdraw(VLK, DEPOSITED - DAY_PRICE - left);
    s.must("alice", withdraw);
    assert_eq!(
        s.refused_renewal(),
        payments(PaymentHandlerError::PoolTooSmall {
            needed: DAY_PRICE,
            free: left
        })
    );
    s.is_solvent_to_the_unit();
    // No longer allowed.
    s.allows("alice", None);
    assert_eq!(s.refused_renewal(), Error::RenewalNotAllowed);
    assert_eq!(
        s.pass_of("alice", OF_STREAM),
        Some(Pass {
            until_ms,
            factor: HALF,
            renewal: None
        })
    );
}

#[test]
fn watching_with_a_pass_is_cheaper_until_the_instant_it_lapses() {
    let mut s = Stage::sold();
    let lapses = s.buys("alice", day());
    s.stays_on_air_until(lapses - 100 * SECOND);
    let sent = s.must("alice", s.suite.lifecycle().open(with_pass(STREAM)));
    let opened = &sent.events_of::<SessionOpened>()[0];
    assert_eq!(
        opened.extras,
        Some(OpenedWith {
            step: 0,
            discount: HALF,
            discount_until_ms: lapses,
            preview_ms: 0,
            sponsor: None,
        })
    );
    // Who does not ask for it pays in full.
    s.buys("bob", day());
    s.opens("bob", request());

    // 1,000,007 × 1/2 × 99.999 s = 49,999,849.9965; and a millisecond more: 50,000,350.
    s.advance(99_999);
    assert_eq!(s.owed("alice", 1), 49_999_849);
    s.advance(1);
    assert_eq!(s.owed("alice", 1), 50_000_350);
    assert_eq!(s.owed("bob", 1), 100_000_700);
    // From there on at the full price, also if it is settled at the instant itself, by anybody.
    s.must("sam", s.suite.meter().settle(id("alice", 1)));
    s.advance(1);
    // 1,000.007 more.
    assert_eq!(s.owed("alice", 1), 1_000);
    s.advance(49_999);
    s.must("alice", s.suite.lifecycle().close(1));
    // 50,000,350 and 50 s in full: 50,000,350.
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 100_000_700);
    // It lapsed: none is to be had any more.
    assert_eq!(
        s.refused_opening("alice", with_pass(STREAM)),
        TickStreamError::Pricing(PricingEngineError::NoPass)
    );
    s.must("bob", s.suite.lifecycle().close(1));
    assert_eq!(s.free("bob", NATIVE), DEPOSITED - 150_001_050);
    s.money_adds_up();
}

#[test]
fn settling_often_changes_nothing_across_the_end_of_a_pass() {
    let mut s = Stage::sold();
    let lapses = s.buys("alice", day());
    s.buys("bob", day());
    s.stays_on_air_until(lapses - 10 * SECOND);
    for viewer in ["alice", "bob"] {
        s.opens(viewer, with_pass(STREAM));
    }
    for ms in [1, 2, 3_333, 6_000, 663, 1, 1, 4_999, 5_000] {
        s.advance(ms);
        s.must("sam", s.suite.meter().settle(id("alice", 1)));
    }
    // 10 s at half: 5,000,035; 10 s in full: 10,000,070.
    for viewer in ["alice", "bob"] {
        s.must(viewer, s.suite.lifecycle().close(1));
        assert_eq!(s.free(viewer, NATIVE), DEPOSITED - 15_000_105);
    }
    s.money_adds_up();
}

#[test]
fn watching_is_free_until_the_pass_lapses_and_costs_the_full_price_after() {
    let mut s = Stage::on_air();
    s.sells("mira", OF_STREAM, FREE);
    let lapses = s.buys("alice", day());
    s.buys("bob", day());
    s.stays_on_air_until(lapses - 10 * SECOND);
    s.opens("alice", with_pass(STREAM));
    // A ceiling of nothing: bob never pays.
    let only_free = OpenRequest {
        ceiling: 0,
        ..with_pass(STREAM)
    };
    s.opens("bob", only_free);
    let quote = QuoteRequest {
        viewer: Some((account("alice"), Discount::Pass)),
        ..quoted(STREAM, NATIVE, 20 * SECOND)
    };
    let quote = s.read(s.suite.plans().quote(quote)).expect("can be told");
    assert_eq!((quote.price_per_sec, quote.factors.discount), (0, 0));
    assert_eq!(quote.discount_until_ms, lapses);
    // 10 s for nothing, 10 s at 1,000,007.
    assert_eq!(quote.hold, 10_000_070);

    s.advance(10 * SECOND);
    assert_eq!((s.owed("alice", 1), s.owed("bob", 1)), (0, 0));
    s.advance(SECOND);
    assert_eq!((s.owed("alice", 1), s.owed("bob", 1)), (1_000_007, 0));
    // Bob's is over: anyone closes it.
    s.must("sam", s.suite.lifecycle().close_ended(id("bob", 1)));
    s.advance(9 * SECOND);
    s.must("alice", s.suite.lifecycle().close(1));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 10_000_070);
    assert_eq!(s.free("bob", NATIVE), DEPOSITED);
    s.money_adds_up();
}

#[test]
fn the_best_of_several_passes_counts() {
    let mut s = Stage::sold();
    let creators = of_creator("mira");
    s.sells("mira", creators, FREE);
    let premium = s.suite.passes().set_offer(
        OF_STREAM,
        PassLevel::Premium,
        Some(PassOffer {
            factor: HALF,
            ..OFFER
        }),
    );
    s.must("mira", premium);
    let given = |factor, until_ms| Some(PassDiscount { factor, until_ms });

    let start = s.now();
    s.buys("alice", day());
    assert_eq!(
        s.discount_of("alice", STREAM, "mira"),
        given(HALF, start + DAY)
    );
    // Of equal ones the longest.
    let longer = PassOrder {
        level: PassLevel::Premium,
        periods: 2,
        ..day()
    };
    s.buys("alice", longer);
    assert_eq!(
        s.discount_of("alice", STREAM, "mira"),
        given(HALF, start + 2 * DAY)
    );
    // The lowest, though it is shorter.
    s.buys("alice", order(creators, PassPeriod::Day));
    assert_eq!(
        s.discount_of("alice", STREAM, "mira"),
        given(0, start + DAY)
    );
    s.stays_on_air_until(start + DAY - SECOND);
    let number = s.opens("alice", with_pass(STREAM));
    s.advance(2 * SECOND);
    // A second for nothing, and one in full: what was taken at open counts, not what is left.
    assert_eq!(s.owed("alice", number), 1_000_007);
    s.must("alice", s.suite.lifecycle().close(number));
    assert_eq!(
        s.discount_of("alice", STREAM, "mira"),
        given(HALF, start + 2 * DAY)
    );
    let number = s.opens("alice", with_pass(STREAM));
    s.advance(2 * SECOND);
    // 1,000,007 × 1/2 × 2.
    assert_eq!(s.owed("alice", number), 1_000_007);
    s.must("alice", s.suite.lifecycle().close(number));
    assert_eq!(s.free("alice", NATIVE), DEPOSITED - 2_000_014);
    s.money_adds_up();
}

#[test]
fn a_stream_that_is_handed_over_keeps_its_passes_but_not_its_creators() {
    let mut s = Stage::sold();
    s.sells("mira", of_creator("mira"), FREE);
    let of_stream = s.buys("alice", day());
    s.buys("alice", order(of_creator("mira"), PassPeriod::Day));
    let mira = s.payable("mira", VLK);
    // Two days' prices, less a fifth each.
    assert_eq!(mira, 1_600_006);
    let offer = s
        .suite
        .registry()
        .offer_stream(STREAM, Some(account("noor")));
    s.must("mira", offer);
    s.must("noor", s.suite.registry().accept_stream(STREAM));

    // Who watches with a stream's pass goes on, at what it was sold for.
    let number = s.opens("alice", with_pass(STREAM));
    let session = s.session("alice", number);
    assert_eq!(
        (session.discount, session.discount_until_ms),
        (HALF, of_stream)
    );
    s.must("alice", s.suite.lifecycle().close(number));
    // The offer stands until its new owner changes it, and the money is the new owner's.
    assert_eq!(s.buys("bob", day()), s.now() + DAY);
    assert_eq!(s.payable("noor", VLK), 800_003);
    assert_eq!(s.payable("mira", VLK), mira);
    let set = |offer| s.suite.passes().set_offer(OF_STREAM, BASIC, offer);
    let (by_mira, by_noor) = (set(None), set(None));
    assert_eq!(s.refused("mira", by_mira), Error::NotCreator);
    s.must("noor", by_noor);
    assert_eq!(s.refused_order("bob", day()), Error::NotOffered);
    // Mira's own are good on what she owns now.
    let stream = s.airs("mira", Class::Standard, &[]);
    let number = s.opens("alice", with_pass(stream));
    assert_eq!(s.session("alice", number).discount, 0);
    s.money_adds_up();
}

#[test]
fn spending_limits_bind_passes() {
    let mut s = Stage::sold();
    s.sells("mira", of_creator("mira"), OFFER);
    let limits = |day, category| SpendingLimits {
        day: Some(day),
        categories: vec![(CATEGORY, category)],
        ..SpendingLimits::default()
    };
    // All of it within one day.
    let to_midnight = DAY - s.now() % DAY;
    s.advance(to_midnight + HOUR);
    let set = s
        .suite
        .desk()
        .set_spending_limits(VLK, limits(3 * DAY_PRICE, 2 * DAY_PRICE - 1));
    s.must("alice", set);
    let above = |kind, left| payments(PaymentHandlerError::AboveLimit { kind, left });
    s.buys("alice", day());
    // A stream's pass is of the stream's category. What alice gives counts as hers.
    let gift = |holder: &str| PassOrder {
        holder: Some(account(holder)),
        ..day()
    };
    for order in [day(), gift("bob")] {
        assert_eq!(
            s.refused_order("alice", order),
            above(LimitKind::Category(CATEGORY), DAY_PRICE - 1)
        );
    }
    // A creator's pass is of none: the day's limit alone binds it.
    let of_mira = order(of_creator("mira"), PassPeriod::Day);
    s.buys("alice", of_mira);
    s.buys("alice", of_mira);
    assert_eq!(s.refused_order("alice", of_mira), above(LimitKind::Day, 0));
    // What she is given does not count.
    let until_ms = s.buys("bob", gift("alice"));
    let spending = s.read(s.suite.desk().spending(account("alice"), VLK));
    let spending = spending.expect("can be told");
    assert_eq!(
        (spending.day, spending.month),
        (3 * DAY_PRICE, 3 * DAY_PRICE)
    );
    assert_eq!(spending.categories, [DAY_PRICE]);

    // A renewal counts as the holder's, whoever sends it; what is tighter binds at once.
    s.allows("alice", Some(RENEWAL));
    let set = s
        .suite
        .desk()
        .set_spending_limits(VLK, limits(DAY_PRICE - 1, 2 * DAY_PRICE - 1));
    s.must("alice", set);
    s.advance(until_ms - s.now());
    assert_eq!(s.refused_renewal(), above(LimitKind::Day, DAY_PRICE - 1));
    assert_eq!(s.free("alice", VLK), DEPOSITED - 3 * DAY_PRICE);
    s.money_adds_up();
}

#[test]
fn what_cannot_be_asked_is_an_error_and_nothing_is_sold() {
    let mut s = Stage::sold();
    let registry = s.suite.registry;
    // Nobody answers there.
    s.rewires_office(account("nobody"));
    assert_eq!(s.refused_order("alice", day()), Error::RegistryFailed);
    let set = s.suite.passes().set_offer(OF_STREAM, BASIC, None);
    assert_eq!(s.refused("mira", set), Error::RegistryFailed);
    // A creator's passes need no registry.
    s.sells("mira", of_creator("mira"), FREE);
    s.buys("alice", order(of_creator("mira"), PassPeriod::Day));
    s.rewires_office(registry);
    s.buys("bob", day());

    // An office that the pricing engine cannot ask gives no discount: it is an error, since passes were paid for.
    let pricing = |passes| {
        Change::Wiring(Wiring {
            registry: Some(registry),
            payments: Some(s.suite.payments),
            passes: Some(passes),
            ..Wiring::default()
        })
    };
    let (broken, whole) = (pricing(account("nobody")), pricing(s.suite.passes));
    s.changes(s.suite.pricing, broken);
    assert_eq!(
        s.refused_opening("bob", with_pass(STREAM)),
        TickStreamError::Pricing(PricingEngineError::CallFailed)
    );
    // Who asks for none does not mind.
    let number = s.opens("bob", request());
    s.must("bob", s.suite.lifecycle().close(number));
    s.changes(s.suite.pricing, whole);
    s.opens("bob", with_pass(STREAM));

    // A payment handler that obeys another office.
    let stranger = Wiring {
        passes: Some(account("sam")),
        patronage: Some(s.suite.patronage),
        ..Wiring::default()
    };
    s.changes(s.suite.payments, Change::Wiring(stranger));
    assert_eq!(
        s.refused_order("alice", day()),
        payments(PaymentHandlerError::NotAuthorised)
    );
    // And one that has other code for a moment, and does not know the message.
    let wasm = wasm(&artifacts_dir(), "vlk_permit").expect("is built");
    let other = s.chain.upload(account("owner"), &wasm).expect("uploads");
    s.changes(s.suite.payments, Change::Code(other));
    assert_eq!(s.refused_order("alice", day()), Error::PaymentsFailed);
    assert_eq!(s.pass_of("alice", OF_STREAM), None);
}

#[test]
fn an_office_that_is_not_wired_sells_no_streams_passes() {
    let mut s = Stage::on_air();
    let owner = account("owner");
    let alone = instantiate(
        &mut s.chain,
        &artifacts_dir(),
        "pass_office",
        owner,
        vec![0; 8],
        b"alone",
    );
    let alone = || PassOfficeCalls::from(*alone.as_ref().expect("is made"));
    let set = alone().set_offer(OF_STREAM, BASIC, Some(OFFER));
    assert_eq!(s.refused("mira", set), Error::NotWired);
    let set = alone().set_offer(of_creator("mira"), BASIC, Some(OFFER));
    s.must("mira", set);
    let buy = alone().buy(order(of_creator("mira"), PassPeriod::Day));
    assert_eq!(s.refused("alice", buy), Error::NotWired);
    let renew = alone().renew(account("alice"), OF_STREAM, BASIC);
    assert_eq!(s.refused("sam", renew), Error::NotWired);
}
