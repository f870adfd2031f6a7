//! Single words that stand as values in texts.

/// The German of a status, a kind or another word that the bank puts into its texts.
pub(crate) fn german_word(english: &str) -> Option<&'static str> {
    Some(match english {
        // Customers and journal entries.
        "a prospect" => "ein Interessent",
        "pending verification" => "in Prüfung",
        "a prospect or pending verification" => "ein Interessent oder in Prüfung",
        "active" => "aktiv",
        "restricted" => "eingeschränkt",
        "suspended" => "ausgesetzt",
        "deceased" => "verstorben",
        "closed" => "nicht mehr Kunde",
        "rejected" => "abgelehnt",
        "active or restricted" => "aktiv oder eingeschränkt",
        "active, restricted or suspended" => "aktiv, eingeschränkt oder ausgesetzt",
        "active, restricted, suspended or deceased" => "aktiv, eingeschränkt, ausgesetzt oder verstorben",
        "clear" => "ohne Treffer",
        "possible match" => "möglicher Treffer",
        "confirmed match" => "bestätigter Treffer",
        "low" => "niedrig",
        "medium" => "mittel",
        "high" => "hoch",
        "a draft" => "ein Entwurf",
        "submitted" => "eingereicht",
        "drafted" => "entworfen",
        "approved" => "freigegeben",
        "posted" => "gebucht",
        "not posted" => "noch nicht gebucht",
        "reversed" => "storniert",
        // Accounts.
        "current" => "Girokonto",
        "savings" => "Sparkonto",
        "business" => "Geschäftskonto",
        "open" => "offen",
        "captured" => "eingelöst",
        "released" => "freigegeben",
        "expired" => "verfallen",
        "transaction" => "Umsatz",
        "day" => "Tag",
        "month" => "Monat",
        "a deposit" => "eine Einzahlung",
        "a withdrawal" => "eine Auszahlung",
        "a capture" => "eine Einlösung",
        "a fee" => "eine Gebühr",
        "a waived fee" => "eine erlassene Gebühr",
        "interest" => "eine Zinsbuchung",
        "a transfer's step" => "ein Schritt einer Überweisung",
        "itself a reversal" => "selbst ein Storno",
        // Transfers and orders.
        "none" => "keine",
        "requested" => "beantragt",
        "awaitingApproval" => "zur Freigabe vorgelegt",
        "validated" => "geprüft",
        "sourceReserved" => "reserviert",
        "sourceDebited" => "unterwegs",
        "completed" => "abgeschlossen",
        "failed" => "fehlgeschlagen",
        "cancelled" => "widerrufen",
        "compensating" => "in Rückbuchung",
        "compensated" => "zurückgebucht",
        "parkedInSuspense" => "auf dem Klärungskonto geparkt",
        "resolving" => "in Klärung",
        "finished" => "beendet",
        "another" => "einer anderen Währung",
        "no quote" => "ohne Kurs",
        "credit" => "Gutschrift",
        "return" => "Rückbuchung",
        "close" => "Abschluss",
        "reopen" => "Wiedereröffnung",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{EntryKind, HoldStatus, Product};
    use crate::customer::{CustomerStatus, RiskRating, ScreeningOutcome};
    use crate::order::OrderStatus;
    use crate::transaction::EntryStatus;
    use crate::transfer::TransferStatus;

    #[test]
    fn every_status_and_kind_has_a_word() {
        use CustomerStatus as C;
        use EntryKind as K;
        use EntryStatus as E;
        use OrderStatus as O;
        use TransferStatus as T;
        let customers = [
            C::Prospect,
            C::PendingVerification,
            C::Active,
            C::Restricted,
            C::Suspended,
            C::Deceased,
            C::Closed,
            C::Rejected,
        ];
        let kinds = [K::Deposit, K::Withdrawal, K::Capture, K::Fee, K::Waiver, K::Interest, K::Transfer, K::Reversal];
        let entries = [E::Draft, E::Submitted, E::Approved, E::Posted, E::Reversed, E::Rejected, E::Expired];
        let orders = [O::None, O::Active, O::Suspended, O::Finished, O::Cancelled];
        let transfers = [
            T::None,
            T::Requested,
            T::AwaitingApproval,
            T::Validated,
            T::SourceReserved,
            T::SourceDebited,
            T::Completed,
            T::Rejected,
            T::Failed,
            T::Cancelled,
            T::Compensating,
            T::Compensated,
            T::ParkedInSuspense,
            T::Resolving,
        ];
        let holds = [HoldStatus::Open, HoldStatus::Captured, HoldStatus::Released, HoldStatus::Expired];
        let all = customers
            .map(C::as_str)
            .into_iter()
            .chain(kinds.map(K::as_str))
            .chain(entries.map(E::as_str))
            .chain(orders.map(O::as_str))
            .chain(transfers.map(|status| status.as_str()))
            .chain(holds.map(HoldStatus::as_str))
            .chain([Product::Current, Product::Savings, Product::Business].map(Product::as_str))
            .chain([RiskRating::Low, RiskRating::Medium, RiskRating::High].map(RiskRating::as_str))
            .chain(
                [ScreeningOutcome::Clear, ScreeningOutcome::PossibleMatch, ScreeningOutcome::ConfirmedMatch]
                    .map(ScreeningOutcome::as_str),
            );
        for word in all {
            assert!(german_word(word).is_some(), "{word:?} has no German");
        }
    }
}
