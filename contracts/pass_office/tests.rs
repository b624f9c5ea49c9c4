//! Unit tests. What calls registry and payments is told as stories on the embedded chain; here is what happens before those calls.

use crate::{
    calls::Wired,
    pass_office::PassOfficeContract,
    rules::{agree, best, due, ensure_offer, payment, Deal, Held, Wish},
};
use ink::{
    env::{
        test::{default_accounts, recorded_events, set_block_timestamp, set_caller},
        DefaultEnvironment as Env,
    },
    scale::Encode,
};
use vilokanam_interfaces::{
    events::pass_office::{PassBought, PassOffered, RenewalSet},
    AccountId, AdminError, Administered, Balance, Change, Class, Millis, Pass, PassDiscount,
    PassLevel, PassOffer, PassOffice, PassOfficeError as Error, PassOrder, PassPeriod, PassScope,
    Payment, Renewal, Share, StreamFacts, StreamId, Terms, Wiring, FACTOR_ONE, MAX_CHANGE_DELAY_MS,
    MAX_PERIODS, MIN_CHANGE_DELAY_MS, RENEW_AHEAD_MS, RENEW_LATE_MS,
};

const NOW: Millis = 1_700_000_000_000;
const DAY: Millis = 86_400_000;
const STREAM: StreamId = 7;
const SCOPE: PassScope = PassScope::Stream(STREAM);
const LEVEL: PassLevel = PassLevel::Premium;
const DAY_PRICE: Balance = 1_000;
const MONTH_PRICE: Balance = 20_000;
const HALF: u32 = FACTOR_ONE / 2;
/// Days and months at half the price of watching.
const OFFER: PassOffer = PassOffer {
    asset: 1,
    prices: [Some(DAY_PRICE), None, Some(MONTH_PRICE)],
    factor: HALF,
};
/// Three days.
const WISH: Wish = Wish {
    period: PassPeriod::Day,
    periods: 3,
    asset: 1,
    max_price: 3 * DAY_PRICE,
    max_factor: HALF,
};
/// A day at a time, as it is sold.
const RENEWAL: Renewal = Renewal {
    period: PassPeriod::Day,
    asset: 1,
    max_price: DAY_PRICE,
    max_factor: HALF,
};

fn alice() -> AccountId {
    default_accounts::<Env>().alice
}

fn bob() -> AccountId {
    default_accounts::<Env>().bob
}

fn creator() -> AccountId {
    default_accounts::<Env>().charlie
}

fn office() -> PassOfficeContract {
    set_block_timestamp::<Env>(NOW);
    set_caller::<Env>(creator());
    PassOfficeContract::new(0).expect("an office")
}

/// An office that sells [`OFFER`], and what it had told by then is skipped.
fn selling() -> (PassOfficeContract, usize) {
    let mut office = office();
    office.sell(creator(), SCOPE, LEVEL, Some(OFFER)).unwrap();
    (office, recorded_events().count())
}

/// The data of the events after the first `skip`.
fn emitted(skip: usize) -> Vec<Vec<u8>> {
    recorded_events()
        .skip(skip)
        .map(|event| event.data)
        .collect()
}

fn until(until_ms: Millis) -> Pass {
    Pass {
        until_ms,
        factor: HALF,
        renewal: None,
    }
}

fn with(factor: u32, until_ms: Millis) -> Pass {
    Pass {
        factor,
        ..until(until_ms)
    }
}

fn order() -> PassOrder {
    PassOrder {
        scope: SCOPE,
        level: LEVEL,
        period: WISH.period,
        periods: WISH.periods,
        asset: WISH.asset,
        max_price: WISH.max_price,
        max_factor: WISH.max_factor,
        holder: None,
    }
}

// Construction and administration.

#[ink::test]
fn new_works() {
    let office = office();
    let administration = office.administration();
    assert_eq!(administration.owner, creator());
    assert_eq!(administration.layout_version, 1);
    assert_eq!(administration.wiring, Wiring::default());
    assert_eq!(administration.second_code, None);
    assert_eq!(office.offer(SCOPE, LEVEL), None);
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), None);
    assert_eq!(office.discount(alice(), STREAM, creator()), None);
}

