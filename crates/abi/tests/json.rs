//! Calls, replies and events as JSON.

mod common;

use common::{abi, document, documents};
use parity_scale_codec::Encode;
use proptest::prelude::*;
use scale_info::{form::PortableForm, Field, PortableRegistry, TypeDef, TypeDefPrimitive};
use serde_json::{json, Map, Value};
use std::sync::OnceLock;
use vilokanam_abi::{codec, Abi, Accounts, Message, Reply, Told};

const ALICE: [u8; 32] = [7; 32];

/// The ABI of every contract, read once.
fn abis() -> &'static [(String, Abi)] {
    static READ: OnceLock<Vec<(String, Abi)>> = OnceLock::new();
    READ.get_or_init(|| {
        let documents = documents().into_iter();
        documents
            .map(|(name, document)| (name, abi(&document)))
            .collect()
    })
}

fn hex(byte: u8, len: usize) -> String {
    format!("0x{}", format!("{byte:02x}").repeat(len))
}

#[test]
fn a_call_is_what_its_contract_decodes() {
    let meter = abi(&document("tick_stream"));
    let open = meter.message("open").expect("is there");
    let args = json!({ "request": {
        "stream": 3,
        "asset": 1,
        "hold": "340282366920938463463374607431768211455",
        "ceiling": 5,
        "until_ms": null,
        "referrer": hex(7, 32),
        "key": null,
        "discount": "Stake",
        "sponsor": null,
    }});
    let call = meter.encode(open, &args).expect("encodes");
    let expected = (
        3u32,
        1u16,
        u128::MAX,
        5u128,
        None::<u64>,
        Some(ALICE),
        None::<[u8; 32]>,
        2u8,
        None::<[u8; 32]>,
    );
    assert_eq!(call, [&open.selector[..], &expected.encode()].concat());
    let (message, told) = meter.decode(&call).expect("decodes");
    assert_eq!(message.label, "TickLifecycle::open");
    let mut canonical = args.clone();
    canonical["request"]["ceiling"] = json!("5");
    assert_eq!(told, canonical);
    // In order, without names; digits may be grouped.
    let request = &mut canonical["request"];
    request["hold"] = json!("340_282_366_920_938_463_463_374_607_431_768_211_455");
    assert_eq!(
        meter.encode(open, &json!([request])).expect("encodes"),
        call
    );
}

#[test]
fn accounts_are_addresses_or_hex() {
    let payments = abi(&document("payment_handler")).with_accounts(Accounts::Ss58(42));
    let pool = payments.message("PaymentHandler::pool").expect("is there");
    let address = vilokanam_abi::to_ss58(&ALICE, 42);
    let call = payments
        .encode(pool, &json!([hex(7, 32), 0]))
        .expect("encodes");
    assert_eq!(
        payments
            .encode(pool, &json!([address, 0]))
            .expect("encodes"),
        call
    );
    let (_, args) = payments.decode(&call).expect("decodes");
    assert_eq!(args, json!({ "viewer": address, "asset": 0 }));
}

#[test]
fn enums_options_and_bytes_have_their_forms() {
    let payments = abi(&document("payment_handler"));
    let announce = payments.message("announce").expect("is there");
    for (change, encoded) in [
        (json!({ "Code": hex(9, 32) }), (0u8, [9u8; 32]).encode()),
        (
            json!({ "SetAsset": { "asset": 2, "allowed": true } }),
            (3u8, 2u16, true).encode(),
        ),
    ] {
        let call = payments
            .encode(announce, &json!([change]))
            .expect("encodes");
        assert_eq!(call[4..], encoded);
        let (_, args) = payments.decode(&call).expect("decodes");
        assert_eq!(args, json!({ "change": change }));
    }
    let registry = abi(&document("stream_registry"));
    let register = registry.message("register").expect("is there");
    let told = registry.encode(register, &json!(["cid", "Premium", 7, 10_000, []]));
    assert!(told.is_ok(), "{told:?}");
}

