//! Every event of the suite in one type, so that what a transaction emits is compared whole and in order.

use vilokanam_chain::{RawEvent, Receipt};
use vilokanam_interfaces::{
    events::{
        admin::*, directory::*, moderation::*, pass_office::*, patronage::*, payment_handler::*,
        pricing_engine::*, stream_registry::*, tick_stream::*,
    },
    AccountId, Balance,
};

/// Tokens moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub from: Option<AccountId>,
    pub to: Option<AccountId>,
    pub value: Balance,
}

/// An allowance changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub owner: AccountId,
    pub spender: AccountId,
    pub amount: Balance,
}

macro_rules! tales {
    ($($event:ident)*) => {
        /// An event of any contract.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Tale {
            $($event($event),)*
            Moved(Moved),
            Approved(Approved),
            Unknown(RawEvent),
        }

        $(impl From<$event> for Tale {
            fn from(event: $event) -> Self {
                Self::$event(event)
            }
        })*

        impl From<&RawEvent> for Tale {
            fn from(raw: &RawEvent) -> Self {
                $(if let Some(event) = raw.decode::<$event>() {
                    return event.into();
                })*
                if let Some(psp22::Transfer { from, to, value }) = raw.decode() {
                    return Moved { from, to, value }.into();
                }
                if let Some(psp22::Approval { owner, spender, amount }) = raw.decode() {
                    return Approved { owner, spender, amount }.into();
                }
                Self::Unknown(raw.clone())
            }
        }
    };
}

tales! {
    OwnerProposed OwnerChanged ChangeAnnounced ChangeCancelled ChangeApplied Wired
    Deposited Withdrawn PaidOut FeesWithdrawn Swept PausedUntil AssetListed Refunded LimitsSet
    RatesSet PlanSet StakingSet
    StreamRegistered StreamUpdated TermsSet OperatorsSet StreamOffered StreamTransferred WentLive BroadcastEnded
    ModeratorSet StreamSuspended StreamReinstated
    SessionOpened SessionToppedUp SessionPaused SessionResumed Settled SessionClosed ExitBegun PageProvided PageCleared
    KeyChanged SessionClosing Redeemed
    PassOffered PassBought RenewalSet
    Tipped ExternalPaid GoalMade Contributed GoalReached GoalCancelled ContributionReturned SponsorshipSet BudgetWithdrawn
    CategoryNamed StreamListed BroadcastScheduled ScheduleCancelled GatewaySet ExternalRegistered ExternalUpdated
    BondSet StreamReported ReportDecided RepeatOffender ReportLapsed VerdictAppealed AppealResolved BondCollected BondForfeited
}

impl From<Moved> for Tale {
    fn from(moved: Moved) -> Self {
        Self::Moved(moved)
    }
}

impl From<Approved> for Tale {
    fn from(approved: Approved) -> Self {
        Self::Approved(approved)
    }
}

impl Tale {
    /// All that a transaction emitted, in order.
    pub fn all(receipt: &Receipt) -> Vec<Self> {
        receipt.events.iter().map(Self::from).collect()
    }
}
