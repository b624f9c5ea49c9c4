//! $VLK, the platform's token: PSP22 with metadata and burning, by the `psp22` crate.
//!
//! The constructor mints all that can ever exist, the cap, to named accounts; nobody can mint again. A holder
//! moves and burns what is theirs, or what they were allowed. The owner has no power over balances: it can
//! change the code, after the change delay, and nothing else. The contract holds no money and calls nobody.
//!
//! An owner of tokens may also approve by signature. Those messages, `VlkPermit`, are handed over to a second code, `vlk_permit`, which runs on this
//! contract's storage: PSP22's stay as cheap as they are. If the chain has no such code, they are reverted; a plain read
//! (`nonce`, `permit_genesis`) then answers what does not decode, which a caller sees as a failed call.
//!
//! Units: base units, 10^12 of which are one VLK.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod permit;
#[cfg(test)]
mod tests;

#[ink::contract]
mod vlk_token {
    use crate::permit::{Handed, VlkPermit};
    use ink::{
        prelude::{string::String, vec::Vec},
        storage::{traits::ManualKey, Lazy},
    };
    use psp22::{PSP22Burnable, PSP22Data, PSP22Error, PSP22Event, PSP22Metadata, PSP22};
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        AdminError, Administered, Administration, Change, Millis, PermitError, VlkToken, Wiring,
        MAX_ALLOCATIONS, PERMIT_GENESIS_KEY,
    };

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Calls nobody, and has a second code.
    const SLOTS: Slots = Slots {
        second_code: true,
        ..Slots::NONE
    };
    /// What PSP22 wallets show.
    const NAME: &str = "Vilokanam";
    /// What PSP22 wallets show behind amounts.
    const SYMBOL: &str = "VLK";
    /// One VLK is 10^12 base units.
    const DECIMALS: u8 = 12;

    /// The token.
    #[ink(storage)]
    #[derive(Default)]
    pub struct Vlk {
        /// The owner, the second code, and code changes.
        admin: Admin,
        /// The total supply; balances and allowances lie beside it, in cells of their own.
        data: Lazy<PSP22Data, ManualKey<0x0070_0001>>,
        /// What the constructor minted.
        cap: Lazy<Balance, ManualKey<0x0070_0002>>,
        /// Read by the second code, which keeps the nonces beside it.
        genesis_hash: Lazy<Hash, ManualKey<PERMIT_GENESIS_KEY>>,
    }

    impl Vlk {
        /// See `VlkToken`.
        #[ink(constructor)]
        pub fn new(
            allocations: Vec<(AccountId, Balance)>,
            change_delay_ms: Millis,
            genesis_hash: Hash,
            permit: Hash,
        ) -> Result<Self, AdminError> {
            if allocations.is_empty() || allocations.len() > MAX_ALLOCATIONS as usize {
                return Err(AdminError::InvalidSetup);
            }
            let mut token = Self::default();
            let mut data = PSP22Data::default();
            for (account, amount) in allocations {
                // Who has something already was named before.
                if amount == 0 || data.balance_of(account) != 0 {
                    return Err(AdminError::InvalidSetup);
                }
                let minted = data.mint(account, amount);
                token.emit(minted.map_err(|_| AdminError::InvalidSetup)?);
            }
            token.cap.set(&data.total_supply());
            token.data.set(&data);
            token.genesis_hash.set(&genesis_hash);
            token.admin.init(change_delay_ms)?;
            token.admin.set_second_code(permit);
            Ok(token)
        }

        /// Balances and allowances without the total supply: their keys are fixed by the type, so a message that
        /// leaves the supply alone need not read its cell. Such a value is never written to `data`.
        fn accounts() -> PSP22Data {
            PSP22Data::default()
        }

        /// Emits what the `psp22` crate says has happened.
        fn emit(&self, events: Vec<PSP22Event>) {
            for event in events {
                match event {
                    PSP22Event::Transfer(event) => self.env().emit_event(event),
                    PSP22Event::Approval(event) => self.env().emit_event(event),
                }
            }
        }
    }

    impl VlkToken for Vlk {
        #[ink(message)]
        fn cap(&self) -> Balance {
            self.cap.get_or_default()
        }
    }

    impl PSP22 for Vlk {
        #[ink(message)]
        fn total_supply(&self) -> Balance {
            self.data.get_or_default().total_supply()
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> Balance {
            Self::accounts().balance_of(owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, spender: AccountId) -> Balance {
            Self::accounts().allowance(owner, spender)
        }

        #[ink(message)]
        fn transfer(
            &mut self,
            to: AccountId,
            value: Balance,
            _data: Vec<u8>,
        ) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            self.emit(Self::accounts().transfer(caller, to, value)?);
            Ok(())
        }

        #[ink(message)]
        fn transfer_from(
            &mut self,
            from: AccountId,
            to: AccountId,
            value: Balance,
            _data: Vec<u8>,
        ) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            self.emit(Self::accounts().transfer_from(caller, from, to, value)?);
            Ok(())
        }

        #[ink(message)]
        fn approve(&mut self, spender: AccountId, value: Balance) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            self.emit(Self::accounts().approve(caller, spender, value)?);
            Ok(())
        }

        #[ink(message)]
        fn increase_allowance(
            &mut self,
            spender: AccountId,
            delta_value: Balance,
        ) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            self.emit(Self::accounts().increase_allowance(caller, spender, delta_value)?);
            Ok(())
        }

        #[ink(message)]
        fn decrease_allowance(
            &mut self,
            spender: AccountId,
            delta_value: Balance,
        ) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            self.emit(Self::accounts().decrease_allowance(caller, spender, delta_value)?);
            Ok(())
        }
    }

    impl PSP22Metadata for Vlk {
        #[ink(message)]
        fn token_name(&self) -> Option<String> {
            Some(String::from(NAME))
        }

        #[ink(message)]
        fn token_symbol(&self) -> Option<String> {
            Some(String::from(SYMBOL))
        }

        #[ink(message)]
        fn token_decimals(&self) -> u8 {
            DECIMALS
        }
    }

    impl PSP22Burnable for Vlk {
        #[ink(message)]
        fn burn(&mut self, value: Balance) -> Result<(), PSP22Error> {
            let mut data = self.data.get_or_default();
            let events = data.burn(self.env().caller(), value)?;
            self.data.set(&data);
            self.emit(events);
            Ok(())
        }
    }

    /// Approvals by signature: the other code does them, on this storage.
    #[allow(unused_variables)] // what is called is handed over as it came
    impl VlkPermit for Vlk {
        #[ink(message)]
        fn nonce(&self, owner: Handed<AccountId>) -> u64 {
            self.admin.hand_over(PermitError::PermitFailed)
        }

        #[ink(message)]
        fn permit_genesis(&self) -> Hash {
            self.admin.hand_over(PermitError::PermitFailed)
        }

        #[ink(message)]
        fn permit(
            &mut self,
            owner: Handed<AccountId>,
            spender: Handed<AccountId>,
            value: Handed<Balance>,
            deadline_ms: Handed<Millis>,
            signature: Handed<[u8; 64]>,
        ) -> Result<(), PermitError> {
            self.admin.hand_over(PermitError::PermitFailed)
        }
    }

    impl Administered for Vlk {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, SLOTS)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> Result<(), AdminError> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> Result<(), AdminError> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> Result<u32, AdminError> {
            self.admin.announce(change, SLOTS)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> Result<(), AdminError> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> Result<(), AdminError> {
            self.admin.apply(id, SLOTS)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> Result<(), AdminError> {
            self.admin.wire(SLOTS, wiring)
        }
    }
}
