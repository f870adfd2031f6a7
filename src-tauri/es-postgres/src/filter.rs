//! Filters as SQL conditions on the columns of `es_event`.

use es_core::EventFilter;
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use uuid::Uuid;

use crate::error::Fault;

/// A value that a statement is asked with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A position, version or count.
    Number(i64),
    /// A text.
    Text(String),
    /// One of these texts.
    Texts(Vec<String>),
    /// An id.
    Id(Uuid),
}

/// A statement that is put together from constant parts. The same parts give the same text, whatever the values are: the
/// statement cache stays small.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Statement {
    /// Its text.
    pub sql: String,
    /// The values of `$1`, `$2` …
    values: Vec<Value>,
}

impl Statement {
    /// Adds text.
    pub fn add(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value as the next parameter.
    pub fn value(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        self.sql.push('$');
        self.sql.push_str(&self.values.len().to_string());
        self
    }

    /// Adds a number as the next parameter.
    pub fn number(&mut self, number: i64) -> &mut Self {
        self.value(Value::Number(number)).add("::bigint")
    }

    /// Asks.
    pub async fn fetch_all(self, connection: &mut sqlx::postgres::PgConnection) -> Result<Vec<PgRow>, Fault> {
        let Self { sql, values } = self;
        let mut query: Query<'_, Postgres, PgArguments> = sqlx::query(sqlx::AssertSqlSafe(sql));
        for value in values {
            query = match value {
                Value::Number(number) => query.bind(number),
                Value::Text(text) => query.bind(text),
                Value::Texts(texts) => query.bind(texts),
                Value::Id(id) => query.bind(id),
            };
        }
        Ok(query.fetch_all(connection).await?)
    }
}

/// Which part of a filter an index already answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    Nothing,
    Names,
    Types,
    Correlation,
}

/// Whether a filter has conditions on single rows beside what is served. Never among them: the times and positions (which
/// are ranges of positions) and the single stream (which always has its index).
pub(crate) fn has_conditions(filter: &EventFilter, served: Served) -> bool {
    let mut conditions = Statement::default();
    add_conditions(&mut conditions, filter, served);
    !conditions.sql.is_empty()
}

/// Whether a filter says which names streams have.
pub(crate) fn names_streams(filter: &EventFilter) -> bool {
    !filter.streams.is_empty()
        || !filter.categories.is_empty()
        || filter.stream_prefix.as_ref().is_some_and(|prefix| !prefix.is_empty())
}

/// Adds ` AND …` for what a filter says of the streams' names. Columns are compared byte for byte (`COLLATE "C"`).
pub(crate) fn add_name_conditions(statement: &mut Statement, filter: &EventFilter) {
    if !filter.streams.is_empty() {
        let names: Vec<String> = filter.streams.iter().map(ToString::to_string).collect();
        condition(statement, "stream_name = ANY(", texts(&names), ")");
    }
    if let Some(prefix) = filter.stream_prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
        condition(statement, "starts_with(stream_name, ", text(prefix), ")");
    }
    match filter.categories.as_slice() {
        [] => {}
        // Most reads of categories want one, and comparing names is a small part of cutting them up.
        [one] if !one.contains('-') => {
            condition(statement, "(stream_name = ", text(one), "");
            statement.add(" OR starts_with(stream_name, ").value(text(&format!("{one}-"))).add("))");
        }
        many => condition(statement, "split_part(stream_name, '-', 1) = ANY(", texts(many), ")"),
    }
}

/// Adds ` AND …` for each part of a filter that is not served.
pub(crate) fn add_conditions(statement: &mut Statement, filter: &EventFilter, served: Served) {
    if served != Served::Names {
        add_name_conditions(statement, filter);
    }
    if !filter.event_types.is_empty() && served != Served::Types {
        condition(statement, "event_type = ANY(", texts(&filter.event_types), ")");
    }
    if let Some(id) = filter.correlation_id.filter(|_| served != Served::Correlation) {
        condition(statement, "correlation_id = ", Value::Id(id), "");
    }
    if let Some(part) = filter.contains.as_deref().filter(|part| !part.is_empty()) {
        condition(statement, "(strpos(payload::text, ", text(part), ") > 0");
        statement.add(" OR strpos(metadata::text, ").value(text(part)).add(") > 0)");
    }
    if let Some(actor) = &filter.actor {
        // Leaves out only what certainly does not match (JSON may write any character as an escape); see `read`.
        condition(statement, "(strpos(metadata::text, ", text(actor), ") > 0 OR strpos(metadata::text, '\\') > 0)");
    }
}

fn condition(statement: &mut Statement, before: &str, value: Value, after: &str) {
    statement.add(" AND ").add(before).value(value).add(after);
}

/// What stands for a zero byte, which no text of PostgreSQL can hold and which it does not take as a parameter: characters that
/// stand in no stream name and no JSON, either.
const NEVER: &str = "\u{1}\u{FFFF}\u{1}";

fn text(value: &str) -> Value {
    Value::Text(storable(value))
}

fn texts(values: &[String]) -> Value {
    Value::Texts(values.iter().filter(|value| !value.contains('\0')).cloned().collect())
}

fn storable(value: &str) -> String {
    value.replace('\0', NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_combination_of_parts_has_one_text() {
        let filter = |category: &str, types: &[&str]| EventFilter {
            categories: vec![category.to_owned()],
            event_types: types.iter().map(ToString::to_string).collect(),
            ..EventFilter::default()
        };
        let sql = |filter: &EventFilter| {
            let mut statement = Statement::default();
            add_conditions(&mut statement, filter, Served::Nothing);
            statement.sql
        };
        assert_eq!(sql(&filter("account", &["A"])), sql(&filter("card", &["B", "C"])), "values are parameters");
        assert!(!has_conditions(&EventFilter::default(), Served::Nothing), "nothing restricts nothing");
        let only_types = EventFilter { event_types: vec!["A".to_owned()], ..EventFilter::default() };
        assert!(!has_conditions(&only_types, Served::Types) && has_conditions(&only_types, Served::Nothing));
    }

    #[test]
    fn a_zero_byte_is_asked_for_as_something_that_is_never_there() {
        assert!(!storable("a\0b").contains('\0'));
        assert_eq!(storable("a\u{1}b"), "a\u{1}b");
    }
}
