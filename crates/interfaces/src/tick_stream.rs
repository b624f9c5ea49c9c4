//! `tick_stream`: how many seconds, and for how much. Sessions, their holds, and the clock that bills them.

use crate::{
    AccountId, AssetId, Balance, BroadcastNo, Class, Footprint, Hash, Millis, PageNo, PlanNo,
    SessionNo, StreamId, TermsNo,
};
use ink::prelude::{boxed::Box, vec::Vec};

/// Seats in a page.
pub const PAGE_SEATS: u32 = 32;
/// Different terms that the sessions of one page may have.
pub const PAGE_TERMS: u32 = 4;
/// The most pages of a stream: 65,536 seats.
pub const MAX_PAGES: u32 = 2_048;
/// The most sessions that a viewer has open at once.
pub const MAX_OPEN: u32 = 16;
/// The most sessions in one call.
pub const MAX_BATCH: u32 = 64;
/// The most different pages that one call touches.
pub const MAX_BATCH_PAGES: u32 = 50;
/// The most pages provided in one call.
pub const MAX_PROVIDED: u32 = 8;
/// The shortest exit delay, other than on a development chain, whose change delay is zero.
pub const MIN_EXIT_DELAY_MS: Millis = 60_000;
/// The shortest time that a hold must last for at the price at open.
pub const MIN_HOLD_MS: Millis = 1_000;

/// A session: a viewer and that viewer's own number. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SessionId {
    /// The viewer.
    pub viewer: AccountId,
    /// The viewer's own session number.
    pub number: SessionNo,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum SessionState {
    /// The clock runs, until accrual ends.
    Running,
    /// The clock stands still.
    Paused,
    /// Vouchers bill it; the clock stands still.
    Voucher,
    /// It closes: vouchers that are signed can be redeemed, until it is finished.
    Closing,
}

/// An open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Session {
    /// Who watches.
    pub id: SessionId,
    /// The stream.
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The page that it sits on.
    pub page: PageNo,
    /// The seat on that page.
    pub seat: u8,
    /// What it is doing.
    pub state: SessionState,
    /// Its asset.
    pub asset: AssetId,
    /// The stream's terms that it keeps.
    pub terms: TermsNo,
    /// The platform's fee that it keeps.
    pub fee_bps: u16,
    /// The referrer's part of the platform's fee.
    pub referral_bps: u16,
    /// The referrer, if it has one.
    pub referrer: Option<AccountId>,
    /// The plan's version that it keeps.
    pub plan: PlanNo,
    /// All that was placed on hold.
    pub hold: Balance,
    /// Moved to payees so far.
    pub settled: Balance,
    /// The base rate at open.
    pub rate_per_sec: Balance,
    /// The price factor in millionths.
    pub factor: u32,
    /// The highest price, in base units a second.
    pub ceiling: Balance,
    /// Its own latest end.
    pub until_ms: Option<Millis>,
    /// When it was opened.
    pub opened_ms: Millis,
    /// Up to when it has been charged; a paused session: when it was paused.
    pub since_ms: Millis,
    /// Accrued up to `since_ms`: base units × 10^9.
    pub accrued: u128,
    /// Milliseconds billed up to `since_ms`.
    pub watched_ms: Millis,
    /// From when it can be finished, once it is closing or an exit has begun.
    pub exit_ms: Option<Millis>,
    /// The key that signs its vouchers.
    pub key: Option<AccountId>,
    /// The key before that one, and until when what it signed is redeemed.
    pub old_key: Option<(AccountId, Millis)>,
    /// What vouchers have paid.
    pub voucher_amount: Balance,
    /// Milliseconds that were watched on vouchers.
    pub voucher_ms: Millis,
    /// Since when vouchers count time; 0: it never took any.
    pub voucher_from_ms: Millis,
    /// The stream's class at open, which the plan's factors go by.
    pub class: Class,
    /// The stream's category at open.
    pub category: u16,
    /// The audience step at open, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor in millionths.
    pub discount: u32,
    /// When the discount lapses; 0: it has none.
    pub discount_until_ms: Millis,
    /// How much of it is free: what was left of the viewer's preview at open.
    pub preview_ms: u32,
    /// Who placed the hold, if not the viewer: what remains goes back there.
    pub sponsor: Option<AccountId>,
}

