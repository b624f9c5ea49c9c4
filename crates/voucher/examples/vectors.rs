//! Prints the test vectors for clients in other languages, always the same ones: `vectors.json` beside this folder is
//! what it prints, and a test compares them.
//!
//! usage: cargo run -p vilokanam-voucher --example vectors --features sign

use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use schnorrkel::{
    context::{attach_rng, signing_context},
    Keypair,
};
use serde::Serialize;
use vilokanam_voucher::{
    accept, sign, signed, Domain, Permit, Refusal, Terms, Voucher, MESSAGE_LEN, NO_KEY, PERMIT_TAG,
    PERMIT_VERSION, TAG, TOLERANCE_MS, VERSION,
};

/// 2^252 + 27742317777372353535851937790883648493, the group's order, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// The bit that marks a signature as sr25519, in its last byte.
const MARK: u8 = 0x80;

const VIEWER_SEED: [u8; 32] = [0x11; 32];
const SESSION_SEED: [u8; 32] = [0x22; 32];
const OTHER_SEED: [u8; 32] = [0x33; 32];

const START_MS: u64 = 1_700_000_000_000;
const RATE: u128 = 1_000_000_000_000;

fn main() {
    print!("{}", file());
}

/// The file, as it is committed.
pub fn file() -> String {
    let file = File {
        about: "Test vectors for vouchers and permits; docs/vouchers.md says what they mean. Made by examples/vectors.rs.",
        tag: TAG.escape_ascii().to_string(),
        version: VERSION,
        tolerance_ms: TOLERANCE_MS.to_string(),
        keys: [
            ("the viewer's account", VIEWER_SEED),
            ("the session key", SESSION_SEED),
            ("somebody else's", OTHER_SEED),
        ]
        .map(|(name, seed)| Key {
            name,
            seed: hex::encode(seed),
            public: hex::encode(public(&seed)),
        })
        .to_vec(),
        vectors: cases().iter().map(Case::vector).collect(),
        permit_tag: PERMIT_TAG.escape_ascii().to_string(),
        permit_version: PERMIT_VERSION,
        permits: permit_cases().iter().map(PermitCase::vector).collect(),
    };
    serde_json::to_string_pretty(&file).expect("no map has keys that are not strings") + "\n"
}

#[derive(Serialize)]
struct File {
    about: &'static str,
    tag: String,
    version: u8,
    tolerance_ms: String,
    keys: Vec<Key>,
    vectors: Vec<Vector>,
    permit_tag: String,
    permit_version: u8,
    permits: Vec<PermitVector>,
}

#[derive(Serialize, Clone)]
struct Key {
    name: &'static str,
    seed: String,
    public: String,
}

#[derive(Serialize)]
struct Vector {
    name: String,
    valid: bool,
    /// Why not: `Signature`, or a `Refusal` as Rust prints it.
    refusal: Option<String>,
    domain: DomainText,
    voucher: VoucherText,
    message: String,
    wrapped: String,
    public: String,
    signature: String,
    /// The bytes and the key of which it is the signature; null if it is of none.
    signed: Option<String>,
    signer: Option<String>,
    terms: TermsText,
    now_ms: String,
    adds: Option<Adds>,
}

#[derive(Serialize)]
struct DomainText {
    genesis_hash: String,
    contract: String,
}

#[derive(Serialize)]
struct VoucherText {
    viewer: String,
    number: String,
    stream: String,
    asset: String,
    ms: String,
    amount: String,
}

#[derive(Serialize)]
struct PermitVector {
    name: String,
    valid: bool,
    /// Why not: `Expired`, or `Signature`.
    refusal: Option<String>,
    domain: DomainText,
    permit: PermitText,
    message: String,
    wrapped: String,
    signature: String,
    /// The bytes and the key of which it is the signature; null if it is of none.
    signed: Option<String>,
    signer: Option<String>,
    now_ms: String,
}

#[derive(Serialize)]
struct PermitText {
    owner: String,
    spender: String,
    value: String,
    nonce: String,
    deadline_ms: String,
}

#[derive(Serialize)]
struct TermsText {
    ceiling: String,
    from_ms: String,
    until_ms: String,
    available: String,
    paid: String,
    paid_ms: String,
}

#[derive(Serialize)]
struct Adds {
    amount: String,
    ms: String,
}

/// One vector: what the one who redeems expects, and what was signed.
#[derive(Clone)]
struct Case {
    name: &'static str,
    domain: Domain,
    voucher: Voucher,
    terms: Terms,
    now_ms: u64,
    /// The key authorised.
    public: [u8; 32],
    signer: [u8; 32],
    signed: Vec<u8>,
    /// Done to the signature afterwards.
    damage: Option<fn(&mut Vec<u8>)>,
}

