//! Why a command to an order is refused.

use chrono::{DateTime, NaiveDate, Utc};

use super::state::OrderStatus;
use crate::declare::rejections;
use crate::ids::{AccountId, OrderId};

rejections! {
    /// A rule of orders that refuses.
    pub enum OrderRejection {
        OrderExists "order_exists"
            "Order {order_id} exists already and is {status}; choose another id."
            => "Auftrag {order_id} gibt es bereits ({status}); eine andere Kennung wählen."
            { order_id: OrderId, status: OrderStatus }
        OrderNotFound "order_not_found"
            "There is no order {order_id}."
            => "Es gibt keinen Auftrag {order_id}."
            { order_id: OrderId }
        SameAccount "same_account"
            "An order needs two different accounts; both are {account_id}."
            => "Ein Auftrag braucht zwei verschiedene Konten; beide sind {account_id}."
            { account_id: AccountId }
        AccountUnusable "account_unusable"
            "Account {account_id} cannot take part ({cause}): {reason}"
            => "Konto {account_id} kann nicht teilnehmen ({cause}): {reason}"
            { account_id: AccountId, cause: String, reason: String }
        TariffUnsound "tariff_unsound"
            "The fee cannot be charged ({cause}): {reason}"
            => "Die Gebühr kann nicht erhoben werden ({cause}): {reason}"
            { cause: String, reason: String }
        DateInThePast "date_in_the_past"
            "An order can begin on {today} at the earliest, not on {first_on}."
            => "Ein Auftrag kann frühestens am {today} beginnen, nicht am {first_on}."
            { first_on: NaiveDate, today: NaiveDate }
        TooFarAhead "too_far_ahead"
            "An order can begin on {latest} at the latest, not on {first_on}."
            => "Ein Auftrag kann spätestens am {latest} beginnen, nicht am {first_on}."
            { first_on: NaiveDate, latest: NaiveDate }
        TwoEnds "two_ends"
            "An order ends after {count} days or on {last_on}, not both."
            => "Ein Auftrag endet nach {count} Tagen oder am {last_on}, nicht beides."
            { count: u32, last_on: NaiveDate }
        NoDateLeft "no_date_left"
            "With its next day on {next_on} and its end {end}, the order would have no day left; cancel it instead."
            => "Mit dem nächsten Tag am {next_on} und dem Ende {end} bliebe dem Auftrag kein Tag; stattdessen widerrufen."
            { next_on: NaiveDate, end: String }
        NotAStandingOrder "not_a_standing_order"
            "Order {order_id} is for a single day; cancel it and order anew."
            => "Auftrag {order_id} gilt für einen einzigen Tag; widerrufen und neu erteilen."
            { order_id: OrderId }
        OtherCurrency "other_currency"
            "Order {order_id} is in {expected}; the change says {actual}."
            => "Auftrag {order_id} lautet auf {expected}; die Änderung nennt {actual}."
            { order_id: OrderId, expected: crate::money::Currency, actual: crate::money::Currency }
        OrderOver "order_over"
            "Order {order_id} is {status}; it does not come back."
            => "Auftrag {order_id} ist {status} und lebt nicht wieder auf."
            { order_id: OrderId, status: OrderStatus }
        AlreadySuspended "already_suspended"
            "Order {order_id} is suspended already."
            => "Auftrag {order_id} ist bereits ausgesetzt."
            { order_id: OrderId }
        NotSuspended "not_suspended"
            "Order {order_id} is not suspended."
            => "Auftrag {order_id} ist nicht ausgesetzt."
            { order_id: OrderId }
        NotDue "not_due"
            "Order {order_id} is due at {due_at}; it is only {now}."
            => "Auftrag {order_id} ist fällig: {due_at}; jetzt ist erst {now}."
            { order_id: OrderId, due_at: DateTime<Utc>, now: DateTime<Utc> }
    }
}