#[ink::test]
fn new_fails_when_delay_is_out_of_range() {
    for delay in [1, MIN_CHANGE_DELAY_MS - 1, MAX_CHANGE_DELAY_MS + 1] {
        assert_eq!(
            PassOfficeContract::new(delay).err(),
            Some(AdminError::DelayOutOfRange {
                min_ms: MIN_CHANGE_DELAY_MS,
                max_ms: MAX_CHANGE_DELAY_MS
            })
        );
    }
}

#[ink::test]
fn wire_takes_registry_and_payments_and_later_the_registry_alone() {
    let mut office = office();
    let full = Wiring {
        registry: Some(alice()),
        payments: Some(bob()),
        ..Wiring::default()
    };
    let registry = Wiring {
        registry: Some(bob()),
        ..Wiring::default()
    };
    let mismatch = Err(AdminError::WiringMismatch);
    assert_eq!(office.wire(registry), mismatch);
    assert_eq!(
        office.wire(Wiring {
            meter: Some(bob()),
            ..full
        }),
        mismatch
    );
    assert_eq!(office.wire(full), Ok(()));
    assert_eq!(office.administration().wiring, full);
    assert_eq!(office.wire(full), Err(AdminError::AlreadyWired));
    assert_eq!(
        office.announce(Change::Wiring(full)),
        Err(AdminError::WiringMismatch)
    );
    assert_eq!(office.announce(Change::Wiring(registry)), Ok(1));
    assert_eq!(office.apply(1), Ok(()));
    assert_eq!(
        office.administration().wiring,
        Wiring {
            registry: Some(bob()),
            ..full
        }
    );
    assert_eq!(
        office.announce(Change::SecondCode([1; 32].into())),
        Err(AdminError::UnsupportedChange)
    );
}

#[ink::test]
fn administration_fails_when_caller_is_not_owner() {
    let mut office = office();
    set_caller::<Env>(bob());
    let denied = Err(AdminError::NotOwner);
    assert_eq!(office.announce(Change::Delay(0)), Err(AdminError::NotOwner));
    assert_eq!(office.cancel(1), denied);
    assert_eq!(office.apply(1), denied);
    assert_eq!(office.wire(Wiring::default()), denied);
    assert_eq!(office.propose_owner(None), denied);
    assert_eq!(office.accept_owner(), Err(AdminError::NotProposedOwner));
}

#[ink::test]
fn messages_that_call_fail_when_not_wired() {
    let (mut office, skip) = selling();
    let offered = office.set_offer(SCOPE, LEVEL, Some(OFFER));
    assert_eq!(offered, Err(Error::NotWired));
    assert_eq!(office.buy(order()), Err(Error::NotWired));
    assert_eq!(office.renew(alice(), SCOPE, LEVEL), Err(Error::NotWired));
    for wiring in [
        Wiring::default(),
        Wiring {
            registry: Some(alice()),
            ..Wiring::default()
        },
        Wiring {
            payments: Some(alice()),
            ..Wiring::default()
        },
    ] {
        assert_eq!(Wired::new(wiring), Err(Error::NotWired));
    }
    assert_eq!(emitted(skip), [] as [Vec<u8>; 0]);
}

// Offers.

