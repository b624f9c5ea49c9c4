//! Transactions: signed, sent, and followed until something is known of them.

use crate::{
    hex, AccountId, Balance, Block, ChainEvent, Client, ContractEvent, DispatchError, Gas, Hash,
    Key, RpcError,
};
use anyhow::{anyhow, bail, Context, Result};
use parity_scale_codec::{Decode, Encode};
use serde_json::json;
use sp_crypto_hashing::blake2_256;
use std::time::Instant;
use subxt::{
    config::{DefaultExtrinsicParamsBuilder, SubstrateConfig},
    error::MetadataError,
    ext::subxt_core,
    metadata::Metadata,
    tx::Payload,
    utils::{AccountId32, MultiSignature, H256},
};
use tokio::time::sleep;

/// How many polls until a transaction that no block has is sent again.
const RESEND_POLLS: u32 = 30;
/// After so many polls it is sent again the first time.
const FIRST_RESEND: u32 = 3;
/// How often a transaction is made anew whose nonce somebody else took.
const ATTEMPTS: u32 = 5;

/// A call of a pallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pallet: &'static str,
    name: &'static str,
    args: Vec<u8>,
}

/// When to be content with a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The best chain has it.
    InBlock,
    /// It can never be undone.
    Finalized,
}

/// A signed transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub account: AccountId,
    /// The number of the transaction among that account's.
    pub nonce: u64,
    /// Its hash.
    pub hash: Hash,
    /// The first block that can have it.
    pub from: u64,
    /// The last block that can have it.
    pub to: u64,
    bytes: Vec<u8>,
}

/// A transaction that a block has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its hash.
    pub transaction: Hash,
    /// The block.
    pub block: Block,
    /// Its place in the block.
    pub index: u32,
    /// What it emitted.
    pub events: Vec<ChainEvent>,
    /// Whether it did what it should.
    pub result: Result<(), DispatchError>,
}

/// Why no block has a transaction, and none ever will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIncluded {
    /// Another transaction of the account has its nonce.
    NonceTaken,
    /// It was good for so many blocks, and they are over.
    Expired,
    /// The pool threw it out, and for a while does not take these bytes; or it keeps it behind one that a block took up long ago, and never
    /// offers it to a block. A pool may still have the bytes: to be made anew with the same nonce.
    Banned,
    /// The pool refused it.
    Refused(RpcError),
    /// No node answers any more: whether it was sent is not known.
    Lost(String),
}

/// What a pool did with a transaction that it did not refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offered {
    /// It took it.
    Taken,
    /// It has it already, to be taken up by a block or behind one that it waits for.
    Known,
}

impl core::fmt::Display for NotIncluded {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NonceTaken => write!(
                f,
                "another transaction of the account took its nonce: does somebody else use the key?"
            ),
            Self::Expired => write!(f, "no block took the transaction up before it expired"),
            Self::Banned => write!(
                f,
                "the node threw the transaction out of its pool, or keeps it back, and does not take it again for a while"
            ),
            Self::Refused(error) => write!(f, "the node refused the transaction: {error}"),
            Self::Lost(error) => write!(f, "the connection was lost: {error}"),
        }
    }
}

impl std::error::Error for NotIncluded {}

impl Call {
    /// A call of any pallet: its arguments, encoded one after the other.
    pub fn new(pallet: &'static str, name: &'static str, args: Vec<u8>) -> Self {
        Self { pallet, name, args }
    }
}

impl Payload for Call {
    fn encode_call_data_to(
        &self,
        metadata: &Metadata,
        out: &mut Vec<u8>,
    ) -> Result<(), subxt_core::Error> {
        let pallet = metadata.pallet_by_name_err(self.pallet)?;
        let call = pallet
            .call_variant_by_name(self.name)
            .ok_or_else(|| MetadataError::CallNameNotFound(self.name.to_owned()))?;
        out.extend([pallet.index(), call.index]);
        out.extend(&self.args);
        Ok(())
    }
}

impl Signed {
    /// What to say where nothing more is known of it than that it was sent.
    fn unknown(&self) -> String {
        format!(
            "whether transaction {} takes effect is not known: blocks up to {} can still have it. Look for it, and at what it \
             should have done, before you run this again",
            hex(&self.hash),
            self.to
        )
    }
}

