//! `tick_stream`: how many seconds, and for how much.
//!
//! A viewer opens a session on a live broadcast and places a hold on their pool; the clock bills it; anyone may
//! settle what it owes; the viewer closes it. This contract holds no money: it tells `payment_handler`, which
//! obeys nobody else, what moves from holds to payees and back to pools. It reads `stream_registry` for terms and
//! broadcasts and `pricing_engine` for every charge.
//!
//! Who may do what: a viewer opens, pauses, resumes, closes and exits their own sessions; anyone tops up, settles,
//! closes sessions that have ended and provides seats; the payer of a page clears it; the owner changes wiring and code,
//! after the change delay.
//!
//! Units: milliseconds of chain time, base units of the session's asset, accrued amounts in 10^9ths.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod batch;
mod calls;
mod seats;
#[cfg(test)]
mod tests;

/// A result inside this contract. The error is boxed: it is large and rare, and would be copied at every step.
type Checked<T> = Result<T, ink::prelude::boxed::Box<vilokanam_interfaces::TickStreamError>>;

#[ink::contract]
mod tick_stream {
    use crate::{
        batch::{Batch, BatchSeat},
        calls::Wired,
        seats::{
            is_payee, Account, Page, Seat, StreamMeter, TermsSlot, ACCOUNT_LEN, NOBODY, NO_END,
            PAGE_LEN,
        },
        Checked,
    };
    use ink::{
        prelude::{vec, vec::Vec},
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::tick_stream::*, AdminError, Administered, Administration, AssetId, Audience,
        BroadcastNo, Change, Charged, Footprint, Millis, OpenPrice, OpenQuote, OpenRequest,
        OpenSession, Outcome, PageNo, PageView, Session, SessionId, SessionNo, StreamFacts,
        StreamId, TickLimits, TickStream, TickStreamError as Error, Viewer, Wiring, MAX_BATCH,
        MAX_BATCH_PAGES, MAX_GRACE_MS, MAX_HOLD, MAX_OPEN, MAX_PAGES, MAX_PROVIDED,
        MIN_EXIT_DELAY_MS, MIN_HOLD_MS, PAGE_SEATS, PAGE_TERMS,
    };
    use vilokanam_math::charge as math;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs these contracts.
    const WIRED: Slots = Slots {
        payments: true,
        ..REWIRED
    };
    /// May change these. Payments stay for ever: they and this contract hold the money together.
    const REWIRED: Slots = Slots {
        registry: true,
        pricing: true,
        ..Slots::NONE
    };

