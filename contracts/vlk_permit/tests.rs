//! Unit tests. That the token hands messages over to this code needs a chain and is told as stories.

use crate::vlk_permit::VlkPermitContract;
use ink::{
    env::{
        test::{
            callee, default_accounts, recorded_events, set_block_timestamp, set_callee, set_caller,
        },
        DefaultEnvironment as Env,
    },
    scale::Encode,
    storage::{traits::ManualKey, Lazy, Mapping},
};
use psp22::{Approval, PSP22Data};
use vilokanam_interfaces::{
    AccountId, Hash, PermitError, VlkPermit, PERMIT_GENESIS_KEY, PERMIT_NONCES_KEY,
};
use vilokanam_voucher::{
    sign::{self, Form, Keypair},
    Domain, Permit, NO_KEY,
};

const GENESIS: [u8; 32] = [8; 32];
const NOW: u64 = 1_700_000_000_000;
type GenesisHash = Lazy<Hash, ManualKey<PERMIT_GENESIS_KEY>>;
type Nonces = Mapping<AccountId, u64, ManualKey<PERMIT_NONCES_KEY>>;

const VALUE: u128 = 3_000_000_000_000;

fn spender() -> AccountId {
    default_accounts::<Env>().bob
}

fn pair() -> Keypair {
    sign::pair(&[1; 32]).unwrap()
}

fn owner() -> AccountId {
    pair().public.to_bytes().into()
}

/// The code on a token's storage, as a stranger calls it.
fn token() -> VlkPermitContract {
    GenesisHash::default().set(&GENESIS.into());
    set_caller::<Env>(default_accounts::<Env>().charlie);
    set_block_timestamp::<Env>(NOW);
    VlkPermitContract::new()
}

fn domain() -> Domain {
    Domain {
        genesis_hash: GENESIS,
        contract: *callee::<Env>().as_ref(),
    }
}

/// An owner's first permit, good for one more second.
fn first() -> Permit {
    Permit {
        owner: *owner().as_ref(),
        spender: *spender().as_ref(),
        value: VALUE,
        nonce: 0,
        deadline_ms: NOW + 1_000,
    }
}

fn signed(permit: &Permit, form: Form) -> [u8; 64] {
    sign::sign(&pair(), &permit.message(&domain()), form)
}

/// Sends what `permit` says, but for its nonce.
fn send(
    token: &mut VlkPermitContract,
    permit: &Permit,
    signature: [u8; 64],
) -> Result<(), PermitError> {
    token.permit(
        permit.owner.into(),
        permit.spender.into(),
        permit.value,
        permit.deadline_ms,
        signature,
    )
}

fn allowed() -> u128 {
    PSP22Data::default().allowance(owner(), spender())
}

/// The data of all events.
fn emitted() -> Vec<Vec<u8>> {
    recorded_events().map(|event| event.data).collect()
}

fn approval(amount: u128) -> Vec<u8> {
    Approval {
        owner: owner(),
        spender: spender(),
        amount,
    }
    .encode()
}

/// Refused, and nothing changed.
fn refused(token: &mut VlkPermitContract, permit: &Permit, signature: [u8; 64]) -> PermitError {
    let before = (token.nonce(owner()), allowed(), emitted());
    let refused = send(token, permit, signature).unwrap_err();
    assert_eq!((token.nonce(owner()), allowed(), emitted()), before);
    refused
}

#[ink::test]
fn permit_works_in_both_forms_and_counts_the_nonce() {
    let mut token = token();
    assert_eq!(token.permit_genesis(), GENESIS.into());
    assert_eq!(token.nonce(owner()), 0);
    assert_eq!(
        send(&mut token, &first(), signed(&first(), Form::Raw)),
        Ok(())
    );
    assert_eq!((token.nonce(owner()), allowed()), (1, VALUE));

    // The second replaces what the first approved; a value of zero takes it back.
    let second = Permit {
        value: VALUE - 1,
        nonce: 1,
        ..first()
    };
    let by_wallet = signed(&second, Form::Wrapped);
    assert_eq!(send(&mut token, &second, by_wallet), Ok(()));
    assert_eq!((token.nonce(owner()), allowed()), (2, VALUE - 1));
    let third = Permit {
        value: 0,
        nonce: 2,
        ..first()
    };
    assert_eq!(send(&mut token, &third, signed(&third, Form::Raw)), Ok(()));
    assert_eq!((token.nonce(owner()), allowed()), (3, 0));
    assert_eq!(
        emitted(),
        [approval(VALUE), approval(VALUE - 1), approval(0)]
    );
    // Nobody else's nonce moved.
    assert_eq!(token.nonce(spender()), 0);
}

