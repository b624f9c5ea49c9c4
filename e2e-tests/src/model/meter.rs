//! `tick_stream`: sessions as whole lives, and the pages they sit on.

mod calls;
mod vouchers;

use super::{
    clock::{self, Clock, Factor, Run, SCALE},
    Model, Sponsored,
};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, AssetId, Audience, Balance, BroadcastNo, Class, FeeTerms, Footprint,
    Millis, Offer, OpenQuote, OpenRequest, OpenSession, PageNo, PageView, PayTerms, PlanNo, Seated,
    Session, SessionId, SessionNo, SessionState, StreamId, Terms, TermsNo,
    TickStreamError as Error, Viewer, MAX_GRACE_MS, MAX_PAGES, MIN_EXIT_DELAY_MS, PAGE_SEATS,
    PAGE_TERMS,
};

/// Money placed on a session's hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// When.
    pub at_ms: Millis,
    /// By whom.
    pub payer: AccountId,
    /// How much.
    pub amount: Balance,
}

/// How a session was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at_ms: Millis,
    /// What went back to the viewer's pool.
    pub released: Balance,
    /// Milliseconds billed.
    pub watched_ms: Millis,
    /// Whether by the exit that needs nobody, at what had been settled.
    pub by_exit: bool,
}

/// A change of the key that signs a session's vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySet {
    /// When.
    pub at_ms: Millis,
    /// The key from then on.
    pub key: Option<AccountId>,
}

/// A voucher that was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaidVoucher {
    /// When.
    pub at_ms: Millis,
    /// Its milliseconds, cumulative.
    pub ms: Millis,
    /// Its amount, cumulative.
    pub amount: Balance,
    /// What was moved for it.
    pub moved: Balance,
}

/// A session, from its opening on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The stream.
    pub stream: StreamId,
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// Its page.
    pub page: PageNo,
    /// Its seat.
    pub seat: u8,
    /// Its asset.
    pub asset: AssetId,
    /// The number of its terms.
    pub terms_no: TermsNo,
    /// Its terms.
    pub terms: Terms,
    /// Its fees.
    pub fees: FeeTerms,
    /// Its referrer.
    pub referrer: Option<AccountId>,
    /// All that was placed on hold.
    pub placed: Vec<Placed>,
    /// The base rate at open.
    pub rate_per_sec: Balance,
    /// The price factor in millionths.
    pub factor: u32,
    /// The plan's version.
    pub plan: PlanNo,
    /// The stream's class at open.
    pub class: Class,
    /// The stream's category at open.
    pub category: u16,
    /// The audience step at open.
    pub step: u8,
    /// The discount's factor.
    pub discount: u32,
    /// When it lapses.
    pub discount_until_ms: Millis,
    /// How much of it is free.
    pub preview_ms: u32,
    /// Who pays, if not the viewer.
    pub sponsor: Option<AccountId>,
    /// The highest price.
    pub ceiling: Balance,
    /// Its own latest end.
    pub until_ms: Option<Millis>,
    /// When it was opened.
    pub opened_ms: Millis,
    /// When its clock ran.
    pub runs: Vec<Run>,
    /// From when it can be left without anybody's help.
    pub exit_ms: Option<Millis>,
    /// What was moved to the payees for the clock's time, each time.
    pub paid: Vec<Balance>,
    /// Its keys, each from when it was set; none: the clock alone ever billed it.
    pub keys: Vec<KeySet>,
    /// The vouchers that were paid.
    pub vouchers: Vec<PaidVoucher>,
    /// When it began to close.
    pub closing_ms: Option<Millis>,
    /// Up to when the meter has written down what accrued. It decides nothing but what a reader of the session
    /// sees, and the time that counts as watched when the session is left by the exit pair.
    pub since_ms: Millis,
    /// Its end.
    pub closed: Option<Closed>,
}

/// The meter's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// How long an exit takes.
    pub exit_delay_ms: Millis,
    /// All sessions ever, by viewer and number.
    pub lives: BTreeMap<(AccountId, SessionNo), Life>,
    /// The pages that exist, each with its payer.
    pub pages: BTreeMap<(StreamId, PageNo), AccountId>,
    /// How many page numbers each stream has used.
    pub page_numbers: BTreeMap<StreamId, u32>,
    /// The page of each stream on which a session was opened last.
    pub current: BTreeMap<StreamId, PageNo>,
}

/// What the sessions of one page share at most `PAGE_TERMS` of.
type Combination = (TermsNo, u16, u16);

