//! Notebooks as the window sees them: what is pinned is what the store says, and everything can be undone, exported and read back.

use super::*;
use crate::wire::{
    EventQuery, NotebookCell, NotebookEdit, NotebookView, PinRequest, PinSeen, PinVerdict, PinView, PinWhat, Pinned,
    ReportRequest, WhatIfFork, WhatIfScenario, WhatIfStep, WhatIfThrough,
};

const STREAM: &str = "account-1001";

impl Bench {
    async fn pinned(&self, notebook: Option<&Pinned>, what: PinWhat) -> Pinned {
        let request = PinRequest {
            notebook: notebook.map(|pinned| pinned.notebook.clone()),
            notebook_title: "Findings".to_owned(),
            what,
            title: "A\nfinding".to_owned(),
            address: "#/events?event=3".to_owned(),
            at: None,
        };
        self.bench.pin(request, self.task().0).await.expect("pinned")
    }

    /// A notebook with a pin of each kind.
    async fn notebook(&self) -> NotebookView {
        let event = self.pinned(None, PinWhat::Event { position: "3".to_owned() }).await;
        let (stream, version) = (STREAM.to_owned(), "3".to_owned());
        self.pinned(Some(&event), PinWhat::State { stream, version }).await;
        let (from, to) = ("2".to_owned(), "3".to_owned());
        self.pinned(Some(&event), PinWhat::Diff { stream: STREAM.to_owned(), from, to }).await;
        let condition = Some("event.type == 'MoneyDeposited'".to_owned());
        let query = EventQuery { condition, ..EventQuery::default() };
        self.pinned(Some(&event), PinWhat::Query { query, newest_first: true }).await;
        self.pinned(Some(&event), PinWhat::WhatIf { scenario: withdrawal() }).await;
        self.bench.notebook(&event.notebook).await.expect("it is there")
    }

    async fn verdicts(&self, notebook: &NotebookView) -> Vec<(PinVerdict, String)> {
        let (task, seen) = self.task();
        let checks = self.bench.check_notebook(&notebook.id, "en", task).await.expect("checked");
        assert!(seen.lock().last().is_some_and(|progress| progress.finished), "the task ends");
        checks.into_iter().map(|check| (check.verdict, check.code)).collect()
    }
}

/// More than there is, on everything that was recorded.
fn withdrawal() -> WhatIfScenario {
    WhatIfScenario {
        title: "What if".to_owned(),
        streams: vec![STREAM.to_owned()],
        correlated: false,
        fork: WhatIfFork::Stream { name: STREAM.to_owned(), version: "2".to_owned() },
        through: WhatIfThrough::Head,
        clock: None,
        edits: Vec::new(),
        steps: vec![WhatIfStep::Command {
            command_type: "Withdraw".to_owned(),
            payload: json!({ "accountId": "1001", "amount": euros(99_999_999) }).to_string(),
            actor: "ada".to_owned(),
            reason: None,
            business_date: None,
        }],
    }
}

fn pins(notebook: &NotebookView) -> Vec<&PinView> {
    let pin = |cell: &'_ NotebookCell| matches!(cell, NotebookCell::Pin(_));
    assert!(notebook.cells.iter().all(pin), "only pins");
    notebook
        .cells
        .iter()
        .filter_map(|cell| if let NotebookCell::Pin(pin) = cell { Some(&**pin) } else { None })
        .collect()
}

