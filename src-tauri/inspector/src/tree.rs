//! Trees for people: values of a JSON text with path, exact text and how they differ from another text.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

use crate::json::{Document, InvalidJson, Kind};
use crate::limits;

/// How a value differs from the compared text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Change {
    Same,
    Added,
    Removed,
    Changed,
    /// A container with a change inside.
    Within,
}

/// A value in a tree, depth first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TreeNode {
    /// JSON pointer; of the compared text for what was removed.
    pub path: String,
    /// Key or index within the parent; empty for the root.
    pub key: String,
    /// Depth from 0.
    pub depth: u32,
    /// What it is.
    pub kind: Kind,
    /// Exact text of a scalar (strings without quotes), the removed one for what was removed. Nothing for containers,
    /// except those too deep to be unfolded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Number of children of a container.
    pub children: u32,
    /// How it differs.
    pub change: Change,
    /// The compared text's value, where it was changed or removed; for a container that has a `display`, its former one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What it means to people, where the hook knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

/// Tells an amount to people: is given the JSON text of an object that has exactly `minor` and `currency`.
pub type Display = fn(&str) -> Option<String>;

/// How trees are made.
#[derive(Debug, Clone, Copy, Default)]
pub struct View {
    /// The hook for amounts.
    pub display: Option<Display>,
}

/// A tree with its differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tree {
    /// The values, depth first; what was removed stands where it was.
    pub nodes: Vec<TreeNode>,
    /// JSON pointers that differ: the topmost of what was added or removed, and every changed value.
    pub changed_paths: Vec<String>,
}

/// Keys that tell elements of an array apart, in the order in which they are tried.
const IDENTITY_KEYS: [&str; 6] = ["holdId", "id", "caseId", "transferId", "entryId", "accountId"];

impl View {
    /// The tree of one text. A text that is not JSON becomes one value that says so.
    #[must_use]
    pub fn tree(&self, text: &str) -> Vec<TreeNode> {
        match Document::parse(text) {
            Ok(document) => {
                let mut out = Emitter::new(*self);
                out.whole(&document, 0, &Place::Root, Change::Same);
                out.finish().nodes
            }
            Err(error) => vec![invalid(text, &error)],
        }
    }

    /// What an amount means to people; nothing for any other value.
    pub(crate) fn amount(&self, document: &Document, index: usize) -> Option<String> {
        let hook = self.display?;
        let node = document.node(index);
        if node.kind != Kind::Object || node.children != 2 {
            return None;
        }
        let mut keys: Vec<_> = document.children(index).into_iter().map(|child| document.key(child)).collect();
        keys.sort();
        if keys == ["currency", "minor"] { hook(document.raw(index)) } else { None }
    }

    /// The tree of `after`, with what differs from `before` marked.
    #[must_use]
    pub fn diff(&self, before: &str, after: &str) -> Tree {
        let (before, after) = match (Document::parse(before), Document::parse(after)) {
            (Ok(before), Ok(after)) => (before, after),
            (_, Err(error)) => return Tree { nodes: vec![invalid(after, &error)], changed_paths: Vec::new() },
            (Err(_), Ok(after)) => {
                let mut out = Emitter::new(*self);
                out.whole(&after, 0, &Place::Root, Change::Added);
                out.changed_path();
                return out.finish();
            }
        };
        let mut out = Emitter::new(*self);
        out.pair(&before, 0, &after, 0, &Place::Root);
        out.finish()
    }
}

fn invalid(text: &str, error: &InvalidJson) -> TreeNode {
    TreeNode {
        path: String::new(),
        key: String::new(),
        depth: 0,
        kind: Kind::String,
        text: Some(clip(text).into_owned()),
        children: 0,
        change: Change::Same,
        before: None,
        display: Some(error.to_string()),
    }
}

