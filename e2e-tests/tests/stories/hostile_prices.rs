//! A pricing engine that refuses, traps, babbles, answers too much, burns all gas, or lies: what it is asked for fails and changes nothing, what it
//! lies about is bounded by what the viewer agreed to, and everybody gets out.

use crate::{beset::*, common::*, puppets::*};
use ink::selector_bytes;
use vilokanam_chain::account;
use vilokanam_interfaces::{
    AccountId, Balance, Charged, Class, Offer, PermittedDeposit, PricingEngineError, Share, Terms,
    TickLifecycle, TickStream, TickStreamError as Error, FACTOR_ONE, NATIVE,
};

const CHARGE: [u8; 4] = selector_bytes!("PricingPlans::charge");
const OFFER: [u8; 4] = selector_bytes!("PricingPlans::offer");
/// What is accrued for a base unit.
const UNIT: u128 = 1_000_000_000;

/// The meter asks a puppet for prices.
fn priced_by_a_puppet(s: &mut Stage) -> AccountId {
    let (registry, pricing) = (s.suite.registry, s.suite.pricing);
    let puppet = s.puppet_before("pricing", pricing);
    s.rewires_meter(registry, puppet);
    puppet
}

#[test]
fn prices_that_are_no_answer_fail_whatever_asks_and_nobody_is_kept() {
    let mut s = watched();
    noor_is_ready(&mut s);
    let puppet = priced_by_a_puppet(&mut s);
    // While it is honest nobody can tell.
    assert_eq!(s.owed("alice", 1), 5_000_035);
    let acts = asking(&mut s);
    for (how, mode, ended) in no_answers() {
        s.turns(puppet, mode);
        s.chain_gas(Some(ENOUGH_GAS));
        let expected = match ended {
            Some(name) => Met::Ended(name.into()),
            None => Met::Refused(Error::PricingFailed),
        };
        all_fail(&mut s, &acts, how, &expected);
        s.chain_gas(None);
    }
    // A refusal goes to the caller as it came: typed or, if it is none, unreadable. It is one all the same.
    let refusal = Err::<(), _>(PricingEngineError::StreamNotFound);
    s.turns(puppet, Mode::Refuse(answer(refusal)));
    let refused = Met::Refused(Error::Pricing(PricingEngineError::StreamNotFound));
    all_fail(&mut s, &acts, "refuses", &refused);
    s.turns(puppet, Mode::Say(vec![vec![0, 1, 0xEE, 0xEE]]));
    let unreadable = Met::Ended("UndecodableReply".into());
    all_fail(&mut s, &acts, "refuses in no words", &unreadable);
    s.turns(puppet, Mode::Trap);
    noor_leaves(&mut s);
    all_leave(&mut s);
}

/// What alice's clock has, honestly: 15 s at 1,000,007, of which five are new.
fn honestly(s: &mut Stage) -> Charged {
    let now_ms = s.now();
    Charged {
        accrued: 15 * RATE * UNIT,
        added_ms: 5_000,
        upto_ms: now_ms,
        ended_ms: None,
        price_per_sec: RATE,
        above_ceiling: false,
    }
}

type Lie = (&'static str, fn(Charged, &Stage) -> Charged);

/// Charges that no session can have.
const LIES: [Lie; 11] = [
    ("one millionth above the ceiling", |c, _| Charged {
        accrued: c.accrued + 1_000,
        ..c
    }),
    ("the whole hold", |c, _| Charged {
        accrued: HOLD * UNIT,
        ..c
    }),
    ("all holds of the asset", |c, _| Charged {
        accrued: 3 * HOLD * UNIT,
        ..c
    }),
    ("more than there can be", |c, _| Charged {
        accrued: u128::MAX,
        ..c
    }),
    ("less than was paid", |c, _| Charged { accrued: 0, ..c }),
    ("a bit less than was accrued", |c, _| Charged {
        accrued: 10 * RATE * UNIT - 1,
        ..c
    }),
    ("time that has gone back", |c, _| Charged {
        added_ms: 0,
        upto_ms: c.upto_ms - 5_001,
        ..c
    }),
    ("time to come", |c, _| Charged {
        added_ms: 6_000,
        upto_ms: c.upto_ms + 1_000,
        ..c
    }),
    ("the end of time", |c, _| Charged {
        added_ms: u64::MAX,
        upto_ms: u64::MAX,
        ..c
    }),
    ("time that was not", |c, _| Charged {
        added_ms: 5_001,
        ..c
    }),
    ("no time for money", |c, _| Charged {
        added_ms: 0,
        upto_ms: c.upto_ms - 5_000,
        ..c
    }),
];

#[test]
fn a_charge_that_cannot_be_is_none_and_locks_nothing_up() {
    let mut s = watched();
    let puppet = priced_by_a_puppet(&mut s);
    let acts = asking(&mut s);
    let of_alice = ["settle", "pause", "set_key", "close", "dismiss"];
    let acts: Vec<_> = acts
        .into_iter()
        .filter(|act| of_alice.contains(&act.name))
        .collect();
    assert_eq!(acts.len(), of_alice.len());
    let failed = Met::Refused(Error::PricingFailed);
    let honest = honestly(&mut s);
    for (what, lie) in LIES {
        let charged = lie(honest, &s);
        s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![charged])));
        all_fail(&mut s, &acts, what, &failed);
        let alice = id("alice", 1);
        let owed = s.suite.lifecycle().owed(alice);
        assert_eq!(s.read(owed), Err(Error::PricingFailed), "{what}");
        let left = s.suite.lifecycle().refundable(alice);
        assert_eq!(s.read(left), Err(Error::PricingFailed), "{what}");
    }
    // Nor time that was paused, nor charges of another number.
    s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![honest])));
    let resume = Act::new("sam", "settle", s.suite.meter().settle(id("bob", 2)));
    all_fail(&mut s, &[resume], "bills a pause", &failed);
    for charges in [vec![], vec![honest; 2]] {
        s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(charges)));
        all_fail(&mut s, &acts, "counts wrong", &failed);
    }
    all_leave(&mut s);
}

