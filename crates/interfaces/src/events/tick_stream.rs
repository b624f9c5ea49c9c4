//! Events of `TickStream`.

use crate::{
    AccountId, AssetId, Balance, BroadcastNo, Millis, PageNo, PlanNo, SessionId, SessionNo,
    StreamId, TermsNo,
};
use ink::prelude::vec::Vec;

/// A session was opened.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOpened {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The page.
    pub page: PageNo,
    /// The seat.
    pub seat: u8,
    /// The asset.
    pub asset: AssetId,
    /// The stream's terms that it keeps.
    pub terms: TermsNo,
    /// The platform's fee that it keeps.
    pub fee_bps: u16,
    /// The referrer's part of the platform's fee.
    pub referral_bps: u16,
    /// The referrer.
    pub referrer: Option<AccountId>,
    /// The hold.
    pub hold: Balance,
    /// The base rate.
    pub rate_per_sec: Balance,
    /// The price factor in millionths.
    pub factor: u32,
    /// The highest price.
    pub ceiling: Balance,
    /// The session's own latest end.
    pub until_ms: Option<Millis>,
    /// The plan's version that it keeps.
    pub plan: PlanNo,
    /// The key that signs its vouchers; none: the clock bills it.
    pub key: Option<AccountId>,
    /// What else makes its price, or pays for it; `None` for most.
    pub extras: Option<OpenedWith>,
}

/// What makes a session's price besides rate and factor, and who pays, where that is not the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct OpenedWith {
    /// The audience step, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor in millionths.
    pub discount: u32,
    /// When the discount lapses; 0: there is none.
    pub discount_until_ms: Millis,
    /// How much of the session is free.
    pub preview_ms: u32,
    /// Whose budget placed the hold.
    pub sponsor: Option<AccountId>,
}

/// A hold was topped up.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionToppedUp {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// Who gave it.
    pub payer: AccountId,
    /// How much.
    pub amount: Balance,
    /// The whole hold now.
    pub hold: Balance,
}

/// A session's clock was stopped.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPaused {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// When.
    pub at_ms: Millis,
}

/// A session's clock was started again.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionResumed {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// When.
    pub at_ms: Millis,
}

/// One session's part in a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Settlement {
    /// The session.
    pub session: SessionId,
    /// What was moved now.
    pub amount: Balance,
    /// What was moved in all.
    pub settled: Balance,
    /// Up to when it was charged.
    pub upto_ms: Millis,
}

/// Sessions were settled; one event for a whole batch.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Each session that owed something.
    pub settlements: Vec<Settlement>,
}

/// The key that signs a session's vouchers was set, rotated or revoked.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChanged {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The key before; what it signed counts until `old_until_ms`.
    pub old: Option<AccountId>,
    /// The key from now on.
    pub new: Option<AccountId>,
    /// Until when the old key's vouchers are redeemed; 0 if there was none.
    pub old_until_ms: Millis,
}

/// One session's part in a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Redemption {
    /// The session.
    pub session: SessionId,
    /// What was moved now.
    pub amount: Balance,
    /// What was moved in all, by vouchers and by the clock.
    pub settled: Balance,
    /// The voucher's amount: all that vouchers have paid.
    pub voucher_amount: Balance,
    /// The voucher's time: all that was watched on vouchers.
    pub voucher_ms: Millis,
}

/// Vouchers were redeemed; one event for a whole batch.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// Each voucher that was paid.
    pub redemptions: Vec<Redemption>,
}

/// A session with vouchers begins to close: what is signed can be redeemed until `finish_ms`.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClosing {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The stream, whose payees should redeem before `finish_ms`.
    #[ink(topic)]
    pub stream: StreamId,
    /// The page that it still sits on.
    pub page: PageNo,
    /// The seat.
    pub seat: u8,
    /// From when anyone may finish.
    pub finish_ms: Millis,
}

/// A session was closed: the receipt.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionClosed {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The asset.
    pub asset: AssetId,
    /// When it was opened.
    pub opened_ms: Millis,
    /// When it was closed.
    pub closed_ms: Millis,
    /// Milliseconds billed, by the clock and by vouchers.
    pub watched_ms: Millis,
    /// All that was placed on hold.
    pub hold: Balance,
    /// What went to the payees in all.
    pub settled: Balance,
    /// What went back to the viewer's pool, or to the sponsor's budget.
    pub released: Balance,
    /// Who closed it.
    pub by: AccountId,
}

/// A viewer leaves without anybody's help.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitBegun {
    /// The viewer.
    #[ink(topic)]
    pub viewer: AccountId,
    /// The viewer's own number of the session.
    pub number: SessionNo,
    /// The stream, whose payees should settle before `finish_ms`.
    #[ink(topic)]
    pub stream: StreamId,
    /// From when the viewer can finish.
    pub finish_ms: Millis,
}

/// A page of seats was added.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageProvided {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The page.
    pub page: PageNo,
    /// Who paid its storage deposit.
    pub payer: AccountId,
}

/// An empty page was removed.
#[ink::event]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageCleared {
    /// The stream.
    #[ink(topic)]
    pub stream: StreamId,
    /// The page.
    pub page: PageNo,
    /// Who had paid its storage deposit.
    pub payer: AccountId,
}
