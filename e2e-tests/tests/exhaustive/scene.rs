//! The suite on the embedded chain and in the model, side by side, with everything in place for the first session.

use crate::{
    bounds::{Bounds, EXIT_DELAY_MS, RATE},
    real::Transaction,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, OnceLock, PoisonError},
};
use vilokanam_chain::{
    account, administered, artifacts_dir, deploy, wasm, Calls, Chain, Config, Embedded, Snapshot,
    Suite,
};
use vilokanam_e2e::model::{
    Action, Contracts, Model, Outcome, Part, PaymentsCall, PricingCall, RegistryCall, Setup,
};
use vilokanam_interfaces::{
    AccountId, Administered, AssetRate, Balance, Class, Hash, Share, StreamId, NATIVE,
};

/// The one stream.
pub const STREAM: StreamId = 1;
/// Its owner, who is paid, and the others who are.
pub const CREATOR: &str = "carol";
pub const COHOST: &str = "cohost";
pub const REFERRER: &str = "referrer";
/// Who watches.
pub const VIEWERS: [&str; 2] = ["alice", "bob"];
pub const MODERATOR: &str = "moderator";
pub const OWNER: &str = "owner";
pub const TREASURY: &str = "treasury";
/// Who has nothing to do with it, and may call.
pub const STRANGER: &str = "stranger";
/// All who are paid.
pub const PAYEES: [&str; 3] = [CREATOR, COHOST, REFERRER];
/// What code is replaced.
pub const UPGRADED: Part = Part::Meter;

const CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
/// What each has outside the platform.
const PURSE: Balance = 10u128.pow(32);

/// Everybody.
pub fn people() -> [&'static str; 9] {
    let [creator, cohost, referrer] = PAYEES;
    let [one, other] = VIEWERS;
    [
        creator, cohost, referrer, one, other, MODERATOR, OWNER, TREASURY, STRANGER,
    ]
}

/// The suite, deployed and wired.
struct Deployed {
    snapshot: Snapshot,
    model: Model,
    suite: Suite,
    next_code: Hash,
    floor: Balance,
}

impl Deployed {
    fn new() -> Self {
        let mut chain = Embedded::new();
        for name in people() {
            chain.fund(account(name), PURSE).expect("native tokens");
        }
        let config = Config {
            exit_delay_ms: EXIT_DELAY_MS,
            ..Config::of(&mut chain)
        };
        let dir = artifacts_dir();
        let suite = deploy(&mut chain, &dir, &config).expect("run `make contracts`");
        let next = wasm(&dir, "tick_stream_v2").expect("run `make fixtures`");
        let next_code = chain.upload(config.owner, &next).expect("it is valid");
        let admin = chain.read(administered(suite.meter).administration());
        let code = admin.expect("is readable").code_hash;
        let mut model = Model::new(Setup {
            now_ms: chain.now_ms(),
            genesis_hash: chain.genesis_hash(),
            owner: config.owner,
            contracts: contracts(&suite),
            allocations: vec![config.allocations.clone()],
            listed: vec![suite.token],
            treasury: config.treasury,
            fees: config.fees,
            bond: config.report_bond,
            exit_delay_ms: config.exit_delay_ms,
            change_delay_ms: config.change_delay_ms,
            codes: BTreeMap::from([(Part::Meter, code)]),
            second_codes: BTreeMap::new(),
            uploaded: BTreeSet::from([code, next_code]),
            wired: true,
            funded: people().map(account).into(),
            existential_deposit: 1,
        });
        model.registry.moderators.insert(suite.moderation);
        Self {
            floor: chain.native_balance(suite.payments),
            snapshot: chain.snapshot(),
            model,
            suite,
            next_code,
        }
    }
}

fn contracts(suite: &Suite) -> Contracts {
    Contracts {
        tokens: vec![suite.token],
        registry: suite.registry,
        pricing: suite.pricing,
        meter: suite.meter,
        payments: suite.payments,
        passes: suite.passes,
        patronage: suite.patronage,
        directory: suite.directory,
        moderation: suite.moderation,
    }
}

/// The chain and the model in one state.
pub struct Scene {
    pub chain: Embedded,
    pub model: Model,
    pub suite: Suite,
    /// The code that the meter can be given.
    pub next_code: Hash,
    /// The native tokens that the payment handler had before anybody deposited.
    pub floor: Balance,
}

impl Scene {
    /// The state that a configuration begins with: pools filled, the stream on air.
    pub fn new(bounds: &Bounds) -> Self {
        static DEPLOYED: OnceLock<Mutex<Deployed>> = OnceLock::new();
        let deployed = DEPLOYED.get_or_init(|| Mutex::new(Deployed::new()));
        let deployed = deployed.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scene = Self {
            chain: Embedded::from(&deployed.snapshot),
            model: deployed.model.clone(),
            suite: deployed.suite,
            next_code: deployed.next_code,
            floor: deployed.floor,
        };
        drop(deployed);
        scene.equip(bounds).expect("it can begin");
        scene
    }

    fn equip(&mut self, bounds: &Bounds) -> Result<(), String> {
        let moderator = RegistryCall::SetModerator {
            account: account(MODERATOR),
            moderator: true,
        };
        self.must(OWNER, 0, Action::Registry(moderator))?;
        for name in VIEWERS.iter().take(bounds.viewers.into()) {
            let deposit = Action::Payments(PaymentsCall::Deposit);
            self.must(name, bounds.pool, deposit)?;
        }
        let register = RegistryCall::Register {
            cid: CID.into(),
            class: Class::Standard,
            category: 7,
            owner_bps: 7_500,
            cohosts: vec![Share {
                account: account(COHOST),
                bps: 2_500,
            }],
        };
        self.must(CREATOR, 0, Action::Registry(register))?;
        let rates = PricingCall::SetRates {
            stream: STREAM,
            rates: rates(RATE),
        };
        self.must(CREATOR, 0, Action::Pricing(rates))?;
        let live = RegistryCall::GoLive {
            stream: STREAM,
            grace_ms: bounds.grace_ms,
        };
        self.must(CREATOR, 0, Action::Registry(live))
    }

    fn must(&mut self, name: &str, value: Balance, action: Action) -> Result<(), String> {
        let predicted = self.both(account(name), value, &action)?;
        match predicted.is_ok() {
            true => Ok(()),
            false => Err(format!("{action:?}: {predicted:?}")),
        }
    }

    /// One message to the model and the chain: their answers are equal.
    pub fn both(
        &mut self,
        caller: AccountId,
        value: Balance,
        action: &Action,
    ) -> Result<Outcome, String> {
        let predicted = self.model.apply(caller, value, action);
        let real = self.send(caller, value, action)?;
        match predicted.matches(&real) {
            true => Ok(predicted),
            false => Err(format!(
                "{action:?}: the model predicts {predicted:?}, the contracts say {real:?}"
            )),
        }
    }

    fn send(
        &mut self,
        caller: AccountId,
        value: Balance,
        action: &Action,
    ) -> Result<Outcome, String> {
        let transaction = Transaction {
            chain: &mut self.chain,
            suite: &self.suite,
            tokens: &self.model.contracts.tokens,
            caller,
            value,
        };
        let (real, _) = transaction.perform(action).map_err(|e| e.to_string())?;
        Ok(real)
    }
}

/// A price list.
pub fn rates(rate_per_sec: Balance) -> Vec<AssetRate> {
    vec![AssetRate {
        asset: NATIVE,
        rate_per_sec,
    }]
}
