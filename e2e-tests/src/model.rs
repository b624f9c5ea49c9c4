//! The independent model: the platform's money and time in plain integers, written from the design and the
//! documentation of the traits alone.
//!
//! It shares no code with the contracts or with `crates/math`, and is shaped otherwise on purpose. A session keeps
//! the whole history of its life (when its clock ran, what was placed on hold, what was paid), and every question
//! is answered by going through that life again: nothing accrues step by step, the end of a hold is searched and not
//! divided, and money is divided once. Counts (viewers, audiences, pools' totals) are added up when asked for.
//!
//! [`Model::apply`] predicts the exact result of one message and changes the model accordingly; a message that fails
//! changes nothing. The harness sends the same [`Action`] to the real contracts, compares the [`Outcome`]s by
//! [`Outcome::matches`], then the reads, which are methods with the names of the messages.
//!
//! Not predicted: storage deposits and footprints, events, gas, the balances of callers in the native token.

// Plain arithmetic: overflow checks are on wherever this runs, and a panic is a prediction that failed.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

mod admin;
mod cid;
pub(crate) mod clock;
mod laws;
mod meter;
mod payments;
mod pricing;
mod registry;
mod token;

#[cfg(test)]
mod tests;

pub use admin::Admin;
pub use clock::Run;
pub use meter::{Closed, KeySet, Life, Meter, PaidVoucher, Placed};
pub use payments::{split, Book, Parts, Payments};
pub use pricing::Pricing;
pub use registry::{Record, Registry};
pub use token::Token;

use psp22::PSP22Error;
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use vilokanam_interfaces::{
    AccountId, AdminError, AssetId, AssetRate, Balance, Change, ChargeItem, Charged, Class,
    FeeSchedule, FeeTerms, Hash, Millis, Offer, OpenQuote, OpenRequest, Outcome as Fate, PageNo,
    PayTerms, PaymentHandlerError, PlanKind, PricingEngineError, Quote, Seated, SessionId,
    SessionNo, SettleItem, Share, SignedVoucher, StreamId, StreamRegistryError, TickStreamError,
    VoucherOutcome, Wiring,
};

/// A contract of the suite; tokens by their position in [`Contracts::tokens`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A PSP22 token: $VLK, or another that conforms.
    Token(usize),
    /// `stream_registry`.
    Registry,
    /// `pricing_engine`.
    Pricing,
    /// `tick_stream`.
    Meter,
    /// `payment_handler`.
    Payments,
}

/// Where the contracts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contracts {
    /// The tokens, listed as assets or not.
    pub tokens: Vec<AccountId>,
    /// `stream_registry`.
    pub registry: AccountId,
    /// `pricing_engine`.
    pub pricing: AccountId,
    /// `tick_stream`.
    pub meter: AccountId,
    /// `payment_handler`.
    pub payments: AccountId,
}

/// How the suite was deployed.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Chain time.
    pub now_ms: Millis,
    /// The chain's genesis hash, as told to the meter.
    pub genesis_hash: Hash,
    /// Who deployed, and so owns, every contract.
    pub owner: AccountId,
    /// Where the contracts are.
    pub contracts: Contracts,
    /// For each token, to whom it was minted.
    pub allocations: Vec<Vec<(AccountId, Balance)>>,
    /// The tokens given to the payment handler's constructor, which become assets 1, 2, …
    pub listed: Vec<AccountId>,
    /// Where fees go.
    pub treasury: AccountId,
    /// The platform's fees.
    pub fees: FeeSchedule,
    /// How long an exit takes.
    pub exit_delay_ms: Millis,
    /// How long changes wait, in every contract.
    pub change_delay_ms: Millis,
    /// The code that each contract runs; the zero hash where not given.
    pub codes: BTreeMap<Part, Hash>,
    /// All code that is uploaded to the chain: what `set_code` can change to.
    pub uploaded: BTreeSet<Hash>,
    /// Whether the first wiring was done.
    pub wired: bool,
    /// Accounts that exist on the chain and stay, so that any small amount can be paid out to them.
    pub funded: BTreeSet<AccountId>,
    /// Less than this cannot be paid out to an account that does not exist.
    pub existential_deposit: Balance,
}

/// One message to a contract, with its arguments; or a gift.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// To a token.
    Token(usize, TokenCall),
    /// To `stream_registry`.
    Registry(RegistryCall),
    /// To `pricing_engine`.
    Pricing(PricingCall),
    /// To `tick_stream`.
    Meter(MeterCall),
    /// To `payment_handler`.
    Payments(PaymentsCall),
    /// To the administrative part of any contract.
    Admin(Part, AdminCall),
    /// A plain native transfer from the caller to `payment_handler`, through no message.
    DonateNative(Balance),
}

