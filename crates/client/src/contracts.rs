//! `pallet-contracts`: what is there, and what would happen.

use crate::{AccountId, Balance, Call, Client, DispatchError, Hash};
use anyhow::{Context, Result};
use parity_scale_codec::{Compact, Decode, Encode};
use subxt::{
    ext::{
        scale_decode::{self, DecodeAsType},
        scale_value::Value,
    },
    utils::{AccountId32, H256},
};

/// A weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct Gas {
    /// Picoseconds of reference time.
    #[codec(compact)]
    pub ref_time: u64,
    /// Bytes of proof.
    #[codec(compact)]
    pub proof_size: u64,
}

impl Gas {
    /// A quarter more: the limit of a transaction whose dry run needed this. Its block sees another time and other
    /// transactions before it.
    pub fn with_margin(self) -> Self {
        let more = |part: u64| part.saturating_add(part / 4);
        Self {
            ref_time: more(self.ref_time),
            proof_size: more(self.proof_size),
        }
    }
}

/// What a contract returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Whether it refused: nothing would change.
    pub reverted: bool,
    /// The bytes that it returned: a value inside ink!'s own `Result`.
    pub data: Vec<u8>,
}

/// What a dry run came to. Its transaction fee is not in it: see [`Client::fee`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dry<R> {
    /// What was used.
    pub used: Gas,
    /// What a transaction must be able to use.
    pub gas: Gas,
    /// The storage deposit that the origin would pay; negative if it would get some back.
    pub deposit: i128,
    /// What the contract had to say while it ran.
    pub debug: String,
    /// What came of it, or why the chain would refuse.
    pub result: Result<R, DispatchError>,
}

/// A contract's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractInfo {
    /// The hash of its code.
    pub code_hash: Hash,
}

/// A code's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeInfo {
    /// Who uploaded it, and has its deposit.
    pub owner: AccountId,
    /// The deposit.
    pub deposit: Balance,
}

/// No limit of gas, and none of deposit other than the chain's.
const NO_LIMITS: (Option<Gas>, Option<Compact<Balance>>) = (None, None);
const ENFORCED: u8 = 0; // of Determinism

impl Client {
    /// A contract, if this account is one.
    pub async fn contract(&self, account: &AccountId) -> Result<Option<ContractInfo>> {
        #[derive(DecodeAsType)]
        #[decode_as_type(crate_path = "scale_decode")]
        struct Info {
            code_hash: H256,
        }
        let info: Option<Info> = self.read("Contracts", "ContractInfoOf", account).await?;
        Ok(info.map(|info| ContractInfo {
            code_hash: info.code_hash.0,
        }))
    }

    /// Whether this account was a contract in a block.
    pub async fn contract_at(&self, account: &AccountId, block: Option<&Hash>) -> Result<bool> {
        self.there("ContractInfoOf", account, block).await
    }

    /// Whether a code was uploaded in a block.
    pub async fn code_at(&self, hash: &Hash, block: Option<&Hash>) -> Result<bool> {
        self.there("CodeInfoOf", hash, block).await
    }

    async fn there(&self, item: &str, key: &[u8; 32], block: Option<&Hash>) -> Result<bool> {
        let key = self.key("Contracts", item, vec![Value::from_bytes(key)])?;
        Ok(self.stored(&key, block).await?.is_some())
    }

    /// A code, if it is uploaded.
    pub async fn code(&self, hash: &Hash) -> Result<Option<CodeInfo>> {
        #[derive(DecodeAsType)]
        #[decode_as_type(crate_path = "scale_decode")]
        struct Info {
            owner: AccountId32,
            deposit: u128,
        }
        let info: Option<Info> = self.read("Contracts", "CodeInfoOf", hash).await?;
        Ok(info.map(|info| CodeInfo {
            owner: info.owner.0,
            deposit: info.deposit,
        }))
    }

    /// What a contract stores under a key of its own.
    pub async fn contract_storage(
        &self,
        account: &AccountId,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let args = (account, key).encode();
        let answer = self.ask("ContractsApi_get_storage", &args).await?;
        match answer.split_first() {
            Some((0, mut rest)) => Ok(Option::decode(&mut rest)?),
            _ => Ok(None),
        }
    }

    /// What uploading a code would come to: its hash and deposit.
    pub async fn dry_upload(
        &self,
        origin: &AccountId,
        wasm: &[u8],
    ) -> Result<Result<(Hash, Balance), DispatchError>> {
        let args = (origin, wasm, NO_LIMITS.1, ENFORCED).encode();
        let answer = self.ask("ContractsApi_upload_code", &args).await?;
        match answer.split_first() {
            Some((0, mut rest)) => Ok(Ok(Decode::decode(&mut rest)?)),
            Some((_, rest)) => Ok(Err(self.dispatch_error(rest))),
            None => anyhow::bail!("ContractsApi_upload_code answered nothing"),
        }
    }

