//! Where sessions sit: pages of 32 seats, one storage cell a page.
//!
//! Every cell here has a fixed size, so that nobody's call changes the storage deposit that another
//! paid: a vacant seat, an unused terms slot and an unused place in an account's list are zeros. Seats are
//! kept as bytes and decoded one by one, so that a call pays for the seats that it touches.

use crate::Checked;
use ink::{
    prelude::{boxed::Box, vec, vec::Vec},
    scale::{Decode, Encode},
};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, BroadcastNo, ChargeItem, Charged, Class, FeeTerms, Millis, Offer,
    OpenSession, PageNo, PayTerms, PlanNo, Planned, Session, SessionId, SessionNo, SessionState,
    Share, StreamId, TermsNo, TickStreamError as Error, FACTOR_ONE, FULL_BPS, MAX_OPEN, MAX_PAGES,
    PAGE_SEATS, PAGE_TERMS,
};
use vilokanam_math::charge::{owed, UNIT};

/// No account: a session without a referrer, a vacant place.
pub const NOBODY: [u8; 32] = [0; 32];
/// No end of a session's own.
pub const NO_END: Millis = Millis::MAX;
/// The most co-hosts, as an array's length.
const COHOSTS: usize = vilokanam_interfaces::MAX_COHOSTS as usize;

/// A session, as it is stored. Every field has a fixed size.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Seat {
    /// The viewer's own number of the session; zero: the seat is vacant. First, to be read alone.
    pub number: SessionNo,
    /// The page's terms slot that it uses. Second, to be read alone.
    pub terms: u8,
    /// Whether the viewer paused it.
    pub paused: bool,
    /// Its asset.
    pub asset: AssetId,
    /// The viewer.
    pub viewer: AccountId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// The plan's version.
    pub plan: PlanNo,
    /// The referrer, or `NOBODY`.
    pub referrer: AccountId,
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
    /// Accrued up to `since_ms`: base units × 10^9.
    pub accrued: u128,
    /// Up to when it is charged; a paused session: when it was paused.
    pub since_ms: Millis,
    /// Milliseconds billed up to `since_ms`.
    pub watched_ms: Millis,
    /// When it was opened.
    pub opened_ms: Millis,
    /// Its own latest end, or `NO_END`.
    pub until_ms: Millis,
    /// From when it can be finished; zero before it closes or `begin_exit`.
    pub exit_ms: Millis,
    /// Whether it is closing: no longer listed, and finished by anyone.
    pub closing: bool,
    /// The key that signs its vouchers, or `NOBODY`.
    pub key: AccountId,
    /// The key before that one, or `NOBODY`.
    pub old_key: AccountId,
    /// Until when what the old key signed counts.
    pub old_until_ms: Millis,
    /// What vouchers have paid.
    pub voucher_amount: Balance,
    /// Milliseconds watched on vouchers.
    pub voucher_ms: Millis,
    /// Since when vouchers count time; zero: it never had a key.
    pub voucher_from_ms: Millis,
    /// The stream's class at open.
    pub class: Class,
    /// The stream's category at open.
    pub category: u16,
    /// The audience step at open, counted from 1; 0: none.
    pub step: u8,
    /// The discount's factor in millionths.
    pub discount: u32,
    /// When the discount lapses; 0: there is none.
    pub discount_until_ms: Millis,
    /// How much of it is free.
    pub preview_ms: u32,
    /// Whether a sponsor placed its hold, whom the ledger names.
    pub sponsored: bool,
    /// What others than its viewer gave to its hold, in all; at most `u64::MAX`, which says that it is not known.
    pub gifts: u64,
    /// Zero: room for what later features fix at open, so that pages with sessions on them need no migration.
    pub spare: [u8; 2],
}

/// An account, or `None` for `NOBODY`.
pub fn some(account: AccountId) -> Option<AccountId> {
    (account != AccountId::from(NOBODY)).then_some(account)
}

/// The bytes of a seat.
pub const SEAT_LEN: usize = 340;
/// Where the number ends: a vacant seat has zeros up to here.
const NUMBER_LEN: usize = 4;

impl Seat {
    /// The session's identity.
    pub fn id(&self) -> SessionId {
        SessionId {
            viewer: self.viewer,
            number: self.number,
        }
    }

    /// The referrer, if it has one.
    pub fn referrer(&self) -> Option<AccountId> {
        some(self.referrer)
    }

