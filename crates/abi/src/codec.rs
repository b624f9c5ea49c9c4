//! Values between JSON and SCALE, by the types of a contract's metadata.
//!
//! | type | JSON out | also read |
//! |---|---|---|
//! | whole numbers up to 64 bits | number | text of digits, `_` between them |
//! | `u128`, `i128` | text of digits | number |
//! | account | SS58 address or `0x` hex, as [`Accounts`] says | either |
//! | bytes (`Vec<u8>`, `[u8; N]`, `Hash`) | `0x` hex | array of numbers |
//! | `Option` | `null` or the value; `{"Some": …}` where the value is an `Option` again | |
//! | enum | `"Variant"`, or `{"Variant": …}` | |
//! | fields with names | object, all of them | |
//! | fields without | the only one, or an array | |

use crate::{
    ss58::{from_ss58, to_ss58},
    type_name,
    types::{is_account, is_prelude, payload},
};
use anyhow::{anyhow, bail, ensure, Context, Result};
use parity_scale_codec::{Compact, Decode, Encode};
use scale_info::{
    form::PortableForm, Field, PortableRegistry, Type, TypeDef, TypeDefPrimitive, Variant,
};
use serde_json::{json, Map, Value};

/// How accounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// `0x` and 64 digits.
    Hex,
    /// An address of the chain with this prefix.
    Ss58(u16),
}

/// Bytes as `0x` and two digits each.
pub fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("0x{}", digits.collect::<String>())
}

/// Bytes from `0x` and two digits each.
pub fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix("0x").map(str::as_bytes);
    let digits = digits.ok_or_else(|| anyhow!("`{text}` is not hex: it does not begin with 0x"))?;
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(value(high)? * 16 + value(low)?).ok(),
        _ => None,
    };
    let bytes = digits.chunks(2).map(pair).collect::<Option<_>>();
    bytes.ok_or_else(|| anyhow!("`{text}` is not hex: two digits for each byte"))
}

/// Encodes `value` as the type with this number.
pub fn encode(types: &PortableRegistry, id: u32, value: &Value, out: &mut Vec<u8>) -> Result<()> {
    Writer { types }.value(id, value, out)
}

/// Decodes the type with this number from the beginning of `bytes`, which then begins after it.
pub fn decode(
    types: &PortableRegistry,
    id: u32,
    bytes: &mut &[u8],
    accounts: Accounts,
) -> Result<Value> {
    Reader { types, accounts }.value(id, bytes)
}

fn resolve(types: &PortableRegistry, id: u32) -> Result<&Type<PortableForm>> {
    types
        .resolve(id)
        .ok_or_else(|| anyhow!("type {id} is missing"))
}

fn is_u8(types: &PortableRegistry, id: u32) -> bool {
    let ty = types.resolve(id).map(|ty| &ty.type_def);
    matches!(ty, Some(TypeDef::Primitive(TypeDefPrimitive::U8)))
}

/// The type inside an `Option`, and whether it is an `Option` again.
fn optional(types: &PortableRegistry, ty: &Type<PortableForm>) -> Option<(u32, bool)> {
    let inner = is_prelude(ty, "Option")
        .then(|| payload(ty, "Some"))
        .flatten()?;
    let nested = types
        .resolve(inner)
        .is_some_and(|ty| is_prelude(ty, "Option"));
    Some((inner, nested))
}

/// What a value is, in an error; long ones are cut.
fn shown(value: &Value) -> String {
    const MOST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

struct Writer<'a> {
    types: &'a PortableRegistry,
}

