//! Who streams what: streams and their owners, terms of sharing, metadata, broadcasts, moderation.
//!
//! Anyone registers a stream and owns it. Its owner sets metadata, terms and operators, and may hand it over in
//! two steps; owner and operators go live, send heartbeats and end broadcasts. Moderators, named by the
//! contract's owner, suspend and reinstate streams with a reason. A stranger can only take a stream that is off
//! the air out of the live list. The contract holds no money and calls nobody.
//!
//! No cell is ever freed, so no call gives one account the storage deposit of another: places of the live list
//! beyond its length stay and are used again.
//!
//! Units: milliseconds of chain time, basis points.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod checks;
#[cfg(test)]
mod tests;

#[ink::contract]
mod stream_registry {
    use crate::checks::*;
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::stream_registry::*, AdminError, Administered, Administration, Broadcast,
        BroadcastNo, Change, Class, EndCause, Listing, Millis, RegistryLimits, Share, Stream,
        StreamFacts, StreamId, StreamRegistry, StreamRegistryError, Terms, TermsNo, Wiring,
        FULL_BPS, MAX_CATEGORIES, MAX_CID_LEN, MAX_COHOSTS, MAX_GRACE_MS, MAX_LISTING,
        MAX_OPERATORS, MAX_REASON_LEN, MIN_GRACE_MS,
    };

    type Result<T> = core::result::Result<T, StreamRegistryError>;
    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// The most broadcasts that one call tells the ends of.
    const MAX_ENDS: usize = (MAX_LISTING as usize).saturating_mul(2);

    /// The registry.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Registry {
        /// The owner, and code changes.
        admin: Admin,
        /// How many streams there are, which is the last one's number.
        stream_count: Lazy<StreamId, ManualKey<0x0051_0001>>,
        /// The streams.
        streams: Mapping<StreamId, Stream, ManualKey<0x0051_0002>>,
        /// Their terms, which never change.
        terms: Mapping<(StreamId, TermsNo), Terms, ManualKey<0x0051_0003>>,
        /// Their broadcasts.
        broadcasts: Mapping<(StreamId, BroadcastNo), Broadcast, ManualKey<0x0051_0004>>,
        /// Their operators.
        operators: Mapping<StreamId, Vec<AccountId>, ManualKey<0x0051_0005>>,
        /// How many streams an account has ever owned.
        owned_count: Mapping<AccountId, u32, ManualKey<0x0051_0006>>,
        /// These streams, by position; some may belong to others now.
        owned: Mapping<(AccountId, u32), StreamId, ManualKey<0x0051_0007>>,
        /// Whether a stream is among them already.
        was_owned: Mapping<(AccountId, StreamId), (), ManualKey<0x0051_0008>>,
        /// Who moderates; `false` for who no longer does.
        moderators: Mapping<AccountId, bool, ManualKey<0x0051_0009>>,
        /// How long the live list is.
        live_len: Lazy<u32, ManualKey<0x0051_000a>>,
        /// The live list by position: the streams on air, and those whose heartbeat lapsed and nobody unlisted.
        live: Mapping<u32, StreamId, ManualKey<0x0051_000b>>,
        /// A stream's position in it, plus 1; 0 when it is not in it.
        live_place: Mapping<StreamId, u32, ManualKey<0x0051_000c>>,
    }

    impl Registry {
        /// See `StreamRegistry`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis) -> AdminResult<Self> {
            let mut registry = Self::default();
            registry.admin.init(change_delay_ms)?;
            Ok(registry)
        }

        fn now(&self) -> Millis {
            self.env().block_timestamp()
        }

        fn ensure_stream(&self, stream: StreamId) -> Result<Stream> {
            self.streams
                .get(stream)
                .ok_or(StreamRegistryError::StreamNotFound)
        }

        fn ensure_stream_owner(&self, stream: StreamId) -> Result<Stream> {
            let record = self.ensure_stream(stream)?;
            if record.owner != self.env().caller() {
                return Err(StreamRegistryError::NotStreamOwner);
            }
            Ok(record)
        }

        fn ensure_operator(&self, stream: StreamId) -> Result<Stream> {
            let record = self.ensure_stream(stream)?;
            if !self.operates(stream, &record, self.env().caller()) {
                return Err(StreamRegistryError::NotOperator);
            }
            Ok(record)
        }

        fn ensure_moderator(&self) -> Result<AccountId> {
            let caller = self.env().caller();
            if !self.is_moderator(caller) {
                return Err(StreamRegistryError::NotModerator);
            }
            Ok(caller)
        }

        /// Whether `account` owns or operates the stream.
        fn operates(&self, stream: StreamId, record: &Stream, account: AccountId) -> bool {
            record.owner == account || self.operators(stream).contains(&account)
        }

        /// The stream's broadcast, if it is on air now.
        fn on_air(&self, stream: StreamId, record: &Stream) -> Option<Broadcast> {
            let now = self.now();
            self.broadcast(stream, record.broadcast)
                .filter(|broadcast| now < broadcast.end_ms)
        }

        fn ensure_on_air(&self, stream: StreamId, record: &Stream) -> Result<Broadcast> {
            self.on_air(stream, record)
                .ok_or(StreamRegistryError::NotLive)
        }

        /// Ends a broadcast that is on air.
        fn settle_end(
            &mut self,
            stream: StreamId,
            number: BroadcastNo,
            broadcast: Broadcast,
            cause: EndCause,
        ) {
            let end_ms = self.now();
            let ended = Broadcast {
                end_ms,
                cause,
                ..broadcast
            };
            self.broadcasts.insert((stream, number), &ended);
            self.leave_live_list(stream);
            self.env().emit_event(BroadcastEnded {
                stream,
                broadcast: number,
                end_ms,
                cause,
            });
        }

        /// Stores the stream's next terms and tells of them; `record` is left for the caller to store.
        fn settle_terms(
            &mut self,
            stream: StreamId,
            record: &mut Stream,
            terms: Terms,
        ) -> Result<TermsNo> {
            let terms_no = next_number(record.terms)?;
            record.terms = terms_no;
            self.terms.insert((stream, terms_no), &terms);
            self.env().emit_event(TermsSet {
                stream,
                terms_no,
                terms,
            });
            Ok(terms_no)
        }

        /// Adds the stream to the owner's list, unless it was there before.
        fn settle_owned(&mut self, owner: AccountId, stream: StreamId) -> Result<()> {
            if self.was_owned.contains((owner, stream)) {
                return Ok(());
            }
            let position = self.owned_count.get(owner).unwrap_or(0);
            self.owned_count.insert(owner, &next_number(position)?);
            self.owned.insert((owner, position), &stream);
            self.was_owned.insert((owner, stream), &());
            Ok(())
        }

        /// Adds the stream to the live list; one that is there keeps its place.
        fn join_live_list(&mut self, stream: StreamId) -> Result<()> {
            if self.live_place.get(stream).unwrap_or(0) != 0 {
                return Ok(());
            }
            let len = self.live_len.get_or_default();
            let place = next_number(len)?;
            self.live.insert(len, &stream);
            self.live_place.insert(stream, &place);
            self.live_len.set(&place);
            Ok(())
        }

        /// Takes the stream out of the live list, whose last one takes its place; `false` if it is not there.
        fn leave_live_list(&mut self, stream: StreamId) -> bool {
            let place = self.live_place.get(stream).unwrap_or(0);
            let (Some(position), Some(last)) = (
                place.checked_sub(1),
                self.live_len.get_or_default().checked_sub(1),
            ) else {
                return false;
            };
            if let Some(moved) = self.live.get(last) {
                self.live.insert(position, &moved);
                self.live_place.insert(moved, &place);
            }
            self.live_place.insert(stream, &0);
            self.live_len.set(&last);
            true
        }
    }

    /// The number after this one.
    fn next_number(last: u32) -> Result<u32> {
        last.checked_add(1)
            .ok_or(StreamRegistryError::NumbersExhausted)
    }

    /// Where a call that looks at positions of a list of `len` from `start` ends, and where the next goes on.
    fn window(start: u32, limit: u32, len: u32) -> (u32, Option<u32>) {
        let end = start.saturating_add(limit.min(MAX_LISTING)).min(len);
        (end, (end < len).then_some(end))
    }

    impl StreamRegistry for Registry {
        #[ink(message)]
        fn stream(&self, stream: StreamId) -> Option<Stream> {
            self.streams.get(stream)
        }

        #[ink(message)]
        fn stream_count(&self) -> u32 {
            self.stream_count.get_or_default()
        }

        #[ink(message)]
        fn broadcast(&self, stream: StreamId, broadcast: BroadcastNo) -> Option<Broadcast> {
            self.broadcasts.get((stream, broadcast))
        }

        #[ink(message)]
        fn broadcast_ends(&self, broadcasts: Vec<(StreamId, BroadcastNo)>) -> Vec<Option<Millis>> {
            broadcasts
                .into_iter()
                .take(MAX_ENDS)
                .map(|(stream, number)| self.broadcast(stream, number).map(|b| b.end_ms))
                .collect()
        }

        #[ink(message)]
        fn terms(&self, stream: StreamId, terms: TermsNo) -> Option<Terms> {
            self.terms.get((stream, terms))
        }

        #[ink(message)]
        fn facts(&self, stream: StreamId) -> Option<StreamFacts> {
            let record = self.streams.get(stream)?;
            let terms = self.terms.get((stream, record.terms))?;
            let broadcast = self.broadcast(stream, record.broadcast);
            Some(StreamFacts {
                class: record.class,
                category: record.category,
                terms_no: record.terms,
                terms,
                suspended: record.suspended,
                broadcast_no: record.broadcast,
                end_ms: broadcast.map_or(0, |b| b.end_ms),
            })
        }

        #[ink(message)]
        fn may_operate(&self, stream: StreamId, account: AccountId) -> bool {
            self.streams
                .get(stream)
                .is_some_and(|record| self.operates(stream, &record, account))
        }

        #[ink(message)]
        fn operators(&self, stream: StreamId) -> Vec<AccountId> {
            self.operators.get(stream).unwrap_or_default()
        }

        #[ink(message)]
        fn is_live(&self, stream: StreamId) -> bool {
            self.streams
                .get(stream)
                .is_some_and(|record| self.on_air(stream, &record).is_some())
        }

        #[ink(message)]
        fn streams_of(&self, creator: AccountId, start: u32, limit: u32) -> Listing {
            let len = self.owned_count.get(creator).unwrap_or(0);
            let (end, next) = window(start, limit, len);
            let streams = (start..end)
                .filter_map(|position| self.owned.get((creator, position)))
                .filter(|stream| {
                    let record = self.streams.get(stream);
                    record.is_some_and(|record| record.owner == creator)
                })
                .collect();
            Listing { streams, next }
        }

        #[ink(message)]
        fn live_streams(&self, start: u32, limit: u32) -> Listing {
            let (end, next) = window(start, limit, self.live_len.get_or_default());
            let streams = (start..end)
                .filter_map(|position| self.live.get(position))
                .filter(|stream| self.is_live(*stream))
                .collect();
            Listing { streams, next }
        }

        #[ink(message)]
        fn is_moderator(&self, account: AccountId) -> bool {
            self.moderators.get(account).unwrap_or(false)
        }

        #[ink(message)]
        fn limits(&self) -> RegistryLimits {
            RegistryLimits {
                cohosts: MAX_COHOSTS,
                operators: MAX_OPERATORS,
                cid_len: MAX_CID_LEN,
                reason_len: MAX_REASON_LEN,
                categories: MAX_CATEGORIES,
                min_grace_ms: MIN_GRACE_MS,
                max_grace_ms: MAX_GRACE_MS,
                listing: MAX_LISTING,
            }
        }

        #[ink(message)]
        fn register(
            &mut self,
            cid: String,
            class: Class,
            category: u16,
            owner_bps: u16,
            cohosts: Vec<Share>,
        ) -> Result<StreamId> {
            ensure_metadata(&cid, class, category)?;
            let owner = self.env().caller();
            let terms = ensure_terms(owner, owner_bps, cohosts)?;
            let stream = next_number(self.stream_count())?;
            let mut record = Stream {
                owner,
                offered_to: None,
                cid: cid.clone(),
                class,
                category,
                terms: 0,
                broadcast: 0,
                suspended: false,
                registered_ms: self.now(),
            };
            self.stream_count.set(&stream);
            self.settle_owned(owner, stream)?;
            self.env().emit_event(StreamRegistered {
                stream,
                owner,
                cid,
                class,
                category,
            });
            self.settle_terms(stream, &mut record, terms)?;
            self.streams.insert(stream, &record);
            Ok(stream)
        }

        #[ink(message)]
        fn update(
            &mut self,
            stream: StreamId,
            cid: String,
            class: Class,
            category: u16,
        ) -> Result<()> {
            let record = self.ensure_stream_owner(stream)?;
            ensure_metadata(&cid, class, category)?;
            let updated = Stream {
                cid: cid.clone(),
                class,
                category,
                ..record
            };
            self.streams.insert(stream, &updated);
            self.env().emit_event(StreamUpdated {
                stream,
                cid,
                class,
                category,
            });
            Ok(())
        }

        #[ink(message)]
        fn set_terms(
            &mut self,
            stream: StreamId,
            owner_bps: u16,
            cohosts: Vec<Share>,
        ) -> Result<TermsNo> {
            let mut record = self.ensure_stream_owner(stream)?;
            let terms = ensure_terms(record.owner, owner_bps, cohosts)?;
            let terms_no = self.settle_terms(stream, &mut record, terms)?;
            self.streams.insert(stream, &record);
            Ok(terms_no)
        }

        #[ink(message)]
        fn set_operators(&mut self, stream: StreamId, operators: Vec<AccountId>) -> Result<()> {
            self.ensure_stream_owner(stream)?;
            if operators.len() > MAX_OPERATORS as usize {
                return Err(StreamRegistryError::TooManyOperators { max: MAX_OPERATORS });
            }
            let old = self.operators(stream);
            self.operators.insert(stream, &operators);
            self.env().emit_event(OperatorsSet {
                stream,
                old,
                new: operators,
            });
            Ok(())
        }

        #[ink(message)]
        fn offer_stream(&mut self, stream: StreamId, account: Option<AccountId>) -> Result<()> {
            let mut record = self.ensure_stream_owner(stream)?;
            record.offered_to = account;
            self.streams.insert(stream, &record);
            self.env().emit_event(StreamOffered {
                stream,
                owner: record.owner,
                offered_to: account,
            });
            Ok(())
        }

        #[ink(message)]
        fn accept_stream(&mut self, stream: StreamId) -> Result<()> {
            let mut record = self.ensure_stream(stream)?;
            let new_owner = self.env().caller();
            if record.offered_to != Some(new_owner) {
                return Err(StreamRegistryError::NotOffered);
            }
            let terms = ensure_terms(new_owner, FULL_BPS, Vec::new())?;
            let old_owner = record.owner;
            record.owner = new_owner;
            record.offered_to = None;
            self.settle_owned(new_owner, stream)?;
            if !self.operators(stream).is_empty() {
                self.operators.insert(stream, &Vec::<AccountId>::new());
            }
            self.env().emit_event(StreamTransferred {
                stream,
                old_owner,
                new_owner,
            });
            self.settle_terms(stream, &mut record, terms)?;
            self.streams.insert(stream, &record);
            Ok(())
        }

        #[ink(message)]
        fn go_live(&mut self, stream: StreamId, grace_ms: Millis) -> Result<BroadcastNo> {
            let mut record = self.ensure_operator(stream)?;
            if record.suspended {
                return Err(StreamRegistryError::Suspended);
            }
            if self.on_air(stream, &record).is_some() {
                return Err(StreamRegistryError::AlreadyLive);
            }
            ensure_grace(grace_ms)?;
            let number = next_number(record.broadcast)?;
            let now = self.now();
            let broadcast = Broadcast {
                started_ms: now,
                grace_ms,
                heartbeat_ms: now,
                end_ms: now.saturating_add(grace_ms),
                cause: EndCause::None,
            };
            record.broadcast = number;
            self.streams.insert(stream, &record);
            self.broadcasts.insert((stream, number), &broadcast);
            self.join_live_list(stream)?;
            self.env().emit_event(WentLive {
                stream,
                broadcast: number,
                grace_ms,
            });
            Ok(number)
        }

        #[ink(message)]
        fn heartbeat(&mut self, stream: StreamId) -> Result<()> {
            let record = self.ensure_operator(stream)?;
            let broadcast = self.ensure_on_air(stream, &record)?;
            let now = self.now();
            let beaten = Broadcast {
                heartbeat_ms: now,
                end_ms: now.saturating_add(broadcast.grace_ms),
                ..broadcast
            };
            self.broadcasts.insert((stream, record.broadcast), &beaten);
            Ok(())
        }

        #[ink(message)]
        fn end_broadcast(&mut self, stream: StreamId) -> Result<()> {
            let record = self.ensure_operator(stream)?;
            let broadcast = self.ensure_on_air(stream, &record)?;
            self.settle_end(stream, record.broadcast, broadcast, EndCause::Ended);
            Ok(())
        }

        #[ink(message)]
        fn unlist(&mut self, stream: StreamId) -> Result<()> {
            let record = self.ensure_stream(stream)?;
            if self.on_air(stream, &record).is_some() {
                return Err(StreamRegistryError::AlreadyLive);
            }
            if !self.leave_live_list(stream) {
                return Err(StreamRegistryError::NotListed);
            }
            Ok(())
        }

        #[ink(message)]
        fn set_moderator(&mut self, account: AccountId, moderator: bool) -> Result<()> {
            self.admin
                .ensure_owner()
                .map_err(StreamRegistryError::Admin)?;
            let old = self.is_moderator(account);
            self.moderators.insert(account, &moderator);
            self.env().emit_event(ModeratorSet {
                account,
                old,
                new: moderator,
            });
            Ok(())
        }

        #[ink(message)]
        fn suspend(&mut self, stream: StreamId, reason: String) -> Result<()> {
            let moderator = self.ensure_moderator()?;
            let mut record = self.ensure_stream(stream)?;
            ensure_reason(&reason)?;
            if record.suspended {
                return Err(StreamRegistryError::Suspended);
            }
            record.suspended = true;
            self.streams.insert(stream, &record);
            if let Some(broadcast) = self.on_air(stream, &record) {
                self.settle_end(stream, record.broadcast, broadcast, EndCause::Suspended);
            }
            self.env().emit_event(StreamSuspended {
                stream,
                moderator,
                reason,
            });
            Ok(())
        }

        #[ink(message)]
        fn reinstate(&mut self, stream: StreamId, reason: String) -> Result<()> {
            let moderator = self.ensure_moderator()?;
            let mut record = self.ensure_stream(stream)?;
            ensure_reason(&reason)?;
            if !record.suspended {
                return Err(StreamRegistryError::NotSuspended);
            }
            record.suspended = false;
            self.streams.insert(stream, &record);
            self.env().emit_event(StreamReinstated {
                stream,
                moderator,
                reason,
            });
            Ok(())
        }
    }

    impl Administered for Registry {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, Slots::NONE)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> AdminResult<()> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> AdminResult<()> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> AdminResult<u32> {
            self.admin.announce(change, Slots::NONE)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, Slots::NONE)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(Slots::NONE, wiring)
        }
    }
}