#[ink::test]
fn set_offer_works_for_a_creator_without_wiring() {
    let mut office = office();
    let scope = PassScope::Creator(creator());
    let dearer = PassOffer {
        prices: [None, Some(5), None],
        factor: 0,
        ..OFFER
    };
    assert_eq!(office.set_offer(scope, LEVEL, Some(OFFER)), Ok(()));
    assert_eq!(office.offer(scope, LEVEL), Some(OFFER));
    assert_eq!(office.set_offer(scope, LEVEL, Some(dearer)), Ok(()));
    assert_eq!(office.offer(scope, LEVEL), Some(dearer));
    assert_eq!(office.offer(scope, PassLevel::Vip), None);
    assert_eq!(office.offer(PassScope::Creator(alice()), LEVEL), None);
    assert_eq!(office.set_offer(scope, LEVEL, None), Ok(()));
    assert_eq!(office.offer(scope, LEVEL), None);
    assert_eq!(office.set_offer(scope, LEVEL, None), Ok(()));
    let told = |old, new| {
        PassOffered {
            scope,
            level: LEVEL,
            old,
            new,
        }
        .encode()
    };
    assert_eq!(
        emitted(0),
        [
            told(None, Some(OFFER)),
            told(Some(OFFER), Some(dearer)),
            told(Some(dearer), None),
            told(None, None),
        ]
    );
}

#[ink::test]
fn set_offer_fails_when_caller_is_not_the_creator() {
    let (mut office, skip) = selling();
    set_caller::<Env>(alice());
    // First, whatever the offer is.
    let free = PassOffer {
        factor: FACTOR_ONE,
        ..OFFER
    };
    for offer in [None, Some(OFFER), Some(free)] {
        assert_eq!(
            office.set_offer(PassScope::Creator(creator()), LEVEL, offer),
            Err(Error::NotCreator)
        );
        // As of a stream whose facts name charlie.
        assert_eq!(
            office.sell(creator(), SCOPE, LEVEL, offer),
            Err(Error::NotCreator)
        );
    }
    assert_eq!(office.offer(SCOPE, LEVEL), Some(OFFER));
    assert_eq!(emitted(skip), [] as [Vec<u8>; 0]);
}

#[ink::test]
fn set_offer_fails_when_the_factor_is_out_of_range() {
    let mut office = office();
    let scope = PassScope::Creator(creator());
    for factor in [FACTOR_ONE, u32::MAX] {
        let offer = PassOffer {
            factor,
            // Comes first.
            prices: [None; 3],
            ..OFFER
        };
        assert_eq!(
            office.set_offer(scope, LEVEL, Some(offer)),
            Err(Error::FactorOutOfRange)
        );
    }
    for factor in [0, FACTOR_ONE - 1] {
        assert_eq!(ensure_offer(&PassOffer { factor, ..OFFER }), Ok(()));
    }
    assert_eq!(office.offer(scope, LEVEL), None);
}

#[ink::test]
fn set_offer_fails_when_a_price_is_invalid() {
    let mut office = office();
    let scope = PassScope::Creator(creator());
    for prices in [
        [None; 3],
        [Some(0), None, None],
        [Some(1), Some(2), Some(0)],
        [None, Some(0), Some(1)],
    ] {
        let offer = PassOffer { prices, ..OFFER };
        assert_eq!(
            office.set_offer(scope, LEVEL, Some(offer)),
            Err(Error::InvalidPrice)
        );
    }
    assert_eq!(office.offer(scope, LEVEL), None);
    assert_eq!(emitted(0), [] as [Vec<u8>; 0]);
}

// Buying.

#[test]
fn agree_works_for_a_first_pass() {
    assert_eq!(
        agree(Some(OFFER), None, &WISH, NOW),
        Ok(Deal {
            price: 3_000,
            pass: until(NOW + 3 * DAY)
        })
    );
    let month = Wish {
        period: PassPeriod::Month,
        periods: MAX_PERIODS,
        max_price: Balance::MAX,
        max_factor: u32::MAX,
        ..WISH
    };
    assert_eq!(
        agree(Some(OFFER), None, &month, NOW),
        Ok(Deal {
            price: 240_000,
            pass: until(NOW + 360 * DAY)
        })
    );
    let week = PassOffer {
        prices: [None, Some(1), None],
        ..OFFER
    };
    let wish = Wish {
        period: PassPeriod::Week,
        periods: 1,
        ..WISH
    };
    assert_eq!(
        agree(Some(week), None, &wish, NOW),
        Ok(Deal {
            price: 1,
            pass: until(NOW + 7 * DAY)
        })
    );
}