impl Writer<'_> {
    fn value(&self, id: u32, value: &Value, out: &mut Vec<u8>) -> Result<()> {
        let ty = resolve(self.types, id)?;
        let expected = |what: &str| {
            let name = type_name(self.types, id);
            anyhow!("expected {name}, {what}, and found {}", shown(value))
        };
        if is_account(ty) {
            let text = value
                .as_str()
                .ok_or_else(|| expected("an address or 0x hex"))?;
            let account = match text.starts_with("0x") {
                true => from_hex(text)?,
                false => from_ss58(text)?.to_vec(),
            };
            ensure!(
                account.len() == 32,
                "expected 32 bytes, and found {}",
                account.len()
            );
            out.extend(account);
            return Ok(());
        }
        if let Some((inner, nested)) = optional(self.types, ty) {
            let value = match value {
                Value::Null => {
                    out.push(0);
                    return Ok(());
                }
                Value::Object(object) if nested => object
                    .get("Some")
                    .ok_or_else(|| expected("null or {\"Some\": …}"))?,
                _ if nested => return Err(expected("null or {\"Some\": …}")),
                value => value,
            };
            out.push(1);
            return self.value(inner, value, out);
        }
        match &ty.type_def {
            TypeDef::Primitive(primitive) => {
                write_primitive(primitive, value, out).map_err(|what| expected(&what))
            }
            TypeDef::Sequence(of) => {
                let of = of.type_param.id;
                if let (true, Some(text)) = (is_u8(self.types, of), value.as_str()) {
                    from_hex(text)?.encode_to(out);
                    return Ok(());
                }
                let items = value.as_array().ok_or_else(|| expected(self.list(of)))?;
                Compact(u32::try_from(items.len())?).encode_to(out);
                self.items(of, items, out)
            }
            TypeDef::Array(of) => {
                let (len, of) = (usize::try_from(of.len)?, of.type_param.id);
                if let (true, Some(text)) = (is_u8(self.types, of), value.as_str()) {
                    let bytes = from_hex(text)?;
                    let found = bytes.len();
                    ensure!(found == len, "expected {len} bytes, and found {found}");
                    out.extend(bytes);
                    return Ok(());
                }
                let items = value.as_array().ok_or_else(|| expected(self.list(of)))?;
                let found = items.len();
                ensure!(found == len, "expected {len} items, and found {found}");
                self.items(of, items, out)
            }
            TypeDef::Tuple(of) => {
                let ids: Vec<u32> = of.fields.iter().map(|field| field.id).collect();
                self.unnamed(&ids, value, out).map_err(|e| match e {
                    Some(e) => e,
                    None => expected(&format!("{} in an array", ids.len())),
                })
            }
            TypeDef::Composite(of) => self.fields(id, &of.fields, value, out),
            TypeDef::Variant(of) => {
                let names = || {
                    let names: Vec<_> = of.variants.iter().map(|v| v.name.as_str()).collect();
                    format!("one of {}", names.join(", "))
                };
                let nothing = Value::Null;
                let (name, inner) = match value {
                    Value::String(name) => (name, &nothing),
                    Value::Object(object) if object.len() == 1 => {
                        object.iter().next().ok_or_else(|| expected(&names()))?
                    }
                    _ => return Err(expected(&names())),
                };
                let variant = of.variants.iter().find(|variant| variant.name == *name);
                let variant = variant.ok_or_else(|| expected(&names()))?;
                out.push(variant.index);
                self.fields(id, &variant.fields, inner, out)
                    .with_context(|| format!("`{name}`"))
            }
            TypeDef::Compact(of) => {
                let mut wide = Vec::new();
                self.value(of.type_param.id, value, &mut wide)?;
                wide.resize(16, 0);
                Compact(u128::decode(&mut &wide[..])?).encode_to(out);
                Ok(())
            }
            TypeDef::BitSequence(_) => bail!("bits cannot be given in JSON"),
        }
    }

    /// What a list of this type is called.
    fn list(&self, of: u32) -> &'static str {
        match is_u8(self.types, of) {
            true => "0x hex",
            false => "an array",
        }
    }

    fn items(&self, of: u32, items: &[Value], out: &mut Vec<u8>) -> Result<()> {
        for (position, item) in items.iter().enumerate() {
            let at = || format!("item {position}");
            self.value(of, item, out).with_context(at)?;
        }
        Ok(())
    }

    /// Fields without names. `Err(None)` if the value is not of their form.
    fn unnamed(
        &self,
        ids: &[u32],
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<(), Option<anyhow::Error>> {
        match (ids, value) {
            ([], Value::Null) => Ok(()),
            ([id], value) => self.value(*id, value, out).map_err(Some),
            (ids, Value::Array(items)) if items.len() == ids.len() => {
                for (position, (id, item)) in ids.iter().zip(items).enumerate() {
                    let at = || format!("item {position}");
                    self.value(*id, item, out).with_context(at).map_err(Some)?;
                }
                Ok(())
            }
            _ => Err(None),
        }
    }

    fn fields(
        &self,
        id: u32,
        fields: &[Field<PortableForm>],
        value: &Value,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let names: Vec<_> = fields
            .iter()
            .filter_map(|field| field.name.as_deref())
            .collect();
        let expected = |what: String| {
            let name = type_name(self.types, id);
            anyhow!("expected {name}, {what}, and found {}", shown(value))
        };
        if names.is_empty() {
            let ids: Vec<u32> = fields.iter().map(|field| field.ty.id).collect();
            return self
                .unnamed(&ids, value, out)
                .map_err(|e| match (e, ids.len()) {
                    (Some(e), _) => e,
                    (None, 0) => expected("which has no fields".to_owned()),
                    (None, len) => expected(format!("{len} fields in an array")),
                });
        }
        let all = || format!("an object with {}", names.join(", "));
        let object = value.as_object().ok_or_else(|| expected(all()))?;
        if let Some(unknown) = object.keys().find(|name| !names.contains(&name.as_str())) {
            bail!(
                "`{unknown}` is no field of {}: it has {}",
                type_name(self.types, id),
                names.join(", ")
            );
        }
        for field in fields {
            let name = field.name.as_deref().unwrap_or_default();
            let missing = || {
                let ty = type_name(self.types, field.ty.id);
                anyhow!("field `{name}` ({ty}) is missing")
            };
            let value = object.get(name).ok_or_else(missing)?;
            let at = || format!("field `{name}`");
            self.value(field.ty.id, value, out).with_context(at)?;
        }
        Ok(())
    }
}

