//! What is in the script: the same things happen every evening, whoever comes.

use super::{
    cast::{ASHA, BRUNO, CHEN, CREATORS, DALIA, EMEKA, FREYA},
    report::{money, ASSETS},
    story::{Act, OnAir, Story, Watching, MODERATOR, STRANGER},
};
use crate::model::{Action, MeterCall, PaymentsCall, PricingCall, RegistryCall, Value};
use anyhow::{bail, ensure, Result};
use vilokanam_chain::{Chain, VLK};
use vilokanam_interfaces::{
    AssetRate, Balance, Class, Share, StreamRegistryError, FULL_BPS, NATIVE,
};

/// A scripted event.
#[derive(Debug, Clone, Copy)]
pub enum Scene {
    ConnectionDies,
    StrangerUnlists,
    ComesBack,
    Reprices,
    StrangerSettles,
    Reports,
    Suspends,
    StaysSuspended,
    Rejects,
    Appeals,
    Resolves,
    LiveAgain,
    BecomesCheaper,
    CohostWithdraws,
    StrangerPushes,
    Ends(usize),
    BuysPasses,
    Sponsors,
    Tips,
    ReachesGoal,
    HitsLimit,
    FallsShort,
    MissesGoal,
    TakesBudgetBack,
    Schedules,
}

/// The script: what happens in which minute. What follows a dead connection waits for the grace.
const SCRIPT: [(u64, Scene); 24] = [
    (20, Scene::BuysPasses),
    (35, Scene::Sponsors),
    (95, Scene::Tips),
    (100, Scene::ReachesGoal),
    (110, Scene::ConnectionDies),
    (140, Scene::HitsLimit),
    (150, Scene::FallsShort),
    (160, Scene::Reprices),
    (175, Scene::StrangerSettles),
    (184, Scene::Reports),
    (190, Scene::Suspends),
    (193, Scene::StaysSuspended),
    (196, Scene::Rejects),
    (200, Scene::Appeals),
    (208, Scene::Resolves),
    (210, Scene::LiveAgain),
    (215, Scene::BecomesCheaper),
    (231, Scene::MissesGoal),
    (255, Scene::CohostWithdraws),
    (300, Scene::StrangerPushes),
    (330, Scene::TakesBudgetBack),
    (339, Scene::Schedules),
    (340, Scene::Ends(FREYA)),
    (350, Scene::CohostWithdraws),
];

/// When the creators end their broadcasts.
const LAST_BROADCASTS_MIN: u64 = 372;

/// Pages of seats that each creator provides at first: viewers pay for what they need beyond it.
const PAGES_PROVIDED: u32 = 1;