#[test]
fn agree_lengthens_what_is_valid_and_begins_anew_what_lapsed() {
    let renewal = Some(RENEWAL);
    let held = |until_ms| Pass {
        renewal,
        ..until(until_ms)
    };
    let bought = |before| agree(Some(OFFER), Some(before), &WISH, NOW).map(|deal| deal.pass);
    assert_eq!(bought(held(NOW + 5)), Ok(held(NOW + 5 + 3 * DAY)));
    assert_eq!(bought(held(NOW + 1)), Ok(held(NOW + 1 + 3 * DAY)));
    // Not valid at the instant itself.
    assert_eq!(bought(held(NOW)), Ok(held(NOW + 3 * DAY)));
    assert_eq!(bought(held(NOW - DAY)), Ok(held(NOW + 3 * DAY)));
    // What lapsed may have had any factor.
    assert_eq!(bought(with(1, NOW)), Ok(until(NOW + 3 * DAY)));
}

#[test]
fn agree_fails_when_not_offered() {
    assert_eq!(agree(None, None, &WISH, NOW), Err(Error::NotOffered));
    // No weeks; and that comes before the number of periods.
    let week = Wish {
        period: PassPeriod::Week,
        periods: 0,
        ..WISH
    };
    assert_eq!(agree(Some(OFFER), None, &week, NOW), Err(Error::NotOffered));
}

#[test]
fn agree_fails_when_periods_are_out_of_range() {
    for periods in [0, MAX_PERIODS + 1, u32::MAX] {
        let wish = Wish {
            periods,
            asset: 2,
            ..WISH
        };
        assert_eq!(
            agree(Some(OFFER), None, &wish, NOW),
            Err(Error::PeriodsOutOfRange { max: 12 })
        );
    }
}

#[test]
fn agree_fails_when_it_is_sold_in_another_asset() {
    let wish = Wish {
        asset: 2,
        max_price: 0,
        ..WISH
    };
    assert_eq!(
        agree(Some(OFFER), None, &wish, NOW),
        Err(Error::OtherAsset { asset: 1 })
    );
}

#[test]
fn agree_fails_above_the_price() {
    let wish = Wish {
        max_price: 2_999,
        max_factor: 0,
        ..WISH
    };
    assert_eq!(
        agree(Some(OFFER), None, &wish, NOW),
        Err(Error::AbovePrice { price: 3_000 })
    );
}

#[test]
fn agree_fails_above_the_factor() {
    let wish = Wish {
        max_factor: HALF - 1,
        ..WISH
    };
    // Also before the factor of what is held.
    assert_eq!(
        agree(Some(OFFER), Some(with(1, NOW + 1)), &wish, NOW),
        Err(Error::AboveFactor { factor: HALF })
    );
}

#[test]
fn agree_fails_when_a_valid_pass_has_another_factor() {
    // A better or a worse one, to the last instant.
    for factor in [HALF - 1, HALF + 1, 0] {
        assert_eq!(
            agree(Some(OFFER), Some(with(factor, NOW + 1)), &WISH, NOW),
            Err(Error::OtherFactor {
                factor,
                until_ms: NOW + 1
            })
        );
        assert!(agree(Some(OFFER), Some(with(factor, NOW)), &WISH, NOW).is_ok());
    }
}

#[test]
fn agree_fails_on_overflow() {
    let dear = PassOffer {
        prices: [Some(Balance::MAX / 2), None, None],
        ..OFFER
    };
    let any = Wish {
        max_price: Balance::MAX,
        ..WISH
    };
    assert_eq!(agree(Some(dear), None, &any, NOW), Err(Error::Overflow));
    let twice = Wish { periods: 2, ..any };
    assert!(agree(Some(dear), None, &twice, NOW).is_ok());
    let held = Some(until(Millis::MAX - 3 * DAY + 1));
    assert_eq!(agree(Some(OFFER), held, &WISH, NOW), Err(Error::Overflow));
    let held = Some(until(Millis::MAX - 3 * DAY));
    assert_eq!(
        agree(Some(OFFER), held, &WISH, NOW).map(|deal| deal.pass),
        Ok(until(Millis::MAX))
    );
}

