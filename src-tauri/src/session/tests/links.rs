//! Links: what they lead to here, and what they do not do.

use std::path::Path;

use crate::connections::Target;
use crate::link::fingerprint;
use crate::session::tests::{Bench, closed_store};
use crate::wire::{LinkedStore, OpenedLink};
use crate::workbench::Notice;

fn store_of(opened: OpenedLink) -> LinkedStore {
    match opened {
        OpenedLink::Place { address, store } => {
            assert_eq!(address, "#/events?event=3", "the address is handed on as it is");
            store
        }
        OpenedLink::Refused { error } => panic!("the link is well-formed: {error}"),
    }
}

#[tokio::test]
async fn a_link_tells_whose_data_it_is_about() {
    let bench = Bench::new();
    let other = closed_store(&bench).await;
    let status = bench.bench.open(None).await.expect("open");
    let leads =
        async |store: &str| store_of(bench.bench.read_link(&format!(" ledgerscope://{store}/events?event=3\n")).await);
    assert_eq!(leads("").await, LinkedStore::Any, "no store is named");
    assert_eq!(leads(&status.link).await, LinkedStore::Open, "the status says how links call the open store");
    let elsewhere = fingerprint(&Target::Sqlite { path: other.clone() }).simple().to_string();
    assert_eq!(leads(&elsewhere).await, LinkedStore::Unknown, "a file that nobody lists is not guessed");
    bench.bench.open(Some(other)).await.expect("switched");
    assert_eq!(leads(&elsewhere).await, LinkedStore::Open, "it is open now");
    assert_eq!(leads(&status.link).await, LinkedStore::Own, "the store of the data folder can be gone back to");
    let open = bench.bench.session().expect("open").status().await.expect("answered").link;
    assert_eq!(open, elsewhere, "reading a link opens nothing");
}

#[tokio::test]
async fn a_link_is_taken_once_and_a_bad_one_is_refused_with_its_reason() {
    let bench = Bench::new();
    assert!(bench.bench.take_link().await.is_none(), "nobody has asked for a place");
    bench.bench.link_arrived("ledgerscope:///connections".to_owned());
    bench.bench.link_arrived("ledgerscope:///events?contains=%00".to_owned());
    let told = bench.notices.lock().iter().filter(|notice| matches!(notice, Notice::LinkArrived(_))).count();
    assert_eq!(told, 2, "the window is told of each");
    match bench.bench.take_link().await {
        Some(OpenedLink::Refused { error }) => assert_eq!(error.code, "bad_link", "the later one counts"),
        other => panic!("a hidden control character must be refused: {other:?}"),
    }
    assert!(bench.bench.take_link().await.is_none(), "it is not opened again with the next window");
}

#[tokio::test]
async fn the_same_file_has_the_same_name_however_its_path_is_written() {
    let bench = Bench::new();
    let file = closed_store(&bench).await;
    let folder = file.parent().expect("a folder");
    let roundabout = folder.join(".").join(Path::new(file.file_name().expect("a name")));
    assert_eq!(fingerprint(&Target::Sqlite { path: file }), fingerprint(&Target::Sqlite { path: roundabout }));
}
