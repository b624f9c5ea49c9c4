//! Events as they come.

use crate::Deployed;
use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use tokio::time::sleep;
use vilokanam_client::{hex, Until};

/// An event of a contract of the suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// The number of its block.
    pub block: u64,
    /// The block's hash.
    pub block_hash: String,
    /// The place of its transaction in the block.
    pub extrinsic: Option<u32>,
    /// Contract, event and fields.
    #[serde(flatten)]
    pub told: Value,
}

/// Which events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WatchOptions {
    /// From this block on; from the next one otherwise.
    pub from: Option<u64>,
    /// Ends after the blocks that are there, instead of waiting for more.
    pub once: bool,
}

impl Deployed {
    /// Tells the events of the suite's contracts, block by block, until `tell` says that it is enough. Where the network's
    /// finality is final, blocks are told once they can never be undone; else the best ones as they come.
    pub async fn watch(
        &mut self,
        options: WatchOptions,
        mut tell: impl FnMut(&Seen) -> Result<bool>,
    ) -> Result<()> {
        let mut next = match options.from {
            Some(from) => from,
            None => self.head().await?.saturating_add(1),
        };
        loop {
            let head = self.head().await?;
            while next <= head {
                let Some(hash) = self.client.block_hash(next).await? else {
                    break;
                };
                for event in self.client.events(&hash).await? {
                    if event.is("Contracts", "ContractCodeUpdated") {
                        // Without the metadata of the new code its events are shown as bytes.
                        let _ = self.refresh().await;
                    }
                    let Some(emitted) = event.of_contract() else {
                        continue;
                    };
                    if !self
                        .contracts
                        .values()
                        .any(|of| of.address == emitted.contract)
                    {
                        continue;
                    }
                    let seen = Seen {
                        block: next,
                        block_hash: hex(&hash),
                        extrinsic: event.extrinsic,
                        told: self.told(&emitted),
                    };
                    if !tell(&seen)? {
                        return Ok(());
                    }
                }
                next = next.saturating_add(1);
            }
            if options.once {
                return Ok(());
            }
            sleep(self.client.options().poll).await;
        }
    }

    async fn head(&self) -> Result<u64> {
        let block = match self.network.finality {
            Until::Finalized => self.client.finalized().await?,
            Until::InBlock => self.client.best().await?,
        };
        Ok(block.number)
    }
}
