//! What the bank says besides its sentences and rejections: texts that its commands and processes put into events, and faults.

use super::Phrase;

/// `"English" => "German"` lines.
macro_rules! phrases {
    ($($english:literal => $german:literal,)+) => {
        &[$(Phrase { english: $english, german: $german }),+]
    };
}

/// A value that is called `said` holds the words of a person, `…_id` an id without white space; both stay as they are.
pub(super) const PHRASES: &[Phrase] = phrases![
    // Texts of entries.
    "Cash deposit" => "Bareinzahlung",
    "Cash withdrawal" => "Barauszahlung",
    "Fee waived: {said}" => "Gebühr erlassen: {said}",
    "Reversal: {said}" => "Storno: {said}",
    "Interest through {through}" => "Zinsen bis {through}",
    "Overdraft interest through {through}" => "Sollzinsen bis {through}",
    "Transfer {transfer_id} sent" => "Überweisung {transfer_id} gesendet",
    "Transfer {transfer_id} sent, with a fee of {fee}" => "Überweisung {transfer_id} gesendet, mit einer Gebühr von {fee}",
    "Transfer {transfer_id} received" => "Überweisung {transfer_id} empfangen",
    "Transfer {transfer_id} received, converted from {from_transit}" => "Überweisung {transfer_id} empfangen, umgerechnet aus {from_transit}",
    "Transfer {transfer_id} returned" => "Überweisung {transfer_id} zurückgebucht",
    "Transfer {transfer_id} returned, with its fee of {fee}" => "Überweisung {transfer_id} zurückgebucht, mit ihrer Gebühr von {fee}",
    "Transfer {transfer_id} parked in suspense: {reason}" => "Überweisung {transfer_id} auf dem Klärungskonto geparkt: {reason}",
    "Transfer {transfer_id} taken out of suspense for account {account_id}" => "Überweisung {transfer_id} dem Klärungskonto entnommen für Konto {account_id}",
    // Reasons that processes give.
    "Transfer {transfer_id} to account {account_id}" => "Überweisung {transfer_id} an Konto {account_id}",
    "Transfer {transfer_id} failed" => "Überweisung {transfer_id} fehlgeschlagen",
    "Transfer {transfer_id} cancelled" => "Überweisung {transfer_id} widerrufen",
    "The transfer could not be completed" => "Die Überweisung konnte nicht abgeschlossen werden",
    "The relation with customer {customer_id} rests" => "Die Geschäftsbeziehung mit Kunde {customer_id} ruht",
    "The review due on {due_on} was not done by {grace_until}" => "Die am {due_on} fällige Überprüfung ist bis {grace_until} nicht erfolgt",
    "the source account was not debited by {deadline}" => "das Auftraggeberkonto wurde bis {deadline} nicht belastet",
    "nobody approved it by {deadline}" => "bis {deadline} von niemandem freigegeben",
    // Reasons within rejections.
    "{left} and {right} cannot be calculated with each other" => "{left} und {right} lassen sich nicht miteinander verrechnen",
    "an amount must be more than zero, this one is {amount}" => "ein Betrag muss größer als null sein, dieser ist {amount}",
    "a limit cannot be negative, this one is {limit}" => "ein Limit kann nicht negativ sein, dieses ist {limit}",
    "{minor} minor units of {currency} are beyond the cap of {cap}" => "{minor} kleinste Einheiten von {currency} übersteigen die Obergrenze von {cap}",
    // Why an old event is not used any more.
    "that a statement was printed says nothing about the account; the print system keeps its own log" => "dass ein Auszug gedruckt wurde, sagt nichts über das Konto; das Drucksystem führt sein eigenes Protokoll",
    // What must hold of read models.
    "{currency}: debits {debits}, credits {credits}" => "{currency}: Soll {debits}, Haben {credits}",
    "{currency}: {transit} in transit, {summed} summed in flight, transfers in flight {flights}" => "{currency}: {transit} unterwegs, {summed} als Summe unterwegs, Überweisungen unterwegs {flights}",
    "available is {available}, but balance is {balance}, held {held}, overdraft {overdraft}" => "verfügbar ist {available}, aber Saldo ist {balance}, vorgemerkt {held}, Dispositionskredit {overdraft}",
    "account {account_id} has used {used} on {day}" => "Konto {account_id} hat am {day} {used} verbraucht",
    "account {account_id}: held is {excess} more than its holds" => "Konto {account_id}: vorgemerkt ist {excess} mehr, als seine Vormerkungen ergeben",
    // Fields of commands.
    "is missing" => "fehlt",
    "is not a field of this command" => "ist kein Feld dieses Befehls",
    "{said} is not an ISO 4217 currency code" => "{said} ist kein Währungscode nach ISO 4217",
    "{said} is not a whole number of minor units from 1 to 10^15" => "{said} ist keine ganze Zahl kleinster Einheiten von 1 bis 10^15",
    "{said} is not a whole number of minor units from 0 to 10^15" => "{said} ist keine ganze Zahl kleinster Einheiten von 0 bis 10^15",
    "{said} is not a whole number of minor units between -10^17 and 10^17" => "{said} ist keine ganze Zahl kleinster Einheiten zwischen -10^17 und 10^17",
    "{said} is not a whole number from 1 to 10^12" => "{said} ist keine ganze Zahl von 1 bis 10^12",
    "{said} is not a whole number of parts per million from 0 to 1000000" => "{said} ist keine ganze Zahl von Millionsteln von 0 bis 1000000",
    "{said} is not `account:ID` or an account of the general ledger (`gl:…`)" => "{said} ist weder `account:ID` noch ein Hauptbuchkonto (`gl:…`)",
    "{said} is not a date (YYYY-MM-DD)" => "{said} ist kein Datum (JJJJ-MM-TT)",
    "{said} is not a time (RFC 3339, such as 2031-05-04T12:00:00Z)" => "{said} ist kein Zeitpunkt (RFC 3339, etwa 2031-05-04T12:00:00Z)",
    "{said} is not an id: 1 to 40 letters, digits, `_`, `.` or `-`, beginning with a letter or digit" => "{said} ist keine Kennung: 1 bis 40 Buchstaben, Ziffern, `_`, `.` oder `-`, beginnend mit Buchstabe oder Ziffer",
    "{said} is shorter than {count} character" => "{said} ist kürzer als {count} Zeichen",
    "{said} is shorter than {count} characters" => "{said} ist kürzer als {count} Zeichen",
    "{said} has {length} characters; at most {limit} fit" => "{said} hat {length} Zeichen; höchstens {limit} passen",
    "the amount must be from {least} to {most}" => "der Betrag muss zwischen {least} und {most} liegen",
    "{said} is not one of {choices}" => "{said} ist keines von {choices}",
    "{said} is not of type {kind}" => "{said} hat nicht den Typ {kind}",
    "{said} is less than the minimum of {bound}" => "{said} liegt unter dem Minimum {bound}",
    "{said} is greater than the maximum of {bound}" => "{said} liegt über dem Maximum {bound}",
];

/// Values within rejections. They are told there only: people write such words too.
pub(super) const PARTS: &[Phrase] = phrases![
    "quote {quote_id}" => "Kurs {quote_id}",
    "after {count} days" => "nach {count} Tagen",
    "on {last_on}" => "am {last_on}",
    "resolve:{number}" => "Klärung {number}",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_phrase_tells_its_values_in_both_languages() {
        let mut seen = BTreeSet::new();
        for phrase in PHRASES.iter().chain(PARTS) {
            assert!(phrase.is_sound(), "{phrase:?} loses a value");
            assert_ne!(phrase.english, phrase.german, "{phrase:?} is the same in both languages");
            assert!(seen.insert(phrase.english), "{phrase:?} is there twice");
        }
    }
}
