//! Payments that customers order in advance, and payments abroad at a quoted rate: the real order process on the simulated
//! clock.

use chrono::{Days, TimeDelta};
use es_core::{AnyState, CommandDraft, DomainCommand, Process, References, Settlement, StreamName, step_command_id};

use super::Simulator;
use super::agenda::{AccountIndex, Action, Advance, OrderIndex};
use super::desk::{Cause, Slot};
use super::flights::Payment;
use super::history;
use super::people::{HOUR, minor_units};
use crate::exchange::{ExchangeRate, QuoteDecider, QuoteRate, QuoteState, WithdrawQuote};
use crate::ids::{OrderId, QuoteId};
use crate::interest::PartsPerMillion;
use crate::money::{Amount, Currency};
use crate::order::{
    BusinessDayConvention, CancelOrder, ChangeStandingOrder, CreateScheduledTransfer, CreateStandingOrder, Interval,
    OrderCommand, OrderDecider, OrderState, ResumeOrder, SuspendOrder,
};
use crate::processes::OrderProcess;
use crate::transfer::{RequestTransfer, Tariff};

const PROCESS: &str = "process:order";
/// Days from an order to its first day.
const LEAD_DAYS: u64 = 3;

/// An order, and between which accounts.
pub(super) struct Errand {
    pub slot: Slot<OrderState>,
    source: AccountIndex,
    target: AccountIndex,
}

/// How a payment is ordered in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ahead {
    /// Once.
    Once,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Every week, and more than there is.
    TooMuch,
}

impl Simulator {
    /// A customer orders a payment in advance. Some are changed, rest or end some weeks later.
    pub(super) fn order_ahead(&mut self, account: AccountIndex, ahead: Ahead) {
        let Some(currency) = self.accounts.get(account).map(|account| account.currency) else { return };
        let Some(target) = self.anybody(currency, Some(account)).filter(|target| *target != account) else { return };
        let Ok(order_id) = OrderId::new(format!("SO-{}", 7001 + self.orders.len())) else { return };
        let available = self.accounts[account].available().max(0);
        let usual = minor_units(currency, self.desk.dice.between(4, 60) * 500);
        let minor = if ahead == Ahead::TooMuch { available + minor_units(currency, 9_000_000) } else { usual };
        let Ok(amount) = Amount::new(minor, currency) else { return };
        let first_on = history::bank_day(self.desk.now) + Days::new(LEAD_DAYS);
        let (source_id, target_id) =
            (self.accounts[account].account_id.clone(), self.accounts[target].account_id.clone());
        let command: OrderCommand = match ahead {
            Ahead::Once => CreateScheduledTransfer {
                order_id: order_id.clone(),
                source: source_id,
                target: target_id,
                amount,
                reference: "Holiday deposit".to_owned(),
                tariff: None,
                due_on: first_on,
                convention: None,
            }
            .into(),
            Ahead::Weekly | Ahead::Monthly | Ahead::TooMuch => CreateStandingOrder {
                order_id: order_id.clone(),
                source: source_id,
                target: target_id,
                amount,
                reference: "Pocket money".to_owned(),
                tariff: None,
                first_on,
                interval: if ahead == Ahead::Monthly { Interval::Monthly } else { Interval::Weekly },
                convention: Some(BusinessDayConvention::Following),
                last_on: None,
                count: (ahead == Ahead::TooMuch).then_some(1),
            }
            .into(),
        };
        let number = self.orders.len();
        self.orders.push(Errand { slot: Slot::new(order_id.stream()), source: account, target });
        let actor = self.customer_actor(account);
        if !self.tell_order(number, &command, Cause::of(actor)) {
            return;
        }
        self.expect_due(number);
        if ahead == Ahead::Weekly {
            for (day, step) in
                [(5, Advance::Change), (9, Advance::Suspend), (13, Advance::Resume), (25, Advance::Cancel)]
            {
                self.agenda.after(self.desk.now, day * 24 * HOUR, Action::Amend(number, step));
            }
        }
    }

    fn tell_order(&mut self, number: OrderIndex, command: &OrderCommand, cause: Cause) -> bool {
        let Some((source, target)) = self.orders.get(number).map(|errand| (errand.source, errand.target)) else {
            return false;
        };
        let references = self.accounts_of([Some(source), Some(target)]);
        let slot = &mut self.orders[number].slot;
        self.desk.execute::<OrderDecider>(slot, command.command_type(), command, &references, cause).is_ok()
    }

    /// Plans the order's timer, as the process sets it.
    fn expect_due(&mut self, number: OrderIndex) {
        for timer in self.order_turn(number).timers {
            self.agenda.at(timer.due_at, Action::Due(number));
        }
    }

    fn order_turn(&self, number: OrderIndex) -> es_core::Turn {
        let slot = &self.orders[number].slot;
        OrderProcess.turn(&slot.stream, &AnyState::new(slot.state.clone()))
    }

    /// The order's day has come: its execution begins, and its transfer is requested. A timer that no longer stands, because the
    /// order was changed or rests, does nothing.
    pub(super) fn execute_order(&mut self, number: OrderIndex) {
        let due = self.order_turn(number).timers.into_iter().find(|timer| timer.due_at <= self.desk.now);
        let Some(command) = due.and_then(|timer| step_of_order(&timer.command)) else { return };
        if !self.tell_order(number, &command.1, by_process(command.0)) {
            return;
        }
        let Some(planned) = self.order_turn(number).pending.into_iter().next() else { return };
        let Ok(request) = serde_json::from_str::<RequestTransfer>(&planned.payload) else { return };
        let Errand { source, target, .. } = self.orders[number];
        let pace = self.desk.dice.between(30, 180);
        let requested = self.request_as(request, source, Some(target), pace, by_process(planned.command_id), None);
        let Some(flight) = requested else { return };
        self.flights_of_orders.insert(flight, number);
        let (stream, state) = (self.orders[number].slot.stream.clone(), self.orders[number].slot.state.clone());
        let outcome = OrderProcess.settle(&stream, &AnyState::new(state), &planned, &Settlement::Done);
        if let Some((id, command)) = step_of_order(&outcome) {
            self.tell_order(number, &command, by_process(id));
        }
        self.expect_due(number);
    }