/// What opening would do.
struct Opening {
    number: SessionNo,
    offer: Offer,
    per_ms: u128,
    page: PageNo,
    seat: u8,
    new_page: bool,
}

impl Life {
    /// All that was placed on hold.
    pub fn hold(&self) -> Balance {
        self.placed.iter().map(|p| p.amount).sum()
    }

    /// What was moved to the payees in all.
    pub fn settled(&self) -> Balance {
        let vouchers = self.vouchers.iter().map(|v| v.moved);
        self.paid.iter().copied().chain(vouchers).sum()
    }

    /// Whether it sits on its page: open or closing.
    pub fn seated(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether its viewer has it open: neither closed nor closing.
    pub fn open(&self) -> bool {
        self.seated() && self.closing_ms.is_none()
    }

    /// Whether the clock was not stopped by its viewer.
    pub fn running(&self) -> bool {
        self.runs.last().is_some_and(|r| r.to_ms.is_none())
    }

    /// Whose pool placed the hold, and gets what is left of it.
    pub fn payer(&self) -> AccountId {
        self.placed[0].payer
    }

    /// What others gave to the hold; `None`: too much to be told.
    fn gifts(&self) -> Option<Balance> {
        let others = self.placed.iter().filter(|p| p.payer != self.payer());
        let sum: Balance = others.map(|p| p.amount).sum();
        Some(sum).filter(|sum| *sum < Balance::from(u64::MAX))
    }

    fn combination(&self) -> Combination {
        (self.terms_no, self.fees.fee_bps, self.fees.referral_bps)
    }

    fn pay_terms(&self) -> PayTerms {
        PayTerms {
            fees: self.fees,
            owner: self.terms.owner,
            cohosts: self.terms.cohosts.clone(),
        }
    }
}

impl Meter {
    /// What the constructor answers.
    pub fn check_new(exit_delay_ms: Millis, change_delay_ms: Millis) -> Result<(), AdminError> {
        super::admin::check_delay(change_delay_ms)?;
        let shortest = if change_delay_ms == 0 {
            0
        } else {
            MIN_EXIT_DELAY_MS
        };
        if exit_delay_ms > MAX_GRACE_MS || exit_delay_ms < shortest {
            return Err(AdminError::InvalidSetup);
        }
        Ok(())
    }

    pub(super) fn new(exit_delay_ms: Millis) -> Self {
        Self {
            exit_delay_ms,
            lives: BTreeMap::new(),
            pages: BTreeMap::new(),
            page_numbers: BTreeMap::new(),
            current: BTreeMap::new(),
        }
    }

    fn lives_of(&self, viewer: AccountId) -> impl Iterator<Item = (SessionNo, &Life)> {
        let lives = self.lives.range((viewer, 0)..=(viewer, SessionNo::MAX));
        lives.map(|(key, life)| (key.1, life))
    }

    fn open_of(&self, viewer: AccountId) -> impl Iterator<Item = (SessionNo, &Life)> {
        self.lives_of(viewer).filter(|(_, l)| l.open())
    }

    /// Who sits on a page, by seat.
    fn seated(&self, stream: StreamId, page: PageNo) -> BTreeMap<u8, (SessionId, &Life)> {
        let lives = self.lives.iter();
        lives
            .filter(|(_, l)| l.seated() && (l.stream, l.page) == (stream, page))
            .map(|((viewer, number), life)| {
                let (viewer, number) = (*viewer, *number);
                (life.seat, (SessionId { viewer, number }, life))
            })
            .collect()
    }

    fn pages_of(&self, stream: StreamId) -> impl Iterator<Item = PageNo> + '_ {
        let pages = self.pages.range((stream, 0)..=(stream, PageNo::MAX));
        pages.map(|(key, _)| key.1)
    }

    /// The lowest number that no page of the stream has.
    fn vacant_number(&self, stream: StreamId) -> Option<PageNo> {
        let taken: BTreeSet<_> = self.pages_of(stream).collect();
        let mut numbers = 0..MAX_PAGES as PageNo;
        numbers.find(|number| !taken.contains(number))
    }

