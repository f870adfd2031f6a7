//! Further lists of the demo bank's read models, told to the window.

use bank::projections::{
    AUDIT, ActivityLine, ActorLine, AuditLine, CustomerLine, DAILY_ACTIVITY, HoldRecord, LIMIT_USE, LimitUseLine,
    LimitsLine, OrderLine, TableRow,
};
use bank::queries::{self, CustomerTotal, LimitsUse, read_model};
use chrono::NaiveDate;
use es_core::{Comparison, RowQuery};

use super::Session;
use super::bank::{account_row, page_rows, stream_of};
use super::clock::Source;
use super::present::money;
use crate::wire::{
    self, ActivityPage, ActivityRow, ActorRow, ActorsPage, AppError, AuditPage, AuditRow, CustomerOverview,
    CustomerRow, CustomersPage, HoldRow, HoldsPage, LimitsPage, LimitsRow, MoneyView, OrderRow, OrdersPage,
};

/// Most rows of a page that asks another question for each row.
const PAGE_QUESTIONS: u32 = 100;

impl Session {
    /// A page of customers.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn customers(
        &self,
        search: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<CustomersPage, AppError> {
        let source = self.source(at)?;
        let page = queries::customers(source.rows(), search, offset.into(), page_rows(limit)).await?;
        let customers = page.rows.into_iter().map(customer_row).collect();
        Ok(CustomersPage { customers, total: page.total.to_string() })
    }

    /// A customer with all accounts.
    ///
    /// # Errors
    /// There is no such customer, or a read model cannot be read.
    pub async fn customer(&self, customer_id: &str, at: Option<&str>) -> Result<CustomerOverview, AppError> {
        let source = self.source(at)?;
        let found = queries::customer_overview(source.rows(), customer_id).await?;
        let overview = found.ok_or_else(|| {
            let hint = source.hint("Search the list; a new customer appears within a moment.");
            AppError::not_found("customer", customer_id, hint)
        })?;
        Ok(CustomerOverview {
            customer: customer_row(overview.customer),
            accounts: overview.accounts.into_iter().map(account_row).collect(),
            totals: overview.totals.into_iter().map(customer_total).collect(),
        })
    }

    /// A page of holds, newest first.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn holds(
        &self,
        account_id: Option<&str>,
        status: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<HoldsPage, AppError> {
        let source = self.source(at)?;
        let page = queries::holds(source.rows(), account_id, status, offset.into(), page_rows(limit)).await?;
        let holds = page.rows.into_iter().map(hold_row).collect();
        Ok(HoldsPage { holds, total: page.total.to_string() })
    }

    /// A page of orders, newest first.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn orders(&self, offset: u32, limit: u32, at: Option<&str>) -> Result<OrdersPage, AppError> {
        let source = self.source(at)?;
        let page = queries::orders(source.rows(), None, None, offset.into(), page_rows(limit)).await?;
        let orders = page.rows.into_iter().map(order_row).collect();
        Ok(OrdersPage { orders, total: page.total.to_string() })
    }

    /// A page of what the days brought, newest day first; a missing day bounds nothing.
    ///
    /// # Errors
    /// A day that is none, or the read model cannot be read.
    pub async fn activity(
        &self,
        (from, through): (Option<&str>, Option<&str>),
        currency: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<ActivityPage, AppError> {
        let source = self.source(at)?;
        let mut query = RowQuery::all(&DAILY_ACTIVITY).order_by("business_date", true);
        for (day, comparison) in [(from, Comparison::Ge), (through, Comparison::Le)] {
            if let Some(day) = day.map(day_of).transpose()? {
                query = query.when("business_date", comparison, day.to_string());
            }
        }
        if let Some(currency) = currency {
            query = query.when("currency", Comparison::Eq, currency);
        }
        let query = query.page(offset.into(), page_rows(limit));
        let page = source.rows().query(read_model::DAILY_ACTIVITY, query).await?;
        let lines = page.rows.iter().map(ActivityLine::from_row).collect::<Result<Vec<_>, _>>();
        let rows = lines.map_err(es_core::StoreError::from)?.into_iter().map(activity_row).collect();
        Ok(ActivityPage { rows, total: page.total.to_string() })
    }

    /// A page of accounts with limits and what is used of them on a day; the last day on which something counted, if none is
    /// named.
    ///
    /// # Errors
    /// A day that is none, or a read model cannot be read.
    pub async fn limits(
        &self,
        day: Option<&str>,
        offset: u32,
        limit: u32,
        at: Option<&str>,
    ) -> Result<LimitsPage, AppError> {
        let source = self.source(at)?;
        let day = match day {
            Some(day) => day_of(day)?,
            None => self.last_day(&source).await?,
        };
        let page = queries::limits(source.rows(), offset.into(), page_rows(limit.min(PAGE_QUESTIONS))).await?;
        let mut limits = Vec::with_capacity(page.rows.len());
        for line in page.rows {
            let used = queries::limits_used(source.rows(), &line.account_id, day).await?;
            let account = queries::account(source.rows(), &line.account_id).await?;
            let currency = account.map(|account| account.currency).unwrap_or_default();
            limits.push(limits_row(line, &used, &currency));
        }
        Ok(LimitsPage { limits, total: page.total.to_string() })
    }

    /// The last day on which something counted towards a limit; the day of the moment if nothing did.
    async fn last_day(&self, source: &Source) -> Result<NaiveDate, AppError> {
        let query = RowQuery::all(&LIMIT_USE).order_by("day", true).page(0, 1);
        let page = source.rows().query(read_model::LIMITS, query).await?;
        let last = page.rows.first().map(LimitUseLine::from_row).transpose().map_err(es_core::StoreError::from)?;
        match last {
            Some(line) => day_of(&line.day),
            None => Ok(self.time_at(source.position).await?.date_naive()),
        }
    }

    /// A page of those who have caused events, by name.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn actors(&self, offset: u32, limit: u32, at: Option<&str>) -> Result<ActorsPage, AppError> {
        let source = self.source(at)?;
        let page = queries::actors(source.rows(), offset.into(), page_rows(limit)).await?;
        let actor = |line: ActorLine| ActorRow {
            actor: line.actor,
            events: line.events.to_string(),
            first_at: line.first_at,
            last_at: line.last_at,
        };
        Ok(ActorsPage { actors: page.rows.into_iter().map(actor).collect(), total: page.total.to_string() })
    }

    /// A page of what an actor did, newest first.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn audit(&self, actor: &str, offset: u32, limit: u32, at: Option<&str>) -> Result<AuditPage, AppError> {
        let source = self.source(at)?;
        let query = RowQuery::all(&AUDIT).when("actor", Comparison::Eq, actor).order_by("position", true);
        let page = source.rows().query(read_model::AUDIT, query.page(offset.into(), page_rows(limit))).await?;
        let lines = page.rows.iter().map(AuditLine::from_row).collect::<Result<Vec<_>, _>>();
        let rows = lines.map_err(es_core::StoreError::from)?.into_iter().map(audit_row).collect();
        Ok(AuditPage { rows, total: page.total.to_string() })
    }
}

