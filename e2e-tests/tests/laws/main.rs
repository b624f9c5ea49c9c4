//! The laws under random evenings: on the embedded chain, against the independent model.
//!
//! A run is a list of steps of plain numbers ([`script`]). Each step becomes an action in the world as it is when its turn comes
//! ([`choose`]), goes to the model and to the chain ([`world`]), and whatever it could have changed is read and compared
//! ([`check`]). The laws are checked on what the chain itself says too ([`witness`]). Shrinking takes steps out, and
//! makes the numbers of those that stay zero; because steps refer to what exists, and to no fixed ids, the rest still makes sense.
//!
//! `LAWS_RUNS`, `LAWS_STEPS` (average length), `LAWS_SEED`: the same three give the same runs. `LAWS_SHRINK_MS`: for how long a failure is shrunk. A failure says how to see
//! it again, by the number of its run (`LAWS_FIRST`).

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod base;
mod check;
mod choose;
mod leave;
mod mischief;
mod patterns;
mod real;
mod script;
mod tally;
mod upgrade;
mod witness;
mod world;

use base::{Base, Start};
use choose::{choose, Choice};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use script::{Script, Scripts};
use std::{
    env,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Mutex, OnceLock, PoisonError,
    },
    thread,
    time::{Duration, Instant},
};
use vilokanam_chain::Embedded;
use world::{Checked, World};

/// What each run starts from, and how often of ten.
const STARTS: [(Start, u16); 4] = [
    (Start::Quick, 6),
    (Start::Slow, 2),
    (Start::Puppet, 1),
    (Start::Unwired, 1),
];
/// Runs and steps that take two minutes on two cores.
const RUNS: usize = 100;
const STEPS: usize = 100;
/// All that is something is compared after so many steps, and everything at the end.
const COMPARE_ALL: usize = 25;
/// How often the long form tells where it is.
const TELL: Duration = Duration::from_secs(30);
/// Shrinking stops after this.
const SHRINK_MS: usize = 240_000;

/// Every message that can fail, and a gift through no message.
const MESSAGES: &[&str] = &[
    "admin.accept_owner",
    "admin.announce",
    "admin.apply",
    "admin.cancel",
    "admin.propose_owner",
    "admin.wire",
    "directory.cancel_scheduled",
    "directory.list_stream",
    "directory.name_category",
    "directory.register_external",
    "directory.schedule",
    "directory.set_gateway",
    "directory.update_external",
    "donate_native",
    "meter.begin_exit",
    "meter.can_open",
    "meter.clear_page",
    "meter.close",
    "meter.close_ended",
    "meter.deposit_and_open",
    "meter.dismiss",
    "meter.finish_close",
    "meter.finish_exit",
    "meter.open",
    "meter.owed",
    "meter.pause",
    "meter.provide_seats",
    "meter.redeem",
    "meter.redeem_many",
    "meter.refundable",
    "meter.resume",
    "meter.runs_out_at",
    "meter.set_key",
    "meter.settle",
    "meter.settle_many",
    "meter.settle_page",
    "meter.top_up",
    "moderation.appeal",
    "moderation.collect",
    "moderation.decide",
    "moderation.forfeit",
    "moderation.lapse",
    "moderation.report",
    "moderation.resolve",
    "moderation.set_bond",
    "passes.buy",
    "passes.renew",
    "passes.set_offer",
    "passes.set_renewal",
    "patronage.cancel_goal",
    "patronage.contribute",
    "patronage.make_goal",
    "patronage.pay_external",
    "patronage.return_contribution",
    "patronage.sponsor",
    "patronage.tip",
    "patronage.withdraw_budget",
    "patronage.would_sponsor",
    "payments.deposit",
    "payments.deposit_permitted",
    "payments.deposit_token",
    "payments.hold",
    "payments.pause",
    "payments.pay",
    "payments.push_payable",
    "payments.refund",
    "payments.set_spending_limits",
    "payments.settle",
    "payments.spending",
    "payments.sweep",
    "payments.top_up",
    "payments.unpause",
    "payments.withdraw",
    "payments.withdraw_fees",
    "payments.withdraw_payable",
    "payments.would_hold",
    "pricing.charge",
    "pricing.offer",
    "pricing.quote",
    "pricing.set_plan",
    "pricing.set_rates",
    "pricing.set_staking",
    "registry.accept_stream",
    "registry.end_broadcast",
    "registry.go_live",
    "registry.heartbeat",
    "registry.offer_stream",
    "registry.register",
    "registry.reinstate",
    "registry.set_moderator",
    "registry.set_operators",
    "registry.set_terms",
    "registry.suspend",
    "registry.unlist",
    "registry.update",
    "token.approve",
    "token.burn",
    "token.decrease_allowance",
    "token.increase_allowance",
    "token.permit",
    "token.transfer",
    "token.transfer_from",
];

