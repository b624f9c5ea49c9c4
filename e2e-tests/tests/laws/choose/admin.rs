//! Messages to the administrative part of any contract.

use super::{Choice, Chooser, DAY};
use vilokanam_chain::account;
use vilokanam_e2e::model::{rewiring, Action, AdminCall, Part};
use vilokanam_interfaces::{
    Change, FeeSchedule, Hash, Millis, Wiring, MAX_CHANGE_DELAY_MS, MIN_CHANGE_DELAY_MS,
};

impl Chooser<'_> {
    pub(super) fn part(&mut self) -> Part {
        const PARTS: [Part; 14] = [
            Part::Payments,
            Part::Payments,
            Part::Payments,
            Part::Meter,
            Part::Meter,
            Part::Pricing,
            Part::Pricing,
            Part::Registry,
            Part::Token(0),
            Part::Token(1),
            Part::Passes,
            Part::Patronage,
            Part::Directory,
            Part::Moderation,
        ];
        PARTS[self.dice.roll(PARTS.len())]
    }

    /// A message of the owner, most of the time.
    pub(super) fn administer(&mut self, part: Part, call: AdminCall) -> Choice {
        let caller = self.mostly(self.world.model.admin(part).owner);
        self.act(caller, Action::Admin(part, call))
    }

    pub(super) fn propose_owner(&mut self) -> Choice {
        let part = self.part();
        let proposed = match self.dice.roll(5) {
            0 => None,
            _ => Some(self.someone()),
        };
        self.administer(part, AdminCall::ProposeOwner(proposed))
    }

    pub(super) fn accept_owner(&mut self) -> Choice {
        let admins = self.world.model.admins.iter();
        let offers = admins.filter_map(|(part, admin)| Some((*part, admin.proposed?)));
        let offers: Vec<_> = offers.collect();
        let found = self.dice.pick(&offers);
        let (part, right) = found.unwrap_or((Part::Payments, account("erin")));
        let caller = self.mostly(right);
        self.act(caller, Action::Admin(part, AdminCall::AcceptOwner))
    }

    pub(super) fn announce_delay(&mut self) -> Choice {
        let part = self.part();
        let now = self.world.model.admin(part).change_delay_ms;
        const DELAYS: [Millis; 4] = [
            MIN_CHANGE_DELAY_MS,
            0,
            MAX_CHANGE_DELAY_MS + 1,
            MIN_CHANGE_DELAY_MS + DAY,
        ];
        let delay_ms = DELAYS.get(self.dice.roll(5)).copied().unwrap_or(now);
        self.administer(part, AdminCall::Announce(Change::Delay(delay_ms)))
    }

    /// What a contract may be wired to anew, with the right addresses most of the time.
    pub(super) fn rewiring(&mut self, part: Part) -> Wiring {
        let suite = &self.world.suite;
        let contracts = &self.world.model.contracts;
        let mut wiring = rewiring(part, contracts).unwrap_or_default();
        match self.dice.roll(16) {
            0 if wiring.registry.is_some() => wiring.registry = Some(account("stranger")),
            1 => wiring = Wiring::default(),
            2 => wiring.payments = Some(suite.payments),
            3 if wiring.pricing.is_some() => wiring.pricing = Some(suite.token),
            4 if part == Part::Meter => wiring.patronage = Some(suite.directory),
            5 if part == Part::Pricing => wiring.passes = Some(account("erin")),
            6 if part == Part::Patronage => wiring.directory = Some(suite.moderation),
            _ => {}
        }
        wiring
    }

    pub(super) fn announce(&mut self) -> Choice {
        let part = self.part();
        let (kind, odd) = self.dice.roll2(15, 12);
        let suite = &self.world.suite;
        let bps = |bps: u16| FeeSchedule {
            standard_bps: bps,
            premium_bps: bps / 2,
            subscription_bps: 2_000,
            tips_bps: 0,
            referral_bps: bps,
        };
        let change = match kind {
            0 if odd < 8 => Change::Code(self.world.model.admin(part).code),
            0 => Change::Code(Hash::from([7; 32])),
            14 if odd == 0 => Change::SecondCode(Hash::from([7; 32])),
            14 => {
                let code = self.world.model.admin(part).second_code;
                Change::SecondCode(code.unwrap_or_default())
            }
            1 | 2 => Change::Wiring(self.rewiring(part)),
            3 | 4 => Change::ListToken(match odd {
                0 => suite.payments,
                1 => suite.registry,
                2 => account("stranger"),
                3 => suite.token,
                _ => self.world.model.contracts.tokens[1],
            }),
            5..=8 => Change::SetAsset {
                asset: self.asset(),
                allowed: odd < 7,
            },
            9..=11 => Change::Fees(bps([1_000, 0, 3_000, 3_001, 1, 2_500][odd % 6])),
            _ => Change::Treasury(self.someone()),
        };
        // What only the payment handler takes goes there, most of the time.
        let part = match (&change, odd) {
            (Change::Code(_) | Change::SecondCode(_) | Change::Wiring(_), _) | (_, 11) => part,
            _ => Part::Payments,
        };
        self.administer(part, AdminCall::Announce(change))
    }

    /// A change that waits, due ones first; or none.
    pub(super) fn pending(&mut self) -> (Part, u32) {
        let now = self.now();
        let waiting = self
            .waiting()
            .map(|(due_ms, part, id)| (due_ms > now, part, id));
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_unstable();
        let due = waiting.iter().filter(|w| !w.0).count();
        let among = match self.dice.roll(6) {
            0 => waiting.len(),
            _ => due.max(1).min(waiting.len()),
        };
        let found = self.dice.pick(&waiting[..among]);
        found.map_or((self.part(), 99), |(_, part, id)| (part, id))
    }

    pub(super) fn cancel(&mut self) -> Choice {
        let nothing = self.waiting().next().is_none();
        if nothing && !self.dice.rarely(8) {
            return self.announce();
        }
        let (part, id) = self.pending();
        self.administer(part, AdminCall::Cancel(id))
    }

    pub(super) fn apply(&mut self) -> Choice {
        let (part, id) = self.pending();
        self.administer(part, AdminCall::Apply(id))
    }

    /// All changes that wait: when they are due, where, and their numbers.
    fn waiting(&self) -> impl Iterator<Item = (Millis, Part, u32)> + '_ {
        let admins = self.world.model.admins.iter();
        admins.flat_map(|(part, admin)| {
            let pending = admin.pending.iter();
            pending.map(|change| (change.due_ms, *part, change.id))
        })
    }

    /// Applies a change that is due from now on, or from the next millisecond.
    pub(super) fn apply_at_hand(&mut self) -> Option<Choice> {
        let now = self.now();
        let at_hand = |one: &(Millis, _, _)| one.0 == now || one.0 == now + 1;
        let (_, part, id) = self.waiting().find(at_hand)?;
        Some(self.administer(part, AdminCall::Apply(id)))
    }

    /// To the instant from which a change may be applied, or to the one before.
    pub(super) fn wait_for_change(&mut self) -> Choice {
        let now = self.now();
        let due: Vec<_> = self
            .waiting()
            .map(|one| one.0)
            .filter(|at| *at > now + 1)
            .collect();
        match self.dice.pick(&due) {
            Some(at) => Choice::Wait(at - now - self.dice.roll(2) as Millis),
            None => self.announce(),
        }
    }

    pub(super) fn wire(&mut self) -> Choice {
        let part = self.part();
        let mut wiring = self.world.first_wiring(part);
        if self.dice.rarely(4) {
            wiring.meter = Some(self.world.suite.registry);
        }
        self.administer(part, AdminCall::Wire(wiring))
    }
}
