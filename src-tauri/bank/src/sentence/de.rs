//! Events in German.

use super::{after_colon, quoted};
use crate::account::{AccountEvent, Product};
use crate::customer::{CustomerEvent, RiskRating, ScreeningOutcome};
use crate::exchange::QuoteEvent;
use crate::language::{
    Language, german_day as day, german_moment as moment, german_money as money, german_value, stored,
};
use crate::ledger::{LedgerEvent, PeriodChange};
use crate::money::{Amount, Limit};
use crate::order::{Interval, OrderEvent};
use crate::posting::{Postings, Side};
use crate::transaction::TransactionEvent;
use crate::transfer::TransferEvent;

/// A text that the bank itself may have put into the event, such as why a rule refused; what people wrote stays as it is.
fn words(text: &str) -> String {
    quoted(&stored(text, Language::German))
}

/// A number with a unit that is not money of whole minor units: interest, rates.
fn figure(english: &str) -> String {
    german_value(english).unwrap_or_else(|| english.to_owned())
}

fn product(product: Product) -> &'static str {
    match product {
        Product::Current => "Girokonto",
        Product::Savings => "Sparkonto",
        Product::Business => "Geschäftskonto",
    }
}

fn risk(rating: RiskRating) -> &'static str {
    match rating {
        RiskRating::Low => "niedriges",
        RiskRating::Medium => "mittleres",
        RiskRating::High => "hohes",
    }
}

fn screening(outcome: ScreeningOutcome) -> &'static str {
    match outcome {
        ScreeningOutcome::Clear => "kein Treffer",
        ScreeningOutcome::PossibleMatch => "möglicher Treffer",
        ScreeningOutcome::ConfirmedMatch => "bestätigter Treffer",
    }
}

/// What a fee adds to a sentence.
fn with_fee(fee: Option<Amount>) -> String {
    fee.map_or_else(String::new, |fee| format!(", mit einer Gebühr von {}", money(fee)))
}