/// What the messages about vouchers and keys must have been refused for.
const REFUSALS: &[(&str, &[&str])] = &[
    (
        "meter.redeem",
        &[
            "Voucher(NotSeated)",
            "Voucher(NoKey)",
            "Voucher(NotNewer)",
            "Voucher(TimeFallsBack)",
            "Voucher(AboveCeiling)",
            "Voucher(AheadOfTime)",
            "Voucher(AboveHold)",
            "Voucher(BadSignature)",
        ],
    ),
    ("meter.redeem_many", &["TooMany"]),
    (
        "meter.set_key",
        &["InvalidKey", "ExitBegun", "KeyChanging", "SessionEnded"],
    ),
    ("meter.close_ended", &["SessionNotEnded", "ExitNotDue"]),
    ("meter.dismiss", &["SessionNotFound", "NotCreator"]),
    (
        "meter.finish_close",
        &["SessionNotFound", "NotClosing", "ExitNotDue"],
    ),
    ("meter.resume", &["NotPaused"]),
    ("meter.top_up", &["Sponsored"]),
    (
        "meter.open",
        &[
            "Pricing(NoPass)",
            "Payments(AboveLimit)",
            "Patronage(NoSponsorship)",
        ],
    ),
    ("meter.deposit_and_open", &["Payments(PermitRefused)"]),
    ("token.permit", &["Expired", "BadSignature"]),
    ("pricing.set_plan", &["InvalidPlan(TooMany)", "NotOperator"]),
    (
        "passes.buy",
        &["NotOffered", "OtherFactor", "Payments(PoolTooSmall)"],
    ),
    ("passes.renew", &["NotDue"]),
    ("payments.pay", &["NotAuthorised"]),
    ("payments.shift", &["NotAuthorised"]),
    ("payments.deposit_permitted", &["NotMeter"]),
    ("payments.refund", &["PayableTooSmall"]),
    ("payments.set_spending_limits", &["InvalidLimits"]),
    ("patronage.tip", &["NotLive", "Payments(AboveLimit)"]),
    ("patronage.contribute", &["GoalClosed"]),
    (
        "patronage.return_contribution",
        &["NotReturnable", "NothingContributed"],
    ),
    ("patronage.sponsor_session", &["NotMeter"]),
    ("directory.register_external", &["NotGateway"]),
    ("moderation.report", &["WrongBond", "AlreadyReported"]),
    ("moderation.decide", &["NotModerator", "NotOpen"]),
    ("moderation.forfeit", &["NotAppealable"]),
    // The token that misbehaves, as `mischief` names it.
    ("hostile token floods", &["ended by the chain"]),
    ("hostile token takes a fee", &["refused"]),
    ("hostile token says that it has all", &["refused"]),
    ("hostile token says that it moved", &["refused"]),
];

/// What comes once or twice in as many evenings as `make test` has, and must have come in ten times as many.
const RARE_REFUSALS: &[(&str, &[&str])] = &[
    ("meter.open", &["Patronage(AlreadySponsored)"]),
    ("hostile token calls withdraw back", &["refused"]),
    ("hostile token calls settle_page back", &["refused"]),
];

fn number(name: &str, default: usize) -> usize {
    let text = env::var(name).ok();
    text.map_or(default, |text| text.parse().expect("a number"))
}

/// A world to start a run in; deployed once, for all runs.
fn begin_at(start: Start) -> World {
    static BASES: [OnceLock<Mutex<Base>>; 4] = [const { OnceLock::new() }; 4];
    let base = BASES[start as usize].get_or_init(|| Mutex::new(Base::new(start)));
    let base = base.lock().unwrap_or_else(PoisonError::into_inner);
    base.world(Embedded::new())
}

/// What a script starts from.
fn start_of(script: &Script) -> Start {
    let all: u16 = STARTS.iter().map(|start| start.1).sum();
    let mut place = script.base % all;
    let found = STARTS.iter().find(|(_, weight)| {
        let found = place < *weight;
        place = place.saturating_sub(*weight);
        found
    });
    found.map_or(Start::Quick, |start| start.0)
}

/// Goes through a script. If `upgrades`, the contracts get new code after each third of it.
fn play(world: &mut World, script: &Script, upgrades: bool) -> Checked {
    let third = script.steps.len() / 3;
    for (place, step) in script.steps.iter().enumerate() {
        if upgrades && place == third {
            world.upgrade_to_v2()?;
        }
        if upgrades && place == 2 * third {
            world.upgrade_to_v3()?;
        }
        if world.start == Start::Unwired && place == 10 {
            world.wire()?;
            world.equip()?;
        }
        match choose(world, step) {
            Choice::Wait(ms) => world.wait(ms),
            Choice::Mischief(way, back) => world.mischief(way, back)?,
            Choice::Act(caller, value, action) => world.act(caller, value, action)?,
        }
        if place % COMPARE_ALL == COMPARE_ALL - 1 {
            world.compare_all(false)?;
        }
    }
    world.compare_all(true)?;
    world.law_12_everybody_gets_out()?;
    world.compare_all(false)
}

