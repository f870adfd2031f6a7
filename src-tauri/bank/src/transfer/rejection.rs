//! Why a command to a transfer is refused.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::state::TransferStatus;
use crate::declare::rejections;
use crate::ids::{AccountId, QuoteId, TransferId};
use crate::money::{Amount, Currency};

rejections! {
    /// A rule of transfers that refuses.
    pub enum TransferRejection {
        TransferExists "transfer_exists"
            "Transfer {transfer_id} exists already and is {status}; choose another id."
            => "Überweisung {transfer_id} gibt es bereits ({status}); eine andere Kennung wählen."
            { transfer_id: TransferId, status: TransferStatus }
        TransferNotFound "transfer_not_found"
            "There is no transfer {transfer_id}."
            => "Es gibt keine Überweisung {transfer_id}."
            { transfer_id: TransferId }
        SameAccount "same_account"
            "A transfer needs two different accounts; both are {account_id}."
            => "Eine Überweisung braucht zwei verschiedene Konten; beide sind {account_id}."
            { account_id: AccountId }
        NotCancellable "not_cancellable"
            "Transfer {transfer_id} is {status}; it can be cancelled only before the source account is debited."
            => "Überweisung {transfer_id} ist {status}; widerrufen werden kann sie nur vor der Belastung des Auftraggeberkontos."
            { transfer_id: TransferId, status: TransferStatus }
        DeadlineNotReached "deadline_not_reached"
            "Transfer {transfer_id} may run until {deadline}; it is only {now}."
            => "Überweisung {transfer_id} darf bis {deadline} laufen; jetzt ist erst {now}."
            { transfer_id: TransferId, deadline: DateTime<Utc>, now: DateTime<Utc> }
        OutOfTurn "out_of_turn"
            "Transfer {transfer_id} is {status}, so {step} does not fit."
            => "Überweisung {transfer_id} ist {status}; der Schritt {step} passt nicht dazu."
            { transfer_id: TransferId, status: TransferStatus, step: &'static str }
        OtherAccounts "other_accounts"
            "Transfer {transfer_id} is from account {source_account} to account {target_account} with {quote}; the step names others."
            => "Überweisung {transfer_id} geht von Konto {source_account} an Konto {target_account} ({quote}); der Schritt nennt andere."
            { transfer_id: TransferId, source_account: AccountId, target_account: AccountId, quote: String }
        TariffCurrency "tariff_currency"
            "The fee is charged in {expected}, the currency of the source account; the tariff says {actual}."
            => "Die Gebühr wird in {expected} erhoben, der Währung des Auftraggeberkontos; der Tarif nennt {actual}."
            { expected: Currency, actual: Currency }
        TariffBounds "tariff_bounds"
            "The tariff's minimum of {minimum} is above its maximum of {maximum}."
            => "Das Minimum des Tarifs von {minimum} liegt über seinem Maximum von {maximum}."
            { minimum: Amount, maximum: Amount }
        WholeBeyondCap "whole_beyond_cap"
            "{amount} and the fee cannot be debited together: {reason}."
            => "{amount} und die Gebühr können nicht zusammen belastet werden: {reason}."
            { amount: Amount, reason: String }
        QuoteNotFound "quote_not_found"
            "There is no quote {quote_id}."
            => "Es gibt keinen Kurs {quote_id}."
            { quote_id: QuoteId }
        QuoteWithdrawn "quote_withdrawn"
            "Quote {quote_id} was withdrawn; ask for another."
            => "Kurs {quote_id} wurde zurückgezogen; einen anderen anfragen."
            { quote_id: QuoteId }
        QuoteExpired "quote_expired"
            "Quote {quote_id} was valid until {valid_until}; it is {now}. Ask for another."
            => "Kurs {quote_id} galt bis {valid_until}; jetzt: {now}. Einen anderen anfragen."
            { quote_id: QuoteId, valid_until: DateTime<Utc>, now: DateTime<Utc> }
        QuoteMismatch "quote_mismatch"
            "Quote {quote_id} is for {quoted_source} to {quoted_target}; the transfer is from {source_currency} to {target_currency}."
            => "Kurs {quote_id} gilt für {quoted_source} nach {quoted_target}; die Überweisung geht von {source_currency} nach {target_currency}."
            {
                quote_id: QuoteId,
                quoted_source: Currency,
                quoted_target: Currency,
                source_currency: Currency,
                target_currency: String,
            }
        QuoteNeeded "quote_needed"
            "Account {account_id} is kept in {target_currency}; a transfer in {source_currency} to it needs a quoted rate."
            => "Konto {account_id} wird in {target_currency} geführt; eine Überweisung in {source_currency} dorthin braucht einen gestellten Kurs."
            { account_id: AccountId, source_currency: Currency, target_currency: Currency }
        NotConvertible "not_convertible"
            "{amount} at {rate} cannot be converted: {reason}."
            => "{amount} können zu {rate} nicht umgerechnet werden: {reason}."
            { amount: Amount, rate: String, reason: String }
        NotAwaitingApproval "not_awaiting_approval"
            "Transfer {transfer_id} is {status}; only one that waits for approval can be approved or refused."
            => "Überweisung {transfer_id} ist {status}; freigeben oder ablehnen lässt sich nur eine, die auf Freigabe wartet."
            { transfer_id: TransferId, status: TransferStatus }
        ContentChanged "content_changed"
            "Transfer {transfer_id} has the content hash {current}, not {approved}: look at it again."
            => "Überweisung {transfer_id} hat den Inhalts-Hash {current}, nicht {approved}: noch einmal ansehen."
            { transfer_id: TransferId, approved: String, current: String }
        SamePerson "same_person"
            "{actor} has asked for transfer {transfer_id}; a second person must approve it."
            => "{actor} hat Überweisung {transfer_id} beantragt; freigeben muss sie eine zweite Person."
            { actor: String, transfer_id: TransferId }
        ApprovalExpired "approval_expired"
            "Transfer {transfer_id} could be approved until {expires_at}; it is {now}. Ask for it anew."
            => "Überweisung {transfer_id} konnte bis {expires_at} freigegeben werden; jetzt: {now}. Neu beantragen."
            { transfer_id: TransferId, expires_at: DateTime<Utc>, now: DateTime<Utc> }
        ApprovalNotDue "approval_not_due"
            "Transfer {transfer_id} can be approved until {expires_at}; it is only {now}."
            => "Überweisung {transfer_id} kann bis {expires_at} freigegeben werden; jetzt ist erst {now}."
            { transfer_id: TransferId, expires_at: DateTime<Utc>, now: DateTime<Utc> }
        NotOverdue "not_overdue"
            "Transfer {transfer_id} may be in flight until {due_at}; it is only {now}."
            => "Überweisung {transfer_id} darf bis {due_at} unterwegs sein; jetzt ist erst {now}."
            { transfer_id: TransferId, due_at: DateTime<Utc>, now: DateTime<Utc> }
        NotParked "not_parked"
            "Transfer {transfer_id} is {status}; only one that is parked in suspense can be resolved."
            => "Überweisung {transfer_id} ist {status}; geklärt werden kann nur eine, die auf dem Klärungskonto geparkt ist."
            { transfer_id: TransferId, status: TransferStatus }
        NotCompensable "not_compensable"
            "Transfer {transfer_id} is {status}; the amount can be sent back only after the debit and before the credit, or out of suspense."
            => "Überweisung {transfer_id} ist {status}; zurückgebucht werden kann der Betrag nur nach der Belastung und vor der Gutschrift, oder vom Klärungskonto."
            { transfer_id: TransferId, status: TransferStatus }
        NotParkable "not_parkable"
            "Transfer {transfer_id} is {status}; only an amount that is in flight can be parked."
            => "Überweisung {transfer_id} ist {status}; geparkt werden kann nur ein Betrag, der unterwegs ist."
            { transfer_id: TransferId, status: TransferStatus }
        StepNotReplaced "step_not_replaced"
            "The {step} of transfer {transfer_id} may have been carried out without a record: only a command with its id {step_id} can take its place."
            => "Der Schritt {step} von Überweisung {transfer_id} ist vielleicht schon ausgeführt, ohne dass es verzeichnet ist: Nur ein Befehl mit seiner Kennung {step_id} kann an seine Stelle treten."
            { transfer_id: TransferId, step: String, step_id: Uuid }
        BeneficiaryUnusable "beneficiary_unusable"
            "Account {beneficiary} cannot get {arriving} of transfer {transfer_id}: {reason}"
            => "Konto {beneficiary} kann {arriving} der Überweisung {transfer_id} nicht erhalten: {reason}"
            { transfer_id: TransferId, beneficiary: AccountId, arriving: Amount, reason: String }
    }
}
