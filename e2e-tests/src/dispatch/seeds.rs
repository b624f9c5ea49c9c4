//! Cases to begin with: one for each message with arguments that make sense, and some that do what an evening does.

mod platform;

use super::{
    case::{Case, Step},
    generate,
    setting::{request, BOND, HOLD, PERMIT, RATE, VOUCHERS},
    world::World,
};
use psp22::PSP22;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use vilokanam_chain::{account, VLK};
use vilokanam_interfaces::{
    AccountId, Moderation, OpenRequest, PassLevel, PassOffice, PassScope, Patronage, PaymentDesk,
    PaymentHandler, PermittedDeposit, Seated, SessionId, SignedVoucher, StreamRegistry,
    TickLifecycle, TickStream, Verdict, NATIVE,
};

/// Numbers of callers.
const OWNER: usize = 0;
const ALICE: usize = 1;
const BOB: usize = 2;
const CAROL: usize = 3;
const DAVE: usize = 4;
const ERIN: usize = 5;
const MODERATOR: usize = 6;
const STRANGER: usize = 7;
const SIGNER: usize = 9;

/// All of them.
pub fn seeds(world: &World) -> Vec<Case> {
    let mut cases = messages(world);
    let told = [
        evenings(world),
        platform::streams(world),
        platform::platform(world),
        platform::affairs(world),
    ];
    cases.extend(told.into_iter().flatten().map(|steps| Case { steps }));
    cases
}

/// A call of each message, from whoever, and one with nothing but its selector.
fn messages(world: &World) -> Vec<Case> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut cases = Vec::new();
    for (number, abi) in world.abis.iter().enumerate() {
        for (place, message) in abi.messages.iter().enumerate() {
            for caller in [place % 10, OWNER] {
                let data = generate::call(abi, message, &mut rng, world.account_count());
                let step = Step {
                    contract: number as u8,
                    caller: caller as u8,
                    data,
                    ..Step::default()
                };
                cases.push(Case { steps: vec![step] });
            }
            let step = Step {
                contract: number as u8,
                data: message.selector.to_vec(),
                ..Step::default()
            };
            cases.push(Case { steps: vec![step] });
        }
    }
    cases
}

fn after(mut step: Step, wait: u8) -> Step {
    step.wait = wait;
    step
}