    /// What the constructor fixed for ever.
    #[derive(Debug, Clone, PartialEq, Eq, Default)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct Setup {
        /// The chain that the contract was made for.
        pub genesis_hash: Hash,
        /// How long an exit takes.
        pub exit_delay_ms: Millis,
    }

    #[ink(storage)]
    pub struct TickStreamContract {
        /// Owner, pending changes, wiring.
        admin: Admin,
        /// What the constructor fixed.
        setup: Lazy<Setup, ManualKey<0x0001>>,
        /// Sessions, 32 to a cell.
        pages: Mapping<(StreamId, PageNo), Page, ManualKey<0x0002>>,
        /// A cell for each stream.
        meters: Mapping<StreamId, StreamMeter, ManualKey<0x0003>>,
        /// A cell for each viewer.
        accounts: Mapping<AccountId, Account, ManualKey<0x0004>>,
    }

    /// A session and where it sits.
    struct Found {
        place: OpenSession,
        page: Page,
        seat: Seat,
    }

    /// What opening needs, once all checks have passed.
    struct Opening {
        account: Account,
        number: SessionNo,
        facts: StreamFacts,
        price: OpenPrice,
        meter: StreamMeter,
    }

    impl TickStreamContract {
        /// See `TickStream`.
        #[ink(constructor)]
        pub fn new(
            genesis_hash: Hash,
            exit_delay_ms: Millis,
            change_delay_ms: Millis,
        ) -> Result<Self, AdminError> {
            let mut admin = Admin::default();
            admin.init(change_delay_ms)?;
            // Creators need time to settle after an exit began; none is for development only.
            let shortest = match change_delay_ms {
                0 => 0,
                _ => MIN_EXIT_DELAY_MS,
            };
            if !(shortest..=MAX_GRACE_MS).contains(&exit_delay_ms) {
                return Err(AdminError::InvalidSetup);
            }
            let mut setup = Lazy::new();
            setup.set(&Setup {
                genesis_hash,
                exit_delay_ms,
            });
            Ok(Self {
                admin,
                setup,
                pages: Mapping::new(),
                meters: Mapping::new(),
                accounts: Mapping::new(),
            })
        }
    }

    impl TickStream for TickStreamContract {
        #[ink(message)]
        fn genesis_hash(&self) -> Hash {
            self.setup.get_or_default().genesis_hash
        }

        #[ink(message)]
        fn exit_delay(&self) -> Millis {
            self.setup.get_or_default().exit_delay_ms
        }

        #[ink(message)]
        fn session(&self, id: SessionId) -> Option<Session> {
            let found = self.find(id).ok()?;
            let terms = found.page.terms(found.seat.terms)?;
            Some(found.seat.view(&found.place, &terms))
        }

        #[ink(message)]
        fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session> {
            let account = self.account(&viewer);
            let number = account.open().find(|open| open.stream == stream)?.number;
            self.session(SessionId { viewer, number })
        }

        #[ink(message)]
        fn viewer(&self, viewer: AccountId) -> Viewer {
            let account = self.account(&viewer);
            Viewer {
                sessions: account.sessions,
                watched_ms: account.watched_ms,
                open: account.open().copied().collect(),
            }
        }

        #[ink(message)]
        fn audience(&self, stream: StreamId) -> Audience {
            let meter = self.meter(stream);
            Audience {
                live: meter.live,
                watched_ms: meter.watched_ms,
                closed: meter.closed,
                pages: meter.pages,
            }
        }

        #[ink(message)]
        fn live_viewers(&self, stream: StreamId) -> u32 {
            self.meter(stream).live
        }

        #[ink(message)]
        fn page(&self, stream: StreamId, page: PageNo) -> Option<PageView> {
            let page = self.pages.get((stream, page))?;
            Some(PageView {
                payer: page.payer,
                sessions: page.sessions().iter().map(|(_, seat)| seat.id()).collect(),
            })
        }

        #[ink(message)]
        fn owed(&self, id: SessionId) -> Result<Balance, Error> {
            let (mut seat, charged) = self.charged(id)?;
            seat.advance(&charged);
            Ok(seat.unsettled()?)
        }

        #[ink(message)]
        fn refundable(&self, id: SessionId) -> Result<Balance, Error> {
            let (seat, charged) = self.charged(id)?;
            let owed = math::owed(charged.accrued);
            seat.hold.checked_sub(owed).ok_or(Error::Overflow)
        }

        #[ink(message)]
        fn runs_out_at(&self, id: SessionId) -> Result<Option<Millis>, Error> {
            let found = self.find(id)?;
            let wired = self.wired()?;
            let charged = self.charge_one(&wired, &found)?;
            if charged.ended_ms.is_some() || found.seat.paused {
                return Ok(charged.ended_ms);
            }
            let seat = &found.seat;
            let item = seat.charge_item(found.place.stream, seat.until_ms);
            let charged = wired.charge(Millis::MAX, vec![item])?;
            let end = charged.first().and_then(|charged| charged.ended_ms);
            Ok(end.filter(|end| *end < Millis::MAX))
        }

        #[ink(message)]
        fn can_open(&self, viewer: AccountId, request: OpenRequest) -> Result<OpenQuote, Error> {
            let wired = self.wired()?;
            let mut opening = self.prepare(&wired, viewer, &request)?;
            let fees = wired.would_hold(viewer, &request, opening.facts.class)?;
            let terms = TermsSlot::new(&opening.facts, fees);
            let before = opening.meter.len();
            let (_, _, _, new_page) =
                self.page_for(request.stream, &mut opening.meter, &terms, viewer)?;
            let (rate, factor) = (opening.price.rate_per_sec, opening.price.factor);
            Ok(OpenQuote {
                number: opening.number,
                broadcast: opening.facts.broadcast_no,
                price_per_sec: math::price(rate, factor).ok_or(Error::Overflow)?,
                lasts_ms: math::lasts_ms(request.hold, rate, factor),
                deposit: footprint(
                    &[
                        (!self.accounts.contains(viewer), ACCOUNT_LEN),
                        (new_page, PAGE_LEN),
                        (!self.meters.contains(request.stream), before),
                    ],
                    opening.meter.len().saturating_sub(before),
                ),
            })
        }

        #[ink(message)]
        fn open(&mut self, request: OpenRequest) -> Result<SessionNo, Error> {
            let wired = self.wired()?;
            let viewer = self.env().caller();
            let opening = self.prepare(&wired, viewer, &request)?;
            let Opening {
                mut account,
                number,
                facts,
                price,
                mut meter,
            } = opening;

            // The payment handler calls nobody back; what it answers decides which page fits.
            let fees = wired.hold(viewer, &request, facts.class)?;
            let terms = TermsSlot::new(&facts, fees);
            let (page_no, mut page, slot, new_page) =
                self.page_for(request.stream, &mut meter, &terms, viewer)?;
            let seat_no = page.vacant_seat().ok_or(Error::StreamFull)?;
            let now = self.env().block_timestamp();
            page.put(
                seat_no,
                &Seat {
                    number,
                    terms: slot,
                    paused: false,
                    asset: request.asset,
                    viewer,
                    broadcast: facts.broadcast_no,
                    plan: price.plan,
                    referrer: request.referrer.unwrap_or(NOBODY.into()),
                    hold: request.hold,
                    settled: 0,
                    rate_per_sec: price.rate_per_sec,
                    factor: price.factor,
                    ceiling: request.ceiling,
                    accrued: 0,
                    since_ms: now,
                    watched_ms: 0,
                    opened_ms: now,
                    until_ms: request.until_ms.unwrap_or(NO_END),
                    exit_ms: 0,
                    spare: [0; 96],
                },
            );
            meter.set_room(page_no, page.vacant_seat().is_some());
            meter.current = page_no;
            meter.live = meter.live.checked_add(1).ok_or(Error::Overflow)?;
            account.sessions = number;
            let listed = account.list(OpenSession {
                number,
                stream: request.stream,
                page: page_no,
                seat: seat_no,
            });
            if !listed {
                return Err(Error::TooManyOpen { max: MAX_OPEN });
            }
            self.pages.insert((request.stream, page_no), &page);
            self.meters.insert(request.stream, &meter);
            self.accounts.insert(viewer, &account);

            if new_page {
                self.env().emit_event(PageProvided {
                    stream: request.stream,
                    page: page_no,
                    payer: viewer,
                });
            }
            self.env().emit_event(SessionOpened {
                viewer,
                number,
                stream: request.stream,
                broadcast: facts.broadcast_no,
                page: page_no,
                seat: seat_no,
                asset: request.asset,
                terms: facts.terms_no,
                fee_bps: fees.fee_bps,
                referral_bps: fees.referral_bps,
                referrer: request.referrer,
                hold: request.hold,
                rate_per_sec: price.rate_per_sec,
                factor: price.factor,
                ceiling: request.ceiling,
                until_ms: request.until_ms,
            });
            Ok(number)
        }

        #[ink(message)]
        fn top_up(&mut self, id: SessionId, amount: Balance) -> Result<(), Error> {
            let wired = self.wired()?;
            let mut found = self.find(id)?;
            if amount == 0 {
                return Err(Error::ZeroAmount);
            }
            let too_large = Error::HoldTooLarge { max: MAX_HOLD };
            let hold = found.seat.hold.checked_add(amount);
            let hold = hold.filter(|hold| *hold <= MAX_HOLD).ok_or(too_large)?;
            ensure_not_ended(&self.charge_one(&wired, &found)?)?;

            found.seat.hold = hold;
            self.write(&mut found);
            let payer = self.env().caller();
            wired.top_up(payer, found.seat.asset, amount)?;
            self.env().emit_event(SessionToppedUp {
                viewer: id.viewer,
                number: id.number,
                payer,
                amount,
                hold,
            });
            Ok(())
        }

        #[ink(message)]
        fn pause(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = self.env().caller();
            let mut found = self.find(SessionId { viewer, number })?;
            if found.seat.paused {
                return Err(Error::NotRunning);
            }
            let charged = self.charge_one(&wired, &found)?;
            ensure_not_ended(&charged)?;
            found.seat.advance(&charged);
            found.seat.paused = true;
            self.write(&mut found);
            self.env().emit_event(SessionPaused {
                viewer,
                number,
                at_ms: found.seat.since_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn resume(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = self.env().caller();
            let mut found = self.find(SessionId { viewer, number })?;
            if !found.seat.paused {
                return Err(Error::NotPaused);
            }
            let charged = self.charge_one(&wired, &found)?;
            ensure_not_ended(&charged)?;
            if charged.above_ceiling {
                return Err(Error::AboveCeiling {
                    price_per_sec: charged.price_per_sec,
                    ceiling: found.seat.ceiling,
                });
            }
            found.seat.paused = false;
            found.seat.since_ms = self.env().block_timestamp();
            self.write(&mut found);
            self.env().emit_event(SessionResumed {
                viewer,
                number,
                at_ms: found.seat.since_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn close(&mut self, number: SessionNo) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let viewer = self.env().caller();
            let found = self.find(SessionId { viewer, number })?;
            let charged = self.charge_one(&wired, &found)?;
            Ok(self.finish(&wired, found, Some(&charged))?)
        }

        #[ink(message)]
        fn close_ended(&mut self, id: SessionId) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.find(id)?;
            let charged = self.charge_one(&wired, &found)?;
            if charged.ended_ms.is_none() {
                return Err(Error::SessionNotEnded);
            }
            Ok(self.finish(&wired, found, Some(&charged))?)
        }

        #[ink(message)]
        fn settle(&mut self, id: SessionId) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.find(id)?;
            let mut batch = Batch::default();
            let seat = BatchSeat {
                page: batch.add((found.place.stream, found.place.page), found.page),
                place: found.place.seat,
                seat: found.seat,
            };
            let amounts = self.settle_batch(&wired, batch, vec![seat])?;
            Ok(amounts.first().copied().unwrap_or(0))
        }

        #[ink(message)]
        fn settle_many(&mut self, ids: Vec<SessionId>) -> Result<Vec<Outcome>, Error> {
            let wired = self.wired()?;
            if ids.len() > MAX_BATCH as usize {
                return Err(Error::TooMany { max: MAX_BATCH });
            }
            let mut batch = Batch::default();
            let mut seats = Vec::new();
            let mut outcomes = Vec::new();
            for (position, id) in ids.iter().enumerate() {
                let outcome = if ids.iter().take(position).any(|earlier| earlier == id) {
                    Outcome::Duplicate
                } else {
                    match self.find_in(&mut batch, *id) {
                        Ok(seat) => {
                            seats.push(seat);
                            Outcome::Settled(0)
                        }
                        Err(outcome) => outcome,
                    }
                };
                outcomes.push(outcome);
            }
            let mut amounts = self.settle_batch(&wired, batch, seats)?.into_iter();
            for outcome in &mut outcomes {
                if let Outcome::Settled(amount) = outcome {
                    *amount = amounts.next().unwrap_or(0);
                }
            }
            Ok(outcomes)
        }

        #[ink(message)]
        fn settle_page(
            &mut self,
            stream: StreamId,
            page: PageNo,
        ) -> Result<Vec<(AssetId, Balance)>, Error> {
            let wired = self.wired()?;
            let at = (stream, page);
            let page = self.pages.get(at).ok_or(Error::PageNotFound)?;
            let sessions = page.sessions();
            let assets: Vec<_> = sessions.iter().map(|(_, seat)| seat.asset).collect();
            let mut batch = Batch::default();
            let page = batch.add(at, page);
            let seats = sessions
                .into_iter()
                .map(|(place, seat)| BatchSeat { page, place, seat })
                .collect();
            let amounts = self.settle_batch(&wired, batch, seats)?;

            let mut sums: Vec<(AssetId, Balance)> = Vec::new();
            for (asset, amount) in assets.into_iter().zip(amounts).filter(|(_, a)| *a > 0) {
                match sums.iter_mut().find(|(of, _)| *of == asset) {
                    Some((_, sum)) => *sum = sum.checked_add(amount).ok_or(Error::Overflow)?,
                    None => sums.push((asset, amount)),
                }
            }
            Ok(sums)
        }

        #[ink(message)]
        fn begin_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            let viewer = self.env().caller();
            let mut found = self.find(SessionId { viewer, number })?;
            if found.seat.exit_ms > 0 {
                return Err(Error::ExitBegun {
                    finish_ms: found.seat.exit_ms,
                });
            }
            let now = self.env().block_timestamp();
            let finish_ms = now.saturating_add(self.exit_delay());
            found.seat.exit_ms = finish_ms;
            found.seat.until_ms = found.seat.until_ms.min(now);
            self.write(&mut found);
            self.env().emit_event(ExitBegun {
                viewer,
                number,
                stream: found.place.stream,
                finish_ms,
            });
            Ok(())
        }

        #[ink(message)]
        fn finish_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            let wired = self.wired()?;
            let viewer = self.env().caller();
            let found = self.find(SessionId { viewer, number })?;
            let finish_ms = found.seat.exit_ms;
            if finish_ms == 0 {
                return Err(Error::ExitNotBegun);
            }
            if self.env().block_timestamp() < finish_ms {
                return Err(Error::ExitNotDue { finish_ms });
            }
            self.finish(&wired, found, None)?;
            Ok(())
        }

        #[ink(message)]
        fn provide_seats(&mut self, stream: StreamId, pages: u32) -> Result<(), Error> {
            let wired = self.wired()?;
            if pages == 0 {
                return Err(Error::ZeroAmount);
            }
            if pages > MAX_PROVIDED {
                return Err(Error::TooMany { max: MAX_PROVIDED });
            }
            wired.facts(stream)?;
            let payer = self.env().caller();
            let mut meter = self.meter(stream);
            for _ in 0..pages {
                let page = meter.next_page().ok_or(Error::StreamFull)?;
                meter.add_page(page);
                self.pages.insert((stream, page), &Page::new(payer));
                self.env().emit_event(PageProvided {
                    stream,
                    page,
                    payer,
                });
            }
            self.meters.insert(stream, &meter);
            Ok(())
        }

        #[ink(message)]
        fn clear_page(&mut self, stream: StreamId, page: PageNo) -> Result<(), Error> {
            let found = self.pages.get((stream, page)).ok_or(Error::PageNotFound)?;
            let payer = self.env().caller();
            if found.payer != payer {
                return Err(Error::NotPagePayer);
            }
            if found.taken() > 0 {
                return Err(Error::PageNotEmpty);
            }
            let mut meter = self.meter(stream);
            meter.remove_page(page);
            self.meters.insert(stream, &meter);
            self.pages.remove((stream, page));
            self.env().emit_event(PageCleared {
                stream,
                page,
                payer,
            });
            Ok(())
        }

        #[ink(message)]
        fn limits(&self) -> TickLimits {
            TickLimits {
                page_seats: PAGE_SEATS,
                page_terms: PAGE_TERMS,
                pages: MAX_PAGES,
                open: MAX_OPEN,
                batch: MAX_BATCH,
                batch_pages: MAX_BATCH_PAGES,
                provided: MAX_PROVIDED,
                min_hold_ms: MIN_HOLD_MS,
            }
        }
    }

    impl Administered for TickStreamContract {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, WIRED)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> Result<(), AdminError> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> Result<(), AdminError> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> Result<u32, AdminError> {
            self.admin.announce(change, REWIRED)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> Result<(), AdminError> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> Result<(), AdminError> {
            self.admin.apply(id, REWIRED)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> Result<(), AdminError> {
            self.admin.wire(WIRED, wiring)
        }
    }

    #[ink(impl)]
    impl TickStreamContract {
        fn account(&self, viewer: &AccountId) -> Account {
            self.accounts.get(viewer).unwrap_or_default()
        }

        fn meter(&self, stream: StreamId) -> StreamMeter {
            self.meters.get(stream).unwrap_or_default()
        }

        fn wired(&self) -> Checked<Wired> {
            Wired::new(self.admin.wiring())
        }

        /// Where an open session sits.
        fn place(&self, id: SessionId) -> Checked<OpenSession> {
            let account = self.account(&id.viewer);
            if id.number == 0 || id.number > account.sessions {
                return Err(Error::SessionNotFound.into());
            }
            let place = account.open().find(|open| open.number == id.number);
            place.copied().ok_or_else(|| Error::SessionClosed.into())
        }

        fn find(&self, id: SessionId) -> Checked<Found> {
            let place = self.place(id)?;
            let page = self
                .pages
                .get((place.stream, place.page))
                .ok_or(Error::PageNotFound)?;
            let seat = page.seat(place.seat).ok_or(Error::SessionClosed)?;
            Ok(Found { place, page, seat })
        }

        /// As `find`, through the pages that a batch has read already.
        fn find_in(&self, batch: &mut Batch, id: SessionId) -> Result<BatchSeat, Outcome> {
            let place = self.place(id).map_err(|error| match *error {
                Error::SessionClosed => Outcome::SessionClosed,
                _ => Outcome::SessionNotFound,
            })?;
            let at = (place.stream, place.page);
            let page = match batch.position(at) {
                Some(position) => position,
                None if batch.pages.len() >= MAX_BATCH_PAGES as usize => {
                    return Err(Outcome::TooManyPages);
                }
                None => {
                    let page = self.pages.get(at).ok_or(Outcome::SessionNotFound)?;
                    batch.add(at, page)
                }
            };
            let read = batch.pages.get(page);
            let seat = read.and_then(|read| read.page.seat(place.seat));
            Ok(BatchSeat {
                page,
                place: place.seat,
                seat: seat.ok_or(Outcome::SessionClosed)?,
            })
        }

        fn write(&mut self, found: &mut Found) {
            found.page.put(found.place.seat, &found.seat);
            self.pages
                .insert((found.place.stream, found.place.page), &found.page);
        }

        /// All that `open` checks before it asks the payment handler.
        fn prepare(
            &self,
            wired: &Wired,
            viewer: AccountId,
            request: &OpenRequest,
        ) -> Checked<Opening> {
            let now = self.env().block_timestamp();
            let account = self.account(&viewer);
            if let Some(open) = account.open().find(|open| open.stream == request.stream) {
                return Err(Error::AlreadyOpen {
                    number: open.number,
                }
                .into());
            }
            if account.open().count() >= MAX_OPEN as usize {
                return Err(Error::TooManyOpen { max: MAX_OPEN }.into());
            }
            if request.until_ms.is_some_and(|until| until <= now) {
                return Err(Error::UntilPassed.into());
            }
            let facts = wired.facts(request.stream)?;
            if facts.suspended {
                return Err(Error::Suspended.into());
            }
            if facts.broadcast_no == 0 || facts.end_ms <= now {
                return Err(Error::NotLive.into());
            }
            if let Some(referrer) = request.referrer {
                if referrer == viewer
                    || referrer == NOBODY.into()
                    || is_payee(&facts.terms, &referrer)
                {
                    return Err(Error::InvalidReferrer.into());
                }
            }
            let price = wired.open_price(request.stream, request.asset)?;
            let (rate, factor) = (price.rate_per_sec, price.factor);
            if math::above_ceiling(rate, factor, request.ceiling).ok_or(Error::Overflow)? {
                return Err(Error::AboveCeiling {
                    price_per_sec: math::price(rate, factor).ok_or(Error::Overflow)?,
                    ceiling: request.ceiling,
                }
                .into());
            }
            if request.hold > MAX_HOLD {
                return Err(Error::HoldTooLarge { max: MAX_HOLD }.into());
            }
            let needed = math::hold_for(rate, factor, MIN_HOLD_MS).ok_or(Error::Overflow)?;
            if request.hold < needed {
                return Err(Error::HoldTooSmall { needed }.into());
            }
            let meter = self.meter(request.stream);
            if meter.page_with_room().is_none() && meter.next_page().is_none() {
                return Err(Error::StreamFull.into());
            }
            let number = account.sessions.checked_add(1).ok_or(Error::Overflow)?;
            Ok(Opening {
                account,
                number,
                facts,
                price,
                meter,
            })
        }

        /// The page on which a session with these terms is seated, its terms slot, and whether the page is new.
        fn page_for(
            &self,
            stream: StreamId,
            meter: &mut StreamMeter,
            terms: &TermsSlot,
            payer: AccountId,
        ) -> Checked<(PageNo, Page, u8, bool)> {
            // Two are tried at most: a page whose terms slots are taken must not hide the fresh ones behind it.
            let first = meter.page_with_room();
            let last = meter.last_with_room().filter(|last| Some(*last) != first);
            for page_no in first.into_iter().chain(last) {
                let mut page = self
                    .pages
                    .get((stream, page_no))
                    .ok_or(Error::PageNotFound)?;
                if let Some(slot) = page.slot_for(terms) {
                    return Ok((page_no, page, slot, false));
                }
            }
            let page_no = meter.next_page().ok_or(Error::StreamFull)?;
            meter.add_page(page_no);
            let mut page = Page::new(payer);
            let slot = page.slot_for(terms).ok_or(Error::StreamFull)?;
            Ok((page_no, page, slot, true))
        }

        /// A session with its charge up to now.
        fn charged(&self, id: SessionId) -> Checked<(Seat, Charged)> {
            let found = self.find(id)?;
            let wired = self.wired()?;
            let charged = self.charge_one(&wired, &found)?;
            Ok((found.seat, charged))
        }

        fn charge_one(&self, wired: &Wired, found: &Found) -> Checked<Charged> {
            let charged = self.charge(wired, &[(found.place.stream, &found.seat)])?;
            charged
                .into_iter()
                .next()
                .ok_or_else(|| Error::PricingFailed.into())
        }

        /// Charges sessions up to now: one read of the registry and one of the pricing engine for all.
        fn charge(&self, wired: &Wired, seats: &[(StreamId, &Seat)]) -> Checked<Vec<Charged>> {
            let mut broadcasts: Vec<(StreamId, BroadcastNo)> = Vec::new();
            for (stream, seat) in seats {
                let broadcast = (*stream, seat.broadcast);
                if !broadcasts.contains(&broadcast) {
                    broadcasts.push(broadcast);
                }
            }
            let ends = wired.ends(broadcasts.clone())?;
            let mut items = Vec::new();
            for (stream, seat) in seats {
                let broadcast = (*stream, seat.broadcast);
                let mut known = broadcasts.iter().zip(&ends);
                let (_, end_ms) = known
                    .find(|(of, _)| **of == broadcast)
                    .ok_or(Error::RegistryFailed)?;
                items.push(seat.charge_item(*stream, seat.until_ms.min(*end_ms)));
            }
            wired.charge(self.env().block_timestamp(), items)
        }

        /// Charges sessions and moves what they owe; says how much for each. Writes, calls and emits nothing if that is nothing.
        fn settle_batch(
            &mut self,
            wired: &Wired,
            mut batch: Batch,
            seats: Vec<BatchSeat>,
        ) -> Checked<Vec<Balance>> {
            if seats.is_empty() {
                return Ok(Vec::new());
            }
            let mut to_charge = Vec::new();
            for of in &seats {
                let read = batch.pages.get(of.page).ok_or(Error::PageNotFound)?;
                to_charge.push((read.at.0, &of.seat));
            }
            let charged = self.charge(wired, &to_charge)?;
            let mut amounts = Vec::new();
            for (mut of, charged) in seats.into_iter().zip(charged) {
                of.seat.advance(&charged);
                let amount = of.seat.unsettled()?;
                amounts.push(amount);
                if amount > 0 {
                    batch.pay(&mut of, amount, None)?;
                    batch.keep(&of, amount)?;
                }
            }
            if batch.items.is_empty() {
                return Ok(amounts);
            }
            for read in batch.pages.iter().filter(|read| read.changed) {
                self.pages.insert(read.at, &read.page);
            }
            wired.settle(batch.terms, batch.items)?;
            self.env().emit_event(Settled {
                settlements: batch.settlements,
            });
            Ok(amounts)
        }

        /// Closes a session: settles it by `charged` (an exit: by what its seat says) and releases the rest. Returns what was settled now.
        fn finish(
            &mut self,
            wired: &Wired,
            found: Found,
            charged: Option<&Charged>,
        ) -> Checked<Balance> {
            let Found { place, page, seat } = found;
            let stream = place.stream;
            let mut batch = Batch::default();
            let mut of = BatchSeat {
                page: batch.add((stream, place.page), page),
                place: place.seat,
                seat,
            };
            if let Some(charged) = charged {
                of.seat.advance(charged);
            }
            let amount = of.seat.unsettled()?;
            let settled = of.seat.settled.checked_add(amount);
            let released = settled.and_then(|settled| of.seat.hold.checked_sub(settled));
            let released = released.ok_or(Error::Overflow)?;
            batch.pay(&mut of, amount, Some(released))?;
            let seat = of.seat;

            let mut account = self.account(&seat.viewer);
            account.unlist(seat.number);
            account.watched_ms = account.watched_ms.saturating_add(seat.watched_ms);
            let mut meter = self.meter(stream);
            meter.live = meter.live.checked_sub(1).ok_or(Error::Overflow)?;
            meter.closed = meter.closed.saturating_add(1);
            meter.watched_ms = meter.watched_ms.saturating_add(seat.watched_ms);
            meter.set_room(place.page, true);
            for read in &mut batch.pages {
                read.page.vacate(place.seat);
                self.pages.insert(read.at, &read.page);
            }
            self.meters.insert(stream, &meter);
            self.accounts.insert(seat.viewer, &account);

            wired.settle(batch.terms, batch.items)?;
            self.env().emit_event(SessionClosed {
                viewer: seat.viewer,
                number: seat.number,
                stream,
                broadcast: seat.broadcast,
                asset: seat.asset,
                opened_ms: seat.opened_ms,
                closed_ms: self.env().block_timestamp(),
                watched_ms: seat.watched_ms,
                hold: seat.hold,
                settled: seat.settled,
                released,
                by: self.env().caller(),
            });
            Ok(amount)
        }
    }

    fn ensure_not_ended(charged: &Charged) -> Checked<()> {
        match charged.ended_ms {
            Some(ended_ms) => Err(Error::SessionEnded { ended_ms }.into()),
            None => Ok(()),
        }
    }

    /// The storage that new cells take, of those listed, and that others grow by. (The pool's cell exists: the money is in it.)
    fn footprint(cells: &[(bool, usize)], growth: usize) -> Footprint {
        let mut items = 0_u32;
        let mut bytes = growth;
        for (_, len) in cells.iter().filter(|(new, _)| *new) {
            items = items.saturating_add(1);
            bytes = bytes.saturating_add(*len);
        }
        Footprint {
            items,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        }
    }
}
