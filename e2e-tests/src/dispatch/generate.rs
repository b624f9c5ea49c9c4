//! Arguments by the metadata: of the right types, and mostly of the size that makes a message do something.

use super::{
    case::{account_ref, signature_ref},
    setting::{BOND, CID, HOLD, PERMIT, RATE, VOUCHERS},
};
use ink::scale::{Compact, Encode};
use rand::{seq::IndexedRandom, Rng};
use rand_chacha::ChaCha8Rng;
use scale_info::{form::PortableForm, Field, PortableRegistry, TypeDef, TypeDefPrimitive};
use vilokanam_abi::{Abi, Message};
use vilokanam_chain::START_MS;

const AMOUNTS: [u128; 18] = [
    0,
    1,
    2,
    999,
    1_000_000,
    RATE - 1,
    RATE,
    RATE * 4,
    RATE * 20,
    RATE * 600,
    RATE * 3_001,
    HOLD,
    BOND,
    PERMIT.0,
    1_000_000_000_000_000_000,
    100_000_000_000_000_000_000_000_000_000,
    u64::MAX as u128,
    u128::MAX,
];
const MINUTES: [u64; 10] = [
    0,
    1,
    1_000,
    60_000,
    600_000,
    3_600_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
    u64::MAX,
];
const SMALL: [u32; 12] = [0, 1, 1, 1, 2, 2, 3, 4, 7, 49, 50, 51];
const PARTS: [u32; 10] = [
    0,
    1,
    500_000,
    750_000,
    900_000,
    1_000_000,
    1_000_001,
    4_000_000,
    4_000_001,
    u32::MAX,
];
const SHARES: [u16; 10] = [0, 1, 7, 500, 2_500, 3_333, 3_334, 7_500, 10_000, u16::MAX];
const LENGTHS: [usize; 14] = [0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 16, 33, 64, 129];

/// Makes values.
pub struct Generator<'a> {
    pub rng: &'a mut ChaCha8Rng,
    pub types: &'a PortableRegistry,
    /// How many accounts there are.
    pub accounts: u8,
}

/// A whole call.
pub fn call(abi: &Abi, message: &Message, rng: &mut ChaCha8Rng, accounts: u8) -> Vec<u8> {
    let mut data = message.selector.to_vec();
    let mut generator = Generator {
        rng,
        types: &abi.types,
        accounts,
    };
    for argument in &message.args {
        generator.value(argument.ty.id, &argument.label, &mut data);
    }
    data
}