pub(crate) fn clip(text: &str) -> Cow<'_, str> {
    if text.len() <= limits::COLLAPSED_BYTES {
        return Cow::Borrowed(text);
    }
    let end = (0..=limits::COLLAPSED_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    Cow::Owned(format!("{}… ({} bytes in all)", &text[..end], text.len()))
}

/// Where a value stands in its parent.
enum Place<'a> {
    Root,
    Key(Cow<'a, str>),
    Index(usize),
}

struct Emitter {
    view: View,
    nodes: Vec<TreeNode>,
    changed_paths: Vec<String>,
    left_out: usize,
    path: String,
    depth: usize,
}

impl Emitter {
    fn new(view: View) -> Self {
        Self { view, nodes: Vec::new(), changed_paths: Vec::new(), left_out: 0, path: String::new(), depth: 0 }
    }

    fn finish(mut self) -> Tree {
        if self.left_out > 0 {
            self.nodes.push(TreeNode {
                path: String::new(),
                key: "…".to_owned(),
                depth: 1,
                kind: Kind::String,
                text: Some(format!("{} more values are not shown; the raw text has them all", self.left_out)),
                children: 0,
                change: Change::Same,
                before: None,
                display: None,
            });
        }
        Tree { nodes: self.nodes, changed_paths: self.changed_paths }
    }

    /// Runs `work` one level deeper, with the place in the path.
    fn within<T>(&mut self, place: &Place<'_>, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        match place {
            Place::Root => {}
            Place::Key(key) => {
                self.path.push('/');
                self.path.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Place::Index(index) => {
                self.path.push('/');
                self.path.push_str(&index.to_string());
            }
        }
        let result = work(self);
        self.path.truncate(length);
        result
    }

    fn below<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    fn too_deep(&self) -> bool {
        self.depth >= limits::DEPTH_SHOWN
    }

    fn changed_path(&mut self) {
        if self.changed_paths.len() < limits::CHANGED_PATHS {
            self.changed_paths.push(self.path.clone());
        }
    }

    /// Adds a value and tells its index, or nothing if the tree is full.
    fn push(
        &mut self,
        document: &Document,
        index: usize,
        place: &Place<'_>,
        change: Change,
        before: Option<String>,
    ) -> Option<usize> {
        if self.nodes.len() >= limits::NODES_SHOWN {
            self.left_out += 1;
            return None;
        }
        let node = document.node(index);
        let text = if !node.kind.is_container() {
            Some(document.scalar(index).into_owned())
        } else if self.too_deep() && node.children > 0 {
            Some(clip(document.raw(index)).into_owned())
        } else {
            None
        };
        self.nodes.push(TreeNode {
            path: self.path.clone(),
            key: match place {
                Place::Root => String::new(),
                Place::Key(key) => key.to_string(),
                Place::Index(index) => index.to_string(),
            },
            depth: u32::try_from(self.depth).unwrap_or(u32::MAX),
            kind: node.kind,
            before: before.or_else(|| if change == Change::Removed { text.clone() } else { None }),
            text,
            children: node.children,
            change,
            display: self.display(document, index),
        });
        Some(self.nodes.len() - 1)
    }

    fn display(&self, document: &Document, index: usize) -> Option<String> {
        self.view.amount(document, index)
    }

    /// A whole subtree with one mark.
    fn whole(&mut self, document: &Document, index: usize, place: &Place<'_>, change: Change) {
        self.within(place, |out| {
            out.push(document, index, place, change, None);
            if !out.too_deep() {
                out.below(|out| out.all_children(document, index, change));
            }
        });
    }

    fn all_children(&mut self, document: &Document, index: usize, change: Change) {
        for (at, child) in document.children(index).into_iter().enumerate() {
            let place = place_of(document, index, child, at);
            self.whole(document, child, &place, change);
        }
    }

