//! A PSP22 token that conforms, as the `psp22` crate 2.0.0 documents it.

use super::{Model, Permit, TokenCall};
use psp22::PSP22Error;
use std::collections::BTreeMap;
use vilokanam_interfaces::{AccountId, AdminError, Balance, Millis, PermitError, MAX_ALLOCATIONS};

/// A token. Accounts and pairs with nothing are not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What the constructor minted.
    pub cap: Balance,
    /// What was burned since.
    pub burned: Balance,
    /// Balances.
    pub balances: BTreeMap<AccountId, Balance>,
    /// What the second may spend of the first.
    pub allowances: BTreeMap<(AccountId, AccountId), Balance>,
    /// How many permits of each owner were taken.
    pub nonces: BTreeMap<AccountId, u64>,
}

impl Token {
    /// What the constructor answers.
    pub fn check_new(
        allocations: &[(AccountId, Balance)],
        change_delay_ms: Millis,
    ) -> Result<(), AdminError> {
        let named: std::collections::BTreeSet<_> = allocations.iter().map(|a| a.0).collect();
        let sum = allocations
            .iter()
            .try_fold(0u128, |sum, a| sum.checked_add(a.1));
        if allocations.is_empty()
            || allocations.len() > MAX_ALLOCATIONS as usize
            || allocations.iter().any(|a| a.1 == 0)
            || named.len() < allocations.len()
            || sum.is_none()
        {
            return Err(AdminError::InvalidSetup);
        }
        super::admin::check_delay(change_delay_ms)
    }

    pub(super) fn new(allocations: Vec<(AccountId, Balance)>) -> Self {
        Self {
            cap: allocations.iter().map(|a| a.1).sum(),
            burned: 0,
            balances: allocations.into_iter().collect(),
            allowances: BTreeMap::new(),
            nonces: BTreeMap::new(),
        }
    }

    /// What exists.
    pub fn total_supply(&self) -> Balance {
        self.cap - self.burned
    }

    /// What an account has.
    pub fn balance_of(&self, account: AccountId) -> Balance {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    /// What `spender` may still spend of `owner`'s.
    pub fn allowance(&self, owner: AccountId, spender: AccountId) -> Balance {
        let pair = (owner, spender);
        self.allowances.get(&pair).copied().unwrap_or(0)
    }

    /// The nonce that the next permit commits to.
    pub fn nonce(&self, owner: AccountId) -> u64 {
        self.nonces.get(&owner).copied().unwrap_or(0)
    }

    pub(super) fn call(&mut self, caller: AccountId, call: &TokenCall) -> Result<(), PSP22Error> {
        match *call {
            TokenCall::Transfer { to, amount } => self.transfer(caller, to, amount),
            TokenCall::TransferFrom { from, to, amount } => {
                self.transfer_from(caller, from, to, amount)
            }
            TokenCall::Approve { spender, amount } => {
                if spender != caller {
                    self.set_allowance(caller, spender, amount);
                }
                Ok(())
            }
            TokenCall::IncreaseAllowance { spender, delta } => {
                if spender != caller {
                    let raised = self.allowance(caller, spender).saturating_add(delta);
                    self.set_allowance(caller, spender, raised);
                }
                Ok(())
            }
            TokenCall::DecreaseAllowance { spender, delta } => {
                if spender != caller {
                    let lowered = self.allowance(caller, spender).checked_sub(delta);
                    let lowered = lowered.ok_or(PSP22Error::InsufficientAllowance)?;
                    self.set_allowance(caller, spender, lowered);
                }
                Ok(())
            }
            TokenCall::Permit(_) => unreachable!("a permit is answered apart"),
            TokenCall::Burn { amount } => {
                let left = self.balance_of(caller).checked_sub(amount);
                self.set_balance(caller, left.ok_or(PSP22Error::InsufficientBalance)?);
                self.burned += amount;
                Ok(())
            }
        }
    }

    pub(super) fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: Balance,
    ) -> Result<(), PSP22Error> {
        if from == to {
            return Ok(());
        }
        let left = self.balance_of(from).checked_sub(amount);
        self.set_balance(from, left.ok_or(PSP22Error::InsufficientBalance)?);
        self.set_balance(to, self.balance_of(to) + amount);
        Ok(())
    }

    pub(super) fn transfer_from(
        &mut self,
        caller: AccountId,
        from: AccountId,
        to: AccountId,
        amount: Balance,
    ) -> Result<(), PSP22Error> {
        if from == to || from == caller {
            return self.transfer(from, to, amount);
        }
        let left = self.allowance(from, caller).checked_sub(amount);
        let left = left.ok_or(PSP22Error::InsufficientAllowance)?;
        self.transfer(from, to, amount)?;
        self.set_allowance(from, caller, left);
        Ok(())
    }

    fn set_balance(&mut self, account: AccountId, balance: Balance) {
        if balance == 0 {
            self.balances.remove(&account);
        } else {
            self.balances.insert(account, balance);
        }
    }

    fn set_allowance(&mut self, owner: AccountId, spender: AccountId, amount: Balance) {
        if amount == 0 {
            self.allowances.remove(&(owner, spender));
        } else {
            self.allowances.insert((owner, spender), amount);
        }
    }
}

/// What the key of a permit must have signed, as it is or within `<Bytes>`.
pub fn permit_bytes(genesis_hash: &[u8], token: AccountId, permit: &Permit, nonce: u64) -> Vec<u8> {
    let mut bytes = b"vilokanam/permit\x01".to_vec();
    bytes.extend(genesis_hash);
    for account in [token, permit.owner, permit.spender] {
        let account: &[u8] = account.as_ref();
        bytes.extend(account);
    }
    bytes.extend(permit.value.to_le_bytes());
    bytes.extend(nonce.to_le_bytes());
    bytes.extend(permit.deadline_ms.to_le_bytes());
    bytes
}

impl Model {
    /// Takes a permit.
    pub(super) fn permit(&mut self, token: usize, permit: &Permit) -> Result<(), PermitError> {
        if self.now_ms > permit.deadline_ms {
            let deadline_ms = permit.deadline_ms;
            return Err(PermitError::Expired { deadline_ms });
        }
        let nonce = self.tokens[token].nonce(permit.owner);
        let address = self.contracts.tokens[token];
        let bytes = permit_bytes(self.genesis_hash.as_ref(), address, permit, nonce);
        let wrapped = [b"<Bytes>", &bytes[..], b"</Bytes>"].concat();
        let nobody = AccountId::from([0; 32]);
        let by_owner = permit.by == Some(permit.owner) && permit.owner != nobody;
        if !by_owner || ![bytes, wrapped].contains(&permit.over) {
            return Err(PermitError::BadSignature { nonce });
        }
        let next = nonce.checked_add(1).ok_or(PermitError::Overflow)?;
        let token = &mut self.tokens[token];
        token.nonces.insert(permit.owner, next);
        if permit.spender != permit.owner {
            token.set_allowance(permit.owner, permit.spender, permit.value);
        }
        Ok(())
    }
}