pub(super) fn of_account(event: &AccountEvent) -> String {
    match event {
        AccountEvent::AccountOpened(e) => {
            let (account, kind, currency, customer) = (&e.account_id, product(e.product), e.currency, &e.customer_id);
            format!("Konto {account} eröffnet: {kind} in {currency} für Kunde {customer}")
        }
        AccountEvent::MoneyDeposited(e) => format!("Einzahlung von {}: {}", money(e.amount), words(&e.text)),
        AccountEvent::MoneyWithdrawn(e) => format!("Auszahlung von {}: {}", money(e.amount), words(&e.text)),
        AccountEvent::HoldPlaced(e) => {
            format!("Vormerkung {} über {} angelegt: {}", e.hold_id, money(e.amount), words(&e.purpose))
        }
        AccountEvent::HoldChanged(e) => {
            let until = e.expires_at.format("%d.%m.%Y, %H:%M UTC");
            format!("Vormerkung {} geändert auf {}, bis {until}", e.hold_id, money(e.amount))
        }
        AccountEvent::HoldCaptured(e) => {
            format!("Vormerkung {} mit {} eingelöst: {}", e.hold_id, money(e.amount), words(&e.text))
        }
        AccountEvent::HoldReleased(e) => format!("Vormerkung {} freigegeben: {}", e.hold_id, words(&e.reason)),
        AccountEvent::HoldExpired(e) => format!("Vormerkung {} verfallen", e.hold_id),
        AccountEvent::TransferDebited(e) => {
            let (id, amount, fee) = (&e.transfer_id, money(e.amount), with_fee(e.fee));
            format!("Überweisung {id}: {amount} belastet, unterwegs{fee}")
        }
        AccountEvent::TransferCredited(e) if e.from_transit != e.amount => {
            let (id, amount, left) = (&e.transfer_id, money(e.amount), money(e.from_transit));
            format!("Überweisung {id}: {amount} für {left} von unterwegs gutgeschrieben")
        }
        AccountEvent::TransferCredited(e) => {
            format!("Überweisung {}: {} von unterwegs gutgeschrieben", e.transfer_id, money(e.amount))
        }
        AccountEvent::TransferDebitReturned(e) => {
            let (id, amount, fee, reason) = (&e.transfer_id, money(e.amount), with_fee(e.fee), words(&e.reason));
            format!("Überweisung {id}: {amount} von unterwegs zurückgebucht{fee}: {reason}")
        }
        AccountEvent::AccountFrozen(e) => format!("Konto zu Fall {} gesperrt: {}", e.case_id, words(&e.reason)),
        AccountEvent::AccountUnfrozen(e) => format!("Sperre zu Fall {} aufgehoben", e.case_id),
        AccountEvent::OverdraftProposed(e) => {
            let (limit, who) = (money(e.overdraft_limit), quoted(&e.proposed_by));
            format!("Dispositionskredit von {limit} von {who} vorgeschlagen")
        }
        AccountEvent::OverdraftDeclined(e) => {
            let (who, reason) = (quoted(&e.declined_by), quoted(&e.reason));
            format!("Vorgeschlagener Dispositionskredit von {who} abgelehnt: {reason}")
        }
        AccountEvent::OverdraftSet(e) => {
            let limit = money(e.overdraft_limit);
            match &e.approved_by {
                Some(second) => format!("Dispositionskredit auf {limit} gesetzt, freigegeben von {}", quoted(second)),
                None => format!("Dispositionskredit auf {limit} gesetzt"),
            }
        }
        AccountEvent::FeeCharged(e) => format!("Gebühr von {}: {}", money(e.amount), words(&e.text)),
        AccountEvent::PostingReversed(e) => {
            let (id, amount, reason) = (&e.original_entry_id, money(e.amount), quoted(&e.reason));
            format!("Buchung {id} über {amount} storniert: {reason}")
        }
        AccountEvent::FeeWaived(e) => {
            let (amount, id, reason) = (money(e.amount), &e.original_entry_id, quoted(&e.reason));
            format!("Gebühr von {amount} (Buchung {id}) erlassen: {reason}")
        }
        AccountEvent::LimitsSet(e) => {
            let of = |limit: &Option<Limit>| limit.map_or_else(|| "keines".to_owned(), money);
            let (at_once, per_day, per_month) = (of(&e.per_transaction), of(&e.per_day), of(&e.per_month));
            format!("Limits gesetzt: je Umsatz {at_once}, Tageslimit {per_day}, Monatslimit {per_month}")
        }
        AccountEvent::AccountMarkedDormant(e) => format!("Konto ruhend gestellt: {}", quoted(&e.reason)),
        AccountEvent::AccountReactivated(e) => format!("Konto reaktiviert: {}", quoted(&e.reason)),
        AccountEvent::InterestRateSet(e) => {
            let rate = figure(&e.rate_parts_per_million.to_string());
            let below = figure(&e.overdraft_rate_parts_per_million.to_string());
            format!("Zinssatz {rate} ({below} im Soll) ab {}, {}", day(e.valid_from), e.day_count)
        }
        AccountEvent::InterestAccrued(e) => {
            let currency = e.periods.first().map(|period| period.balance.currency());
            let earned = currency.map_or_else(|| e.interest.to_string(), |currency| e.interest.in_words(currency));
            format!("Zinsen von {} abgegrenzt, von {} bis {}", figure(&earned), day(e.from), day(e.through))
        }
        AccountEvent::InterestPosted(e) => {
            let carried = figure(&e.carried.in_words(e.amount.currency()));
            format!("{}: {} gebucht, {carried} vorgetragen", words(&e.text), money(e.amount))
        }
        AccountEvent::LinkedToCustomer(e) => format!("Konto bei Kunde {} verzeichnet", e.customer_id),
        AccountEvent::LinkToCustomerRefused(e) => {
            format!("Konto konnte bei Kunde {} nicht verzeichnet werden: {}", e.customer_id, words(&e.message))
        }
        AccountEvent::UnlinkedFromCustomer(e) => format!("Konto bei Kunde {} nicht mehr verzeichnet", e.customer_id),
        AccountEvent::PeriodOpened(e) => {
            format!("Periode ab {} eröffnet, Vortrag {}", day(e.period_from), money(e.settled))
        }
        AccountEvent::AccountClosed(e) => format!("Konto geschlossen: {}", quoted(&e.reason)),
    }
}