    /// A value that both texts have. Returns whether anything differs.
    fn pair(&mut self, before: &Document, old: usize, after: &Document, new: usize, place: &Place<'_>) -> bool {
        let (old_node, new_node) = (before.node(old), after.node(new));
        if before.raw(old) == after.raw(new) {
            self.whole(after, new, place, Change::Same);
            return false;
        }
        let same_kind = old_node.kind == new_node.kind;
        self.within(place, |out| {
            if same_kind && new_node.kind.is_container() && !out.too_deep() {
                let container = out.push(after, new, place, Change::Same, None);
                let changed = out.below(|out| out.pair_children(before, old, after, new));
                if let Some(container) = container.filter(|_| changed) {
                    out.nodes[container].change = Change::Within;
                    // A container that people read as one value (an amount) tells its former value as one, too.
                    out.nodes[container].before = out.display(before, old);
                }
                return changed;
            }
            if same_kind && !new_node.kind.is_container() && before.scalar(old) == after.scalar(new) {
                // Equal once unescaped: the same string, written differently.
                out.push(after, new, place, Change::Same, None);
                return false;
            }
            let was = if old_node.kind.is_container() {
                clip(before.raw(old)).into_owned()
            } else {
                before.scalar(old).into_owned()
            };
            out.push(after, new, place, Change::Changed, Some(was));
            out.changed_path();
            if !out.too_deep() {
                out.below(|out| out.all_children(after, new, Change::Added));
            }
            true
        })
    }

    fn pair_children(&mut self, before: &Document, old: usize, after: &Document, new: usize) -> bool {
        let (old_children, new_children) = (before.children(old), after.children(new));
        let partners = if after.node(new).kind == Kind::Object {
            match_keys(before, &old_children, after, &new_children)
        } else {
            match_elements(before, &old_children, after, &new_children)
        };
        let mut kept = vec![false; old_children.len()];
        for partner in partners.iter().flatten() {
            kept[*partner] = true;
        }
        let mut changed = false;
        let mut next_removed = 0;
        for (at, child) in new_children.iter().enumerate() {
            if let Some(partner) = partners[at] {
                changed |= self.removed_until(before, old, &old_children, &kept, &mut next_removed, partner);
            }
            let place = place_of(after, new, *child, at);
            changed |= match partners[at] {
                Some(partner) => self.pair(before, old_children[partner], after, *child, &place),
                None => {
                    self.whole(after, *child, &place, Change::Added);
                    self.within(&place, Self::changed_path);
                    true
                }
            };
        }
        changed | self.removed_until(before, old, &old_children, &kept, &mut next_removed, old_children.len())
    }

    fn removed_until(
        &mut self,
        before: &Document,
        old: usize,
        old_children: &[usize],
        kept: &[bool],
        next: &mut usize,
        until: usize,
    ) -> bool {
        let mut any = false;
        while *next < until {
            if !kept[*next] {
                let child = old_children[*next];
                let place = place_of(before, old, child, *next);
                self.whole(before, child, &place, Change::Removed);
                self.within(&place, Self::changed_path);
                any = true;
            }
            *next += 1;
        }
        any
    }
}

fn place_of(document: &Document, parent: usize, child: usize, at: usize) -> Place<'_> {
    if document.node(parent).kind == Kind::Object { Place::Key(document.key(child)) } else { Place::Index(at) }
}

/// For each new member the old one with the same key; the n-th of a repeated key meets the n-th.
pub(crate) fn match_keys(before: &Document, old: &[usize], after: &Document, new: &[usize]) -> Vec<Option<usize>> {
    let mut places: HashMap<Cow<'_, str>, Vec<usize>> = HashMap::new();
    for (at, child) in old.iter().enumerate().rev() {
        places.entry(before.key(*child)).or_default().push(at);
    }
    new.iter().map(|child| places.get_mut(&after.key(*child)).and_then(Vec::pop)).collect()
}

/// A child's JSON pointer.
pub(crate) fn pointer_of(path: &str, document: &Document, parent: usize, child: usize, at: usize) -> String {
    match place_of(document, parent, child, at) {
        Place::Root => path.to_owned(),
        Place::Key(key) => format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")),
        Place::Index(index) => format!("{path}/{index}"),
    }
}

