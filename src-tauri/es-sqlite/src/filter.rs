//! Filters as SQL conditions on the columns of `es_event`.

use es_core::EventFilter;
use rusqlite::types::Value;

/// Conditions that SQLite evaluates row by row, with their parameters in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Conditions {
    /// `" AND …"` or nothing. One text per combination of parts, whatever their values: the statement cache stays small.
    pub sql: String,
    /// The values of its `?`.
    pub parameters: Vec<Value>,
}

impl Conditions {
    /// The filter as row conditions, without the parts that `served` says an index answers already. Never in it: the times and
    /// positions (which are ranges of positions) and the single stream (which always has its index).
    pub fn of(filter: &EventFilter, served: Served) -> Self {
        let mut all = Self::default();
        let by_names = served == Served::Names;
        // Names are served by the streams if there are any, else by categories, else by the prefix; see `name_ranges`.
        if !filter.streams.is_empty() && !by_names {
            let names: Vec<String> = filter.streams.iter().map(ToString::to_string).collect();
            all.and("stream_name IN (SELECT value FROM json_each(?))", [list(&names)]);
        }
        let by_categories = by_names && filter.streams.is_empty();
        let by_prefix = by_categories && filter.categories.is_empty();
        let prefix = filter.stream_prefix.as_ref().filter(|prefix| !prefix.is_empty());
        if let Some(prefix) = prefix.filter(|_| !by_prefix) {
            match after_prefix(prefix) {
                Some(end) => all.and("stream_name >= ? AND stream_name < ?", [text(prefix), text(&end)]),
                None => all.and("stream_name >= ?", [text(prefix)]),
            }
        }
        let one = match filter.categories.as_slice() {
            [one] if !by_categories && !one.contains('-') => Some(one),
            _ => None,
        };
        if let Some(category) = one {
            // Most reads of categories want one, and comparing names is a small part of cutting them up.
            let (from, before) = with_id(category);
            all.and(
                "(stream_name >= ? AND stream_name < ? OR stream_name = ?)",
                [text(&from), text(&before), text(category)],
            );
        } else if !filter.categories.is_empty() && !by_categories {
            all.and(
                "substr(stream_name, 1, instr(stream_name || '-', '-') - 1) IN (SELECT value FROM json_each(?))",
                [list(&filter.categories)],
            );
        }
        if !filter.event_types.is_empty() && served != Served::Types {
            // The unary plus keeps SQLite from walking the type index here: rows are wanted in order of position.
            match filter.event_types.as_slice() {
                [one] => all.and("+event_type = ?", [text(one)]),
                many => all.and("+event_type IN (SELECT value FROM json_each(?))", [list(many)]),
            }
        }
        if let (Some(id), false) = (filter.correlation_id, served == Served::Correlation) {
            all.and("+correlation_id = ?", [Value::Blob(id.as_bytes().to_vec())]);
        }
        if let Some(part) = filter.contains.as_deref().filter(|part| !part.is_empty()) {
            all.and("(instr(payload, ?) > 0 OR instr(metadata, ?) > 0)", [text(part), text(part)]);
        }
        if let Some(actor) = &filter.actor {
            // Leaves out only what certainly does not match (JSON may write any character as an escape); see `read`.
            all.and("(instr(metadata, ?) > 0 OR instr(metadata, '\\') > 0)", [text(actor)]);
        }
        all
    }

    fn and<const N: usize>(&mut self, sql: &str, parameters: [Value; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.parameters.extend(parameters);
    }

    /// Whether every row passes.
    pub fn pass_all(&self) -> bool {
        self.sql.is_empty()
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

/// The ranges of stream names that a filter's streams, else its categories, else its prefix allow, as `(from, before)`; nothing if they restrict
/// nothing. `account` has the names `account` and those from `account-` to before `account.`, the next character.
pub(crate) fn name_ranges(filter: &EventFilter) -> Option<Vec<(String, Option<String>)>> {
    if !filter.streams.is_empty() {
        let mut ranges: Vec<_> =
            filter.streams.iter().map(|name| (name.to_string(), Some(format!("{name}\0")))).collect();
        ranges.sort();
        ranges.dedup();
        return Some(ranges);
    }
    if !filter.categories.is_empty() {
        let with_id = |category: &String| {
            let (from, before) = with_id(category);
            (from, Some(before))
        };
        let bare = |category: &String| (category.clone(), Some(format!("{category}\0")));
        let categories = filter.categories.iter().filter(|category| !category.contains('-'));
        let mut ranges: Vec<_> = categories.flat_map(|category| [bare(category), with_id(category)]).collect();
        ranges.sort();
        ranges.dedup();
        return Some(ranges);
    }
    let prefix = filter.stream_prefix.as_ref().filter(|prefix| !prefix.is_empty())?;
    Some(vec![(prefix.clone(), after_prefix(prefix))])
}

/// The names of a category's streams that have an id.
fn with_id(category: &str) -> (String, String) {
    (format!("{category}-"), format!("{category}."))
}

/// The least text above every text with this prefix; nothing if there is none. UTF-8 orders by bytes as by characters.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            other => char::from_u32(u32::from(other) + 1),
        };
        if let Some(next) = next {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn list(values: &[String]) -> Value {
    Value::Text(serde_json::Value::from(values.to_vec()).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_range_holds_exactly_the_names_with_the_prefix(
            prefix in "[a-c\u{D7FF}\u{E000}\u{10FFFF}-]{1,4}",
            name in "[a-c\u{D7FF}\u{E000}\u{10FFFF}-]{0,6}",
        ) {
            let inside = name.as_bytes() >= prefix.as_bytes()
                && after_prefix(&prefix).is_none_or(|end| name.as_bytes() < end.as_bytes());
            prop_assert_eq!(inside, name.starts_with(&prefix));
        }

        #[test]
        fn category_ranges_hold_exactly_the_names_of_the_categories(name in "[ab.,-]{1,5}", category in "[ab.,]{0,2}") {
            let Ok(stream) = es_core::StreamName::new(&name) else { return Ok(()) };
            let filter = EventFilter { categories: vec![category.clone()], ..EventFilter::default() };
            let ranges = name_ranges(&filter).expect("categories restrict");
            let inside = ranges.iter().any(|(from, before)| {
                name.as_str() >= from.as_str() && before.as_ref().is_none_or(|end| name.as_str() < end.as_str())
            });
            prop_assert_eq!(inside, stream.category() == category);
        }
    }
}
