//! Tables of the read models.

use es_core::{Column, ColumnKind, Table};

const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

const fn int(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Int }
}

/// One row per account.
pub static ACCOUNTS: Table = Table {
    name: "accounts",
    columns: &[
        text("account_id"),
        text("currency"),
        text("product"),
        text("customer_id"),
        text("customer_name"),
        text("status"),
        int("balance"),
        int("held"),
        int("overdraft"),
        int("available"),
        int("frozen_cases"),
        text("opened_on"),
        int("version"),
        text("changed_at"),
        int("position"),
        text("search"),
    ],
    key_columns: 1,
    indexes: &[&["customer_id"], &["status"]],
};

/// One row per open hold, so that a change of the hold knows what it changes.
pub static ACCOUNT_HOLDS: Table = Table {
    name: "account_holds",
    columns: &[text("account_id"), text("hold_id"), int("amount"), text("expires_at"), text("purpose")],
    key_columns: 2,
    indexes: &[],
};

/// Names of the holders, as the account list shows them.
pub static ACCOUNT_HOLDERS: Table =
    Table { name: "account_holders", columns: &[text("customer_id"), text("name")], key_columns: 1, indexes: &[] };

/// One row per posting to a customer's account.
pub static STATEMENT: Table = Table {
    name: "statement",
    columns: &[
        text("account_id"),
        int("line"),
        int("position"),
        int("version"),
        text("event_type"),
        text("booking_date"),
        text("value_date"),
        text("text"),
        int("amount"),
        int("balance"),
        text("currency"),
        text("entry_id"),
    ],
    key_columns: 2,
    indexes: &[],
};

/// Where each statement stands.
pub static STATEMENT_HEADS: Table = Table {
    name: "statement_heads",
    columns: &[text("account_id"), text("currency"), int("balance"), int("lines")],
    key_columns: 1,
    indexes: &[],
};

/// One row per transfer.
pub static TRANSFERS: Table = Table {
    name: "transfers",
    columns: &[
        text("transfer_id"),
        text("source"),
        text("target"),
        int("amount"),
        text("currency"),
        text("status"),
        int("finished"),
        text("code"),
        text("reason"),
        text("reference"),
        text("requested_at"),
        text("changed_at"),
        int("requested_position"),
        int("position"),
        int("fee"),
        int("arriving"),
        text("arriving_currency"),
        text("rate"),
        text("quote_id"),
        text("requested_by"),
        text("approved_by"),
        text("content_hash"),
        text("due_at"),
        int("overdue"),
        text("order_id"),
    ],
    key_columns: 1,
    indexes: &[&["requested_position"], &["status", "requested_position"], &["finished", "due_at"]],
};

/// The same rows by account, one for the source and one for the target.
pub static TRANSFERS_BY_ACCOUNT: Table = Table {
    name: "transfers_by_account",
    columns: &[
        text("account_id"),
        int("requested_position"),
        text("transfer_id"),
        text("source"),
        text("target"),
        int("amount"),
        text("currency"),
        text("status"),
        int("finished"),
        text("code"),
        text("reason"),
        text("reference"),
        text("requested_at"),
        text("changed_at"),
        int("position"),
        int("fee"),
        int("arriving"),
        text("arriving_currency"),
        text("rate"),
        text("quote_id"),
        text("requested_by"),
        text("approved_by"),
        text("content_hash"),
        text("due_at"),
        int("overdue"),
        text("order_id"),
    ],
    key_columns: 2,
    indexes: &[],
};

/// One row per ledger account and currency, customers' accounts in one line, and one line for the transfers in flight.
pub static LEDGER: Table = Table {
    name: "ledger",
    columns: &[text("account"), text("currency"), int("debits"), int("credits"), int("entries"), int("position")],
    key_columns: 2,
    indexes: &[],
};

/// One row per transfer whose money has left the source and not arrived anywhere.
pub static TRANSFERS_IN_FLIGHT: Table = Table {
    name: "transfers_in_flight",
    columns: &[text("transfer_id"), text("currency"), int("amount"), text("debited_at"), int("position")],
    key_columns: 1,
    indexes: &[],
};

/// One row per transfer that has left its source before the events of the source that are still there, and has not arrived.
pub static TRANSFERS_DEPARTED: Table =
    Table { name: "transfers_departed", columns: &[text("transfer_id")], key_columns: 1, indexes: &[] };

/// One row per account whose postings are in the ledger, by themselves or carried forward.
pub static LEDGER_ACCOUNTS: Table =
    Table { name: "ledger_accounts", columns: &[text("account_id")], key_columns: 1, indexes: &[] };

/// One row per customer.
pub static CUSTOMERS: Table = Table {
    name: "customers",
    columns: &[
        text("customer_id"),
        text("name"),
        text("status"),
        int("restricted"),
        int("review_overdue"),
        int("suspended"),
        int("open_accounts"),
        text("registered_at"),
        text("changed_at"),
        int("position"),
        text("search"),
    ],
    key_columns: 1,
    indexes: &[&["status"]],
};