/// Messages of a PSP22 token.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum TokenCall {
    Transfer {
        to: AccountId,
        amount: Balance,
    },
    TransferFrom {
        from: AccountId,
        to: AccountId,
        amount: Balance,
    },
    Approve {
        spender: AccountId,
        amount: Balance,
    },
    IncreaseAllowance {
        spender: AccountId,
        delta: Balance,
    },
    DecreaseAllowance {
        spender: AccountId,
        delta: Balance,
    },
    Burn {
        amount: Balance,
    },
}

/// Messages of `stream_registry` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum RegistryCall {
    Register {
        cid: String,
        class: Class,
        category: u16,
        owner_bps: u16,
        cohosts: Vec<Share>,
    },
    Update {
        stream: StreamId,
        cid: String,
        class: Class,
        category: u16,
    },
    SetTerms {
        stream: StreamId,
        owner_bps: u16,
        cohosts: Vec<Share>,
    },
    SetOperators {
        stream: StreamId,
        operators: Vec<AccountId>,
    },
    OfferStream {
        stream: StreamId,
        account: Option<AccountId>,
    },
    AcceptStream {
        stream: StreamId,
    },
    GoLive {
        stream: StreamId,
        grace_ms: Millis,
    },
    Heartbeat {
        stream: StreamId,
    },
    EndBroadcast {
        stream: StreamId,
    },
    Unlist {
        stream: StreamId,
    },
    SetModerator {
        account: AccountId,
        moderator: bool,
    },
    Suspend {
        stream: StreamId,
        reason: String,
    },
    Reinstate {
        stream: StreamId,
        reason: String,
    },
}

/// Messages of `pricing_engine` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum PricingCall {
    SetPlan {
        stream: StreamId,
        kind: PlanKind,
    },
    SetRates {
        stream: StreamId,
        rates: Vec<AssetRate>,
    },
    Offer {
        viewer: AccountId,
        request: OpenRequest,
    },
    Charge {
        now_ms: Millis,
        items: Vec<ChargeItem>,
    },
    Quote {
        stream: StreamId,
        asset: AssetId,
        duration_ms: Millis,
    },
}

/// A voucher, and what is known of its signature: the model has no cryptography, it is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// As it is redeemed.
    pub voucher: SignedVoucher,
    /// Which key signed; `None`: the signature is no key's.
    pub by: Option<AccountId>,
    /// The bytes that it signed.
    pub over: Vec<u8>,
}

/// Without the signature: it differs each time, and says nothing to people.
impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let SignedVoucher { at, ms, amount, .. } = &self.voucher;
        let over: String = self.over.iter().map(|b| format!("{b:02x}")).collect();
        let by = &self.by;
        write!(f, "{at:?} for {ms} ms, {amount}, by {by:?} over {over}")
    }
}

/// Messages of `tick_stream` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum MeterCall {
    Owed(SessionId),
    Refundable(SessionId),
    RunsOutAt(SessionId),
    CanOpen {
        viewer: AccountId,
        request: OpenRequest,
    },
    Open(OpenRequest),
    TopUp {
        id: SessionId,
        amount: Balance,
    },
    Pause(SessionNo),
    Resume(SessionNo),
    Close(SessionNo),
    CloseEnded(SessionId),
    Settle(SessionId),
    SettleMany(Vec<SessionId>),
    SettlePage {
        stream: StreamId,
        page: PageNo,
    },
    BeginExit(SessionNo),
    FinishExit(SessionNo),
    SetKey {
        number: SessionNo,
        key: Option<AccountId>,
    },
    Redeem(Signed),
    RedeemMany(Vec<Signed>),
    Dismiss(Seated),
    FinishClose(Seated),
    ProvideSeats {
        stream: StreamId,
        pages: u32,
    },
    ClearPage {
        stream: StreamId,
        page: PageNo,
    },
}

/// Messages of `payment_handler` that can fail. `Deposit` takes the value sent with it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum PaymentsCall {
    Deposit,
    DepositToken {
        asset: AssetId,
        amount: Balance,
    },
    Withdraw {
        asset: AssetId,
        amount: Balance,
    },
    WithdrawPayable {
        asset: AssetId,
    },
    PushPayable {
        payee: AccountId,
        asset: AssetId,
    },
    WithdrawFees {
        asset: AssetId,
    },
    Sweep {
        asset: AssetId,
    },
    Pause {
        duration_ms: Millis,
    },
    Unpause,
    Hold {
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
    },
    TopUp {
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
    },
    Settle {
        terms: Vec<PayTerms>,
        items: Vec<SettleItem>,
    },
}

