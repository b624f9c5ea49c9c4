//! The storage that both halves of the meter share, and what both do to it.

use crate::{
    batch::{Batch, BatchSeat},
    calls::{settle, Wired},
    seats::{Account, Page, Seat, StreamMeter},
    Checked,
};
use ink::{
    env::DefaultEnvironment,
    prelude::{boxed::Box, vec, vec::Vec},
    storage::{traits::ManualKey, Lazy, Mapping},
};
use vilokanam_interfaces::{
    events::tick_stream::*, AccountId, Balance, BroadcastNo, Charged, Hash, Millis, OpenSession,
    Outcome, PageNo, Release, Seated, SessionId, StreamId, TickStreamError as Error,
    MAX_BATCH_PAGES,
};

/// What the constructor and the wiring fixed for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Setup {
    /// The chain that the contract was made for.
    pub genesis_hash: Hash,
    /// How long an exit takes.
    pub exit_delay_ms: Millis,
    /// The payment handler, once wired. As the wiring has it: redeeming and exits read this cell anyway, and need no more.
    pub payments: Option<AccountId>,
}

/// How much of their free preview of a broadcast a viewer's sessions on a stream were given. Fixed size, never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Preview {
    /// The broadcast.
    pub broadcast: BroadcastNo,
    /// Milliseconds.
    pub used_ms: u32,
}

/// The bytes of a preview's cell.
pub const PREVIEW_LEN: usize = 4 + 4;

/// Who placed the hold of a session. Fixed size, never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Sponsor {
    /// The sponsor.
    pub account: AccountId,
    /// The pool of the budget, from which the hold came and to which the rest of it goes.
    pub pool: AccountId,
}

/// The bytes of a sponsor's cell.
pub const SPONSOR_LEN: usize = 32 + 32;

/// The cells of sessions. Keys `0x0001` to `0x0007` of the contract; `0x0005` was used before the second code's hash moved to `Admin`.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Ledger {
    /// What the constructor and the wiring fixed.
    pub setup: Lazy<Setup, ManualKey<0x0001>>,
    /// Sessions, 32 to a cell.
    pub pages: Mapping<(StreamId, PageNo), Page, ManualKey<0x0002>>,
    /// A cell for each stream.
    pub meters: Mapping<StreamId, StreamMeter, ManualKey<0x0003>>,
    /// A cell for each viewer.
    pub accounts: Mapping<AccountId, Account, ManualKey<0x0004>>,
    /// A cell for each viewer and stream on which they had a free preview.
    pub previews: Mapping<(AccountId, StreamId), Preview, ManualKey<0x0006>>,
    /// A cell for each viewer and stream on which a sponsor placed their hold. Such a session never has a key, so that none of it sits
    /// closing beside the next.
    pub sponsors: Mapping<(AccountId, StreamId), Sponsor, ManualKey<0x0007>>,
}

/// A session and where it sits.
pub struct Found {
    /// Where.
    pub place: OpenSession,
    /// Its page.
    pub page: Page,
    /// The session.
    pub seat: Box<Seat>,
}

/// Who calls.
pub fn caller() -> AccountId {
    ink::env::caller::<DefaultEnvironment>()
}

/// The time of this block.
pub fn now() -> Millis {
    ink::env::block_timestamp::<DefaultEnvironment>()
}

/// Emits an event.
pub fn emit(event: impl ink::env::Event) {
    ink::env::emit_event::<DefaultEnvironment, _>(event);
}

/// `SessionEnded`, if its accrual has.
pub fn ensure_not_ended(charged: &Charged) -> Checked<()> {
    match charged.ended_ms {
        Some(ended_ms) => Err(Error::SessionEnded { ended_ms }.into()),
        None => Ok(()),
    }
}

impl Ledger {
    /// What is fixed, and the payment handler; `NotWired` before that is known.
    pub fn wired_setup(&self) -> Checked<(Setup, AccountId)> {
        let setup = self.setup.get_or_default();
        let payments = setup.payments.ok_or(Error::NotWired)?;
        Ok((setup, payments))
    }

    /// A viewer's cell.
    pub fn account(&self, viewer: &AccountId) -> Account {
        self.accounts.get(viewer).unwrap_or_default()
    }

    /// A stream's cell.
    pub fn meter(&self, stream: StreamId) -> StreamMeter {
        self.meters.get(stream).unwrap_or_default()
    }