    /// Where a session would sit: page, seat, and whether the page must be made. Two pages are tried: the current one if it
    /// has a vacant seat, else the lowest that has one; then the highest that has one.
    fn find_seat(&self, stream: StreamId, of: Combination) -> Option<(PageNo, u8, bool)> {
        let current = self.current.get(&stream).copied().unwrap_or(0);
        let mut vacant: Vec<_> = self.pages_of(stream).collect();
        vacant.retain(|page| self.seated(stream, *page).len() < PAGE_SEATS as usize);
        let last = vacant.last().copied();
        vacant.sort_by_key(|page| *page != current); // stable: the others stay in order
        for page in vacant.first().copied().into_iter().chain(last) {
            let seated = self.seated(stream, page);
            let seat = (0..PAGE_SEATS as u8).find(|seat| !seated.contains_key(seat))?;
            let mut terms: BTreeSet<_> = seated.values().map(|s| s.1.combination()).collect();
            terms.insert(of);
            if terms.len() <= PAGE_TERMS as usize {
                return Some((page, seat, false));
            }
        }
        Some((self.vacant_number(stream)?, 0, true))
    }

    fn make_page(&mut self, stream: StreamId, page: PageNo, payer: AccountId) {
        self.pages.insert((stream, page), payer);
        let used = self.page_numbers.entry(stream).or_default();
        *used = (*used).max(u32::from(page) + 1);
    }
}

impl Model {
    fn clock<'a>(&'a self, life: &'a Life, stop_ms: Millis) -> Clock<'a> {
        Clock {
            base: 0,
            watched_ms: 0,
            runs: &life.runs,
            asset: life.asset,
            rate_per_sec: life.rate_per_sec,
            factor: self.factor_of(life),
            ceiling: life.ceiling,
            hold: life.hold() - life.voucher_amount(),
            track: self.track(life.stream, life.broadcast),
            stop_ms,
        }
    }

    /// What makes a life's price of its rate.
    fn factor_of(&self, life: &Life) -> Factor {
        let kind = self.plan_kind(life.stream, life.plan);
        Factor::Planned(Box::new(clock::Pricing {
            rules: kind.as_ref().and_then(clock::Pricing::rules),
            class: life.class,
            category: life.category,
            step: life.step,
            discount: life.discount,
            discount_until_ms: life.discount_until_ms,
            preview_ms: life.preview_ms,
        }))
    }

    /// How much of a preview in a broadcast a viewer has left: a session that is open has all that it was given, one that
    /// is over what it watched.
    pub fn preview_left(
        &self,
        viewer: AccountId,
        stream: StreamId,
        broadcast: BroadcastNo,
        preview_ms: u32,
    ) -> u32 {
        let lives = self.meter.lives_of(viewer).map(|(_, life)| life);
        let lives = lives.filter(|l| (l.stream, l.broadcast) == (stream, broadcast));
        let used = lives.map(|life| match life.open() {
            true => life.preview_ms,
            false => life.preview_ms.min(self.clock_watched(life)),
        });
        preview_ms.saturating_sub(used.fold(0, u32::saturating_add))
    }

    /// What a life that is over has watched by its clock; after an exit, all the time that it was there.
    fn clock_watched(&self, life: &Life) -> u32 {
        let (_, _, mut watched_ms) = self.charged(life, life.since_ms);
        if let Some(closed) = life.closed.filter(|closed| closed.by_exit) {
            let until_ms = life.until_ms.unwrap_or(Millis::MAX).min(closed.at_ms);
            if life.running() {
                watched_ms += until_ms.saturating_sub(life.since_ms);
            }
        }
        u32::try_from(watched_ms).unwrap_or(u32::MAX)
    }

    /// The clock of a life with all its ends.
    fn whole_clock<'a>(&'a self, life: &'a Life) -> Clock<'a> {
        let broadcast = self.broadcast(life.stream, life.broadcast);
        let over_ms = broadcast.map_or(0, |b| b.end_ms);
        self.clock(life, over_ms.min(life.until_ms.unwrap_or(Millis::MAX)))
    }

    /// Up to when a life is charged at `at_ms`, what has accrued then, and the milliseconds of it.
    pub fn charged(&self, life: &Life, at_ms: Millis) -> (Millis, u128, Millis) {
        let clock = self.whole_clock(life);
        let upto_ms = match life.runs.last() {
            None => life.opened_ms.min(at_ms),
            Some(run) => run.to_ms.unwrap_or_else(|| clock.end_ms()).min(at_ms),
        };
        (
            upto_ms,
            clock.accrued_at(upto_ms),
            clock.watched_at(upto_ms),
        )
    }

    /// What a life owes in all up to now: by its clock and by its vouchers.
    pub(super) fn due(&self, life: &Life) -> Balance {
        self.charged(life, self.now_ms).1 / SCALE + life.voucher_amount()
    }

    /// A life, open or closed.
    pub fn life(&self, id: SessionId) -> Option<&Life> {
        self.meter.lives.get(&(id.viewer, id.number))
    }

