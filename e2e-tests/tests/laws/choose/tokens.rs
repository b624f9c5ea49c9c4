//! Messages to tokens.

use super::vouchers::{key_of, pair_of};
use super::{Choice, Chooser};
use crate::world::POOL;
use crate::world::SIGNERS;
use vilokanam_chain::account;
use vilokanam_e2e::model::{permit_bytes, Action, Brought, Permit, TokenCall};
use vilokanam_interfaces::{AccountId, AssetId, Balance};
use vilokanam_voucher::{
    sign::{self, Form},
    Domain,
};

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

    /// Somebody by whose key tests sign.
    pub(super) fn signer(&mut self) -> AccountId {
        key_of(self.dice.roll(SIGNERS))
    }

    /// A permit of `owner`: mostly good.
    fn permit_of(
        &mut self,
        token: usize,
        owner: AccountId,
        spender: AccountId,
        value: Balance,
    ) -> Permit {
        let (odd, late) = self.dice.roll2(12, 6);
        let nonce = self.world.model.tokens[token].nonce(owner);
        let nonce = match odd {
            0 => nonce + 1,
            1 => nonce.saturating_sub(1),
            _ => nonce,
        };
        let now = self.now();
        let deadline_ms = match late {
            0 => now - 1,
            1 => now,
            _ => now + 3_600_000,
        };
        let by = match odd {
            2 => key_of(4),
            _ => owner,
        };
        let model = &self.world.model;
        let token = model.contracts.tokens[if odd == 3 { 1 - token } else { token }];
        let account = |of: AccountId| *AsRef::<[u8; 32]>::as_ref(&of);
        let message = vilokanam_voucher::Permit {
            owner: account(owner),
            spender: account(spender),
            value,
            nonce,
            deadline_ms,
        };
        let message = message.message(&Domain {
            genesis_hash: model.genesis_hash.into(),
            contract: account(token),
        });
        let form = match odd {
            4..=6 => Form::Wrapped,
            _ => Form::Raw,
        };
        let mut permit = Permit {
            owner,
            spender,
            value,
            deadline_ms,
            signature: sign::sign(pair_of(by), &message, form),
            by: Some(by).filter(|by| pair_of(*by).public.to_bytes() == account(*by)),
            over: Vec::new(),
        };
        // The model's own bytes: the crate's must be the same, or the chain answers otherwise.
        let over = permit_bytes(model.genesis_hash.as_ref(), token, &permit, nonce);
        permit.over = match form {
            Form::Raw => over,
            Form::Wrapped => [b"<Bytes>", &over[..], b"</Bytes>"].concat(),
        };
        if odd == 7 {
            permit.value = value.saturating_add(1);
        }
        permit
    }

    pub(super) fn permit(&mut self) -> Choice {
        let (token, caller, owner) = (self.dice.roll(2), self.someone(), self.signer());
        let spender = match self.dice.roll(3) {
            0 => self.someone(),
            _ => self.world.suite.payments,
        };
        let value = self.part_of(POOL);
        let permit = self.permit_of(token, owner, spender, value);
        self.act(caller, Action::Token(token, TokenCall::Permit(permit)))
    }

    /// What `viewer` brings along to a session.
    pub(super) fn brought(
        &mut self,
        viewer: AccountId,
        asset: AssetId,
        amount: Balance,
    ) -> Brought {
        let payments = self.world.suite.payments;
        let token = match self.world.model.asset(asset).and_then(|a| a.token) {
            Some(token) if token == self.world.model.contracts.tokens[1] => 1,
            _ => 0,
        };
        let permit = match self.dice.roll(5) {
            0 => None,
            _ => Some(self.permit_of(token, viewer, payments, amount)),
        };
        Brought { amount, permit }
    }
}