/// What makes watching cheaper, if the viewer asks for it at open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Discount {
    /// Nothing.
    None,
    /// The viewer's best pass for the stream or its owner.
    Pass,
    /// What the viewer has at stake; nothing, if that is too little or cannot be told.
    Stake,
}

/// What `open` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OpenRequest {
    /// The stream.
    pub stream: StreamId,
    /// The asset.
    pub asset: AssetId,
    /// How much of the viewer's pool to place on hold: the most that the session can cost, until topped up.
    pub hold: Balance,
    /// The highest price, in base units a second, at which to go on watching.
    pub ceiling: Balance,
    /// The session's own latest end.
    pub until_ms: Option<Millis>,
    /// Who referred the viewer.
    pub referrer: Option<AccountId>,
    /// The sr25519 key that signs vouchers (the viewer's own, or one made for the session); `None`: the clock bills.
    pub key: Option<AccountId>,
    /// What makes it cheaper.
    pub discount: Discount,
    /// Who placed a budget for this stream at `patronage`, from which the hold is taken instead of the viewer's pool.
    pub sponsor: Option<AccountId>,
}

/// Tokens that come into the viewer's pool in the transaction that opens a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PermittedDeposit {
    /// How much of the request's asset.
    pub amount: Balance,
    /// The viewer's permit for the payment handler to take exactly that (`VlkPermit::permit`), by its deadline and signature;
    /// `None`: an allowance was given before.
    pub permit: Option<(Millis, [u8; 64])>,
}

/// What opening would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OpenQuote {
    /// The number that the session would have.
    pub number: SessionNo,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The price: base units a second, rounded down.
    pub price_per_sec: Balance,
    /// How long the hold lasts at this price.
    pub lasts_ms: Millis,
    /// The storage that opening adds and the viewer pays a deposit for.
    pub deposit: Footprint,
}

/// What became of a session in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum Outcome {
    /// This much was moved to the payees; zero when nothing new was owed.
    Settled(Balance),
    /// No such session.
    SessionNotFound,
    /// It is closed.
    SessionClosed,
    /// The batch names it before, whatever became of it there.
    Duplicate,
    /// The batch touches too many pages before it.
    TooManyPages,
}

/// A session and where it sits, as its `SessionOpened` tells: found without reading the viewer's cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Seated {
    /// The session.
    pub id: SessionId,
    /// The stream.
    pub stream: StreamId,
    /// The page.
    pub page: PageNo,
    /// The seat.
    pub seat: u8,
}

/// A voucher, as it is redeemed. Its other fields are those of the session and the contract; `crates/voucher` defines its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct SignedVoucher {
    /// Whose it is.
    pub at: Seated,
    /// Cumulative milliseconds.
    pub ms: Millis,
    /// Cumulative amount.
    pub amount: Balance,
    /// sr25519, by the session's key, over the raw bytes or `<Bytes>` around them.
    pub signature: [u8; 64],
}

/// Why a voucher was not paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum VoucherRefusal {
    /// This session does not sit there: it is closed, or never did.
    NotSeated,
    /// No key's vouchers count: none was set, or the grace of the last is over.
    NoKey,
    /// Its amount is not above what vouchers have paid.
    NotNewer,
    /// Its time is below what is paid for.
    TimeFallsBack,
    /// Its amount is above ceiling × time.
    AboveCeiling,
    /// Its time is beyond what the chain's clock, with a tolerance of 12 seconds, and the session's end allow.
    AheadOfTime {
        /// The most that is acceptable now.
        latest_ms: Millis,
    },
    /// Its amount is above what the hold covers for vouchers.
    AboveHold {
        /// What it covers, in all.
        available: Balance,
    },
    /// Not signed by a key that counts.
    BadSignature,
    /// The batch touches too many pages before it.
    TooManyPages,
}

/// What became of a voucher in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum VoucherOutcome {
    /// This much was moved to the payees.
    Paid(Balance),
    /// Nothing was.
    Refused(VoucherRefusal),
}

/// A seat's place, and who sits on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct OpenSession {
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The stream.
    pub stream: StreamId,
    /// The page.
    pub page: PageNo,
    /// The seat.
    pub seat: u8,
}

/// What is known of a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Viewer {
    /// Sessions opened so far.
    pub sessions: SessionNo,
    /// Milliseconds watched in sessions that are closed.
    pub watched_ms: Millis,
    /// The sessions that are open.
    pub open: Vec<OpenSession>,
}

