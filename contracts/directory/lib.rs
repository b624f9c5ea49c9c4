//! What is on, and what will be: the streams of each category, scheduled broadcasts, streams of other chains.
//!
//! **Who may do what.** Anyone puts a stream into the list of the category that the registry has for it: it only mends the
//! lists. A stream's owner and operators announce broadcasts and take that back. Gateways, named by the contract's owner,
//! register streams of other chains, and each changes those that it registered. The contract's owner names categories.
//!
//! **Where money flows.** None is here. `patronage` asks who is paid for a stream of another chain.
//!
//! **Units.** Milliseconds of chain time.
//!
//! **Cells.** No cell is ever freed, so no call gives one account the storage deposit of another: places of a category's list
//! beyond its length stay and are used again. What a stream has scheduled is one cell of at most `MAX_SCHEDULED` entries, which
//! only those change who may announce.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod calls;
mod checks;
#[cfg(test)]
mod tests;

#[ink::contract]
mod directory {
    use crate::{
        calls::Registry,
        checks::{
            ensure_category, ensure_cid, ensure_name, next_number, to_come, window, with, without,
        },
    };
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::{traits::ManualKey, Lazy, Mapping},
    };
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::directory::*, AdminError, Administered, Administration, Change, Directory,
        DirectoryError, External, ExternalId, Listing, Millis, Scheduled, StreamId, Wiring,
    };

    type Result<T> = core::result::Result<T, DirectoryError>;
    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs the registry, and may change it.
    const SLOTS: Slots = Slots {
        registry: true,
        ..Slots::NONE
    };

    /// Where a stream is in the lists.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct Place {
        /// In whose list.
        pub category: u16,
        /// At which position, from 0.
        pub position: u32,
    }

    /// The directory.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Lists {
        /// Ownership, delayed changes, wiring.
        admin: Admin,
        /// The names of categories; none before the first.
        names: Mapping<u16, String, ManualKey<0x00D1_0001>>,
        /// How long the list of a category is.
        lens: Mapping<u16, u32, ManualKey<0x00D1_0002>>,
        /// The lists by category and position.
        listed: Mapping<(u16, u32), StreamId, ManualKey<0x00D1_0003>>,
        /// Where streams are in them; none before a stream's first.
        places: Mapping<StreamId, Place, ManualKey<0x00D1_0004>>,
        /// What is scheduled, by start; some of it may have ended.
        scheduled: Mapping<StreamId, Vec<Scheduled>, ManualKey<0x00D1_0005>>,
        /// Who is a gateway; `false` for who no longer is.
        gateways: Mapping<AccountId, bool, ManualKey<0x00D1_0006>>,
        /// How many external streams there are, which is the last one's number.
        external_count: Lazy<ExternalId, ManualKey<0x00D1_0007>>,
        /// The external streams.
        externals: Mapping<ExternalId, External, ManualKey<0x00D1_0008>>,
        /// Their numbers, by what they are called where they come from.
        numbers: Mapping<(u32, Hash), ExternalId, ManualKey<0x00D1_0009>>,
    }

    impl Lists {
        /// See `Directory`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            Ok(this)
        }

        fn now(&self) -> Millis {
            self.env().block_timestamp()
        }

        /// The registry, once the contract is wired.
        fn registry(&self) -> Result<Registry> {
            Registry::new(self.admin.wiring())
        }

        fn ensure_owner(&self) -> Result<()> {
            self.admin.ensure_owner().map_err(DirectoryError::Admin)
        }

        /// The caller, if it is a gateway.
        fn ensure_gateway(&self) -> Result<AccountId> {
            let caller = self.env().caller();
            if !self.is_gateway(caller) {
                return Err(DirectoryError::NotGateway);
            }
            Ok(caller)
        }

        /// Puts a stream into a category's list, and takes it out of the one where it was.
        pub(crate) fn move_to(&mut self, stream: StreamId, category: u16) -> Result<()> {
            let place = self.places.get(stream);
            if place.is_some_and(|place| place.category == category) {
                return Err(DirectoryError::AlreadyListed);
            }
            let position = self.stream_count_in(category);
            self.lens.insert(category, &next_number(position)?);
            if let Some(place) = place {
                self.leave(place);
            }
            self.listed.insert((category, position), &stream);
            self.places.insert(stream, &Place { category, position });
            self.env().emit_event(StreamListed {
                stream,
                category,
                before: place.map(|place| place.category),
            });
            Ok(())
        }

        /// Gives a place to the last stream of that list.
        fn leave(&mut self, place: Place) {
            let len = self.stream_count_in(place.category);
            // Not below zero: a stream is in it.
            let last = len.saturating_sub(1);
            if let Some(moved) = self.listed.get((place.category, last)) {
                self.listed.insert((place.category, place.position), &moved);
                self.places.insert(moved, &place);
            }
            self.lens.insert(place.category, &last);
        }

        /// What a stream has scheduled that has not ended.
        fn coming(&self, stream: StreamId) -> Vec<Scheduled> {
            to_come(self.scheduled.get(stream).unwrap_or_default(), self.now())
        }

        /// Announces a broadcast of a stream that the caller operates.
        pub(crate) fn announced(&mut self, stream: StreamId, broadcast: Scheduled) -> Result<()> {
            let scheduled = with(self.coming(stream), broadcast.clone(), self.now())?;
            self.scheduled.insert(stream, &scheduled);
            self.env().emit_event(BroadcastScheduled {
                stream,
                scheduled: broadcast,
            });
            Ok(())
        }

        /// Takes an announcement back, of a stream that the caller operates.
        pub(crate) fn unannounced(&mut self, stream: StreamId, start_ms: Millis) -> Result<()> {
            let scheduled = without(self.coming(stream), start_ms)?;
            self.scheduled.insert(stream, &scheduled);
            self.env()
                .emit_event(ScheduleCancelled { stream, start_ms });
            Ok(())
        }
    }

    #[cfg(test)]
    impl Lists {
        pub fn set_external_count(&mut self, count: ExternalId) {
            self.external_count.set(&count);
        }
    }

    impl Directory for Lists {
        #[ink(message)]
        fn category_name(&self, category: u16) -> Option<String> {
            self.names.get(category)
        }

        #[ink(message)]
        fn name_category(&mut self, category: u16, name: String) -> Result<()> {
            self.ensure_owner()?;
            ensure_category(category)?;
            ensure_name(&name)?;
            let old = self.names.get(category);
            self.names.insert(category, &name);
            self.env().emit_event(CategoryNamed {
                category,
                old,
                new: name,
            });
            Ok(())
        }

        #[ink(message)]
        fn list_stream(&mut self, stream: StreamId) -> Result<()> {
            let category = self.registry()?.category(stream)?;
            self.move_to(stream, category)
        }

        #[ink(message)]
        fn streams_in(&self, category: u16, start: u32, limit: u32) -> Listing {
            let (end, next) = window(start, limit, self.stream_count_in(category));
            let streams = (start..end)
                .filter_map(|position| self.listed.get((category, position)))
                .collect();
            Listing { streams, next }
        }

        #[ink(message)]
        fn stream_count_in(&self, category: u16) -> u32 {
            self.lens.get(category).unwrap_or(0)
        }

        #[ink(message)]
        fn listed_in(&self, stream: StreamId) -> Option<u16> {
            self.places.get(stream).map(|place| place.category)
        }

        #[ink(message)]
        fn scheduled(&self, stream: StreamId) -> Vec<Scheduled> {
            self.coming(stream)
        }

        #[ink(message)]
        fn schedule(&mut self, stream: StreamId, broadcast: Scheduled) -> Result<()> {
            self.registry()?
                .ensure_operator(stream, self.env().caller())?;
            self.announced(stream, broadcast)
        }

        #[ink(message)]
        fn cancel_scheduled(&mut self, stream: StreamId, start_ms: Millis) -> Result<()> {
            self.registry()?
                .ensure_operator(stream, self.env().caller())?;
            self.unannounced(stream, start_ms)
        }

        #[ink(message)]
        fn is_gateway(&self, account: AccountId) -> bool {
            self.gateways.get(account).unwrap_or(false)
        }

        #[ink(message)]
        fn set_gateway(&mut self, account: AccountId, gateway: bool) -> Result<()> {
            self.ensure_owner()?;
            let old = self.is_gateway(account);
            self.gateways.insert(account, &gateway);
            self.env().emit_event(GatewaySet {
                account,
                old,
                new: gateway,
            });
            Ok(())
        }

        #[ink(message)]
        fn external(&self, external: ExternalId) -> Option<External> {
            self.externals.get(external)
        }

        #[ink(message)]
        fn external_of(&self, origin_chain: u32, origin_stream: Hash) -> Option<ExternalId> {
            self.numbers.get((origin_chain, origin_stream))
        }

        #[ink(message)]
        fn external_count(&self) -> u32 {
            self.external_count.get_or_default()
        }

        #[ink(message)]
        fn register_external(
            &mut self,
            origin_chain: u32,
            origin_stream: Hash,
            payee: AccountId,
            cid: String,
            category: u16,
        ) -> Result<ExternalId> {
            let gateway = self.ensure_gateway()?;
            ensure_cid(&cid)?;
            ensure_category(category)?;
            if let Some(external) = self.external_of(origin_chain, origin_stream) {
                return Err(DirectoryError::AlreadyRegistered { external });
            }
            let external = next_number(self.external_count())?;
            self.external_count.set(&external);
            self.numbers
                .insert((origin_chain, origin_stream), &external);
            self.externals.insert(
                external,
                &External {
                    gateway,
                    origin_chain,
                    origin_stream,
                    payee,
                    cid: cid.clone(),
                    category,
                    active: true,
                },
            );
            self.env().emit_event(ExternalRegistered {
                external,
                gateway,
                origin_chain,
                origin_stream,
                payee,
                cid,
                category,
            });
            Ok(external)
        }

        #[ink(message)]
        fn update_external(
            &mut self,
            external: ExternalId,
            payee: AccountId,
            cid: String,
            category: u16,
            active: bool,
        ) -> Result<()> {
            let record = self
                .externals
                .get(external)
                .ok_or(DirectoryError::ExternalNotFound)?;
            if self.ensure_gateway()? != record.gateway {
                return Err(DirectoryError::NotGateway);
            }
            ensure_cid(&cid)?;
            ensure_category(category)?;
            self.externals.insert(
                external,
                &External {
                    payee,
                    cid: cid.clone(),
                    category,
                    active,
                    ..record
                },
            );
            self.env().emit_event(ExternalUpdated {
                external,
                payee,
                cid,
                category,
                active,
            });
            Ok(())
        }
    }

    impl Administered for Lists {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, SLOTS)
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
            self.admin.announce(change, SLOTS)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, SLOTS)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(SLOTS, wiring)
        }
    }
}