impl<C: Chain> Story<'_, C> {
    /// Everybody registers, prices, provides seats and goes live.
    pub fn open_the_house(&mut self) -> Result<()> {
        let moderator = RegistryCall::SetModerator {
            account: self.stage.account(MODERATOR),
            moderator: true,
        };
        let owner = self.config.owner;
        self.stage.must(owner, Action::Registry(moderator))?;
        for creator in 0..CREATORS.len() {
            self.register(creator)?;
            self.set_rates(creator, 100)?;
            self.set_plan(creator)?;
            let seats = MeterCall::ProvideSeats {
                stream: self.streams[creator].id,
                pages: PAGES_PROVIDED,
            };
            let host = self.streams[creator].creator;
            self.stage.must(host, Action::Meter(seats))?;
            self.go_live(creator)?;
        }
        self.name_categories()?;
        self.sell_passes()?;
        self.make_goals()
    }

    /// Plans the script, and what comes again and again.
    pub fn plan_scenes(&mut self) {
        for (minute, scene) in SCRIPT {
            self.later(self.at_minute(minute), Act::Scene(scene));
        }
        for creator in 0..CREATORS.len() {
            // Not all in the same minute.
            let turn = creator as u64;
            let settle_ms = self.at_minute(20 + turn) + self.plan.settle_every_ms;
            self.later(settle_ms, Act::SettlePages { creator });
            // Emeka never withdraws: a stranger pushes what is his.
            if creator != EMEKA {
                let payday_ms = self.at_minute(10 + 2 * turn) + self.plan.payday_every_ms;
                self.later(payday_ms, Act::Payday { creator });
            }
            if creator != FREYA {
                let end_ms = self.at_minute(LAST_BROADCASTS_MIN + turn);
                self.later(end_ms, Act::Scene(Scene::Ends(creator)));
            }
        }
        self.later(self.at_minute(30), Act::TidyUp);
    }

    pub fn scene(&mut self, scene: Scene) -> Result<()> {
        match scene {
            Scene::ConnectionDies => {
                self.streams[CHEN].connected = false;
                let over_ms = self.plan.grace_ms + self.secs(120);
                self.after(over_ms, Act::Scene(Scene::StrangerUnlists));
                self.after(over_ms + self.secs(120), Act::Scene(Scene::ComesBack));
                self.tell(
                    "Chen's connection dies: no more heartbeats; after the grace nobody pays"
                        .into(),
                );
                Ok(())
            }
            Scene::StrangerUnlists => {
                let unlist = RegistryCall::Unlist {
                    stream: self.streams[CHEN].id,
                };
                self.stage
                    .must(self.stage.account(STRANGER), Action::Registry(unlist))
                    .map(drop)
            }
            Scene::ComesBack => self.comes_back(),
            Scene::Reprices => self.reprices(),
            Scene::StrangerSettles => self.stranger_settles(),
            Scene::Suspends => self.suspends(),
            Scene::StaysSuspended => self.stays_suspended(),
            Scene::Reports => self.reports(),
            Scene::Rejects => self.rejects(),
            Scene::Appeals => self.appeals(),
            Scene::Resolves => self.resolves(),
            Scene::LiveAgain => self.live_again(DALIA),
            Scene::BecomesCheaper => {
                self.set_rates(FREYA, 80)?;
                self.tell(
                    "Freya becomes 20 % cheaper, at once and for everybody who watches".into(),
                );
                Ok(())
            }
            Scene::CohostWithdraws => {
                let (name, _) = CREATORS[BRUNO].cohosts[0];
                self.withdraw_earnings(self.stage.account(name))?;
                self.tell(format!(
                    "{name}, who co-hosts with Bruno, withdraws what is hers"
                ));
                Ok(())
            }
            Scene::StrangerPushes => self.stranger_pushes(),
            Scene::Ends(creator) => self.ends(creator),
            Scene::BuysPasses => self.buys_passes(),
            Scene::Sponsors => self.sponsors(),
            Scene::Tips => self.tips(),
            Scene::ReachesGoal => self.reaches_goal(),
            Scene::HitsLimit => self.hits_limit(),
            Scene::FallsShort => self.falls_short(),
            Scene::MissesGoal => self.misses_goal(),
            Scene::TakesBudgetBack => self.takes_budget_back(),
            Scene::Schedules => self.schedules(),
        }
    }

    fn register(&mut self, creator: usize) -> Result<()> {
        let given = CREATORS[creator];
        let cohosts = given.cohosts.iter().map(|(name, bps)| Share {
            account: self.stage.account(name),
            bps: *bps,
        });
        let cohosts: Vec<_> = cohosts.collect();
        let register = RegistryCall::Register {
            cid: given.cid.into(),
            class: given.class,
            category: given.category,
            owner_bps: FULL_BPS - cohosts.iter().map(|share| share.bps).sum::<u16>(),
            cohosts,
        };
        let host = self.stage.account(given.name);
        let Value::Number(id) = self.stage.must(host, Action::Registry(register))? else {
            bail!("a stream has a number");
        };
        self.streams.push(OnAir {
            id,
            creator: host,
            broadcast: 0,
            connected: false,
        });
        Ok(())
    }

    /// Sets a stream's rates, in percent of those it began with.
    fn set_rates(&mut self, creator: usize, percent: Balance) -> Result<()> {
        let given = CREATORS[creator];
        let rates =
            [(NATIVE, given.native_rate), (VLK, given.vlk_rate)].map(|(asset, rate)| AssetRate {
                asset,
                rate_per_sec: rate * percent / 100,
            });
        let OnAir {
            id: stream,
            creator: host,
            ..
        } = self.streams[creator];
        let call = PricingCall::SetRates {
            stream,
            rates: rates.to_vec(),
        };
        self.stage.must(host, Action::Pricing(call)).map(drop)
    }

    /// Starts a broadcast, and its heartbeats.
    fn go_live(&mut self, creator: usize) -> Result<()> {
        let OnAir {
            id: stream,
            creator: host,
            ..
        } = self.streams[creator];
        let grace_ms = self.plan.grace_ms;
        let call = RegistryCall::GoLive { stream, grace_ms };
        let Value::Number(broadcast) = self.stage.must(host, Action::Registry(call))? else {
            bail!("a broadcast has a number");
        };
        let on_air = &mut self.streams[creator];
        on_air.broadcast = broadcast;
        on_air.connected = true;
        self.after(
            self.plan.heartbeat_ms,
            Act::Heartbeat { creator, broadcast },
        );
        Ok(())
    }

    /// Chen tries to go on as if nothing had happened, which is refused, and starts a new broadcast.
    fn comes_back(&mut self) -> Result<()> {
        let OnAir {
            id: stream,
            creator: host,
            ..
        } = self.streams[CHEN];
        let late = self
            .stage
            .registry(host, RegistryCall::Heartbeat { stream })?;
        ensure!(
            late == Err(StreamRegistryError::NotLive),
            "a late heartbeat: {late:?}"
        );
        self.live_again(CHEN)
    }

    /// A creator whose broadcast ended starts another, and those who still wanted to watch come over.
    pub fn live_again(&mut self, creator: usize) -> Result<()> {
        self.go_live(creator)?;
        let waiting = self.open_sessions_on(creator);
        let now = self.stage.now_ms();
        let soon = waiting
            .into_iter()
            .filter(|(_, watching)| watching.leave_ms > now + 60 * self.plan.second_ms);
        let rejoining: Vec<_> = soon.map(|(key, _)| key).collect();
        for (i, (guest, number)) in (1..).zip(&rejoining) {
            let at_ms = now + i * self.secs(1);
            self.later(
                at_ms,
                Act::Rejoin {
                    guest: *guest,
                    number: *number,
                },
            );
        }
        self.tell(format!(
            "{} goes live again, as broadcast {}; of those who waited {} come over, and paid nothing \
             for the dead air",
            CREATORS[creator].name,
            self.streams[creator].broadcast,
            rejoining.len()
        ));
        Ok(())
    }

    /// Asha becomes dearer: sessions end whose ceilings are passed.
    fn reprices(&mut self) -> Result<()> {
        self.set_rates(ASHA, 140)?;
        let given = CREATORS[ASHA];
        let mut passed = 0;
        for ((guest, number), mut watching) in self.open_sessions_on(ASHA) {
            let rate = match watching.asset {
                NATIVE => given.native_rate,
                _ => given.vlk_rate,
            };
            if rate * 140 / 100 <= watching.ceiling {
                continue;
            }
            passed += 1;
            watching.ceiling_passed = true;
            self.watching.insert((guest, number), watching);
            // Her app says so; until she looks up nothing is charged.
            self.after(self.secs(30), Act::Leave { guest, number });
        }
        self.tell(format!(
            "Asha becomes 40 % dearer, with one message for all; nobody pays above their ceiling: \
             {passed} sessions end here"
        ));
        Ok(())
    }

    /// A stranger settles sessions of all streams at once, and one that is closed, which costs the
    /// others nothing.
    fn stranger_settles(&mut self) -> Result<()> {
        let open = self
            .watching
            .keys()
            .map(|(guest, number)| self.session(*guest, *number));
        let mut ids: Vec<_> = open.take(40).collect();
        let closed = self.stage.books.receipts().next();
        ids.extend(closed.map(|receipt| vilokanam_interfaces::SessionId {
            viewer: receipt.viewer,
            number: receipt.number,
        }));
        let count = ids.len();
        let settle = Action::Meter(MeterCall::SettleMany(ids));
        self.stage.must(self.stage.account(STRANGER), settle)?;
        self.tell(format!(
            "{STRANGER}, a stranger, settles {count} sessions of all streams in one message: the \
             money goes where it belongs"
        ));
        Ok(())
    }

    fn stays_suspended(&mut self) -> Result<()> {
        let OnAir {
            id: stream,
            creator: host,
            ..
        } = self.streams[DALIA];
        let grace_ms = self.plan.grace_ms;
        let refused = self
            .stage
            .registry(host, RegistryCall::GoLive { stream, grace_ms })?;
        ensure!(
            refused == Err(StreamRegistryError::Suspended),
            "going live while suspended: {refused:?}"
        );
        self.withdraw_earnings(host)?;
        self.tell(
            "Dalia may not go live, but withdraws what she has earned: no moderator touches money"
                .into(),
        );
        Ok(())
    }

    /// A stranger pushes Emeka's balance to Emeka.
    pub fn stranger_pushes(&mut self) -> Result<()> {
        let payee = self.streams[EMEKA].creator;
        for asset in ASSETS {
            let payable = self.stage.model.payable(payee, asset);
            if payable > 0 {
                let push = PaymentsCall::PushPayable { payee, asset };
                self.stage
                    .must(self.stage.account(STRANGER), Action::Payments(push))?;
                self.counts.pushes += 1;
                let amount = money(payable, asset);
                self.tell(format!(
                    "{STRANGER} pushes {amount} to Emeka, who never asks for his money"
                ));
            }
        }
        Ok(())
    }

    fn ends(&mut self, creator: usize) -> Result<()> {
        let OnAir {
            id: stream,
            creator: host,
            ..
        } = self.streams[creator];
        let end = RegistryCall::EndBroadcast { stream };
        match self.stage.registry(host, end)? {
            // On a busy machine heartbeats may have come too late.
            Ok(_) | Err(StreamRegistryError::NotLive) => (),
            Err(e) => bail!("{} cannot end: {e:?}", CREATORS[creator].name),
        }
        self.streams[creator].connected = false;
        self.tell(format!("{} says good night", CREATORS[creator].name));
        Ok(())
    }

    /// The sessions that are open on a stream.
    pub fn open_sessions_on(&self, creator: usize) -> Vec<((usize, u32), Watching)> {
        let open = self.watching.iter();
        open.filter(|(_, watching)| watching.creator == creator && !watching.exiting)
            .map(|(key, watching)| (*key, watching.clone()))
            .collect()
    }

    /// The class of a stream in words.
    pub fn class_of(creator: usize) -> &'static str {
        match CREATORS[creator].class {
            Class::Standard => "standard",
            Class::Premium => "premium",
            Class::Subscription => "subscription",
            Class::Tips => "tips",
        }
    }
}
