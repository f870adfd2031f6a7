//! Why an account refuses. Each cause has its own code, because people find faults by them.

use chrono::{DateTime, NaiveDate, Utc};

use super::events::Product;
use super::spending::Period;
use super::state::{EntryKind, HoldStatus};
use crate::declare::rejections;
use crate::ids::{AccountId, CaseId, CustomerId, EntryId, HoldId, TransferId};
use crate::money::{Amount, Currency, Limit, Money};

rejections! {
    /// A rule of accounts that refuses.
    pub enum AccountRejection {
        AccountNotFound "account_not_found"
            "There is no account {account_id}."
            => "Es gibt kein Konto {account_id}."
            { account_id: AccountId }
        AccountExists "account_exists"
            "Account {account_id} exists already; choose another number."
            => "Konto {account_id} gibt es bereits; eine andere Nummer wählen."
            { account_id: AccountId }
        AccountClosed "account_closed"
            "Account {account_id} was closed on {closed_on}."
            => "Konto {account_id} wurde am {closed_on} geschlossen."
            { account_id: AccountId, closed_on: NaiveDate }
        CustomerNotFound "customer_not_found"
            "There is no customer {customer_id}."
            => "Es gibt keinen Kunden {customer_id}."
            { customer_id: CustomerId }
        CustomerNotActive "customer_not_active"
            "Customer {customer_id} is {status}; only an active customer gets an account."
            => "Kunde {customer_id} ist {status}; nur ein aktiver Kunde erhält ein Konto."
            { customer_id: CustomerId, status: &'static str }
        TooManyAccounts "too_many_accounts"
            "Customer {customer_id} has {most} open accounts, which is the most possible."
            => "Kunde {customer_id} hat {most} offene Konten; mehr sind nicht möglich."
            { customer_id: CustomerId, most: usize }
        CurrencyMismatch "currency_mismatch"
            "Account {account_id} is kept in {expected}; the command says {actual}."
            => "Konto {account_id} wird in {expected} geführt; der Befehl nennt {actual}."
            { account_id: AccountId, expected: Currency, actual: Currency }
        InsufficientFunds "insufficient_funds"
            "Account {account_id} needs {requested}, available are {available} (settled {settled}, held {held}, overdraft limit {overdraft_limit})."
            => "Konto {account_id} benötigt {requested}, verfügbar sind {available} (Saldo {settled}, vorgemerkt {held}, Dispositionslimit {overdraft_limit})."
            {
                account_id: AccountId,
                requested: Amount,
                available: Money,
                settled: Money,
                held: Money,
                overdraft_limit: Limit,
            }
        AccountFrozen "account_frozen"
            "Account {account_id} is frozen for case {case_id}; only credits are possible."
            => "Konto {account_id} ist zu Fall {case_id} gesperrt; nur Gutschriften sind möglich."
            { account_id: AccountId, case_id: CaseId }
        AccountDormant "account_dormant"
            "Account {account_id} is dormant; only credits are possible until it is reactivated."
            => "Konto {account_id} ruht; bis zur Reaktivierung sind nur Gutschriften möglich."
            { account_id: AccountId }
        AlreadyDormant "already_dormant"
            "Account {account_id} is dormant already."
            => "Konto {account_id} ruht bereits."
            { account_id: AccountId }
        NotDormant "not_dormant"
            "Account {account_id} is not dormant."
            => "Konto {account_id} ruht nicht."
            { account_id: AccountId }
        LimitExceeded "limit_exceeded"
            "The limit of account {account_id} per {period} is {limit}: {used} are used and {left} are left, not {requested}."
            => "Das Limit von Konto {account_id} je {period} beträgt {limit}: {used} sind verbraucht, {left} übrig; das reicht nicht für {requested}."
            {
                account_id: AccountId,
                period: Period,
                limit: Limit,
                used: Money,
                left: Money,
                requested: Amount,
            }
        BalanceCapExceeded "balance_cap_exceeded"
            "Account {account_id} holds {settled}; {amount} more would be beyond the cap of {cap}."
            => "Konto {account_id} weist {settled} auf; weitere {amount} überstiegen die Obergrenze von {cap}."
            { account_id: AccountId, settled: Money, amount: Amount, cap: Money }
        ValueDateOutOfRange "value_date_out_of_range"
            "The value date {value_date} is not between {earliest} and {latest}."
            => "Die Wertstellung {value_date} liegt nicht zwischen {earliest} und {latest}."
            { value_date: NaiveDate, earliest: NaiveDate, latest: NaiveDate }
        PeriodClosed "period_closed"
            "The value date {value_date} is in a closed period: the ledger takes no posting through {closed_through}."
            => "Die Wertstellung {value_date} liegt in einer abgeschlossenen Periode: Das Hauptbuch nimmt bis einschließlich {closed_through} keine Buchung an."
            { value_date: NaiveDate, closed_through: NaiveDate }
        PeriodOutOfRange "period_out_of_range"
            "A period can begin between {earliest} and {latest}, not on {period_from}."
            => "Eine Periode kann zwischen {earliest} und {latest} beginnen, nicht am {period_from}."
            { period_from: NaiveDate, earliest: NaiveDate, latest: NaiveDate }
        HoldNotFound "hold_not_found"
            "Account {account_id} has no hold {hold_id}."
            => "Konto {account_id} hat keine Vormerkung {hold_id}."
            { account_id: AccountId, hold_id: HoldId }
        HoldExists "hold_exists"
            "Hold {hold_id} exists already: {amount}, {hold_status}; choose another id."
            => "Vormerkung {hold_id} gibt es bereits: {amount}, {hold_status}; eine andere Kennung wählen."
            { hold_id: HoldId, amount: Amount, hold_status: HoldStatus }
        AlreadyCaptured "already_captured"
            "Hold {hold_id} over {amount} was captured before."
            => "Vormerkung {hold_id} über {amount} wurde bereits eingelöst."
            { hold_id: HoldId, amount: Amount }
        AlreadyReleased "already_released"
            "Hold {hold_id} over {amount} was released before."
            => "Vormerkung {hold_id} über {amount} wurde bereits freigegeben."
            { hold_id: HoldId, amount: Amount }
        HoldExpired "hold_expired"
            "Hold {hold_id} over {amount} expired at {expires_at}."
            => "Vormerkung {hold_id} über {amount} ist verfallen: {expires_at}."
            { hold_id: HoldId, amount: Amount, expires_at: DateTime<Utc> }
        HoldNotDue "hold_not_due"
            "Hold {hold_id} expires at {expires_at}, not before."
            => "Vormerkung {hold_id} verfällt erst zu ihrem Ablauf: {expires_at}."
            { hold_id: HoldId, expires_at: DateTime<Utc> }
        ExpiryInThePast "expiry_in_the_past"
            "The expiry {expires_at} is not after the present moment, {now}."
            => "Der Ablauf {expires_at} liegt nicht nach dem jetzigen Zeitpunkt, {now}."
            { expires_at: DateTime<Utc>, now: DateTime<Utc> }
        ExceedsHold "exceeds_hold"
            "Hold {hold_id} holds {held}; {requested} is more than that."
            => "Vormerkung {hold_id} lautet über {held}; {requested} sind mehr."
            { hold_id: HoldId, held: Amount, requested: Amount }
        TooManyHolds "too_many_holds"
            "Account {account_id} has {open} open holds; the most possible are {most}."
            => "Konto {account_id} hat {open} offene Vormerkungen; möglich sind höchstens {most}."
            { account_id: AccountId, open: usize, most: usize }
        TransferMismatch "transfer_mismatch"
            "Transfer {transfer_id} moved {known} on account {account_id}; the command says {requested}."
            => "Überweisung {transfer_id} hat auf Konto {account_id} {known} bewegt; der Befehl nennt {requested}."
            { account_id: AccountId, transfer_id: TransferId, known: Amount, requested: Amount }
        TransferFeeMismatch "transfer_fee_mismatch"
            "The fee of transfer {transfer_id} on account {account_id} is {known}; the command says {requested}."
            => "Die Gebühr der Überweisung {transfer_id} auf Konto {account_id}: bekannt ist {known}, der Befehl nennt {requested}."
            { account_id: AccountId, transfer_id: TransferId, known: String, requested: String }
        FeeNotChargeable "fee_not_chargeable"
            "Transfer {transfer_id} takes {amount} and a fee of {fee} from account {account_id}, which have no sum: {reason}."
            => "Überweisung {transfer_id} entnimmt Konto {account_id} {amount} und eine Gebühr von {fee}, die keine Summe ergeben: {reason}."
            { account_id: AccountId, transfer_id: TransferId, amount: Amount, fee: Amount, reason: String }
        TransferNotDebited "transfer_not_debited"
            "Transfer {transfer_id} has taken nothing out of account {account_id}."
            => "Überweisung {transfer_id} hat Konto {account_id} nicht belastet."
            { account_id: AccountId, transfer_id: TransferId }
        AlreadyFrozen "already_frozen"
            "Account {account_id} is frozen for case {case_id} already."
            => "Konto {account_id} ist zu Fall {case_id} bereits gesperrt."
            { account_id: AccountId, case_id: CaseId }
        NotFrozen "not_frozen"
            "Account {account_id} is not frozen for case {case_id}."
            => "Konto {account_id} ist zu Fall {case_id} nicht gesperrt."
            { account_id: AccountId, case_id: CaseId }
        TooManyCases "too_many_cases"
            "Account {account_id} is frozen for {most} cases, which is the most possible."
            => "Konto {account_id} ist zu {most} Fällen gesperrt; mehr sind nicht möglich."
            { account_id: AccountId, most: usize }
        OverdraftNotOffered "overdraft_not_offered"
            "A {product} account has no overdraft; {requested} was asked for."
            => "Ein {product} hat keinen Dispositionskredit; gewünscht waren {requested}."
            { product: Product, requested: Limit }
        OverdraftInUse "overdraft_in_use"
            "Balance and holds of account {account_id} need an overdraft limit of {needed}; {requested} is too little."
            => "Saldo und Vormerkungen von Konto {account_id} erfordern ein Dispositionslimit von {needed}; {requested} sind zu wenig."
            { account_id: AccountId, needed: Money, requested: Limit }
        ApprovalNeeded "approval_needed"
            "An overdraft limit of {requested} is above {threshold} and needs a second person; open the account with less and propose it then."
            => "Ein Dispositionslimit von {requested} liegt über {threshold} und erfordert eine zweite Person (Vier-Augen-Prinzip); das Konto mit weniger eröffnen und das Limit danach vorschlagen."
            { requested: Limit, threshold: Limit }
        NoOverdraftProposal "no_overdraft_proposal"
            "No overdraft limit of account {account_id} waits for a second person."
            => "Kein Dispositionslimit von Konto {account_id} wartet auf eine zweite Person."
            { account_id: AccountId }
        OverdraftProposalChanged "overdraft_proposal_changed"
            "The proposed overdraft limit of account {account_id} has the content hash {current}, not {approved}: look at it again."
            => "Das vorgeschlagene Dispositionslimit von Konto {account_id} hat den Inhalts-Hash {current}, nicht {approved}: noch einmal ansehen."
            { account_id: AccountId, approved: String, current: String }
        SamePerson "same_person"
            "{actor} cannot approve what {actor} has proposed; a second person must."
            => "{actor} kann den eigenen Vorschlag nicht freigeben; das muss eine zweite Person tun."
            { actor: String }
        EntryNotFound "entry_not_found"
            "Entry {entry_id} is not among the last {most} entries of account {account_id}."
            => "Buchung {entry_id} gehört nicht zu den letzten {most} Buchungen von Konto {account_id}."
            { account_id: AccountId, entry_id: EntryId, most: usize }
        EntryNotReversible "entry_not_reversible"
            "Entry {entry_id} is {kind}, which cannot be reversed by hand."
            => "Buchung {entry_id} kann nicht von Hand storniert werden: Sie ist {kind}."
            { entry_id: EntryId, kind: EntryKind }
        AlreadyReversed "already_reversed"
            "Entry {entry_id} was reversed before, by entry {reversed_by}."
            => "Buchung {entry_id} wurde bereits storniert, mit Buchung {reversed_by}."
            { entry_id: EntryId, reversed_by: EntryId }
        AlreadyWaived "already_waived"
            "The fee of entry {entry_id} was waived before, by entry {waived_by}."
            => "Die Gebühr der Buchung {entry_id} wurde bereits erlassen, mit Buchung {waived_by}."
            { entry_id: EntryId, waived_by: EntryId }
        NotAFee "not_a_fee"
            "Entry {entry_id} is {kind}; only a fee can be waived."
            => "Buchung {entry_id} ist {kind}; nur eine Gebühr kann erlassen werden."
            { entry_id: EntryId, kind: EntryKind }
        InterestRateNotSet "interest_rate_not_set"
            "No interest rate is agreed for account {account_id}; set one first."
            => "Für Konto {account_id} ist kein Zinssatz vereinbart; zuerst einen festlegen."
            { account_id: AccountId }
        RateDateOutOfRange "rate_date_out_of_range"
            "A rate can begin between {earliest} and {latest}, not on {valid_from}: other days have earned already or are too far off."
            => "Ein Zinssatz kann zwischen {earliest} und {latest} beginnen, nicht am {valid_from}: Andere Tage sind bereits verzinst oder zu weit entfernt."
            { valid_from: NaiveDate, earliest: NaiveDate, latest: NaiveDate }
        TooManyRates "too_many_rates"
            "Account {account_id} has {most} rates that are not superseded, which is the most possible."
            => "Konto {account_id} hat {most} noch nicht abgelöste Zinssätze; mehr sind nicht möglich."
            { account_id: AccountId, most: usize }
        DayNotOver "day_not_over"
            "Interest through {through} cannot be accrued on {today}: the day's last balance is not known before it is over."
            => "Zinsen bis einschließlich {through} können am {today} nicht abgegrenzt werden: Der letzte Saldo eines Tages steht erst fest, wenn er vorüber ist."
            { through: NaiveDate, today: NaiveDate }
        TooManyDays "too_many_days"
            "From {from} through {through} are more than {most} days; accrue in several steps."
            => "Von {from} bis einschließlich {through} sind es mehr als {most} Tage; in mehreren Schritten abgrenzen."
            { from: NaiveDate, through: NaiveDate, most: i64 }
        InterestOutstanding "interest_outstanding"
            "Account {account_id} has earned interest of {outstanding} that is not posted; accrue and post it first."
            => "Konto {account_id} hat {outstanding} Zinsen, die nicht gebucht sind; zuerst abgrenzen und buchen."
            { account_id: AccountId, outstanding: String }
        BalanceNotZero "balance_not_zero"
            "The balance of account {account_id} is {settled}; an account is closed at zero."
            => "Der Saldo von Konto {account_id} beträgt {settled}; geschlossen wird ein Konto bei null."
            { account_id: AccountId, settled: Money }
        OpenHolds "open_holds"
            "Account {account_id} has {count} open holds over {held}; release or capture them first."
            => "Konto {account_id} hat {count} offene Vormerkungen über {held}; zuerst freigeben oder einlösen."
            { account_id: AccountId, count: usize, held: Money }
    }
}
