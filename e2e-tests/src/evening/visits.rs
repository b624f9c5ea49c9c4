//! What viewers do: they come, open sessions, pause, top up, and leave in one way or another.

use super::{
    cast::{Help, Leaving, Role, Visit, CREATORS, EMEKA, SELMA, TIER},
    report::{money, time},
    story::{Act, Story, Watching, REFERRER},
};
use crate::model::{Action, MeterCall, PaymentsCall, PricingCall, TokenCall, Value};
use anyhow::{bail, Context, Result};
use vilokanam_chain::Chain;
use vilokanam_interfaces::{
    AssetId, Balance, Discount, OpenRequest, PricingEngineError, Quote, QuoteRequest, SessionNo,
    TickStreamError, NATIVE,
};

impl<C: Chain> Story<'_, C> {
    /// Comes to a stream; to another if that is not possible, unless it is the one that makes it cheaper.
    pub fn arrive(&mut self, guest: usize, visit: Visit) -> Result<()> {
        let elsewhere = visit.discount == Discount::None && !visit.sponsored;
        let choices = if elsewhere { self.streams.len() } else { 1 };
        for step in 0..choices {
            let creator = (visit.creator + step) % self.streams.len();
            if self.open(guest, creator, visit)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Opens a session and plans how it goes on. `false` if the stream is off the air, or the viewer's exit
    /// from it is not finished.
    pub fn open(&mut self, guest: usize, creator: usize, visit: Visit) -> Result<bool> {
        self.close_forgotten(guest, creator)?;
        let request = self.request(guest, creator, visit)?;
        let viewer = self.guests[guest].account;
        let number = match self.stage.meter(viewer, MeterCall::Open(request))? {
            Ok(Value::Number(number)) => number,
            Err(TickStreamError::Pricing(
                PricingEngineError::NotLive | PricingEngineError::Suspended,
            )) => {
                self.counts.found_off_air += 1;
                return Ok(false);
            }
            Err(TickStreamError::AlreadyOpen { .. }) => return Ok(false),
            other => bail!("{} cannot open: {other:?}", self.guests[guest].name),
        };
        let watching = Watching {
            creator,
            asset: request.asset,
            visit,
            ceiling: request.ceiling,
            leave_ms: self.stage.now_ms()
                + self.secs(visit.secs)
                + self.thousandths(visit.leave_thousandths),
            ceiling_passed: false,
            exiting: false,
        };
        self.plan_visit(guest, number, &watching)?;
        self.watching.insert((guest, number), watching);
        Ok(true)
    }

    /// What the viewer asks for, after a deposit if the pool has less than it takes.
    pub fn request(&mut self, guest: usize, creator: usize, visit: Visit) -> Result<OpenRequest> {
        let quote = self.quote(guest, creator, visit.secs, visit.discount)?;
        let mut hold = (quote.hold * visit.hold_percent / 100).max(2 * quote.price_per_sec);
        if visit.sponsored {
            hold = self.on_the_house.context("nobody sponsors")?.max_hold;
        } else {
            self.fill_pool(guest, self.guests[guest].asset, hold)?;
        }
        Ok(OpenRequest {
            stream: self.streams[creator].id,
            asset: self.guests[guest].asset,
            hold,
            ceiling: quote.price_per_sec * visit.ceiling_percent / 100,
            until_ms: visit
                .until_secs
                .map(|secs| self.stage.now_ms() + self.secs(secs)),
            referrer: self.guests[guest]
                .referred
                .then(|| self.stage.account(REFERRER)),
            key: None,
            discount: visit.discount,
            sponsor: visit
                .sponsored
                .then(|| self.guests[self.regular(SELMA)].account),
        })
    }

    /// Plans what the viewer will do during a visit that has begun.
    fn plan_visit(&mut self, guest: usize, number: SessionNo, watching: &Watching) -> Result<()> {
        let visit = watching.visit;
        let now = self.stage.now_ms();
        if let Some(pause) = visit.pause {
            let at_ms = now + self.secs(pause.after_secs);
            self.later(at_ms, Act::Pause { guest, number });
        }
        let mut leave_ms = watching.leave_ms;
        if visit.hold_percent < 100 {
            let runs_out = self.stage.runs_out_at(self.session(guest, number))?;
            let runs_out_ms = runs_out.unwrap_or(leave_ms);
            if visit.help == Help::Nobody {
                // The viewer looks up a little after the money is used up, and pays nothing for that.
                leave_ms = leave_ms.min(runs_out_ms + self.secs(20));
            } else {
                let at_ms = now + runs_out_ms.saturating_sub(now) * 7 / 10;
                self.later(at_ms, Act::TopUp { guest, number });
            }
        }
        match visit.leaving {
            Leaving::Closes => self.later(leave_ms, Act::Leave { guest, number }),
            Leaving::Exits => self.later(leave_ms, Act::BeginExit { guest, number }),
            Leaving::WalksAway => (),
        }
        Ok(())
    }

    /// Closes a session that the viewer forgot on a stream: there can only be one.
    fn close_forgotten(&mut self, guest: usize, creator: usize) -> Result<()> {
        let mut sessions = self.watching.range((guest, 0)..=(guest, SessionNo::MAX));
        let forgotten = sessions.find(|(_, watching)| watching.creator == creator);
        match forgotten.map(|(key, _)| key.1) {
            Some(number) => self.leave(guest, number),
            None => Ok(()),
        }
    }

    /// What watching costs now, in the viewer's asset.
    pub fn quote(
        &mut self,
        guest: usize,
        creator: usize,
        secs: u64,
        discount: Discount,
    ) -> Result<Quote> {
        let stream = self.streams[creator].id;
        let call = PricingCall::Quote(QuoteRequest {
            stream,
            asset: self.guests[guest].asset,
            duration_ms: self.secs(secs),
            audience: self.stage.model.live_viewers(stream),
            viewer: Some((self.guests[guest].account, discount)),
        });
        match self.stage.quote(self.guests[guest].account, call)? {
            Value::Quote(quote) => Ok(quote),
            other => bail!("{other:?} is no quote"),
        }
    }

    /// Deposits if the pool has less than `needed`: the first time for the whole evening.
    pub fn fill_pool(&mut self, guest: usize, asset: AssetId, needed: Balance) -> Result<()> {
        let viewer = self.guests[guest].account;
        let visits = self.guests[guest].visits.len() as Balance;
        let free = self.stage.model.pool(viewer, asset).free;
        if free >= needed {
            return Ok(());
        }
        self.pays_in(guest, asset, needed * (visits + 1) - free)
    }

    /// Deposits; $VLK is bought first.
    pub fn pays_in(&mut self, guest: usize, asset: AssetId, amount: Balance) -> Result<()> {
        let viewer = self.guests[guest].account;
        if asset != NATIVE {
            let buy = TokenCall::Transfer { to: viewer, amount };
            let sale = self.stage.account("sale");
            self.stage.must(sale, Action::Token(0, buy))?;
        }
        self.stage.deposit(viewer, asset, amount)
    }

    pub fn pause(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        let Some(watching) = self.watching.get(&(guest, number)).cloned() else {
            return Ok(());
        };
        let viewer = self.guests[guest].account;
        match self.stage.meter(viewer, MeterCall::Pause(number))? {
            Ok(_) => self.counts.pauses += 1,
            Err(TickStreamError::SessionEnded { .. }) => return self.leave(guest, number),
            Err(other) => bail!("pause: {other:?}"),
        }
        let secs = watching.visit.pause.map_or(0, |pause| pause.secs);
        self.after(self.secs(secs), Act::Resume { guest, number });
        if watching.visit.role == Some(Role::Pauses) {
            let length = time(self.secs(secs));
            self.say(
                guest,
                &format!("goes to cook, and stops the clock for {length}"),
            );
        }
        Ok(())
    }

    pub fn resume(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        if !self.watching.contains_key(&(guest, number)) {
            return Ok(());
        }
        let viewer = self.guests[guest].account;
        match self.stage.meter(viewer, MeterCall::Resume(number))? {
            Ok(_) => self.counts.resumes += 1,
            Err(TickStreamError::SessionEnded { .. } | TickStreamError::AboveCeiling { .. }) => {
                return self.leave(guest, number);
            }
            Err(other) => bail!("resume: {other:?}"),
        }
        Ok(())
    }

    /// The viewer, or a friend, adds to the hold what it lacks.
    pub fn top_up(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        let Some(watching) = self.watching.get(&(guest, number)).cloned() else {
            return Ok(());
        };
        let payer = match watching.visit.help {
            Help::Friend => self.friend_of(guest),
            Help::Own | Help::Nobody => guest,
        };
        let id = self.session(guest, number);
        let held = self.stage.books.sessions[&(id.viewer, id.number)]
            .opened
            .hold;
        // The hold was `hold_percent` of the cost, so this makes it 110 percent.
        let amount = held * (110 - watching.visit.hold_percent) / watching.visit.hold_percent;
        self.fill_pool(payer, watching.asset, amount)?;
        let call = MeterCall::TopUp { id, amount };
        match self.stage.meter(self.guests[payer].account, call)? {
            Ok(_) if payer == guest => self.counts.own_top_ups += 1,
            Ok(_) => self.counts.gifts += 1,
            Err(TickStreamError::SessionEnded { .. }) => return self.leave(guest, number),
            Err(other) => bail!("top up: {other:?}"),
        }
        let amount = money(amount, watching.asset);
        match watching.visit.role {
            Some(Role::TopsUp) => {
                self.say(guest, &format!("tops up the running session by {amount}"))
            }
            Some(Role::IsHelped) => {
                let whom = self.guests[guest].name.clone();
                self.say(
                    payer,
                    &format!(
                        "gives {amount} to the session of {whom}, whose hold is nearly used up"
                    ),
                );
            }
            _ => (),
        }
        Ok(())
    }

    /// Closes a session, if it is still open.
    pub fn leave(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        if self
            .watching
            .get(&(guest, number))
            .is_none_or(|w| w.exiting)
        {
            return Ok(());
        }
        let viewer = self.guests[guest].account;
        match self.stage.meter(viewer, MeterCall::Close(number))? {
            Ok(_) => self.closed(guest, number),
            Err(other) => bail!("{} cannot close: {other:?}", self.guests[guest].name),
        }
        Ok(())
    }

    /// Takes note that a session is closed, and tells it if it was in the script.
    pub fn closed(&mut self, guest: usize, number: SessionNo) {
        let Some(watching) = self.watching.remove(&(guest, number)) else {
            return;
        };
        let viewer = self.guests[guest].account;
        let book = &self.stage.books.sessions[&(viewer, number)];
        let Some(receipt) = book.closed.clone() else {
            return;
        };
        // What is left does not pay for one more millisecond, at up to twice the price at open.
        let ran_dry = receipt.released * 1_000 <= 2 * book.opened.rate_per_sec;
        let until_came = book
            .opened
            .until_ms
            .is_some_and(|until| until <= receipt.closed_ms);
        self.counts.ran_dry += u64::from(ran_dry);
        self.counts.until_came += u64::from(until_came && !ran_dry);
        self.counts.hit_ceiling += u64::from(watching.ceiling_passed);
        self.counts.closed_by_others += u64::from(receipt.by != viewer);
        let extras = book.opened.extras;
        let free_ms = receipt
            .watched_ms
            .min(extras.map_or(0, |extras| extras.preview_ms.into()));
        let in_tier = watching.creator == EMEKA && receipt.watched_ms > self.secs(TIER.0);
        self.counts.previews += u64::from(free_ms > 0);
        self.counts.tiers += u64::from(in_tier);
        self.counts.with_pass +=
            u64::from(extras.is_some_and(|extras| extras.discount_until_ms > 0));
        self.counts.sponsored += u64::from(extras.is_some_and(|extras| extras.sponsor.is_some()));

        let Some(role) = watching.visit.role else {
            return;
        };
        let host = CREATORS[watching.creator].name;
        let paid = money(receipt.settled, receipt.asset);
        let watched = time(receipt.watched_ms);
        let text = match role {
            Role::RunsDry if ran_dry => format!(
                "runs out of money in mid-stream at {host}'s: {watched} watched, {paid} paid, \
                 which was the whole hold"
            ),
            Role::HitsCeiling if watching.ceiling_passed => format!(
                "would not pay that much more at {host}'s, and leaves: {watched} watched, \
                 {paid} paid, nothing of it at the new price"
            ),
            Role::SetsUntil if until_came => format!(
                "had asked to stop after {watched}: pays {paid}, and nothing for staying on at \
                 {host}'s"
            ),
            Role::Pauses => format!(
                "was at {host}'s for {}, and pays {paid} for the {watched} that were watched",
                time(receipt.closed_ms - receipt.opened_ms)
            ),
            Role::WalksAway if receipt.by != viewer => format!(
                "walked away from {host}'s without closing; a stranger closed the session: \
                 {watched} watched, {paid} paid, never more than the hold"
            ),
            Role::Previews => format!(
                "tries {host}'s stream out: {watched} watched, {} of it free, {paid} paid",
                time(free_ms)
            ),
            Role::ReachesTier if in_tier => format!(
                "stays at {host}'s for {watched}: {} were left of the free minutes, and from {} on it \
                 is {} % of the price; {paid} paid",
                time(free_ms),
                time(self.secs(TIER.0)),
                TIER.1 / 10_000
            ),
            Role::HasPass => {
                format!("watches {host} for {watched} at half the price, by a pass: {paid} paid")
            }
            Role::IsSponsored => {
                format!("watched {host} for {watched} on the house: {paid} from Selma's budget")
            }
            Role::KeepsLimit => format!(
                "leaves {host}'s within the limit that he set: {watched} watched, {paid} paid"
            ),
            Role::IsReferred => {
                format!("was brought by {REFERRER}, who earns on {paid} paid to {host}")
            }
            _ => return,
        };
        self.say(guest, &text);
    }

    pub fn begin_exit(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        let Some(watching) = self.watching.get_mut(&(guest, number)) else {
            return Ok(());
        };
        watching.exiting = true;
        let viewer = self.guests[guest].account;
        if let Err(e) = self.stage.meter(viewer, MeterCall::BeginExit(number))? {
            bail!("begin exit: {e:?}");
        }
        self.after(self.plan.exit_delay_ms, Act::FinishExit { guest, number });
        let delay = time(self.plan.exit_delay_ms);
        self.say(
            guest,
            &format!("begins the exit that needs nobody; payees have {delay} to settle"),
        );
        Ok(())
    }

    /// Finishes an exit, and takes the money home.
    pub fn finish_exit(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        if !self.watching.contains_key(&(guest, number)) {
            return Ok(());
        }
        self.stage.compare_session(self.session(guest, number))?;
        let viewer = self.guests[guest].account;
        if let Err(e) = self.stage.meter(viewer, MeterCall::FinishExit(number))? {
            bail!("finish exit: {e:?}");
        }
        self.closed(guest, number);
        let asset = self.guests[guest].asset;
        let amount = self.stage.model.pool(viewer, asset).free;
        if amount > 0 {
            let withdraw = PaymentsCall::Withdraw { asset, amount };
            self.stage.must(viewer, Action::Payments(withdraw))?;
        }
        self.counts.exits += 1;
        let amount = money(amount, asset);
        self.say(
            guest,
            &format!("finishes the exit and withdraws {amount}, asking nobody"),
        );
        Ok(())
    }

    /// Closes a session whose broadcast is over and opens another on the stream's new broadcast.
    pub fn rejoin(&mut self, guest: usize, number: SessionNo) -> Result<()> {
        let Some(watching) = self.watching.get(&(guest, number)).cloned() else {
            return Ok(());
        };
        self.leave(guest, number)?;
        let left_ms = watching.leave_ms.saturating_sub(self.stage.now_ms());
        let rest = Visit {
            secs: left_ms / self.plan.second_ms,
            hold_percent: 130,
            until_secs: None,
            pause: None,
            help: Help::Nobody,
            leaving: Leaving::Closes,
            role: None,
            sponsored: false,
            ..watching.visit
        };
        if rest.secs > 0 && self.open(guest, watching.creator, rest)? {
            self.counts.rejoined += 1;
        }
        Ok(())
    }

    /// Another viewer who was drawn, or the viewer if there is no other.
    fn friend_of(&self, guest: usize) -> usize {
        (guest + 1) % self.plan.viewers
    }
}
