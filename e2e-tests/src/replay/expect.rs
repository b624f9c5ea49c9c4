//! What must come out: the model's clock for each session, and plain sums.

use super::cast::{Cast, Stream, Ticket};
use crate::model::{
    clock::{Clock, Factor, Run, SCALE},
    split,
};
use std::collections::BTreeMap;
use vilokanam_interfaces::{
    AccountId, AssetId, Balance, Class, FeeSchedule, FeeTerms, Millis, PageNo, TrackEntry,
};

/// A session while the evening goes on: where it sits, and what has been moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub opened_ms: Millis,
    pub page: PageNo,
    pub seat: u8,
    pub open: bool,
    pub settled: Balance,
}

/// A broadcast as the script has it.
#[derive(Debug, Clone, Default)]
pub struct OnAir {
    /// When its owner ended it.
    pub ended_ms: Option<Millis>,
    pub track: Vec<TrackEntry>,
}

/// What a session has cost at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub amount: Balance,
    pub watched_ms: Millis,
}

/// What a session has cost up to `now_ms`. A voucher session's client counts as the clock does, and signs that.
pub fn due(cast: &Cast, ticket: &Ticket, opened_ms: Millis, on_air: &OnAir, now_ms: Millis) -> Due {
    let asset = cast.asset(ticket);
    let run = Run {
        from_ms: opened_ms,
        to_ms: None,
    };
    let until_ms = until_ms(ticket, opened_ms);
    let clock = Clock {
        base: 0,
        watched_ms: 0,
        runs: &[run],
        asset,
        rate_per_sec: cast.streams[ticket.stream].rate(asset),
        factor: Factor::Fixed(1_000_000),
        ceiling: ticket.ceiling,
        hold: ticket.hold,
        track: &on_air.track,
        stop_ms: until_ms.min(on_air.ended_ms.unwrap_or(Millis::MAX)),
    };
    let upto_ms = clock.end_ms().min(now_ms);
    Due {
        amount: clock.accrued_at(upto_ms) / SCALE,
        watched_ms: clock.watched_at(upto_ms),
    }
}

/// When the viewer wants to stop.
pub fn until_ms(ticket: &Ticket, opened_ms: Millis) -> Millis {
    opened_ms + Millis::from(ticket.secs) * 1_000
}

/// The platform's fee on a class.
pub fn fee_bps(fees: &FeeSchedule, class: Class) -> u16 {
    match class {
        Class::Standard => fees.standard_bps,
        Class::Premium => fees.premium_bps,
        Class::Subscription => fees.subscription_bps,
        Class::Tips => fees.tips_bps,
    }
}

/// Who has earned what.
#[derive(Debug, Clone, Default)]
pub struct Earned {
    pub payees: BTreeMap<(AssetId, AccountId), Balance>,
    pub platform: BTreeMap<AssetId, Balance>,
}

impl Earned {
    /// Splits a session's whole `amount`, as the model does.
    pub fn add(
        &mut self,
        stream: &Stream,
        fees: &FeeSchedule,
        asset: AssetId,
        amount: Balance,
        referrer: Option<AccountId>,
    ) {
        let terms = FeeTerms {
            fee_bps: fee_bps(fees, stream.class),
            referral_bps: fees.referral_bps,
        };
        let parts = split(amount, terms, stream.owner, &stream.cohosts, referrer);
        let parts = parts.expect("shares sum to all");
        for (payee, part) in parts.payees {
            *self.payees.entry((asset, payee)).or_default() += part;
        }
        *self.platform.entry(asset).or_default() += parts.platform;
    }

    /// All payees' parts in an asset.
    pub fn payable(&self, asset: AssetId) -> Balance {
        let of_asset = self.payees.iter().filter(|((of, _), _)| *of == asset);
        of_asset.map(|(_, amount)| amount).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vilokanam_chain::account;
    use vilokanam_interfaces::Share;

    /// The example of `crates/math`, computed by hand there.
    #[test]
    fn add_splits_as_computed_by_hand() {
        let cohosts = [("a", 1_234), ("b", 1), ("c", 5_000)].map(|(name, bps)| Share {
            account: account(name),
            bps,
        });
        let stream = Stream {
            owner: account("owner"),
            class: Class::Standard,
            cohosts: cohosts.to_vec(),
            native_rate: 1,
            vlk_rate: 1,
        };
        let fees = vilokanam_chain::Config::default().fees;
        let mut earned = Earned::default();
        earned.add(&stream, &fees, 0, 999, Some(account("referrer")));
        for (name, part) in [
            ("a", 111),
            ("b", 0),
            ("c", 450),
            ("owner", 339),
            ("referrer", 9),
        ] {
            assert_eq!(earned.payees[&(0, account(name))], part, "{name}");
        }
        assert_eq!(earned.platform[&0], 90);
        assert_eq!(earned.payable(0), 909);
    }
}
