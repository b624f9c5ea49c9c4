//! What a plan, a pass and a stake make of a price, apart from storage and other contracts.

use ink::prelude::{vec, vec::Vec};
use vilokanam_interfaces::{
    AudienceStep, Balance, ChargeItem, Charged, Class, Factors, Millis, PassDiscount, PlanFault,
    PlanKind, PlanRules, Planned, PricingEngineError as Error, Stake, Staking, DAY_MINUTES,
    FACTOR_ONE, MAX_CATEGORY_FACTORS, MAX_FACTOR, MAX_PEAKS, MAX_PREVIEW_MS, MAX_STEPS, MAX_TIERS,
};
use vilokanam_math::plan as math;
use vilokanam_prices::{
    rules::{session, told},
    Result,
};

/// A plan, as the arithmetic needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    rules: PlanRules,
    tiers: Vec<math::Tier>,
    windows: Vec<math::Window>,
}

/// What makes watching cheaper: its factor, and when it lapses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discounted {
    /// In millionths; `FACTOR_ONE`: nothing does.
    pub factor: u32,
    /// 0: there is none.
    pub until_ms: Millis,
}

/// No discount.
pub const NO_DISCOUNT: Discounted = Discounted {
    factor: FACTOR_ONE,
    until_ms: 0,
};

/// The rules of the flat plan: everything is the rate.
fn flat() -> PlanRules {
    PlanRules {
        preview_ms: 0,
        tiers: Vec::new(),
        peaks: Vec::new(),
        standard: FACTOR_ONE,
        premium: FACTOR_ONE,
        subscription: FACTOR_ONE,
        categories: Vec::new(),
        audience: Vec::new(),
        stakers: FACTOR_ONE,
    }
}

impl Plan {
    /// The plan of this kind.
    pub fn new(kind: PlanKind) -> Self {
        let rules = match kind {
            PlanKind::Flat => flat(),
            PlanKind::Rules(rules) => rules,
        };
        let tiers = rules.tiers.iter().map(|tier| math::Tier {
            after_ms: tier.after_ms,
            factor: tier.factor,
        });
        let windows = rules.peaks.iter().map(|peak| math::Window {
            from_min: peak.from_min,
            to_min: peak.to_min,
            factor: peak.factor,
        });
        Self {
            tiers: tiers.collect(),
            windows: windows.collect(),
            rules,
        }
    }

    /// The free preview.
    pub fn preview_ms(&self) -> u32 {
        self.rules.preview_ms
    }

    /// What a stake is worth.
    pub fn stakers(&self) -> u32 {
        self.rules.stakers
    }

    /// The step of an audience, counted from 1; 0: none.
    pub fn step(&self, audience: u32) -> u8 {
        let reached = |step: &&AudienceStep| step.viewers <= audience;
        let steps = self.rules.audience.iter().take_while(reached).count();
        // There are `MAX_STEPS` at most.
        u8::try_from(steps).unwrap_or_default()
    }

    fn class(&self, class: Class) -> u32 {
        match class {
            Class::Standard => self.rules.standard,
            Class::Premium => self.rules.premium,
            Class::Subscription => self.rules.subscription,
            // No stream is of this class.
            Class::Tips => FACTOR_ONE,
        }
    }

    fn category(&self, category: u16) -> u32 {
        let categories = &self.rules.categories;
        let listed = categories.iter().find(|c| c.category == category);
        listed.map_or(FACTOR_ONE, |listed| listed.factor)
    }

    /// Of a step that the plan has.
    fn audience(&self, step: u8) -> Option<u32> {
        let Some(before) = usize::from(step).checked_sub(1) else {
            return Some(FACTOR_ONE);
        };
        self.rules.audience.get(before).map(|step| step.factor)
    }

    /// What a session's price goes by; `None` if the plan has no such step.
    pub fn rules(&self, planned: &Planned) -> Option<math::Rules<'_>> {
        Some(math::Rules {
            class: self.class(planned.class),
            category: self.category(planned.category),
            audience: self.audience(planned.step)?,
            discount: planned.discount,
            discount_until_ms: planned.discount_until_ms,
            preview_ms: planned.preview_ms.into(),
            tiers: &self.tiers,
            windows: &self.windows,
        })
    }

    /// Charges one session by this plan. `steps` are the repricings of its broadcast in its asset.
    pub fn charge(
        &self,
        item: &ChargeItem,
        planned: &Planned,
        steps: &[(Millis, Balance)],
        now_ms: Millis,
    ) -> Result<Charged> {
        self.rules(planned)
            .and_then(|rules| {
                math::charge_planned(&session(item), steps, &rules, planned.watched_ms, now_ms)
            })
            .and_then(|found| told(item, found.charged, found.factor))
            .ok_or(Error::Overflow)
    }
}

