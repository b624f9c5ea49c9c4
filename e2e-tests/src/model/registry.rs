//! `stream_registry`: streams, terms, broadcasts, moderation.

use super::{cid::check_cid, Model, Part, RegistryCall, Value};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, Broadcast, BroadcastNo, Class, EndCause, Millis, Share, Stream,
    StreamFacts, StreamId, StreamRegistryError as Error, Terms, TermsNo, FULL_BPS, MAX_CATEGORIES,
    MAX_COHOSTS, MAX_GRACE_MS, MAX_LISTING, MAX_OPERATORS, MAX_REASON_LEN, MIN_GRACE_MS,
};

/// A stream and all that ever was of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// As a reader sees it.
    pub stream: Stream,
    /// Its terms, from number 1.
    pub terms: Vec<Terms>,
    /// Its broadcasts, from number 1.
    pub broadcasts: Vec<Broadcast>,
    /// Its operators.
    pub operators: Vec<AccountId>,
    /// Whether it is in the list of live streams.
    pub listed: bool,
    /// When each of its owners first got it, in the order of all such events.
    came: BTreeMap<AccountId, u64>,
}

/// The registry's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    /// The streams.
    pub records: BTreeMap<StreamId, Record>,
    /// The moderators.
    pub moderators: BTreeSet<AccountId>,
    arrivals: u64,
}

fn check_details(cid: &str, class: Class, category: u16) -> Result<(), Error> {
    check_cid(cid).map_err(Error::InvalidCid)?;
    if class == Class::Tips {
        return Err(Error::NotAStreamClass);
    }
    if category >= MAX_CATEGORIES {
        let limit = MAX_CATEGORIES;
        return Err(Error::UnknownCategory { limit });
    }
    Ok(())
}

fn check_terms(owner: AccountId, owner_bps: u16, cohosts: &[Share]) -> Result<Terms, Error> {
    if cohosts.len() > MAX_COHOSTS as usize {
        return Err(Error::TooManyCohosts { max: MAX_COHOSTS });
    }
    let mut named = BTreeSet::from([owner]);
    if !cohosts.iter().all(|c| c.bps > 0 && named.insert(c.account)) {
        return Err(Error::InvalidCohost);
    }
    let shares = cohosts.iter().map(|c| u32::from(c.bps));
    let sum_bps = shares.sum::<u32>() + u32::from(owner_bps);
    if sum_bps != u32::from(FULL_BPS) {
        return Err(Error::SharesNotFull { sum_bps });
    }
    Ok(Terms {
        owner,
        owner_bps,
        cohosts: cohosts.to_vec(),
    })
}

fn check_reason(reason: &str) -> Result<(), Error> {
    if reason.is_empty() || reason.len() > MAX_REASON_LEN as usize {
        let max_len = MAX_REASON_LEN;
        return Err(Error::InvalidReason { max_len });
    }
    Ok(())
}

impl Record {
    fn on_air(&self, now_ms: Millis) -> bool {
        self.broadcasts.last().is_some_and(|b| now_ms < b.end_ms)
    }

    fn may_operate(&self, account: AccountId) -> bool {
        self.stream.owner == account || self.operators.contains(&account)
    }

    fn add_terms(&mut self, terms: Terms) -> TermsNo {
        self.terms.push(terms);
        self.stream.terms = self.terms.len() as TermsNo;
        self.stream.terms
    }

    /// Ends the broadcast that is on air.
    fn end(&mut self, now_ms: Millis, cause: EndCause) {
        let broadcast = self.broadcasts.last_mut().expect("it is on air");
        broadcast.end_ms = now_ms;
        broadcast.cause = cause;
        self.listed = false;
    }
}

impl Model {
    fn record(&self, stream: StreamId) -> Option<&Record> {
        self.registry.records.get(&stream)
    }

    /// A stream.
    pub fn stream(&self, stream: StreamId) -> Option<Stream> {
        Some(self.record(stream)?.stream.clone())
    }

    /// How many streams there are.
    pub fn stream_count(&self) -> u32 {
        self.registry.records.len() as u32
    }

    /// A broadcast.
    pub fn broadcast(&self, stream: StreamId, broadcast: BroadcastNo) -> Option<Broadcast> {
        let place = broadcast.checked_sub(1)? as usize;
        self.record(stream)?.broadcasts.get(place).copied()
    }

