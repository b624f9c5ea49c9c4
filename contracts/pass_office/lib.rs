//! Passes and subscriptions: sold by creators, bought with pool money, good for a discount or free watching until they lapse.
//!
//! **Who may do what.** A stream's owner sells passes for it, an account passes for all that it owns. Anyone buys a pass for themselves or as
//! a gift, or lengthens one. A holder allows anyone, or nobody, to renew a pass of theirs when it is due; who renews
//! it can choose the moment within the window, and nothing else. The contract's owner changes its code and wiring, behind the change delay.
//!
//! **Where money flows.** None is here. At purchase the price goes from the buyer's pool (at renewal, from the holder's) to the payees, less the
//! fee of subscriptions, within `payment_handler`. Nothing is given back: a pass outlives the offer, and the stream's owner.
//!
//! **What a pass gives** is the factor that it was sold with, for as long as it is valid; an offer that changes concerns
//! later purchases. So one that is valid is lengthened only at its own factor.
//!
//! **Units.** Base units of an asset; milliseconds of chain time; price factors in millionths.
//!
//! **Cells.** An offer is one; so are all levels that a holder has of a scope, because a discount reads them together. None is ever freed.

#![cfg_attr(not(feature = "std"), no_std, no_main)]

mod calls;
mod rules;
#[cfg(test)]
mod tests;

#[ink::contract]
mod pass_office {
    use crate::{
        calls::Wired,
        rules::{self, Held, Wish},
    };
    use ink::storage::{traits::ManualKey, Mapping};
    use vilokanam_admin::{Admin, Slots};
    use vilokanam_interfaces::{
        events::pass_office::*, AdminError, Administered, Administration, Change, Millis, Pass,
        PassDiscount, PassLevel, PassOffer, PassOffice, PassOfficeError, PassOrder, PassScope,
        Renewal, StreamId, Wiring,
    };

    type Result<T> = core::result::Result<T, PassOfficeError>;
    /// What one pass is for.
    type Place = (PassScope, PassLevel);
    type AdminResult<T> = core::result::Result<T, AdminError>;

    /// Raised by every release that changes the storage layout.
    const LAYOUT_VERSION: u32 = 1;
    /// Needs these contracts.
    const WIRED: Slots = Slots {
        payments: true,
        ..REWIRED
    };
    /// May change these.
    const REWIRED: Slots = Slots {
        registry: true,
        ..Slots::NONE
    };

    /// The pass office.
    #[ink(storage)]
    #[derive(Default)]
    pub struct PassOfficeContract {
        /// Ownership, delayed changes, wiring.
        admin: Admin,
        /// What is sold; `None` for what is no longer.
        offers: Mapping<Place, Option<PassOffer>, ManualKey<0x00D1_0001>>,
        /// What holders have of a scope, at each level.
        passes: Mapping<(AccountId, PassScope), Held, ManualKey<0x00D1_0002>>,
    }

    impl PassOfficeContract {
        /// See `PassOffice`.
        #[ink(constructor)]
        pub fn new(change_delay_ms: Millis) -> AdminResult<Self> {
            let mut this = Self::default();
            this.admin.init(change_delay_ms)?;
            Ok(this)
        }
    }

    impl PassOffice for PassOfficeContract {
        #[ink(message)]
        fn offer(&self, scope: PassScope, level: PassLevel) -> Option<PassOffer> {
            self.offers.get((scope, level)).flatten()
        }

        #[ink(message)]
        fn pass(&self, holder: AccountId, scope: PassScope, level: PassLevel) -> Option<Pass> {
            self.held(holder, scope).at(level)
        }

        #[ink(message)]
        fn discount(
            &self,
            viewer: AccountId,
            stream: StreamId,
            owner: AccountId,
        ) -> Option<PassDiscount> {
            let of_stream = self.held(viewer, PassScope::Stream(stream));
            let of_owner = self.held(viewer, PassScope::Creator(owner));
            rules::best([of_stream, of_owner], self.env().block_timestamp())
        }

        #[ink(message)]
        fn set_offer(
            &mut self,
            scope: PassScope,
            level: PassLevel,
            offer: Option<PassOffer>,
        ) -> Result<()> {
            let creator = match scope {
                PassScope::Stream(stream) => self.wired()?.facts(stream)?.terms.owner,
                PassScope::Creator(account) => account,
            };
            self.sell(creator, scope, level, offer)
        }

        #[ink(message)]
        fn buy(&mut self, order: PassOrder) -> Result<Millis> {
            let wired = self.wired()?;
            let buyer = self.env().caller();
            let bought = self.take(
                order.holder.unwrap_or(buyer),
                (order.scope, order.level),
                buyer,
                &Wish::from(order),
            )?;
            self.pay(&wired, bought)
        }