/// What people do.
fn evenings(world: &World) -> Vec<Vec<Step>> {
    let suite = world.suite;
    let id = |name: &str, number| SessionId {
        viewer: account(name),
        number,
    };
    // Where dave's voucher session sits: the second that was opened on stream 1.
    let at = Seated {
        id: id("dave", 1),
        stream: 1,
        page: 0,
        seat: 1,
    };
    let voucher = |which: usize| SignedVoucher {
        at,
        ms: VOUCHERS[which].0,
        amount: VOUCHERS[which].1,
        signature: world.signatures[which],
    };
    let signer = AccountId::from(world.accounts[SIGNER]);
    let by_key = OpenRequest {
        key: Some(signer),
        ..request(1, VLK)
    };
    let permitted = PermittedDeposit {
        amount: PERMIT.0,
        permit: Some((PERMIT.1, world.signatures[4])),
    };
    let (scope, level) = (PassScope::Stream(1), PassLevel::Premium);
    let redeem = |which| world.step(STRANGER, suite.meter().redeem(voucher(which)));
    vec![
        vec![
            world.step(CAROL, suite.lifecycle().pause(1)),
            after(world.step(CAROL, suite.lifecycle().resume(1)), 6),
            after(world.step(BOB, suite.meter().settle(id("carol", 1))), 5),
            world.step(CAROL, suite.lifecycle().close(1)),
            world.step(ALICE, suite.payments().withdraw_payable(NATIVE)),
            world.step(CAROL, suite.payments().withdraw(NATIVE, HOLD)),
        ],
        vec![
            redeem(0),
            redeem(0),
            redeem(1),
            redeem(2),
            redeem(3),
            world.step(
                STRANGER,
                suite.payments().push_payable(account("alice"), NATIVE),
            ),
        ],
        vec![
            world.step(
                ERIN,
                suite.meter().redeem_many((0..4).map(voucher).collect()),
            ),
            world.step(DAVE, suite.lifecycle().close(1)),
            after(world.step(STRANGER, suite.lifecycle().finish_close(at)), 11),
        ],
        vec![
            world.step(DAVE, suite.lifecycle().set_key(1, Some(signer))),
            redeem(1),
            world.step(ALICE, suite.lifecycle().dismiss(at)),
        ],
        vec![
            after(world.step(ERIN, suite.lifecycle().finish_exit(2)), 9),
            world.step(ERIN, suite.lifecycle().begin_exit(1)),
            after(world.step(ERIN, suite.lifecycle().finish_exit(1)), 9),
        ],
        vec![
            world.step(ALICE, suite.registry().end_broadcast(1)),
            after(world.step(STRANGER, suite.meter().settle_page(1, 0)), 6),
            world.step(STRANGER, suite.lifecycle().close_ended(id("carol", 1))),
            world.step(ALICE, suite.registry().go_live(1, 86_400_000)),
            world.step(CAROL, suite.lifecycle().open(request(1, NATIVE))),
        ],
        vec![
            world.step(
                SIGNER,
                suite.lifecycle().deposit_and_open(by_key, permitted),
            ),
            world.step(STRANGER, suite.lifecycle().top_up(id("carol", 1), RATE)),
            world.step(BOB, suite.lifecycle().provide_seats(1, 1)),
            world.step(BOB, suite.lifecycle().clear_page(1, 1)),
        ],
        vec![
            world.step(BOB, suite.patronage().contribute(1, RATE * 20_000)),
            world.step(DAVE, suite.patronage().tip(1, NATIVE, RATE, None)),
            after(
                world.step(
                    BOB,
                    suite.patronage().return_contribution(1, account("carol")),
                ),
                12,
            ),
        ],
        vec![
            world.step(ALICE, suite.patronage().cancel_goal(1)),
            world.step(
                BOB,
                suite.patronage().return_contribution(1, account("carol")),
            ),
            world.step(STRANGER, suite.patronage().withdraw_budget(2, NATIVE, HOLD)),
        ],
        vec![
            world.step(ERIN, suite.patronage().pay_external(1, NATIVE, RATE, None)),
            world.step(OWNER, suite.payments().withdraw_fees(NATIVE)),
            world.step(OWNER, suite.payments().sweep(NATIVE)),
        ],
        vec![
            after(
                world.step(
                    STRANGER,
                    suite.passes().renew(account("erin"), scope, level),
                ),
                10,
            ),
            world.step(ERIN, suite.passes().set_renewal(scope, level, None)),
        ],
        vec![
            world.step(
                MODERATOR,
                suite
                    .moderation()
                    .decide(1, Verdict::Suspended, "so".into()),
            ),
            world.step(BOB, suite.moderation().appeal(1, "not so".into())),
            world.step(OWNER, suite.moderation().resolve(1, true, "no".into())),
            world.step(STRANGER, suite.moderation().collect(account("carol"))),
        ],
        vec![
            world.step(
                MODERATOR,
                suite.moderation().decide(1, Verdict::Abusive, "so".into()),
            ),
            after(world.step(STRANGER, suite.moderation().forfeit(1)), 12),
            world.step(
                ERIN,
                suite
                    .moderation()
                    .report_stream(1, "x".into())
                    .transferred_value(BOND),
            ),
        ],
        vec![
            world.step(ALICE, suite.desk().refund(id("carol", 1), NATIVE, 1)),
            world.step(
                DAVE,
                suite.desk().set_spending_limits(NATIVE, Default::default()),
            ),
            world.step(CAROL, suite.token().transfer(suite.payments, 5, Vec::new())),
            world.step(OWNER, suite.payments().sweep(VLK)),
        ],
    ]
}
