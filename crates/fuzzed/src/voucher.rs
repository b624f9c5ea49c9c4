//! Vouchers and permits: a signature counts for the bytes that were signed, and no two promises have the same bytes.

use crate::input::Input;
use vilokanam_voucher::{
    sign::{pair, sign, verify, Form},
    signed, Domain, Message, Permit, Voucher, NO_KEY,
};

/// The first byte says what is tried; the rest are the numbers.
pub fn voucher(data: &[u8]) {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => two_vouchers(&mut input),
        1 => two_permits(&mut input),
        2 => signing(&mut input),
        _ => forgery(&mut input),
    }
}

fn domain(input: &mut Input) -> Domain {
    Domain {
        genesis_hash: input.bytes(),
        contract: input.bytes(),
    }
}

fn promise(input: &mut Input) -> Voucher {
    Voucher {
        viewer: input.bytes(),
        number: input.u32(),
        stream: input.u32(),
        asset: input.u16(),
        ms: input.u64(),
        amount: input.u128(),
    }
}

fn permit(input: &mut Input) -> Permit {
    Permit {
        owner: input.bytes(),
        spender: input.bytes(),
        value: input.u128(),
        nonce: input.u64(),
        deadline_ms: input.u64(),
    }
}

/// The table of `docs/vouchers.md`, written another way.
fn voucher_bytes(domain: &Domain, voucher: &Voucher) -> Vec<u8> {
    [
        &b"vilokanam/voucher\x01"[..],
        &domain.genesis_hash,
        &domain.contract,
        &voucher.viewer,
        &voucher.number.to_le_bytes(),
        &voucher.stream.to_le_bytes(),
        &voucher.asset.to_le_bytes(),
        &voucher.ms.to_le_bytes(),
        &voucher.amount.to_le_bytes(),
    ]
    .concat()
}

fn permit_bytes(domain: &Domain, permit: &Permit) -> Vec<u8> {
    [
        &b"vilokanam/permit\x01"[..],
        &domain.genesis_hash,
        &domain.contract,
        &permit.owner,
        &permit.spender,
        &permit.value.to_le_bytes(),
        &permit.nonce.to_le_bytes(),
        &permit.deadline_ms.to_le_bytes(),
    ]
    .concat()
}

fn wrapped(bytes: &[u8]) -> Vec<u8> {
    [b"<Bytes>", bytes, b"</Bytes>"].concat()
}

/// The second's fields are the first's but for what the input says, so that one bit of difference is often all.
fn two_vouchers(input: &mut Input) {
    let (here, one) = (domain(input), promise(input));
    let (mut there, mut other) = (here, one);
    match input.byte() % 8 {
        0 => there.genesis_hash = input.bytes(),
        1 => there.contract = input.bytes(),
        2 => other.viewer = input.bytes(),
        3 => other.number = input.u32(),
        4 => other.stream = input.u32(),
        5 => other.asset = input.u16(),
        6 => other.ms = input.u64(),
        _ => other.amount = input.u128(),
    }
    let messages = [one.message(&here), other.message(&there)];
    assert_eq!((here, one) == (there, other), messages[0] == messages[1]);
    assert_eq!(messages[0][..], voucher_bytes(&here, &one));
    assert_eq!(
        messages[1].wrapped().as_ref(),
        wrapped(&voucher_bytes(&there, &other))
    );
}

fn two_permits(input: &mut Input) {
    let (here, one) = (domain(input), permit(input));
    let (mut there, mut other) = (here, one);
    match input.byte() % 7 {
        0 => there.genesis_hash = input.bytes(),
        1 => there.contract = input.bytes(),
        2 => other.owner = input.bytes(),
        3 => other.spender = input.bytes(),
        4 => other.value = input.u128(),
        5 => other.nonce = input.u64(),
        _ => other.deadline_ms = input.u64(),
    }
    let messages = [one.message(&here), other.message(&there)];
    assert_eq!((here, one) == (there, other), messages[0] == messages[1]);
    assert_eq!(messages[0][..], permit_bytes(&here, &one));
    assert_eq!(
        messages[1].wrapped().as_ref(),
        wrapped(&permit_bytes(&there, &other))
    );
    // No key owns nothing, whatever is said of its signatures.
    let nobody = Permit {
        owner: NO_KEY,
        ..one
    };
    assert!(!nobody.is_signed(&here, |_| true));
    let now_ms = input.u64();
    assert_eq!(one.is_expired(now_ms), one.deadline_ms < now_ms);
}

/// A good signature is good, in its own form only; of one byte changed anywhere, it is not.
fn signing(input: &mut Input) {
    let Some(pair) = pair(&input.bytes()) else {
        return;
    };
    let key = pair.public.to_bytes();
    let form = match input.byte() % 2 {
        0 => Form::Raw,
        _ => Form::Wrapped,
    };
    let (where_, at, flip) = (input.byte(), input.u16(), input.byte() | 1);
    let here = domain(input);
    let message = promise(input).message(&here);
    let signature = sign(&pair, &message, form);
    let (mut bytes, mut key_used, mut signature_used) = match form {
        Form::Raw => (message.to_vec(), key, signature),
        Form::Wrapped => (wrapped(&message), key, signature),
    };
    assert!(verify(&key_used, &bytes, &signature_used));
    assert!(signed(&message, |bytes| verify(&key, bytes, &signature)));
    match where_ % 4 {
        0 => bytes[usize::from(at) % message.len()] ^= flip,
        1 => signature_used[usize::from(at) % 64] ^= flip,
        2 => key_used[usize::from(at) % 32] ^= flip,
        _ => bytes.truncate(usize::from(at) % bytes.len()),
    }
    assert!(!verify(&key_used, &bytes, &signature_used));
}

/// Nobody guesses a signature: of any key, over any bytes.
fn forgery(input: &mut Input) {
    let (key, signature) = (input.bytes::<32>(), input.bytes::<64>());
    let here = domain(input);
    let promise = promise(input);
    let message = promise.message(&here);
    assert!(!signed(&message, |bytes| verify(&key, bytes, &signature)));
    let permit = Permit {
        owner: key,
        ..permit(input)
    };
    assert!(!permit.is_signed(&here, |bytes| verify(&key, bytes, &signature)));
    let short = &signature[..usize::from(input.byte()) % 64];
    assert!(!verify(&key, &message, short));
}
