//! `directory`: names and lists of categories, what is scheduled, streams of other chains.

use super::{cid::check_cid, DirectoryCall, Model, Part, Value};
use std::collections::{BTreeMap, BTreeSet};
use vilokanam_interfaces::{
    AccountId, AdminError, DirectoryError as Error, External, ExternalId, Hash, Scheduled,
    StreamId, MAX_AHEAD_MS, MAX_CATEGORIES, MAX_NAME_LEN, MAX_SCHEDULED,
};

/// The directory's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The names of categories.
    pub names: BTreeMap<u16, String>,
    /// In which category's list each stream is.
    pub listed: BTreeMap<StreamId, u16>,
    /// All that was scheduled and not cancelled.
    pub scheduled: Vec<(StreamId, Scheduled)>,
    /// The gateways.
    pub gateways: BTreeSet<AccountId>,
    /// The external streams, from number 1.
    pub externals: Vec<External>,
}

fn check_category(category: u16) -> Result<(), Error> {
    let limit = MAX_CATEGORIES;
    let known = category < limit;
    known.then_some(()).ok_or(Error::UnknownCategory { limit })
}

impl Model {
    /// The name of a category.
    pub fn category_name(&self, category: u16) -> Option<String> {
        self.directory.names.get(&category).cloned()
    }

    /// The streams in a category's list, by number: compare with the listing walked to its end, and sorted.
    pub fn streams_in(&self, category: u16) -> Vec<StreamId> {
        let listed = self.directory.listed.iter();
        let listed = listed.filter(|(_, of)| **of == category);
        listed.map(|(stream, _)| *stream).collect()
    }

    /// In whose list a stream is.
    pub fn listed_in(&self, stream: StreamId) -> Option<u16> {
        self.directory.listed.get(&stream).copied()
    }

    /// What a stream has scheduled that has not ended.
    pub fn scheduled(&self, stream: StreamId) -> Vec<Scheduled> {
        let all = self.directory.scheduled.iter();
        let mine = all.filter(|(of, s)| *of == stream && self.now_ms < s.end_ms);
        let mut mine: Vec<_> = mine.map(|(_, s)| s.clone()).collect();
        mine.sort_by_key(|s| s.start_ms);
        mine
    }

    /// Whether an account is a gateway.
    pub fn is_gateway(&self, account: AccountId) -> bool {
        self.directory.gateways.contains(&account)
    }

    /// An external stream.
    pub fn external(&self, external: ExternalId) -> Option<External> {
        let place = external.checked_sub(1)? as usize;
        self.directory.externals.get(place).cloned()
    }

    /// The number of an origin chain's stream.
    pub fn external_of(&self, origin_chain: u32, origin_stream: Hash) -> Option<ExternalId> {
        let mut all = self.directory.externals.iter();
        let place =
            all.position(|e| (e.origin_chain, e.origin_stream) == (origin_chain, origin_stream));
        Some(place? as ExternalId + 1)
    }

    /// How many external streams there are.
    pub fn external_count(&self) -> u32 {
        self.directory.externals.len() as u32
    }

    fn ensure_directory_owner(&self, caller: AccountId) -> Result<(), Error> {
        if caller != self.admin(Part::Directory).owner {
            return Err(Error::Admin(AdminError::NotOwner));
        }
        Ok(())
    }

    fn directory_reads_registry(&self, stream: StreamId) -> Result<(), Error> {
        let slot = self.wiring(Part::Directory).registry;
        slot.ok_or(Error::NotWired)?;
        if !self.reaches(self.contracts.directory, slot, self.contracts.registry) {
            return Err(Error::RegistryFailed);
        }
        self.stream(stream).ok_or(Error::StreamNotFound)?;
        Ok(())
    }

    fn ensure_schedules(&self, stream: StreamId, caller: AccountId) -> Result<(), Error> {
        self.directory_reads_registry(stream)?;
        let may = self.may_operate(stream, caller);
        may.then_some(()).ok_or(Error::NotOperator)
    }