pub(super) fn of_transfer(event: &TransferEvent) -> String {
    match event {
        TransferEvent::TransferRequested(e) => {
            let (id, amount, source, target) = (&e.transfer_id, money(e.amount), &e.source, &e.target);
            let (fee, reference) = (with_fee(e.fee), after_colon(&e.reference));
            format!("Überweisung {id} über {amount} von {source} an {target} beantragt{fee}{reference}")
        }
        TransferEvent::TransferValidated(e) => match &e.exchange {
            None => format!("Überweisung {}: beide Konten können teilnehmen", e.transfer_id),
            Some(pinned) => {
                let (id, rate, quote, arrives) =
                    (&e.transfer_id, pinned.rate, &pinned.quote_id, money(pinned.converted));
                format!(
                    "Überweisung {id}: beide Konten können teilnehmen; {arrives} kommen an, zu {rate}, Kurs {quote}"
                )
            }
        },
        TransferEvent::TransferApprovalRequested(e) => {
            format!("Überweisung {} liegt über {} und wartet auf eine zweite Person", e.transfer_id, money(e.threshold))
        }
        TransferEvent::TransferApproved(e) => {
            format!("Überweisung {} von {} freigegeben", e.transfer_id, quoted(&e.approved_by))
        }
        TransferEvent::TransferRefused(e) => {
            format!("Überweisung {} von {} abgelehnt: {}", e.transfer_id, quoted(&e.refused_by), quoted(&e.reason))
        }
        TransferEvent::TransferApprovalExpired(e) => {
            format!("Überweisung {}: bis {} von niemandem freigegeben", e.transfer_id, moment(e.expired_at))
        }
        TransferEvent::SourceReserved(e) => {
            format!("Überweisung {}: Betrag beim Auftraggeber vorgemerkt", e.transfer_id)
        }
        TransferEvent::SourceDebited(e) => format!("Überweisung {}: Betrag ist unterwegs", e.transfer_id),
        TransferEvent::TransferCompleted(e) => format!("Überweisung {} abgeschlossen", e.transfer_id),
        TransferEvent::TransferRejected(e) => format!("Überweisung {} abgelehnt: {}", e.transfer_id, words(&e.message)),
        TransferEvent::TransferFailed(e) => {
            format!("Überweisung {} fehlgeschlagen: {}", e.transfer_id, words(&e.message))
        }
        TransferEvent::TransferCancelled(e) => {
            format!("Überweisung {} widerrufen: {}", e.transfer_id, quoted(&e.reason))
        }
        TransferEvent::SourceReleaseRefused(e) => {
            let (id, hold, reason) = (&e.transfer_id, &e.hold_id, words(&e.message));
            format!("Überweisung {id}: Vormerkung {hold} wurde nicht freigegeben: {reason}")
        }
        TransferEvent::SourceReleased(e) => {
            format!("Überweisung {}: beim Auftraggeber ist nichts mehr vorgemerkt", e.transfer_id)
        }
        TransferEvent::CompensationStarted(e) => {
            format!("Überweisung {}: der Betrag geht zurück: {}", e.transfer_id, words(&e.message))
        }
        TransferEvent::TransferCompensated(e) => format!("Überweisung {}: der Betrag ist zurück", e.transfer_id),
        TransferEvent::TransferParked(e) => {
            let (id, amount, fee, reason) = (&e.transfer_id, money(e.amount), with_fee(e.fee), words(&e.message));
            format!("Überweisung {id}: {amount} auf dem Klärungskonto geparkt{fee}: {reason}")
        }
        TransferEvent::TransferUnparked(e) => {
            let (id, amount, beneficiary) = (&e.transfer_id, money(e.amount), &e.beneficiary);
            let (who, reason) = (quoted(&e.resolved_by), quoted(&e.reason));
            format!(
                "Überweisung {id}: {amount} von {who} dem Klärungskonto entnommen für Konto {beneficiary}: {reason}"
            )
        }
        TransferEvent::ParkedTransferResolved(e) => {
            format!("Überweisung {}: der geparkte Betrag ist auf Konto {} angekommen", e.transfer_id, e.beneficiary)
        }
        TransferEvent::TransferOverdue(e) => {
            let (id, status, since) = (&e.transfer_id, words(&e.status), moment(e.since));
            format!("Überweisung {id} ist überfällig: noch immer {status}, fällig seit {since}")
        }
        TransferEvent::OrderInformed(e) => {
            let (id, order, due) = (&e.transfer_id, &e.order_id, day(e.due_on));
            format!("Überweisung {id}: Auftrag {order} weiß, wie sein Tag {due} ausging")
        }
    }
}

