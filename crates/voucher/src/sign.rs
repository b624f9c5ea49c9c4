//! Signing and verifying, as the keys of wallets and chains do it: sr25519 in the context `substrate`.

pub use schnorrkel::Keypair;

use crate::{Message, NO_KEY};
use schnorrkel::{ExpansionMode, MiniSecretKey, PublicKey, Signature, SIGNATURE_LENGTH};

const CONTEXT: &[u8] = b"substrate";

/// Which bytes are signed. Both count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The message itself: what programs sign.
    Raw,
    /// The message within `<Bytes>`: what wallets sign.
    Wrapped,
}

/// The key pair of a 32-byte seed, the same as wallets make of it; `None` if the seed is none.
pub fn pair(seed: &[u8; 32]) -> Option<Keypair> {
    let seed = MiniSecretKey::from_bytes(seed).ok()?;
    Some(seed.expand_to_keypair(ExpansionMode::Ed25519))
}

/// Signs the message of a voucher or a permit. Signatures are randomised: two over the same message differ, and both are good.
pub fn sign(pair: &Keypair, message: &impl Message, form: Form) -> [u8; SIGNATURE_LENGTH] {
    let signature = match form {
        Form::Raw => pair.sign_simple(CONTEXT, message.as_ref()),
        Form::Wrapped => pair.sign_simple(CONTEXT, message.wrapped().as_ref()),
    };
    signature.to_bytes()
}

/// Whether `signature` is that of `public` over exactly `bytes`. For both forms: `signed(&message, |bytes| verify(..))`.
///
/// As on chain, but that `NO_KEY` has no signatures.
pub fn verify(public: &[u8; 32], bytes: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        PublicKey::from_bytes(public),
        Signature::from_bytes(signature),
    ) else {
        return false;
    };
    *public != NO_KEY && key.verify_simple(CONTEXT, bytes, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{signed, Domain, Permit, Voucher, MESSAGE_LEN};

    const VOUCHER: Voucher = Voucher {
        viewer: [3; 32],
        number: 4,
        stream: 5,
        asset: 6,
        ms: 7,
        amount: 8,
    };

    fn message() -> [u8; MESSAGE_LEN] {
        VOUCHER.message(&Domain {
            genesis_hash: [1; 32],
            contract: [2; 32],
        })
    }

    #[test]
    fn sign_works_in_both_forms() {
        let pair = pair(&[9; 32]).unwrap();
        let public = pair.public.to_bytes();
        let message = message();
        let raw = sign(&pair, &message, Form::Raw);
        let wrapped = sign(&pair, &message, Form::Wrapped);
        assert!(verify(&public, &message, &raw));
        assert!(!verify(&public, &Voucher::wrapped(&message), &raw));
        assert!(verify(&public, &Voucher::wrapped(&message), &wrapped));
        assert!(!verify(&public, &message, &wrapped));
        for signature in [raw, wrapped] {
            assert!(signed(&message, |bytes| verify(&public, bytes, &signature)));
        }
        assert_ne!(raw, sign(&pair, &message, Form::Raw));
    }

    #[test]
    fn sign_works_for_permits_in_both_forms() {
        let pair = pair(&[9; 32]).unwrap();
        let permit = Permit {
            owner: pair.public.to_bytes(),
            spender: [3; 32],
            value: 4,
            nonce: 5,
            deadline_ms: 6,
        };
        let domain = Domain {
            genesis_hash: [1; 32],
            contract: [2; 32],
        };
        for form in [Form::Raw, Form::Wrapped] {
            let signature = sign(&pair, &permit.message(&domain), form);
            assert!(permit.is_signed(&domain, |bytes| verify(&permit.owner, bytes, &signature)));
            let other = Permit { value: 5, ..permit };
            assert!(!other.is_signed(&domain, |bytes| verify(&permit.owner, bytes, &signature)));
        }
    }

    #[test]
    fn verify_fails_for_the_key_that_anyone_signs_for() {
        // R is the neutral element, s is zero, marked as sr25519.
        let mut forged = [0; SIGNATURE_LENGTH];
        forged[63] = 0x80;
        let key = PublicKey::from_bytes(&NO_KEY).unwrap();
        let signature = Signature::from_bytes(&forged).unwrap();
        // What a chain would say, and why the key must not be authorised.
        assert!(key.verify_simple(CONTEXT, &message(), &signature).is_ok());
        assert!(!verify(&NO_KEY, &message(), &forged));
    }

    #[test]
    fn pair_is_that_of_wallets() {
        // The seed of the development account //Alice, and its well-known public key.
        let seed = hex::decode("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a");
        let seed = seed.unwrap().try_into().unwrap();
        assert_eq!(
            hex::encode(pair(&seed).unwrap().public.to_bytes()),
            "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
        );
    }
}
