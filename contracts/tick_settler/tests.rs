//! What needs no other contract. All else is told on the embedded chain, through `tick_stream`, in `e2e-tests`.

use crate::tick_settler::TickSettlerContract;
use vilokanam_interfaces::{SessionId, TickSettler, TickStreamError};

#[ink::test]
fn every_message_fails_on_an_instance_of_the_settler_itself() {
    let mut contract = TickSettlerContract::new();
    let unwired = TickStreamError::NotWired;
    let viewer = [1; 32].into();
    let id = SessionId { viewer, number: 1 };
    assert_eq!(contract.close(1), Err(unwired.clone()));
    assert_eq!(contract.close_ended(id), Err(unwired.clone()));
    assert_eq!(contract.settle(id), Err(unwired.clone()));
    assert_eq!(contract.settle_many(vec![]), Err(unwired.clone()));
    assert_eq!(contract.settle_page(1, 0), Err(unwired.clone()));
    assert_eq!(contract.finish_exit(1), Err(unwired));
}
