//! What the directory takes, and its lists: judged without any state.

use ink::prelude::vec::Vec;
use vilokanam_interfaces::{
    CidError, DirectoryError as Error, Millis, Scheduled, MAX_AHEAD_MS, MAX_CATEGORIES,
    MAX_CID_LEN, MAX_LISTING, MAX_NAME_LEN, MAX_SCHEDULED,
};
use vilokanam_math::cid;

type Result<T> = core::result::Result<T, Error>;

/// Fails unless categories go that far.
pub fn ensure_category(category: u16) -> Result<()> {
    if category >= MAX_CATEGORIES {
        return Err(Error::UnknownCategory {
            limit: MAX_CATEGORIES,
        });
    }
    Ok(())
}

/// Fails unless this is a name, and a short one.
pub fn ensure_name(name: &str) -> Result<()> {
    if name.is_empty() || name.len() > MAX_NAME_LEN as usize {
        return Err(Error::InvalidName {
            max_len: MAX_NAME_LEN,
        });
    }
    Ok(())
}

/// Fails unless `text` is a content identifier.
pub fn ensure_cid(text: &str) -> Result<()> {
    if text.len() > MAX_CID_LEN as usize {
        return Err(Error::InvalidCid(CidError::TooLong));
    }
    cid::check(text.as_bytes()).map_err(|error| {
        Error::InvalidCid(match error {
            cid::CidError::UnknownForm => CidError::UnknownForm,
            cid::CidError::BadCharacter => CidError::BadCharacter,
            cid::CidError::BadPadding => CidError::BadPadding,
            cid::CidError::BadVersion => CidError::BadVersion,
            cid::CidError::BadHash => CidError::BadHash,
        })
    })
}

/// The broadcasts of a list that have not ended.
pub fn to_come(scheduled: Vec<Scheduled>, now_ms: Millis) -> Vec<Scheduled> {
    let mut left = scheduled;
    left.retain(|broadcast| broadcast.end_ms > now_ms);
    left
}

/// `scheduled`, of which none has ended, with one more; it stays in the order of the starts.
pub fn with(
    mut scheduled: Vec<Scheduled>,
    broadcast: Scheduled,
    now_ms: Millis,
) -> Result<Vec<Scheduled>> {
    let max_ms = now_ms.saturating_add(MAX_AHEAD_MS);
    let start_ms = broadcast.start_ms;
    if start_ms <= now_ms || start_ms > max_ms || broadcast.end_ms <= start_ms {
        return Err(Error::TimeOutOfRange { max_ms });
    }
    ensure_cid(&broadcast.cid)?;
    let place = match scheduled.binary_search_by_key(&start_ms, |other| other.start_ms) {
        Ok(_) => return Err(Error::AlreadyScheduled),
        Err(place) => place,
    };
    if scheduled.len() >= MAX_SCHEDULED as usize {
        return Err(Error::TooManyScheduled { max: MAX_SCHEDULED });
    }
    scheduled.insert(place, broadcast);
    Ok(scheduled)
}

/// `scheduled` without the one that begins at `start_ms`.
pub fn without(mut scheduled: Vec<Scheduled>, start_ms: Millis) -> Result<Vec<Scheduled>> {
    let place = scheduled.binary_search_by_key(&start_ms, |other| other.start_ms);
    scheduled.remove(place.map_err(|_| Error::NotScheduled)?);
    Ok(scheduled)
}

/// Where a call that looks at positions of a list of `len` from `start` ends, and where the next goes on.
pub fn window(start: u32, limit: u32, len: u32) -> (u32, Option<u32>) {
    let end = start.saturating_add(limit.min(MAX_LISTING)).min(len);
    (end, (end < len).then_some(end))
}

/// The number after this one.
pub fn next_number(last: u32) -> Result<u32> {
    last.checked_add(1).ok_or(Error::NumbersExhausted)
}
