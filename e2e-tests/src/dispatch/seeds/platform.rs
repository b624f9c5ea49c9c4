//! What creators, patrons, gateways, moderators and the owner do.

use super::{after, ALICE, BOB, CAROL, DAVE, ERIN, MODERATOR, OWNER, SIGNER, STRANGER};
use crate::dispatch::{
    case::Step,
    setting::{CID, HOLD, PERMIT, RATE},
    world::World,
};
use psp22::{PSP22Burnable, PSP22};
use vilokanam_chain::{account, administered, psp22_burnable, START_MS, VLK};
use vilokanam_interfaces::{
    AccountId, Administered, AssetRate, Change, Class, Directory, Discount, FeeSchedule, Hash,
    Moderation, OpenRequest, PassLevel, PassOffer, PassOffice, PassOrder, PassPeriod, PassScope,
    Patronage, PaymentHandler, PlanKind, PricingEngine, PricingPlans, QuoteRequest, Renewal,
    Scheduled, SessionId, Share, Sponsorship, StreamRegistry, TickLifecycle, VlkPermit, FACTOR_ONE,
    NATIVE,
};

const DAY: u64 = 86_400_000;

/// Streams and their terms.
pub fn streams(world: &World) -> Vec<Vec<Step>> {
    let suite = world.suite;
    let share = |name: &str, bps| Share {
        account: account(name),
        bps,
    };
    let rates = |rate_per_sec| {
        [NATIVE, VLK]
            .map(|asset| AssetRate {
                asset,
                rate_per_sec,
            })
            .to_vec()
    };
    let register = suite.registry().register(
        CID.into(),
        Class::Premium,
        7,
        5_000,
        vec![share("bob", 5_000)],
    );
    let asked = QuoteRequest {
        stream: 1,
        asset: NATIVE,
        duration_ms: 60_000,
        audience: 0,
        viewer: Some((account("erin"), Discount::Pass)),
    };
    vec![
        vec![
            world.step(DAVE, register),
            world.step(
                DAVE,
                suite.registry().update(4, CID.into(), Class::Standard, 9),
            ),
            world.step(DAVE, suite.registry().set_terms(4, 10_000, Vec::new())),
            world.step(DAVE, suite.pricing().set_rates(4, rates(RATE))),
            world.step(DAVE, suite.registry().go_live(4, 600_000)),
            after(world.step(DAVE, suite.registry().heartbeat(4)), 7),
            after(
                world.step(DAVE, suite.pricing().set_rates(4, rates(RATE * 2))),
                7,
            ),
            after(world.step(DAVE, suite.registry().heartbeat(4)), 9),
        ],
        vec![
            world.step(
                ALICE,
                suite.registry().offer_stream(1, Some(account("dave"))),
            ),
            world.step(DAVE, suite.registry().accept_stream(1)),
            world.step(DAVE, suite.registry().end_broadcast(1)),
            world.step(DAVE, suite.registry().unlist(1)),
            world.step(DAVE, suite.registry().set_operators(1, Vec::new())),
        ],
        vec![
            world.step(MODERATOR, suite.registry().suspend(1, "so".into())),
            world.step(MODERATOR, suite.registry().reinstate(1, "not so".into())),
            world.step(ALICE, suite.registry().go_live(1, DAY)),
            world.step(ALICE, suite.plans().set_plan(1, PlanKind::Flat)),
            world.step(CAROL, suite.plans().quote(asked)),
        ],
    ]
}

