//! The bank as one value, for engines and inspectors.

use std::sync::Arc;

use es_core::{Domain, Erased, RegistryError, UpcasterRegistry};

use crate::account::{AccountCommand, AccountDecider, AccountEvent};
use crate::customer::{CustomerCommand, CustomerDecider, CustomerEvent};
use crate::exchange::{QuoteCommand, QuoteDecider, QuoteEvent};
use crate::ledger::{LedgerCommand, LedgerDecider, LedgerEvent};
use crate::order::{OrderCommand, OrderDecider, OrderEvent};
use crate::transaction::{TransactionCommand, TransactionDecider, TransactionEvent};
use crate::transfer::{TransferCommand, TransferDecider, TransferEvent};
use crate::{entry, language, processes, projections, sentence, upcasters};

/// Everything the bank brings.
///
/// # Errors
/// The upcasters contradict each other or the current versions; a test makes sure that they do not.
pub fn domain() -> Result<Domain, RegistryError> {
    let commands = [
        AccountCommand::descriptors(),
        TransferCommand::descriptors(),
        CustomerCommand::descriptors(),
        TransactionCommand::descriptors(),
        QuoteCommand::descriptors(),
        OrderCommand::descriptors(),
        LedgerCommand::descriptors(),
    ];
    let event_types = [
        AccountEvent::descriptors(),
        TransferEvent::descriptors(),
        CustomerEvent::descriptors(),
        TransactionEvent::descriptors(),
        QuoteEvent::descriptors(),
        OrderEvent::descriptors(),
        LedgerEvent::descriptors(),
    ];
    Ok(Domain {
        name: "Bank",
        aggregates: vec![
            Arc::new(Erased::<AccountDecider>::new()),
            Arc::new(Erased::<TransferDecider>::new()),
            Arc::new(Erased::<CustomerDecider>::new()),
            Arc::new(Erased::<TransactionDecider>::new()),
            Arc::new(Erased::<QuoteDecider>::new()),
            Arc::new(Erased::<OrderDecider>::new()),
            Arc::new(Erased::<LedgerDecider>::new()),
        ],
        upcasters: upcaster_registry()?,
        commands: commands.concat(),
        event_types: event_types.concat(),
        projections: projections::all(),
        processes: processes::all(),
        sentence: sentence::sentence,
        translation: |english, language| language::translation(english, language),
        value_date: entry::value_date,
    })
}

/// The bank's schema evolution.
///
/// # Errors
/// As [`domain`].
pub fn upcaster_registry() -> Result<UpcasterRegistry, RegistryError> {
    UpcasterRegistry::new(&upcasters::current_versions(), &upcasters::upcasters())
}