/// What stream 1 offers, honestly.
fn offered() -> Offer {
    Offer {
        broadcast: 1,
        class: Class::Standard,
        terms_no: 1,
        terms: Terms {
            owner: account("mira"),
            owner_bps: 10_000,
            cohosts: vec![],
        },
        rate_per_sec: RATE,
        factor: FACTOR_ONE,
        plan: 0,
        category: CATEGORY,
        step: 0,
        discount: FACTOR_ONE,
        discount_until_ms: 0,
        preview_ms: 0,
    }
}

#[test]
fn nobody_opens_on_terms_that_cannot_be_split() {
    let mut s = watched();
    noor_is_ready(&mut s);
    let puppet = priced_by_a_puppet(&mut s);
    let deposit = PermittedDeposit {
        amount: ONE,
        permit: None,
    };
    let mut lifecycle = s.suite.lifecycle();
    let in_vlk = lifecycle.deposit_and_open(vlk_request(), deposit);
    let opening = [
        Act::new("noor", "open", lifecycle.open(request())),
        Act::new("noor", "deposit_and_open", in_vlk),
    ];
    let omar = |bps| share("omar", bps);
    let crowd = |bps| ["sam", "owner", "mona"].map(|who| share(who, bps)).to_vec();
    let shares: [Vec<Share>; 4] = [
        vec![omar(10_001)],
        crowd(3_334),
        vec![omar(u16::MAX), omar(2)],
        vec![omar(1); 4],
    ];
    let failed = Met::Refused(Error::PricingFailed);
    for cohosts in shares {
        let mut offer = offered();
        offer.terms.cohosts = cohosts;
        s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
        all_fail(&mut s, &opening, "shares more than there is", &failed);
        let can_open = s.suite.lifecycle().can_open(account("noor"), request());
        assert_eq!(s.read(can_open), Err(Error::PricingFailed));
    }
    // All of it is no more than there is: nothing is left to the owner.
    let mut offer = offered();
    offer.terms.cohosts = crowd(3_333);
    offer.terms.cohosts[0].bps += 1;
    s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
    s.opens("noor", request());
    s.advance(10_000);
    s.turns(puppet, Mode::Honest);
    assert_eq!(s.must("noor", lifecycle.close(1)).value, TEN_SECONDS);
    // Of 9,000,063 a third each, and a ten-thousandth more; rounded down, what is left is the owner's.
    for (cohost, part) in [
        ("sam", 3_000_621),
        ("owner", 2_999_721),
        ("mona", 2_999_721),
    ] {
        assert_eq!(s.payable(cohost, NATIVE), part);
    }
    s.is_solvent_to_the_unit();
}

#[test]
fn prices_that_are_merely_wrong_cost_a_viewer_no_more_than_they_agreed_to() {
    let mut s = watched();
    let puppet = priced_by_a_puppet(&mut s);
    // For nothing, of no class, on a plan that is none, and for ever: such a session is the viewer's own to end.
    let offer = Offer {
        broadcast: u32::MAX,
        class: Class::Tips,
        terms_no: u32::MAX,
        rate_per_sec: Balance::MAX,
        factor: u32::MAX,
        plan: u32::MAX,
        category: u16::MAX,
        step: u8::MAX,
        discount: u32::MAX,
        discount_until_ms: u64::MAX,
        preview_ms: u32::MAX,
        ..offered()
    };
    s.turns_when(puppet, OFFER, says(Ok::<_, ()>(offer)));
    s.deposits("noor");
    s.opens("noor", request());
    s.advance(10_000);
    // Charged to its ceiling, to the millisecond; and told to have ended, when it has not.
    let now_ms = s.now();
    let charged = Charged {
        accrued: 10 * RATE * UNIT,
        added_ms: 10_000,
        upto_ms: now_ms,
        ended_ms: Some(0),
        price_per_sec: 0,
        above_ceiling: true,
    };
    s.turns_when(puppet, CHARGE, says(Ok::<_, ()>(vec![charged])));
    let end = s.suite.lifecycle().close_ended(id("noor", 1));
    assert_eq!(s.must("sam", end).value, TEN_SECONDS);
    assert_eq!(s.free("noor", NATIVE), DEPOSITED - TEN_SECONDS);
    s.is_solvent_to_the_unit();
}
