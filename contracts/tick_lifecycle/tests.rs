//! What needs no other contract. All else is told on the embedded chain, through `tick_stream`, in `e2e-tests`.

use crate::tick_lifecycle::TickLifecycleContract;
use vilokanam_interfaces::{OpenRequest, Seated, SessionId, TickLifecycle, TickStreamError};

const VIEWER: [u8; 32] = [1; 32];

fn id() -> SessionId {
    SessionId {
        viewer: VIEWER.into(),
        number: 1,
    }
}

fn at() -> Seated {
    Seated {
        id: id(),
        stream: 1,
        page: 0,
        seat: 0,
    }
}

#[ink::test]
fn every_message_that_needs_others_fails_when_unwired() {
    let mut contract = TickLifecycleContract::new();
    let unwired = || TickStreamError::NotWired;
    let request = OpenRequest {
        stream: 1,
        asset: 0,
        hold: 1,
        ceiling: 1,
        until_ms: None,
        referrer: None,
        key: None,
    };
    assert_eq!(contract.open(request), Err(unwired()));
    assert_eq!(contract.can_open(VIEWER.into(), request), Err(unwired()));
    assert_eq!(contract.provide_seats(1, 1), Err(unwired()));
    assert_eq!(contract.top_up(id(), 0), Err(unwired()));
    assert_eq!(contract.pause(1), Err(unwired()));
    assert_eq!(contract.resume(1), Err(unwired()));
    assert_eq!(contract.set_key(1, None), Err(unwired()));
    assert_eq!(contract.close(1), Err(unwired()));
    assert_eq!(contract.close_ended(id()), Err(unwired()));
    assert_eq!(contract.dismiss(at()), Err(unwired()));
    assert_eq!(contract.finish_close(at()), Err(unwired()));
    assert_eq!(contract.finish_exit(1), Err(unwired()));
}

#[ink::test]
fn unknown_sessions_and_pages_are_named() {
    let mut contract = TickLifecycleContract::new();
    let not_found = || TickStreamError::SessionNotFound;
    assert_eq!(contract.owed(id()), Err(not_found()));
    assert_eq!(contract.refundable(id()), Err(not_found()));
    assert_eq!(contract.runs_out_at(id()), Err(not_found()));
    assert_eq!(contract.begin_exit(0), Err(not_found()));
    assert_eq!(contract.begin_exit(1), Err(not_found()));
    assert_eq!(
        contract.clear_page(1, 0),
        Err(TickStreamError::PageNotFound)
    );
}