#[tokio::test]
async fn every_kind_of_pin_holds_what_the_store_says_and_matches_until_it_grows() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let notebook = bench.notebook().await;
    let pins = pins(&notebook);
    assert_eq!(pins[0].title, "A finding", "a title is one line");
    let PinSeen::Diff { changes, .. } = &pins[2].seen else { panic!("a difference") };
    let settled = changes.iter().find(|change| change.path == "/settled").expect("an amount is one value");
    assert_eq!(settled.after.as_deref(), Some("100.00 EUR"), "{changes:?}");
    let PinSeen::Query { matches, asked, .. } = &pins[3].seen else { panic!("a query") };
    assert_eq!((matches.as_str(), asked[0].name.as_str()), ("1", "condition"));
    let PinSeen::WhatIf { steps, .. } = &pins[4].seen else { panic!("a what-if") };
    assert_eq!(steps[0].code.as_deref(), Some("insufficient_funds"));
    let before = fs::read(bench.file("data/bank.ledgerscope")).expect("the store");
    assert!(bench.verdicts(&notebook).await.iter().all(|(_, code)| code == "matches"), "nothing has changed");
    assert_eq!(fs::read(bench.file("data/bank.ledgerscope")).expect("the store"), before, "nothing is written");
    done(&session, "Deposit", json!({ "accountId": "1001", "amount": euros(5) })).await;
    let grown = bench.verdicts(&notebook).await;
    assert!(grown.iter().all(|(verdict, _)| *verdict == PinVerdict::Holds), "{grown:?}");
    assert_eq!(grown[3].1, "grown", "the query finds more by now");
    assert_eq!(grown[4].1, "matches", "the what-if is about what there was");
}

#[tokio::test]
async fn what_is_removed_comes_back_and_what_is_refused_changes_nothing() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let notebook = bench.notebook().await;
    let (id, first) = (notebook.id.clone(), pins(&notebook)[0].id.clone());
    let change = async |edit| bench.bench.change_notebook(&id, edit).await;
    let removed = change(NotebookEdit::Remove { cell: first.clone() }).await.expect("removed");
    assert_eq!((removed.cells.len(), removed.undoable), (4, 1));
    let refused = change(NotebookEdit::Write { cell: first.clone(), text: "late".to_owned() }).await;
    assert_eq!(refused.expect_err("it is gone").code, "no_such_cell");
    let back = change(NotebookEdit::Undo).await.expect("it comes back");
    assert_eq!(pins(&back)[0].id, first, "where it stood");
    let noted = change(NotebookEdit::Write { cell: first, text: "one\r\ntwo".to_owned() }).await.expect("noted");
    assert_eq!(pins(&noted)[0].note, "one\ntwo");
    let long = "x".repeat(inspector::limits::NOTE_BYTES + 1);
    let refused = change(NotebookEdit::AddText { after: None, text: long }).await.expect_err("too long");
    assert_eq!(refused.code, "text_too_long");
    bench.bench.delete_notebook(&id).await.expect("deleted");
    assert_eq!(bench.bench.notebook(&id).await.expect_err("gone").code, "not_found");
}

#[tokio::test]
async fn a_report_is_written_once_reads_back_and_over_no_store_nothing_is_said() {
    let (bench, session) = Bench::with_store().await;
    small_bank(&session).await;
    let notebook = bench.notebook().await;
    let path = bench.file("report.html").display().to_string();
    let request =
        || ReportRequest { notebook: notebook.id.clone(), path: Some(path.clone()), language: "en".to_owned() };
    let written = bench.bench.export_notebook(request(), bench.task().0).await.expect("written").expect("a path");
    assert_eq!((written.holds, written.broken, written.unknown), (5, 0, 0));
    let refused = bench.bench.export_notebook(request(), bench.task().0).await.expect_err("it is there");
    assert_eq!(refused.code, "file_exists");
    let opened = bench.bench.open_report(Some(path.clone())).await.expect("read").expect("a path");
    assert!(opened.text_intact && opened.notebook.id != notebook.id, "a notebook of its own");
    let hashes = |notebook: &NotebookView| pins(notebook).iter().map(|pin| pin.hash.clone()).collect::<Vec<_>>();
    assert_eq!(hashes(&opened.notebook), hashes(&notebook));
    bench.bench.close().await;
    let unknown = bench.verdicts(&opened.notebook).await;
    assert!(unknown.iter().all(|(verdict, code)| *verdict == PinVerdict::Unknown && code == "no_store"), "{unknown:?}");
}