    fn open_life(&self, id: SessionId) -> Result<&Life, Error> {
        let life = self.life(id).ok_or(Error::SessionNotFound)?;
        if !life.open() {
            return Err(Error::SessionClosed);
        }
        Ok(life)
    }

    /// A life that sits on its page, open or closing.
    fn seated_life(&self, id: SessionId) -> Option<&Life> {
        self.life(id).filter(|life| life.seated())
    }

    /// Where a session sits, as its opening told.
    pub fn seat_of(&self, id: SessionId) -> Option<Seated> {
        let life = self.life(id)?;
        Some(Seated {
            id,
            stream: life.stream,
            page: life.page,
            seat: life.seat,
        })
    }

    fn life_at(&self, at: &Seated) -> Option<&Life> {
        let life = self.seated_life(at.id)?;
        ((life.stream, life.page, life.seat) == (at.stream, at.page, at.seat)).then_some(life)
    }

    fn life_mut(&mut self, id: SessionId) -> &mut Life {
        let life = self.meter.lives.get_mut(&(id.viewer, id.number));
        life.expect("it was looked up before")
    }

    /// An open session. Its `since_ms`, `accrued` and `watched_ms` depend on when the meter chooses to write down
    /// what accrued: see [`Self::note_session`].
    pub fn session(&self, id: SessionId) -> Option<Session> {
        let life = self.open_life(id).ok()?;
        let (_, accrued, watched_ms) = self.charged(life, life.since_ms);
        Some(Session {
            id,
            stream: life.stream,
            broadcast: life.broadcast,
            page: life.page,
            seat: life.seat,
            state: match (life.running(), life.key()) {
                (true, _) => SessionState::Running,
                (false, Some(_)) => SessionState::Voucher,
                (false, None) => SessionState::Paused,
            },
            asset: life.asset,
            terms: life.terms_no,
            fee_bps: life.fees.fee_bps,
            referral_bps: life.fees.referral_bps,
            plan: life.plan,
            referrer: life.referrer,
            hold: life.hold(),
            settled: life.settled(),
            rate_per_sec: life.rate_per_sec,
            factor: life.factor,
            ceiling: life.ceiling,
            until_ms: life.until_ms,
            opened_ms: life.opened_ms,
            since_ms: life.since_ms,
            accrued,
            watched_ms,
            exit_ms: life.exit_ms,
            key: life.key(),
            old_key: self.old_key(life),
            voucher_amount: life.voucher_amount(),
            voucher_ms: life.voucher_ms(),
            voucher_from_ms: life.vouchers_from_ms().unwrap_or(0),
            class: life.class,
            category: life.category,
            step: life.step,
            discount: life.discount,
            discount_until_ms: life.discount_until_ms,
            preview_ms: life.preview_ms,
            sponsor: life.sponsor,
        })
    }

    /// Compares what the meter says of a session with the model, exactly. The meter may write down what accrued up to
    /// any instant that is charged already, and never goes back: what it says must lie on the session's life there.
    pub fn note_session(&mut self, id: SessionId, real: Option<&Session>) -> Result<(), String> {
        let Some((life, real)) = self.open_life(id).ok().zip(real) else {
            let predicted = self.session(id);
            return match (predicted, real) {
                (None, None) => Ok(()),
                (predicted, real) => Err(format!("session {predicted:?} is {real:?}")),
            };
        };
        let (upto_ms, ..) = self.charged(life, self.now_ms);
        if !(life.since_ms..=upto_ms).contains(&real.since_ms) {
            let bounds = (life.since_ms, upto_ms);
            return Err(format!(
                "{id:?} is charged up to {real:?}, not in {bounds:?}"
            ));
        }
        self.life_mut(id).since_ms = real.since_ms;
        let predicted = self.session(id);
        if predicted != Some(*real) {
            return Err(format!("session {predicted:?} is {real:?}"));
        }
        Ok(())
    }

    /// The session that a viewer has open on a stream; see [`Self::session`].
    pub fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session> {
        let number = self.open_on(viewer, stream)?;
        self.session(SessionId { viewer, number })
    }

    fn open_on(&self, viewer: AccountId, stream: StreamId) -> Option<SessionNo> {
        let mut open = self.meter.open_of(viewer);
        open.find(|(_, l)| l.stream == stream).map(|(n, _)| n)
    }

