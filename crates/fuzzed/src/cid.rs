//! Content identifiers: the contract's check against the independent model's, error by error.

use crate::model_cid;
use vilokanam_interfaces::{CidError as Said, MAX_CID_LEN};
use vilokanam_math::cid::{check, CidError};

/// Any bytes go through the check; those that are a text go through the model's, too.
pub fn cid(data: &[u8]) {
    let found = check(data);
    let Ok(text) = core::str::from_utf8(data) else {
        assert!(found.is_err(), "no text, and accepted");
        return;
    };
    if text.len() > MAX_CID_LEN as usize {
        // The registry refuses it before it looks.
        assert_eq!(model_cid::check_cid(text), Err(Said::TooLong));
        return;
    }
    let found = found.map_err(|error| match error {
        CidError::UnknownForm => Said::UnknownForm,
        CidError::BadCharacter => Said::BadCharacter,
        CidError::BadPadding => Said::BadPadding,
        CidError::BadVersion => Said::BadVersion,
        CidError::BadHash => Said::BadHash,
    });
    assert_eq!(found, model_cid::check_cid(text), "{text:?}");
    if found.is_ok() {
        // What is accepted stops being one when anything is put around it.
        for other in [
            format!("{text} "),
            format!(" {text}"),
            text[1..].to_owned(),
            text[..text.len() - 1].to_owned(),
            text.to_uppercase(),
        ] {
            assert!(
                check(other.as_bytes()).is_err(),
                "{other:?} beside {text:?}"
            );
        }
    }
}