    /// How much of a free preview of `preview_ms` a viewer has left in a broadcast.
    pub fn preview_left(
        &self,
        viewer: AccountId,
        stream: StreamId,
        broadcast: BroadcastNo,
        preview_ms: u32,
    ) -> u32 {
        preview_ms.saturating_sub(self.preview_used(viewer, stream, broadcast).unwrap_or(0))
    }

    /// How much of their free preview of a broadcast a viewer's sessions were given, if any was.
    fn preview_used(
        &self,
        viewer: AccountId,
        stream: StreamId,
        broadcast: BroadcastNo,
    ) -> Option<u32> {
        let preview = self.previews.get((viewer, stream))?;
        (preview.broadcast == broadcast).then_some(preview.used_ms)
    }

    /// Gives a session that opens what its viewer has left of a free preview, and returns that.
    pub fn take_preview(
        &mut self,
        viewer: AccountId,
        stream: StreamId,
        broadcast: BroadcastNo,
        preview_ms: u32,
    ) -> u32 {
        if preview_ms == 0 {
            return 0;
        }
        let used_ms = self.preview_used(viewer, stream, broadcast).unwrap_or(0);
        let left_ms = preview_ms.saturating_sub(used_ms);
        if left_ms > 0 {
            let used_ms = used_ms.saturating_add(left_ms);
            self.previews
                .insert((viewer, stream), &Preview { broadcast, used_ms });
        }
        left_ms
    }

    /// Takes back what a session that ends did not watch of its preview. To be called once for each.
    pub fn return_preview(&mut self, stream: StreamId, seat: &Seat) {
        if seat.preview_ms == 0 {
            return;
        }
        let (viewer, broadcast) = (seat.viewer, seat.broadcast);
        let rest_ms = seat.unwatched_preview(now());
        // The cell is of a later broadcast if the viewer was there since.
        if let (1.., Some(used_ms)) = (rest_ms, self.preview_used(viewer, stream, broadcast)) {
            let used_ms = used_ms.saturating_sub(rest_ms);
            self.previews
                .insert((viewer, stream), &Preview { broadcast, used_ms });
        }
    }