    /// A viewer's sessions and time. The open ones are sorted by number; sort the meter's too.
    pub fn viewer(&self, viewer: AccountId) -> Viewer {
        let closed = self.meter.lives_of(viewer).filter_map(|(_, l)| l.closed);
        let open = self.meter.open_of(viewer);
        Viewer {
            sessions: self.meter.lives_of(viewer).count() as SessionNo,
            watched_ms: closed.map(|c| c.watched_ms).sum(),
            open: open
                .map(|(number, life)| OpenSession {
                    number,
                    stream: life.stream,
                    page: life.page,
                    seat: life.seat,
                })
                .collect(),
        }
    }

    /// A stream's sessions and time.
    pub fn audience(&self, stream: StreamId) -> Audience {
        let lives = self.meter.lives.values().filter(|l| l.stream == stream);
        let closed: Vec<_> = lives.clone().filter_map(|l| l.closed).collect();
        Audience {
            live: lives.filter(|l| l.open()).count() as u32,
            watched_ms: closed.iter().map(|c| c.watched_ms).sum(),
            closed: closed.len() as u32,
            pages: self.meter.page_numbers.get(&stream).copied().unwrap_or(0),
        }
    }

    /// How many sessions of a stream are open.
    pub fn live_viewers(&self, stream: StreamId) -> u32 {
        self.audience(stream).live
    }

    /// A page, its sessions by seat.
    pub fn page(&self, stream: StreamId, page: PageNo) -> Option<PageView> {
        let payer = *self.meter.pages.get(&(stream, page))?;
        let seated = self.meter.seated(stream, page);
        let sessions = seated.into_values().map(|(id, _)| id).collect();
        Some(PageView { payer, sessions })
    }

    /// All open sessions: neither closed nor closing.
    pub fn open_sessions(&self) -> Vec<SessionId> {
        self.sessions_where(Life::open)
    }

    /// All sessions that sit on pages: open or closing.
    pub fn seated_sessions(&self) -> Vec<SessionId> {
        self.sessions_where(Life::seated)
    }

    fn sessions_where(&self, fits: fn(&Life) -> bool) -> Vec<SessionId> {
        let lives = self.meter.lives.iter();
        lives
            .filter(|(_, life)| fits(life))
            .map(|((viewer, number), _)| SessionId {
                viewer: *viewer,
                number: *number,
            })
            .collect()
    }

    /// What settling now would move.
    pub fn owed(&self, id: SessionId) -> Result<Balance, Error> {
        let life = self.read_life(id)?;
        Ok(self.due(life) - life.settled())
    }

    /// What closing now would release.
    pub fn refundable(&self, id: SessionId) -> Result<Balance, Error> {
        let life = self.read_life(id)?;
        Ok(life.hold() - self.due(life))
    }

    /// When accrual ends if the broadcast goes on.
    pub fn runs_out_at(&self, id: SessionId) -> Result<Option<Millis>, Error> {
        let life = self.read_life(id)?;
        if let Some(ended_ms) = self.whole_clock(life).ended_ms(self.now_ms) {
            return Ok(Some(ended_ms));
        }
        if !life.running() {
            return Ok(None);
        }
        let alone = self.clock(life, life.until_ms.unwrap_or(Millis::MAX));
        Ok(Some(alone.end_ms()).filter(|end| *end < Millis::MAX))
    }

    /// What opening would do; its deposit is not predicted.
    pub fn can_open(&self, viewer: AccountId, request: &OpenRequest) -> Result<OpenQuote, Error> {
        let opening = self.check_open(viewer, request)?;
        let payer = match request.sponsor {
            None => viewer,
            Some(sponsor) => {
                self.meter_reaches_patronage()?;
                self.would_sponsor(&sponsored(sponsor, viewer, request))
                    .map_err(Error::Patronage)?
                    .pool
            }
        };
        self.meter_reaches_payments()?;
        self.ensure_can_hold(payer, request.asset, request.hold, opening.offer.category)
            .map_err(Error::Payments)?;
        let lasts_ms = (request.hold * SCALE).checked_div(opening.per_ms);
        let lasts_ms = lasts_ms.unwrap_or(Millis::MAX.into());
        Ok(OpenQuote {
            number: opening.number,
            broadcast: opening.offer.broadcast,
            price_per_sec: opening.per_ms / 1_000_000,
            lasts_ms: Millis::try_from(lasts_ms).unwrap_or(Millis::MAX),
            deposit: Footprint::default(),
        })
    }
}

/// What is asked of a sponsor.
fn sponsored(sponsor: AccountId, viewer: AccountId, request: &OpenRequest) -> Sponsored {
    Sponsored {
        sponsor,
        viewer,
        stream: request.stream,
        asset: request.asset,
        hold: request.hold,
        ceiling: request.ceiling,
    }
}