#[ink::test]
fn permit_for_its_owner_uses_the_nonce_and_approves_nothing() {
    // As `approve` of oneself, which does nothing.
    let mut token = token();
    let own = Permit {
        spender: *owner().as_ref(),
        ..first()
    };
    assert_eq!(send(&mut token, &own, signed(&own, Form::Raw)), Ok(()));
    assert_eq!(token.nonce(owner()), 1);
    assert_eq!(PSP22Data::default().allowance(owner(), owner()), 0);
    assert_eq!(emitted(), [] as [Vec<u8>; 0]);
}

#[ink::test]
fn permit_works_at_its_deadline_and_fails_when_it_is_expired() {
    let mut token = token();
    let signature = signed(&first(), Form::Raw);
    set_block_timestamp::<Env>(NOW + 1_001);
    let expired = PermitError::Expired {
        deadline_ms: NOW + 1_000,
    };
    assert_eq!(refused(&mut token, &first(), signature), expired);
    // That comes first, whatever the signature is.
    assert_eq!(refused(&mut token, &first(), [0; 64]), expired);
    set_block_timestamp::<Env>(NOW + 1_000);
    assert_eq!(send(&mut token, &first(), signature), Ok(()));
}

#[ink::test]
fn permit_fails_when_it_was_used() {
    let mut token = token();
    let signature = signed(&first(), Form::Raw);
    assert_eq!(send(&mut token, &first(), signature), Ok(()));
    let used = PermitError::BadSignature { nonce: 1 };
    assert_eq!(refused(&mut token, &first(), signature), used);
    // The same permit signed again, and in the other form, is the same permit.
    for form in [Form::Raw, Form::Wrapped] {
        assert_eq!(refused(&mut token, &first(), signed(&first(), form)), used);
    }
}

#[ink::test]
fn permit_fails_when_the_owner_never_signed_it() {
    let mut token = token();
    let bad = PermitError::BadSignature { nonce: 0 };
    let other = *default_accounts::<Env>().eve.as_ref();
    let changed = [
        Permit {
            spender: other,
            ..first()
        },
        Permit {
            value: VALUE + 1,
            ..first()
        },
        Permit {
            nonce: 1,
            ..first()
        },
        Permit {
            deadline_ms: NOW + 1_001,
            ..first()
        },
    ];
    // Something else was signed than is sent.
    for permit in changed {
        let signature = signed(&permit, Form::Raw);
        assert_eq!(refused(&mut token, &first(), signature), bad);
    }
    // By another key, for another chain, for another token.
    let stranger = sign::pair(&[2; 32]).unwrap();
    let by_stranger = sign::sign(&stranger, &first().message(&domain()), Form::Raw);
    assert_eq!(refused(&mut token, &first(), by_stranger), bad);
    for elsewhere in [
        Domain {
            genesis_hash: [0; 32],
            ..domain()
        },
        Domain {
            contract: other,
            ..domain()
        },
    ] {
        let signature = sign::sign(&pair(), &first().message(&elsewhere), Form::Raw);
        assert_eq!(refused(&mut token, &first(), signature), bad);
    }
    assert_eq!(refused(&mut token, &first(), [0; 64]), bad);
    assert_eq!(
        send(&mut token, &first(), signed(&first(), Form::Raw)),
        Ok(())
    );
}

#[ink::test]
fn permit_fails_for_the_account_that_anyone_signs_for() {
    let mut token = token();
    let mut forged = [0; 64];
    forged[63] = 0x80;
    let nobody = Permit {
        owner: NO_KEY,
        ..first()
    };
    // The chain itself would take it.
    let message = nobody.message(&domain());
    let verified = ink::env::sr25519_verify(&forged, &message, &NO_KEY);
    assert!(verified.is_ok());
    assert_eq!(
        send(&mut token, &nobody, forged),
        Err(PermitError::BadSignature { nonce: 0 })
    );
    assert_eq!(token.nonce(NO_KEY.into()), 0);
}

#[ink::test]
fn permit_fails_when_there_are_no_more_nonces() {
    let mut token = token();
    Nonces::default().insert(owner(), &u64::MAX);
    let last = Permit {
        nonce: u64::MAX,
        ..first()
    };
    let signature = signed(&last, Form::Raw);
    assert_eq!(refused(&mut token, &last, signature), PermitError::Overflow);
}

#[ink::test]
fn permit_counts_at_one_token_only() {
    let mut token = token();
    let signature = signed(&first(), Form::Raw);
    set_callee::<Env>(default_accounts::<Env>().frank);
    assert_eq!(
        refused(&mut token, &first(), signature),
        PermitError::BadSignature { nonce: 0 }
    );
}
