//! JSON text as it was written: every number keeps its digits, every object the order of its keys.
//!
//! A document is a flat list of spans into its text, depth first. Nothing here recurses, so nesting cannot exhaust the
//! stack, and nothing turns a number into a float.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

/// Kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "JSON's own six kinds")]
pub enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Null,
}

impl Kind {
    /// Whether values of this kind hold others.
    #[must_use]
    pub fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }
}

/// A text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {reason}")]
pub struct InvalidJson {
    /// What the parser said, with line and column.
    pub reason: String,
}

/// One value of a document.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    key: Range<u32>,
    span: Range<u32>,
    pub(crate) kind: Kind,
    pub(crate) children: u32,
    /// Nodes in this subtree, itself included.
    size: u32,
}

/// A parsed text.
#[derive(Debug, Clone)]
pub struct Document {
    text: Box<str>,
    nodes: Vec<Node>,
}

impl Document {
    /// Parses a text. Nesting may be of any depth.
    ///
    /// # Errors
    /// The text is not one JSON value.
    pub fn parse(text: &str) -> Result<Self, InvalidJson> {
        if u32::try_from(text.len()).is_err() {
            return Err(InvalidJson { reason: "the text is larger than 4 GiB".to_owned() });
        }
        // Validation is serde_json's; the walk below may then rely on well-formed text.
        serde_json::from_str::<&RawValue>(text).map_err(|error| InvalidJson { reason: error.to_string() })?;
        Ok(Self { text: text.into(), nodes: walk(text) })
    }

    /// Number of values, containers included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never true: a document has at least its root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(crate) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    /// The value's text as written, quotes and inner white space included.
    pub(crate) fn raw(&self, index: usize) -> &str {
        self.slice(&self.nodes[index].span)
    }

