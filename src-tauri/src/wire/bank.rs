//! The demo bank: accounts, statements, transfers, trial balance.

use serde::Serialize;
use specta::Type;

/// An amount with its exact minor units and a text for people.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MoneyView {
    /// Minor units, signed decimal.
    pub minor: String,
    /// ISO-4217 code.
    pub currency: String,
    /// With decimal point and thousands separators, without the currency: `1,234.50`.
    pub text: String,
}

/// An account in a list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountRow {
    /// Id.
    pub account_id: String,
    /// Its stream.
    pub stream: String,
    /// The customer's id.
    pub customer_id: String,
    /// The customer's name, if known.
    pub customer_name: Option<String>,
    /// Product.
    pub product: String,
    /// `open`, `frozen`, `dormant` or `closed`.
    pub status: String,
    /// Settled balance.
    pub balance: MoneyView,
    /// Sum of open holds.
    pub held: MoneyView,
    /// Balance less holds plus overdraft.
    pub available: MoneyView,
}

/// A page of accounts.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AccountsPage {
    /// The rows.
    pub accounts: Vec<AccountRow>,
    /// How many match in all.
    pub total: String,
}

/// A page of an account's statement.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The account.
    pub account: AccountRow,
    /// Balance before the first listed entry.
    pub opening: MoneyView,
    /// Balance after the last listed entry.
    pub closing: MoneyView,
    /// Entries, oldest first.
    pub entries: Vec<StatementEntry>,
    /// Entries in all.
    pub total: String,
    /// The read model had seen everything up to here.
    pub position: String,
    /// Version of the read model.
    pub projection_version: u32,
}

/// A line of a statement.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StatementEntry {
    /// Position of the event.
    pub position: String,
    /// Version in the account's stream.
    pub version: String,
    /// Booking date.
    pub booking_date: String,
    /// Value date.
    pub value_date: String,
    /// What it was, for people.
    pub text: String,
    /// Signed change of the balance.
    pub amount: MoneyView,
    /// Balance after it.
    pub balance: MoneyView,
}

/// A transfer in a list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TransferRow {
    /// Id.
    pub transfer_id: String,
    /// Its stream.
    pub stream: String,
    /// Source account's id.
    pub source: String,
    /// Target account's id.
    pub target: String,
    /// What leaves the source, without the fee.
    pub amount: MoneyView,
    /// What it costs on top, if anything.
    pub fee: Option<MoneyView>,
    /// What arrives, if that is in another currency.
    pub arriving: Option<MoneyView>,
    /// The pinned rate, minor units for minor units, such as `8/5`.
    pub rate: Option<String>,
    /// State, for example `completed`.
    pub status: String,
    /// Who asked.
    pub requested_by: String,
    /// The second person who approved, if one did.
    pub approved_by: Option<String>,
    /// When its present state should have ended, if there is such a time.
    pub due_at: Option<String>,
    /// Whether that time has passed.
    pub overdue: bool,
    /// The order that it is an execution of.
    pub order_id: Option<String>,
    /// Whether nothing more will happen.
    pub finished: bool,
    /// Why it did not complete, if so.
    pub reason: Option<String>,
    /// When it was asked for.
    pub requested_at: String,
    /// When it last changed.
    pub changed_at: String,
}

/// A page of transfers.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TransfersPage {
    /// The rows, newest first.
    pub transfers: Vec<TransferRow>,
    /// How many match in all.
    pub total: String,
}

/// Money on its way: a transfer that has left its source and not arrived.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FlightRow {
    /// The transfer.
    pub transfer_id: String,
    /// Its stream.
    pub stream: String,
    /// Source account's id, if the transfer is known.
    pub source: Option<String>,
    /// Target account's id, if the transfer is known.
    pub target: Option<String>,
    /// State of the transfer, if it is known.
    pub status: Option<String>,
    /// What is on its way.
    pub amount: MoneyView,
    /// Since when.
    pub debited_at: String,
    /// Position of the debit.
    pub position: String,
}

/// Transfers in flight.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FlightsPage {
    /// The rows, longest under way first.
    pub flights: Vec<FlightRow>,
    /// How many there are in all.
    pub total: String,
}

/// The trial balance: every ledger account's debits and credits.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TrialBalance {
    /// One block per currency.
    pub currencies: Vec<TrialBalanceCurrency>,
    /// Whether debits equal credits in every currency.
    pub balanced: bool,
    /// Whether money in transit equals the transfers in flight in every currency.
    pub transit_explained: bool,
    /// The read model had seen everything up to here.
    pub position: String,
}

/// The trial balance of one currency.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TrialBalanceCurrency {
    /// ISO-4217 code.
    pub currency: String,
    /// The lines.
    pub lines: Vec<TrialBalanceLine>,
    /// Sum of debits.
    pub debits: MoneyView,
    /// Sum of credits.
    pub credits: MoneyView,
    /// Money in transit.
    pub in_transit: MoneyView,
    /// Sum of the transfers in flight past the debit.
    pub in_flight: MoneyView,
}

/// A ledger account in the trial balance. Customers' accounts are summed into one line.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TrialBalanceLine {
    /// Ledger account, for example `gl:vault-cash`.
    pub account: String,
    /// Name for people.
    pub name: String,
    /// `asset`, `liability`, `income`, `expense` or `equity`.
    pub kind: String,
    /// Sum of its debits.
    pub debits: MoneyView,
    /// Sum of its credits.
    pub credits: MoneyView,
    /// Debits less credits.
    pub balance: MoneyView,
}