/// A whole number, from a JSON number or a text of digits.
fn whole<T: TryFrom<u64> + TryFrom<i64> + std::str::FromStr>(value: &Value) -> Option<T> {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => T::try_from(number).ok(),
            (None, Some(number)) => T::try_from(number).ok(),
            (None, None) => None,
        },
        Value::String(text) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            text.replace('_', "").parse().ok()
        }
        _ => None,
    }
}

fn write_primitive(
    primitive: &TypeDefPrimitive,
    value: &Value,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    macro_rules! number {
        ($ty:ty) => {
            whole::<$ty>(value)
                .ok_or_else(|| format!("a whole number from {} to {}", <$ty>::MIN, <$ty>::MAX))?
                .encode_to(out)
        };
    }
    match primitive {
        TypeDefPrimitive::Bool => value.as_bool().ok_or("true or false")?.encode_to(out),
        TypeDefPrimitive::Str => value.as_str().ok_or("a text")?.encode_to(out),
        TypeDefPrimitive::Char => {
            let mut chars = value.as_str().unwrap_or_default().chars();
            match (chars.next(), chars.next()) {
                (Some(only), None) => u32::from(only).encode_to(out),
                _ => return Err("a text of one character".to_owned()),
            }
        }
        TypeDefPrimitive::U8 => number!(u8),
        TypeDefPrimitive::U16 => number!(u16),
        TypeDefPrimitive::U32 => number!(u32),
        TypeDefPrimitive::U64 => number!(u64),
        TypeDefPrimitive::U128 => number!(u128),
        TypeDefPrimitive::I8 => number!(i8),
        TypeDefPrimitive::I16 => number!(i16),
        TypeDefPrimitive::I32 => number!(i32),
        TypeDefPrimitive::I64 => number!(i64),
        TypeDefPrimitive::I128 => number!(i128),
        TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => {
            let bytes = value.as_str().and_then(|text| from_hex(text).ok());
            let bytes = bytes.filter(|bytes| bytes.len() == 32);
            out.extend(bytes.ok_or("0x hex of 32 bytes, the lowest first")?);
        }
    }
    Ok(())
}

struct Reader<'a> {
    types: &'a PortableRegistry,
    accounts: Accounts,
}