    /// Who placed the hold of a session, if not its viewer.
    pub fn sponsor_of(&self, stream: StreamId, seat: &Seat) -> Option<Sponsor> {
        match seat.sponsored {
            true => self.sponsors.get((seat.viewer, stream)),
            false => None,
        }
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

    /// An open session, and its page.
    pub fn find(&self, id: SessionId) -> Checked<Found> {
        let place = self.place(id)?;
        let page = self
            .pages
            .get((place.stream, place.page))
            .ok_or(Error::PageNotFound)?;
        let seat = page.seat(place.seat).ok_or(Error::SessionClosed)?;
        Ok(Found { place, page, seat })
    }

    /// A session that sits where its event said, open or closing.
    pub fn find_at(&self, at: &Seated) -> Checked<Found> {
        let page = self.pages.get((at.stream, at.page));
        let page = page.ok_or(Error::SessionNotFound)?;
        let seat = page.seat(at.seat).filter(|seat| seat.id() == at.id);
        Ok(Found {
            place: OpenSession {
                number: at.id.number,
                stream: at.stream,
                page: at.page,
                seat: at.seat,
            },
            page,
            seat: seat.ok_or(Error::SessionNotFound)?,
        })
    }

    /// As `find`, through the pages that a batch has read already.
    pub fn find_in(&self, batch: &mut Batch, id: SessionId) -> Result<BatchSeat, Outcome> {
        let place = self.place(id).map_err(|error| match *error {
            Error::SessionClosed => Outcome::SessionClosed,
            _ => Outcome::SessionNotFound,
        })?;
        let page = self.page_in(batch, (place.stream, place.page))?;
        let read = batch.pages.get(page);
        let seat = read.and_then(|read| read.page.seat(place.seat));
        Ok(BatchSeat {
            page,
            place: place.seat,
            seat: seat.ok_or(Outcome::SessionClosed)?,
        })
    }

    /// The position in a batch of a page, which is read if it was not before.
    pub fn page_in(&self, batch: &mut Batch, at: (StreamId, PageNo)) -> Result<usize, Outcome> {
        if let Some(position) = batch.position(at) {
            return Ok(position);
        }
        if batch.pages.len() >= MAX_BATCH_PAGES as usize {
            return Err(Outcome::TooManyPages);
        }
        let page = self.pages.get(at).ok_or(Outcome::SessionNotFound)?;
        Ok(batch.add(at, page))
    }

    /// Writes a session back to its seat.
    pub fn write(&mut self, found: &mut Found) {
        found.page.put(found.place.seat, &found.seat);
        self.pages
            .insert((found.place.stream, found.place.page), &found.page);
    }

    /// Takes a session off the lists and lets its time stop; it is finished once the exit delay has passed.
    pub fn begin_close(&mut self, mut found: Found) -> Checked<()> {
        let OpenSession {
            number,
            stream,
            page,
            seat,
        } = found.place;
        let viewer = found.seat.viewer;
        if found.seat.exit_ms == 0 {
            let delay_ms = self.setup.get_or_default().exit_delay_ms;
            found.seat.exit_ms = now().saturating_add(delay_ms);
        }
        let finish_ms = found.seat.exit_ms;
        self.return_preview(stream, &found.seat);
        found.seat.closing = true;
        found.seat.paused = true;
        found.seat.until_ms = found.seat.until_ms.min(now());
        let mut account = self.account(&viewer);
        account.unlist(number);
        let mut meter = self.meter(stream);
        meter.live = meter.live.checked_sub(1).ok_or(Error::Overflow)?;
        self.write(&mut found);
        self.accounts.insert(viewer, &account);
        self.meters.insert(stream, &meter);
        emit(SessionClosing {
            viewer,
            number,
            stream,
            page,
            seat,
            finish_ms,
        });
        Ok(())
    }

    /// A session's charge up to now.
    pub fn charge_one(&self, wired: &Wired, found: &Found) -> Checked<Charged> {
        let item = found.seat.charge_item(found.place.stream);
        wired
            .charge(now(), vec![item])?
            .into_iter()
            .next()
            .ok_or_else(|| Error::PricingFailed.into())
    }

    /// Charges sessions and moves what they owe; says how much for each. Writes, calls and emits nothing if that is nothing.
    pub fn settle_batch(
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
            to_charge.push(of.seat.charge_item(read.at.0));
        }
        let charged = wired.charge(now(), to_charge)?;
        let mut amounts = Vec::new();
        for (mut of, charged) in seats.into_iter().zip(charged) {
            of.seat.advance(&charged, now())?;
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
        settle(wired.payments(), batch.terms, batch.items)?;
        emit(Settled {
            settlements: batch.settlements,
        });
        Ok(amounts)
    }

    /// Closes a session: settles it by `charged` (an exit: by what its seat says) and releases the rest. Returns what was settled now.
    pub fn finish(
        &mut self,
        payments: AccountId,
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
            of.seat.advance(charged, now())?;
        }
        let amount = of.seat.unsettled()?;
        let settled = of.seat.settled.checked_add(amount);
        let released = settled.and_then(|settled| of.seat.hold.checked_sub(settled));
        let released = released.ok_or(Error::Overflow)?;
        let to = match of.seat.sponsored {
            false => of.seat.viewer,
            true => {
                let sponsor = self.sponsor_of(stream, &of.seat);
                sponsor.ok_or(Error::PatronageFailed)?.pool
            }
        };
        let release = Release {
            to,
            amount: released,
            counted: of.seat.counted(released),
            placed_ms: of.seat.opened_ms,
            category: of.seat.category,
        };
        batch.pay(&mut of, amount, Some(release))?;
        let seat = of.seat;

        let mut account = self.account(&seat.viewer);
        account.unlist(seat.number);
        account.watched_ms = account.watched_ms.saturating_add(seat.all_watched_ms());
        let mut meter = self.meter(stream);
        if !seat.closing {
            self.return_preview(stream, &seat);
            meter.live = meter.live.checked_sub(1).ok_or(Error::Overflow)?;
        }
        meter.closed = meter.closed.saturating_add(1);
        meter.watched_ms = meter.watched_ms.saturating_add(seat.all_watched_ms());
        meter.set_room(place.page, true);
        for read in &mut batch.pages {
            read.page.vacate(place.seat);
            self.pages.insert(read.at, &read.page);
        }
        self.meters.insert(stream, &meter);
        self.accounts.insert(seat.viewer, &account);

        settle(payments, batch.terms, batch.items)?;
        emit(SessionClosed {
            viewer: seat.viewer,
            number: seat.number,
            stream,
            broadcast: seat.broadcast,
            asset: seat.asset,
            opened_ms: seat.opened_ms,
            closed_ms: now(),
            watched_ms: seat.all_watched_ms(),
            hold: seat.hold,
            settled: seat.settled,
            released,
            by: caller(),
        });
        Ok(amount)
    }
}
