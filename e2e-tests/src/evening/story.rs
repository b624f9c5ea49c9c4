//! What people do: a queue of acts in the order of time, each of them one thing that somebody does.

use super::{
    cast::{self, Guest, Leaving, Visit, CREATORS},
    laws::Checks,
    report::{Counts, ASSETS},
    scenes::Scene,
    stage::Stage,
    EveningPlan, Moment, Onlooker,
};
use crate::model::{Action, MeterCall, PaymentsCall, RegistryCall};
use anyhow::{bail, Result};
use std::{collections::BTreeMap, path::Path};
use vilokanam_chain::{Chain, Config};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, BroadcastNo, Millis, SessionId, SessionNo, Sponsorship, StreamId,
    StreamRegistryError,
};

/// Everybody who is neither creator, co-host nor viewer.
pub const REFERRER: &str = "Rhea";
pub const MODERATOR: &str = "Mori";
/// Settles, closes and pushes what anybody may.
pub const STRANGER: &str = "Sol";

/// The last minute of the evening: the creators are gone, and everybody gets their money.
pub const LAST_MINUTE: u64 = 385;

/// One thing that somebody does.
#[derive(Debug, Clone)]
pub enum Act {
    Heartbeat {
        creator: usize,
        broadcast: BroadcastNo,
    },
    SettlePages {
        creator: usize,
    },
    Payday {
        creator: usize,
    },
    Arrive {
        guest: usize,
        visit: Visit,
    },
    Rejoin {
        guest: usize,
        number: SessionNo,
    },
    Pause {
        guest: usize,
        number: SessionNo,
    },
    Resume {
        guest: usize,
        number: SessionNo,
    },
    TopUp {
        guest: usize,
        number: SessionNo,
    },
    BeginExit {
        guest: usize,
        number: SessionNo,
    },
    FinishExit {
        guest: usize,
        number: SessionNo,
    },
    Leave {
        guest: usize,
        number: SessionNo,
    },
    /// A stranger closes what was left open and has ended.
    TidyUp,
    Scene(Scene),
}

/// A creator's stream.
#[derive(Debug, Clone)]
pub struct OnAir {
    pub id: StreamId,
    pub creator: AccountId,
    pub broadcast: BroadcastNo,
    /// Whether heartbeats are sent.
    pub connected: bool,
}

/// A session that is open, as its viewer's app knows it.
#[derive(Debug, Clone)]
pub struct Watching {
    pub creator: usize,
    pub asset: AssetId,
    pub visit: Visit,
    pub ceiling: Balance,
    pub leave_ms: Millis,
    pub ceiling_passed: bool,
    pub exiting: bool,
}

pub struct Story<'a, C: Chain> {
    pub stage: Stage<'a, C>,
    pub plan: EveningPlan,
    pub config: Config,
    pub guests: Vec<Guest>,
    pub streams: Vec<OnAir>,
    /// Open sessions by viewer and number.
    pub watching: BTreeMap<(usize, SessionNo), Watching>,
    pub moments: Vec<Moment>,
    pub counts: Counts,
    /// On what terms Selma pays others' first minutes.
    pub on_the_house: Option<Sponsorship>,
    pub checks: Checks,
    queue: BTreeMap<(Millis, u64), Act>,
    acts: u64,
    onlooker: &'a mut dyn Onlooker,
}

impl<'a, C: Chain> Story<'a, C> {
    /// Deploys the suite and gathers everybody; the creators go live.
    pub fn begin(
        chain: &'a mut C,
        artifacts: &Path,
        plan: &EveningPlan,
        onlooker: &'a mut dyn Onlooker,
    ) -> Result<Self> {
        let config = Config {
            exit_delay_ms: plan.exit_delay_ms,
            ..Config::of(chain)
        };
        let guests = cast::draw(plan, |name| chain.account(name));
        let people = guests.iter().map(|guest| guest.name.clone()).chain(crew());
        let stage = Stage::set(chain, artifacts, &config, people)?;
        let mut story = Self {
            stage,
            plan: *plan,
            config,
            guests,
            streams: Vec::new(),
            watching: BTreeMap::new(),
            moments: Vec::new(),
            counts: Counts::default(),
            on_the_house: None,
            checks: Checks::default(),
            queue: BTreeMap::new(),
            acts: 0,
            onlooker,
        };
        story.open_the_house()?;
        story.plan_scenes();
        for guest in 0..story.guests.len() {
            for visit in story.guests[guest].visits.clone() {
                let at_ms = story.at_secs(visit.at_secs) + story.thousandths(visit.at_thousandths);
                story.later(at_ms, Act::Arrive { guest, visit });
            }
        }
        Ok(story)
    }

    /// Plays all acts that are planned, in the order of time.
    pub fn evening(&mut self) -> Result<()> {
        let end_ms = self.at_minute(LAST_MINUTE);
        while let Some(((at_ms, _), act)) = self.queue.pop_first() {
            if at_ms > end_ms {
                break;
            }
            self.stage.wait_until(at_ms)?;
            self.play(act)?;
            let whole = end_ms - self.stage.began_ms;
            let done = (self.stage.now_ms() - self.stage.began_ms).min(whole);
            let percent = done * 100 / whole;
            self.onlooker.progress(percent, self.stage.transactions);
        }
        self.stage.wait_until(end_ms)?;
        Ok(())
    }

