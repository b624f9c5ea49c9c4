//! Where chain and model stand side by side: every action goes to both, and their answers are compared.

use super::{books::Books, perform};
use crate::model::{
    Action, Contracts, MeterCall, Model, Outcome, PaymentsCall, PricingCall, RegistryCall, Setup,
    TokenCall, Value,
};
use anyhow::{bail, ensure, Context, Result};
use psp22::PSP22;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use vilokanam_chain::{deploy, Calls, Chain, Config, Suite};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Millis, SessionId, Spending, StreamRegistryError, TickLifecycle,
    TickStreamError, NATIVE,
};

/// Differences after this many are not kept: what follows one is mostly its consequence.
const MAX_DIFFERENCES: usize = 10;
/// What everybody has of the native token: 1,000,000 whole ones, more than an evening takes.
const PURSE: Balance = 1_000_000_000_000_000_000;
/// What the deployer has: the storage deposits of all code.
const DEPLOYERS_PURSE: Balance = 1_000 * PURSE;

/// The chain, the model, and the books.
pub struct Stage<'a, C: Chain> {
    pub chain: &'a mut C,
    pub suite: Suite,
    /// Everybody in the story, by name.
    people: BTreeMap<String, AccountId>,
    pub model: Model,
    pub books: Books,
    /// Transactions sent to contracts.
    pub transactions: u64,
    /// Those that a contract refused, by message and error.
    pub refused: BTreeMap<String, u64>,
    /// Answers that were compared, reads included.
    pub compared: u64,
    /// Where chain and model did not agree.
    pub differences: Vec<String>,
    /// Picoseconds of reference time of all transactions.
    pub ref_time: u64,
    /// Bytes of proof of all transactions.
    pub proof_size: u64,
    /// The native tokens that the payment handler had before anybody deposited.
    pub native_floor: Balance,
    /// The native tokens that moderation had before anybody reported.
    pub court_floor: Balance,
    /// When the evening began.
    pub began_ms: Millis,
}

impl<'a, C: Chain> Stage<'a, C> {
    /// Deploys and wires the suite; everybody in `people`, who are names, gets native tokens.
    pub fn set(
        chain: &'a mut C,
        artifacts: &Path,
        config: &Config,
        people: impl Iterator<Item = String>,
    ) -> Result<Self> {
        let people: BTreeMap<String, _> = people
            .map(|name| {
                let account = chain.account(&name);
                (name, account)
            })
            .collect();
        chain.fund(config.owner, DEPLOYERS_PURSE)?;
        let mut funded = BTreeSet::from([config.owner, config.treasury]);
        funded.extend(config.allocations.iter().map(|(account, _)| *account));
        funded.extend(people.values());
        for account in &funded {
            chain.fund(*account, PURSE)?;
        }
        let suite = deploy(chain, artifacts, config)?;
        let native_floor = chain.native_balance(suite.payments)?;
        let court_floor = chain.native_balance(suite.moderation)?;
        Ok(Self {
            model: model_of(chain, &suite, config, funded)?,
            native_floor,
            court_floor,
            began_ms: chain.block_ms()?,
            chain,
            suite,
            people,
            books: Books::default(),
            transactions: 0,
            refused: BTreeMap::new(),
            compared: 0,
            differences: Vec::new(),
            ref_time: 0,
            proof_size: 0,
        })
    }

    /// The last block's time.
    pub fn now_ms(&self) -> Millis {
        self.model.now_ms
    }

    /// The account of somebody in the story.
    ///
    /// Panics if nobody has this name: a story knows its people.
    pub fn account(&self, name: &str) -> AccountId {
        self.people[name]
    }

    /// Lets time pass until `at_ms`; nothing if that is over.
    pub fn wait_until(&mut self, at_ms: Millis) -> Result<()> {
        if at_ms > self.now_ms() {
            // A chain whose clock cannot be set may have gone further.
            let ms = at_ms.saturating_sub(self.chain.now_ms());
            self.chain.advance(ms)?;
            self.model.now_ms = self.chain.block_ms()?;
        }
        Ok(())
    }

