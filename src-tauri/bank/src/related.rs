//! What belongs to whom: which streams are about the same subject, told by what their events name, never by how they are called.
//!
//! A customer has accounts; an account has the transfers that move its money (holds are events of the account itself) and the
//! orders that do so later; a transfer names the order that it carries out, and the quote of its rate. Processes keep their
//! events in these streams. What hangs on the other end of a transfer is somebody else's.

use std::collections::BTreeSet;

use es_core::{Decider, DomainEvent, EventFilter, ProjectedEvent, StreamName, UpcasterRegistry};

use crate::account::{AccountDecider, AccountEvent};
use crate::customer::{CustomerDecider, CustomerEvent};
use crate::ids::AccountId;
use crate::order::{CATEGORY as ORDER, OrderEvent};
use crate::transfer::{CATEGORY as TRANSFER, TransferEvent};

const ACCOUNT: &str = AccountDecider::CATEGORY;
const CUSTOMER: &str = CustomerDecider::CATEGORY;

/// Streams that an event names as belonging to its own stream.
#[must_use]
pub fn named_by(event: &ProjectedEvent<'_>) -> BTreeSet<StreamName> {
    let (event_type, payload) = (&*event.current.event_type, &*event.current.payload);
    let mut named = BTreeSet::new();
    match event.recorded.stream.category() {
        CUSTOMER => {
            if let Ok(CustomerEvent::AccountLinked(linked)) = CustomerEvent::decode(event_type, payload) {
                named.insert(linked.account_id.stream());
            }
        }
        ACCOUNT => {
            let transfer = match AccountEvent::decode(event_type, payload) {
                Ok(AccountEvent::TransferDebited(moved)) => Some(moved.transfer_id),
                Ok(AccountEvent::TransferCredited(moved)) => Some(moved.transfer_id),
                Ok(AccountEvent::TransferDebitReturned(moved)) => Some(moved.transfer_id),
                _ => None,
            };
            named.extend(transfer.map(|transfer| transfer.stream()));
        }
        TRANSFER => {
            if let Ok(TransferEvent::TransferRequested(asked)) = TransferEvent::decode(event_type, payload) {
                named.extend(asked.quote_id.map(|quote| quote.stream()));
            }
        }
        ORDER => {
            let transfer = match OrderEvent::decode(event_type, payload) {
                Ok(OrderEvent::OrderExecutionStarted(begun)) => Some(begun.transfer_id),
                _ => None,
            };
            named.extend(transfer.map(|transfer| transfer.stream()));
        }
        _ => {}
    }
    named
}

/// Streams whose subject an event says its own stream to belong to.
#[must_use]
pub fn owners_of(event: &ProjectedEvent<'_>) -> BTreeSet<StreamName> {
    let (event_type, payload) = (&*event.current.event_type, &*event.current.payload);
    let of = |accounts: &[&AccountId]| accounts.iter().map(|account| account.stream()).collect();
    match event.recorded.stream.category() {
        ACCOUNT => match AccountEvent::decode(event_type, payload) {
            Ok(AccountEvent::AccountOpened(opened)) => [opened.customer_id.stream()].into(),
            _ => BTreeSet::new(),
        },
        TRANSFER => match TransferEvent::decode(event_type, payload) {
            Ok(TransferEvent::TransferRequested(asked)) => of(&[&asked.source, &asked.target]),
            _ => BTreeSet::new(),
        },
        // Who receives by an order has the transfers that it makes, and knows nothing of the order.
        ORDER => match OrderEvent::decode(event_type, payload) {
            Ok(OrderEvent::ScheduledTransferCreated(created)) => of(&[&created.source]),
            Ok(OrderEvent::StandingOrderCreated(created)) => of(&[&created.source]),
            _ => BTreeSet::new(),
        },
        _ => BTreeSet::new(),
    }
}

/// Events that may say of their streams that they belong to a stream: what has to be looked at with [`owners_of`]. Nothing where
/// no stream says so.
#[must_use]
pub fn naming(owner: &StreamName, upcasters: &UpcasterRegistry) -> Option<EventFilter> {
    let current: &[&str] = match owner.category() {
        CUSTOMER => &["AccountOpened"],
        ACCOUNT => &["TransferRequested", "ScheduledTransferCreated", "StandingOrderCreated"],
        _ => return None,
    };
    let id = Some(owner.id()).filter(|id| !id.is_empty())?;
    // And the types that such events were stored as before.
    let mut known: BTreeSet<&str> = current.iter().copied().collect();
    loop {
        let becomes = |target: &(&str, u32)| known.contains(target.0);
        let older = upcasters.upcasters().filter(|upcaster| upcaster.targets.iter().any(becomes));
        let older: Vec<&str> = older.map(|upcaster| upcaster.event_type).filter(|name| !known.contains(name)).collect();
        if older.is_empty() {
            break;
        }
        known.extend(older);
    }
    let event_types = known.into_iter().map(str::to_owned).collect();
    Some(EventFilter { event_types, contains: Some(id.to_owned()), ..EventFilter::default() })
}