/// What is known of a stream's audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Audience {
    /// Sessions open now.
    pub live: u32,
    /// Milliseconds watched in sessions that are closed.
    pub watched_ms: Millis,
    /// Sessions closed so far.
    pub closed: u32,
    /// Page numbers used so far (pages that were cleared are counted, and used again).
    pub pages: u32,
}

/// A page as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct PageView {
    /// Who paid its storage deposit, and may clear it.
    pub payer: AccountId,
    /// The sessions on it.
    pub sessions: Vec<SessionId>,
}

/// The meter's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct TickLimits {
    /// `PAGE_SEATS`.
    pub page_seats: u32,
    /// `PAGE_TERMS`.
    pub page_terms: u32,
    /// `MAX_PAGES`.
    pub pages: u32,
    /// `MAX_OPEN`.
    pub open: u32,
    /// `MAX_BATCH`.
    pub batch: u32,
    /// `MAX_BATCH_PAGES`.
    pub batch_pages: u32,
    /// `MAX_PROVIDED`.
    pub provided: u32,
    /// `MIN_HOLD_MS`.
    pub min_hold_ms: Millis,
}

/// What other contracts refuse. On chain the meter never has one in hand: it passes their bytes on as they came, and needs no code for
/// them. Whoever reads its answers, off chain, does.
#[cfg(feature = "std")]
mod refusal {
    pub use crate::{
        PatronageError as Patronage, PaymentHandlerError as Payments, PricingEngineError as Pricing,
    };
}
#[cfg(not(feature = "std"))]
mod refusal {
    /// Nothing that could be made.
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode)]
    pub enum Passed {}
    pub use self::{Passed as Patronage, Passed as Payments, Passed as Pricing};
}

/// Why the meter refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[allow(clippy::cast_possible_truncation)] // from the codec's derive
pub enum TickStreamError {
    /// The contract is not wired yet.
    NotWired,
    /// The registry could not be read.
    RegistryFailed,
    /// The pricing engine could not be called, or answered what cannot be: a charge that the session does not allow, shares above the whole.
    PricingFailed,
    /// The payment handler could not be called.
    PaymentsFailed,
    /// The pricing engine refused.
    Pricing(refusal::Pricing),
    /// The payment handler refused.
    Payments(refusal::Payments),
    /// The registry has no such stream.
    StreamNotFound,
    /// The viewer has a session on this stream already.
    AlreadyOpen {
        /// Its number.
        number: SessionNo,
    },
    /// The viewer has too many sessions open.
    TooManyOpen {
        /// The most.
        max: u32,
    },
    /// The price is above the viewer's ceiling.
    AboveCeiling {
        /// The price, rounded down.
        price_per_sec: Balance,
        /// The ceiling.
        ceiling: Balance,
    },
    /// The hold would be above the largest.
    HoldTooLarge {
        /// The largest.
        max: Balance,
    },
    /// The latest end is not in the future.
    UntilPassed,
    /// The stream has no more room for pages.
    StreamFull,
    /// No session of this viewer has this number.
    SessionNotFound,
    /// The session is closed.
    SessionClosed,
    /// The session's accrual has ended for good; it can only be settled and closed.
    SessionEnded {
        /// When.
        ended_ms: Millis,
    },
    /// The session has not ended: only its viewer may close it.
    SessionNotEnded,
    /// The session is not running.
    NotRunning,
    /// The session is not paused.
    NotPaused,
    /// An exit has begun already.
    ExitBegun {
        /// From when it can be finished.
        finish_ms: Millis,
    },
    /// No exit has begun.
    ExitNotBegun,
    /// The exit cannot be finished yet.
    ExitNotDue {
        /// From when it can be.
        finish_ms: Millis,
    },
    /// The amount is zero.
    ZeroAmount,
    /// Too many items in one call.
    TooMany {
        /// The most.
        max: u32,
    },
    /// The stream has no such page.
    PageNotFound,
    /// Only the payer of a page may clear it.
    NotPagePayer,
    /// Somebody sits on the page.
    PageNotEmpty,
    /// A number passed its limit.
    Overflow,
    /// The chain does not have the code of `tick_lifecycle`, or it trapped or ran out of gas.
    LifecycleFailed,
    /// The key is the zero key, for which anyone could sign, or the session's already.
    InvalidKey,
    /// A key that was replaced or revoked still counts: the next can be set, or the clock resumed, after that.
    KeyChanging {
        /// Until when.
        until_ms: Millis,
    },
    /// The voucher was refused.
    Voucher(VoucherRefusal),
    /// Only the owner of the stream, as the session's terms name it, may do this.
    NotCreator,
    /// The session is not closing.
    NotClosing,
    /// A sponsored session is billed by the clock, within the hold that its sponsor placed: it takes no key and no top-up.
    Sponsored,
    /// The contract of sponsors could not be called.
    PatronageFailed,
    /// The contract of sponsors refused.
    Patronage(refusal::Patronage),
}

