//! Calls to PSP22 tokens. Each may fail, lie or refuse; every failure is a typed error, never a zero.
//!
//! All go through one function that knows the bytes of questions and answers, because the calls that ink! generates for each message
//! are a tenth of `payment_handler`'s code, which everyone who settles loads.

use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        DefaultEnvironment,
    },
    prelude::{vec, vec::Vec},
    scale::{Encode, Error, Input, Output},
    selector_bytes,
};
use vilokanam_interfaces::{AccountId, Balance, Millis, PaymentHandlerError};

/// No data goes with a transfer: an empty list of bytes.
const NO_DATA: u8 = 0;
/// The first byte of an answer that went well, and of a PSP22 result that did.
const OK: u8 = 0;
/// The first byte of a PSP22 result that did not go well.
const REFUSED: u8 = 1;

/// Arguments that are encoded already.
struct Arguments<'a>(&'a [u8]);

impl Encode for Arguments<'_> {
    fn encode_to<O: Output + ?Sized>(&self, dest: &mut O) {
        dest.write(self.0);
    }
}

/// An answer that is not decoded yet.
struct Answer(Vec<u8>);

impl ink::scale::Decode for Answer {
    fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
        let mut bytes = vec![0; input.remaining_len()?.unwrap_or(0)];
        input.read(&mut bytes)?;
        Ok(Self(bytes))
    }
}

/// What `token` answers, or `None` if it could not be called or trapped.
fn ask(token: AccountId, selector: [u8; 4], arguments: &[u8]) -> Option<Vec<u8>> {
    let input = ExecutionInput::new(Selector::new(selector)).push_arg(Arguments(arguments));
    let answer = build_call::<DefaultEnvironment>()
        .call(token)
        .exec_input(input)
        .returns::<Answer>()
        .try_invoke();
    match answer {
        Ok(Ok(answer)) => Some(answer.0),
        _ => None,
    }
}

/// A balance that `token` tells.
fn amount(
    token: AccountId,
    selector: [u8; 4],
    arguments: &[u8],
) -> Result<Balance, PaymentHandlerError> {
    let answer = ask(token, selector, arguments);
    match answer.as_deref().map(<[u8; 16]>::try_from) {
        Some(Ok(bytes)) => Ok(Balance::from_le_bytes(bytes)),
        _ => Err(PaymentHandlerError::TokenFailed),
    }
}

/// Tells `token` to move something.
fn move_it(
    token: AccountId,
    selector: [u8; 4],
    arguments: &[u8],
) -> Result<(), PaymentHandlerError> {
    match ask(token, selector, arguments).as_deref() {
        Some([OK]) => Ok(()),
        // Which of its errors it is makes no difference; only nonsense is told from a refusal.
        Some([REFUSED, error, ..]) if *error < PSP22_ERRORS => {
            Err(PaymentHandlerError::TokenRefused)
        }
        _ => Err(PaymentHandlerError::TokenFailed),
    }
}

/// How many variants `PSP22Error` has.
const PSP22_ERRORS: u8 = 6;

/// What `account` has in `token`.
pub fn balance_of(token: AccountId, account: AccountId) -> Result<Balance, PaymentHandlerError> {
    amount(
        token,
        selector_bytes!("PSP22::balance_of"),
        account.as_ref(),
    )
}

/// What `spender` may take of what `owner` has in `token`.
pub fn allowance(
    token: AccountId,
    owner: AccountId,
    spender: AccountId,
) -> Result<Balance, PaymentHandlerError> {
    let arguments = (owner, spender).encode();
    amount(token, selector_bytes!("PSP22::allowance"), &arguments)
}

