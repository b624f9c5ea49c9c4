//! A PSP22 token that conforms, as the `psp22` crate 2.0.0 documents it.

use super::TokenCall;
use psp22::PSP22Error;
use std::collections::BTreeMap;
use vilokanam_interfaces::{AccountId, AdminError, Balance, Millis, MAX_ALLOCATIONS};

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
