//! Messages to `stream_registry`.

use super::{Choice, Chooser};
use crate::world::{CID, GHOST};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, Part, RegistryCall};
use vilokanam_interfaces::{Class, Millis, Share, StreamId};

impl Chooser<'_> {
    pub(super) fn details(&mut self) -> (String, Class, u16) {
        let (cid, odd) = self.dice.roll2(9, 16);
        let cid = match cid {
            0 => "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG".into(),
            1 if odd > 8 => CID[1..].into(),
            2 if odd > 8 => format!("{CID}aaaaaa"),
            3 if odd > 8 => CID.replace('y', "1"),
            _ => CID.into(),
        };
        let class = match odd {
            0 => Class::Tips,
            1..=5 => Class::Premium,
            6..=9 => Class::Subscription,
            _ => Class::Standard,
        };
        (cid, class, if odd == 15 { 256 } else { odd as u16 })
    }

    pub(super) fn shares(&mut self) -> (u16, Vec<Share>) {
        let share = |name: &str, bps| Share {
            account: account(name),
            bps,
        };
        match self.dice.roll(9) {
            0 => (10_000, vec![]),
            1 => (9_999, vec![share(GHOST, 1)]),
            2 => (5_000, vec![share("cohost", 2_500), share("dave", 2_500)]),
            3 => (
                1,
                vec![
                    share("cohost", 3_333),
                    share("erin", 3_333),
                    share(GHOST, 3_333),
                ],
            ),
            4 => (0, vec![share("cohost", 10_000)]),
            5 => (5_000, vec![share("cohost", 4_999)]),
            6 => (8_000, vec![share("cohost", 1_000), share("cohost", 1_000)]),
            7 => (6_000, vec![share("alice", 2_000), share("bob", 2_000)]),
            _ => (6_000, vec![share("x", 1_000); 4]),
        }
    }

    pub(super) fn register(&mut self) -> Choice {
        let caller = self.someone();
        let (cid, class, category) = self.details();
        let (owner_bps, cohosts) = self.shares();
        let call = RegistryCall::Register {
            cid,
            class,
            category,
            owner_bps,
            cohosts,
        };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn update(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let (cid, class, category) = self.details();
        let call = RegistryCall::Update {
            stream,
            cid,
            class,
            category,
        };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn set_terms(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let (owner_bps, cohosts) = self.shares();
        let call = RegistryCall::SetTerms {
            stream,
            owner_bps,
            cohosts,
        };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn set_operators(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let many = [1, 2, 0, 8, 9][self.dice.roll(5)];
        let operators = (0..many).map(|_| self.someone()).collect();
        let call = RegistryCall::SetOperators { stream, operators };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn offer_stream(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let account = match self.dice.roll(5) {
            0 => None,
            _ => Some(self.someone()),
        };
        let call = RegistryCall::OfferStream { stream, account };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn accept_stream(&mut self) -> Choice {
        let model = &self.world.model;
        let offered = 1..=model.stream_count();
        let offered = offered.filter_map(|s| Some((s, model.stream(s)?.offered_to?)));
        let offered: Vec<_> = offered.collect();
        let found = self.dice.pick(&offered);
        let (stream, right) = found.unwrap_or((1, account("bob")));
        let caller = self.mostly(right);
        self.act(
            caller,
            Action::Registry(RegistryCall::AcceptStream { stream }),
        )
    }

    pub(super) fn go_live(&mut self) -> Choice {
        let (stream, caller) = self.silent_stream();
        const GRACES: [Millis; 8] = [
            600_000, 3_600_000, 86_400_000, 60_000, 10_000, 86_400_000, 9_999, 86_400_001,
        ];
        let grace_ms = GRACES[self.dice.roll(GRACES.len())];
        let call = RegistryCall::GoLive { stream, grace_ms };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn heartbeat(&mut self) -> Choice {
        let stream = self.live_stream();
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let operators = self.world.model.operators(stream);
        let right = self.dice.pick(&operators).or(owner);
        let caller = self.mostly(right.unwrap_or(account("alice")));
        self.act(caller, Action::Registry(RegistryCall::Heartbeat { stream }))
    }

    pub(super) fn end_broadcast(&mut self) -> Choice {
        let stream = self.live_stream();
        let owner = self.world.model.stream(stream).map(|s| s.owner);
        let caller = self.mostly(owner.unwrap_or(account("alice")));
        self.act(
            caller,
            Action::Registry(RegistryCall::EndBroadcast { stream }),
        )
    }

    pub(super) fn unlist(&mut self) -> Choice {
        let stream = self.silent_stream().0;
        let caller = self.someone();
        self.act(caller, Action::Registry(RegistryCall::Unlist { stream }))
    }

    pub(super) fn set_moderator(&mut self) -> Choice {
        let caller = self.mostly(self.world.model.admin(Part::Registry).owner);
        let (other, moderator) = (self.someone(), self.dice.roll(3) < 2);
        let account = match moderator {
            true => account("moderator"),
            false => other,
        };
        let call = RegistryCall::SetModerator { account, moderator };
        self.act(caller, Action::Registry(call))
    }

    pub(super) fn reason(&mut self) -> String {
        match self.dice.roll(12) {
            10 => String::new(),
            11 => "x".repeat(201),
            _ => "for a reason".into(),
        }
    }

    pub(super) fn suspend(&mut self) -> Choice {
        let (stream, reason) = (self.stream().0, self.reason());
        let caller = self.mostly(account("moderator"));
        self.act(
            caller,
            Action::Registry(RegistryCall::Suspend { stream, reason }),
        )
    }

    pub(super) fn reinstate(&mut self) -> Choice {
        let model = &self.world.model;
        let suspended = |s: &StreamId| model.stream(*s).is_some_and(|s| s.suspended);
        let all: Vec<_> = (1..=model.stream_count()).filter(suspended).collect();
        let stream = match self.dice.pick(&all) {
            Some(stream) => stream,
            None => self.stream().0,
        };
        let (reason, caller) = (self.reason(), self.mostly(account("moderator")));
        let call = RegistryCall::Reinstate { stream, reason };
        self.act(caller, Action::Registry(call))
    }
}
