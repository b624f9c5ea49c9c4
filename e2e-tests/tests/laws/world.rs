//! The chain, the model and a witness side by side: every action goes to all three.

use crate::{base::Start, real::Transaction, tally::Tally, witness::Witness};
use psp22::PSP22;
use std::collections::BTreeMap;
use vilokanam_chain::{account, psp22, Calls, Chain, Embedded, Message, Suite};
use vilokanam_e2e::model::{Action, Model, ModerationCall, PaymentsCall};
use vilokanam_interfaces::{AccountId, AssetId, Balance, Hash, Millis, SessionId, TickLifecycle};

pub type Checked = Result<(), String>;

/// Fails with a text.
pub fn ensure(holds: bool, found: impl FnOnce() -> String) -> Checked {
    holds.then_some(()).ok_or_else(found)
}

/// Those who act: the owner of the contracts, creators, viewers, and others.
pub const CAST: [&str; 10] = [
    "owner",
    "alice",
    "bob",
    "carol",
    "dave",
    "erin",
    "cohost",
    "moderator",
    "stranger",
    "treasury",
];
/// Is paid, and never acts: has nothing for a storage deposit.
pub const GHOST: &str = "ghost";
/// What each has outside the platform, of each asset.
pub const PURSE: Balance = 10u128.pow(32);
/// What most have in their pools.
pub const POOL: Balance = 10u128.pow(24);
/// How many more act by keys that tests have: they sign permits.
pub const SIGNERS: usize = 2;
/// What a report costs until it is decided.
pub const BOND: Balance = 10u128.pow(12);
/// A base rate: 1 unit a millisecond.
pub const RATE: Balance = 1_000_000_000;
/// How long an exit takes.
pub const EXIT_DELAY_MS: Millis = 600_000;
/// A content identifier.
pub const CID: &str = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

pub struct World {
    pub start: Start,
    pub chain: Embedded,
    pub model: Model,
    pub suite: Suite,
    /// The token that misbehaves.
    pub hostile: AccountId,
    pub witness: Witness,
    pub floor: Balance,
    /// What moderation had before anybody reported.
    pub court_floor: Balance,
    /// The layout's version that code says; of what is not here, the first.
    pub layouts: BTreeMap<Hash, u32>,
    pub tally: Tally,
    /// The native tokens of the cast before the message at hand.
    pub purses: [Balance; CAST.len()],
    /// What was done, for people.
    pub log: Vec<String>,
}

impl World {
    /// Lets time pass.
    pub fn wait(&mut self, ms: Millis) {
        self.log.push(format!("wait {ms} ms"));
        self.chain.advance(ms);
        self.model.advance(ms);
    }

    /// One action: the model predicts, the chain answers, the answers are compared, the laws checked.
    pub fn act(&mut self, caller: AccountId, value: Balance, action: Action) -> Checked {
        self.log
            .push(format!("{} pays {value}: {action:?}", name_of(caller)));
        let before = self.model.clone();
        let predicted = self.model.apply(caller, value, &action);
        if !predicted.is_ok() {
            ensure(self.model == before, || "law 13: the model changed".into())?;
        }
        self.note_purses();
        let transaction = Transaction {
            chain: &mut self.chain,
            suite: &self.suite,
            tokens: &before.contracts.tokens,
            caller,
            value,
        };
        let (real, receipt) = transaction
            .perform(&action)
            .map_err(|trap| format!("{trap}; the model predicts {predicted:?}"))?;
        ensure(predicted.matches(&real), || {
            format!("predicted {predicted:?}, found {real:?}")
        })?;
        self.tally.count(action.name(), real.label());
        self.law_18_purses(caller, &action)?;
        if let Some(receipt) = receipt {
            if receipt.deposit < 0 {
                self.tally.refund(action.name());
            }
            let now_ms = self.chain.now_ms();
            self.witness.see(now_ms, &action, &real, &receipt)?;
        }
        self.compare_touched(&before, caller, &action, &real)
    }

    fn note_purses(&mut self) {
        let chain = &mut self.chain;
        self.purses = CAST.map(|name| chain.native_balance(account(name)));
    }

    /// Nobody's native tokens change by what others do, but for those who are paid.
    fn law_18_purses(&mut self, caller: AccountId, action: &Action) -> Checked {
        let before = self.purses;
        self.note_purses();
        let paid = match action {
            Action::Payments(PaymentsCall::PushPayable { payee, asset: 0 }) => Some(*payee),
            Action::Payments(
                PaymentsCall::WithdrawFees { asset: 0 } | PaymentsCall::Sweep { asset: 0 },
            ) => Some(self.model.payments.treasury),
            Action::Moderation(ModerationCall::Collect { account }) => Some(*account),
            _ => None,
        };
        for (place, name) in CAST.iter().enumerate() {
            let (before, after) = (before[place], self.purses[place]);
            let may = account(name) == caller || (Some(account(name)) == paid && after > before);
            ensure(may || before == after, || {
                format!("law 18: {name} had {before}, and has {after}")
            })?;
        }
        Ok(())
    }

    /// As [`Self::act`], for what must succeed.
    pub fn must(&mut self, caller: AccountId, value: Balance, action: Action) -> Checked {
        let mut predicted = self.model.clone();
        let predicted = predicted.apply(caller, value, &action);
        ensure(predicted.is_ok(), || {
            format!("law 12: {action:?}: {predicted:?}")
        })?;
        self.act(caller, value, action)
    }

    /// A text with people and contracts by name.
    pub fn with_names(&self, text: &str) -> String {
        let people = CAST.iter().chain([&GHOST]);
        let people = people.map(|name| (*name, account(name)));
        let known = self.suite.contracts().into_iter().chain(people);
        known.fold(text.to_owned(), |text, (name, account)| {
            text.replace(&format!("{account:?}"), name)
        })
    }

    pub fn read<M: Message>(&mut self, message: M) -> Result<M::Output, String> {
        self.chain.read(message).map_err(|trap| trap.to_string())
    }

    /// What the payment handler has of an asset; `None` for what is no token.
    pub fn vault(&mut self, asset: AssetId) -> Result<Option<Balance>, String> {
        let payments = self.suite.payments;
        let Some(token) = self.model.asset(asset).and_then(|a| a.token) else {
            let balance = self.chain.native_balance(payments);
            return Ok(Some(balance - self.floor));
        };
        if !self.model.contracts.tokens.contains(&token) {
            return Ok(None);
        }
        self.read(psp22(token).balance_of(payments)).map(Some)
    }

    /// Compares a session.
    pub fn compare_session(&mut self, id: SessionId) -> Checked {
        let real = self.read(self.suite.lifecycle().session(id))?;
        self.witness.see_session(id, real.as_ref())?;
        self.model.note_session(id, real.as_ref())
    }
}

/// A person's name, or the account.
pub fn name_of(person: AccountId) -> String {
    let mut names = CAST.iter().chain([&GHOST]);
    let name = names.find(|name| account(name) == person);
    name.map_or_else(|| format!("{person:?}"), |name| (*name).into())
}