fn day_of(text: &str) -> Result<NaiveDate, AppError> {
    text.parse().map_err(|_| AppError::bad_argument("Day", text, "a day such as 2026-03-01"))
}

fn customer_row(line: CustomerLine) -> CustomerRow {
    CustomerRow {
        stream: stream_of("customer", &line.customer_id),
        customer_id: line.customer_id,
        name: line.name,
        status: line.status,
        restricted: line.restricted,
        review_overdue: line.review_overdue,
        open_accounts: line.open_accounts.to_string(),
        registered_at: line.registered_at,
        changed_at: line.changed_at,
    }
}

fn customer_total(total: CustomerTotal) -> wire::CustomerTotal {
    let amount = |minor: i128| money(minor, &total.currency);
    wire::CustomerTotal {
        open_accounts: total.open_accounts.to_string(),
        balance: amount(total.balance),
        held: amount(total.held),
        overdraft: amount(total.overdraft),
        available: amount(total.available),
        currency: total.currency,
    }
}

fn hold_row(record: HoldRecord) -> HoldRow {
    let amount = |minor: i64| money(minor.into(), &record.currency);
    HoldRow {
        stream: stream_of("account", &record.account_id),
        amount: amount(record.amount),
        captured: record.captured.map(amount),
        account_id: record.account_id,
        hold_id: record.hold_id,
        status: record.status,
        purpose: record.purpose,
        reason: record.reason,
        transfer_id: record.transfer_id,
        expires_at: record.expires_at,
        placed_at: record.placed_at,
        placed_position: record.placed_position.to_string(),
        position: record.position.to_string(),
    }
}

fn order_row(line: OrderLine) -> OrderRow {
    OrderRow {
        stream: stream_of("order", &line.order_id),
        standing: line.interval.is_some(),
        amount: money(line.amount.into(), &line.currency),
        order_id: line.order_id,
        status: line.status,
        source: line.source,
        target: line.target,
        reference: line.reference,
        interval: line.interval,
        next_on: line.next_due_on,
        under_way: line.under_way.to_string(),
        executed: line.executed.to_string(),
        failed: line.failed.to_string(),
        left_out: line.left_out.to_string(),
        last_failure: line.last_message,
        created_by: line.created_by,
        created_position: line.created_position.to_string(),
    }
}

fn activity_row(line: ActivityLine) -> ActivityRow {
    let amount = |minor: i64| money(minor.into(), &line.currency);
    ActivityRow {
        turnover: amount(line.turnover),
        customers_change: amount(line.customers_change),
        business_date: line.business_date,
        currency: line.currency,
        kind: line.kind,
        entries: line.entries.to_string(),
        position: line.position.to_string(),
    }
}

fn limits_row(line: LimitsLine, used: &LimitsUse, currency: &str) -> LimitsRow {
    let limit = |minor: Option<i64>| -> Option<MoneyView> { minor.map(|minor| money(minor.into(), currency)) };
    LimitsRow {
        stream: stream_of("account", &line.account_id),
        account_id: line.account_id,
        business_date: used.business_date.to_string(),
        per_transaction: limit(used.per_transaction),
        per_day: limit(used.day.limit),
        used_day: money(used.day.used, currency),
        per_month: limit(used.month.limit),
        used_month: money(used.month.used, currency),
        changed_at: line.changed_at,
        position: line.position.to_string(),
    }
}

fn audit_row(line: AuditLine) -> AuditRow {
    AuditRow {
        actor: line.actor,
        position: line.position.to_string(),
        recorded_at: line.recorded_at,
        command_type: line.command_type,
        event_type: line.event_type,
        stream: line.stream,
        channel: line.channel,
        reason: line.reason,
        correlation_id: line.correlation_id,
    }
}
