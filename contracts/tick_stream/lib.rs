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

#[cfg(test)]
mod tests;

#[ink::contract]
mod tick_stream {
    use ink::{
        env::{
            call::{build_call, ExecutionInput, Selector},
            CallFlags, DefaultEnvironment, ReturnFlags,
        },
        prelude::vec::Vec,
        LangError,
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::tick_stream::*, AdminError, Administered, Administration, AssetId, Audience,
        Change, Footprint, Millis, Offer, OpenQuote, OpenRequest, OpenSession, Outcome, PageNo,
        PageView, Seated, Session, SessionId, SessionNo, SignedVoucher, StreamId, TickLimits,
        TickSettler, TickStream, TickStreamError as Error, Viewer, VoucherOutcome, Wiring,
        MAX_BATCH, MAX_BATCH_PAGES, MAX_GRACE_MS, MAX_OPEN, MAX_PAGES, MAX_PROVIDED,
        MIN_EXIT_DELAY_MS, MIN_HOLD_MS, PAGE_SEATS, PAGE_TERMS,
    };
    use vilokanam_math::charge as math;
    use vilokanam_sessions::{
        calls::Wired,
        ledger::{Found, Ledger, Setup},
        seats::{
            Account, Page, Seat, StreamMeter, TermsSlot, ACCOUNT_LEN, NOBODY, NO_END, PAGE_LEN,
        },
        Checked,
    };

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

    #[ink(storage)]
    pub struct TickStreamContract {
        /// Owner, pending changes, wiring.
        admin: Admin,
        /// Sessions.
        ledger: Ledger,
    }

    /// What opening needs, once all checks have passed.
    struct Opening {
        account: Account,
        number: SessionNo,
        offer: Offer,
        meter: StreamMeter,
    }

    impl TickStreamContract {
        /// See `TickStream`.
        #[ink(constructor)]
        pub fn new(
            genesis_hash: Hash,
            exit_delay_ms: Millis,
            change_delay_ms: Millis,
            settler: Hash,
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
            let mut ledger = Ledger::default();
            ledger.setup.set(&Setup {
                genesis_hash,
                exit_delay_ms,
            });
            ledger.set_settler(settler);
            Ok(Self { admin, ledger })
        }
    }

    impl TickStream for TickStreamContract {
        #[ink(message)]
        fn genesis_hash(&self) -> Hash {
            self.ledger.setup.get_or_default().genesis_hash
        }

        #[ink(message)]
        fn exit_delay(&self) -> Millis {
            self.ledger.setup.get_or_default().exit_delay_ms
        }

        #[ink(message)]
        fn session(&self, id: SessionId) -> Option<Session> {
            view(&self.ledger.find(id).ok()?)
        }

        #[ink(message)]
        fn session_at(&self, at: Seated) -> Option<Session> {
            view(&self.ledger.find_at(&at).ok()?)
        }

        #[ink(message)]
        fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session> {
            let account = self.ledger.account(&viewer);
            let number = account.open().find(|open| open.stream == stream)?.number;
            self.session(SessionId { viewer, number })
        }

        #[ink(message)]
        fn viewer(&self, viewer: AccountId) -> Viewer {
            let account = self.ledger.account(&viewer);
            Viewer {
                sessions: account.sessions,
                watched_ms: account.watched_ms,
                open: account.open().copied().collect(),
            }
        }

        #[ink(message)]
        fn audience(&self, stream: StreamId) -> Audience {
            let meter = self.ledger.meter(stream);
            Audience {
                live: meter.live,
                watched_ms: meter.watched_ms,
                closed: meter.closed,
                pages: meter.pages,
            }
        }

        #[ink(message)]
        fn live_viewers(&self, stream: StreamId) -> u32 {
            self.ledger.meter(stream).live
        }

        #[ink(message)]
        fn page(&self, stream: StreamId, page: PageNo) -> Option<PageView> {
            let page = self.ledger.pages.get((stream, page))?;
            Some(PageView {
                payer: page.payer,
                sessions: page.sessions().iter().map(|(_, seat)| seat.id()).collect(),
            })
        }