/// Messages of `Administered` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum AdminCall {
    ProposeOwner(Option<AccountId>),
    AcceptOwner,
    Announce(Change),
    Cancel(u32),
    Apply(u32),
    Wire(Wiring),
}

/// What a message returns when it succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Unit,
    /// A stream's, terms', broadcast's, plan's, session's or change's number.
    Number(u32),
    /// An amount of money.
    Amount(Balance),
    /// From `settle_page`.
    Amounts(Vec<(AssetId, Balance)>),
    /// From `settle_many`.
    Fates(Vec<Fate>),
    /// From `redeem_many`.
    Vouchers(Vec<VoucherOutcome>),
    /// From `runs_out_at`.
    Instant(Option<Millis>),
    /// From `can_open`; its deposit is not predicted.
    OpenQuote(OpenQuote),
    /// From `offer`.
    Offer(Offer),
    /// From `charge`.
    Charged(Vec<Charged>),
    /// From `quote`; its deposit is not predicted.
    Quote(Quote),
    /// From `hold`.
    Fees(FeeTerms),
}

/// What becomes of an [`Action`].
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// A token answered.
    Token(Result<Value, PSP22Error>),
    /// `stream_registry` answered.
    Registry(Result<Value, StreamRegistryError>),
    /// `pricing_engine` answered.
    Pricing(Result<Value, PricingEngineError>),
    /// `tick_stream` answered.
    Meter(Result<Value, TickStreamError>),
    /// `payment_handler` answered.
    Payments(Result<Value, PaymentHandlerError>),
    /// A contract's administration answered.
    Admin(Result<Value, AdminError>),
    /// The gift arrived.
    Donated,
    /// Value was sent to a message that takes none: the call reverts before the message.
    NotPayable,
    /// The contract called itself, which the pallet traps.
    Trapped,
}

impl Outcome {
    /// Whether the message succeeded.
    pub fn is_ok(&self) -> bool {
        match self {
            Self::Token(r) => r.is_ok(),
            Self::Registry(r) => r.is_ok(),
            Self::Pricing(r) => r.is_ok(),
            Self::Meter(r) => r.is_ok(),
            Self::Payments(r) => r.is_ok(),
            Self::Admin(r) => r.is_ok(),
            Self::Donated => true,
            Self::NotPayable | Self::Trapped => false,
        }
    }

    /// Whether this prediction fits what really happened: equal, but for storage footprints.
    pub fn matches(&self, real: &Self) -> bool {
        match (self, real) {
            (
                Self::Meter(Ok(Value::OpenQuote(predicted))),
                Self::Meter(Ok(Value::OpenQuote(real))),
            ) => {
                *predicted
                    == OpenQuote {
                        deposit: predicted.deposit,
                        ..*real
                    }
            }
            (Self::Pricing(Ok(Value::Quote(predicted))), Self::Pricing(Ok(Value::Quote(real)))) => {
                *predicted
                    == Quote {
                        deposit: predicted.deposit,
                        ..*real
                    }
            }
            _ => self == real,
        }
    }

    /// `ok`, or the name of the error, for statistics.
    pub fn label(&self) -> String {
        let text = match self {
            _ if self.is_ok() => return "ok".into(),
            Self::Token(Err(e)) => format!("{e:?}"),
            Self::Registry(Err(e)) => format!("{e:?}"),
            Self::Pricing(Err(e)) => format!("{e:?}"),
            Self::Meter(Err(e)) => format!("{e:?}"),
            Self::Payments(Err(e)) => format!("{e:?}"),
            Self::Admin(Err(e)) => format!("{e:?}"),
            other => format!("{other:?}"),
        };
        // Drops the fields, keeps what is nested: `Payments(PoolTooSmall { .. })` is `Payments(PoolTooSmall)`.
        let end = text.find(" {").unwrap_or(text.len());
        let name = &text[..end];
        let open = name.matches('(').count() - name.matches(')').count();
        format!("{name}{}", ")".repeat(open))
    }
}

impl Action {
    /// The contract and the message, for statistics.
    pub fn name(&self) -> String {
        let (part, call) = match self {
            Self::Token(_, call) => ("token", format!("{call:?}")),
            Self::Registry(call) => ("registry", format!("{call:?}")),
            Self::Pricing(call) => ("pricing", format!("{call:?}")),
            Self::Meter(call) => ("meter", format!("{call:?}")),
            Self::Payments(call) => ("payments", format!("{call:?}")),
            Self::Admin(_, call) => ("admin", format!("{call:?}")),
            Self::DonateNative(_) => return "donate_native".into(),
        };
        let message: String = call
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .flat_map(|c| {
                let underscore = c.is_ascii_uppercase().then_some('_');
                underscore.into_iter().chain([c.to_ascii_lowercase()])
            })
            .collect();
        format!("{part}.{}", message.trim_start_matches('_'))
    }
}