#[test]
fn several_periods_at_once_are_as_many_one_after_the_other() {
    // 12 months by hand: 12 × 20,000 and 360 days; and every number of periods, from every state.
    for period in [PassPeriod::Day, PassPeriod::Month] {
        for before in [
            None,
            Some(until(NOW - 1)),
            Some(until(NOW)),
            Some(until(NOW + 7)),
        ] {
            let (mut pass, mut paid) = (before, 0);
            for periods in 1..=MAX_PERIODS {
                let wish = |periods| Wish {
                    period,
                    periods,
                    max_price: Balance::MAX,
                    ..WISH
                };
                let at_once = agree(Some(OFFER), before, &wish(periods), NOW).unwrap();
                let one = agree(Some(OFFER), pass, &wish(1), NOW).unwrap();
                paid += one.price;
                pass = Some(one.pass);
                assert_eq!((at_once.price, Some(at_once.pass)), (paid, pass));
            }
            let from_ms = before.map_or(NOW, |pass| pass.until_ms.max(NOW));
            let (days, price) = match period {
                PassPeriod::Day => (12, 12_000),
                _ => (360, 240_000),
            };
            assert_eq!(pass, Some(until(from_ms + days * DAY)));
            assert_eq!(paid, price);
        }
    }
}

#[ink::test]
fn take_gives_the_pass_before_it_is_paid_and_says_nothing_yet() {
    let (mut office, skip) = selling();
    let bought = office.take(alice(), (SCOPE, LEVEL), bob(), &Wish::from(order()));
    assert_eq!(
        bought,
        Ok(PassBought {
            holder: alice(),
            scope: SCOPE,
            level: LEVEL,
            buyer: bob(),
            period: PassPeriod::Day,
            periods: 3,
            asset: 1,
            price: 3_000,
            fee: 0,
            factor: HALF,
            until_ms: NOW + 3 * DAY,
        })
    );
    assert_eq!(
        office.pass(alice(), SCOPE, LEVEL),
        Some(until(NOW + 3 * DAY))
    );
    assert_eq!(office.pass(bob(), SCOPE, LEVEL), None);
    assert_eq!(office.pass(alice(), SCOPE, PassLevel::Basic), None);
    assert_eq!(
        office.pass(alice(), PassScope::Creator(creator()), LEVEL),
        None
    );
    assert_eq!(emitted(skip), [] as [Vec<u8>; 0]);
}

#[ink::test]
fn take_leaves_everything_when_refused() {
    let (mut office, _) = selling();
    let asked = (SCOPE, PassLevel::Vip);
    assert_eq!(
        office.take(alice(), asked, alice(), &WISH),
        Err(Error::NotOffered)
    );
    let dear = Wish {
        max_price: 0,
        ..WISH
    };
    assert_eq!(
        office.take(alice(), (SCOPE, LEVEL), alice(), &dear),
        Err(Error::AbovePrice { price: 3_000 })
    );
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), None);
}

#[ink::test]
fn passes_outlive_the_offer() {
    let (mut office, _) = selling();
    office
        .take(alice(), (SCOPE, LEVEL), alice(), &WISH)
        .unwrap();
    office.sell(creator(), SCOPE, LEVEL, None).unwrap();
    let left = Some(until(NOW + 3 * DAY));
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), left);
    assert_eq!(
        office.take(alice(), (SCOPE, LEVEL), alice(), &WISH),
        Err(Error::NotOffered)
    );
    assert!(office.discount(alice(), STREAM, bob()).is_some());
}

// Money.

fn bought(scope: PassScope) -> PassBought {
    PassBought {
        holder: alice(),
        scope,
        level: LEVEL,
        buyer: bob(),
        period: PassPeriod::Day,
        periods: 3,
        asset: 1,
        price: 3_000,
        fee: 0,
        factor: HALF,
        until_ms: NOW,
    }
}