    /// One transaction, on both sides.
    pub fn act(&mut self, caller: AccountId, value: Balance, action: Action) -> Result<Outcome> {
        let (outcome, receipt) = self.both(caller, value, &action)?;
        self.transactions += 1;
        self.ref_time += receipt.ref_time;
        self.proof_size += receipt.proof_size;
        self.books.enter(receipt.at_ms, &receipt);
        if !outcome.is_ok() {
            let what = format!("{}: {}", action.name(), outcome.label());
            *self.refused.entry(what).or_default() += 1;
        }
        Ok(outcome)
    }

    /// One transaction that must succeed.
    pub fn must(&mut self, caller: AccountId, action: Action) -> Result<Value> {
        self.must_with(caller, 0, action)
    }

    /// The same, with native tokens that are sent along.
    pub fn must_with(
        &mut self,
        caller: AccountId,
        value: Balance,
        action: Action,
    ) -> Result<Value> {
        let name = action.name();
        value_of(self.act(caller, value, action)?).with_context(|| name)
    }

    /// To `tick_stream`.
    pub fn meter(
        &mut self,
        caller: AccountId,
        call: MeterCall,
    ) -> Result<Result<Value, TickStreamError>> {
        match self.act(caller, 0, Action::Meter(call))? {
            Outcome::Meter(answer) => Ok(answer),
            other => bail!("the meter answered {other:?}"),
        }
    }

    /// To `stream_registry`.
    pub fn registry(
        &mut self,
        caller: AccountId,
        call: RegistryCall,
    ) -> Result<Result<Value, StreamRegistryError>> {
        match self.act(caller, 0, Action::Registry(call))? {
            Outcome::Registry(answer) => Ok(answer),
            other => bail!("the registry answered {other:?}"),
        }
    }

    /// Deposits into the caller's pool.
    pub fn deposit(&mut self, viewer: AccountId, asset: AssetId, amount: Balance) -> Result<()> {
        if asset == NATIVE {
            let action = Action::Payments(PaymentsCall::Deposit);
            return value_of(self.act(viewer, amount, action)?).map(drop);
        }
        let spender = self.suite.payments;
        self.must(
            viewer,
            Action::Token(0, TokenCall::Approve { spender, amount }),
        )?;
        let deposit = PaymentsCall::DepositToken { asset, amount };
        self.must(viewer, Action::Payments(deposit)).map(drop)
    }

    /// Asks what watching costs; changes nothing.
    pub fn quote(&mut self, caller: AccountId, call: PricingCall) -> Result<Value> {
        value_of(self.both(caller, 0, &Action::Pricing(call))?.0)
    }

    /// What a viewer's limits leave; changes nothing.
    pub fn spending(&mut self, viewer: AccountId, asset: AssetId) -> Result<Spending> {
        let action = Action::Payments(PaymentsCall::Spending { viewer, asset });
        match value_of(self.both(viewer, 0, &action)?.0)? {
            Value::Spending(spending) => Ok(spending),
            other => bail!("{other:?} is no spending"),
        }
    }

    /// When a session's hold will be used up at the prices known.
    pub fn runs_out_at(&mut self, id: SessionId) -> Result<Option<Millis>> {
        let action = Action::Meter(MeterCall::RunsOutAt(id));
        match value_of(self.both(id.viewer, 0, &action)?.0)? {
            Value::Instant(at_ms) => Ok(at_ms),
            other => bail!("{other:?} is no instant"),
        }
    }

    /// Compares what the meter says of a session with the model.
    pub fn compare_session(&mut self, id: SessionId) -> Result<()> {
        let real = self.chain.read(self.suite.lifecycle().session(id))?;
        self.compared += 1;
        if let Err(difference) = self.model.note_session(id, real.as_ref()) {
            self.differ(difference);
        }
        Ok(())
    }