impl Reader<'_> {
    fn value(&self, id: u32, bytes: &mut &[u8]) -> Result<Value> {
        let ty = resolve(self.types, id)?;
        let cut = || anyhow!("the bytes of a {} are not whole", type_name(self.types, id));
        if is_account(ty) {
            let account = <[u8; 32]>::decode(bytes).map_err(|_| cut())?;
            return Ok(Value::String(match self.accounts {
                Accounts::Hex => to_hex(&account),
                Accounts::Ss58(prefix) => to_ss58(&account, prefix),
            }));
        }
        if let Some((inner, nested)) = optional(self.types, ty) {
            return match u8::decode(bytes).map_err(|_| cut())? {
                0 => Ok(Value::Null),
                1 if nested => Ok(json!({ "Some": self.value(inner, bytes)? })),
                1 => self.value(inner, bytes),
                _ => Err(cut()),
            };
        }
        match &ty.type_def {
            TypeDef::Primitive(primitive) => read_primitive(primitive, bytes).ok_or_else(cut),
            TypeDef::Sequence(of) => {
                let len = Compact::<u32>::decode(bytes).map_err(|_| cut())?.0;
                self.items(of.type_param.id, len, bytes).with_context(cut)
            }
            TypeDef::Array(of) => self
                .items(of.type_param.id, of.len, bytes)
                .with_context(cut),
            TypeDef::Tuple(of) => {
                let ids: Vec<u32> = of.fields.iter().map(|field| field.id).collect();
                self.unnamed(&ids, bytes)
            }
            TypeDef::Composite(of) => self.fields(&of.fields, bytes),
            TypeDef::Variant(of) => {
                let index = u8::decode(bytes).map_err(|_| cut())?;
                let variant = of.variants.iter().find(|variant| variant.index == index);
                let unknown = || {
                    let name = type_name(self.types, id);
                    anyhow!(
                        "{name} has no variant {index}: is the contract newer than this metadata?"
                    )
                };
                self.variant(variant.ok_or_else(unknown)?, bytes)
            }
            TypeDef::Compact(of) => {
                let wide = Compact::<u128>::decode(bytes)
                    .map_err(|_| cut())?
                    .0
                    .encode();
                self.value(of.type_param.id, &mut wide.as_slice())
            }
            TypeDef::BitSequence(_) => bail!("bits cannot be shown in JSON"),
        }
    }

    fn items(&self, of: u32, len: u32, bytes: &mut &[u8]) -> Result<Value> {
        let len = usize::try_from(len)?;
        if is_u8(self.types, of) {
            let (taken, rest) = bytes
                .split_at_checked(len)
                .ok_or_else(|| anyhow!("{len} bytes are announced, and {} there", bytes.len()))?;
            *bytes = rest;
            return Ok(Value::String(to_hex(taken)));
        }
        let mut items = Vec::new();
        for position in 0..len {
            let before = bytes.len();
            items.push(
                self.value(of, bytes)
                    .with_context(|| format!("item {position}"))?,
            );
            // Else a length from nowhere could ask for any number of empty items.
            ensure!(
                bytes.len() < before,
                "items without bytes cannot be counted"
            );
        }
        Ok(Value::Array(items))
    }

    fn variant(&self, variant: &Variant<PortableForm>, bytes: &mut &[u8]) -> Result<Value> {
        let name = variant.name.clone();
        if variant.fields.is_empty() {
            return Ok(Value::String(name));
        }
        let inner = self
            .fields(&variant.fields, bytes)
            .with_context(|| format!("`{name}`"))?;
        Ok(Value::Object(Map::from_iter([(name, inner)])))
    }

    fn unnamed(&self, ids: &[u32], bytes: &mut &[u8]) -> Result<Value> {
        match ids {
            [] => Ok(Value::Null),
            [id] => self.value(*id, bytes),
            ids => {
                let items = ids.iter().map(|id| self.value(*id, bytes));
                Ok(Value::Array(items.collect::<Result<_>>()?))
            }
        }
    }

    fn fields(&self, fields: &[Field<PortableForm>], bytes: &mut &[u8]) -> Result<Value> {
        if fields.iter().all(|field| field.name.is_none()) {
            let ids: Vec<u32> = fields.iter().map(|field| field.ty.id).collect();
            return self.unnamed(&ids, bytes);
        }
        let mut object = Map::new();
        for field in fields {
            let name = field.name.clone().unwrap_or_default();
            let at = || format!("field `{name}`");
            let value = self.value(field.ty.id, bytes).with_context(at)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

fn read_primitive(primitive: &TypeDefPrimitive, bytes: &mut &[u8]) -> Option<Value> {
    Some(match primitive {
        TypeDefPrimitive::Bool => json!(bool::decode(bytes).ok()?),
        TypeDefPrimitive::Str => json!(String::decode(bytes).ok()?),
        TypeDefPrimitive::Char => {
            let code = u32::decode(bytes).ok()?;
            json!(char::from_u32(code)?)
        }
        TypeDefPrimitive::U8 => json!(u8::decode(bytes).ok()?),
        TypeDefPrimitive::U16 => json!(u16::decode(bytes).ok()?),
        TypeDefPrimitive::U32 => json!(u32::decode(bytes).ok()?),
        TypeDefPrimitive::U64 => json!(u64::decode(bytes).ok()?),
        TypeDefPrimitive::U128 => json!(u128::decode(bytes).ok()?.to_string()),
        TypeDefPrimitive::I8 => json!(i8::decode(bytes).ok()?),
        TypeDefPrimitive::I16 => json!(i16::decode(bytes).ok()?),
        TypeDefPrimitive::I32 => json!(i32::decode(bytes).ok()?),
        TypeDefPrimitive::I64 => json!(i64::decode(bytes).ok()?),
        TypeDefPrimitive::I128 => json!(i128::decode(bytes).ok()?.to_string()),
        TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => {
            json!(to_hex(&<[u8; 32]>::decode(bytes).ok()?))
        }
    })
}