fn facts() -> StreamFacts {
    StreamFacts {
        class: Class::Premium,
        category: 9,
        terms_no: 4,
        terms: Terms {
            owner: creator(),
            owner_bps: 7_000,
            cohosts: vec![Share {
                account: alice(),
                bps: 3_000,
            }],
        },
        suspended: false,
        broadcast_no: 0,
        end_ms: 0,
    }
}

#[ink::test]
fn payment_goes_to_the_payees_of_the_newest_terms_whatever_the_class() {
    assert_eq!(
        payment(&bought(SCOPE), Some(facts())),
        Ok(Payment {
            payer: bob(),
            asset: 1,
            amount: 3_000,
            class: Class::Subscription,
            category: Some(9),
            owner: creator(),
            cohosts: facts().terms.cohosts,
        })
    );
}

#[ink::test]
fn payment_for_a_creator_is_the_creators_alone() {
    let expected = Ok(Payment {
        payer: bob(),
        asset: 1,
        amount: 3_000,
        class: Class::Subscription,
        category: None,
        owner: creator(),
        cohosts: vec![],
    });
    let scope = PassScope::Creator(creator());
    assert_eq!(payment(&bought(scope), None), expected);
}

#[ink::test]
fn payment_fails_without_the_stream() {
    assert_eq!(payment(&bought(SCOPE), None), Err(Error::StreamNotFound));
}

// Renewals.

#[ink::test]
fn set_renewal_works() {
    let (mut office, skip) = selling();
    office
        .take(alice(), (SCOPE, LEVEL), alice(), &WISH)
        .unwrap();
    set_caller::<Env>(alice());
    assert_eq!(office.set_renewal(SCOPE, LEVEL, Some(RENEWAL)), Ok(()));
    let pass = until(NOW + 3 * DAY);
    let allowed = Pass {
        renewal: Some(RENEWAL),
        ..pass
    };
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), Some(allowed));
    assert_eq!(office.set_renewal(SCOPE, LEVEL, None), Ok(()));
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), Some(pass));
    let told = |old, new| {
        RenewalSet {
            holder: alice(),
            scope: SCOPE,
            level: LEVEL,
            old,
            new,
        }
        .encode()
    };
    assert_eq!(
        emitted(skip),
        [told(None, Some(RENEWAL)), told(Some(RENEWAL), None)]
    );
}

#[ink::test]
fn set_renewal_fails_without_a_pass() {
    let (mut office, skip) = selling();
    office
        .take(alice(), (SCOPE, LEVEL), alice(), &WISH)
        .unwrap();
    let not_found = Err(Error::PassNotFound);
    set_caller::<Env>(alice());
    for (scope, level) in [
        (SCOPE, PassLevel::Basic),
        (PassScope::Stream(STREAM + 1), LEVEL),
        (PassScope::Creator(creator()), LEVEL),
    ] {
        assert_eq!(office.set_renewal(scope, level, Some(RENEWAL)), not_found);
    }
    // Nobody sets another's.
    set_caller::<Env>(bob());
    assert_eq!(office.set_renewal(SCOPE, LEVEL, Some(RENEWAL)), not_found);
    assert_eq!(emitted(skip), [] as [Vec<u8>; 0]);
}

/// An office that sold alice a pass until `until_ms`, which may be renewed.
fn renewable(until_ms: Millis) -> PassOfficeContract {
    let (mut office, _) = selling();
    let day = Wish { periods: 1, ..WISH };
    set_block_timestamp::<Env>(until_ms - DAY);
    office.take(alice(), (SCOPE, LEVEL), alice(), &day).unwrap();
    set_caller::<Env>(alice());
    office.set_renewal(SCOPE, LEVEL, Some(RENEWAL)).unwrap();
    set_caller::<Env>(bob());
    office
}

