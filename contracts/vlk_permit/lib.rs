//! `vlk_permit`: approval of $VLK by signature. The second half of the token's code.
//!
//! `vlk_token` is the token: its address, its storage, its messages. Those of `VlkPermit` it hands over to this code, which
//! runs on `vlk_token`'s storage and under its address (a delegate call), so that PSP22's messages do not carry what few of them
//! need. Nobody calls an instance of this contract: it would have no tokens.
//!
//! Anyone sends a permit; it does what its signer could do by `approve`, once, and nothing else. Moves no money and calls nobody.
//!
//! Units: base units, milliseconds of chain time.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

#[cfg(test)]
mod tests;

#[ink::contract]
mod vlk_permit {
    use ink::storage::{traits::ManualKey, Lazy, Mapping};
    use psp22::{PSP22Data, PSP22Event};
    use vilokanam_interfaces::{
        Millis, PermitError, VlkPermit, PERMIT_GENESIS_KEY, PERMIT_NONCES_KEY,
    };
    use vilokanam_voucher::{Domain, Permit};

    /// The cells of `vlk_token`, by the same keys. Its `Admin` is not read; allowances lie where the `psp22` crate puts them.
    #[ink(storage)]
    #[derive(Default)]
    pub struct VlkPermitContract {
        /// Set by the constructor of `vlk_token`.
        genesis_hash: Lazy<Hash, ManualKey<PERMIT_GENESIS_KEY>>,
        /// How many permits of an owner were taken. No cell is ever freed, so that no nonce comes again.
        nonces: Mapping<AccountId, u64, ManualKey<PERMIT_NONCES_KEY>>,
    }

    impl VlkPermitContract {
        /// An instance has no tokens; chains ask for a constructor.
        #[ink(constructor)]
        pub fn new() -> Self {
            Self::default()
        }
    }

    impl VlkPermit for VlkPermitContract {
        #[ink(message)]
        fn nonce(&self, owner: AccountId) -> u64 {
            self.nonces.get(owner).unwrap_or(0)
        }

        #[ink(message)]
        fn permit_genesis(&self) -> Hash {
            self.genesis_hash.get_or_default()
        }

        #[ink(message)]
        fn permit(
            &mut self,
            owner: AccountId,
            spender: AccountId,
            value: Balance,
            deadline_ms: Millis,
            signature: [u8; 64],
        ) -> Result<(), PermitError> {
            let nonce = self.nonce(owner);
            let permit = Permit {
                owner: *owner.as_ref(),
                spender: *spender.as_ref(),
                value,
                nonce,
                deadline_ms,
            };
            if permit.is_expired(self.env().block_timestamp()) {
                return Err(PermitError::Expired { deadline_ms });
            }
            let domain = Domain {
                genesis_hash: self.permit_genesis().into(),
                // The token's: a delegate call keeps the caller's address.
                contract: *self.env().account_id().as_ref(),
            };
            let is_signed = permit.is_signed(&domain, |bytes| {
                self.env()
                    .sr25519_verify(&signature, bytes, &permit.owner)
                    .is_ok()
            });
            if !is_signed {
                return Err(PermitError::BadSignature { nonce });
            }
            let next = nonce.checked_add(1).ok_or(PermitError::Overflow)?;
            self.nonces.insert(owner, &next);
            let events = PSP22Data::default()
                .approve(owner, spender, value)
                // Approving never fails.
                .map_err(|_| PermitError::Overflow)?;
            for event in events {
                if let PSP22Event::Approval(approval) = event {
                    self.env().emit_event(approval);
                }
            }
            Ok(())
        }
    }
}