    /// As the pricing engine takes it.
    pub fn charge_item(&self, stream: StreamId) -> ChargeItem {
        ChargeItem {
            stream,
            broadcast: self.broadcast,
            asset: self.asset,
            rate_per_sec: self.rate_per_sec,
            factor: self.factor,
            ceiling: self.ceiling,
            // Clock and vouchers draw on one hold.
            hold: self.hold.saturating_sub(self.voucher_amount),
            accrued: self.accrued,
            since_ms: self.since_ms,
            running: !self.paused,
            stop_ms: self.until_ms,
            planned: self.planned(),
        }
    }

    /// What makes its price; nothing but rate and factor for most.
    fn planned(&self) -> Option<Planned> {
        if self.plan == 0 && self.discount_until_ms == 0 {
            return None;
        }
        Some(Planned {
            plan: self.plan,
            class: self.class,
            category: self.category,
            step: self.step,
            discount: self.discount,
            discount_until_ms: self.discount_until_ms,
            preview_ms: self.preview_ms,
            watched_ms: self.watched_ms,
        })
    }

    /// What it did not watch of its preview, once it is charged as far as it will be. A clock that was not charged to its end (an
    /// exit) counts as watched all the same.
    pub fn unwatched_preview(&self, now_ms: Millis) -> u32 {
        let uncharged = match self.paused {
            true => 0,
            false => self.until_ms.min(now_ms).saturating_sub(self.since_ms),
        };
        let watched = self.watched_ms.saturating_add(uncharged);
        self.preview_ms
            .saturating_sub(u32::try_from(watched).unwrap_or(u32::MAX))
    }

    /// Adds what another than its viewer gave to its hold.
    pub fn add_gift(&mut self, amount: Balance) {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        self.gifts = self.gifts.saturating_add(amount);
    }

    /// What its viewer placed of its hold; all of it where that is not known.
    pub fn own_hold(&self) -> Balance {
        match self.gifts {
            u64::MAX => self.hold,
            gifts => self.hold.saturating_sub(gifts.into()),
        }
    }

    /// How much of what is released was counted against its payer's limits for sure: what is above all gifts.
    pub fn counted(&self, released: Balance) -> Balance {
        match self.gifts {
            u64::MAX => 0,
            gifts => released.saturating_sub(gifts.into()),
        }
    }

    /// What the payees have earned: by the clock up to `since_ms`, and by vouchers.
    pub fn earned(&self) -> Checked<Balance> {
        owed(self.accrued)
            .checked_add(self.voucher_amount)
            .ok_or_else(|| Error::Overflow.into())
    }

    /// What they have earned and was not moved to them.
    pub fn unsettled(&self) -> Checked<Balance> {
        self.earned()?
            .checked_sub(self.settled)
            .ok_or_else(|| Error::Overflow.into())
    }

    /// The keys whose vouchers count at an instant.
    pub fn keys(&self, now_ms: Millis) -> impl Iterator<Item = AccountId> {
        let old = if now_ms < self.old_until_ms {
            self.old_key
        } else {
            NOBODY.into()
        };
        [self.key, old]
            .into_iter()
            .filter(|key| *key != AccountId::from(NOBODY))
    }

    /// Whether some key's vouchers count.
    pub fn takes_vouchers(&self, now_ms: Millis) -> bool {
        self.keys(now_ms).next().is_some()
    }

    /// Milliseconds watched, by the clock and on vouchers.
    pub fn all_watched_ms(&self) -> Millis {
        self.watched_ms.saturating_add(self.voucher_ms)
    }

    /// Takes a charge over, or fails with `PricingFailed`.
    ///
    /// What a second costs is the pricing engine's to say, but no more than the viewer agreed to: else one that lies could move the holds
    /// of others, or write down what no exit can settle.
    pub fn advance(&mut self, charged: &Charged, now_ms: Millis) -> Checked<()> {
        if !self.allows(charged, now_ms).unwrap_or(false) {
            return Err(Error::PricingFailed.into());
        }
        self.accrued = charged.accrued;
        self.since_ms = charged.upto_ms;
        self.watched_ms = self.watched_ms.saturating_add(charged.added_ms);
        Ok(())
    }