/// Sends `amount` of this contract's `token` to `to`.
pub fn transfer(
    token: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<(), PaymentHandlerError> {
    let arguments = (to, amount, NO_DATA).encode();
    move_it(token, selector_bytes!("PSP22::transfer"), &arguments)
}

/// Moves `amount` of `token` from `from`, who has approved it, to `to`.
pub fn transfer_from(
    token: AccountId,
    from: AccountId,
    to: AccountId,
    amount: Balance,
) -> Result<(), PaymentHandlerError> {
    let arguments = (from, to, amount, NO_DATA).encode();
    move_it(token, selector_bytes!("PSP22::transfer_from"), &arguments)
}

/// Whether `token` took the permit of `owner` for `spender` to take `amount`.
pub fn permit(
    token: AccountId,
    owner: AccountId,
    spender: AccountId,
    amount: Balance,
    (deadline_ms, signature): (Millis, [u8; 64]),
) -> bool {
    let arguments = (owner, spender, amount, deadline_ms, signature).encode();
    let answer = ask(token, selector_bytes!("VlkPermit::permit"), &arguments);
    answer.as_deref() == Some(&[OK])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ink::{codegen::TraitCallBuilder, scale::Decode};
    use psp22::{PSP22Error, PSP22};
    use vilokanam_interfaces::VlkPermit;

    const ALICE: AccountId = AccountId([1; 32]);
    const BOB: AccountId = AccountId([2; 32]);
    const AMOUNT: Balance = 1 << 100;

    fn asked(selector: [u8; 4], arguments: &[u8]) -> Vec<u8> {
        ExecutionInput::new(Selector::new(selector))
            .push_arg(Arguments(arguments))
            .encode()
    }

    #[test]
    fn questions_are_as_ink_asks_them() {
        let mut token: ink::contract_ref!(PSP22, DefaultEnvironment) = ALICE.into();
        let call = token.call().balance_of(BOB);
        assert_eq!(
            call.params().exec_input().encode(),
            asked(selector_bytes!("PSP22::balance_of"), BOB.as_ref())
        );
        let call = token.call().allowance(ALICE, BOB);
        assert_eq!(
            call.params().exec_input().encode(),
            asked(selector_bytes!("PSP22::allowance"), &(ALICE, BOB).encode())
        );
        let call = token.call_mut().transfer(BOB, AMOUNT, Vec::new());
        assert_eq!(
            call.params().exec_input().encode(),
            asked(
                selector_bytes!("PSP22::transfer"),
                &(BOB, AMOUNT, NO_DATA).encode()
            )
        );
        let call = token
            .call_mut()
            .transfer_from(ALICE, BOB, AMOUNT, Vec::new());
        assert_eq!(
            call.params().exec_input().encode(),
            asked(
                selector_bytes!("PSP22::transfer_from"),
                &(ALICE, BOB, AMOUNT, NO_DATA).encode()
            )
        );
        let mut token: ink::contract_ref!(VlkPermit, DefaultEnvironment) = ALICE.into();
        let call = token.call_mut().permit(ALICE, BOB, AMOUNT, 5, [9; 64]);
        assert_eq!(
            call.params().exec_input().encode(),
            asked(
                selector_bytes!("VlkPermit::permit"),
                &(ALICE, BOB, AMOUNT, 5u64, [9u8; 64]).encode()
            )
        );
    }

    #[test]
    fn answers_are_as_tokens_give_them() {
        let raw = |bytes: Vec<u8>| Answer::decode(&mut &bytes[..]).unwrap().0;
        assert_eq!(raw(AMOUNT.encode()), AMOUNT.to_le_bytes());
        assert_eq!(raw(Ok::<(), PSP22Error>(()).encode()), [OK]);
        let errors = [
            PSP22Error::Custom("no".into()),
            PSP22Error::InsufficientBalance,
            PSP22Error::InsufficientAllowance,
            PSP22Error::ZeroRecipientAddress,
            PSP22Error::ZeroSenderAddress,
            PSP22Error::SafeTransferCheckFailed("no".into()),
        ];
        for (number, error) in (0..).zip(errors) {
            let answer = raw(Err::<(), _>(error).encode());
            assert_eq!(answer[..2], [REFUSED, number]);
            assert!(answer[1] < PSP22_ERRORS);
        }
    }
}
