//! Calls to PSP22 tokens. Each may fail, lie or refuse; every failure is a typed error, never a zero.

use ink::{codegen::TraitCallBuilder, prelude::vec::Vec};
use psp22::{PSP22Error, PSP22};
use vilokanam_interfaces::{AccountId, Balance, PaymentHandlerError};

type Token = ink::contract_ref!(PSP22, ink::env::DefaultEnvironment);

/// What `account` has in `token`.
pub fn balance_of(token: AccountId, account: AccountId) -> Result<Balance, PaymentHandlerError> {
    let token: Token = token.into();
    match token.call().balance_of(account).try_invoke() {
        Ok(Ok(balance)) => Ok(balance),
        _ => Err(PaymentHandlerError::TokenFailed),
    }
}

/// Sends `amount` of this contract's `token` to `to`.
pub fn transfer(
    token: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<(), PaymentHandlerError> {
    let mut token: Token = token.into();
    ensure_moved(
        token
            .call_mut()
            .transfer(to, amount, Vec::new())
            .try_invoke(),
    )
}

/// Moves `amount` of `token` from `from`, who has approved it, to `to`.
pub fn transfer_from(
    token: AccountId,
    from: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<(), PaymentHandlerError> {
    let mut token: Token = token.into();
    ensure_moved(
        token
            .call_mut()
            .transfer_from(from, to, amount, Vec::new())
            .try_invoke(),
    )
}

type Answer<T> = Result<Result<T, ink::LangError>, ink::env::Error>;

fn ensure_moved(answer: Answer<Result<(), PSP22Error>>) -> Result<(), PaymentHandlerError> {
    match answer {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(_))) => Err(PaymentHandlerError::TokenRefused),
        _ => Err(PaymentHandlerError::TokenFailed),
    }
}