    /// The transfer process tells an order how its execution ended.
    pub(super) fn report(&mut self, number: OrderIndex, transfer: &StreamName, command: &OrderCommand) -> Settlement {
        let cause = Cause {
            actor: "process:transfer".to_owned(),
            reason: None,
            command_id: Some(step_command_id(transfer, "report")),
            chain: None,
        };
        let slot = &mut self.orders[number].slot;
        let done =
            self.desk.execute::<OrderDecider>(slot, command.command_type(), command, &References::default(), cause);
        done.map_or_else(Settlement::Rejected, |_| Settlement::Done)
    }

    pub(super) fn amend(&mut self, number: OrderIndex, step: Advance) {
        let Some(order) = self.orders.get(number).and_then(|errand| errand.slot.state.order.as_deref()) else { return };
        let (order_id, terms) = (order.order_id.clone(), order.terms.clone());
        let text = |reason: &str| reason.to_owned();
        let command: OrderCommand = match step {
            Advance::Change => {
                let raised = terms.amount.minor() + terms.amount.minor() / 10;
                let Ok(amount) = Amount::new(raised, terms.amount.currency()) else { return };
                let (target, reference) = (terms.target, text("Pocket money, raised"));
                ChangeStandingOrder { order_id, target, amount, reference, tariff: None, last_on: None, count: None }
                    .into()
            }
            Advance::Suspend => SuspendOrder { order_id, reason: text("Unpaid leave") }.into(),
            Advance::Resume => ResumeOrder { order_id, reason: text("Back at work") }.into(),
            Advance::Cancel => CancelOrder { order_id, reason: text("Moved out") }.into(),
        };
        let actor = self.customer_actor(self.orders[number].source);
        if self.tell_order(number, &command, Cause::of(actor)) {
            self.expect_due(number);
        }
    }

    /// The treasury quotes a rate for an hour, and a customer pays abroad with it.
    pub(super) fn pay_abroad(&mut self, account: AccountIndex) {
        let Some(quote) = self.quote() else { return };
        let Some(target) = self.anybody(Currency::USD, None) else { return };
        let Some(holding) = self.accounts.get(account).filter(|holding| holding.currency == Currency::EUR) else {
            return;
        };
        let part = (holding.available() / 100 * 8).clamp(5_000, 250_000);
        let (Ok(amount), Ok(flat)) = (Amount::new(part, Currency::EUR), Amount::new(150, Currency::EUR)) else {
            return;
        };
        let tariff =
            Tariff { flat: Some(flat), parts_per_million: PartsPerMillion::new(1_000), minimum: None, maximum: None };
        let (actor, pace) = (self.customer_actor(account), self.desk.dice.between(30, 180));
        let (target_id, reference) = (self.accounts[target].account_id.clone(), "Invoice from overseas".to_owned());
        let payment = Payment { source: account, target: Some(target), target_id, amount, reference, actor, pace };
        self.request_at(payment, tariff, quote);
    }

    /// A rate is typed in wrongly and taken back before anybody uses it.
    pub(super) fn misquote(&mut self) {
        let Some(mut quote) = self.quote() else { return };
        let Some(quote_id) = quote.state.quote().map(|quote| quote.terms.quote_id.clone()) else { return };
        self.desk.now += TimeDelta::minutes(2);
        let command = WithdrawQuote { quote_id, reason: "Digits exchanged".to_owned() }.into();
        let (none, cause) = (References::default(), Cause::of("treasury:maria"));
        // It was quoted two minutes ago and nobody has taken it back, so it is not refused.
        let _ = self.desk.execute::<QuoteDecider>(&mut quote, "WithdrawQuote", &command, &none, cause);
    }

    fn quote(&mut self) -> Option<Slot<QuoteState>> {
        self.quotes += 1;
        let quote_id = QuoteId::new(format!("Q-{}", 4000 + self.quotes)).ok()?;
        let mut slot = Slot::new(quote_id.stream());
        let command = QuoteRate {
            quote_id,
            source_currency: Currency::EUR,
            target_currency: Currency::USD,
            rate: ExchangeRate::new(self.desk.dice.between(10_300, 11_700), 10_000)?,
            provenance: "Treasury desk, reference rate less 20 basis points".to_owned(),
            valid_until: self.desk.now + TimeDelta::hours(1),
        };
        let (none, cause) = (References::default(), Cause::of("treasury:maria"));
        self.desk.execute::<QuoteDecider>(&mut slot, "QuoteRate", &command.into(), &none, cause).ok()?;
        Some(slot)
    }
}

fn by_process(command_id: uuid::Uuid) -> Cause {
    Cause { actor: PROCESS.to_owned(), reason: None, command_id: Some(command_id), chain: None }
}

/// A step of the process that goes to the order itself.
fn step_of_order(draft: &CommandDraft) -> Option<(uuid::Uuid, OrderCommand)> {
    Some((draft.command_id, OrderCommand::parse(&draft.command_type, &draft.payload).ok()?))
}