/// One run. A panic of the model is a failure too.
fn run(start: Start, script: &Script, upgrades: bool) -> Checked {
    let mut world = begin_at(start);
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        play(&mut world, script, upgrades)
    }));
    let played = played.unwrap_or_else(|_| Err("the model panicked".into()));
    let log = std::mem::take(&mut world.log);
    match played {
        Ok(()) => {
            world.tally.publish();
            Ok(())
        }
        Err(why) => Err(format!(
            "{}\nfrom {:?}:\n{}",
            world.with_names(&why),
            world.start,
            world.with_names(&log.join("\n")),
        )),
    }
}

/// What draws the script of a run.
fn runner(seed: u64, index: usize) -> TestRunner {
    let config = Config {
        cases: 1,
        failure_persistence: None, // its numbers find it again
        max_shrink_time: number("LAWS_SHRINK_MS", SHRINK_MS) as u32,
        max_shrink_iters: 1_000_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(index as u64).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(config, rng)
}

/// One run, and its shrinking if it fails.
fn run_and_shrink(seed: u64, index: usize, steps: usize) -> Checked {
    let mut runner = runner(seed, index);
    let tested = runner.run(&Scripts { steps }, |script| {
        run(start_of(&script), &script, false).map_err(TestCaseError::fail)
    });
    match tested {
        Ok(()) => Ok(()),
        Err(TestError::Fail(_, script)) => {
            // The reason that proptest keeps may be another script's: the shrunk one's own is wanted.
            let why = run(start_of(&script), &script, false)
                .err()
                .unwrap_or("it does not fail again".into());
            let again =
                format!("LAWS_SEED={seed} LAWS_FIRST={index} LAWS_RUNS=1 LAWS_STEPS={steps}");
            Err(format!("{again}: {why}\n{script:?}"))
        }
        Err(TestError::Abort(why)) => Err(why.message().into()),
    }
}

#[test]
fn laws_hold_on_random_evenings() {
    let (cases, steps) = (number("LAWS_RUNS", RUNS), number("LAWS_STEPS", STEPS));
    let seed = number("LAWS_SEED", 1) as u64;
    let first = number("LAWS_FIRST", 0);
    let next = AtomicUsize::new(first);
    let failures = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, |n| n.get());
    let began = Instant::now();
    let told = Mutex::new(began);
    let work = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= first + cases {
            return;
        }
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= TELL {
            *told = Instant::now();
            let seconds = began.elapsed().as_secs();
            println!("run {} of {cases}, after {seconds} s", index - first);
        }
        drop(told);
        if let Err(why) = run_and_shrink(seed, index, steps) {
            let failures = failures.lock();
            failures.unwrap_or_else(PoisonError::into_inner).push(why);
            next.fetch_max(first + cases, Ordering::Relaxed); // no further runs
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        for worker in running {
            worker.join().expect("a worker panicked");
        }
    });
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let seconds = began.elapsed().as_secs_f64();
    let (table, messages) = tally::table();
    println!("{table}");
    let speed = messages as f64 / seconds;
    println!("{cases} runs, {messages} messages in {seconds:.0} s: {speed:.0} a second");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    if cases >= RUNS && steps >= STEPS {
        let never = tally::never_succeeded(MESSAGES);
        assert!(never.is_empty(), "never succeeded: {never:?}");
        let rare = if cases >= 10 * RUNS {
            RARE_REFUSALS
        } else {
            &[]
        };
        let never = tally::never_refused(&[REFUSALS, rare].concat());
        assert!(never.is_empty(), "never refused: {never:?}");
    }
}

/// The meter and the payment handler become their second versions, then their third, which migrate, in the middle of random
/// evenings, changes at once or announced for two days: every answer is still the model's, and the laws hold.
#[test]
fn laws_hold_when_code_is_replaced_on_the_way() {
    let runs = number("LAWS_RUNS", RUNS) / 10;
    let (seed, steps) = (number("LAWS_SEED", 1) as u64, number("LAWS_STEPS", STEPS));
    for index in 0..runs.max(2) {
        // Other scripts than those of the other test.
        let mut runner = runner(seed, usize::MAX - index);
        let script = Scripts { steps }.new_tree(&mut runner).expect("draws");
        let start = [Start::Quick, Start::Slow][index % 2];
        if let Err(why) = run(start, &script.current(), true) {
            panic!("run {index}: {why}");
        }
    }
}