    /// Compares one number, or set of numbers, that both sides say of something.
    pub fn compare<T: PartialEq + core::fmt::Debug>(&mut self, what: &str, predicted: T, real: T) {
        self.compared += 1;
        if predicted != real {
            self.differ(format!("{what}: predicted {predicted:?}, found {real:?}"));
        }
    }

    /// Gives an action to the chain and to the model, and compares what they answer.
    ///
    /// A chain may say what a transaction returns as of an earlier block than took it up: then the model predicts that as well,
    /// and changes as of the block in which it happened.
    fn both(
        &mut self,
        caller: AccountId,
        value: Balance,
        action: &Action,
    ) -> Result<(Outcome, vilokanam_chain::Receipt)> {
        let (real, receipt) = perform(self.chain, &self.suite, caller, value, action)
            .with_context(|| {
                let predicted = self.model.clone().apply(caller, value, action);
                format!("{} (the model predicts {predicted:?})", action.name())
            })?;
        let mut predicted = None;
        if receipt.seen_ms != receipt.at_ms {
            let mut earlier = self.model.clone();
            earlier.now_ms = receipt.seen_ms;
            predicted = Some(earlier.apply(caller, value, action));
        }
        self.model.now_ms = receipt.at_ms;
        let happened = self.model.apply(caller, value, action);
        let same_fate = happened.is_ok() == real.is_ok();
        let predicted = predicted.unwrap_or(happened);
        self.compared += 1;
        if !same_fate || !predicted.matches(&real) {
            self.differ(format!(
                "{action:?}: predicted {predicted:?}, found {real:?}"
            ));
        }
        Ok((real, receipt))
    }

    fn differ(&mut self, difference: String) {
        if self.differences.len() < MAX_DIFFERENCES {
            let at_ms = self.now_ms() - self.began_ms;
            self.differences
                .push(format!("at {at_ms} ms, {difference}"));
        }
    }

    /// What an account has of an asset, outside the platform.
    pub fn purse(&mut self, account: AccountId, asset: AssetId) -> Result<Balance> {
        if asset == NATIVE {
            return Ok(self.chain.native_balance(account)?);
        }
        Ok(self.chain.read(self.suite.token().balance_of(account))?)
    }
}

/// The value of an answer; a refusal is an error, for where the story cannot go on.
fn value_of(outcome: Outcome) -> Result<Value> {
    Ok(match outcome {
        Outcome::Token(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Registry(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Pricing(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Meter(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Payments(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Passes(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Patronage(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Directory(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        Outcome::Moderation(answer) => answer.map_err(|e| anyhow::anyhow!("refused: {e:?}"))?,
        other => bail!("the answer is {other:?}"),
    })
}

/// The model of the suite as it was just deployed.
fn model_of(
    chain: &mut impl Chain,
    suite: &Suite,
    config: &Config,
    funded: BTreeSet<AccountId>,
) -> Result<Model> {
    let mut model = Model::new(Setup {
        now_ms: chain.block_ms()?,
        genesis_hash: chain.genesis_hash(),
        owner: config.owner,
        contracts: Contracts {
            tokens: vec![suite.token],
            registry: suite.registry,
            pricing: suite.pricing,
            meter: suite.meter,
            payments: suite.payments,
            passes: suite.passes,
            patronage: suite.patronage,
            directory: suite.directory,
            moderation: suite.moderation,
        },
        allocations: vec![config.allocations.clone()],
        listed: vec![suite.token],
        treasury: config.treasury,
        fees: config.fees,
        bond: config.report_bond,
        exit_delay_ms: config.exit_delay_ms,
        change_delay_ms: config.change_delay_ms,
        codes: BTreeMap::new(),
        second_codes: BTreeMap::new(),
        uploaded: BTreeSet::new(),
        wired: true,
        funded,
        existential_deposit: chain.existential_deposit(),
    });
    // Deploying makes `moderation` a moderator.
    let appoint = RegistryCall::SetModerator {
        account: suite.moderation,
        moderator: true,
    };
    let appointed = model.apply(config.owner, 0, &Action::Registry(appoint));
    ensure!(appointed.is_ok(), "{appointed:?}");
    Ok(model)
}
