//! Further lists of the demo bank's read models.

use serde::Serialize;
use specta::Type;

use super::bank::{AccountRow, MoneyView};

/// A customer in a list.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    /// Id.
    pub customer_id: String,
    /// Its stream.
    pub stream: String,
    /// Name.
    pub name: String,
    /// State, for example `active`.
    pub status: String,
    /// Whether people bar new business.
    pub restricted: bool,
    /// Whether an overdue review bars new business.
    pub review_overdue: bool,
    /// Open accounts.
    pub open_accounts: String,
    /// Time of registration.
    pub registered_at: String,
    /// Time of the last change.
    pub changed_at: String,
}

/// A page of customers.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CustomersPage {
    /// The rows.
    pub customers: Vec<CustomerRow>,
    /// How many match in all.
    pub total: String,
}

/// A customer with all accounts.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CustomerOverview {
    /// The customer.
    pub customer: CustomerRow,
    /// The accounts, closed ones too.
    pub accounts: Vec<AccountRow>,
    /// What they hold together, by currency.
    pub totals: Vec<CustomerTotal>,
}

/// Sums over a customer's accounts in one currency.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CustomerTotal {
    /// ISO-4217 code.
    pub currency: String,
    /// Accounts that are not closed.
    pub open_accounts: String,
    /// Sum of the settled balances.
    pub balance: MoneyView,
    /// Sum of the open holds.
    pub held: MoneyView,
    /// Sum of the agreed overdrafts.
    pub overdraft: MoneyView,
    /// What can be spent of all of them.
    pub available: MoneyView,
}

/// A hold.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HoldRow {
    /// The account.
    pub account_id: String,
    /// The account's stream.
    pub stream: String,
    /// The hold.
    pub hold_id: String,
    /// `open`, `captured`, `released` or `expired`.
    pub status: String,
    /// What is, or was, set aside.
    pub amount: MoneyView,
    /// What was taken of it, if anything.
    pub captured: Option<MoneyView>,
    /// What for.
    pub purpose: String,
    /// Why it was released, if it was.
    pub reason: Option<String>,
    /// The transfer that took it, if one did.
    pub transfer_id: Option<String>,
    /// From when on it can no longer be captured.
    pub expires_at: String,
    /// When it was placed.
    pub placed_at: String,
    /// Position of the event that placed it.
    pub placed_position: String,
    /// Position of the event that changed it last.
    pub position: String,
}

/// A page of holds.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HoldsPage {
    /// The rows, newest first.
    pub holds: Vec<HoldRow>,
    /// How many match in all.
    pub total: String,
}

/// An order: a transfer that is made on a later day, or again and again.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OrderRow {
    /// Id.
    pub order_id: String,
    /// Its stream.
    pub stream: String,
    /// Whether it is made again and again.
    pub standing: bool,
    /// `active`, `suspended`, `finished` or `cancelled`.
    pub status: String,
    /// Account that pays.
    pub source: String,
    /// Account that receives.
    pub target: String,
    /// How much each time.
    pub amount: MoneyView,
    /// The customer's words.
    pub reference: String,
    /// How often, for example `monthly`; nothing if once.
    pub interval: Option<String>,
    /// The next planned day, if there is one.
    pub next_on: Option<String>,
    /// Executions whose transfers have not ended.
    pub under_way: String,
    /// How many have completed.
    pub executed: String,
    /// How many have come to nothing.
    pub failed: String,
    /// How many days were left out.
    pub left_out: String,
    /// Why the last one came to nothing, if it did.
    pub last_failure: Option<String>,
    /// Who ordered.
    pub created_by: String,
    /// Position of the order.
    pub created_position: String,
}

/// A page of orders.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OrdersPage {
    /// The rows, newest first.
    pub orders: Vec<OrderRow>,
    /// How many there are.
    pub total: String,
}

/// What a day brought, by currency and kind of entry.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityRow {
    /// The bank's day.
    pub business_date: String,
    /// ISO-4217 code.
    pub currency: String,
    /// Type of the events.
    pub kind: String,
    /// How many entries.
    pub entries: String,
    /// Sum of their debits, which is the sum of their credits.
    pub turnover: MoneyView,
    /// What they changed on all customers' accounts together.
    pub customers_change: MoneyView,
    /// Position of the last one.
    pub position: String,
}

/// A page of activity, newest day first.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityPage {
    /// The rows.
    pub rows: Vec<ActivityRow>,
    /// How many match in all.
    pub total: String,
}

/// Limits of use of an account and what is used of them on a day.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LimitsRow {
    /// The account.
    pub account_id: String,
    /// The account's stream.
    pub stream: String,
    /// The day.
    pub business_date: String,
    /// For one withdrawal, hold or transfer.
    pub per_transaction: Option<MoneyView>,
    /// The day's limit.
    pub per_day: Option<MoneyView>,
    /// What is used of it.
    pub used_day: MoneyView,
    /// The month's limit.
    pub per_month: Option<MoneyView>,
    /// What is used of it.
    pub used_month: MoneyView,
    /// When the limits were set.
    pub changed_at: String,
    /// Position of the event that set them.
    pub position: String,
}

/// A page of limits.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LimitsPage {
    /// The rows, by account.
    pub limits: Vec<LimitsRow>,
    /// How many there are.
    pub total: String,
}

/// Somebody who has caused events.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActorRow {
    /// Who.
    pub actor: String,
    /// How many events.
    pub events: String,
    /// Time of the first.
    pub first_at: String,
    /// Time of the last.
    pub last_at: String,
}

/// A page of actors.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActorsPage {
    /// The rows, by name.
    pub actors: Vec<ActorRow>,
    /// How many there are.
    pub total: String,
}

/// What an actor did.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Who.
    pub actor: String,
    /// Position of the event.
    pub position: String,
    /// When.
    pub recorded_at: String,
    /// What was asked for.
    pub command_type: String,
    /// What came of it.
    pub event_type: String,
    /// Stream of the event.
    pub stream: String,
    /// Where it came from.
    pub channel: String,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// What it belongs to.
    pub correlation_id: String,
}

/// A page of an audit trail.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The rows, newest first.
    pub rows: Vec<AuditRow>,
    /// How many there are.
    pub total: String,
}