    /// When broadcasts end.
    pub fn broadcast_ends(&self, broadcasts: &[(StreamId, BroadcastNo)]) -> Vec<Option<Millis>> {
        let answered = broadcasts.iter().take(MAX_LISTING as usize * 2);
        answered
            .map(|(stream, broadcast)| Some(self.broadcast(*stream, *broadcast)?.end_ms))
            .collect()
    }

    /// Terms.
    pub fn terms(&self, stream: StreamId, terms: TermsNo) -> Option<Terms> {
        let place = terms.checked_sub(1)? as usize;
        self.record(stream)?.terms.get(place).cloned()
    }

    /// What opening needs to know.
    pub fn facts(&self, stream: StreamId) -> Option<StreamFacts> {
        let record = self.record(stream)?;
        Some(StreamFacts {
            class: record.stream.class,
            category: record.stream.category,
            terms_no: record.stream.terms,
            terms: record.terms.last()?.clone(),
            suspended: record.stream.suspended,
            broadcast_no: record.stream.broadcast,
            end_ms: record.broadcasts.last().map_or(0, |b| b.end_ms),
        })
    }

    /// Whether an account owns or operates a stream.
    pub fn may_operate(&self, stream: StreamId, account: AccountId) -> bool {
        self.record(stream).is_some_and(|r| r.may_operate(account))
    }

    /// The operators.
    pub fn operators(&self, stream: StreamId) -> Vec<AccountId> {
        self.record(stream)
            .map(|r| r.operators.clone())
            .unwrap_or_default()
    }

    /// Whether a stream is on air.
    pub fn is_live(&self, stream: StreamId) -> bool {
        self.record(stream).is_some_and(|r| r.on_air(self.now_ms))
    }

    /// All streams of a creator in the order they first came: compare with the listing walked to its end.
    pub fn streams_of(&self, creator: AccountId) -> Vec<StreamId> {
        let records = self.registry.records.iter();
        let mut streams: Vec<_> = records
            .filter(|(_, r)| r.stream.owner == creator)
            .map(|(id, r)| (r.came.get(&creator), *id))
            .collect();
        streams.sort_unstable();
        streams.into_iter().map(|(_, id)| id).collect()
    }