impl Included {
    /// What contracts emitted in it, in order.
    pub fn contract_events(&self) -> Vec<ContractEvent> {
        let events = self.events.iter();
        events.filter_map(ChainEvent::of_contract).collect()
    }

    /// The fee that was paid, if the chain says so.
    pub fn fee(&self) -> Option<Balance> {
        let mut events = self.events.iter();
        let paid = events.find(|e| e.is("TransactionPayment", "TransactionFeePaid"))?;
        let (_who, fee, _tip) =
            <(AccountId, Balance, Balance)>::decode(&mut &paid.fields[..]).ok()?;
        Some(fee)
    }
}

impl Client {
    /// The next nonce of an account, after those in the pool.
    pub async fn next_nonce(&self, account: &AccountId) -> Result<u64> {
        // The method reads SS58 with any prefix.
        let next = self
            .rpc
            .call("system_accountNextIndex", json!([crate::ss58(account, 42)]))
            .await?;
        next.as_u64().context("the node says no nonce")
    }

    /// A call as others name it in their arguments.
    pub fn encoded(&self, call: &Call) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        call.encode_call_data_to(&self.runtime().metadata(), &mut bytes)?;
        Ok(bytes)
    }

    /// Signs a call.
    pub async fn sign(&self, key: &Key, call: &Call, nonce: u64) -> Result<Signed> {
        let born = self.finalized().await?;
        self.sign_from(key, call, nonce, born)
    }

    /// What a transaction would cost, besides deposits. Needs no key.
    pub async fn fee(&self, account: &AccountId, call: &Call) -> Result<Balance> {
        Ok(self.weigh(account, call).await?.1)
    }

    /// What a transaction weighs and would cost, besides deposits. Needs no key.
    pub async fn weigh(&self, account: &AccountId, call: &Call) -> Result<(Gas, Balance)> {
        let born = self.finalized().await?;
        let mut partial = self.partial(call, 0, born)?;
        let unsigned = MultiSignature::Sr25519([0; 64]);
        let bytes = partial
            .sign_with_account_and_signature(&AccountId32(*account), &unsigned)
            .into_encoded();
        let length = u32::try_from(bytes.len())?;
        let args = [bytes, length.encode()].concat();
        let answer = self.ask("TransactionPaymentApi_query_info", &args).await?;
        // Between weight and fee is the dispatch class.
        let (weight, _, fee) = <(Gas, u8, Balance)>::decode(&mut &answer[..])?;
        Ok((weight, fee))
    }

    /// Gives a transaction to the pool. One that is there already is as good.
    pub async fn send(&self, signed: &Signed) -> Result<(), NotIncluded> {
        self.offer(signed).await.map(drop)
    }

    /// As `send`, and says whether the pool had it already.
    async fn offer(&self, signed: &Signed) -> Result<Offered, NotIncluded> {
        const INVALID: i32 = 1010;
        const BANNED: i32 = 1012;
        const ALREADY_THERE: i32 = 1013;
        const NOT_BETTER: i32 = 1014;
        let params = json!([hex(&signed.bytes)]);
        let Err(error) = self.rpc.call("author_submitExtrinsic", params).await else {
            return Ok(Offered::Taken);
        };
        match error.downcast::<RpcError>() {
            Ok(error) => match error.code {
                ALREADY_THERE => Ok(Offered::Known),
                // A pool also bans what a block has: who follows it, finds it there.
                BANNED => Err(NotIncluded::Banned),
                NOT_BETTER => Err(NotIncluded::NonceTaken),
                INVALID if error.message.contains("outdated") => Err(NotIncluded::NonceTaken),
                _ => Err(NotIncluded::Refused(error)),
            },
            Err(lost) => Err(NotIncluded::Lost(format!("{lost:#}"))),
        }
    }

    /// Signs and sends a call, and follows it. When another transaction took its nonce, it is made anew, and so it is when the
    /// pool banned it, with the same nonce; when the pool lost it, it is sent again. A dispatch that failed is in the result; it is not tried again.
    pub async fn submit(&self, key: &Key, call: &Call, until: Until) -> Result<Included> {
        let mut lost = NotIncluded::NonceTaken;
        let mut banned = None;
        for _ in 0..ATTEMPTS {
            let nonce = self.next_nonce(&key.account()).await?;
            // What was banned, another node may still have: of two with one nonce, one takes effect.
            let nonce = banned.take().unwrap_or(nonce);
            let signed = self.sign(key, call, nonce).await?;
            let sent = match self.send(&signed).await {
                Ok(()) | Err(NotIncluded::NonceTaken | NotIncluded::Banned) => {
                    // Sent before an answer was lost, it is refused as outdated or banned the second time; a block has it then.
                    let found = self.follow(core::slice::from_ref(&signed), until).await;
                    let mut found = found.with_context(|| signed.unknown())?;
                    found.pop().context("nothing was followed")?
                }
                Err(refused) => Err(refused),
            };
            match sent {
                Ok(included) => return Ok(included),
                Err(again @ (NotIncluded::NonceTaken | NotIncluded::Expired)) => lost = again,
                Err(NotIncluded::Banned) => {
                    banned = Some(nonce);
                    lost = NotIncluded::Banned;
                }
                Err(NotIncluded::Lost(error)) => {
                    return Err(NotIncluded::Lost(error)).with_context(|| signed.unknown())
                }
                Err(other) => return Err(other.into()),
            }
            self.refresh().await?;
        }
        Err(lost.into())
    }

    /// Follows transactions of one account until each is in a block, and that block final if `until` says so, or it is known
    /// that none ever will. Those that the pool loses are sent again: the same bytes can never take effect twice.
    pub async fn follow(
        &self,
        all: &[Signed],
        until: Until,
    ) -> Result<Vec<Result<Included, NotIncluded>>> {
        let deadline = Instant::now() + self.options().inclusion;
        let mut found: Vec<Option<Result<Included, NotIncluded>>> = vec![None; all.len()];
        let start = all.iter().map(|one| one.from).min().unwrap_or(0);
        // The block up to which the best chain was looked through.
        let mut looked: Option<Block> = None;
        let mut polls = 0u32;
        // Whether another transaction has a nonce, in a block that can still be undone.
        let mut taken = false;
        loop {
            let best = self.best().await?;
            // A block that was looked at may have been undone by another branch.
            if let Some(block) = looked {
                if self.block_hash(block.number).await? != Some(block.hash) {
                    looked = None;
                    found = vec![None; all.len()];
                }
            }
            let first = looked.map_or(start, |block| block.number.saturating_add(1));
            for number in first..=best.number {
                let Some(hash) = self.block_hash(number).await? else {
                    break;
                };
                let block = Block { number, hash };
                self.look_through(block, all, &mut found).await?;
                looked = Some(block);
            }
            if found.iter().all(Option::is_some) {
                let last = found.iter().flatten().flatten().map(|one| one.block);
                let last = last.max_by_key(|block| block.number);
                if until == Until::InBlock || self.is_final(last).await? {
                    return Ok(found.into_iter().flatten().collect());
                }
            } else {
                polls = polls.saturating_add(1);
                // Made anew while it could come back on another branch, it would take effect twice.
                let seen = match (until, looked) {
                    (Until::Finalized, Some(block)) => {
                        block.number.min(self.finalized().await?.number)
                    }
                    (_, looked) => looked.map_or(0, |block| block.number),
                };
                for (one, found) in all.iter().zip(&mut found) {
                    if found.is_none() && seen > one.to {
                        *found = Some(Err(NotIncluded::Expired));
                    }
                }
                let all_seen = looked.map_or(best.number < start, |block| block == best);
                let late = polls.is_multiple_of(RESEND_POLLS);
                if all_seen && (late || polls == FIRST_RESEND || taken) {
                    taken = self.send_again(all, &mut found, best, until, late).await?;
                }
            }
            if Instant::now() > deadline {
                let waiting = found.iter().filter(|one| one.is_none()).count();
                match waiting {
                    0 => bail!("the block of a transaction does not become final"),
                    _ => bail!("no block takes up {waiting} transactions"),
                }
            }
            sleep(self.options().poll).await;
        }
    }

    /// Looks for transactions in a block.
    async fn look_through(
        &self,
        block: Block,
        all: &[Signed],
        found: &mut [Option<Result<Included, NotIncluded>>],
    ) -> Result<()> {
        let extrinsics = self.extrinsics(&block.hash).await?;
        let mut events = None;
        for (signed, found) in all.iter().zip(found) {
            let mut places = extrinsics.iter();
            let Some(index) = places.position(|bytes| *bytes == signed.bytes) else {
                continue;
            };
            let index = u32::try_from(index)?;
            if events.is_none() {
                events = Some(self.events(&block.hash).await?);
            }
            let mut own: Vec<_> = events.iter().flatten().cloned().collect();
            own.retain(|event| event.extrinsic == Some(index));
            let failed = own.iter().find(|e| e.is("System", "ExtrinsicFailed"));
            let result = match failed {
                Some(failed) => Err(self.dispatch_error(&failed.fields)),
                None => Ok(()),
            };
            *found = Some(Ok(Included {
                transaction: signed.hash,
                block,
                index,
                events: own,
                result,
            }));
        }
        Ok(())
    }

    /// Sends again what no block has, unless the account has used the nonce for something else. Whether it has in a block that
    /// can still be undone, where that must not be. If it is `late`, what the pool has is no longer trusted to be offered to a block.
    async fn send_again(
        &self,
        all: &[Signed],
        found: &mut [Option<Result<Included, NotIncluded>>],
        looked: Block,
        until: Until,
        late: bool,
    ) -> Result<bool> {
        let Some(account) = all.first().map(|one| one.account) else {
            return Ok(false);
        };
        // The nonce and the best block of one moment: what is read first must be the older.
        let used = self.account(&account).await?.nonce;
        let surely = match until {
            Until::InBlock => used,
            Until::Finalized => {
                let block = self.finalized().await?.hash;
                self.account_at(&account, &block).await?.nonce
            }
        };
        // If there is a newer block, the transaction may be in it, and is looked for there first.
        if self.best().await? != looked {
            return Ok(surely < used);
        }
        let (mut taken, mut gone) = (false, false);
        for (one, found) in all.iter().zip(found) {
            if found.is_some() {
                continue;
            }
            if gone {
                // No block takes it up before the one that is gone is made anew, and so is this one then.
                *found = Some(Err(NotIncluded::Banned));
            } else if one.nonce < surely {
                *found = Some(Err(NotIncluded::NonceTaken));
            } else if one.nonce < used {
                taken = true;
            } else {
                let offered = self.offer(one).await;
                match offered {
                    Err(refused @ NotIncluded::Refused(_)) => *found = Some(Err(refused)),
                    // A pool also bans what it is given twice, and keeps it; and one that is there may wait for a nonce that a block took
                    // up before it came, for ever. It is gone if no block has it, and if this nonce is the next after those that
                    // the pool offers to blocks.
                    Err(NotIncluded::Banned) | Ok(Offered::Known) if late || offered.is_err() => {
                        let next = self.next_nonce(&account).await?;
                        if next == one.nonce && self.best().await? == looked {
                            *found = Some(Err(NotIncluded::Banned));
                            gone = true;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(taken)
    }

    async fn is_final(&self, block: Option<Block>) -> Result<bool> {
        let Some(block) = block else { return Ok(true) };
        Ok(self.finalized().await?.number >= block.number
            && self.block_hash(block.number).await? == Some(block.hash))
    }

    fn sign_from(&self, key: &Key, call: &Call, nonce: u64, born: Block) -> Result<Signed> {
        let bytes = self
            .partial(call, nonce, born)?
            .sign(key.pair())
            .into_encoded();
        Ok(Signed {
            account: key.account(),
            nonce,
            hash: blake2_256(&bytes),
            from: born.number.saturating_add(1),
            to: born.number.saturating_add(self.options().mortal_blocks),
            bytes,
        })
    }

    fn partial(
        &self,
        call: &Call,
        nonce: u64,
        born: Block,
    ) -> Result<subxt::tx::PartialTransaction<SubstrateConfig, crate::chain::Runtime>> {
        let params = DefaultExtrinsicParamsBuilder::<SubstrateConfig>::new()
            .mortal_from_unchecked(self.options().mortal_blocks, born.number, H256(born.hash))
            .nonce(nonce)
            .build();
        let partial = self.runtime().tx().create_partial_offline(call, params);
        partial.map_err(|e| anyhow!("the chain takes no such transaction: {e}"))
    }
}
