//! Messages to `pricing_engine`.

use super::{Choice, Chooser, DAY};
use crate::world::RATE;
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, PricingCall};
use vilokanam_interfaces::{AssetId, AssetRate, Balance, ChargeItem, Millis, PlanKind, MAX_RATE};

impl Chooser<'_> {
    pub(super) fn set_plan(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let kind = PlanKind::Flat;
        self.act(
            caller,
            Action::Pricing(PricingCall::SetPlan { stream, kind }),
        )
    }

    pub(super) fn set_rates(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let old = self.world.model.rates(stream);
        let old = old.first().map_or(RATE, |rate| rate.rate_per_sec);
        let (change, odd) = self.dice.roll2(10, 24);
        let rate_per_sec = match change {
            0 => RATE,
            1 => old,
            2 => (old * 2).min(MAX_RATE),
            3 => (old / 2).max(1),
            4 => old + 1,
            5 => 999_983,
            6 => 7,
            7 => RATE * 3 / 2,
            8 => MAX_RATE / 1_000_000,
            _ => RATE / 3,
        };
        let rate = |asset, rate_per_sec| AssetRate {
            asset,
            rate_per_sec,
        };
        let both = vec![rate(0, rate_per_sec), rate(1, rate_per_sec + 1)];
        let rates = match odd {
            0 => vec![],
            1 => vec![rate(0, rate_per_sec); 2],
            2 => vec![rate(0, 0)],
            3 => vec![rate(0, MAX_RATE + 1)],
            4 => (0..9).map(|asset| rate(asset, 1)).collect(),
            5 => vec![rate(77, rate_per_sec)],
            6..=8 => vec![rate(0, rate_per_sec)],
            9 => vec![rate(1, MAX_RATE)],
            10..=12 => vec![rate(1, rate_per_sec), rate(2, rate_per_sec)],
            _ => both,
        };
        self.act(
            caller,
            Action::Pricing(PricingCall::SetRates { stream, rates }),
        )
    }

    pub(super) fn offer(&mut self) -> Choice {
        let viewer = self.viewer();
        let mut request = self.request(viewer);
        if self.dice.rarely(3) {
            request.stream = self.stream().0;
        }
        let call = PricingCall::Offer { viewer, request };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }

    pub(super) fn charge(&mut self) -> Choice {
        let now = self.now();
        let (count, over) = (self.dice.roll(6), self.dice.roll(30));
        let stream = self.stream().0;
        let track = self.world.model.facts(stream).map_or(0, |f| f.broadcast_no);
        let mut items = Vec::new();
        for place in 0..count {
            let (a, b) = self.dice.roll2(8, 9);
            let rate = [RATE, 7, MAX_RATE, 999_983][a % 4];
            let hold = rate * [1, 60, 600, 7_000][b % 4];
            let since_ms = now - [0, 1, 1_000, 3_600_000][a % 4];
            items.push(ChargeItem {
                stream,
                broadcast: track,
                asset: (place % 2) as AssetId,
                rate_per_sec: rate,
                factor: [1_000_000, 500_000, 1_500_001][b % 3],
                ceiling: if b > 5 { rate } else { Balance::MAX },
                hold,
                accrued: hold * [0, 1, 1_000, 999_999_999][a / 2],
                since_ms,
                running: b % 5 > 0,
                stop_ms: since_ms + [0, 1, 5_000, 7_200_000, Millis::MAX / 2][b % 5],
            });
        }
        match over {
            29 => items = items.into_iter().cycle().take(65).collect(),
            28 => items.iter_mut().for_each(|i| i.accrued = u128::MAX),
            _ => {}
        }
        let now_ms = [now, now + 1, now + 3_600_000][over % 3];
        let call = PricingCall::Charge { now_ms, items };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }

    pub(super) fn quote(&mut self) -> Choice {
        let (stream, asset) = (self.live_stream(), self.asset());
        const SPANS: [Millis; 5] = [60_000, 1, 0, DAY * 400, Millis::MAX];
        let duration_ms = SPANS[self.dice.roll(SPANS.len())];
        let call = PricingCall::Quote {
            stream,
            asset,
            duration_ms,
        };
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }
}