pub(super) fn of_customer(event: &CustomerEvent) -> String {
    match event {
        CustomerEvent::CustomerRegistered(e) => {
            let name = format!("{} {}", e.given_name, e.family_name);
            format!("Kunde {} angelegt: {}", e.customer_id, quoted(name.trim()))
        }
        CustomerEvent::IdentificationSubmitted(e) => {
            format!("Kunde {} hat ein Ausweisdokument vorgelegt, gültig bis {}", e.customer_id, day(e.valid_until))
        }
        CustomerEvent::ScreeningRecorded(e) => {
            format!("Listenabgleich für Kunde {}: {}, {}", e.customer_id, screening(e.outcome), quoted(&e.note))
        }
        CustomerEvent::RiskAssessed(e) => {
            format!("Kunde {} eingestuft, {} Risiko: {}", e.customer_id, risk(e.rating), quoted(&e.rationale))
        }
        CustomerEvent::OnboardingApproved(e) => {
            format!("Kunde {} von {} angenommen", e.customer_id, quoted(&e.approved_by))
        }
        CustomerEvent::OnboardingRejected(e) => {
            format!("Kunde {} nicht angenommen: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::ContactDetailsChanged(e) => format!("Kunde {} hat neue Kontaktdaten", e.customer_id),
        CustomerEvent::CustomerRestricted(e) => format!("Kunde {} eingeschränkt: {}", e.customer_id, quoted(&e.reason)),
        CustomerEvent::CustomerRestrictionLifted(e) => {
            format!("Einschränkung von Kunde {} aufgehoben: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::CustomerSuspended(e) => format!("Kunde {} ausgesetzt: {}", e.customer_id, quoted(&e.reason)),
        CustomerEvent::CustomerReinstated(e) => {
            format!("Aussetzung von Kunde {} aufgehoben: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::CustomerDeceased(e) => {
            format!("Kunde {} am {} verstorben: {}", e.customer_id, day(e.died_on), quoted(&e.evidence))
        }
        CustomerEvent::AccountLinked(e) => format!("Kunde {} hat Konto {}", e.customer_id, e.account_id),
        CustomerEvent::AccountUnlinked(e) => format!("Kunde {} hat Konto {} nicht mehr", e.customer_id, e.account_id),
        CustomerEvent::AccountFreezeRecorded(e) => {
            format!("Konto {} von Kunde {} ist zu Fall {} gesperrt", e.account_id, e.customer_id, e.case_id)
        }
        CustomerEvent::AccountFreezeRefused(e) => {
            let (account, customer) = (&e.account_id, &e.customer_id);
            format!("Konto {account} von Kunde {customer} konnte nicht gesperrt werden: {}", words(&e.message))
        }
        CustomerEvent::AccountFreezeLifted(e) => {
            let (account, customer, case) = (&e.account_id, &e.customer_id, &e.case_id);
            format!("Sperre von Konto {account} von Kunde {customer} zu Fall {case} aufgehoben")
        }
        CustomerEvent::AccountFreezeGone(e) => {
            let (account, customer) = (&e.account_id, &e.customer_id);
            format!("Keine Sperre mehr aufzuheben auf Konto {account} von Kunde {customer}: {}", words(&e.message))
        }
        CustomerEvent::KycReviewDue(e) => {
            let (customer, due, until) = (&e.customer_id, day(e.due_on), day(e.grace_until));
            format!("Überprüfung von Kunde {customer} seit {due} fällig, zu erledigen bis {until}")
        }
        CustomerEvent::CustomerRestrictedForReview(e) => {
            format!("Kunde {} eingeschränkt: {}", e.customer_id, words(&e.reason))
        }
        CustomerEvent::KycReviewSubmitted(e) => {
            format!("Überprüfung von Kunde {} wartet auf eine zweite Person: {}", e.customer_id, quoted(&e.findings))
        }
        CustomerEvent::KycReviewCompleted(e) => {
            format!("Kunde {} überprüft, {} Risiko: {}", e.customer_id, risk(e.rating), quoted(&e.findings))
        }
        CustomerEvent::ErasureRequested(e) => {
            let (customer, until) = (&e.customer_id, day(e.retained_until));
            format!("Löschung für Kunde {customer} beantragt; das Gesetz verlangt die Aufbewahrung bis {until}")
        }
        CustomerEvent::ErasureRequestWithdrawn(e) => {
            format!("Löschantrag für Kunde {} zurückgezogen: {}", e.customer_id, quoted(&e.reason))
        }
        CustomerEvent::PersonalDataRevealed(e) => {
            let (who, customer, reason) = (quoted(&e.revealed_to), &e.customer_id, quoted(&e.reason));
            format!("{who} hat personenbezogene Daten von Kunde {customer} eingesehen: {reason}")
        }
        CustomerEvent::PersonalDataErased(e) => {
            format!("Personenbezogene Daten von Kunde {} gelöscht", e.customer_id)
        }
        CustomerEvent::CustomerClosed(e) => {
            format!("Geschäftsbeziehung mit Kunde {} beendet: {}", e.customer_id, quoted(&e.reason))
        }
    }
}

pub(super) fn of_transaction(event: &TransactionEvent) -> String {
    match event {
        TransactionEvent::EntryDrafted(e) => {
            let (id, who, legs) = (&e.transaction_id, quoted(&e.drafted_by), legs(&e.postings));
            format!("Buchung {id} von {who} entworfen: {}; {legs}", quoted(&e.description))
        }
        TransactionEvent::EntrySubmitted(e) => {
            format!("Buchung {} von {} zur Freigabe eingereicht", e.transaction_id, quoted(&e.submitted_by))
        }
        TransactionEvent::EntryApproved(e) => {
            format!("Buchung {} von {} freigegeben", e.transaction_id, quoted(&e.approved_by))
        }
        TransactionEvent::EntryPosted(e) => {
            format!("Buchung {} gebucht: {}; {}", e.transaction_id, quoted(&e.text), legs(&e.postings))
        }
        TransactionEvent::EntryRejected(e) => {
            format!("Buchung {} von {} abgelehnt: {}", e.transaction_id, quoted(&e.rejected_by), quoted(&e.reason))
        }
        TransactionEvent::EntryExpired(e) => {
            format!("Buchung {} verfallen: nicht vor dem {} gebucht", e.transaction_id, day(e.expired_on))
        }
        TransactionEvent::EntryReversed(e) => {
            format!("Buchung {} storniert: {}; {}", e.transaction_id, quoted(&e.reason), legs(&e.postings))
        }
    }
}

pub(super) fn of_order(event: &OrderEvent) -> String {
    match event {
        OrderEvent::ScheduledTransferCreated(e) => {
            let (id, amount, source, target) = (&e.order_id, money(e.amount), &e.source, &e.target);
            format!("Auftrag {id}: {amount} von {source} an {target} am {}{}", day(e.due_on), after_colon(&e.reference))
        }
        OrderEvent::StandingOrderCreated(e) => {
            let (id, amount, source, target) = (&e.order_id, money(e.amount), &e.source, &e.target);
            let (interval, first, reference) = (interval(e.interval), day(e.first_on), after_colon(&e.reference));
            format!("Auftrag {id}: {amount} von {source} an {target} {interval} ab {first}{reference}")
        }
        OrderEvent::StandingOrderChanged(e) => {
            format!("Auftrag {} geändert: {} an {}{}", e.order_id, money(e.amount), e.target, after_colon(&e.reference))
        }
        OrderEvent::OrderSuspended(e) => format!("Auftrag {} ausgesetzt: {}", e.order_id, quoted(&e.reason)),
        OrderEvent::OrderResumed(e) => {
            format!("Auftrag {} wieder aufgenommen, {} Tage entfallen: {}", e.order_id, e.left_out, quoted(&e.reason))
        }
        OrderEvent::OrderCancelled(e) => format!("Auftrag {} widerrufen: {}", e.order_id, quoted(&e.reason)),
        OrderEvent::OrderExecutionsMissed(e) => {
            let (id, count, first, last) = (&e.order_id, e.count, day(e.first_on), day(e.last_on));
            format!("Auftrag {id} hat {count} Tage von {first} bis {last} versäumt")
        }
        OrderEvent::OrderExecutionStarted(e) => {
            let (id, due, transfer) = (&e.order_id, day(e.due_on), &e.transfer_id);
            format!("Auftrag {id}: Ausführung vom {due} als Überweisung {transfer} begonnen")
        }
        OrderEvent::OrderTransferRequested(e) => {
            format!("Auftrag {}: Überweisung {} für {} beantragt", e.order_id, e.transfer_id, day(e.due_on))
        }
        OrderEvent::OrderExecuted(e) => format!("Auftrag {}: {} ausgeführt", e.order_id, day(e.due_on)),
        OrderEvent::OrderExecutionFailed(e) => {
            let (id, due, reason) = (&e.order_id, day(e.due_on), words(&e.message));
            format!("Auftrag {id}: Ausführung vom {due} fehlgeschlagen: {reason}")
        }
    }
}

fn interval(interval: Interval) -> &'static str {
    match interval {
        Interval::Weekly => "wöchentlich",
        Interval::Fortnightly => "vierzehntäglich",
        Interval::Monthly => "monatlich",
        Interval::Quarterly => "vierteljährlich",
        Interval::HalfYearly => "halbjährlich",
        Interval::Yearly => "jährlich",
    }
}

pub(super) fn of_quote(event: &QuoteEvent) -> String {
    match event {
        QuoteEvent::RateQuoted(e) => {
            let (id, rate) = (&e.quote_id, figure(&e.rate.in_words(e.source_currency, e.target_currency)));
            format!("Kurs {id}: {rate} bis {}", moment(e.valid_until))
        }
        QuoteEvent::QuoteWithdrawn(e) => format!("Kurs {} zurückgezogen: {}", e.quote_id, quoted(&e.reason)),
    }
}

pub(super) fn of_ledger(event: &LedgerEvent) -> String {
    match event {
        LedgerEvent::PeriodChangeProposed(e) => {
            let what = match e.change {
                PeriodChange::Close => "Abschluss aller Tage bis einschließlich",
                PeriodChange::Reopen => "Wiedereröffnung aller Tage ab",
            };
            format!("{what} {} von {} vorgeschlagen: {}", day(e.day), quoted(&e.proposed_by), quoted(&e.reason))
        }
        LedgerEvent::PeriodClosed(e) => {
            let (through, who) = (day(e.through), quoted(&e.approved_by));
            format!("Hauptbuch bis einschließlich {through} abgeschlossen, freigegeben von {who}")
        }
        LedgerEvent::PeriodReopened(e) => {
            format!("Hauptbuch ab {} wieder geöffnet, freigegeben von {}", day(e.from), quoted(&e.approved_by))
        }
        LedgerEvent::PeriodChangeDeclined(e) => {
            let (who, reason) = (quoted(&e.declined_by), quoted(&e.reason));
            format!("Änderung der Perioden des Hauptbuchs von {who} abgelehnt: {reason}")
        }
    }
}

/// The legs of an entry, or how many there are where they would fill the line.
fn legs(postings: &Postings) -> String {
    if postings.legs().len() > 3 {
        return format!("{} Posten", postings.legs().len());
    }
    let legs = postings.iter().map(|leg| {
        let side = if leg.side == Side::Debit { "S" } else { "H" };
        format!("{side} {} {}", leg.account, money(leg.amount))
    });
    legs.collect::<Vec<_>>().join(", ")
}
