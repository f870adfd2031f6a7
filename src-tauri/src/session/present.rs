//! From the engine's values to what crosses to the window. Exact: numbers become text, never floats.

use bank::currency::Currency;
use chrono::{DateTime, SecondsFormat, Utc};
use inspector::{Kind, TreeNode};

use crate::wire;

/// RFC 3339 in UTC with microseconds.
#[must_use]
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// An amount with its exact minor units and a text for people. Any size: sums of many accounts pass what one amount may be.
#[must_use]
pub fn money(minor: i128, currency: &str) -> wire::MoneyView {
    // A currency that nobody knows can only come from a foreign store; its minor units are shown as they are.
    let decimals = currency.parse::<Currency>().map_or(0, |currency| currency.exponent() as usize);
    wire::MoneyView { minor: minor.to_string(), currency: currency.to_owned(), text: grouped(minor, decimals) }
}

fn grouped(minor: i128, decimals: usize) -> String {
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 2);
    if minor < 0 {
        text.push('-');
    }
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

impl From<inspector::EventSummary> for wire::EventRow {
    fn from(event: inspector::EventSummary) -> Self {
        Self {
            position: event.position.to_string(),
            stream: event.stream.to_string(),
            version: event.version.to_string(),
            event_type: event.event_type,
            schema_version: event.schema_version,
            recorded_at: time(event.recorded_at),
            actor: event.actor,
            sentence: event.sentence,
            problem: event.problem,
            correlation_id: event.correlation_id.map(|id| id.to_string()),
        }
    }
}

impl From<inspector::EventDetail> for wire::EventDetail {
    fn from(detail: inspector::EventDetail) -> Self {
        let mut row = wire::EventRow::from(detail.summary);
        if !detail.content_intact && row.problem.is_none() {
            row.problem = Some("The stored bytes do not have the stored content hash any more.".to_owned());
        }
        Self {
            row,
            event_id: detail.event_id.to_string(),
            causation_id: detail.causation_id.map(|id| id.to_string()),
            causation_position: detail.causation_position.map(|position| position.to_string()),
            content_hash: detail.content_hash.to_hex(),
            chain_hash: detail.chain_hash.map(es_core::Hash::to_hex),
            data: nodes(detail.data),
            metadata: nodes(detail.metadata),
            raw: detail.raw,
            binary: detail.binary,
            raw_bytes: detail.raw_bytes.to_string(),
            upcast: detail.upcast.into_iter().map(Into::into).collect(),
            state: detail.state.map(Into::into),
        }
    }
}

impl From<inspector::UpcastStepView> for wire::UpcastStepView {
    fn from(step: inspector::UpcastStepView) -> Self {
        let events = step.events.into_iter().map(Into::into).collect();
        Self { description: step.description, events, dropped: step.dropped }
    }
}

impl From<inspector::PrettyEvent> for wire::UpcastEventView {
    fn from(event: inspector::PrettyEvent) -> Self {
        Self { event_type: event.event_type, schema_version: event.schema_version, payload: event.payload }
    }
}

impl From<inspector::StateView> for wire::StateView {
    fn from(state: inspector::StateView) -> Self {
        Self {
            stream: state.stream.to_string(),
            version: state.version.to_string(),
            compared_with: state.compared_with.to_string(),
            last_version: state.last_version.to_string(),
            nodes: nodes(state.nodes),
            changed_paths: state.changed_paths,
            event: state.event.map(Into::into),
            problem: state.problem.map(|problem| problem.to_string()),
        }
    }
}

impl From<inspector::TimelineEntry> for wire::TimelineEntry {
    fn from(entry: inspector::TimelineEntry) -> Self {
        Self { version: entry.version.to_string(), event_type: entry.event_type, recorded_at: time(entry.recorded_at) }
    }
}

fn nodes(nodes: Vec<TreeNode>) -> Vec<wire::JsonNode> {
    nodes.into_iter().map(Into::into).collect()
}

impl From<Kind> for wire::JsonKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Object => Self::Object,
            Kind::Array => Self::Array,
            Kind::String => Self::String,
            Kind::Number => Self::Number,
            Kind::Boolean => Self::Boolean,
            Kind::Null => Self::Null,
        }
    }
}

impl From<TreeNode> for wire::JsonNode {
    fn from(node: TreeNode) -> Self {
        Self {
            path: node.path,
            key: node.key,
            depth: node.depth,
            kind: node.kind.into(),
            text: node.text,
            children: node.children,
            change: match node.change {
                inspector::Change::Same => wire::Change::Same,
                inspector::Change::Added => wire::Change::Added,
                inspector::Change::Removed => wire::Change::Removed,
                inspector::Change::Changed => wire::Change::Changed,
                inspector::Change::Within => wire::Change::Within,
            },
            before: node.before,
            display: node.display,
        }
    }
}

impl From<es_core::StreamInfo> for wire::StreamRow {
    fn from(info: es_core::StreamInfo) -> Self {
        Self {
            category: info.stream.category().to_owned(),
            stream: info.stream.to_string(),
            version: info.version.to_string(),
            last_position: info.last_position.to_string(),
            last_recorded_at: time(info.last_recorded_at),
            last_event_type: info.last_event_type.into(),
        }
    }
}

impl From<es_core::CategoryCount> for wire::CategoryRow {
    fn from(count: es_core::CategoryCount) -> Self {
        Self { category: count.category, streams: count.streams.to_string(), events: count.events.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_with_the_decimals_of_their_currency() {
        for (minor, currency, text) in [
            (0, "EUR", "0.00"),
            (5, "EUR", "0.05"),
            (-5, "EUR", "-0.05"),
            (123_456, "EUR", "1,234.56"),
            (-100_000_000, "EUR", "-1,000,000.00"),
            (1_234, "JPY", "1,234"),
            (1_234_567, "BHD", "1,234.567"),
            (170_141_183_460_469_231_731, "EUR", "1,701,411,834,604,692,317.31"),
            (42, "XYZ", "42"),
        ] {
            let told = money(minor, currency);
            assert_eq!((told.text.as_str(), told.minor), (text, minor.to_string()), "{minor} {currency}");
        }
    }

    #[test]
    fn times_keep_their_microseconds() {
        let moment = DateTime::from_timestamp_micros(1_772_366_400_000_001).expect("in range");
        assert_eq!(time(moment), "2026-03-01T12:00:00.000001Z");
    }
}
