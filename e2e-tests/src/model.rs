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
mod directory;
mod laws;
mod limits;
mod meter;
mod moderation;
mod passes;
mod patronage;
mod payments;
mod pricing;
mod registry;
mod token;

#[cfg(test)]
mod tests;

pub use admin::{rewiring, Admin};
pub use clock::Run;
pub use directory::Directory;
pub use limits::{month_of, Entry, Purse};
pub use meter::{Closed, KeySet, Life, Meter, PaidVoucher, Placed};
pub use moderation::{Case, Moderation};
pub use passes::{Bought, Passes};
pub use patronage::{Given, Patronage};
pub use payments::{split, AtOnce, Book, Parts, Payments};
pub use pricing::Pricing;
pub use registry::{Record, Registry};
pub use token::{permit_bytes, Token};

use psp22::PSP22Error;
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};
use vilokanam_interfaces::{
    AccountId, AdminError, AssetId, AssetRate, Balance, Change, ChargeItem, Charged, Class,
    DirectoryError, ExternalId, FeeSchedule, FeeTerms, GoalId, Hash, Millis, ModerationError,
    Offer, OpenQuote, OpenRequest, Outcome as Fate, PageNo, PassLevel, PassOffer, PassOfficeError,
    PassOrder, PassScope, PatronageError, PayTerms, Payment, PaymentHandlerError, PermitError,
    PlanKind, PricingEngineError, Quote, QuoteRequest, Renewal, ReportId, Scheduled, Seated,
    SessionId, SessionNo, SettleItem, Share, Shift, SignedVoucher, Spending, SpendingLimits,
    SponsoredHold, Sponsorship, Stake, Staking, StreamId, StreamRegistryError, TickStreamError,
    Verdict, VoucherOutcome, Wiring,
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
    /// `pass_office`.
    Passes,
    /// `patronage`.
    Patronage,
    /// `directory`.
    Directory,
    /// `moderation`.
    Moderation,
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
    /// `pass_office`.
    pub passes: AccountId,
    /// `patronage`.
    pub patronage: AccountId,
    /// `directory`.
    pub directory: AccountId,
    /// `moderation`.
    pub moderation: AccountId,
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
    /// Where fees go, and the bonds of abusive reports.
    pub treasury: AccountId,
    /// The platform's fees.
    pub fees: FeeSchedule,
    /// What a report costs until it is decided.
    pub bond: Balance,
    /// How long an exit takes.
    pub exit_delay_ms: Millis,
    /// How long changes wait, in every contract.
    pub change_delay_ms: Millis,
    /// The code that each contract runs; the zero hash where not given.
    pub codes: BTreeMap<Part, Hash>,
    /// The second codes, of contracts that have one.
    pub second_codes: BTreeMap<Part, Hash>,
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
    /// To `pass_office`.
    Passes(PassCall),
    /// To `patronage`.
    Patronage(PatronageCall),
    /// To `directory`.
    Directory(DirectoryCall),
    /// To `moderation`. `Report` takes the value sent with it.
    Moderation(ModerationCall),
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
    Permit(Permit),
}

/// A permit, and what is known of its signature: the model has no cryptography, it is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Permit {
    /// Whose tokens.
    pub owner: AccountId,
    /// Who may take them.
    pub spender: AccountId,
    /// How much.
    pub value: Balance,
    /// Until when it counts.
    pub deadline_ms: Millis,
    /// As it is sent.
    pub signature: [u8; 64],
    /// Which key signed; `None`: the signature is no key's.
    pub by: Option<AccountId>,
    /// The bytes that it signed.
    pub over: Vec<u8>,
}

/// Without the signature: it differs each time, and says nothing to people.
impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let over: String = self.over.iter().map(|b| format!("{b:02x}")).collect();
        let (owner, spender, value, by) = (&self.owner, &self.spender, self.value, &self.by);
        let deadline_ms = self.deadline_ms;
        write!(
            f,
            "{owner:?} to {spender:?}, {value} until {deadline_ms}, by {by:?} over {over}"
        )
    }
}

/// A deposit in the transaction that opens a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// How much.
    pub amount: Balance,
    /// The permit, which is sent as its deadline and signature: whose, for whom and how much the payment handler says.
    pub permit: Option<Permit>,
}