    /// A scalar's text: strings without quotes and escapes, everything else as written.
    pub(crate) fn scalar(&self, index: usize) -> Cow<'_, str> {
        let raw = self.raw(index);
        if self.nodes[index].kind == Kind::String { unquote(raw) } else { Cow::Borrowed(raw) }
    }

    /// The key within an object.
    pub(crate) fn key(&self, index: usize) -> Cow<'_, str> {
        unquote(self.slice(&self.nodes[index].key))
    }

    /// Indexes of the direct children.
    pub(crate) fn children(&self, index: usize) -> Vec<usize> {
        let node = &self.nodes[index];
        let mut next = index + 1;
        let one = |_| {
            let child = next;
            next += self.nodes[child].size as usize;
            child
        };
        (0..node.children).map(one).collect()
    }

    /// The first member of an object with this key.
    pub(crate) fn member(&self, index: usize, key: &str) -> Option<usize> {
        let node = self.node(index);
        let mut child = index + 1;
        for _ in 0..if node.kind == Kind::Object { node.children } else { 0 } {
            if self.key(child) == key {
                return Some(child);
            }
            child += self.nodes[child].size as usize;
        }
        None
    }

    /// Values in this subtree, itself included.
    pub(crate) fn size(&self, index: usize) -> usize {
        self.nodes[index].size as usize
    }

    fn slice(&self, range: &Range<u32>) -> &str {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// Removes quotes and escapes. A text that is no valid Unicode once unescaped (a lone surrogate) stays as it was written.
fn unquote(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).map_or(Cow::Borrowed(inner), Cow::Owned)
    } else {
        Cow::Borrowed(inner)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the text's length was checked to fit 32 bits")]
fn walk(text: &str) -> Vec<Node> {
    let bytes = text.as_bytes();
    let mut nodes: Vec<Node> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut key: Option<Range<u32>> = None;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let kind = match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Boolean,
            b'n' => Kind::Null,
            b'-' | b'0'..=b'9' => Kind::Number,
            b'}' | b']' => {
                if let Some(closed) = open.pop() {
                    nodes[closed].size = (nodes.len() - closed) as u32;
                    nodes[closed].span.end = at as u32 + 1;
                }
                at += 1;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        let end = if kind.is_container() { at + 1 } else { scalar_end(bytes, at, kind) };
        let span = at as u32..end as u32;
        at = end;
        let in_object = open.last().is_some_and(|parent| nodes[*parent].kind == Kind::Object);
        if in_object && key.is_none() {
            key = Some(span);
            continue;
        }
        if let Some(parent) = open.last() {
            nodes[*parent].children += 1;
        }
        if kind.is_container() {
            open.push(nodes.len());
        }
        nodes.push(Node { key: key.take().unwrap_or(0..0), span, kind, children: 0, size: 1 });
    }
    nodes
}

fn scalar_end(bytes: &[u8], start: usize, kind: Kind) -> usize {
    let mut at = start + 1;
    if kind != Kind::String {
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while bytes.get(at).is_some_and(inside) {
            at += 1;
        }
        return at;
    }
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// The same values with one line each, indented by two spaces; scalars exactly as written.
///
/// # Errors
/// The text is not JSON.
pub fn pretty(text: &str) -> Result<String, InvalidJson> {
    Ok(written(&Document::parse(text)?, true))
}

/// The same values without any white space between them; scalars exactly as written.
///
/// # Errors
/// The text is not JSON.
pub fn compact(text: &str) -> Result<String, InvalidJson> {
    Ok(written(&Document::parse(text)?, false))
}

fn written(document: &Document, lines: bool) -> String {
    let mut out = String::with_capacity(document.text.len() * if lines { 2 } else { 1 });
    let line = |out: &mut String, depth| {
        if lines {
            indent(out, depth)
        }
    };
    // (children left, closing bracket) of each open container.
    let mut open: Vec<(u32, char)> = Vec::new();
    for index in 0..document.len() {
        let node = document.node(index);
        if !open.is_empty() {
            line(&mut out, open.len());
        }
        if !node.key.is_empty() {
            out.push_str(document.slice(&node.key));
            out.push_str(if lines { ": " } else { ":" });
        }
        match node.kind {
            Kind::Object if node.children == 0 => out.push_str("{}"),
            Kind::Array if node.children == 0 => out.push_str("[]"),
            Kind::Object => out.push('{'),
            Kind::Array => out.push('['),
            _ => out.push_str(document.raw(index)),
        }
        if node.children > 0 {
            open.push((node.children, if node.kind == Kind::Object { '}' } else { ']' }));
            continue;
        }
        while let Some((left, closing)) = open.last_mut() {
            *left -= 1;
            if *left > 0 {
                out.push(',');
                break;
            }
            let closing = *closing;
            open.pop();
            line(&mut out, open.len());
            out.push(closing);
        }
    }
    out
}

/// Indentation stops growing at some depth, so that deep nesting does not make a text quadratic.
fn indent(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(crate::limits::DEPTH_SHOWN) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text_and_keys_their_order() {
        let text = r#"{"z":123456789012345678901234567890,"a":1.10,"m":-0,"e":1E+400,"b":[true,null,"q\"\u00e9"]}"#;
        let document = Document::parse(text).expect("valid");
        let scalars: Vec<_> = (0..document.len())
            .filter(|i| !document.node(*i).kind.is_container())
            .map(|i| document.scalar(i).into_owned())
            .collect();
        assert_eq!(scalars, ["123456789012345678901234567890", "1.10", "-0", "1E+400", "true", "null", "q\"é"]);
        let keys: Vec<_> = document.children(0).into_iter().map(|i| document.key(i).into_owned()).collect();
        assert_eq!(keys, ["z", "a", "m", "e", "b"], "keys stay in the order of the text");
    }

    #[test]
    fn pretty_text_holds_exactly_the_same_tokens() {
        let text = r#"{"a":[1.00,{"b":{}},[]],"c":"x, y: {z}","d":98765432109876543210}"#;
        let shown = pretty(text).expect("valid");
        let expected = "{\n  \"a\": [\n    1.00,\n    {\n      \"b\": {}\n    },\n    []\n  ],\n  \"c\": \"x, y: {z}\",\n  \"d\": 98765432109876543210\n}";
        assert_eq!(shown, expected);
        assert_eq!(pretty(&shown).expect("valid"), shown, "pretty text is a fixed point");
        assert_eq!(compact(&shown).expect("valid"), text, "compact text is as short as can be");
        assert_eq!(pretty("  7.0 ").expect("valid"), "7.0");
    }

    #[test]
    fn deep_nesting_neither_overflows_nor_explodes() {
        let depth = 200_000;
        let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let document = Document::parse(&text).expect("valid");
        assert_eq!(document.len(), depth + 1);
        assert!(pretty(&text).expect("valid").len() < text.len() * 200, "indentation is bounded");
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for bad in ["", "{", "01", "{\"a\":1}x", "nul", "\"\\q\"", "[1,]", "{\"a\" 1}"] {
            let error = Document::parse(bad).expect_err(bad);
            assert!(error.reason.contains("line"), "{bad:?} says where: {error}");
        }
    }

    #[test]
    fn a_lone_surrogate_is_shown_as_written() {
        let document = Document::parse(r#"["\ud800"]"#).expect("serde_json accepts it as raw text");
        assert_eq!(document.scalar(1), "\\ud800");
    }
}