#[test]
fn wrong_arguments_are_named_with_what_is_expected() {
    let payments = abi(&document("payment_handler"));
    let meter = abi(&document("tick_stream"));
    let said = |abi: &Abi, name: &str, args: Value| {
        let message = abi.message(name).expect("is there");
        let error = abi.encode(message, &args).expect_err("is wrong");
        format!("{error:#}")
    };
    let pool = |args| said(&payments, "pool", args);
    let takes = "`PaymentHandler::pool` takes 2 (viewer, asset)";
    assert_eq!(pool(json!([1])), format!("{takes}, and 1 are given"));
    assert_eq!(
        pool(json!("x")),
        format!("{takes}: as an array, or as an object by name")
    );
    assert_eq!(
        pool(json!({ "viewer": "x" })),
        format!("argument `asset` is missing; {takes}")
    );
    assert_eq!(
        pool(json!({ "viewer": "x", "asset": 1, "more": 2 })),
        format!("`PaymentHandler::pool` has no argument `more`; {takes}")
    );
    assert_eq!(
        pool(json!([hex(7, 32), 65_536])),
        "argument `asset` (u16): expected u16, a whole number from 0 to 65535, and found 65536"
    );
    assert_eq!(
        pool(json!([hex(7, 31), 1])),
        "argument `viewer` (AccountId): expected 32 bytes, and found 31"
    );
    assert_eq!(
        pool(json!([true, 1])),
        "argument `viewer` (AccountId): expected AccountId, an address or 0x hex, and found true"
    );
    assert_eq!(
        said(&meter, "close", json!([-1])),
        "argument `number` (u32): expected u32, a whole number from 0 to 4294967295, and found -1"
    );
    assert_eq!(
        said(&meter, "settle", json!([{ "viewer": hex(7, 32), "number": 1.5 }])),
        "argument `id` (SessionId): field `number`: expected u32, a whole number from 0 to 4294967295, and found 1.5"
    );
    assert_eq!(
        said(&meter, "settle", json!([{ "viewer": hex(7, 32) }])),
        "argument `id` (SessionId): field `number` (u32) is missing"
    );
    let change = said(&payments, "announce", json!([{ "Cod": 1 }]));
    let expected = "argument `change` (Change): expected Change, one of Code, Wiring, ListToken, ";
    assert!(change.starts_with(expected), "{change}");

    let error = payments.message("nothing").expect_err("is none");
    assert!(format!("{error:#}").contains("`nothing` is none of them: PaymentHandler::pool, "));
}

#[test]
fn replies_are_values_refusals_or_not_dispatched() {
    let meter = abi(&document("tick_stream"));
    let reply = |name: &str, output: Vec<u8>| {
        let message = meter.message(name).expect("is there");
        meter.reply(message, &output)
    };
    let ok = |value: Vec<u8>| [vec![0], value].concat();
    assert_eq!(
        reply("exit_delay", ok(5u64.encode())).expect("decodes"),
        Reply::Value(json!(5))
    );
    assert_eq!(
        reply("settle", ok(ok(5u128.encode()))).expect("decodes"),
        Reply::Value(json!("5"))
    );
    assert_eq!(
        reply("begin_exit", ok(ok(Vec::new()))).expect("decodes"),
        Reply::Value(Value::Null)
    );
    assert_eq!(
        reply("open_session", ok(vec![0])).expect("decodes"),
        Reply::Value(Value::Null)
    );
    let error = announced_not_due(&meter);
    assert_eq!(error, json!({ "ChangeNotDue": { "due_ms": 9 } }));
    // `LangError` counts from 1.
    assert_eq!(
        reply("settle", vec![1, 1]).expect("decodes"),
        Reply::NotDispatched(json!("CouldNotReadInput"))
    );
    for wrong in [
        vec![],
        vec![0],
        vec![2],
        ok(ok(vec![0; 15])),
        ok(ok(vec![0; 17])),
    ] {
        assert!(reply("settle", wrong).is_err());
    }
}

fn announced_not_due(meter: &Abi) -> Value {
    let apply = meter.message("apply").expect("is there");
    let not_due = 7u8;
    match meter.reply(apply, &(0u8, 1u8, not_due, 9u64).encode()) {
        Ok(Reply::Refused(error)) => error,
        other => panic!("must be refused: {other:?}"),
    }
}

#[test]
fn events_are_told_by_their_signature() {
    let payments = abi(&document("payment_handler"));
    let deposited = payments
        .events
        .iter()
        .find(|event| event.label == "PausedUntil");
    let signature = deposited
        .and_then(|event| event.signature_topic)
        .expect("has one");
    let told = payments
        .event(&[signature], &9u64.encode())
        .expect("decodes");
    let expected = Told {
        name: "PausedUntil".to_owned(),
        fields: json!({ "until_ms": 9 }),
    };
    assert_eq!(told, Some(expected));
    assert_eq!(payments.event(&[[1; 32]], &[]).expect("is unknown"), None);
    assert_eq!(payments.event(&[], &[]).expect("is anonymous"), None);
    assert!(payments.event(&[signature], &[0; 7]).is_err());
    assert!(payments.event(&[signature], &[0; 9]).is_err());
}