impl Case {
    fn message(&self) -> [u8; MESSAGE_LEN] {
        self.voucher.message(&self.domain)
    }

    fn vector(&self) -> Vector {
        let message = self.message();
        let mut signature = signature(&self.signer, &self.signed);
        if let Some(damage) = self.damage {
            damage(&mut signature);
        }
        let good = signed(&message, |bytes| {
            sign::verify(&self.public, bytes, &signature)
        });
        let outcome = accept(
            self.voucher.ms,
            self.voucher.amount,
            &self.terms,
            self.now_ms,
        );
        let refusal = match (good, outcome) {
            (false, _) => Some("Signature".to_string()),
            (true, Err(refusal)) => Some(name_of(refusal)),
            (true, Ok(_)) => None,
        };
        let whole = self.damage.is_none();
        Vector {
            name: self.name.to_string(),
            valid: refusal.is_none(),
            adds: outcome.ok().filter(|_| refusal.is_none()).map(|adds| Adds {
                amount: adds.amount.to_string(),
                ms: adds.ms.to_string(),
            }),
            refusal,
            domain: DomainText {
                genesis_hash: hex::encode(self.domain.genesis_hash),
                contract: hex::encode(self.domain.contract),
            },
            voucher: VoucherText {
                viewer: hex::encode(self.voucher.viewer),
                number: self.voucher.number.to_string(),
                stream: self.voucher.stream.to_string(),
                asset: self.voucher.asset.to_string(),
                ms: self.voucher.ms.to_string(),
                amount: self.voucher.amount.to_string(),
            },
            message: hex::encode(message),
            wrapped: hex::encode(Voucher::wrapped(&message)),
            public: hex::encode(self.public),
            signature: hex::encode(&signature),
            signed: whole.then(|| hex::encode(&self.signed)),
            signer: whole.then(|| hex::encode(public(&self.signer))),
            terms: TermsText {
                ceiling: self.terms.ceiling.to_string(),
                from_ms: self.terms.from_ms.to_string(),
                until_ms: self.terms.until_ms.to_string(),
                available: self.terms.available.to_string(),
                paid: self.terms.paid.to_string(),
                paid_ms: self.terms.paid_ms.to_string(),
            },
            now_ms: self.now_ms.to_string(),
        }
    }
}

fn name_of(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotNewer => "NotNewer",
        Refusal::TimeFallsBack => "TimeFallsBack",
        Refusal::AboveCeiling => "AboveCeiling",
        Refusal::AheadOfTime { .. } => "AheadOfTime",
        Refusal::AboveHold { .. } => "AboveHold",
    }
    .to_string()
}

fn pair(seed: &[u8; 32]) -> Keypair {
    sign::pair(seed).expect("a seed is 32 bytes")
}

fn public(seed: &[u8; 32]) -> [u8; 32] {
    pair(seed).public.to_bytes()
}

/// The same signature at every run, unlike `sign::sign`: never for keys that hold money.
fn signature(seed: &[u8; 32], bytes: &[u8]) -> Vec<u8> {
    let transcript = signing_context(b"substrate").bytes(bytes);
    pair(seed)
        .sign(attach_rng(transcript, ChaCha20Rng::from_seed([0; 32])))
        .to_bytes()
        .to_vec()
}

/// Bytes that differ, so that none can be mistaken for its neighbour.
fn count_from(first: u8) -> [u8; 32] {
    let mut next = first;
    [(); 32].map(|()| {
        next += 1;
        next - 1
    })
}

/// An ordinary voucher: a minute is paid, this is the second after it.
fn base(name: &'static str) -> Case {
    let domain = Domain {
        genesis_hash: count_from(0x00),
        contract: count_from(0x40),
    };
    let voucher = Voucher {
        viewer: public(&VIEWER_SEED),
        number: 0x0403_0201,
        stream: 0x1413_1211,
        asset: 0x2221,
        ms: 61_000,
        amount: 61 * RATE,
    };
    Case {
        name,
        domain,
        voucher,
        terms: Terms {
            ceiling: RATE,
            from_ms: START_MS,
            until_ms: u64::MAX,
            available: 3_600 * RATE,
            paid: 60 * RATE,
            paid_ms: 60_000,
        },
        now_ms: START_MS + 60_000,
        public: public(&SESSION_SEED),
        signer: SESSION_SEED,
        signed: voucher.message(&domain).to_vec(),
        damage: None,
    }
}

