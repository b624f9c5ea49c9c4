//! What the registry takes: metadata, terms, graces and reasons, judged without any state.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    AccountId, CidError, Class, Millis, Share, StreamRegistryError, Terms, FULL_BPS,
    MAX_CATEGORIES, MAX_CID_LEN, MAX_COHOSTS, MAX_GRACE_MS, MAX_REASON_LEN, MIN_GRACE_MS,
};
use vilokanam_math::cid;

type Result<T> = core::result::Result<T, StreamRegistryError>;

/// Fails unless a stream may have these.
pub fn ensure_metadata(cid: &str, class: Class, category: u16) -> Result<()> {
    ensure_cid(cid).map_err(StreamRegistryError::InvalidCid)?;
    if class == Class::Tips {
        return Err(StreamRegistryError::NotAStreamClass);
    }
    if category >= MAX_CATEGORIES {
        return Err(StreamRegistryError::UnknownCategory {
            limit: MAX_CATEGORIES,
        });
    }
    Ok(())
}

/// Fails unless `text` is a content identifier.
fn ensure_cid(text: &str) -> core::result::Result<(), CidError> {
    if text.len() > MAX_CID_LEN as usize {
        return Err(CidError::TooLong);
    }
    cid::check(text.as_bytes()).map_err(|error| match error {
        cid::CidError::UnknownForm => CidError::UnknownForm,
        cid::CidError::BadCharacter => CidError::BadCharacter,
        cid::CidError::BadPadding => CidError::BadPadding,
        cid::CidError::BadVersion => CidError::BadVersion,
        cid::CidError::BadHash => CidError::BadHash,
    })
}

/// The terms, if they give out all of the income, once to each.
pub fn ensure_terms(owner: AccountId, owner_bps: u16, cohosts: Vec<Share>) -> Result<Terms> {
    if cohosts.len() > MAX_COHOSTS as usize {
        return Err(StreamRegistryError::TooManyCohosts { max: MAX_COHOSTS });
    }
    let mut sum_bps = u32::from(owner_bps);
    for (position, share) in cohosts.iter().enumerate() {
        let mut before = cohosts.iter().take(position);
        if share.account == owner
            || share.bps == 0
            || before.any(|other| other.account == share.account)
        {
            return Err(StreamRegistryError::InvalidCohost);
        }
        // Cannot overflow: at most four times 65,535.
        sum_bps = sum_bps.saturating_add(u32::from(share.bps));
    }
    if sum_bps != u32::from(FULL_BPS) {
        return Err(StreamRegistryError::SharesNotFull { sum_bps });
    }
    Ok(Terms {
        owner,
        owner_bps,
        cohosts,
    })
}

/// Fails unless a broadcast may have this grace.
pub fn ensure_grace(grace_ms: Millis) -> Result<()> {
    if !(MIN_GRACE_MS..=MAX_GRACE_MS).contains(&grace_ms) {
        return Err(StreamRegistryError::GraceOutOfRange {
            min_ms: MIN_GRACE_MS,
            max_ms: MAX_GRACE_MS,
        });
    }
    Ok(())
}

/// Fails unless this is a reason, and a short one.
pub fn ensure_reason(reason: &str) -> Result<()> {
    if reason.is_empty() || reason.len() > MAX_REASON_LEN as usize {
        return Err(StreamRegistryError::InvalidReason {
            max_len: MAX_REASON_LEN,
        });
    }
    Ok(())
}