        #[ink(message)]
        fn set_renewal(
            &mut self,
            scope: PassScope,
            level: PassLevel,
            renewal: Option<Renewal>,
        ) -> Result<()> {
            let holder = self.env().caller();
            let mut held = self.held(holder, scope);
            let pass = held.at(level).ok_or(PassOfficeError::PassNotFound)?;
            held.put(level, Pass { renewal, ..pass });
            self.passes.insert((holder, scope), &held);
            self.env().emit_event(RenewalSet {
                holder,
                scope,
                level,
                old: pass.renewal,
                new: renewal,
            });
            Ok(())
        }

        #[ink(message)]
        fn renew(
            &mut self,
            holder: AccountId,
            scope: PassScope,
            level: PassLevel,
        ) -> Result<Millis> {
            let wired = self.wired()?;
            let renewed = self.take_renewal(holder, scope, level)?;
            self.pay(&wired, renewed)
        }
    }

    impl Administered for PassOfficeContract {
        #[ink(message)]
        fn administration(&self) -> Administration {
            self.admin.administration(LAYOUT_VERSION, WIRED)
        }

        #[ink(message)]
        fn propose_owner(&mut self, account: Option<AccountId>) -> AdminResult<()> {
            self.admin.propose_owner(account)
        }

        #[ink(message)]
        fn accept_owner(&mut self) -> AdminResult<()> {
            self.admin.accept_owner()
        }

        #[ink(message)]
        fn announce(&mut self, change: Change) -> AdminResult<u32> {
            self.admin.announce(change, REWIRED)
        }

        #[ink(message)]
        fn cancel(&mut self, id: u32) -> AdminResult<()> {
            self.admin.cancel(id)
        }

        #[ink(message)]
        fn apply(&mut self, id: u32) -> AdminResult<()> {
            self.admin.apply(id, REWIRED)
        }

        #[ink(message)]
        fn wire(&mut self, wiring: Wiring) -> AdminResult<()> {
            self.admin.wire(WIRED, wiring)
        }
    }

    #[ink(impl)]
    impl PassOfficeContract {
        fn wired(&self) -> Result<Wired> {
            Wired::new(self.admin.wiring())
        }

        fn held(&self, holder: AccountId, scope: PassScope) -> Held {
            self.passes.get((holder, scope)).unwrap_or_default()
        }

        /// Sells what `creator`, who must be the caller, offers.
        pub(crate) fn sell(
            &mut self,
            creator: AccountId,
            scope: PassScope,
            level: PassLevel,
            offer: Option<PassOffer>,
        ) -> Result<()> {
            if self.env().caller() != creator {
                return Err(PassOfficeError::NotCreator);
            }
            if let Some(offer) = &offer {
                rules::ensure_offer(offer)?;
            }
            let old = self.offer(scope, level);
            self.offers.insert((scope, level), &offer);
            self.env().emit_event(PassOffered {
                scope,
                level,
                old,
                new: offer,
            });
            Ok(())
        }

        /// Gives `holder` what `buyer` wishes for and is to pay, and returns what will be told once it is paid.
        pub(crate) fn take(
            &mut self,
            holder: AccountId,
            (scope, level): Place,
            buyer: AccountId,
            wish: &Wish,
        ) -> Result<PassBought> {
            let mut held = self.held(holder, scope);
            let before = held.at(level);
            let deal = rules::agree(
                self.offer(scope, level),
                before,
                wish,
                self.env().block_timestamp(),
            )?;
            held.put(level, deal.pass);
            self.passes.insert((holder, scope), &held);
            Ok(PassBought {
                holder,
                scope,
                level,
                buyer,
                period: wish.period,
                periods: wish.periods,
                asset: wish.asset,
                price: deal.price,
                fee: 0,
                factor: deal.pass.factor,
                until_ms: deal.pass.until_ms,
            })
        }

        /// The same for a renewal, as the holder allowed it.
        pub(crate) fn take_renewal(
            &mut self,
            holder: AccountId,
            scope: PassScope,
            level: PassLevel,
        ) -> Result<PassBought> {
            let pass = self.pass(holder, scope, level);
            let renewal = rules::due(pass, self.env().block_timestamp())?;
            self.take(holder, (scope, level), holder, &Wish::from(renewal))
        }

        /// Moves the money of what was bought to its payees, tells of it, and returns until when it is valid.
        fn pay(&mut self, wired: &Wired, bought: PassBought) -> Result<Millis> {
            let facts = match bought.scope {
                PassScope::Stream(stream) => Some(wired.facts(stream)?),
                PassScope::Creator(_) => None,
            };
            let fee = wired.pay(rules::payment(&bought, facts)?)?;
            let until_ms = bought.until_ms;
            self.env().emit_event(PassBought { fee, ..bought });
            Ok(until_ms)
        }
    }
}