/// What is changed is expected and signed.
fn with(name: &'static str, change: impl FnOnce(&mut Case)) -> Case {
    let mut case = base(name);
    change(&mut case);
    case.signed = case.message().to_vec();
    case
}

fn in_wallet_form(mut case: Case) -> Case {
    case.signed = Voucher::wrapped(&case.message()).to_vec();
    case
}

/// The ordinary voucher is expected, the changed one was signed.
fn replayed(name: &'static str, change: impl FnOnce(&mut Case)) -> Case {
    Case {
        signed: with(name, change).signed,
        ..base(name)
    }
}

/// Other bytes around the message than one layer of the wallets'.
fn around(name: &'static str, open: &str, close: &str) -> Case {
    let mut case = base(name);
    case.signed = [open.as_bytes(), &case.signed, close.as_bytes()].concat();
    case
}

fn damaged(name: &'static str, damage: fn(&mut Vec<u8>)) -> Case {
    Case {
        damage: Some(damage),
        ..base(name)
    }
}

/// Adds the group's order to s: the same s in the group, another encoding.
fn add_order(signature: &mut [u8]) {
    let s = &mut signature[32..];
    s[31] &= !MARK;
    let mut carry = 0;
    for (byte, order) in s.iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    s[31] |= MARK;
}

/// One vector of permits: what the token expects (the nonce is the owner's next), and what was signed.
struct PermitCase {
    name: &'static str,
    domain: Domain,
    permit: Permit,
    now_ms: u64,
    signer: [u8; 32],
    signed: Vec<u8>,
    /// Done to the signature afterwards.
    damage: Option<fn(&mut Vec<u8>)>,
}

impl PermitCase {
    fn vector(&self) -> PermitVector {
        let message = self.permit.message(&self.domain);
        let mut signature = signature(&self.signer, &self.signed);
        if let Some(damage) = self.damage {
            damage(&mut signature);
        }
        let good = self.permit.is_signed(&self.domain, |bytes| {
            sign::verify(&self.permit.owner, bytes, &signature)
        });
        let refusal = match (self.permit.is_expired(self.now_ms), good) {
            (true, _) => Some("Expired"),
            (false, false) => Some("Signature"),
            (false, true) => None,
        };
        let whole = self.damage.is_none();
        PermitVector {
            name: self.name.to_string(),
            valid: refusal.is_none(),
            refusal: refusal.map(str::to_string),
            domain: DomainText {
                genesis_hash: hex::encode(self.domain.genesis_hash),
                contract: hex::encode(self.domain.contract),
            },
            permit: PermitText {
                owner: hex::encode(self.permit.owner),
                spender: hex::encode(self.permit.spender),
                value: self.permit.value.to_string(),
                nonce: self.permit.nonce.to_string(),
                deadline_ms: self.permit.deadline_ms.to_string(),
            },
            message: hex::encode(message),
            wrapped: hex::encode(Permit::wrapped(&message)),
            signature: hex::encode(&signature),
            signed: whole.then(|| hex::encode(&self.signed)),
            signer: whole.then(|| hex::encode(public(&self.signer))),
            now_ms: self.now_ms.to_string(),
        }
    }

    fn in_wallet_form(mut self) -> Self {
        self.signed = Permit::wrapped(&self.permit.message(&self.domain)).to_vec();
        self
    }
}

/// An ordinary permit, at its deadline.
fn permit(name: &'static str) -> PermitCase {
    let domain = Domain {
        genesis_hash: count_from(0x00),
        contract: count_from(0x60),
    };
    let permit = Permit {
        owner: public(&VIEWER_SEED),
        spender: count_from(0x80),
        value: 0x100f_0e0d_0c0b_0a09_0807_0605_0403_0201,
        nonce: 0x2827_2625_2423_2221,
        deadline_ms: START_MS,
    };
    PermitCase {
        name,
        domain,
        permit,
        now_ms: START_MS,
        signer: VIEWER_SEED,
        signed: permit.message(&domain).to_vec(),
        damage: None,
    }
}

/// What is changed is expected and signed.
fn permit_with(name: &'static str, change: impl FnOnce(&mut PermitCase)) -> PermitCase {
    let mut case = permit(name);
    change(&mut case);
    case.signed = case.permit.message(&case.domain).to_vec();
    case
}

/// The ordinary permit is expected, the changed one was signed.
fn permit_replayed(name: &'static str, change: impl FnOnce(&mut PermitCase)) -> PermitCase {
    PermitCase {
        signed: permit_with(name, change).signed,
        ..permit(name)
    }
}