    /// Whether a charge adds what clock, end, ceiling and hold allow, at `now_ms`. `None`: it takes something away.
    fn allows(&self, charged: &Charged, now_ms: Millis) -> Option<bool> {
        let latest_ms = match self.paused {
            true => self.since_ms,
            false => self.until_ms.min(now_ms).max(self.since_ms),
        };
        let ran_ms = charged.upto_ms.checked_sub(self.since_ms)?;
        let added = charged.accrued.checked_sub(self.accrued)?;
        // Any ceiling will do: one that overflows is above all that a hold can be.
        let most = self.ceiling.saturating_mul(FACTOR_ONE.into());
        let most = most.saturating_mul(ran_ms.into());
        let hold = self.hold.checked_sub(self.voucher_amount)?;
        Some(
            charged.added_ms == ran_ms
                && charged.upto_ms <= latest_ms
                && added <= most
                && charged.accrued <= hold.checked_mul(UNIT)?,
        )
    }

    /// As readers see it.
    pub fn view(
        &self,
        place: &OpenSession,
        terms: &TermsSlot,
        sponsor: Option<AccountId>,
    ) -> Session {
        Session {
            id: self.id(),
            stream: place.stream,
            broadcast: self.broadcast,
            page: place.page,
            seat: place.seat,
            state: if self.closing {
                SessionState::Closing
            } else if !self.paused {
                SessionState::Running
            } else if some(self.key).is_some() {
                SessionState::Voucher
            } else {
                SessionState::Paused
            },
            asset: self.asset,
            terms: terms.terms_no,
            fee_bps: terms.fee_bps,
            referral_bps: terms.referral_bps,
            referrer: self.referrer(),
            plan: self.plan,
            hold: self.hold,
            settled: self.settled,
            rate_per_sec: self.rate_per_sec,
            factor: self.factor,
            ceiling: self.ceiling,
            until_ms: (self.until_ms != NO_END).then_some(self.until_ms),
            opened_ms: self.opened_ms,
            since_ms: self.since_ms,
            accrued: self.accrued,
            watched_ms: self.watched_ms,
            exit_ms: (self.exit_ms != 0).then_some(self.exit_ms),
            key: some(self.key),
            old_key: some(self.old_key).map(|key| (key, self.old_until_ms)),
            voucher_amount: self.voucher_amount,
            voucher_ms: self.voucher_ms,
            voucher_from_ms: self.voucher_from_ms,
            class: self.class,
            category: self.category,
            step: self.step,
            discount: self.discount,
            discount_until_ms: self.discount_until_ms,
            preview_ms: self.preview_ms,
            sponsor,
        }
    }
}

/// Who gets what of the sessions that use it: fixed at open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct TermsSlot {
    /// The stream's terms.
    pub terms_no: TermsNo,
    /// The platform's fee.
    pub fee_bps: u16,
    /// The referrer's part of it.
    pub referral_bps: u16,
    /// The stream's owner at open.
    pub owner: AccountId,
    /// The co-hosts; an unused place has no share.
    pub cohosts: [(AccountId, u16); COHOSTS],
}

/// The bytes of a terms slot.
pub const TERMS_LEN: usize = 142;

impl TermsSlot {
    /// The slot for sessions that open on `offer` under `fees`. `PricingFailed`, if its shares are more than the whole, or too many: what is
    /// owed could never be split.
    pub fn new(offer: &Offer, fees: FeeTerms) -> Checked<Self> {
        let mut cohosts = [(AccountId::from(NOBODY), 0); COHOSTS];
        let mut left = Some(FULL_BPS);
        for (place, share) in cohosts.iter_mut().zip(&offer.terms.cohosts) {
            *place = (share.account, share.bps);
            left = left.and_then(|left| left.checked_sub(share.bps));
        }
        if left.is_none() || offer.terms.cohosts.len() > COHOSTS {
            return Err(Error::PricingFailed.into());
        }
        Ok(Self {
            terms_no: offer.terms_no,
            fee_bps: fees.fee_bps,
            referral_bps: fees.referral_bps,
            owner: offer.terms.owner,
            cohosts,
        })
    }

    /// As the payment handler takes them.
    pub fn pay_terms(&self) -> PayTerms {
        PayTerms {
            fees: FeeTerms {
                fee_bps: self.fee_bps,
                referral_bps: self.referral_bps,
            },
            owner: self.owner,
            cohosts: self
                .cohosts
                .iter()
                .filter(|(_, bps)| *bps > 0)
                .map(|&(account, bps)| Share { account, bps })
                .collect(),
        }
    }
}

/// A page of seats. One read and one write serve all its sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Page {
    /// Who paid its storage deposit.
    pub payer: AccountId,
    /// `PAGE_TERMS` slots of `TERMS_LEN` bytes.
    terms: Vec<u8>,
    /// `PAGE_SEATS` seats of `SEAT_LEN` bytes.
    seats: Vec<u8>,
}