    fn play(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Heartbeat { creator, broadcast } => self.heartbeat(creator, broadcast),
            Act::SettlePages { creator } => {
                self.settle_pages(creator)?;
                let again = self.plan.settle_every_ms;
                self.after(again, Act::SettlePages { creator });
                Ok(())
            }
            Act::Payday { creator } => {
                self.settle_pages(creator)?;
                self.withdraw_earnings(self.streams[creator].creator)?;
                let again = self.plan.payday_every_ms;
                self.after(again, Act::Payday { creator });
                Ok(())
            }
            Act::Arrive { guest, visit } => self.arrive(guest, visit),
            Act::Rejoin { guest, number } => self.rejoin(guest, number),
            Act::Pause { guest, number } => self.pause(guest, number),
            Act::Resume { guest, number } => self.resume(guest, number),
            Act::TopUp { guest, number } => self.top_up(guest, number),
            Act::BeginExit { guest, number } => self.begin_exit(guest, number),
            Act::FinishExit { guest, number } => self.finish_exit(guest, number),
            Act::Leave { guest, number } => self.leave(guest, number),
            Act::TidyUp => self.tidy_up(),
            Act::Scene(scene) => self.scene(scene),
        }
    }

    /// Sends a heartbeat, and plans the next.
    fn heartbeat(&mut self, creator: usize, broadcast: BroadcastNo) -> Result<()> {
        let on_air = self.streams[creator].clone();
        if !on_air.connected || on_air.broadcast != broadcast {
            return Ok(());
        }
        let call = RegistryCall::Heartbeat { stream: on_air.id };
        match self.stage.registry(on_air.creator, call)? {
            Ok(_) => (),
            // It came too late, on a busy machine: the broadcast is over.
            Err(StreamRegistryError::NotLive) => return self.live_again(creator),
            Err(e) => bail!("heartbeat of {}: {e:?}", CREATORS[creator].name),
        }
        self.counts.heartbeats += 1;
        self.after(
            self.plan.heartbeat_ms,
            Act::Heartbeat { creator, broadcast },
        );
        Ok(())
    }

    /// Settles every page of a stream, a message for each.
    fn settle_pages(&mut self, creator: usize) -> Result<()> {
        let OnAir {
            id: stream,
            creator,
            ..
        } = self.streams[creator];
        let pages: Vec<_> = self.stage.books.pages_of(stream).collect();
        for page in pages {
            let call = MeterCall::SettlePage { stream, page };
            self.stage.must(creator, Action::Meter(call))?;
        }
        Ok(())
    }

    /// Withdraws all that is payable to somebody, in each asset.
    pub fn withdraw_earnings(&mut self, payee: AccountId) -> Result<()> {
        for asset in ASSETS {
            if self.stage.model.payable(payee, asset) > 0 {
                let call = PaymentsCall::WithdrawPayable { asset };
                self.stage.must(payee, Action::Payments(call))?;
            }
        }
        Ok(())
    }

    /// A stranger closes the sessions that nobody looks after and that have ended.
    fn tidy_up(&mut self) -> Result<()> {
        let forgotten: Vec<_> = self
            .watching
            .iter()
            .filter(|(_, watching)| watching.visit.leaving == Leaving::WalksAway)
            .map(|(key, _)| *key)
            .collect();
        for (guest, number) in forgotten {
            let id = self.session(guest, number);
            let now = self.stage.now_ms();
            if self.stage.runs_out_at(id)?.is_some_and(|end| end <= now) {
                self.stage.must(
                    self.stage.account(STRANGER),
                    Action::Meter(MeterCall::CloseEnded(id)),
                )?;
                self.closed(guest, number);
            }
        }
        self.check_vault()?;
        self.after(self.secs(1_200), Act::TidyUp);
        Ok(())
    }

    pub fn session(&self, guest: usize, number: SessionNo) -> SessionId {
        SessionId {
            viewer: self.guests[guest].account,
            number,
        }
    }

    /// Plans an act for an instant.
    pub fn later(&mut self, at_ms: Millis, act: Act) {
        self.acts += 1;
        self.queue.insert((at_ms, self.acts), act);
    }

    /// Plans an act for some time from now.
    pub fn after(&mut self, ms: Millis, act: Act) {
        self.later(self.stage.now_ms() + ms, act);
    }

    /// How long some seconds of the evening last on the chain.
    pub fn secs(&self, secs: u64) -> Millis {
        secs * self.plan.second_ms
    }

    /// How long some thousandths of a second of the evening last on the chain.
    pub fn thousandths(&self, thousandths: u64) -> Millis {
        thousandths * self.plan.second_ms / 1_000
    }

    /// When a second of the evening is, on the chain.
    pub fn at_secs(&self, secs: u64) -> Millis {
        self.stage.began_ms + self.secs(secs)
    }

    /// When a minute of the evening is, on the chain.
    pub fn at_minute(&self, minute: u64) -> Millis {
        self.at_secs(minute * 60)
    }

    /// Tells a moment of a viewer.
    pub fn say(&mut self, guest: usize, text: &str) {
        let text = format!("{} {text}", self.guests[guest].name);
        self.tell(text);
    }

    /// Tells a moment.
    pub fn tell(&mut self, text: String) {
        let at_ms = self.stage.now_ms() - self.stage.began_ms;
        let moment = Moment { at_ms, text };
        self.onlooker.moment(&moment);
        self.moments.push(moment);
    }
}

/// Creators, co-hosts and all others who are not viewers.
fn crew() -> impl Iterator<Item = String> {
    let hosts = CREATORS.iter().flat_map(|creator| {
        let cohosts = creator.cohosts.iter().map(|(name, _)| *name);
        std::iter::once(creator.name).chain(cohosts)
    });
    let others = [REFERRER, MODERATOR, STRANGER, "sale"];
    hosts.chain(others).map(String::from)
}