#[ink::test]
fn renewal_extends_what_is_valid_and_is_paid_by_the_holder() {
    let mut office = renewable(NOW);
    set_block_timestamp::<Env>(NOW - RENEW_AHEAD_MS);
    let renewed = office.take_renewal(alice(), SCOPE, LEVEL).unwrap();
    assert_eq!(renewed.buyer, alice());
    assert_eq!((renewed.periods, renewed.price), (1, DAY_PRICE));
    assert_eq!(renewed.until_ms, NOW + DAY);
    assert_eq!(
        office.pass(alice(), SCOPE, LEVEL),
        Some(Pass {
            renewal: Some(RENEWAL),
            ..until(NOW + DAY)
        })
    );
    // Not twice.
    assert_eq!(
        office.take_renewal(alice(), SCOPE, LEVEL),
        Err(Error::NotDue {
            from_ms: NOW + DAY - RENEW_AHEAD_MS,
            until_ms: NOW + DAY + RENEW_LATE_MS
        })
    );
}

#[ink::test]
fn renewal_of_what_lapsed_begins_now() {
    let mut office = renewable(NOW);
    set_block_timestamp::<Env>(NOW + RENEW_LATE_MS);
    let renewed = office.take_renewal(alice(), SCOPE, LEVEL).unwrap();
    assert_eq!(renewed.until_ms, NOW + RENEW_LATE_MS + DAY);
}

#[ink::test]
fn renewal_fails_when_it_is_not_due() {
    let mut office = renewable(NOW);
    let not_due = Err(Error::NotDue {
        from_ms: NOW - 3_600_000,
        until_ms: NOW + 259_200_000,
    });
    set_block_timestamp::<Env>(NOW - RENEW_AHEAD_MS - 1);
    assert_eq!(office.take_renewal(alice(), SCOPE, LEVEL), not_due);
    set_block_timestamp::<Env>(NOW + RENEW_LATE_MS + 1);
    assert_eq!(office.take_renewal(alice(), SCOPE, LEVEL), not_due);
}

#[test]
fn renewal_fails_without_a_pass_or_leave() {
    assert_eq!(due(None, NOW), Err(Error::PassNotFound));
    // Before it is asked whether it is due.
    assert_eq!(due(Some(until(1)), NOW), Err(Error::RenewalNotAllowed));
    let at_the_end = Pass {
        renewal: Some(RENEWAL),
        ..until(Millis::MAX)
    };
    assert_eq!(due(Some(at_the_end), Millis::MAX), Ok(RENEWAL));
}

#[ink::test]
fn renewal_fails_as_buying_does_when_the_offer_changed() {
    let mut office = renewable(NOW);
    set_block_timestamp::<Env>(NOW - 1);
    let mut refused = |offer| {
        set_caller::<Env>(creator());
        office.sell(creator(), SCOPE, LEVEL, offer).unwrap();
        set_caller::<Env>(bob());
        office.take_renewal(alice(), SCOPE, LEVEL).unwrap_err()
    };
    assert_eq!(refused(None), Error::NotOffered);
    let weeks = PassOffer {
        prices: [None, Some(1), None],
        ..OFFER
    };
    assert_eq!(refused(Some(weeks)), Error::NotOffered);
    let elsewhere = PassOffer { asset: 0, ..OFFER };
    assert_eq!(refused(Some(elsewhere)), Error::OtherAsset { asset: 0 });
    let price = DAY_PRICE + 1;
    let dearer = PassOffer {
        prices: [Some(price); 3],
        ..OFFER
    };
    assert_eq!(refused(Some(dearer)), Error::AbovePrice { price });
    let factor = HALF + 1;
    let worse = PassOffer { factor, ..OFFER };
    assert_eq!(refused(Some(worse)), Error::AboveFactor { factor });
    let better = PassOffer { factor: 0, ..OFFER };
    assert_eq!(
        refused(Some(better)),
        Error::OtherFactor {
            factor: HALF,
            until_ms: NOW
        }
    );
    // Which counts for those that are valid only.
    set_block_timestamp::<Env>(NOW);
    let renewed = office.take_renewal(alice(), SCOPE, LEVEL).unwrap();
    assert_eq!((renewed.factor, renewed.until_ms), (0, NOW + DAY));
}

