//! The rarest thing: an account is closed while a transfer to it is under way.

use super::Simulator;
use super::agenda::{AccountIndex, Action, PersonIndex, Purpose};
use super::history;
use super::people::{HOUR, minor_units};
use crate::money::Amount;

/// Milliseconds between the steps of such a transfer: slow enough that people can act in between.
const PACE: i64 = 1500;

impl Simulator {
    /// Opens an account, sends money to it and closes it after the source was debited. With `source_too` the source is closed
    /// as well, so that the money can neither arrive nor come back.
    pub(super) fn vanishing_target(&mut self, person: PersonIndex, source_too: bool) {
        let Some(payer) = self.payer(person) else {
            // Nobody can pay or open an account today.
            self.agenda.after(self.desk.now, 24 * HOUR, Action::VanishingTarget(person, source_too));
            return;
        };
        let currency = self.accounts[payer].currency;
        let minor = minor_units(currency, self.desk.dice.between(20, 90) * 500);
        let Ok(amount) = Amount::new(minor, currency) else { return };
        let owner = self.accounts[payer].person;
        let person = if self.is_active(person) { person } else { owner };
        let Some(target) = self.open(person, currency, Purpose::Savings) else { return };
        let source = if source_too { self.open(owner, currency, Purpose::Savings) } else { Some(payer) };
        let Some(source) = source else { return };
        if source_too && !self.fund(source, amount) {
            return;
        }
        let Some(_) = self.transfer_to(source, target, amount, "Savings plan".to_owned(), PACE) else { return };
        // Steps come after one pace each; the credit would be the one after the debit.
        let debited = PACE * history::steps_to_debit(self.desk.now) + PACE / 2;
        self.agenda.after(self.desk.now, debited, Action::Close(target));
        if source_too {
            self.agenda.after(self.desk.now, debited + 100, Action::Close(source));
        }
    }

    fn is_active(&self, person: PersonIndex) -> bool {
        let customer = self.people.get(person).and_then(|person| person.slot.state.customer());
        customer.is_some_and(|customer| customer.status.is_active())
    }

    /// An account with money whose owner can pay and open another one: the person's own, or somebody's.
    fn payer(&self, person: PersonIndex) -> Option<AccountIndex> {
        let open = |account: &AccountIndex| {
            let holding = &self.accounts[*account];
            let usable = holding.slot.state.open().is_some_and(|open| !open.is_frozen());
            usable && holding.available() > 0 && self.is_active(holding.person)
        };
        let own = (0..self.accounts.len()).filter(|index| self.accounts[*index].person == person).find(open);
        own.filter(|index| self.accounts[*index].purpose != Purpose::Savings)
            .or_else(|| self.by_currency.values().flatten().copied().find(open))
    }
}