/// The meter passes errors on in boxes, which keeps its code small, and opens them at its messages.
impl From<Box<TickStreamError>> for TickStreamError {
    #[inline(never)] // smaller
    fn from(error: Box<TickStreamError>) -> Self {
        *error
    }
}

/// Sessions: opened by viewers, billed by the clock, settled by anyone.
///
/// Constructor `new(genesis_hash: Hash, exit_delay_ms: Millis, change_delay_ms: Millis, lifecycle: Hash) -> Result<Self,
/// AdminError>`: the caller becomes the owner; `lifecycle` is the hash of the uploaded code of `tick_lifecycle`.
/// `DelayOutOfRange`: the change delay; `InvalidSetup`: an exit delay above `MAX_GRACE_MS`, or below `MIN_EXIT_DELAY_MS` with a
/// change delay above zero. Wired to registry, pricing, payments and patronage; payments once and for ever.
///
/// A session **ends** when its accrual ends for good: its hold is used up, its price passed its ceiling, its `until_ms` or the
/// broadcast's end has come (see `PricingEngine::charge`). It then costs nothing more, and anyone may settle and close it.
///
/// What a session owes is a pure function of its state, its broadcast's price track and end, and now: floor(accrued / 10^9).
///
/// A message that names a session answers `SessionNotFound` for a number that the viewer never had, and `SessionClosed` for
/// one that is no longer open.
#[ink::trait_definition]
pub trait TickStream {
    /// The genesis hash of the chain that this contract was made for.
    #[ink(message)]
    fn genesis_hash(&self) -> Hash;

    /// How long an exit takes.
    #[ink(message)]
    fn exit_delay(&self) -> Millis;

    /// A viewer's sessions and time.
    #[ink(message)]
    fn viewer(&self, viewer: AccountId) -> Viewer;

    /// A stream's sessions and time.
    #[ink(message)]
    fn audience(&self, stream: StreamId) -> Audience;

    /// How many sessions of a stream are open.
    #[ink(message)]
    fn live_viewers(&self, stream: StreamId) -> u32;

    /// A page of a stream, or `None`.
    #[ink(message)]
    fn page(&self, stream: StreamId, page: PageNo) -> Option<PageView>;

    /// Settles what a session owes up to now, and returns it.
    ///
    /// Caller: anyone; money moves only from the session's hold to its payees' payable balances.
    /// Rounding: down; the remainder stays with the session and is not lost.
    /// No-op: returns `Ok(0)` and emits nothing when nothing new is owed.
    ///
    /// # Events
    /// `Settled { settlements }`: one item, with session, amount, settled in all, and up to when.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `PricingFailed`, `Pricing(_)`; `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn settle(&mut self, id: SessionId) -> Result<Balance, TickStreamError>;

    /// Settles many sessions, of any viewers and streams; says what became of each, in order.
    ///
    /// Caller: anyone.
    /// A session that is unknown, closed or named twice costs the others nothing.
    ///
    /// # Events
    /// One `Settled` for the batch, with the sessions that owed something; none if none did.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `TooMany`: above `MAX_BATCH`;
    /// - `PricingFailed`, `Pricing(_)`; `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn settle_many(&mut self, ids: Vec<SessionId>) -> Result<Vec<Outcome>, TickStreamError>;

