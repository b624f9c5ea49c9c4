//! Messages to tokens.

use super::{Choice, Chooser};
use crate::world::POOL;
use vilokanam_chain::account;
use vilokanam_e2e::model::{Action, TokenCall};
use vilokanam_interfaces::{AccountId, Balance};

impl Chooser<'_> {
    pub(super) fn transfer(&mut self) -> Choice {
        let (token, caller, to) = (self.dice.roll(2), self.someone(), self.payee());
        let has = self.world.model.tokens[token].balance_of(caller);
        let amount = self.part_of(has);
        self.act(
            caller,
            Action::Token(token, TokenCall::Transfer { to, amount }),
        )
    }

    pub(super) fn transfer_from(&mut self) -> Choice {
        let (token, from, to) = (self.dice.roll(2), self.someone(), self.payee());
        let allowances = &self.world.model.tokens[token].allowances;
        let payments = self.world.suite.payments;
        let pairs = allowances.keys().filter(|pair| pair.1 != payments);
        let pairs: Vec<_> = pairs.copied().collect();
        let random = (from, account("dave"));
        let (from, caller) = self.dice.pick(&pairs).unwrap_or(random);
        let allowed = self.world.model.tokens[token].allowance(from, caller);
        let amount = self.part_of(allowed);
        let call = TokenCall::TransferFrom { from, to, amount };
        self.act(caller, Action::Token(token, call))
    }

    pub(super) fn allowance(&mut self) -> (usize, AccountId, AccountId, Balance) {
        let (token, caller) = (self.dice.roll(2), self.someone());
        let spender = match self.dice.roll(3) {
            0 => self.world.suite.payments,
            _ => self.someone(),
        };
        let amount = self.part_of(POOL * 5);
        (token, caller, spender, amount)
    }

    pub(super) fn approve(&mut self) -> Choice {
        let (token, caller, spender, amount) = self.allowance();
        let call = TokenCall::Approve { spender, amount };
        self.act(caller, Action::Token(token, call))
    }

    pub(super) fn increase_allowance(&mut self) -> Choice {
        let (token, caller, spender, delta) = self.allowance();
        let call = TokenCall::IncreaseAllowance { spender, delta };
        self.act(caller, Action::Token(token, call))
    }

    pub(super) fn decrease_allowance(&mut self) -> Choice {
        let (token, caller, spender, delta) = self.allowance();
        let call = TokenCall::DecreaseAllowance { spender, delta };
        self.act(caller, Action::Token(token, call))
    }

    pub(super) fn burn(&mut self) -> Choice {
        let (token, caller) = (self.dice.roll(2), self.someone());
        let has = self.world.model.tokens[token].balance_of(caller);
        let amount = match self.dice.roll(3) {
            0 => has.saturating_add(1),
            _ => has / 1_000,
        };
        self.act(caller, Action::Token(token, TokenCall::Burn { amount }))
    }
}