/// What the factor at an instant is made of, nothing watched yet, and it; the preview apart.
pub fn factors_at(rules: &math::Rules, now_ms: Millis) -> Option<(Factors, u32)> {
    let parts = rules.parts(now_ms, 0)?;
    let factors = Factors {
        class: parts.class,
        category: parts.category,
        audience: parts.audience,
        tier: parts.tier,
        peak: parts.window,
        discount: parts.discount,
    };
    Some((factors, math::factor(&parts)?))
}

/// What a pass gives, or `NoPass`.
pub fn by_pass(pass: Option<PassDiscount>, now_ms: Millis) -> Result<Discounted> {
    let pass = pass.filter(|pass| pass.until_ms > now_ms);
    let PassDiscount { factor, until_ms } = pass.ok_or(Error::NoPass)?;
    Ok(Discounted { factor, until_ms })
}

/// What a stake gives where it is worth `factor`.
pub fn by_stake(
    factor: u32,
    staking: &Staking,
    stake: Option<Stake>,
    now_ms: Millis,
) -> Discounted {
    match stake {
        Some(stake) if stake.amount >= staking.minimum && stake.until_ms > now_ms => Discounted {
            factor,
            until_ms: stake.until_ms,
        },
        _ => NO_DISCOUNT,
    }
}

/// Whether a plan is one: each fault over all lists before the next.
pub fn ensure_plan(kind: &PlanKind) -> core::result::Result<(), PlanFault> {
    let PlanKind::Rules(rules) = kind else {
        return Ok(());
    };
    let PlanRules {
        preview_ms,
        tiers,
        peaks,
        standard,
        premium,
        subscription,
        categories,
        audience,
        stakers,
    } = rules;

    if *preview_ms > MAX_PREVIEW_MS {
        return Err(PlanFault::PreviewTooLong);
    }
    let lengths = [
        (tiers.len(), MAX_TIERS),
        (peaks.len(), MAX_PEAKS),
        (categories.len(), MAX_CATEGORY_FACTORS),
        (audience.len(), MAX_STEPS),
    ];
    if lengths.iter().any(|(length, max)| *length > *max as usize) {
        return Err(PlanFault::TooMany);
    }
    let mut factors = vec![*standard, *premium, *subscription];
    factors.extend(tiers.iter().map(|tier| tier.factor));
    factors.extend(peaks.iter().map(|peak| peak.factor));
    factors.extend(categories.iter().map(|category| category.factor));
    factors.extend(audience.iter().map(|step| step.factor));
    if *stakers > FACTOR_ONE || factors.iter().any(|factor| *factor > MAX_FACTOR) {
        return Err(PlanFault::FactorOutOfRange);
    }
    if !(ascend(1, tiers.iter().map(|tier| tier.after_ms))
        && ascend(0, peaks.iter().map(|peak| peak.from_min.into()))
        && ascend(0, categories.iter().map(|c| c.category.into()))
        && ascend(1, audience.iter().map(|step| step.viewers.into())))
    {
        return Err(PlanFault::NotAscending);
    }
    let mut free_from = 0;
    for peak in peaks {
        if peak.from_min < free_from || peak.from_min >= peak.to_min || peak.to_min > DAY_MINUTES {
            return Err(PlanFault::PeakOutOfPlace);
        }
        free_from = peak.to_min;
    }
    let mut before = None;
    for step in audience {
        if step.factor > FACTOR_ONE || before.is_some_and(|before| step.factor >= before) {
            return Err(PlanFault::AudienceRaisesPrice);
        }
        before = Some(step.factor);
    }
    Ok(())
}

/// Whether numbers ascend, from `least` on.
fn ascend(least: u64, numbers: impl Iterator<Item = u64>) -> bool {
    let mut least = Some(least);
    for number in numbers {
        if least.is_none_or(|least| number < least) {
            return false;
        }
        least = number.checked_add(1);
    }
    true
}