    /// Settles every session on a page, and returns what was moved, in base units of each asset.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// One `Settled`, with the sessions that owed something; none if none did.
    ///
    /// # Errors
    /// - `NotWired`; `PageNotFound`;
    /// - `PricingFailed`, `Pricing(_)`; `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn settle_page(
        &mut self,
        stream: StreamId,
        page: PageNo,
    ) -> Result<Vec<(AssetId, Balance)>, TickStreamError>;

    /// Pays a voucher: moves what it adds from the session's hold to its payees, and returns that.
    ///
    /// Caller: anyone; the voucher names the session, and the session names the payees.
    /// It pays if: its amount is above what vouchers have paid, its time not below theirs; amount × 1,000 ≤ ceiling × milliseconds;
    /// milliseconds ≤ the chain's time since vouchers count (up to the session's own end) plus 12 seconds; it is within the hold less what the
    /// clock owes; a key that counts signed it. The registry is not asked: a viewer signs what was delivered.
    ///
    /// # Events
    /// `Redeemed { redemptions }`, with one item.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `Voucher(_)`: see `VoucherRefusal`, checked in its order;
    /// - `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn redeem(&mut self, voucher: SignedVoucher) -> Result<Balance, TickStreamError>;

    /// Pays many vouchers, of any viewers and streams; says what became of each, in order. One bad one costs the others
    /// nothing.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// One `Redeemed` for the batch, with the vouchers that were paid; none if none was.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `TooMany`: above `MAX_BATCH`;
    /// - `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn redeem_many(
        &mut self,
        vouchers: Vec<SignedVoucher>,
    ) -> Result<Vec<VoucherOutcome>, TickStreamError>;

    /// The limits.
    #[ink(message)]
    fn limits(&self) -> TickLimits;
}

/// How a session comes to be, changes and ends: opening and its seats, the hold, the clock, the key, closing, the exit. And how it is
/// read: whoever settles many should not load the code for that.
///
/// These messages are sent to `tick_stream`, as those of [`TickStream`] are; it hands them over to a second code, `tick_lifecycle`,
/// which runs on its storage.
#[ink::trait_definition]
pub trait TickLifecycle {
    /// An open session, or `None`.
    #[ink(message)]
    fn session(&self, id: SessionId) -> Option<Session>;

    /// The session that sits there, open or closing, or `None`.
    #[ink(message)]
    fn session_at(&self, at: Seated) -> Option<Session>;

    /// The session that a viewer has open on a stream, or `None`.
    #[ink(message)]
    fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session>;

    /// Whether `viewer` could open now, and what it would take; the errors are those of `open`, in the same order.
    #[ink(message)]
    fn can_open(
        &self,
        viewer: AccountId,
        request: OpenRequest,
    ) -> Result<OpenQuote, TickStreamError>;

    /// Opens a session of the caller, places its hold, starts its clock, and returns its number.
    ///
    /// Caller: anyone, with money in their pool.
    ///
    /// # Events
    /// `SessionOpened { viewer, number, stream, broadcast, page, seat, asset, terms, fee_bps, referral_bps, referrer, hold,
    /// rate_per_sec, factor, ceiling, until_ms, plan, key, extras }`; with a sponsor, the sponsor is in `extras`, and `until_ms` at most the sponsorship's; `PageProvided` before it if the caller paid for a page.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `AlreadyOpen`, `TooManyOpen`;
    /// - `UntilPassed`: `until_ms` is not after now;
    /// - `PricingFailed`, `Pricing(_)`: as `PricingEngine::offer`;
    /// - `StreamFull`; `Overflow`: no more numbers;
    /// - with a sponsor: `PatronageFailed`, `Patronage(_)`: as `Patronage::sponsor_session`;
    /// - `PaymentsFailed`, `Payments(_)`: as `Holds::hold`;
    /// - `StreamFull`: the last page with a vacant seat has no room for these terms.
    ///
    /// `InvalidKey`, for the zero key, comes after `UntilPassed`; then `Sponsored`, for a sponsor and a key together.
    #[ink(message)]
    fn open(&mut self, request: OpenRequest) -> Result<SessionNo, TickStreamError>;

    /// Moves tokens of the caller to the caller's pool, by a permit that the caller signed or an allowance, and opens a session, in one
    /// transaction: all of it happens, or nothing. A permit that was used already is passed over if the allowance suffices.
    ///
    /// Caller: anyone, with tokens of the request's asset.
    ///
    /// # Events
    /// `Deposited`, then as `open`.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `PaymentsFailed`, `Payments(_)`: as `PaymentDesk::deposit_permitted`;
    /// - then as `open`.
    #[ink(message)]
    fn deposit_and_open(
        &mut self,
        request: OpenRequest,
        deposit: PermittedDeposit,
    ) -> Result<SessionNo, TickStreamError>;