/// For each new element the old one with the same identity, if all elements of both have one.
pub(crate) fn identity_partners(
    before: &Document,
    old: &[usize],
    after: &Document,
    new: &[usize],
) -> Option<Vec<Option<usize>>> {
    IDENTITY_KEYS.iter().find_map(|key| {
        let (old_ids, new_ids) = (identities(before, old, key)?, identities(after, new, key)?);
        Some(new_ids.iter().map(|id| old_ids.iter().position(|old_id| old_id == id)).collect())
    })
}

/// The identity of one element, if all elements of its array have one: key and value.
pub(crate) fn identity_of(document: &Document, elements: &[usize], at: usize) -> Option<(&'static str, String)> {
    IDENTITY_KEYS.iter().find_map(|key| {
        let ids = identities(document, elements, key)?;
        Some((*key, ids.get(at)?.clone().into_owned()))
    })
}

fn match_elements(before: &Document, old: &[usize], after: &Document, new: &[usize]) -> Vec<Option<usize>> {
    for key in IDENTITY_KEYS {
        if let (Some(old_ids), Some(new_ids)) = (identities(before, old, key), identities(after, new, key)) {
            let partners: Vec<_> = new_ids.iter().map(|id| old_ids.iter().position(|old_id| old_id == id)).collect();
            // A changed order is a difference, which matching by identity would hide.
            if partners.iter().flatten().is_sorted() {
                return partners;
            }
        }
    }
    let scalars = |document: &Document, children: &[usize]| {
        children.len() <= limits::MATCHED_SCALARS
            && children.iter().all(|child| !document.node(*child).kind.is_container())
    };
    if scalars(before, old) && scalars(after, new) {
        return match_scalars(before, old, after, new);
    }
    (0..new.len()).map(|at| (at < old.len()).then_some(at)).collect()
}

/// The elements' identities under a key, if all have one and no two the same.
fn identities<'a>(document: &'a Document, elements: &[usize], key: &str) -> Option<Vec<Cow<'a, str>>> {
    if elements.is_empty() || elements.len() > limits::MATCHED_SCALARS {
        return None;
    }
    let identity = |element: &usize| {
        let node = document.node(*element);
        let members = if node.kind == Kind::Object { document.children(*element) } else { Vec::new() };
        let member = members.into_iter().find(|child| document.key(*child) == key)?;
        (!document.node(member).kind.is_container()).then(|| document.scalar(member))
    };
    let ids = elements.iter().map(identity).collect::<Option<Vec<_>>>()?;
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    (distinct.len() == ids.len()).then_some(ids)
}

/// Longest common subsequence by value; gaps of equal length pair up by index, so that one replaced value is a change and
/// not a removal beside an addition.
fn match_scalars(before: &Document, old: &[usize], after: &Document, new: &[usize]) -> Vec<Option<usize>> {
    let (rows, columns) = (old.len(), new.len());
    let equal = |i: usize, j: usize| before.raw(old[i]) == after.raw(new[j]);
    let mut longest = vec![vec![0_u16; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            longest[i][j] =
                if equal(i, j) { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let mut partners = vec![None; columns];
    let (mut i, mut j) = (0, 0);
    let (mut gap_i, mut gap_j) = (0, 0);
    while i < rows && j < columns {
        if equal(i, j) {
            pair_gap(&mut partners, gap_i..i, gap_j..j);
            partners[j] = Some(i);
            i += 1;
            j += 1;
            (gap_i, gap_j) = (i, j);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pair_gap(&mut partners, gap_i..rows, gap_j..columns);
    partners
}

fn pair_gap(partners: &mut [Option<usize>], old: std::ops::Range<usize>, new: std::ops::Range<usize>) {
    if old.len() == new.len() {
        for (i, j) in old.zip(new) {
            partners[j] = Some(i);
        }
    }
}
