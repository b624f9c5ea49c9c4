//! `tick_stream`: how many seconds, and for how much.
//!
//! A viewer opens a session on a live broadcast and places a hold on their pool; the clock bills it; anyone may
//! settle what it owes; the viewer closes it. This contract holds no money: it tells `payment_handler`, which
//! obeys nobody else, what moves from holds to payees and back to pools. It reads `stream_registry` for terms and
//! broadcasts and `pricing_engine` for every charge.
//!
//! What is done for many sessions at once, settling and vouchers, is here; what one session's viewer does is in a second code,
//! `tick_lifecycle`, which runs on this contract's storage.
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
    use ink::prelude::{vec, vec::Vec};
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        AdminError, Administered, Administration, AssetId, Audience, BroadcastNo, Change, Millis,
        OpenQuote, OpenRequest, Outcome, PageNo, PageView, PermittedDeposit, Seated, Session,
        SessionId, SessionNo, SignedVoucher, StreamId, TickLifecycle, TickLimits, TickStream,
        TickStreamError as Error, Viewer, VoucherOutcome, Wiring, MAX_BATCH, MAX_BATCH_PAGES,
        MAX_GRACE_MS, MAX_OPEN, MAX_PAGES, MAX_PROVIDED, MIN_EXIT_DELAY_MS, MIN_HOLD_MS,
        PAGE_SEATS, PAGE_TERMS,
    };
    use vilokanam_sessions::{
        batch::{Batch, BatchSeat},
        calls::Wired,
        ledger::{Ledger, Setup},
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
        patronage: true,
        second_code: true,
        ..Slots::NONE
    };

    #[ink(storage)]
    pub struct TickStreamContract {
        /// Owner, pending changes, wiring.
        admin: Admin,
        /// Sessions.
        ledger: Ledger,
    }

    impl TickStreamContract {
        /// See `TickStream`.
        #[ink(constructor)]
        pub fn new(
            genesis_hash: Hash,
            exit_delay_ms: Millis,
            change_delay_ms: Millis,
            lifecycle: Hash,
        ) -> Result<Self, AdminError> {
            let mut admin = Admin::default();
            admin.init(change_delay_ms)?;
            admin.set_second_code(lifecycle);
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
                payments: None,
            });
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
        fn settle(&mut self, id: SessionId) -> Result<Balance, Error> {
            let wired = self.wired()?;
            let found = self.ledger.find(id)?;
            let mut batch = Batch::default();
            let seat = BatchSeat {
                page: batch.add((found.place.stream, found.place.page), found.page),
                place: found.place.seat,
                seat: found.seat,
            };
            let amounts = self.ledger.settle_batch(&wired, batch, vec![seat])?;
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
                    match self.ledger.find_in(&mut batch, *id) {
                        Ok(seat) => {
                            seats.push(seat);
                            Outcome::Settled(0)
                        }
                        Err(outcome) => outcome,
                    }
                };
                outcomes.push(outcome);
            }
            let mut amounts = self.ledger.settle_batch(&wired, batch, seats)?.into_iter();
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
            let page = self.ledger.pages.get(at).ok_or(Error::PageNotFound)?;
            let sessions = page.sessions();
            let assets: Vec<_> = sessions.iter().map(|(_, seat)| seat.asset).collect();
            let mut batch = Batch::default();
            let page = batch.add(at, page);
            let seats = sessions
                .into_iter()
                .map(|(place, seat)| BatchSeat { page, place, seat })
                .collect();
            let amounts = self.ledger.settle_batch(&wired, batch, seats)?;

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
        fn redeem(&mut self, voucher: SignedVoucher) -> Result<Balance, Error> {
            let wired = self.ledger.wired_setup()?;
            match self.ledger.redeem_batch(wired, &[voucher])?.first() {
                Some(VoucherOutcome::Paid(amount)) => Ok(*amount),
                Some(VoucherOutcome::Refused(refusal)) => Err(Error::Voucher(*refusal)),
                None => Ok(0),
            }
        }

        #[ink(message)]
        fn redeem_many(
            &mut self,
            vouchers: Vec<SignedVoucher>,
        ) -> Result<Vec<VoucherOutcome>, Error> {
            let wired = self.ledger.wired_setup()?;
            if vouchers.len() > MAX_BATCH as usize {
                return Err(Error::TooMany { max: MAX_BATCH });
            }
            Ok(self.ledger.redeem_batch(wired, &vouchers)?)
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

    /// Opens, changes and closes sessions: the other code does, on this storage.
    #[allow(unused_variables)] // what is called is handed over as it came
    impl TickLifecycle for TickStreamContract {
        #[ink(message)]
        fn session(&self, id: SessionId) -> Option<Session> {
            self.hand_over()
        }

        #[ink(message)]
        fn session_at(&self, at: Seated) -> Option<Session> {
            self.hand_over()
        }

        #[ink(message)]
        fn open_session(&self, viewer: AccountId, stream: StreamId) -> Option<Session> {
            self.hand_over()
        }

        #[ink(message)]
        fn can_open(&self, viewer: AccountId, request: OpenRequest) -> Result<OpenQuote, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn open(&mut self, request: OpenRequest) -> Result<SessionNo, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn deposit_and_open(
            &mut self,
            request: OpenRequest,
            deposit: PermittedDeposit,
        ) -> Result<SessionNo, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn preview_left(
            &self,
            viewer: AccountId,
            stream: StreamId,
            broadcast: BroadcastNo,
            preview_ms: u32,
        ) -> u32 {
            self.hand_over()
        }

        #[ink(message)]
        fn provide_seats(&mut self, stream: StreamId, pages: u32) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn clear_page(&mut self, stream: StreamId, page: PageNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn owed(&self, id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn refundable(&self, id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn runs_out_at(&self, id: SessionId) -> Result<Option<Millis>, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn top_up(&mut self, id: SessionId, amount: Balance) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn pause(&mut self, number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn resume(&mut self, number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn set_key(&mut self, number: SessionNo, key: Option<AccountId>) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn begin_exit(&mut self, number: SessionNo) -> Result<(), Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn close(&mut self, number: SessionNo) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn close_ended(&mut self, id: SessionId) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn dismiss(&mut self, at: Seated) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn finish_close(&mut self, at: Seated) -> Result<Balance, Error> {
            self.hand_over()
        }

        #[ink(message)]
        fn finish_exit(&mut self, number: SessionNo) -> Result<(), Error> {
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
            self.admin.wire(WIRED, wiring)?;
            self.ledger.setup.set(&Setup {
                payments: wiring.payments,
                ..self.ledger.setup.get_or_default()
            });
            Ok(())
        }
    }

    #[ink(impl)]
    impl TickStreamContract {
        /// Runs the message that was called in the code of `tick_lifecycle`, and answers what that answers.
        fn hand_over(&self) -> ! {
            self.admin.hand_over(Error::LifecycleFailed)
        }

        fn wired(&self) -> Checked<Wired> {
            Wired::new(self.admin.wiring())
        }
    }
}
