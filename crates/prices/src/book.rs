//! The storage that both codes share.

use crate::{
    rules::{end_in, steps_of, End},
    Result,
};
use ink::{
    prelude::vec::Vec,
    storage::{traits::ManualKey, Lazy, Mapping},
};
use vilokanam_interfaces::{
    AssetRate, BroadcastNo, ChargeItem, Charged, Millis, PlanKind, PlanNo, Staking, StreamId,
    TrackEntry,
};

/// The price track of a broadcast.
pub type Track = Vec<TrackEntry>;

/// At what a stream opens sessions now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Prices {
    /// A rate in each asset that it accepts.
    pub rates: Vec<AssetRate>,
    /// The newest version of its plan.
    pub plan: PlanNo,
    /// Whether that plan has rules: sessions that open on it are the second code's.
    pub ruled: bool,
}

/// The cells of prices.
#[ink::storage_item]
#[derive(Debug, Default)]
pub struct Book {
    /// What streams offer; none before the first rates or plan. One read opens a session.
    pub prices: Mapping<StreamId, Prices, ManualKey<0x00B1_0001>>,
    /// The repricings of broadcasts, oldest first; none before the first.
    pub tracks: Mapping<(StreamId, BroadcastNo), Track, ManualKey<0x00B1_0002>>,
    /// The versions of plans from 1 on, which never change.
    pub plans: Mapping<(StreamId, PlanNo), PlanKind, ManualKey<0x00B1_0003>>,
    /// Who tells what accounts have at stake; unset: nobody.
    pub staking: Lazy<Option<Staking>, ManualKey<0x00B1_0004>>,
}

impl Book {
    /// What a stream offers.
    pub fn prices(&self, stream: StreamId) -> Prices {
        self.prices.get(stream).unwrap_or_default()
    }

    /// The repricings of a broadcast.
    pub fn track(&self, stream: StreamId, broadcast: BroadcastNo) -> Track {
        self.tracks.get((stream, broadcast)).unwrap_or_default()
    }

    /// Charges sessions whose broadcasts have these ends, each by `charge`, which gets the repricings in the session's asset.
    pub fn charge(
        &self,
        items: &[ChargeItem],
        ends: &[End],
        mut charge: impl FnMut(&ChargeItem, &[(Millis, u128)]) -> Result<Charged>,
    ) -> Result<Vec<Charged>> {
        let mut charged = Vec::with_capacity(items.len());
        // The track that was read last: a batch names the sessions of a broadcast together.
        let mut track = Vec::new();
        let mut track_of = None;
        let mut steps = Vec::new();
        let mut steps_in = None;
        for item in items {
            let broadcast = (item.stream, item.broadcast);
            if track_of != Some(broadcast) {
                track = self.track(item.stream, item.broadcast);
                track_of = Some(broadcast);
                steps_in = None;
            }
            if steps_in != Some(item.asset) {
                steps = steps_of(&track, item.asset);
                steps_in = Some(item.asset);
            }
            let stop_ms = item.stop_ms.min(end_in(ends, broadcast));
            charged.push(charge(&ChargeItem { stop_ms, ..*item }, &steps)?);
        }
        Ok(charged)
    }
}