impl Brought {
    /// As it is sent.
    pub fn sent(&self) -> vilokanam_interfaces::PermittedDeposit {
        let permit = self.permit.as_ref();
        vilokanam_interfaces::PermittedDeposit {
            amount: self.amount,
            permit: permit.map(|p| (p.deadline_ms, p.signature)),
        }
    }
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
        audience: u32,
        request: OpenRequest,
    },
    Charge {
        now_ms: Millis,
        items: Vec<ChargeItem>,
    },
    Quote(QuoteRequest),
    SetStaking(Option<Staking>),
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
    DepositAndOpen {
        request: OpenRequest,
        deposit: Brought,
    },
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
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
        category: u16,
    },
    WouldHold {
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        class: Class,
        category: u16,
    },
    TopUp {
        payer: AccountId,
        asset: AssetId,
        amount: Balance,
        category: u16,
        held: Balance,
    },
    Settle {
        terms: Vec<PayTerms>,
        items: Vec<SettleItem>,
    },
    Pay(Payment),
    Shift(Shift),
    Refund {
        session: SessionId,
        asset: AssetId,
        amount: Balance,
    },
    SetSpendingLimits {
        asset: AssetId,
        limits: SpendingLimits,
    },
    Spending {
        viewer: AccountId,
        asset: AssetId,
    },
    DepositPermitted {
        viewer: AccountId,
        asset: AssetId,
        deposit: Brought,
    },
}

/// Messages of `pass_office` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum PassCall {
    SetOffer {
        scope: PassScope,
        level: PassLevel,
        offer: Option<PassOffer>,
    },
    Buy(PassOrder),
    SetRenewal {
        scope: PassScope,
        level: PassLevel,
        renewal: Option<Renewal>,
    },
    Renew {
        holder: AccountId,
        scope: PassScope,
        level: PassLevel,
    },
}

/// Messages of `patronage` that can fail.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub enum PatronageCall {
    Tip {
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
        message: Option<Hash>,
    },
    PayExternal {
        external: ExternalId,
        asset: AssetId,
        amount: Balance,
        message: Option<Hash>,
    },
    MakeGoal {
        stream: StreamId,
        asset: AssetId,
        target: Balance,
        end_ms: Millis,
        about: Hash,
    },
    Contribute {
        goal: GoalId,
        amount: Balance,
    },
    CancelGoal {
        goal: GoalId,
    },
    ReturnContribution {
        goal: GoalId,
        to: AccountId,
    },
    Sponsor {
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
        terms: Sponsorship,
    },
    WithdrawBudget {
        stream: StreamId,
        asset: AssetId,
        amount: Balance,
    },
    SponsorSession(Sponsored),
    WouldSponsor(Sponsored),
}

/// A session that somebody else would pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sponsored {
    /// Who pays.
    pub sponsor: AccountId,
    /// Who watches.
    pub viewer: AccountId,
    /// What.
    pub stream: StreamId,
    /// In which asset.
    pub asset: AssetId,
    /// The hold.
    pub hold: Balance,
    /// The viewer's ceiling.
    pub ceiling: Balance,
}

/// Messages of `directory` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum DirectoryCall {
    NameCategory {
        category: u16,
        name: String,
    },
    ListStream {
        stream: StreamId,
    },
    Schedule {
        stream: StreamId,
        broadcast: Scheduled,
    },
    CancelScheduled {
        stream: StreamId,
        start_ms: Millis,
    },
    SetGateway {
        account: AccountId,
        gateway: bool,
    },
    RegisterExternal {
        origin_chain: u32,
        origin_stream: Hash,
        payee: AccountId,
        cid: String,
        category: u16,
    },
    UpdateExternal {
        external: ExternalId,
        payee: AccountId,
        cid: String,
        category: u16,
        active: bool,
    },
}