/// The bytes of a page's cell: what its payer pays a deposit for.
pub const PAGE_LEN: usize =
    32 + 2 + PAGE_TERMS as usize * TERMS_LEN + 2 + PAGE_SEATS as usize * SEAT_LEN;

impl Page {
    /// An empty page.
    pub fn new(payer: AccountId) -> Self {
        Self {
            payer,
            terms: vec![0; (PAGE_TERMS as usize).saturating_mul(TERMS_LEN)],
            seats: vec![0; (PAGE_SEATS as usize).saturating_mul(SEAT_LEN)],
        }
    }

    /// The session on a seat, or `None` if it is vacant.
    pub fn seat(&self, seat: u8) -> Option<Box<Seat>> {
        let bytes = self.seats.chunks_exact(SEAT_LEN).nth(usize::from(seat))?;
        if is_vacant(bytes) {
            return None;
        }
        Box::decode(&mut &bytes[..]).ok()
    }

    /// Seats a session, or changes the one that sits there.
    pub fn put(&mut self, seat: u8, session: &Seat) {
        if let Some(bytes) = self.seats.chunks_exact_mut(SEAT_LEN).nth(usize::from(seat)) {
            copy(bytes, &session.encode());
        }
    }

    /// Makes a seat vacant.
    pub fn vacate(&mut self, seat: u8) {
        if let Some(bytes) = self.seats.chunks_exact_mut(SEAT_LEN).nth(usize::from(seat)) {
            bytes.fill(0);
        }
    }

    /// The sessions on the page, with their seats.
    pub fn sessions(&self) -> Vec<(u8, Box<Seat>)> {
        (0..=u8::MAX)
            .zip(self.seats.chunks_exact(SEAT_LEN))
            .filter(|(_, bytes)| !is_vacant(bytes))
            .filter_map(|(seat, mut bytes)| Some((seat, Box::decode(&mut bytes).ok()?)))
            .collect()
    }

    /// How many sessions sit on the page.
    pub fn taken(&self) -> usize {
        self.seats
            .chunks_exact(SEAT_LEN)
            .filter(|bytes| !is_vacant(bytes))
            .count()
    }

    /// The lowest vacant seat.
    pub fn vacant_seat(&self) -> Option<u8> {
        (0..=u8::MAX)
            .zip(self.seats.chunks_exact(SEAT_LEN))
            .find(|(_, bytes)| is_vacant(bytes))
            .map(|(seat, _)| seat)
    }

    /// The terms in a slot.
    pub fn terms(&self, slot: u8) -> Option<TermsSlot> {
        let bytes = self.terms.chunks_exact(TERMS_LEN).nth(usize::from(slot))?;
        TermsSlot::decode(&mut &bytes[..]).ok()
    }

    /// The slot that holds `terms`, or the lowest that no session uses, which then holds them.
    pub fn slot_for(&mut self, terms: &TermsSlot) -> Option<u8> {
        let encoded = terms.encode();
        let mut used = [false; PAGE_TERMS as usize];
        for bytes in self.seats.chunks_exact(SEAT_LEN) {
            if let (false, Some(slot)) = (is_vacant(bytes), bytes.get(NUMBER_LEN)) {
                if let Some(flag) = used.get_mut(usize::from(*slot)) {
                    *flag = true;
                }
            }
        }
        let same = self
            .terms
            .chunks_exact(TERMS_LEN)
            .position(|bytes| bytes == encoded.as_slice());
        let slot = same.or_else(|| used.iter().position(|used| !used))?;
        let bytes = self.terms.chunks_exact_mut(TERMS_LEN).nth(slot)?;
        copy(bytes, &encoded);
        u8::try_from(slot).ok()
    }
}

/// Copies what has the same length: every encoding here does.
fn copy(to: &mut [u8], from: &[u8]) {
    debug_assert_eq!(to.len(), from.len());
    if to.len() == from.len() {
        to.copy_from_slice(from);
    }
}

fn is_vacant(seat: &[u8]) -> bool {
    seat.iter().take(NUMBER_LEN).all(|byte| *byte == 0)
}

/// A viewer's cell. Fixed size: an unused place in the list has number zero.
#[derive(Debug, Clone, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Account {
    /// Sessions opened so far: the number of the newest.
    pub sessions: SessionNo,
    /// Milliseconds watched in sessions that are closed.
    pub watched_ms: Millis,
    /// Where the open sessions sit.
    open: [OpenSession; MAX_OPEN as usize],
}

/// The bytes of a viewer's cell.
pub const ACCOUNT_LEN: usize = 4 + 8 + MAX_OPEN as usize * 11;

