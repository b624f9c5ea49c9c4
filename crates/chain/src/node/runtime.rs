//! What a node's runtime calls things: read from its metadata, so that no number of a pallet or a call is guessed.

use anyhow::{anyhow, bail, ensure, Context, Result};
use drink::DispatchError;
use frame_metadata::{
    v14::{PalletMetadata, RuntimeMetadataV14},
    RuntimeMetadata, RuntimeMetadataPrefixed,
};
use ink::scale::{Compact, Decode, DecodeAll, Encode};
use scale_info::{
    form::PortableForm, Field, PortableRegistry, TypeDef, TypeDefPrimitive, TypeDefVariant,
};
use sp_core::{sr25519, Pair};
use vilokanam_interfaces::Hash;

/// A runtime.
pub struct Runtime {
    metadata: RuntimeMetadataV14,
    genesis_hash: Hash,
    spec_version: u32,
    transaction_version: u32,
}

/// An event of any pallet.
pub struct PalletEvent {
    /// The extrinsic that emitted it, if one did.
    pub extrinsic: Option<u32>,
    /// The pallet, and the event's name in it.
    pub name: (String, String),
    /// Its fields, encoded one after the other.
    pub fields: Vec<u8>,
    /// Its topics.
    pub topics: Vec<Hash>,
}

impl Runtime {
    /// From what `state_getMetadata` answered, encoded.
    pub fn new(
        metadata: &[u8],
        genesis_hash: Hash,
        spec_version: u32,
        transaction_version: u32,
    ) -> Result<Self> {
        let prefixed = RuntimeMetadataPrefixed::decode_all(&mut &*metadata)
            .context("the node's metadata cannot be decoded")?;
        let RuntimeMetadata::V14(metadata) = prefixed.1 else {
            bail!("the node's metadata is not of version 14");
        };
        Ok(Self {
            metadata,
            genesis_hash,
            spec_version,
            transaction_version,
        })
    }

    /// The genesis hash.
    pub fn genesis_hash(&self) -> Hash {
        self.genesis_hash
    }

    /// A call: the indices of pallet and call, then `args`, encoded.
    pub fn call(&self, pallet: &str, call: &str, args: &[u8]) -> Result<Vec<u8>> {
        let pallet = self.pallet(pallet)?;
        let calls = pallet.calls.as_ref().map(|calls| calls.ty.id);
        let variant = self
            .variants(calls)?
            .variants
            .iter()
            .find(|variant| variant.name == call)
            .ok_or_else(|| anyhow!("the node's {} has no {call}", pallet.name))?;
        Ok([&[pallet.index, variant.index], args].concat())
    }

    /// An immortal extrinsic, signed.
    pub fn sign(&self, call: &[u8], nonce: u32, pair: &sr25519::Pair) -> Result<Vec<u8>> {
        let (mut extra, mut additional) = (Vec::new(), Vec::new());
        for extension in &self.metadata.extrinsic.signed_extensions {
            match extension.identifier.as_str() {
                "CheckMortality" | "CheckEra" => {
                    extra.push(0); // immortal, from the genesis on
                    self.genesis_hash.encode_to(&mut additional);
                }
                "CheckNonce" => Compact(nonce).encode_to(&mut extra),
                "ChargeTransactionPayment" => Compact(0u128).encode_to(&mut extra), // the tip
                "CheckSpecVersion" => self.spec_version.encode_to(&mut additional),
                "CheckTxVersion" => self.transaction_version.encode_to(&mut additional),
                "CheckGenesis" => self.genesis_hash.encode_to(&mut additional),
                "CheckMetadataHash" => {
                    extra.push(0); // no hash is given
                    additional.push(0);
                }
                "CheckNonZeroSender" | "CheckWeight" => {}
                other => bail!("the node's extrinsics have an unknown part {other}"),
            }
        }
        let mut payload = [call, &extra, &additional].concat();
        if payload.len() > 256 {
            payload = sp_core::hashing::blake2_256(&payload).to_vec();
        }
        let signature = pair.sign(&payload);
        const SIGNED_V4: u8 = 0x84;
        const ACCOUNT: u8 = 0; // of MultiAddress
        const SR25519: u8 = 1; // of MultiSignature
        let mut signed = vec![SIGNED_V4, ACCOUNT];
        signed.extend_from_slice(&pair.public().0);
        signed.push(SR25519);
        signed.extend_from_slice(&signature.0);
        signed.extend_from_slice(&extra);
        signed.extend_from_slice(call);
        Ok(signed.encode())
    }

    /// The events of a block, from what is stored under `System.Events`.
    pub fn events(&self, mut stored: &[u8]) -> Result<Vec<PalletEvent>> {
        let input = &mut stored;
        let count = Compact::<u32>::decode(input)?.0;
        (0..count).map(|_| self.event(input)).collect()
    }