impl Generator<'_> {
    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        *of.choose(self.rng).expect("is not empty")
    }

    /// A value of this type, in a place of this name.
    pub fn value(&mut self, id: u32, name: &str, out: &mut Vec<u8>) {
        let types = self.types;
        let Some(ty) = types.resolve(id) else {
            return;
        };
        let last = ty.path.segments.last().map(String::as_str);
        match (last, &ty.type_def) {
            (Some("AccountId"), _) => {
                out.extend(account_ref(self.rng.random_range(0..self.accounts)))
            }
            (Some("Hash"), _) => out.extend([self.one_of(&[0, 9, 255]); 32]),
            (_, TypeDef::Primitive(primitive)) => self.primitive(primitive, name, out),
            (_, TypeDef::Composite(of)) => self.fields(&of.fields, name, out),
            (_, TypeDef::Variant(of)) => {
                let Some(variant) = of.variants.choose(self.rng) else {
                    return;
                };
                // Half of all options that are not needed are empty.
                out.push(variant.index);
                self.fields(&variant.fields, name, out);
            }
            (_, TypeDef::Sequence(of)) => {
                let len = self.one_of(&LENGTHS);
                Compact(len as u32).encode_to(out);
                for _ in 0..len {
                    self.value(of.type_param.id, name, out);
                }
            }
            (_, TypeDef::Array(of)) if of.len == 64 => {
                out.extend(signature_ref(self.rng.random_range(0..6)));
            }
            (_, TypeDef::Array(of)) => {
                for _ in 0..of.len {
                    self.value(of.type_param.id, name, out);
                }
            }
            (_, TypeDef::Tuple(of)) => {
                for field in &of.fields {
                    self.value(field.id, name, out);
                }
            }
            (_, TypeDef::Compact(_)) => Compact(self.one_of(&SMALL)).encode_to(out),
            (_, TypeDef::BitSequence(_)) => {}
        }
    }

    fn fields(&mut self, fields: &[Field<PortableForm>], name: &str, out: &mut Vec<u8>) {
        for field in fields {
            let name = field.name.as_deref().unwrap_or(name);
            self.value(field.ty.id, name, out);
        }
    }

    fn primitive(&mut self, primitive: &TypeDefPrimitive, name: &str, out: &mut Vec<u8>) {
        match primitive {
            TypeDefPrimitive::Bool => out.push(u8::from(self.rng.random_bool(0.5))),
            TypeDefPrimitive::Str => self.text(name).encode_to(out),
            TypeDefPrimitive::U8 => out.push(self.rng.random()),
            TypeDefPrimitive::U16 => self.short(name).encode_to(out),
            TypeDefPrimitive::U32 => self.number(name).encode_to(out),
            TypeDefPrimitive::U64 => self.time(name).encode_to(out),
            TypeDefPrimitive::U128 => self.amount().encode_to(out),
            _ => out.push(0),
        }
    }

    fn text(&mut self, name: &str) -> String {
        let long = self.one_of(&[1usize, 5, 64, 65, 256, 257, 2_000]);
        match (name, self.rng.random_range(0..4)) {
            ("cid", 0..=2) => CID.into(),
            (_, 0) => String::new(),
            (_, 1) => "é".repeat(long),
            _ => "a".repeat(long),
        }
    }

    fn short(&mut self, name: &str) -> u16 {
        match name {
            "asset" => self.one_of(&[0, 0, 0, 1, 1, 2, u16::MAX]),
            "page" | "seat" => self.one_of(&[0, 0, 0, 1, 2, 31, 32, u16::MAX]),
            "category" => self.one_of(&[7, 7, 0, 1, 255, 256, u16::MAX]),
            name if name.ends_with("bps") => self.one_of(&SHARES),
            name if name.ends_with("min") => self.one_of(&[0, 60, 720, 1_439, 1_440, 1_441]),
            _ => self.rng.random_range(0..16),
        }
    }

    fn number(&mut self, name: &str) -> u32 {
        match name {
            "standard" | "premium" | "subscription" | "stakers" | "audience" => self.one_of(&PARTS),
            name if name.contains("factor") => self.one_of(&PARTS),
            name if name.ends_with("_ms") => self.one_of(&[0, 1, 20_000, 3_600_000, u32::MAX]),
            "origin_chain" => self.one_of(&[0, 2_000]),
            _ => match self.rng.random_range(0..20) {
                0 => u32::MAX,
                1 => self.rng.random(),
                _ => self.one_of(&SMALL),
            },
        }
    }

    /// An instant or a duration.
    fn time(&mut self, name: &str) -> u64 {
        let ms = match (name, self.rng.random_range(0..4)) {
            ("ms", 0..=2) => return self.one_of(&VOUCHERS).0,
            ("deadline_ms", 0..=2) => return PERMIT.1,
            _ => self.one_of(&MINUTES),
        };
        let from_ms = START_MS + self.one_of(&[0, 60_000, 86_400_000]);
        match self.rng.random_range(0..4) {
            0 => ms,
            1 => from_ms.saturating_sub(ms),
            _ if name.contains("duration") || name.contains("grace") => ms,
            _ => from_ms.saturating_add(ms),
        }
    }

    fn amount(&mut self) -> u128 {
        match self.rng.random_range(0..8) {
            0 => {
                let bits = self.rng.random_range(0..128);
                self.rng.random::<u128>() >> bits
            }
            1 => self.one_of(&AMOUNTS).wrapping_add(1),
            2 => self.one_of(&VOUCHERS).1,
            _ => self.one_of(&AMOUNTS),
        }
    }
}