impl Default for Account {
    fn default() -> Self {
        let vacant = OpenSession {
            number: 0,
            stream: 0,
            page: 0,
            seat: 0,
        };
        Self {
            sessions: 0,
            watched_ms: 0,
            open: [vacant; MAX_OPEN as usize],
        }
    }
}

impl Account {
    /// The open sessions.
    pub fn open(&self) -> impl Iterator<Item = &OpenSession> {
        self.open.iter().filter(|session| session.number != 0)
    }

    /// Lists a session as open; false if the list is full.
    pub fn list(&mut self, session: OpenSession) -> bool {
        let vacant = self.open.iter_mut().find(|place| place.number == 0);
        vacant.map(|place| *place = session).is_some()
    }

    /// Takes a session off the list.
    pub fn unlist(&mut self, number: SessionNo) {
        for place in self.open.iter_mut().filter(|place| place.number == number) {
            place.number = 0;
        }
    }
}

/// A stream's cell: how many watch, and which pages have room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct StreamMeter {
    /// Sessions open now.
    pub live: u32,
    /// Sessions closed so far.
    pub closed: u32,
    /// Milliseconds watched in sessions that are closed.
    pub watched_ms: Millis,
    /// The page on which a session was opened last: the first to be tried.
    pub current: PageNo,
    /// A bit for each page number used so far: the page exists.
    present: Vec<u8>,
    /// A bit for each page number used so far: a seat on it is vacant.
    vacant: Vec<u8>,
    /// Page numbers used so far.
    pub pages: u32,
}

impl StreamMeter {
    /// The bytes of the cell.
    pub fn bytes(&self) -> usize {
        self.encoded_size()
    }

    /// The page to try: the current one if it has room, else the lowest that has.
    pub fn page_with_room(&self) -> Option<PageNo> {
        if bit(&self.vacant, self.current) {
            return Some(self.current);
        }
        lowest_set(&self.vacant)
    }

    /// The highest page that has room.
    pub fn last_with_room(&self) -> Option<PageNo> {
        let at = self.vacant.iter().rposition(|byte| *byte != 0)?;
        let high = 7_u32.checked_sub(self.vacant.get(at)?.leading_zeros())?;
        PageNo::try_from(at.checked_mul(8)?.checked_add(high as usize)?).ok()
    }

    /// The number for a new page: the lowest that no page has.
    pub fn next_page(&self) -> Option<PageNo> {
        let gap = self.present.iter().position(|byte| *byte != u8::MAX);
        let first = match gap.and_then(|at| Some((at, self.present.get(at)?))) {
            Some((at, byte)) => at
                .checked_mul(8)?
                .checked_add(byte.trailing_ones() as usize)?,
            None => self.present.len().checked_mul(8)?,
        };
        let page = PageNo::try_from(first).ok()?;
        (u32::from(page) < MAX_PAGES).then_some(page)
    }

    /// Notes a new page, with room.
    pub fn add_page(&mut self, page: PageNo) {
        self.pages = self.pages.max(u32::from(page).saturating_add(1));
        set_bit(&mut self.present, page, true);
        set_bit(&mut self.vacant, page, true);
    }

    /// Notes that a page is gone.
    pub fn remove_page(&mut self, page: PageNo) {
        set_bit(&mut self.present, page, false);
        set_bit(&mut self.vacant, page, false);
    }

    /// Notes whether a page has room.
    pub fn set_room(&mut self, page: PageNo, room: bool) {
        set_bit(&mut self.vacant, page, room);
    }
}

fn bit(bits: &[u8], index: PageNo) -> bool {
    let byte = bits.get(usize::from(index >> 3)).copied().unwrap_or(0);
    byte & (1 << (index & 7)) != 0
}

fn set_bit(bits: &mut Vec<u8>, index: PageNo, value: bool) {
    let at = usize::from(index >> 3);
    if bits.len() <= at {
        bits.resize(at.saturating_add(1), 0);
    }
    if let Some(byte) = bits.get_mut(at) {
        let mask = 1 << (index & 7);
        *byte = if value { *byte | mask } else { *byte & !mask };
    }
}

fn lowest_set(bits: &[u8]) -> Option<PageNo> {
    let at = bits.iter().position(|byte| *byte != 0)?;
    let byte = bits.get(at)?;
    let index = at
        .checked_mul(8)?
        .checked_add(byte.trailing_zeros() as usize)?;
    PageNo::try_from(index).ok()
}
