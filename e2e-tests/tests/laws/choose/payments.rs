//! Messages to `payment_handler`.

use super::{Choice, Chooser};
use crate::base::{Start, PUPPET};
use crate::world::{name_of, GHOST, POOL, RATE};
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, Part, PaymentsCall, TokenCall};
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Class, FeeTerms, Millis, PayTerms, Release, SettleItem, Share,
    MAX_HOLD, MAX_PAUSE_MS,
};

impl Chooser<'_> {
    pub(super) fn deposit(&mut self) -> Choice {
        let caller = self.viewer();
        const AMOUNTS: [Balance; 4] = [1, RATE * 60, POOL, 0];
        let value = AMOUNTS[self.dice.roll(AMOUNTS.len())];
        Choice::Act(caller, value, Action::Payments(PaymentsCall::Deposit))
    }

    pub(super) fn deposit_token(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        const AMOUNTS: [Balance; 7] = [1, RATE * 60, POOL, 0, POOL, 10u128.pow(33), u128::MAX];
        let amount = AMOUNTS[self.dice.roll(AMOUNTS.len())];
        let call = PaymentsCall::DepositToken { asset, amount };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn withdraw(&mut self) -> Choice {
        let (caller, asset) = (self.viewer(), self.asset());
        let free = self.world.model.pool(caller, asset).free;
        let amount = self.part_of(free);
        let call = PaymentsCall::Withdraw { asset, amount };
        self.act(caller, Action::Payments(call))
    }

    /// Somebody to whom something is payable, if there is anybody.
    pub(super) fn owed_payee(&mut self) -> (AccountId, AssetId) {
        let payable = self.world.model.payments.payable.iter();
        let owed = payable.filter(|(_, amount)| **amount > 0);
        let owed: Vec<_> = owed.map(|(key, _)| *key).collect();
        if owed.is_empty() || self.dice.rarely(6) {
            return (self.payee(), self.asset());
        }
        self.dice.pick(&owed).unwrap_or((account("bob"), 0))
    }

    pub(super) fn withdraw_payable(&mut self) -> Choice {
        let (payee, asset) = self.owed_payee();
        // Nothing pays the deposits of those who never act.
        let caller = match name_of(payee).as_str() {
            GHOST => account("stranger"),
            _ => payee,
        };
        let call = PaymentsCall::WithdrawPayable { asset };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn push_payable(&mut self) -> Choice {
        let ((payee, asset), caller) = (self.owed_payee(), self.someone());
        let call = PaymentsCall::PushPayable { payee, asset };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn withdraw_fees(&mut self) -> Choice {
        let (caller, asset) = (self.someone(), self.asset());
        let call = PaymentsCall::WithdrawFees { asset };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn sweep(&mut self) -> Choice {
        let caller = self.someone();
        let surplus = [0, 1].into_iter();
        let surplus = surplus.filter(|asset| self.world.model.surplus(*asset) > Some(0));
        let surplus: Vec<AssetId> = surplus.collect();
        let found = self.dice.pick(&surplus).filter(|_| !self.dice.rarely(6));
        // First there must be something.
        if found.is_none() && self.dice.rarely(2) {
            return self.donate();
        }
        let asset = found.unwrap_or_else(|| self.asset());
        self.act(caller, Action::Payments(PaymentsCall::Sweep { asset }))
    }

    pub(super) fn pause_payments(&mut self) -> Choice {
        let owner = self.world.model.admin(Part::Payments).owner;
        let caller = self.mostly(owner);
        const SPANS: [Millis; 6] = [60_000, 1_000, 600_000, MAX_PAUSE_MS, 0, MAX_PAUSE_MS + 1];
        let duration_ms = SPANS[self.dice.roll(SPANS.len())];
        let call = PaymentsCall::Pause { duration_ms };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn unpause_payments(&mut self) -> Choice {
        if self.world.model.paused_until() == 0 && !self.dice.rarely(4) {
            return self.pause_payments();
        }
        let owner = self.world.model.admin(Part::Payments).owner;
        let caller = self.mostly(owner);
        self.act(caller, Action::Payments(PaymentsCall::Unpause))
    }

    /// Who calls what only the meter may.
    pub(super) fn would_be_meter(&mut self) -> AccountId {
        match self.world.start {
            Start::Puppet => self.mostly(account(PUPPET)),
            _ => self.someone(),
        }
    }

    pub(super) fn direct_hold(&mut self) -> Choice {
        let (caller, viewer, asset) = (self.would_be_meter(), self.viewer(), self.asset());
        const CLASSES: [Class; 4] = [
            Class::Standard,
            Class::Premium,
            Class::Subscription,
            Class::Tips,
        ];
        let class = CLASSES[self.dice.roll(CLASSES.len())];
        let free = self.world.model.pool(viewer, asset).free;
        let amount = match self.dice.roll(12) {
            11 => MAX_HOLD + 1,
            10 => free.saturating_add(1),
            9 => 0,
            part => free / (part as Balance + 2),
        };
        let (payer, category) = (viewer, 7);
        let call = match self.dice.rarely(4) {
            false => PaymentsCall::Hold {
                payer,
                asset,
                amount,
                class,
                category,
            },
            true => PaymentsCall::WouldHold {
                payer,
                asset,
                amount,
                class,
                category,
            },
        };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn direct_top_up(&mut self) -> Choice {
        let (caller, payer, asset) = (self.would_be_meter(), self.viewer(), self.asset());
        let free = self.world.model.pool(payer, asset).free;
        let amount = self.part_of(free);
        let call = PaymentsCall::TopUp {
            payer,
            asset,
            amount,
            category: 7,
            held: [0, RATE, Balance::MAX / 2][self.dice.roll(3)],
        };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn direct_settle(&mut self) -> Choice {
        let caller = self.would_be_meter();
        let fees = FeeTerms {
            fee_bps: [1_000, 0, 3_000, 1, 9_999][self.dice.roll(5)],
            referral_bps: [1_000, 0, 5_000, 3][self.dice.roll(4)],
        };
        let terms = PayTerms {
            fees,
            owner: account("alice"),
            cohosts: [("cohost", 3_333), (GHOST, 1), ("bob", 6_666)]
                .iter()
                .take(self.dice.roll(4))
                .map(|(name, bps)| Share {
                    account: account(name),
                    bps: *bps,
                })
                .collect(),
        };
        let held = |asset| self.world.model.totals(asset).holds;
        let held = [held(0), held(1)];
        let mut items = Vec::new();
        let (count, odd) = self.dice.roll2(4, 30);
        let scale = self.dice.roll(1_000) as Balance;
        for place in 0..count as Balance {
            let asset = (place % 2) as AssetId;
            let part = held[usize::from(asset)] / 5;
            let before = part * scale / 777;
            let moved = part * (scale % 7) / 7 + place;
            let releases = place == 1 || (place == 0 && scale.is_multiple_of(5));
            let viewer = self.viewer();
            items.push(SettleItem {
                terms: u8::from(odd == 29),
                asset,
                before: before + Balance::from(odd == 28) * (moved + 1),
                after: before + moved,
                referrer: scale.is_multiple_of(3).then(|| account(GHOST)),
                release: releases.then_some(Release {
                    to: viewer,
                    amount: part / 2,
                    counted: part / 4,
                    placed_ms: self.now() - [0, 3_600_000, 86_400_000][place as usize % 3],
                    category: 7,
                }),
            });
        }
        if odd == 27 {
            let item = items.first().cloned();
            items = item.into_iter().cycle().take(65).collect();
        }
        let terms = vec![terms];
        let call = PaymentsCall::Settle { terms, items };
        self.act(caller, Action::Payments(call))
    }

    pub(super) fn donate(&mut self) -> Choice {
        let caller = self.someone();
        let amount = 1 + self.dice.roll(5_000) as Balance;
        let to = self.world.suite.payments;
        let action = match self.dice.roll(3) {
            0 => Action::DonateNative(amount),
            token => Action::Token(token - 1, TokenCall::Transfer { to, amount }),
        };
        Choice::Act(caller, 0, action)
    }
}