#[ink::test]
fn a_gift_leaves_the_renewal_as_the_holder_set_it() {
    let mut office = renewable(NOW);
    set_block_timestamp::<Env>(NOW - 1);
    office.take(alice(), (SCOPE, LEVEL), bob(), &WISH).unwrap();
    let lengthened = Pass {
        renewal: Some(RENEWAL),
        ..until(NOW + 3 * DAY)
    };
    assert_eq!(office.pass(alice(), SCOPE, LEVEL), Some(lengthened));
}

// Discounts.

#[test]
fn best_is_the_lowest_factor_and_of_equal_ones_the_longest() {
    let best_of = |passes: [Option<Pass>; 6]| {
        let [a, b, c, d, e, f] = passes;
        best([Held([a, b, c]), Held([d, e, f])], NOW).map(|best| (best.factor, best.until_ms))
    };
    assert_eq!(best_of([None; 6]), None);
    let (long, short) = (NOW + 9, NOW + 1);
    let mut passes = [
        Some(with(5, long)),
        Some(with(3, short)),
        None,
        Some(with(3, long)),
        Some(with(4, long)),
        // Free, but over.
        Some(with(0, NOW)),
    ];
    assert_eq!(best_of(passes), Some((3, long)));
    passes.reverse();
    assert_eq!(best_of(passes), Some((3, long)));
    passes[0] = Some(with(0, short));
    assert_eq!(best_of(passes), Some((0, short)));
    assert_eq!(best_of([Some(with(0, NOW)); 6]), None);
}

#[ink::test]
fn discount_looks_at_the_stream_and_at_who_owns_it() {
    let mut office = office();
    let of_creator = PassScope::Creator(creator());
    let free = PassOffer { factor: 0, ..OFFER };
    office.sell(creator(), SCOPE, LEVEL, Some(OFFER)).unwrap();
    office
        .sell(creator(), of_creator, PassLevel::Vip, Some(free))
        .unwrap();
    let half = office
        .take(alice(), (SCOPE, LEVEL), alice(), &WISH)
        .unwrap();
    let one_day = Wish { periods: 1, ..WISH };
    let all = office
        .take(alice(), (of_creator, PassLevel::Vip), alice(), &one_day)
        .unwrap();
    let given = |factor, until_ms| Some(PassDiscount { factor, until_ms });
    let discount = |viewer, stream, owner| office.discount(viewer, stream, owner);
    assert_eq!(discount(alice(), STREAM, creator()), given(0, all.until_ms));
    // The stream was handed over; another stream of charlie's; neither.
    assert_eq!(discount(alice(), STREAM, bob()), given(HALF, half.until_ms));
    assert_eq!(
        discount(alice(), STREAM + 1, creator()),
        given(0, all.until_ms)
    );
    assert_eq!(discount(alice(), STREAM + 1, bob()), None);
    assert_eq!(discount(bob(), STREAM, creator()), None);
    // Until the instant at which it lapses.
    set_block_timestamp::<Env>(all.until_ms - 1);
    assert_eq!(
        office.discount(alice(), STREAM, creator()),
        given(0, all.until_ms)
    );
    set_block_timestamp::<Env>(all.until_ms);
    assert_eq!(
        office.discount(alice(), STREAM, creator()),
        given(HALF, half.until_ms)
    );
    set_block_timestamp::<Env>(half.until_ms);
    assert_eq!(office.discount(alice(), STREAM, creator()), None);
}

#[test]
fn held_keeps_levels_apart() {
    let levels = [PassLevel::Basic, PassLevel::Premium, PassLevel::Vip];
    for level in levels {
        let mut held = Held::default();
        held.put(level, until(5));
        for other in levels {
            assert_eq!(held.at(other), (other == level).then_some(until(5)));
        }
    }
}