/// What is on top of streams.
pub fn platform(world: &World) -> Vec<Vec<Step>> {
    let suite = world.suite;
    let scope = PassScope::Stream(1);
    let order = |level| PassOrder {
        scope,
        level,
        period: PassPeriod::Week,
        periods: 2,
        asset: NATIVE,
        max_price: u128::MAX,
        max_factor: FACTOR_ONE,
        holder: None,
    };
    let offer = PassOffer {
        asset: VLK,
        prices: [Some(RATE), Some(RATE), Some(RATE)],
        factor: 0,
    };
    let vip = PassOrder {
        asset: VLK,
        ..order(PassLevel::Vip)
    };
    let renewal = Renewal {
        period: PassPeriod::Month,
        asset: VLK,
        max_price: RATE,
        max_factor: FACTOR_ONE,
    };
    let terms = Sponsorship {
        max_hold: HOLD,
        max_ceiling: RATE * 4,
        until_ms: START_MS + DAY,
    };
    let request = crate::dispatch::setting::request;
    let sponsored = OpenRequest {
        sponsor: Some(account("bob")),
        ..request(1, NATIVE)
    };
    let with_pass = OpenRequest {
        discount: Discount::Pass,
        until_ms: Some(START_MS + DAY),
        ..request(1, VLK)
    };
    let scheduled = Scheduled {
        start_ms: START_MS + 2 * DAY,
        end_ms: START_MS + 3 * DAY,
        cid: CID.into(),
    };
    let origin = Hash::from([255; 32]);
    let carols = SessionId {
        viewer: account("carol"),
        number: 1,
    };
    let sponsor = account("stranger");
    let would_sponsor =
        suite
            .patronage()
            .would_sponsor(sponsor, account("alice"), 2, NATIVE, HOLD, RATE * 4);
    let can_open = suite
        .lifecycle()
        .can_open(account("alice"), request(3, NATIVE));
    let ghost = account("ghost");
    vec![
        vec![
            world.step(DAVE, suite.passes().buy(order(PassLevel::Premium))),
            world.step(
                ALICE,
                suite.passes().set_offer(scope, PassLevel::Vip, Some(offer)),
            ),
            world.step(CAROL, suite.passes().buy(vip)),
            world.step(
                CAROL,
                suite
                    .passes()
                    .set_renewal(scope, PassLevel::Vip, Some(renewal)),
            ),
            after(
                world.step(
                    STRANGER,
                    suite
                        .passes()
                        .renew(account("carol"), scope, PassLevel::Vip),
                ),
                12,
            ),
            world.step(CAROL, suite.lifecycle().open(with_pass)),
        ],
        vec![
            world.step(STRANGER, would_sponsor),
            world.step(STRANGER, suite.lifecycle().owed(carols)),
            world.step(STRANGER, suite.lifecycle().refundable(carols)),
            world.step(STRANGER, suite.lifecycle().runs_out_at(carols)),
            world.step(STRANGER, can_open),
        ],
        vec![
            world.step(BOB, suite.patronage().sponsor(1, NATIVE, HOLD * 4, terms)),
            world.step(CAROL, suite.lifecycle().open(sponsored)),
            after(
                world.step(BOB, suite.patronage().withdraw_budget(1, NATIVE, HOLD)),
                8,
            ),
            world.step(CAROL, suite.lifecycle().close(3)),
        ],
        vec![
            world.step(
                BOB,
                suite
                    .patronage()
                    .make_goal(2, VLK, RATE, START_MS + DAY, origin),
            ),
            world.step(CAROL, suite.patronage().contribute(2, RATE * 2)),
            world.step(DAVE, suite.patronage().contribute(2, RATE * 2)),
        ],
        vec![
            world.step(
                ERIN,
                suite
                    .directory()
                    .register_external(1, origin, ghost, CID.into(), 7),
            ),
            world.step(
                ERIN,
                suite
                    .directory()
                    .update_external(2, ghost, CID.into(), 7, false),
            ),
            world.step(ALICE, suite.directory().schedule(1, scheduled)),
            world.step(
                ALICE,
                suite.directory().cancel_scheduled(1, START_MS + 2 * DAY),
            ),
        ],
        vec![
            after(world.step(STRANGER, suite.moderation().lapse(1)), 13),
            world.step(STRANGER, suite.moderation().collect(account("carol"))),
        ],
    ]
}

/// What tokens and owners do.
pub fn affairs(world: &World) -> Vec<Vec<Step>> {
    let suite = world.suite;
    let signer = AccountId::from(world.accounts[SIGNER]);
    let fees = FeeSchedule {
        standard_bps: 1_000,
        premium_bps: 1_500,
        subscription_bps: 2_000,
        tips_bps: 500,
        referral_bps: 0,
    };
    let permit = suite.permit().permit(
        signer,
        suite.payments,
        PERMIT.0,
        PERMIT.1,
        world.signatures[4],
    );
    let mut cases = vec![
        vec![
            world.step(STRANGER, permit),
            world.step(SIGNER, suite.payments().deposit_token(VLK, PERMIT.0)),
            world.step(SIGNER, suite.token().decrease_allowance(suite.payments, 1)),
        ],
        vec![
            world.step(BOB, suite.token().approve(account("carol"), 50)),
            world.step(
                CAROL,
                suite
                    .token()
                    .transfer_from(account("bob"), suite.payments, 9, Vec::new()),
            ),
            world.step(CAROL, psp22_burnable(suite.token).burn(5)),
        ],
        vec![
            world.step(OWNER, suite.payments().pause(3_600_000)),
            world.step(OWNER, suite.payments().unpause()),
            world.step(
                DAVE,
                suite.payments().deposit().transferred_value(1_000_000),
            ),
        ],
        vec![
            world.step(
                OWNER,
                administered(suite.payments).announce(Change::Fees(fees)),
            ),
            after(world.step(OWNER, administered(suite.payments).apply(1)), 15),
        ],
    ];
    for (_, contract) in suite.contracts() {
        cases.push(vec![
            world.step(
                OWNER,
                administered(contract).propose_owner(Some(account("bob"))),
            ),
            world.step(BOB, administered(contract).accept_owner()),
            world.step(
                BOB,
                administered(contract).announce(Change::Delay(31_536_000_000)),
            ),
            world.step(
                BOB,
                administered(contract).announce(Change::Code([9; 32].into())),
            ),
            world.step(BOB, administered(contract).cancel(1)),
            // The chain does not have that code.
            after(world.step(BOB, administered(contract).apply(2)), 15),
            after(world.step(BOB, administered(contract).apply(2)), 15),
        ]);
        cases.push(vec![
            world.step(
                OWNER,
                administered(contract).announce(Change::Delay(31_536_000_000)),
            ),
            after(world.step(OWNER, administered(contract).apply(1)), 15),
        ]);
    }
    cases
}