/// A random value of a type, as this crate writes it.
fn random(types: &PortableRegistry, id: u32, draw: &mut dyn FnMut() -> u64) -> Value {
    let ty = types.resolve(id).expect("is known");
    let last = ty.path.segments.last().map_or("", String::as_str);
    let bytes = |draw: &mut dyn FnMut() -> u64, len: u64| {
        let bytes: Vec<u8> = (0..len).map(|_| draw().to_le_bytes()[0]).collect();
        json!(codec::to_hex(&bytes))
    };
    if last == "AccountId" {
        return bytes(draw, 32);
    }
    let is_u8 = |id: u32| {
        let u8 = TypeDef::Primitive(TypeDefPrimitive::U8);
        types.resolve(id).is_some_and(|ty| ty.type_def == u8)
    };
    let unnamed = |ids: Vec<u32>, draw: &mut dyn FnMut() -> u64| match ids.as_slice() {
        [] => Value::Null,
        [id] => random(types, *id, draw),
        ids => ids.iter().map(|id| random(types, *id, draw)).collect(),
    };
    let fields = |fields: &[Field<PortableForm>], draw: &mut dyn FnMut() -> u64| {
        if fields.iter().all(|field| field.name.is_none()) {
            return unnamed(fields.iter().map(|field| field.ty.id).collect(), draw);
        }
        let named = fields.iter().map(
            |field: &scale_info::Field<scale_info::form::PortableForm>| {
                (
                    field.name.clone().expect("has a name"),
                    random(types, field.ty.id, draw),
                )
            },
        );
        Value::Object(named.collect::<Map<_, _>>())
    };
    match &ty.type_def {
        TypeDef::Variant(of) if last == "Option" => match draw() % 3 {
            0 => Value::Null,
            _ => random(types, of.variants[1].fields[0].ty.id, draw),
        },
        TypeDef::Variant(of) => {
            let variant = &of.variants[usize::try_from(draw()).expect("fits") % of.variants.len()];
            match variant.fields.is_empty() {
                true => json!(variant.name),
                false => json!({ &variant.name: fields(&variant.fields, draw) }),
            }
        }
        TypeDef::Composite(of) => fields(&of.fields, draw),
        TypeDef::Tuple(of) => unnamed(of.fields.iter().map(|field| field.id).collect(), draw),
        TypeDef::Array(of) if is_u8(of.type_param.id) => bytes(draw, of.len.into()),
        TypeDef::Array(of) => (0..of.len)
            .map(|_| random(types, of.type_param.id, draw))
            .collect(),
        TypeDef::Sequence(of) => {
            let len = draw() % 70;
            match is_u8(of.type_param.id) {
                true => bytes(draw, len),
                false => (0..len % 5)
                    .map(|_| random(types, of.type_param.id, draw))
                    .collect(),
            }
        }
        TypeDef::Primitive(primitive) => match primitive {
            TypeDefPrimitive::Bool => json!(draw() < u64::MAX / 2),
            TypeDefPrimitive::Str => json!(format!("é{}", draw())),
            TypeDefPrimitive::U8 => json!(draw() >> 56),
            TypeDefPrimitive::U16 => json!(draw() >> 48),
            TypeDefPrimitive::U32 => json!(draw() >> 32),
            TypeDefPrimitive::U64 => json!(draw()),
            TypeDefPrimitive::U128 => {
                json!(((u128::from(draw()) << 64) | u128::from(draw())).to_string())
            }
            other => panic!("no message takes {other:?}"),
        },
        other => panic!("no message takes {other:?}"),
    }
}

proptest! {
    /// For every message and constructor of the suite, with any arguments: what is encoded is decoded to the same, and
    /// what is cut off or too long is not decoded.
    #[test]
    fn encoded_arguments_are_decoded_to_the_same(mut seed in any::<u64>()) {
        let mut messages = 0;
        for (name, abi) in abis() {
            // splitmix64, by Sebastiano Vigna
            let mut draw = || {
                seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = seed;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            };
            for message in abi.messages.iter().chain(&abi.constructors) {
                let args = message.args.iter().map(|arg| {
                    (arg.label.clone(), random(&abi.types, arg.ty.id, &mut draw))
                });
                let args = Value::Object(args.collect());
                let mut call = abi.encode(message, &args).expect("encodes");
                let (found, decoded): (&Message, Value) = abi.decode(&call).expect("decodes");
                prop_assert_eq!(&found.label, &message.label);
                prop_assert_eq!(&decoded, &args, "{} {}", name, message.label);
                prop_assert_eq!(&abi.encode(message, &decoded).expect("encodes"), &call);
                call.push(0);
                prop_assert!(abi.decode(&call).is_err());
                call.truncate(call.len() - 2);
                prop_assert!(abi.decode(&call).is_err());
                messages += 1;
            }
        }
        prop_assert!(messages > 150);
    }

    /// Bytes from anywhere are decoded or refused; nothing panics, and nothing grows beyond its input.
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, abi) in abis() {
            for message in &abi.messages {
                let _ = abi.reply(message, &bytes);
                let _ = abi.decode(&[&message.selector[..], &bytes].concat());
            }
        }
    }
}