    /// All streams on air, by number: compare with the listing walked to its end, and sorted.
    pub fn live_streams(&self) -> Vec<StreamId> {
        let records = self.registry.records.iter();
        records
            .filter(|(_, r)| r.on_air(self.now_ms))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whether an account is a moderator.
    pub fn is_moderator(&self, account: AccountId) -> bool {
        self.registry.moderators.contains(&account)
    }

    pub(super) fn registry_call(
        &mut self,
        caller: AccountId,
        call: &RegistryCall,
    ) -> Result<Value, Error> {
        let now = self.now_ms;
        match call {
            RegistryCall::Register {
                cid,
                class,
                category,
                owner_bps,
                cohosts,
            } => {
                check_details(cid, *class, *category)?;
                let terms = check_terms(caller, *owner_bps, cohosts)?;
                self.registry.arrivals += 1;
                let id = self.stream_count() + 1;
                let record = Record {
                    stream: Stream {
                        owner: caller,
                        offered_to: None,
                        cid: cid.clone(),
                        class: *class,
                        category: *category,
                        terms: 1,
                        broadcast: 0,
                        suspended: false,
                        registered_ms: now,
                    },
                    terms: vec![terms],
                    broadcasts: Vec::new(),
                    operators: Vec::new(),
                    listed: false,
                    came: BTreeMap::from([(caller, self.registry.arrivals)]),
                };
                self.registry.records.insert(id, record);
                Ok(Value::Number(id))
            }
            RegistryCall::Update {
                stream,
                cid,
                class,
                category,
            } => {
                let stream = &mut self.owned(*stream, caller)?.stream;
                check_details(cid, *class, *category)?;
                stream.cid.clone_from(cid);
                stream.class = *class;
                stream.category = *category;
                Ok(Value::Unit)
            }
            RegistryCall::SetTerms {
                stream,
                owner_bps,
                cohosts,
            } => {
                let record = self.owned(*stream, caller)?;
                let terms = check_terms(caller, *owner_bps, cohosts)?;
                Ok(Value::Number(record.add_terms(terms)))
            }
            RegistryCall::SetOperators { stream, operators } => {
                let record = self.owned(*stream, caller)?;
                if operators.len() > MAX_OPERATORS as usize {
                    let max = MAX_OPERATORS;
                    return Err(Error::TooManyOperators { max });
                }
                record.operators.clone_from(operators);
                Ok(Value::Unit)
            }
            RegistryCall::OfferStream { stream, account } => {
                self.owned(*stream, caller)?.stream.offered_to = *account;
                Ok(Value::Unit)
            }
            RegistryCall::AcceptStream { stream } => {
                let arrival = self.registry.arrivals + 1;
                let record = self.existing(*stream)?;
                if record.stream.offered_to != Some(caller) {
                    return Err(Error::NotOffered);
                }
                record.stream.owner = caller;
                record.stream.offered_to = None;
                record.operators.clear();
                record.came.entry(caller).or_insert(arrival);
                record.add_terms(Terms {
                    owner: caller,
                    owner_bps: FULL_BPS,
                    cohosts: Vec::new(),
                });
                self.registry.arrivals = arrival;
                Ok(Value::Unit)
            }
            RegistryCall::GoLive { stream, grace_ms } => {
                let record = self.operated(*stream, caller)?;
                if record.stream.suspended {
                    return Err(Error::Suspended);
                }
                if record.on_air(now) {
                    return Err(Error::AlreadyLive);
                }
                if !(MIN_GRACE_MS..=MAX_GRACE_MS).contains(grace_ms) {
                    return Err(Error::GraceOutOfRange {
                        min_ms: MIN_GRACE_MS,
                        max_ms: MAX_GRACE_MS,
                    });
                }
                record.broadcasts.push(Broadcast {
                    started_ms: now,
                    grace_ms: *grace_ms,
                    heartbeat_ms: now,
                    end_ms: now + grace_ms,
                    cause: EndCause::None,
                });
                record.stream.broadcast += 1;
                record.listed = true;
                Ok(Value::Number(record.stream.broadcast))
            }
            RegistryCall::Heartbeat { stream } => {
                let record = self.operated(*stream, caller)?;
                if !record.on_air(now) {
                    return Err(Error::NotLive);
                }
                if let Some(broadcast) = record.broadcasts.last_mut() {
                    broadcast.heartbeat_ms = now;
                    broadcast.end_ms = now + broadcast.grace_ms;
                }
                Ok(Value::Unit)
            }
            RegistryCall::EndBroadcast { stream } => {
                let record = self.operated(*stream, caller)?;
                if !record.on_air(now) {
                    return Err(Error::NotLive);
                }
                record.end(now, EndCause::Ended);
                Ok(Value::Unit)
            }
            RegistryCall::Unlist { stream } => {
                let record = self.existing(*stream)?;
                if record.on_air(now) {
                    return Err(Error::AlreadyLive);
                }
                if !record.listed {
                    return Err(Error::NotListed);
                }
                record.listed = false;
                Ok(Value::Unit)
            }
            RegistryCall::SetModerator { account, moderator } => {
                if caller != self.admin(Part::Registry).owner {
                    return Err(Error::Admin(AdminError::NotOwner));
                }
                if *moderator {
                    self.registry.moderators.insert(*account);
                } else {
                    self.registry.moderators.remove(account);
                }
                Ok(Value::Unit)
            }
            RegistryCall::Suspend { stream, reason } => {
                let record = self.moderated(*stream, caller)?;
                check_reason(reason)?;
                if record.stream.suspended {
                    return Err(Error::Suspended);
                }
                if record.on_air(now) {
                    record.end(now, EndCause::Suspended);
                }
                record.stream.suspended = true;
                Ok(Value::Unit)
            }
            RegistryCall::Reinstate { stream, reason } => {
                let record = self.moderated(*stream, caller)?;
                check_reason(reason)?;
                if !record.stream.suspended {
                    return Err(Error::NotSuspended);
                }
                record.stream.suspended = false;
                Ok(Value::Unit)
            }
        }
    }

    fn existing(&mut self, stream: StreamId) -> Result<&mut Record, Error> {
        let found = self.registry.records.get_mut(&stream);
        found.ok_or(Error::StreamNotFound)
    }

    fn owned(&mut self, stream: StreamId, caller: AccountId) -> Result<&mut Record, Error> {
        let record = self.existing(stream)?;
        if record.stream.owner != caller {
            return Err(Error::NotStreamOwner);
        }
        Ok(record)
    }

    fn operated(&mut self, stream: StreamId, caller: AccountId) -> Result<&mut Record, Error> {
        let record = self.existing(stream)?;
        if !record.may_operate(caller) {
            return Err(Error::NotOperator);
        }
        Ok(record)
    }

    fn moderated(&mut self, stream: StreamId, caller: AccountId) -> Result<&mut Record, Error> {
        if !self.is_moderator(caller) {
            return Err(Error::NotModerator);
        }
        self.existing(stream)
    }
}