fn permit_damaged(name: &'static str, damage: fn(&mut Vec<u8>)) -> PermitCase {
    PermitCase {
        damage: Some(damage),
        ..permit(name)
    }
}

fn permit_cases() -> Vec<PermitCase> {
    let outline = |case: &PermitCase, tag: &[u8], version: u8| {
        [tag, &[version], &case.signed[PERMIT_TAG.len() + 1..]].concat()
    };
    vec![
        permit("raw, at its deadline"),
        permit("wrapped, at its deadline").in_wallet_form(),
        permit_with("the first of its owner", |case| case.permit.nonce = 0),
        permit_with("of nothing, which takes an approval back", |case| {
            case.permit.value = 0;
        }),
        permit_with("numbers at their edge", |case| {
            case.permit.value = u128::MAX;
            case.permit.nonce = u64::MAX;
            case.permit.deadline_ms = u64::MAX;
            case.now_ms = u64::MAX;
        }),
        PermitCase {
            signer: OTHER_SEED,
            ..permit("wrong key")
        },
        permit_replayed("signed for another spender", |case| {
            case.permit.spender[31] ^= 1;
        }),
        permit_replayed("signed for another owner", |case| {
            case.permit.owner = public(&OTHER_SEED);
        }),
        permit_replayed("signed for another value", |case| case.permit.value -= 1),
        permit_replayed("used already: signed with the nonce before", |case| {
            case.permit.nonce -= 1;
        }),
        permit_replayed("too early: signed with the nonce after", |case| {
            case.permit.nonce += 1;
        }),
        permit_replayed("signed for another deadline", |case| {
            case.permit.deadline_ms += 1;
        }),
        permit_replayed("signed for another token", |case| {
            case.domain.contract[0] ^= 1;
        }),
        permit_replayed("signed for another chain", |case| {
            case.domain.genesis_hash[31] ^= 1;
        }),
        PermitCase {
            signed: outline(&permit(""), PERMIT_TAG, PERMIT_VERSION + 1),
            ..permit("signed in another version")
        },
        PermitCase {
            signed: outline(&permit(""), TAG, PERMIT_VERSION),
            ..permit("signed with the purpose of vouchers")
        },
        PermitCase {
            signed: base("").signed,
            ..permit("a voucher of the same key")
        },
        permit_damaged("truncated", |signature| signature.truncate(63)),
        permit_damaged("not marked as sr25519", |signature| signature[63] &= !MARK),
        permit_damaged("malleated: the group's order added to s", |signature| {
            add_order(signature)
        }),
        PermitCase {
            damage: Some(|signature| {
                signature.fill(0);
                signature[63] = MARK;
            }),
            ..permit_with("forged for the neutral element as owner", |case| {
                case.permit.owner = NO_KEY;
            })
        },
        permit_with("after its deadline", |case| case.now_ms += 1),
        PermitCase {
            signer: OTHER_SEED,
            ..permit_with("after its deadline, by the wrong key", |case| {
                case.now_ms += 1;
            })
        },
    ]
}

fn edge(case: &mut Case) {
    case.voucher.amount = u128::MAX;
    case.voucher.ms = 1_000;
    case.terms = Terms {
        ceiling: u128::MAX,
        from_ms: 0,
        until_ms: u64::MAX,
        available: u128::MAX,
        paid: u128::MAX - 1,
        paid_ms: 0,
    };
}