/// The platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Chain time.
    pub now_ms: Millis,
    /// The chain's genesis hash.
    pub genesis_hash: Hash,
    /// Where the contracts are.
    pub contracts: Contracts,
    /// The tokens.
    pub tokens: Vec<Token>,
    /// `stream_registry`.
    pub registry: Registry,
    /// `pricing_engine`.
    pub pricing: Pricing,
    /// `tick_stream`.
    pub meter: Meter,
    /// `payment_handler`.
    pub payments: Payments,
    /// Each contract's administration.
    pub admins: BTreeMap<Part, Admin>,
    uploaded: BTreeSet<Hash>,
    funded: BTreeSet<AccountId>,
    /// What was paid out to accounts that did not exist.
    strangers: BTreeMap<AccountId, Balance>,
    existential_deposit: Balance,
    /// Set when the message at hand made a contract call itself.
    trapped: Cell<bool>,
}

impl Model {
    /// Knows of code that was uploaded since.
    pub fn note_code(&mut self, code: Hash) {
        self.uploaded.insert(code);
    }

    /// The platform just after it was deployed.
    pub fn new(setup: Setup) -> Self {
        let Setup { contracts, .. } = setup;
        let tokens: Vec<_> = setup.allocations.into_iter().map(Token::new).collect();
        let parts = (0..tokens.len()).map(Part::Token).chain([
            Part::Registry,
            Part::Pricing,
            Part::Meter,
            Part::Payments,
        ]);
        let admins = parts
            .map(|part| {
                let wiring = setup.wired.then(|| admin::first_wiring(part, &contracts));
                let code = setup.codes.get(&part).copied().unwrap_or_default();
                let admin = Admin::new(setup.owner, setup.change_delay_ms, code, wiring.flatten());
                (part, admin)
            })
            .collect();
        let mut funded = setup.funded;
        funded.extend([contracts.registry, contracts.pricing]);
        funded.extend([contracts.meter, contracts.payments, setup.owner]);
        funded.extend(contracts.tokens.iter().copied());
        Self {
            now_ms: setup.now_ms,
            genesis_hash: setup.genesis_hash,
            tokens,
            registry: Registry::default(),
            pricing: Pricing::default(),
            meter: Meter::new(setup.exit_delay_ms),
            payments: Payments::new(setup.treasury, setup.fees, &setup.listed),
            admins,
            contracts,
            uploaded: setup.uploaded,
            funded,
            strangers: BTreeMap::new(),
            existential_deposit: setup.existential_deposit,
            trapped: Cell::new(false),
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, ms: Millis) {
        self.now_ms = self.now_ms.checked_add(ms).expect("time is short");
    }

    /// Predicts what becomes of `action`, and changes the model as it changes the contracts.
    pub fn apply(&mut self, caller: AccountId, value: Balance, action: &Action) -> Outcome {
        if value > 0 && !matches!(action, Action::Payments(PaymentsCall::Deposit)) {
            return Outcome::NotPayable;
        }
        let outcome = match action {
            Action::Token(token, call) => {
                Outcome::Token(self.tokens[*token].call(caller, call).map(|()| Value::Unit))
            }
            Action::Registry(call) => Outcome::Registry(self.registry_call(caller, call)),
            Action::Pricing(call) => Outcome::Pricing(self.pricing_call(caller, call)),
            Action::Meter(call) => Outcome::Meter(self.meter_call(caller, call)),
            Action::Payments(call) => Outcome::Payments(self.payments_call(caller, value, call)),
            Action::Admin(part, call) => Outcome::Admin(self.admin_call(*part, caller, call)),
            Action::DonateNative(amount) => {
                self.payments.native += amount;
                Outcome::Donated
            }
        };
        if self.trapped.take() {
            assert!(!outcome.is_ok(), "a message that traps changes nothing");
            return Outcome::Trapped;
        }
        outcome
    }

    /// Whether a call from contract `from` to `slot`, meant for `target`, is answered. A call to itself traps.
    fn reaches(&self, from: AccountId, slot: Option<AccountId>, target: AccountId) -> bool {
        if slot == Some(from) {
            self.trapped.set(true);
        }
        slot == Some(target)
    }
}
