//! Why a customer's case refuses.

use chrono::{DateTime, NaiveDate, Utc};

use super::events::ScreeningOutcome;
use super::state::CustomerStatus;
use crate::declare::rejections;
use crate::ids::{AccountId, CustomerId};

rejections! {
    /// A rule of customers that refuses.
    pub enum CustomerRejection {
        CustomerNotFound "customer_not_found"
            "There is no customer {customer_id}."
            => "Es gibt keinen Kunden {customer_id}."
            { customer_id: CustomerId }
        CustomerExists "customer_exists"
            "Customer {customer_id} exists already; choose another number."
            => "Kunden {customer_id} gibt es bereits; eine andere Nummer wählen."
            { customer_id: CustomerId }
        WrongStatus "wrong_status"
            "Customer {customer_id} is {status}; this needs a customer who is {needed}."
            => "Kunde {customer_id} ist {status}; nötig ist ein Kunde, der so geführt wird: {needed}."
            { customer_id: CustomerId, status: CustomerStatus, needed: &'static str }
        CustomerClosed "customer_closed"
            "The relation with customer {customer_id} has ended."
            => "Die Geschäftsbeziehung mit Kunde {customer_id} ist beendet."
            { customer_id: CustomerId }
        CustomerRejected "customer_rejected"
            "Customer {customer_id} was not accepted."
            => "Kunde {customer_id} wurde nicht angenommen."
            { customer_id: CustomerId }
        BirthDateInTheFuture "birth_date_in_the_future"
            "The birth date {birth_date} is after today, {today}."
            => "Das Geburtsdatum {birth_date} liegt nach dem heutigen Tag, {today}."
            { birth_date: NaiveDate, today: NaiveDate }
        DocumentExpired "document_expired"
            "The document was valid until {valid_until}; today is {today}."
            => "Das Ausweisdokument war bis {valid_until} gültig; heute ist der {today}."
            { valid_until: NaiveDate, today: NaiveDate }
        IdentificationMissing "identification_missing"
            "Customer {customer_id} has submitted no document."
            => "Kunde {customer_id} hat kein Ausweisdokument vorgelegt."
            { customer_id: CustomerId }
        ScreeningMissing "screening_missing"
            "Customer {customer_id} has not been screened."
            => "Kunde {customer_id} wurde nicht mit Sanktionslisten abgeglichen."
            { customer_id: CustomerId }
        ScreeningNotClear "screening_not_clear"
            "The newest screening of customer {customer_id} is: {outcome}."
            => "Der jüngste Listenabgleich von Kunde {customer_id} ergab: {outcome}."
            { customer_id: CustomerId, outcome: ScreeningOutcome }
        RiskNotAssessed "risk_not_assessed"
            "The risk of customer {customer_id} has not been rated."
            => "Das Risiko von Kunde {customer_id} wurde nicht eingestuft."
            { customer_id: CustomerId }
        SamePerson "same_person"
            "{actor} prepared the case of customer {customer_id} and cannot approve it; a second person must."
            => "{actor} hat den Fall von Kunde {customer_id} vorbereitet und kann ihn nicht freigeben; das muss eine zweite Person tun."
            { actor: String, customer_id: CustomerId }
        TooManyPreparers "too_many_preparers"
            "{most} people have prepared the case of customer {customer_id}; reject it and begin anew."
            => "{most} Personen haben den Fall von Kunde {customer_id} vorbereitet; ablehnen und neu beginnen."
            { most: usize, customer_id: CustomerId }
        RestrictedForReview "restricted_for_review"
            "Customer {customer_id} is restricted because the review due on {due_on} was not done; only a review ends that."
            => "Kunde {customer_id} ist eingeschränkt, weil die am {due_on} fällige Überprüfung nicht erfolgt ist; nur eine Überprüfung hebt das auf."
            { customer_id: CustomerId, due_on: NaiveDate }
        DeathInTheFuture "death_in_the_future"
            "The day of death {died_on} is after today, {today}."
            => "Der Todestag {died_on} liegt nach dem heutigen Tag, {today}."
            { died_on: NaiveDate, today: NaiveDate }
        FreezesNotSettled "freezes_not_settled"
            "Account {account_id} of customer {customer_id} still has {count} freezes of earlier suspensions to be settled; the process customer_accounts must catch up first."
            => "Konto {account_id} von Kunde {customer_id} hat noch {count} unerledigte Sperren früherer Aussetzungen; zuerst muss der Prozess customer_accounts aufholen."
            { account_id: AccountId, customer_id: CustomerId, count: usize }
        AccountsOpen "accounts_open"
            "Customer {customer_id} has {count} open accounts, for example {account_id}; close them first."
            => "Kunde {customer_id} hat {count} offene Konten, etwa {account_id}; zuerst schließen."
            { customer_id: CustomerId, count: usize, account_id: AccountId }
        AccountNotFound "account_not_found"
            "There is no account {account_id}."
            => "Es gibt kein Konto {account_id}."
            { account_id: AccountId }
        NotTheHolder "not_the_holder"
            "Account {account_id} belongs to customer {holder}, not to {customer_id}."
            => "Konto {account_id} gehört Kunde {holder}, nicht {customer_id}."
            { account_id: AccountId, holder: CustomerId, customer_id: CustomerId }
        AccountStillOpen "account_still_open"
            "Account {account_id} is not closed."
            => "Konto {account_id} ist nicht geschlossen."
            { account_id: AccountId }
        TooManyAccounts "too_many_accounts"
            "Customer {customer_id} has {most} open accounts, which is the most possible."
            => "Kunde {customer_id} hat {most} offene Konten; mehr sind nicht möglich."
            { customer_id: CustomerId, most: usize }
        ReviewNotDue "review_not_due"
            "The next review of customer {customer_id} is due on {due_on}; it is {now}."
            => "Die nächste Überprüfung von Kunde {customer_id} ist am {due_on} fällig; jetzt: {now}."
            { customer_id: CustomerId, due_on: NaiveDate, now: DateTime<Utc> }
        ReviewNotOverdue "review_not_overdue"
            "Customer {customer_id} has until {grace_until} for the due review; it is {now}."
            => "Für die fällige Überprüfung von Kunde {customer_id} ist bis {grace_until} Zeit; jetzt: {now}."
            { customer_id: CustomerId, grace_until: NaiveDate, now: DateTime<Utc> }
        NoReviewDue "no_review_due"
            "No review of customer {customer_id} is due."
            => "Für Kunde {customer_id} ist keine Überprüfung fällig."
            { customer_id: CustomerId }
        NoReviewSubmitted "no_review_submitted"
            "No review of customer {customer_id} waits for an approval."
            => "Keine Überprüfung von Kunde {customer_id} wartet auf Freigabe."
            { customer_id: CustomerId }
        ReviewedBySamePerson "reviewed_by_same_person"
            "{actor} reviewed customer {customer_id} and cannot approve that; a second person must."
            => "{actor} hat Kunde {customer_id} überprüft und kann das nicht freigeben; das muss eine zweite Person tun."
            { actor: String, customer_id: CustomerId }
        RelationNotEnded "relation_not_ended"
            "Customer {customer_id} is {status}; personal data can be erased only after the end of the relation."
            => "Kunde {customer_id} ist {status}; personenbezogene Daten können erst nach dem Ende der Geschäftsbeziehung gelöscht werden."
            { customer_id: CustomerId, status: CustomerStatus }
        ErasureRequestedBefore "erasure_requested_before"
            "The erasure for customer {customer_id} was requested on {requested_on}; the law keeps the data until {retained_until}."
            => "Die Löschung für Kunde {customer_id} wurde am {requested_on} beantragt; das Gesetz verlangt die Aufbewahrung bis {retained_until}."
            { customer_id: CustomerId, requested_on: NaiveDate, retained_until: NaiveDate }
        NoErasureRequested "no_erasure_requested"
            "Nobody has requested an erasure for customer {customer_id}."
            => "Für Kunde {customer_id} wurde keine Löschung beantragt."
            { customer_id: CustomerId }
        RetentionNotOver "retention_not_over"
            "The law keeps the data of customer {customer_id} until {retained_until}; it is {now}."
            => "Das Gesetz verlangt die Aufbewahrung der Daten von Kunde {customer_id} bis {retained_until}; jetzt: {now}."
            { customer_id: CustomerId, retained_until: NaiveDate, now: DateTime<Utc> }
        DataErased "data_erased"
            "The personal data of customer {customer_id} were erased on {erased_on}."
            => "Die personenbezogenen Daten von Kunde {customer_id} wurden am {erased_on} gelöscht."
            { customer_id: CustomerId, erased_on: NaiveDate }
    }
}