    pub(super) fn directory_call(
        &mut self,
        caller: AccountId,
        call: &DirectoryCall,
    ) -> Result<Value, Error> {
        let now = self.now_ms;
        match call {
            DirectoryCall::NameCategory { category, name } => {
                self.ensure_directory_owner(caller)?;
                check_category(*category)?;
                if name.is_empty() || name.len() > MAX_NAME_LEN as usize {
                    let max_len = MAX_NAME_LEN;
                    return Err(Error::InvalidName { max_len });
                }
                self.directory.names.insert(*category, name.clone());
            }
            DirectoryCall::ListStream { stream } => {
                self.directory_reads_registry(*stream)?;
                let category = self.stream(*stream).map_or(0, |s| s.category);
                if self.listed_in(*stream) == Some(category) {
                    return Err(Error::AlreadyListed);
                }
                self.directory.listed.insert(*stream, category);
            }
            DirectoryCall::Schedule { stream, broadcast } => {
                self.ensure_schedules(*stream, caller)?;
                let max_ms = now + MAX_AHEAD_MS;
                let start_ms = broadcast.start_ms;
                if start_ms <= now || start_ms > max_ms || broadcast.end_ms <= start_ms {
                    return Err(Error::TimeOutOfRange { max_ms });
                }
                check_cid(&broadcast.cid).map_err(Error::InvalidCid)?;
                let coming = self.scheduled(*stream);
                if coming.iter().any(|s| s.start_ms == start_ms) {
                    return Err(Error::AlreadyScheduled);
                }
                if coming.len() >= MAX_SCHEDULED as usize {
                    return Err(Error::TooManyScheduled { max: MAX_SCHEDULED });
                }
                let scheduled = &mut self.directory.scheduled;
                scheduled.push((*stream, broadcast.clone()));
            }
            DirectoryCall::CancelScheduled { stream, start_ms } => {
                self.ensure_schedules(*stream, caller)?;
                let coming = self.scheduled(*stream);
                let found = coming.iter().find(|s| s.start_ms == *start_ms);
                let found = found.ok_or(Error::NotScheduled)?.clone();
                let scheduled = &mut self.directory.scheduled;
                scheduled.retain(|s| *s != (*stream, found.clone()));
            }
            DirectoryCall::SetGateway { account, gateway } => {
                self.ensure_directory_owner(caller)?;
                match gateway {
                    true => self.directory.gateways.insert(*account),
                    false => self.directory.gateways.remove(account),
                };
            }
            DirectoryCall::RegisterExternal {
                origin_chain,
                origin_stream,
                payee,
                cid,
                category,
            } => {
                if !self.is_gateway(caller) {
                    return Err(Error::NotGateway);
                }
                check_cid(cid).map_err(Error::InvalidCid)?;
                check_category(*category)?;
                if let Some(external) = self.external_of(*origin_chain, *origin_stream) {
                    return Err(Error::AlreadyRegistered { external });
                }
                self.directory.externals.push(External {
                    gateway: caller,
                    origin_chain: *origin_chain,
                    origin_stream: *origin_stream,
                    payee: *payee,
                    cid: cid.clone(),
                    category: *category,
                    active: true,
                });
                return Ok(Value::Number(self.external_count()));
            }
            DirectoryCall::UpdateExternal {
                external,
                payee,
                cid,
                category,
                active,
            } => {
                let known = self.external(*external).ok_or(Error::ExternalNotFound)?;
                if known.gateway != caller || !self.is_gateway(caller) {
                    return Err(Error::NotGateway);
                }
                check_cid(cid).map_err(Error::InvalidCid)?;
                check_category(*category)?;
                self.directory.externals[*external as usize - 1] = External {
                    payee: *payee,
                    cid: cid.clone(),
                    category: *category,
                    active: *active,
                    ..known
                };
            }
        }
        Ok(Value::Unit)
    }
}