    fn event(&self, input: &mut &[u8]) -> Result<PalletEvent> {
        let extrinsic = match u8::decode(input)? {
            0 => Some(u32::decode(input)?),
            _ => None,
        };
        let index = u8::decode(input)?;
        let pallet = self
            .pallet_at(index)
            .ok_or_else(|| anyhow!("an event of the unknown pallet {index}"))?;
        let events = pallet.event.as_ref().map(|event| event.ty.id);
        let index = u8::decode(input)?;
        let variant = self
            .variants(events)?
            .variants
            .iter()
            .find(|variant| variant.index == index)
            .ok_or_else(|| anyhow!("{} has no event {index}", pallet.name))?;
        let start = *input;
        skip_fields(&self.metadata.types, &variant.fields, input)?;
        let length = start.len().saturating_sub(input.len());
        Ok(PalletEvent {
            extrinsic,
            name: (pallet.name.clone(), variant.name.clone()),
            fields: start[..length].to_vec(),
            topics: Vec::decode(input)?,
        })
    }

    /// The name of a dispatch error.
    pub fn name_of(&self, error: &DispatchError) -> String {
        let DispatchError::Module(module) = error else {
            return format!("{error:?}");
        };
        self.pallet_at(module.index)
            .and_then(|pallet| {
                let errors = pallet.error.as_ref().map(|error| error.ty.id);
                let mut variants = self.variants(errors).ok()?.variants.iter();
                variants.find(|variant| variant.index == module.error[0])
            })
            .map_or_else(|| format!("{error:?}"), |variant| variant.name.clone())
    }

    fn pallet(&self, name: &str) -> Result<&PalletMetadata<PortableForm>> {
        let mut pallets = self.metadata.pallets.iter();
        pallets
            .find(|pallet| pallet.name == name)
            .ok_or_else(|| anyhow!("the node has no pallet {name}"))
    }

    fn pallet_at(&self, index: u8) -> Option<&PalletMetadata<PortableForm>> {
        let mut pallets = self.metadata.pallets.iter();
        pallets.find(|pallet| pallet.index == index)
    }

    fn variants(&self, id: Option<u32>) -> Result<&TypeDefVariant<PortableForm>> {
        let definition = id.and_then(|id| self.metadata.types.resolve(id));
        match definition.map(|ty| &ty.type_def) {
            Some(TypeDef::Variant(variants)) => Ok(variants),
            _ => bail!("the node's metadata lacks an enumeration"),
        }
    }
}

/// Moves `input` behind a value of type `id`.
fn skip(types: &PortableRegistry, id: u32, input: &mut &[u8]) -> Result<()> {
    let ty = types
        .resolve(id)
        .ok_or_else(|| anyhow!("no type has number {id}"))?;
    match &ty.type_def {
        TypeDef::Composite(composite) => skip_fields(types, &composite.fields, input),
        TypeDef::Variant(variants) => {
            let index = u8::decode(input)?;
            let variant = variants.variants.iter().find(|v| v.index == index);
            let variant = variant.ok_or_else(|| anyhow!("no variant {index} in type {id}"))?;
            skip_fields(types, &variant.fields, input)
        }
        TypeDef::Sequence(sequence) => {
            let length = Compact::<u32>::decode(input)?.0;
            (0..length).try_for_each(|_| skip(types, sequence.type_param.id, input))
        }
        TypeDef::Array(array) => {
            (0..array.len).try_for_each(|_| skip(types, array.type_param.id, input))
        }
        TypeDef::Tuple(tuple) => {
            let mut fields = tuple.fields.iter();
            fields.try_for_each(|field| skip(types, field.id, input))
        }
        TypeDef::Primitive(primitive) => skip_primitive(primitive, input),
        TypeDef::Compact(_) => Ok(Compact::<u128>::decode(input).map(drop)?),
        TypeDef::BitSequence(_) => bail!("type {id} has bits, which no event is known to have"),
    }
}

fn skip_fields(
    types: &PortableRegistry,
    fields: &[Field<PortableForm>],
    input: &mut &[u8],
) -> Result<()> {
    let mut fields = fields.iter();
    fields.try_for_each(|field| skip(types, field.ty.id, input))
}

fn skip_primitive(primitive: &TypeDefPrimitive, input: &mut &[u8]) -> Result<()> {
    use TypeDefPrimitive::*;
    let length = match primitive {
        Bool | U8 | I8 => 1,
        U16 | I16 => 2,
        Char | U32 | I32 => 4,
        U64 | I64 => 8,
        U128 | I128 => 16,
        U256 | I256 => 32,
        Str => Compact::<u32>::decode(input)?.0 as usize,
    };
    ensure!(input.len() >= length, "an event ends early");
    *input = &input[length..];
    Ok(())
}