        #[ink(message)]
        fn can_open(&self, viewer: AccountId, request: OpenRequest) -> Result<OpenQuote, Error> {
            let wired = self.wired()?;
            let mut opening = self.prepare(&wired, viewer, &request)?;
            let fees = wired.would_hold(viewer, &request, opening.offer.class)?;
            let terms = TermsSlot::new(&opening.offer, fees);
            let before = opening.meter.bytes();
            let (_, _, _, new_page) =
                self.page_for(request.stream, &mut opening.meter, &terms, viewer)?;
            let (rate, factor) = (opening.offer.rate_per_sec, opening.offer.factor);
            Ok(OpenQuote {
                number: opening.number,
                broadcast: opening.offer.broadcast,
                price_per_sec: math::price(rate, factor).ok_or(Error::Overflow)?,
                lasts_ms: math::lasts_ms(request.hold, rate, factor),
                deposit: footprint(
                    &[
                        (!self.ledger.accounts.contains(viewer), ACCOUNT_LEN),
                        (new_page, PAGE_LEN),
                        (!self.ledger.meters.contains(request.stream), before),
                    ],
                    opening.meter.bytes().saturating_sub(before),
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
                offer,
                mut meter,
            } = opening;

            // The payment handler calls nobody back; what it answers decides which page fits.
            let fees = wired.hold(viewer, &request, offer.class)?;
            let terms = TermsSlot::new(&offer, fees);
            let (page_no, mut page, slot, new_page) =
                self.page_for(request.stream, &mut meter, &terms, viewer)?;
            let seat_no = page.vacant_seat().ok_or(Error::StreamFull)?;
            let now = self.env().block_timestamp();
            page.put(
                seat_no,
                &Seat {
                    number,
                    terms: slot,
                    paused: request.key.is_some(),
                    asset: request.asset,
                    viewer,
                    broadcast: offer.broadcast,
                    plan: offer.plan,
                    referrer: request.referrer.unwrap_or(NOBODY.into()),
                    hold: request.hold,
                    settled: 0,
                    rate_per_sec: offer.rate_per_sec,
                    factor: offer.factor,
                    ceiling: request.ceiling,
                    accrued: 0,
                    since_ms: now,
                    watched_ms: 0,
                    opened_ms: now,
                    until_ms: request.until_ms.unwrap_or(NO_END),
                    exit_ms: 0,
                    closing: false,
                    key: request.key.unwrap_or(NOBODY.into()),
                    old_key: NOBODY.into(),
                    old_until_ms: 0,
                    voucher_amount: 0,
                    voucher_ms: 0,
                    voucher_from_ms: if request.key.is_some() { now } else { 0 },
                    spare: [0; 31],
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
            self.ledger.pages.insert((request.stream, page_no), &page);
            self.ledger.meters.insert(request.stream, &meter);
            self.ledger.accounts.insert(viewer, &account);

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
                broadcast: offer.broadcast,
                page: page_no,
                seat: seat_no,
                asset: request.asset,
                terms: offer.terms_no,
                fee_bps: fees.fee_bps,
                referral_bps: fees.referral_bps,
                referrer: request.referrer,
                hold: request.hold,
                rate_per_sec: offer.rate_per_sec,
                factor: offer.factor,
                ceiling: request.ceiling,
                until_ms: request.until_ms,
                plan: offer.plan,
                key: request.key,
            });
            Ok(number)
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
            wired.ensure_stream(stream)?;
            let payer = self.env().caller();
            let mut meter = self.ledger.meter(stream);
            for _ in 0..pages {
                let page = meter.next_page().ok_or(Error::StreamFull)?;
                meter.add_page(page);
                self.ledger.pages.insert((stream, page), &Page::new(payer));
                self.env().emit_event(PageProvided {
                    stream,
                    page,
                    payer,
                });
            }
            self.ledger.meters.insert(stream, &meter);
            Ok(())
        }

        #[ink(message)]
        fn clear_page(&mut self, stream: StreamId, page: PageNo) -> Result<(), Error> {
            let found = self
                .ledger
                .pages
                .get((stream, page))
                .ok_or(Error::PageNotFound)?;
            let payer = self.env().caller();
            if found.payer != payer {
                return Err(Error::NotPagePayer);
            }
            if found.taken() > 0 {
                return Err(Error::PageNotEmpty);
            }
            let mut meter = self.ledger.meter(stream);
            meter.remove_page(page);
            self.ledger.meters.insert(stream, &meter);
            self.ledger.pages.remove((stream, page));
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

    /// Moves money out of holds: the other code does, on this storage.
    impl TickSettler for TickStreamContract {
        #[ink(message)]
        fn owed(&self, _id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn refundable(&self, _id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn runs_out_at(&self, _id: SessionId) -> Result<Option<Millis>, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn top_up(&mut self, _id: SessionId, _amount: Balance) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn pause(&mut self, _number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn resume(&mut self, _number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn set_key(&mut self, _number: SessionNo, _key: Option<AccountId>) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn begin_exit(&mut self, _number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn close(&mut self, _number: SessionNo) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn close_ended(&mut self, _id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn settle(&mut self, _id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn settle_many(&mut self, _ids: Vec<SessionId>) -> Result<Vec<Outcome>, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn settle_page(
            &mut self,
            _stream: StreamId,
            _page: PageNo,
        ) -> Result<Vec<(AssetId, Balance)>, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn redeem(&mut self, _voucher: SignedVoucher) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn redeem_many(
            &mut self,
            _vouchers: Vec<SignedVoucher>,
        ) -> Result<Vec<VoucherOutcome>, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn dismiss(&mut self, _at: Seated) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn finish_close(&mut self, _at: Seated) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn finish_exit(&mut self, _number: SessionNo) -> Result<(), Error> {
            self.hand_over()
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
            if self.admin.is_own(&change, REWIRED)? && !matches!(change, Change::Settler(_)) {
                return Err(AdminError::UnsupportedChange);
            }
            self.admin.enlist(change)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> Result<(), AdminError> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> Result<(), AdminError> {
            match self.admin.carry_out(id, REWIRED)? {
                None => {}
                Some(new @ Change::Settler(code)) => {
                    let old = Change::Settler(self.ledger.settler.get_or_default());
                    self.ledger.set_settler(code);
                    Admin::applied(id, Some(old), new);
                }
                Some(_) => return Err(AdminError::UnsupportedChange),
            }
            Ok(())
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> Result<(), AdminError> {
            self.admin.wire(WIRED, wiring)
        }
    }

    #[ink(impl)]
    impl TickStreamContract {
        /// Runs the message that was called in the settler's code, and answers what that answers.
        fn hand_over(&self) -> ! {
            let _ = build_call::<DefaultEnvironment>()
                .delegate(self.ledger.settler.get_or_default())
                .call_flags(CallFlags::FORWARD_INPUT | CallFlags::TAIL_CALL)
                // Not sent: the input of this call is.
                .exec_input(ExecutionInput::new(Selector::new([0; 4])))
                .returns::<()>()
                .try_invoke();
            // Reached only if the chain has no such code.
            let failed: Result<Result<(), Error>, LangError> = Ok(Err(Error::SettlerFailed));
            ink::env::return_value(ReturnFlags::REVERT, &failed)
        }

        fn wired(&self) -> Checked<Wired> {
            Wired::new(self.admin.wiring())
        }

        /// All that `open` checks before it asks the payment handler.
        fn prepare(
            &self,
            wired: &Wired,
            viewer: AccountId,
            request: &OpenRequest,
        ) -> Checked<Opening> {
            let now = self.env().block_timestamp();
            let account = self.ledger.account(&viewer);
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
            if request.key == Some(NOBODY.into()) {
                return Err(Error::InvalidKey.into());
            }
            let offer = wired.offer(viewer, request)?;
            let meter = self.ledger.meter(request.stream);
            if meter.page_with_room().is_none() && meter.next_page().is_none() {
                return Err(Error::StreamFull.into());
            }
            let number = account.sessions.checked_add(1).ok_or(Error::Overflow)?;
            Ok(Opening {
                account,
                number,
                offer,
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
                    .ledger
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
    }

    /// A session as readers see it.
    fn view(found: &Found) -> Option<Session> {
        let terms = found.page.terms(found.seat.terms)?;
        Some(found.seat.view(&found.place, &terms))
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
