//! Messages to `pricing_engine`.

use super::{Choice, Chooser, DAY};
use crate::world::RATE;
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, Part, PricingCall};
use vilokanam_interfaces::{
    AssetId, AssetRate, AudienceStep, Balance, CategoryFactor, ChargeItem, Class, Discount, Millis,
    Peak, PlanKind, PlanRules, Planned, QuoteRequest, Staking, Tier, FACTOR_ONE, MAX_FACTOR,
    MAX_RATE,
};

impl Chooser<'_> {
    pub(super) fn set_plan(&mut self) -> Choice {
        let (stream, caller) = self.stream();
        let kind = self.plan();
        self.act(
            caller,
            Action::Pricing(PricingCall::SetPlan { stream, kind }),
        )
    }

    /// Mostly a plan whose marks come soon; sometimes none, or a bad one.
    fn plan(&mut self) -> PlanKind {
        let (kind, odd) = self.dice.roll2(6, 20);
        if kind == 0 {
            return PlanKind::Flat;
        }
        const FACTORS: [u32; 8] = [
            FACTOR_ONE, 500_000, 1_234_567, 0, 999_999, 2_000_000, MAX_FACTOR, 333_333,
        ];
        let mut factor = || FACTORS[self.dice.roll(FACTORS.len())];
        let minute = (self.world.model.now_ms / 60_000 % 1_440) as u16;
        let (from_min, to_min) = (minute, (minute + 5).min(1_440));
        let [after, peak, class, step] = [(); 4].map(|()| factor());
        let mut rules = PlanRules {
            preview_ms: [0, 0, 5_000, 60_000, 3_600_000][self.dice.roll(5)],
            tiers: vec![
                Tier {
                    after_ms: 1 + self.dice.roll(90_000) as Millis,
                    factor: after,
                },
                Tier {
                    after_ms: 600_000,
                    factor: FACTOR_ONE,
                },
            ],
            peaks: vec![
                Peak {
                    from_min,
                    to_min,
                    factor: peak,
                },
                Peak {
                    from_min: 1_380,
                    to_min: 1_440,
                    factor: 1_500_000,
                },
            ],
            standard: FACTOR_ONE,
            premium: class,
            subscription: 900_000,
            categories: vec![
                CategoryFactor {
                    category: 3,
                    factor: 1_100_000,
                },
                CategoryFactor {
                    category: 7,
                    factor: 950_000,
                },
            ],
            audience: vec![
                AudienceStep {
                    viewers: 1,
                    factor: step.min(FACTOR_ONE),
                },
                AudienceStep {
                    viewers: 3,
                    factor: step.min(FACTOR_ONE).saturating_sub(1),
                },
            ],
            stakers: 800_000,
        };
        if to_min > 1_380 {
            rules.peaks.pop();
        }
        if kind == 1 {
            rules.peaks.clear();
        }
        match odd {
            0 => rules.preview_ms = 3_600_001,
            1 => rules.tiers = vec![rules.tiers[0]; 5],
            2 => rules.standard = MAX_FACTOR + 1,
            3 => rules.tiers.reverse(),
            4 => rules.peaks.push(Peak {
                from_min: 1_439,
                to_min: 1_441,
                factor: 1,
            }),
            5 => rules.audience[1].factor = FACTOR_ONE,
            6..=9 => rules.tiers.clear(),
            10..=13 => rules.audience.clear(),
            _ => {}
        }
        PlanKind::Rules(rules)
    }

    pub(super) fn set_staking(&mut self) -> Choice {
        let model = &self.world.model;
        let book = model.stakes.keys().next().copied();
        let owner = model.admin(Part::Pricing).owner;
        let suite = &self.world.suite;
        let contract = match self.dice.roll(8) {
            0 => None,
            1 => Some(account("stranger")), // nobody answers
            2 => Some(suite.registry),      // has no such message
            3 => Some(suite.pricing),       // calls itself
            _ => book,
        };
        let minimum = [100, 0, 1_000][self.dice.roll(3)];
        let staking = contract.map(|contract| Staking { contract, minimum });
        let caller = self.mostly(owner);
        self.act(caller, Action::Pricing(PricingCall::SetStaking(staking)))
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
        let call = PricingCall::Offer {
            viewer,
            audience: self.dice.roll(5) as u32,
            request,
        };
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
                planned: (a % 2 == 0).then(|| Planned {
                    plan: self.world.model.plan(stream) + u32::from(a == 6 && b == 8),
                    class: Class::Premium,
                    category: 7,
                    step: (b / 8) as u8,
                    discount: [FACTOR_ONE, 500_000, 0, 999_999][a / 2],
                    discount_until_ms: since_ms + [0, 1, 60_000][b % 3],
                    preview_ms: [0, 1, 20_000][b / 3],
                    watched_ms: [0, 19_000, 300_000][b % 3],
                }),
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
        let audience = self.dice.roll(6) as u32;
        let discount = match self.dice.roll(4) {
            0 => Discount::None,
            1 => Discount::Stake,
            _ => Discount::Pass,
        };
        let viewer = match self.dice.roll(3) {
            0 => None,
            _ => Some((self.viewer(), discount)),
        };
        let call = PricingCall::Quote(QuoteRequest {
            stream,
            asset,
            duration_ms,
            audience,
            viewer,
        });
        Choice::Act(account("stranger"), 0, Action::Pricing(call))
    }
}
