//! Trees and differences: what they promise for any two texts.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

use inspector::{Change, Document, Kind, TreeNode, View, limits};
use proptest::prelude::*;

fn view() -> View {
    View { display: None }
}

/// JSON texts over few keys and values, so that two of them have much in common.
fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop_oneof![
            Just("12345678901234567890123456789"),
            Just("1.0"),
            Just("1.00"),
            Just("-0"),
            Just("9007199254740993"),
            Just("1e400")
        ]
        .prop_map(str::to_owned),
        prop_oneof![Just("\"a\""), Just("\"b\""), Just("\"x\\\"y\""), Just("\"\\u0061\""), Just("\"é~/\"")]
            .prop_map(str::to_owned),
        Just("true".to_owned()),
        Just("null".to_owned()),
    ];
    let key = prop_oneof![Just("a"), Just("b"), Just("c/d"), Just("e~f"), Just("holdId"), Just("")];
    scalar.prop_recursive(4, 48, 5, move |inner| {
        let member = (key.clone(), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(", "))),
            proptest::collection::vec(member, 0..5).prop_map(|members| {
                let mut seen = std::collections::BTreeSet::new();
                let distinct = members.into_iter().filter(|(key, _)| seen.insert(*key));
                let members: Vec<_> = distinct.map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn bare(nodes: &[TreeNode]) -> Vec<(String, String, u32, Kind, Option<String>, u32)> {
    let one = |n: &TreeNode| (n.path.clone(), n.key.clone(), n.depth, n.kind, n.text.clone(), n.children);
    nodes.iter().map(one).collect()
}

fn scalars(nodes: &[TreeNode]) -> Vec<String> {
    let mut all: Vec<_> = nodes.iter().filter(|n| !n.kind.is_container()).filter_map(|n| n.text.clone()).collect();
    all.sort();
    all
}

/// Every scalar of the compared text that a difference tells.
fn told_before(nodes: &[TreeNode]) -> Vec<String> {
    let mut all = Vec::new();
    for node in nodes {
        match node.change {
            Change::Same if !node.kind.is_container() => all.extend(node.text.clone()),
            Change::Removed if !node.kind.is_container() => all.extend(node.before.clone()),
            Change::Changed => {
                let before = node.before.clone().expect("a changed value tells what it was");
                let was_container = before.starts_with(['[', '{']);
                if was_container { all.extend(scalars(&view().tree(&before))) } else { all.push(before) }
            }
            _ => {}
        }
    }
    all.sort();
    all
}

/// The meaning of a text: members sorted, strings unescaped, numbers as written.
fn meaning(text: &str) -> Vec<(String, Kind, Option<String>)> {
    let mut all: Vec<_> = view().tree(text).into_iter().map(|n| (n.path, n.kind, n.text)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

proptest! {
    #[test]
    fn a_difference_holds_the_whole_new_text_in_place(a in json(), b in json()) {
        let tree = view().diff(&a, &b);
        let kept: Vec<_> = tree.nodes.iter().filter(|n| n.change != Change::Removed).cloned().collect();
        prop_assert_eq!(bare(&kept), bare(&view().tree(&b)), "without what was removed, the tree is that of the new text");
    }

    #[test]
    fn a_difference_loses_nothing_of_the_old_text(a in json(), b in json()) {
        let tree = view().diff(&a, &b);
        prop_assert_eq!(told_before(&tree.nodes), scalars(&view().tree(&a)), "same, changed and removed make the old text");
    }

    #[test]
    fn nothing_differs_exactly_when_the_texts_mean_the_same(a in json(), b in json()) {
        prop_assert_eq!(view().diff(&a, &b).changed_paths.is_empty(), meaning(&a) == meaning(&b));
        prop_assert!(view().diff(&a, &a).changed_paths.is_empty());
    }

    #[test]
    fn changed_paths_are_those_of_the_marked_nodes(a in json(), b in json()) {
        let tree = view().diff(&a, &b);
        for path in &tree.changed_paths {
            let marked = |n: &&TreeNode| n.path == *path && !matches!(n.change, Change::Same | Change::Within);
            prop_assert!(tree.nodes.iter().find(marked).is_some(), "{} is marked", path);
        }
        let root = tree.nodes.first().expect("there is a root");
        prop_assert_eq!(root.change == Change::Same, tree.changed_paths.is_empty());
    }

    #[test]
    fn any_text_makes_a_tree(text in ".{0,80}") {
        let nodes = view().tree(&text);
        prop_assert!(!nodes.is_empty());
        if Document::parse(&text).is_err() {
            prop_assert_eq!(nodes[0].text.as_deref(), Some(&*text), "a text that is not JSON is shown as it is");
            prop_assert!(nodes[0].display.as_deref().is_some_and(|d| d.starts_with("not valid JSON")));
        }
    }
}

#[test]
fn elements_with_an_identity_are_matched_by_it() {
    let a = r#"{"holds":[{"holdId":"h1","amount":"5"},{"holdId":"h2","amount":"7"}]}"#;
    let b = r#"{"holds":[{"holdId":"h2","amount":"8"},{"holdId":"h3","amount":"1"}]}"#;
    let tree = view().diff(a, b);
    assert_eq!(tree.changed_paths, ["/holds/0", "/holds/0/amount", "/holds/1"], "h1 removed, h2 changed, h3 added");
    let marks: Vec<_> = tree.nodes.iter().filter(|n| n.depth == 2).map(|n| n.change).collect();
    assert_eq!(marks, [Change::Removed, Change::Within, Change::Added]);
}

#[test]
fn a_changed_order_is_a_difference() {
    let (a, b) = (r#"[{"id":"1"},{"id":"2"}]"#, r#"[{"id":"2"},{"id":"1"}]"#);
    assert_eq!(view().diff(a, b).changed_paths, ["/0/id", "/1/id"]);
}

#[test]
fn a_window_of_recent_values_moves_without_changing_all_of_them() {
    let tree = view().diff(r#"["a","b","c"]"#, r#"["b","c","d"]"#);
    assert_eq!(tree.changed_paths, ["/0", "/2"], "one left, one came");
    let tree = view().diff(r#"["a","b","c"]"#, r#"["a","x","c"]"#);
    assert_eq!(tree.changed_paths, ["/1"], "one replaced value is one change");
    assert_eq!((tree.nodes[2].change, tree.nodes[2].before.as_deref()), (Change::Changed, Some("b")));
}

#[test]
fn amounts_are_told_by_the_hook_and_only_amounts() {
    let view = View { display: Some(|json| Some(format!("<{json}>"))) };
    let nodes = view.tree(r#"{"m":{"minor":"10050","currency":"EUR"},"n":{"minor":"1"},"o":{"a":1,"b":2}}"#);
    let told: Vec<_> = nodes.iter().filter_map(|n| n.display.as_deref()).collect();
    assert_eq!(told, [r#"<{"minor":"10050","currency":"EUR"}>"#]);
}

#[test]
fn huge_and_deep_texts_are_bounded_and_say_so() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let nodes = view().tree(&deep);
    assert_eq!(nodes.len(), limits::DEPTH_SHOWN + 1);
    assert!(nodes.last().and_then(|n| n.text.as_deref()).is_some_and(|t| t.contains("bytes in all")), "collapsed");
    assert_eq!(view().diff(&deep, &deep.replace('1', "2")).changed_paths.len(), 1, "found below the deepest level");

    let wide = format!("[{}]", vec!["7"; 300_000].join(","));
    let nodes = view().tree(&wide);
    assert_eq!(nodes.len(), limits::NODES_SHOWN + 1);
    assert!(nodes.last().and_then(|n| n.text.as_deref()).is_some_and(|t| t.contains("more values are not shown")));
}

#[test]
fn a_container_that_is_read_as_one_value_tells_its_former_value() {
    let view = View { display: Some(|json: &str| Some(format!("<{json}>"))) };
    let tree = view.diff(r#"{"a":{"minor":"1","currency":"EUR"}}"#, r#"{"a":{"minor":"2","currency":"EUR"}}"#);
    let amount = tree.nodes.iter().find(|node| node.path == "/a").expect("the amount is a node");
    assert_eq!(amount.display.as_deref(), Some(r#"<{"minor":"2","currency":"EUR"}>"#));
    assert_eq!(amount.before.as_deref(), Some(r#"<{"minor":"1","currency":"EUR"}>"#), "as it was, told the same way");
}