    /// How much of the plan's free preview of `preview_ms` a viewer has left in a broadcast.
    #[ink(message)]
    fn preview_left(
        &self,
        viewer: AccountId,
        stream: StreamId,
        broadcast: BroadcastNo,
        preview_ms: u32,
    ) -> u32;

    /// Adds empty pages to a stream, so that viewers pay no deposit for their seats. The caller pays, and may clear them.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `PageProvided { stream, page, payer }` for each.
    ///
    /// # Errors
    /// - `NotWired`;
    /// - `ZeroAmount`; `TooMany`: above `MAX_PROVIDED`;
    /// - `RegistryFailed`, `StreamNotFound`;
    /// - `StreamFull`.
    #[ink(message)]
    fn provide_seats(&mut self, stream: StreamId, pages: u32) -> Result<(), TickStreamError>;

    /// Removes an empty page; its storage deposit returns to the caller, who paid it.
    ///
    /// Caller: the payer of the page.
    ///
    /// # Events
    /// `PageCleared { stream, page, payer }`.
    ///
    /// # Errors
    /// - `PageNotFound`; `NotPagePayer`; `PageNotEmpty`.
    #[ink(message)]
    fn clear_page(&mut self, stream: StreamId, page: PageNo) -> Result<(), TickStreamError>;

    /// What the session owes its payees now and has not paid: what settling would move.
    ///
    /// # Errors
    /// - `SessionNotFound`, `SessionClosed`; `NotWired`, `PricingFailed`, `Pricing(_)`: as `PricingEngine::charge`.
    #[ink(message)]
    fn owed(&self, id: SessionId) -> Result<Balance, TickStreamError>;

    /// What closing the session now would release to its viewer.
    ///
    /// Errors: as `owed`.
    #[ink(message)]
    fn refundable(&self, id: SessionId) -> Result<Balance, TickStreamError>;

    /// When the session's accrual ends at the prices known now, if the broadcast goes on; `None` for one that is paused
    /// (it may stay so) and has not ended.
    ///
    /// Errors: as `owed`.
    #[ink(message)]
    fn runs_out_at(&self, id: SessionId) -> Result<Option<Millis>, TickStreamError>;

    /// Adds `amount` from the caller's pool to a session's hold. What remains of it goes to the session's viewer.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `SessionToppedUp { viewer, number, payer, amount, hold }`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `Sponsored`; `ZeroAmount`; `HoldTooLarge`;
    /// - `PricingFailed`, `Pricing(_)`; `SessionEnded`;
    /// - `PaymentsFailed`, `Payments(_)`: as `Holds::top_up`.
    #[ink(message)]
    fn top_up(&mut self, id: SessionId, amount: Balance) -> Result<(), TickStreamError>;

    /// Stops the clock of a session of the caller. Moves no money.
    ///
    /// Caller: the session's viewer.
    ///
    /// # Events
    /// `SessionPaused { viewer, number, at_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `NotRunning`;
    /// - `PricingFailed`, `Pricing(_)`; `SessionEnded`.
    #[ink(message)]
    fn pause(&mut self, number: SessionNo) -> Result<(), TickStreamError>;

    /// Starts the clock of a paused session of the caller again, at the price of now.
    ///
    /// Caller: the session's viewer.
    ///
    /// # Events
    /// `SessionResumed { viewer, number, at_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `NotPaused`: it runs, or vouchers bill it;
    /// - `KeyChanging`: a revoked key's vouchers still count, and the clock must not use up what is signed;
    /// - `PricingFailed`, `Pricing(_)`; `SessionEnded`;
    /// - `AboveCeiling`: rate × factor > ceiling × 10^6.
    #[ink(message)]
    fn resume(&mut self, number: SessionNo) -> Result<(), TickStreamError>;