/// Messages of `moderation` that can fail.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ModerationCall {
    SetBond(Balance),
    Report {
        stream: StreamId,
        reason: String,
    },
    Decide {
        report: ReportId,
        verdict: Verdict,
        reason: String,
    },
    Lapse {
        report: ReportId,
    },
    Appeal {
        report: ReportId,
        reason: String,
    },
    Resolve {
        report: ReportId,
        overturned: bool,
        reason: String,
    },
    Collect {
        account: AccountId,
    },
    Forfeit {
        report: ReportId,
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

/// What a message returns when it succeeds. One lives at a time, so that its size does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
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
    /// From `spending`.
    Spending(Spending),
    /// From `buy` and `renew`: until when the pass is valid.
    Until(Millis),
    /// From `would_sponsor` and `sponsor_session`.
    SponsoredHold(SponsoredHold),
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
    /// `pass_office` answered.
    Passes(Result<Value, PassOfficeError>),
    /// `patronage` answered.
    Patronage(Result<Value, PatronageError>),
    /// `directory` answered.
    Directory(Result<Value, DirectoryError>),
    /// `moderation` answered.
    Moderation(Result<Value, ModerationError>),
    /// A token answered to a permit.
    Permit(Result<Value, PermitError>),
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
            Self::Passes(r) => r.is_ok(),
            Self::Patronage(r) => r.is_ok(),
            Self::Directory(r) => r.is_ok(),
            Self::Moderation(r) => r.is_ok(),
            Self::Permit(r) => r.is_ok(),
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
            Self::Passes(Err(e)) => format!("{e:?}"),
            Self::Patronage(Err(e)) => format!("{e:?}"),
            Self::Directory(Err(e)) => format!("{e:?}"),
            Self::Moderation(Err(e)) => format!("{e:?}"),
            Self::Permit(Err(e)) => format!("{e:?}"),
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
            Self::Passes(call) => ("passes", format!("{call:?}")),
            Self::Patronage(call) => ("patronage", format!("{call:?}")),
            Self::Directory(call) => ("directory", format!("{call:?}")),
            Self::Moderation(call) => ("moderation", format!("{call:?}")),
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
    /// `pass_office`.
    pub passes: Passes,
    /// `patronage`.
    pub patronage: Patronage,
    /// `directory`.
    pub directory: Directory,
    /// `moderation`.
    pub moderation: Moderation,
    /// The contracts that tell what is at stake, and what they tell of those who have something.
    pub stakes: BTreeMap<AccountId, BTreeMap<AccountId, Stake>>,
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
            Part::Passes,
            Part::Patronage,
            Part::Directory,
            Part::Moderation,
        ]);
        let admins = parts
            .map(|part| {
                let wiring = setup.wired.then(|| admin::first_wiring(part, &contracts));
                let code = setup.codes.get(&part).copied().unwrap_or_default();
                let second_code = setup.second_codes.get(&part).copied();
                let (owner, delay_ms) = (setup.owner, setup.change_delay_ms);
                let admin = Admin::new(owner, delay_ms, code, second_code, wiring.flatten());
                (part, admin)
            })
            .collect();
        let mut funded = setup.funded;
        funded.extend([contracts.registry, contracts.pricing]);
        funded.extend([contracts.meter, contracts.payments, setup.owner]);
        funded.extend([contracts.passes, contracts.patronage]);
        funded.extend([contracts.directory, contracts.moderation]);
        funded.extend(contracts.tokens.iter().copied());
        Self {
            now_ms: setup.now_ms,
            genesis_hash: setup.genesis_hash,
            tokens,
            registry: Registry::default(),
            pricing: Pricing::default(),
            meter: Meter::new(setup.exit_delay_ms),
            payments: Payments::new(setup.treasury, setup.fees, &setup.listed),
            passes: Passes::default(),
            patronage: Patronage::default(),
            directory: Directory::default(),
            moderation: Moderation::new(setup.bond, setup.treasury),
            stakes: BTreeMap::new(),
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
        let payable = matches!(
            action,
            Action::Payments(PaymentsCall::Deposit)
                | Action::Moderation(ModerationCall::Report { .. })
        );
        if value > 0 && !payable {
            return Outcome::NotPayable;
        }
        let outcome = match action {
            Action::Token(token, TokenCall::Permit(permit)) => {
                Outcome::Permit(self.permit(*token, permit).map(|()| Value::Unit))
            }
            Action::Token(token, call) => {
                Outcome::Token(self.tokens[*token].call(caller, call).map(|()| Value::Unit))
            }
            Action::Registry(call) => Outcome::Registry(self.registry_call(caller, call)),
            Action::Pricing(call) => Outcome::Pricing(self.pricing_call(caller, call)),
            Action::Meter(call) => Outcome::Meter(self.meter_call(caller, call)),
            Action::Payments(call) => Outcome::Payments(self.payments_call(caller, value, call)),
            Action::Passes(call) => Outcome::Passes(self.pass_call(caller, call)),
            Action::Patronage(call) => Outcome::Patronage(self.patronage_call(caller, call)),
            Action::Directory(call) => Outcome::Directory(self.directory_call(caller, call)),
            Action::Moderation(call) => {
                Outcome::Moderation(self.moderation_call(caller, value, call))
            }
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
