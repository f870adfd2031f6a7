//! What the bank says besides its sentences and rejections: texts that its commands and processes put into events, and faults.

use super::Phrase;

/// `"English" => "German"` lines.
macro_rules! phrases {
    ($($english:literal => $german:literal,)+) => {
        &[$(Phrase { english: $english, german: $german }),+]
    };
}

/// What commands and processes put into events. A value that is called `said` holds the words of a person, `…_id` an id without white space; both stay as they are.
pub(super) const STORED: &[Phrase] = phrases![
    // Texts of entries.
    "Cash deposit" => "Bareinzahlung",
    "Cash withdrawal" => "Barauszahlung",
    "Balance carried forward" => "Saldovortrag",
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
];

/// What the bank says and never stores: what does not hold, what cannot be read, what does not fit.
pub(super) const FAULTS: &[Phrase] = phrases![
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
    "{json} is not an ISO 4217 currency code" => "{json} ist kein Währungscode nach ISO 4217",
    "{json} is not a whole number of minor units from 1 to 10^15" => "{json} ist keine ganze Zahl kleinster Einheiten von 1 bis 10^15",
    "{json} is not a whole number of minor units from 0 to 10^15" => "{json} ist keine ganze Zahl kleinster Einheiten von 0 bis 10^15",
    "{json} is not a whole number of minor units between -10^17 and 10^17" => "{json} ist keine ganze Zahl kleinster Einheiten zwischen -10^17 und 10^17",
    "{json} is not a whole number from 1 to 10^12" => "{json} ist keine ganze Zahl von 1 bis 10^12",
    "{json} is not a whole number of parts per million from 0 to 1000000" => "{json} ist keine ganze Zahl von Millionsteln von 0 bis 1000000",
    "{json} is not `account:ID` or an account of the general ledger (`gl:…`)" => "{json} ist weder `account:ID` noch ein Hauptbuchkonto (`gl:…`)",
    "{json} is not a date (YYYY-MM-DD)" => "{json} ist kein Datum (JJJJ-MM-TT)",
    "{json} is not a time (RFC 3339, such as 2031-05-04T12:00:00Z)" => "{json} ist kein Zeitpunkt (RFC 3339, etwa 2031-05-04T12:00:00Z)",
    "{json} is not an id: 1 to 40 letters, digits, `_`, `.` or `-`, beginning with a letter or digit" => "{json} ist keine Kennung: 1 bis 40 Buchstaben, Ziffern, `_`, `.` oder `-`, beginnend mit Buchstabe oder Ziffer",
    "{json} is not of the format {format}" => "{json} hat nicht das Format {format}",
    "{json} does not match the pattern {pattern}" => "{json} passt nicht zum Muster {pattern}",
    "{json} is not a text" => "{json} ist kein Text",
    "{json} is not a whole number" => "{json} ist keine ganze Zahl",
    "{json} is not a number" => "{json} ist keine Zahl",
    "{json} is not true or false" => "{json} ist weder true noch false",
    "{json} is not an object" => "{json} ist kein Objekt",
    "{json} is not a list" => "{json} ist keine Liste",
    "{json} is not null" => "{json} ist nicht null",
    "{json} is not a text or a whole number" => "{json} ist weder ein Text noch eine ganze Zahl",
    "{json} is none of the choices: {choices}" => "{json} ist nicht unter den Möglichkeiten: {choices}",
    "{json} is less than {bound}" => "{json} ist kleiner als {bound}",
    "{json} is more than {bound}" => "{json} ist größer als {bound}",
    "{json} is not more than {bound}" => "{json} ist nicht größer als {bound}",
    "{json} is not less than {bound}" => "{json} ist nicht kleiner als {bound}",
    "{json} is not a multiple of {bound}" => "{json} ist kein Vielfaches von {bound}",
    "is empty" => "ist leer",
    "{json} has fewer than {count} characters" => "{json} hat weniger als {count} Zeichen",
    "{json} has {length} characters; at most {limit} fit" => "{json} hat {length} Zeichen; höchstens {limit} passen",
    "the amount must be from {least} to {most}" => "der Betrag muss zwischen {least} und {most} liegen",
    "has no entry" => "hat keinen Eintrag",
    "has fewer than {count} entries" => "hat weniger als {count} Einträge",
    "has more than {count} entries" => "hat mehr als {count} Einträge",
    "has more entries than may stand here" => "hat mehr Einträge, als hier stehen dürfen",
    "has an entry twice" => "hat einen Eintrag zweimal",
    "lacks an entry that has to be there" => "es fehlt ein Eintrag, der da sein muss",
    "has fewer than {count} fields" => "hat weniger als {count} Felder",
    "has more than {count} fields" => "hat mehr als {count} Felder",
    "has a field with a name that is not possible" => "hat ein Feld mit einem unmöglichen Namen",
    "{json} fits none of the possible forms" => "{json} passt zu keiner der möglichen Formen",
    "{json} fits several forms, of which only one may fit" => "{json} passt zu mehreren Formen, von denen nur eine passen darf",
    "{json} may not stand here" => "{json} darf hier nicht stehen",
    // What decimals, postings and ids are read from.
    "{said} is not a decimal number" => "{said} ist keine Dezimalzahl",
    "{said} has more decimals than {currency} has: at most {exponent}" => "{said} hat mehr Nachkommastellen als {currency}: höchstens {exponent}",
    "{said} is not a whole number of minor units" => "{said} ist keine ganze Zahl kleinster Einheiten",
    "{said} is not in the chart of accounts" => "{said} steht nicht im Kontenplan",
    "{said} is neither `account:ID` nor `gl:…`" => "{said} ist weder `account:ID` noch `gl:…`",
    "an entry has {least} to {most} postings, this one has {count}" => "eine Buchung hat {least} bis {most} Posten, diese hat {count}",
    "the postings do not balance: debits are {debits}, credits are {credits}" => "die Posten gleichen sich nicht aus: Soll {debits}, Haben {credits}",
    "the denominator of interest is {expected}, not {found}" => "der Nenner der Zinsen ist {expected}, nicht {found}",
    "this statement was made with version {pinned} of the read model, which is now at version {current}: make a new one" => "dieser Auszug wurde mit Version {pinned} des Lesemodells erstellt, das jetzt Version {current} hat: einen neuen erstellen",
    "the period from {from} through {through} ends before it begins" => "der Zeitraum von {from} bis {through} endet, bevor er beginnt",
    "There is no transfer {transfer_id}." => "Es gibt keine Überweisung {transfer_id}.",
    // Why old events are not read.
    "its deadline is beyond the calendar" => "seine Frist liegt jenseits des Kalenders",
    "validDays reaches beyond the calendar" => "validDays reicht über den Kalender hinaus",
    "{event_type} is not an object" => "{event_type} ist kein Objekt",
    "{event_type} has no amount" => "{event_type} hat keinen Betrag",
    // Why a read model cannot apply an event.
    "event {position} ({event_type} of {stream_id}): {what}" => "Ereignis {position} ({event_type} von {stream_id}): {what}",
    "the account was never opened" => "das Konto wurde nie eröffnet",
    "the hold is not open" => "die Vormerkung ist nicht offen",
    "the hold is open already" => "die Vormerkung ist bereits offen",
    "a posting has another currency than the account" => "ein Posten hat eine andere Währung als das Konto",
    "a posting has another currency than the statement" => "ein Posten hat eine andere Währung als der Auszug",
    "its metadata do not say who did it: {reason}" => "seine Metadaten sagen nicht, wer es getan hat: {reason}",
    "the customer was never registered" => "der Kunde wurde nie angelegt",
    "the transfer is in flight already" => "die Überweisung ist bereits unterwegs",
    "the transfer is not in flight" => "die Überweisung ist nicht unterwegs",
    "the transfer was never requested" => "die Überweisung wurde nie beantragt",
    "another amount arrives than has left" => "es kommt ein anderer Betrag an, als abging",
    "the transfer's kept state does not read: {reason}" => "der aufbewahrte Stand der Überweisung ist nicht lesbar: {reason}",
    "the order's kept state does not read: {reason}" => "der aufbewahrte Stand des Auftrags ist nicht lesbar: {reason}",
    "the order was never made" => "der Auftrag wurde nie erteilt",
    "a sum does not fit a 64-bit cell" => "eine Summe passt nicht in eine 64-Bit-Zelle",
    "a row of read model table {table} has an unusable cell {index}; rebuild the read model" => "eine Zeile der Tabelle {table} hat eine unbrauchbare Zelle {index}; das Lesemodell neu aufbauen",
    "{what}: {balance} and {change} do not fit a 64-bit cell" => "{what}: {balance} und {change} passen nicht in eine 64-Bit-Zelle",
];

/// Values within rejections. They are told there only: people write such words too.
pub(super) const PARTS: &[Phrase] = phrases![
    "quote {quote_id}" => "Kurs {quote_id}",
    "after {count} days" => "nach {count} Tagen",
    "on {last_on}" => "am {last_on}",
    "resolve:{number}" => "Klärung {number}",
    "sum of debits" => "Summe im Soll",
    "sum of credits" => "Summe im Haben",
    "number of entries" => "Anzahl der Buchungen",
    "turnover of an entry" => "Umsatz einer Buchung",
    "change by an entry" => "Änderung durch eine Buchung",
    "turnover of a day" => "Umsatz eines Tages",
    "change of a day" => "Änderung eines Tages",
    "limit use" => "Ausnutzung des Limits",
    "statement balance" => "Saldo des Auszugs",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_phrase_tells_its_values_in_both_languages() {
        let mut seen = BTreeSet::new();
        for phrase in STORED.iter().chain(FAULTS).chain(PARTS) {
            assert!(phrase.is_sound(), "{phrase:?} loses a value");
            assert_ne!(phrase.english, phrase.german, "{phrase:?} is the same in both languages");
            assert!(seen.insert(phrase.english), "{phrase:?} is there twice");
        }
    }
}
