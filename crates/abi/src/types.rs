//! Types in the registry of a contract's metadata.

use scale_info::{form::PortableForm, PortableRegistry, Type, TypeDef, TypeDefPrimitive};

/// A type as Rust would write it, without its modules: `Option<AccountId>`, `(u32, u16)`.
pub fn type_name(types: &PortableRegistry, id: u32) -> String {
    let Some(ty) = types.resolve(id) else {
        return format!("type {id}");
    };
    let name = |id: u32| type_name(types, id);
    let list = |ids: Vec<u32>| ids.into_iter().map(name).collect::<Vec<_>>().join(", ");
    if let Some(last) = ty.path.segments.last() {
        // Keys are told otherwise, and a type without its parameters would be another's name.
        let params = ty
            .type_params
            .iter()
            .filter(|param| param.name != "KeyType");
        let params: Vec<u32> = params
            .filter_map(|param| param.ty)
            .map(|ty| ty.id)
            .collect();
        return match params.is_empty() {
            true => last.clone(),
            false => format!("{last}<{}>", list(params)),
        };
    }
    match &ty.type_def {
        TypeDef::Sequence(of) => format!("Vec<{}>", name(of.type_param.id)),
        TypeDef::Array(of) => format!("[{}; {}]", name(of.type_param.id), of.len),
        TypeDef::Tuple(of) => format!("({})", list(of.fields.iter().map(|f| f.id).collect())),
        TypeDef::Compact(of) => format!("Compact<{}>", name(of.type_param.id)),
        TypeDef::Primitive(of) => primitive_name(of).to_owned(),
        TypeDef::BitSequence(_) => "bits".to_owned(),
        TypeDef::Composite(_) | TypeDef::Variant(_) => format!("type {id}"),
    }
}

fn primitive_name(primitive: &TypeDefPrimitive) -> &'static str {
    match primitive {
        TypeDefPrimitive::Bool => "bool",
        TypeDefPrimitive::Char => "char",
        TypeDefPrimitive::Str => "String",
        TypeDefPrimitive::U8 => "u8",
        TypeDefPrimitive::U16 => "u16",
        TypeDefPrimitive::U32 => "u32",
        TypeDefPrimitive::U64 => "u64",
        TypeDefPrimitive::U128 => "u128",
        TypeDefPrimitive::U256 => "u256",
        TypeDefPrimitive::I8 => "i8",
        TypeDefPrimitive::I16 => "i16",
        TypeDefPrimitive::I32 => "i32",
        TypeDefPrimitive::I64 => "i64",
        TypeDefPrimitive::I128 => "i128",
        TypeDefPrimitive::I256 => "i256",
    }
}

/// The numbers of the types that a type is made of.
pub(crate) fn parts(ty: &Type<PortableForm>) -> Vec<u32> {
    match &ty.type_def {
        TypeDef::Composite(of) => of.fields.iter().map(|field| field.ty.id).collect(),
        TypeDef::Variant(of) => {
            let fields = of.variants.iter().flat_map(|variant| &variant.fields);
            fields.map(|field| field.ty.id).collect()
        }
        TypeDef::Sequence(of) => vec![of.type_param.id],
        TypeDef::Array(of) => vec![of.type_param.id],
        TypeDef::Tuple(of) => of.fields.iter().map(|field| field.id).collect(),
        TypeDef::Compact(of) => vec![of.type_param.id],
        TypeDef::BitSequence(of) => vec![of.bit_store_type.id, of.bit_order_type.id],
        TypeDef::Primitive(_) => Vec::new(),
    }
}

/// Whether a type's path is this one name, as those of Rust's prelude are.
pub(crate) fn is_prelude(ty: &Type<PortableForm>, name: &str) -> bool {
    ty.path.segments.len() == 1 && ty.path.segments.first().is_some_and(|last| last == name)
}

/// Whether a type is an account: 32 bytes that are written as an address.
pub(crate) fn is_account(ty: &Type<PortableForm>) -> bool {
    let last = ty.path.segments.last().map(String::as_str);
    matches!(last, Some("AccountId" | "AccountId32"))
}

/// The type of a variant's only field.
pub(crate) fn payload(ty: &Type<PortableForm>, variant: &str) -> Option<u32> {
    let TypeDef::Variant(variants) = &ty.type_def else {
        return None;
    };
    let variant = variants.variants.iter().find(|v| v.name == variant)?;
    variant.fields.first().map(|field| field.ty.id)
}

/// Whether what a message returns, taken out of ink!'s `Result`, is a `Result` again.
pub(crate) fn returns_result(types: &PortableRegistry, id: u32) -> bool {
    let inner = types.resolve(id).and_then(|outer| payload(outer, "Ok"));
    let inner = inner.and_then(|id| types.resolve(id));
    inner.is_some_and(|ty| is_prelude(ty, "Result"))
}