    /// What instantiating would come to. `code` is a hash of uploaded code, or the code itself.
    pub async fn dry_instantiate(
        &self,
        origin: &AccountId,
        value: Balance,
        code: Result<Hash, &[u8]>,
        data: &[u8],
        salt: &[u8],
    ) -> Result<Dry<(Returned, AccountId)>> {
        let code = match code {
            Err(wasm) => (0u8, wasm).encode(),
            Ok(hash) => (1u8, hash).encode(),
        };
        let mut args = (origin, value, NO_LIMITS).encode();
        args.extend(code);
        (data, salt).encode_to(&mut args);
        let answer = self.ask("ContractsApi_instantiate", &args).await?;
        self.dry(&answer, |rest| {
            let (flags, data, account) = <(u32, Vec<u8>, AccountId)>::decode(rest)?;
            Ok((Returned::new(flags, data), account))
        })
    }

    /// What calling a contract would come to.
    pub async fn dry_call(
        &self,
        origin: &AccountId,
        to: &AccountId,
        value: Balance,
        data: &[u8],
    ) -> Result<Dry<Returned>> {
        self.dry_call_at(origin, to, value, data, None).await
    }

    /// The same on another block, whose state a node need not have any more.
    pub async fn dry_call_at(
        &self,
        origin: &AccountId,
        to: &AccountId,
        value: Balance,
        data: &[u8],
        at: Option<&Hash>,
    ) -> Result<Dry<Returned>> {
        let args = (origin, to, value, NO_LIMITS, data).encode();
        self.dry_called(&args, at).await
    }

    /// The same on the best block, with no more gas than `limit`.
    pub async fn dry_call_within(
        &self,
        limit: Option<Gas>,
        origin: &AccountId,
        to: &AccountId,
        value: Balance,
        data: &[u8],
    ) -> Result<Dry<Returned>> {
        let args = (origin, to, value, limit, NO_LIMITS.1, data).encode();
        self.dry_called(&args, None).await
    }

    async fn dry_called(&self, args: &[u8], at: Option<&Hash>) -> Result<Dry<Returned>> {
        let answer = self.ask_at("ContractsApi_call", args, at).await?;
        self.dry(&answer, |rest| {
            let (flags, data) = <(u32, Vec<u8>)>::decode(rest)?;
            Ok(Returned::new(flags, data))
        })
    }

    fn dry<R>(
        &self,
        mut answer: &[u8],
        decode: impl FnOnce(&mut &[u8]) -> Result<R, parity_scale_codec::Error>,
    ) -> Result<Dry<R>> {
        const ODD: &str = "ContractsApi answered something else";
        let input = &mut answer;
        let (used, gas) = <(Gas, Gas)>::decode(input).context(ODD)?;
        let (charged, deposit, debug, failed) =
            <(bool, Balance, Vec<u8>, bool)>::decode(input).context(ODD)?;
        let deposit = i128::try_from(deposit).unwrap_or(i128::MAX);
        Ok(Dry {
            used,
            gas,
            deposit: if charged { deposit } else { -deposit },
            debug: String::from_utf8_lossy(&debug).trim().to_owned(),
            result: match failed {
                false => Ok(decode(input).context(ODD)?),
                true => Err(self.dispatch_error(input)),
            },
        })
    }
}

impl Returned {
    fn new(flags: u32, data: Vec<u8>) -> Self {
        const REVERTED: u32 = 1;
        Self {
            reverted: flags & REVERTED != 0,
            data,
        }
    }
}

impl Call {
    /// Uploads a code.
    pub fn upload(wasm: &[u8]) -> Self {
        let args = (wasm, NO_LIMITS.1, ENFORCED).encode();
        Self::new("Contracts", "upload_code", args)
    }

    /// Instantiates uploaded code.
    pub fn instantiate(value: Balance, gas: Gas, code: &Hash, data: &[u8], salt: &[u8]) -> Self {
        let args = (Compact(value), gas, NO_LIMITS.1, code, data, salt).encode();
        Self::new("Contracts", "instantiate", args)
    }

    /// Calls a contract.
    #[allow(clippy::self_named_constructors)] // the pallet's own name for it
    pub fn call(to: &AccountId, value: Balance, gas: Gas, data: &[u8]) -> Self {
        let args = (address(to), Compact(value), gas, NO_LIMITS.1, data).encode();
        Self::new("Contracts", "call", args)
    }

    /// Transfers native tokens, and leaves the sender's account alive.
    pub fn transfer(to: &AccountId, amount: Balance) -> Self {
        let args = (address(to), Compact(amount)).encode();
        Self::new("Balances", "transfer_keep_alive", args)
    }
}

/// An account as `MultiAddress`.
fn address(account: &AccountId) -> (u8, AccountId) {
    (0, *account)
}