fn cases() -> Vec<Case> {
    vec![
        // Good ones.
        base("raw, by the session key"),
        in_wallet_form(base("wrapped, by the session key")),
        with("raw, by the viewer's account", |case| {
            case.public = public(&VIEWER_SEED);
            case.signer = VIEWER_SEED;
        }),
        in_wallet_form(with("wrapped, by the viewer's account", |case| {
            case.public = public(&VIEWER_SEED);
            case.signer = VIEWER_SEED;
        })),
        with("first of its session", |case| {
            case.voucher.ms = 1_000;
            case.voucher.amount = RATE;
            case.terms.paid = 0;
            case.terms.paid_ms = 0;
            case.now_ms = START_MS;
        }),
        with("more money for the same time", |case| {
            case.voucher.ms = 60_000;
            case.voucher.amount = 60 * RATE;
            case.terms.paid = 60 * RATE - 1;
        }),
        with("below the ceiling", |case| {
            case.voucher.amount = 60 * RATE + 1;
        }),
        with("at the ceiling of a fraction of a unit", |case| {
            case.terms.ceiling = 1;
            case.terms.paid = 60;
            case.voucher.ms = 61_999;
            case.voucher.amount = 61;
        }),
        with("as far ahead as is tolerated", |case| {
            case.voucher.ms = 72_000;
            case.voucher.amount = 72 * RATE;
        }),
        with("as far past the latest end as is tolerated", |case| {
            case.terms.until_ms = START_MS + 60_000;
            case.voucher.ms = 72_000;
            case.now_ms = START_MS + 3_600_000;
        }),
        with("all that the hold covers", |case| {
            case.terms.available = 61 * RATE;
        }),
        with("numbers of session, stream and asset zero", |case| {
            case.voucher.number = 0;
            case.voucher.stream = 0;
            case.voucher.asset = 0;
        }),
        with(
            "numbers of session, stream and asset at their edge",
            |case| {
                case.voucher.number = u32::MAX;
                case.voucher.stream = u32::MAX;
                case.voucher.asset = u16::MAX;
            },
        ),
        with("amount and ceiling at their edge", edge),
        with("time at its edge", |case| {
            case.voucher.ms = u64::MAX;
            case.terms.from_ms = 0;
            case.now_ms = u64::MAX - TOLERANCE_MS;
        }),
        // Signatures that do not count.
        Case {
            signer: OTHER_SEED,
            ..base("wrong key")
        },
        Case {
            signer: VIEWER_SEED,
            ..base("by the viewer's account, where a session key is authorised")
        },
        damaged("truncated", |signature| signature.truncate(63)),
        damaged("a byte too long", |signature| signature.push(0)),
        damaged("all zero", |signature| signature.fill(0)),
        damaged("all zero but for the mark", |signature| {
            signature.fill(0);
            signature[63] = MARK;
        }),
        damaged("bit flipped in R", |signature| signature[5] ^= 1),
        damaged("bit flipped in s", |signature| signature[37] ^= 1),
        damaged("not marked as sr25519", |signature| signature[63] &= !MARK),
        damaged("malleated: the group's order added to s", |signature| {
            add_order(signature)
        }),
        Case {
            public: NO_KEY,
            ..damaged("forged for the neutral element as key", |signature| {
                signature.fill(0);
                signature[63] = MARK;
            })
        },
        replayed("signed for another session", |case| {
            case.voucher.number += 1
        }),
        replayed("signed for another stream", |case| case.voucher.stream += 1),
        replayed("signed for another asset", |case| case.voucher.asset += 1),
        replayed("signed for another viewer", |case| {
            case.voucher.viewer = public(&OTHER_SEED);
        }),
        replayed("signed for another contract", |case| {
            case.domain.contract[31] ^= 1;
        }),
        replayed("signed for another chain", |case| {
            case.domain.genesis_hash[0] ^= 1;
        }),
        replayed("signed for another time", |case| case.voucher.ms -= 1),
        replayed("signed for another amount", |case| case.voucher.amount -= 1),
        Case {
            signed: {
                let mut message = base("").signed;
                message[TAG.len()] += 1;
                message
            },
            ..base("signed in another version")
        },
        around("wrapped twice", "<Bytes><Bytes>", "</Bytes></Bytes>"),
        around("wrapped in another case", "<bytes>", "</bytes>"),
        around("wrapped without end", "<Bytes>", ""),
        around("wrapped with a space", "<Bytes> ", "</Bytes>"),
        // Vouchers that are not acceptable.
        with("older", |case| {
            case.voucher.ms = 59_000;
            case.voucher.amount = 59 * RATE;
        }),
        with("equal", |case| {
            case.voucher.ms = 60_000;
            case.voucher.amount = 60 * RATE;
        }),
        with("longer, but for the same amount", |case| {
            case.voucher.amount = 60 * RATE;
        }),
        with("more money for less time", |case| {
            case.terms.ceiling = 2 * RATE;
            case.voucher.ms = 59_999;
        }),
        with("above the ceiling", |case| case.voucher.amount += 1),
        with("above the ceiling of a fraction of a unit", |case| {
            case.terms.ceiling = 1;
            case.terms.paid = 60;
            case.voucher.ms = 61_999;
            case.voucher.amount = 62;
        }),
        with("above the ceiling at the edge", |case| {
            edge(case);
            case.voucher.ms = 999;
        }),
        with("ahead of time", |case| case.voucher.ms = 72_001),
        with("ahead of the latest end", |case| {
            case.terms.until_ms = START_MS + 60_000;
            case.voucher.ms = 72_001;
            case.now_ms = START_MS + 3_600_000;
        }),
        with("above the hold", |case| {
            case.terms.available = 61 * RATE - 1;
        }),
        in_wallet_form(with("above the hold, wrapped", |case| {
            case.terms.available = 61 * RATE - 1;
        })),
    ]
}
