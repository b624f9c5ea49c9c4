//! JSON and SCALE, type by type, also of types that no contract of the suite has.

mod common;

use common::{abi, document};
use parity_scale_codec::{Compact, Encode};
use scale_info::{meta_type, MetaType, PortableRegistry, Registry, TypeInfo};
use serde_json::{json, Value};
use vilokanam_abi::{codec, type_name, Abi, Accounts, Reply};

fn registered(ty: MetaType) -> (PortableRegistry, u32) {
    let mut types = Registry::new();
    let id = types.register_type(&ty).id;
    (types.into(), id)
}

fn encoded<T: TypeInfo + 'static>(value: &Value) -> Result<Vec<u8>, String> {
    let (types, id) = registered(meta_type::<T>());
    let mut bytes = Vec::new();
    match codec::encode(&types, id, value, &mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(format!("{error:#}")),
    }
}

fn decoded<T: TypeInfo + 'static>(mut bytes: &[u8]) -> Result<Value, String> {
    let (types, id) = registered(meta_type::<T>());
    let value = codec::decode(&types, id, &mut bytes, Accounts::Hex);
    let value = value.map_err(|error| format!("{error:#}"))?;
    assert!(bytes.is_empty(), "{bytes:?} are left");
    Ok(value)
}

/// Fails unless a value of Rust's is this JSON, both ways.
fn is<T: TypeInfo + Encode + 'static>(value: T, told: Value) {
    let bytes = value.encode();
    assert_eq!(encoded::<T>(&told), Ok(bytes.clone()), "{told}");
    assert_eq!(decoded::<T>(&bytes), Ok(told));
    // Cut short it is none.
    if let Some((_, cut)) = bytes.split_last() {
        assert!(decoded::<T>(cut).is_err(), "{cut:?}");
    }
}

/// Fails unless this JSON is refused for a reason with these words.
fn refuses<T: TypeInfo + 'static>(told: Value, words: &str) {
    let why = encoded::<T>(&told).expect_err("is refused");
    assert!(why.contains(words), "{told}: {why}");
}

#[test]
fn whole_numbers() {
    is(u8::MAX, json!(255));
    is(u16::MAX, json!(65_535));
    is(u32::MAX, json!(u32::MAX));
    is(u64::MAX, json!(u64::MAX));
    is(u128::MAX, json!(u128::MAX.to_string()));
    is(i8::MIN, json!(-128));
    is(i16::MIN, json!(i16::MIN));
    is(i32::MIN, json!(i32::MIN));
    is(i64::MIN, json!(i64::MIN));
    is(i128::MIN, json!(i128::MIN.to_string()));
    is(Compact(u32::MAX), json!(u32::MAX));
    is(Compact(7u128), json!("7"));
    // Texts of digits are numbers, and nothing else is.
    assert_eq!(encoded::<i8>(&json!("-5")), Ok((-5i8).encode()));
    assert_eq!(encoded::<u16>(&json!("1_000")), Ok(1_000u16.encode()));
    for wrong in [json!("+5"), json!(" 5"), json!(""), json!(1.5), json!([5])] {
        refuses::<u8>(wrong, "a whole number from 0 to 255");
    }
    refuses::<u8>(json!(256), "found 256");
    refuses::<i8>(json!(-129), "from -128 to 127");
}

#[test]
fn numbers_of_256_bits_are_their_bytes() {
    let types = json!({ "types": [{ "id": 0, "type": { "def": { "primitive": "u256" } } }] });
    let types: PortableRegistry = serde_json::from_value(types).expect("is a registry");
    let told = json!(codec::to_hex(&[7; 32]));
    let mut bytes = Vec::new();
    codec::encode(&types, 0, &told, &mut bytes).expect("encodes");
    assert_eq!(bytes, [7; 32]);
    let value = codec::decode(&types, 0, &mut bytes.as_slice(), Accounts::Hex);
    assert_eq!(value.expect("decodes"), told);
    for wrong in [json!("0x07"), json!(7)] {
        assert!(codec::encode(&types, 0, &wrong, &mut Vec::new()).is_err());
    }
}

#[test]
fn texts_characters_and_truth() {
    is("é".to_owned(), json!("é"));
    is(true, json!(true));
    let (letter, two) = (json!("é"), json!("ab"));
    assert_eq!(encoded::<char>(&letter), Ok(u32::from('é').encode()));
    assert_eq!(decoded::<char>(&u32::from('é').encode()), Ok(letter));
    for wrong in [two, json!(""), json!(7)] {
        refuses::<char>(wrong, "a text of one character");
    }
    assert!(decoded::<char>(&0xd800u32.encode()).is_err());
    refuses::<bool>(json!("true"), "true or false");
    refuses::<String>(json!(1), "a text");
}

#[test]
fn options_of_options_say_which() {
    is(None::<u8>, Value::Null);
    is(Some(5u8), json!(5));
    is(None::<Option<u8>>, Value::Null);
    is(Some(None::<u8>), json!({ "Some": null }));
    is(Some(Some(5u8)), json!({ "Some": 5 }));
    for wrong in [json!(5), json!({ "None": 5 })] {
        refuses::<Option<Option<u8>>>(wrong, "null or {\"Some\": …}");
    }
    assert!(decoded::<Option<u8>>(&[2, 5]).is_err());
}