    /// Sets, rotates or (with `None`) revokes the key that signs the vouchers of a session of the caller. A session with a key is
    /// billed by vouchers: its clock stops, after a charge up to now. Without one it is paused: `resume` starts the clock, once
    /// what the old key signed counts no more. (To go on by the clock at once: `close` and `open`.)
    ///
    /// Caller: the session's viewer.
    /// What an old key signed is redeemed for the exit delay after it was replaced. Time and amount of vouchers go on, whatever the key.
    ///
    /// # Events
    /// `KeyChanged { viewer, number, old, new, old_until_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `InvalidKey`: the zero key, or no change; `Sponsored`;
    /// - `ExitBegun`;
    /// - `KeyChanging`: there is a key, and the one before it still counts;
    /// - `PricingFailed`, `Pricing(_)`; `SessionEnded`.
    #[ink(message)]
    fn set_key(&mut self, number: SessionNo, key: Option<AccountId>)
        -> Result<(), TickStreamError>;

    /// Begins to leave a session without anybody's help: its accrual ends now, and after the exit delay `finish_exit` releases
    /// what has not been charged by then. Reads no other contract. Settling and closing stay possible.
    ///
    /// Caller: the session's viewer.
    ///
    /// # Events
    /// `ExitBegun { viewer, number, stream, finish_ms }`.
    ///
    /// # Errors
    /// - `SessionNotFound`, `SessionClosed`;
    /// - `ExitBegun`: already.
    #[ink(message)]
    fn begin_exit(&mut self, number: SessionNo) -> Result<(), TickStreamError>;

    /// Settles and closes a session of the caller; what is left of its hold goes to the caller's pool.
    /// Returns what was settled now.
    ///
    /// A session whose vouchers still count only begins to close: its clock and its vouchers' time stop, it leaves the list of
    /// open sessions, so that the viewer may open again, and what is signed can be redeemed for the exit
    /// delay. Then anyone may `finish_close`; the creator may `dismiss` it sooner. It returns 0 then.
    ///
    /// Caller: the session's viewer, at any time.
    ///
    /// # Events
    /// `SessionClosed { viewer, number, stream, broadcast, asset, opened_ms, closed_ms, watched_ms, hold, settled, released, by }`:
    /// the receipt. Or `SessionClosing { viewer, number, stream, page, seat, finish_ms }`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `PricingFailed`, `Pricing(_)`; `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn close(&mut self, number: SessionNo) -> Result<Balance, TickStreamError>;

    /// Settles and closes a session that has ended; what is left of its hold goes to its viewer's pool.
    ///
    /// Caller: anyone; the viewer too.
    ///
    /// # Events
    /// `SessionClosed { .. }`, as `close`.
    ///
    /// # Errors
    /// - As `close`, and after `Pricing(_)`: `SessionNotEnded`; `ExitNotDue`: its vouchers still count, until the exit delay
    ///   has passed since its end.
    #[ink(message)]
    fn close_ended(&mut self, id: SessionId) -> Result<Balance, TickStreamError>;

    /// Closes the session at what was charged so far (by the last settlement or pause) and releases the rest to its viewer's
    /// pool. Reads neither registry nor pricing. Time since then counts neither as owed nor as watched.
    ///
    /// Caller: the session's viewer.
    ///
    /// # Events
    /// `SessionClosed { .. }`, as `close`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`, `SessionClosed`;
    /// - `ExitNotBegun`; `ExitNotDue`: earlier than `finish_ms`;
    /// - `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn finish_exit(&mut self, number: SessionNo) -> Result<(), TickStreamError>;

    /// Settles and closes a session at once, whatever is signed; what is left of its hold goes to its viewer's pool. Returns
    /// what was settled now.
    ///
    /// Caller: the owner of the stream, as the session's terms name it: who loses what it has not redeemed.
    ///
    /// # Events
    /// `SessionClosed { .. }`, as `close`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`: it does not sit there;
    /// - `NotCreator`;
    /// - `PricingFailed`, `Pricing(_)`, if its clock runs; `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn dismiss(&mut self, at: Seated) -> Result<Balance, TickStreamError>;

    /// Closes a session that began to close, once the time to redeem its vouchers is over. Returns what was settled now.
    ///
    /// Caller: anyone.
    ///
    /// # Events
    /// `SessionClosed { .. }`, as `close`.
    ///
    /// # Errors
    /// - `NotWired`; `SessionNotFound`: it does not sit there;
    /// - `NotClosing`; `ExitNotDue`: earlier than `finish_ms`;
    /// - `PaymentsFailed`, `Payments(_)`.
    #[ink(message)]
    fn finish_close(&mut self, at: Seated) -> Result<Balance, TickStreamError>;
}