#[test]
fn lists_and_bytes() {
    is(vec![1u16, 2], json!([1, 2]));
    is([1u16, 2], json!([1, 2]));
    is(vec![1u8, 2], json!("0x0102"));
    is([1u8, 2], json!("0x0102"));
    assert_eq!(encoded::<Vec<u8>>(&json!([1, 2])), Ok(vec![2 << 2, 1, 2]));
    assert_eq!(encoded::<[u8; 2]>(&json!([1, 2])), Ok(vec![1, 2]));
    refuses::<Vec<u8>>(json!(1), "Vec<u8>, 0x hex,");
    refuses::<Vec<u16>>(json!(1), "Vec<u16>, an array,");
    refuses::<[u8; 2]>(json!(1), "[u8; 2], 0x hex,");
    refuses::<[u16; 2]>(json!(1), "[u16; 2], an array,");
    refuses::<[u8; 2]>(json!("0x01"), "expected 2 bytes, and found 1");
    refuses::<[u16; 2]>(json!([1]), "expected 2 items, and found 1");
    refuses::<Vec<u16>>(json!([1, "x"]), "item 1");
    // What has no bytes cannot be counted by them.
    assert!(decoded::<Vec<()>>(&[2 << 2]).is_err());
}

#[test]
fn tuples_are_arrays_unless_they_have_one_part() {
    is((1u8, 2u16), json!([1, 2]));
    is((7u8,), json!(7));
    is((), Value::Null);
    assert_eq!(encoded::<()>(&json!([])), Ok(vec![]));
    for wrong in [json!([1]), json!({}), json!(0)] {
        refuses::<()>(wrong, "0 in an array");
    }
    for wrong in [json!([1]), json!([1, 2, 3]), json!(1), Value::Null] {
        refuses::<(u8, u16)>(wrong, "2 in an array");
    }
}

#[test]
fn an_enum_is_one_variant() {
    is(Ok::<u8, bool>(1), json!({ "Ok": 1 }));
    is(Err::<u8, bool>(true), json!({ "Err": true }));
    type Either = Result<u8, bool>;
    for wrong in [
        json!({ "Ok": 1, "Err": true }),
        json!({}),
        json!("No"),
        json!({ "No": 1 }),
        json!(1),
    ] {
        refuses::<Either>(wrong, "one of Ok, Err");
    }
    refuses::<Either>(json!({ "Ok": "x" }), "`Ok`");
    let unknown = decoded::<Either>(&[2, 1]).expect_err("is none");
    assert!(unknown.contains("has no variant 2"), "{unknown}");
}

#[test]
fn types_are_named_as_rust_does() {
    let name = |ty| {
        let (types, id) = registered(ty);
        type_name(&types, id)
    };
    for (ty, expected) in [
        (
            meta_type::<Vec<(u8, Option<String>)>>(),
            "Vec<(u8, Option<String>)>",
        ),
        (meta_type::<[i128; 3]>(), "[i128; 3]"),
        (meta_type::<Compact<u64>>(), "Compact<u64>"),
        (meta_type::<Result<bool, char>>(), "Result<bool, char>"),
        (meta_type::<(u16, u32, u128)>(), "(u16, u32, u128)"),
        (meta_type::<(i8, i16, i32, i64)>(), "(i8, i16, i32, i64)"),
    ] {
        assert_eq!(name(ty), expected);
    }
    let (types, _) = registered(meta_type::<u8>());
    assert_eq!(type_name(&types, 9), "type 9");
}

#[test]
fn metadata_that_names_a_type_it_lacks_is_refused() {
    let mut document = document("vlk_token");
    document["spec"]["messages"][0]["returnType"]["type"] = json!(9_999);
    let refused = Abi::parse(&document.to_string()).expect_err("is refused");
    assert_eq!(refused.to_string(), "type 9999 is missing");
}

#[test]
fn nothing_stands_for_no_arguments_alone() {
    let payments = abi(&document("payment_handler"));
    let fees = payments.message("fees").expect("is there");
    assert_eq!(
        payments.encode(fees, &Value::Null).expect("takes none"),
        fees.selector
    );
    let refused = payments.encode(fees, &json!([1])).expect_err("takes none");
    assert!(refused
        .to_string()
        .contains("takes no arguments, and 1 are given"));
    let pool = payments.message("pool").expect("is there");
    assert!(payments.encode(pool, &Value::Null).is_err());
}

#[test]
fn what_only_looks_like_an_option_is_an_enum() {
    // Of the same making, under a name of its own.
    let types = json!({ "types": [
        { "id": 0, "type": { "def": { "primitive": "u8" } } },
        { "id": 1, "type": { "path": ["Maybe"], "def": { "variant": { "variants": [
            { "index": 0, "name": "None" },
            { "index": 1, "name": "Some", "fields": [{ "type": 0 }] },
        ] } } } },
    ] });
    let types: PortableRegistry = serde_json::from_value(types).expect("is a registry");
    let mut bytes = &[1, 5][..];
    let value = codec::decode(&types, 1, &mut bytes, Accounts::Hex).expect("decodes");
    assert_eq!(value, json!({ "Some": 5 }));
    assert!(codec::encode(&types, 1, &json!(5), &mut Vec::new()).is_err());
}

#[test]
fn a_value_with_fields_is_no_result() {
    let registry = abi(&document("stream_registry"));
    let limits = registry
        .message("StreamRegistry::limits")
        .expect("is there");
    // Of numbers only, so as many bytes as are whole.
    let output = [&[0][..], &[7; 64]].concat();
    let replies = (1..=output.len()).map(|len| registry.reply(limits, &output[..len]));
    let Some(Reply::Value(Value::Object(fields))) = replies.flatten().next() else {
        panic!("the limits are an object");
    };
    assert!(!fields.is_empty());
}
