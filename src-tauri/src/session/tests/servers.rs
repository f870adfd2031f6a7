//! Work between stores as the window orders it, and what a store says of itself.

use serde_json::json;

use super::{Bench, done, euros};
use crate::copying::Purpose;
use crate::wire::{
    AppError, ConnectionMarks, CopyRequest, CopyResult, ParityRequest, ParityResult, ParityVerdictView, StandingCode,
    StoreChoice, TypedPasswords,
};

use super::connections::{code, draft, marks};

fn choice(connection: Option<&str>) -> StoreChoice {
    StoreChoice { connection: connection.map(str::to_owned), passwords: TypedPasswords::default() }
}

impl Bench {
    /// A copy as the window's commands order it.
    async fn copied(&self, from: Option<&str>, to: &str, purpose: Purpose) -> Result<CopyResult, AppError> {
        let request = CopyRequest { from: choice(from), to: choice(Some(to)), with_keys: true, leave_out: false };
        let order = self.bench.copy_order(request).await?;
        if purpose == Purpose::Copy {
            self.bench.writing_to("copyStore", &[&order.to])?;
        }
        self.bench.copy(order, purpose, self.task().0).await
    }

    async fn parity(&self, stores: &[&str], scratch_file: bool) -> Result<ParityResult, AppError> {
        let request = ParityRequest { stores: stores.iter().map(|id| choice(Some(id))).collect(), scratch_file };
        let stores = self.bench.parity_stores(&request).await?;
        self.bench.writing_to("runParity", &stores.iter().collect::<Vec<_>>())?;
        self.bench.parity(stores, scratch_file, self.task().0).await
    }

    /// A connection to a file that is not there yet.
    async fn nowhere_yet(&self, name: &str, marks: ConnectionMarks) -> String {
        self.save(draft(name, self.file_target(name), marks)).await
    }
}

#[tokio::test]
async fn the_open_store_is_examined_copied_gone_on_with_and_compared() {
    let bench = Bench::new();
    let from = bench.bank("bank", marks()).await;
    let to = bench.nowhere_yet("copy", marks()).await;
    bench.open(&from).await;
    assert!(bench.bench.last_copy().is_none(), "none was made yet");
    let plan = bench.copied(None, &to, Purpose::Plan).await.expect("examined");
    assert_eq!((plan.outcome.as_str(), plan.copied.as_str(), plan.already.as_str()), ("planned", "0", "0"));
    assert!(!bench.file("copy").exists(), "examining writes nothing");
    let copied = bench.copied(None, &to, Purpose::Copy).await.expect("copied");
    assert_eq!((copied.outcome.as_str(), &copied.copied), ("copied", &plan.events));
    assert!(copied.comparison.is_some_and(|compared| compared.identical), "down to the hashes");
    assert_eq!(copied.keys.map(|keys| keys.copied).as_deref(), Some("1"), "the customer's key goes along");
    let deposit = json!({ "accountId": "1001", "amount": euros(5) });
    done(&bench.bench.session().expect("open"), "Deposit", deposit).await;
    let again = bench.copied(Some(&from), &to, Purpose::Copy).await.expect("gone on with");
    assert_eq!((again.copied.as_str(), &again.already), ("1", &copied.events), "only what is new");
    let compared = bench.copied(None, &to, Purpose::Compare).await.expect("compared");
    assert!(compared.outcome == "compared" && compared.comparison.is_some_and(|both| both.equal));
    let last = bench.bench.last_copy().expect("kept for a window that was elsewhere");
    assert!(last.title.contains("bank") && last.title.contains("copy"), "{}", last.title);
    assert_eq!(last.result.map(|result| result.outcome).as_deref(), Some("compared"));
}

#[tokio::test]
async fn a_copy_that_was_stopped_goes_on_when_it_is_run_again() {
    let bench = Bench::new();
    let from = bench.bank("bank", marks()).await;
    let to = bench.nowhere_yet("copy", marks()).await;
    let request = CopyRequest { from: choice(Some(&from)), to: choice(Some(&to)), with_keys: false, leave_out: false };
    let order = bench.bench.copy_order(request).await.expect("chosen");
    let task = bench.task().0;
    task.token().cancel();
    let stopped = bench.bench.copy(order, Purpose::Copy, task).await.expect("an answer");
    assert_eq!(stopped.outcome, "cancelled");
    bench.bench.open(None).await.expect("another store");
    assert_eq!(bench.copied(Some(&from), &to, Purpose::Copy).await.expect("copied").outcome, "copied");
}

#[tokio::test]
async fn a_copy_writes_neither_to_the_open_store_nor_to_one_that_is_marked() {
    let bench = Bench::new();
    let from = bench.bank("bank", marks()).await;
    let live = bench.nowhere_yet("Live", ConnectionMarks { production: true, ..marks() }).await;
    let archive = bench.nowhere_yet("archive", ConnectionMarks { read_only: true, ..marks() }).await;
    let copied = |to: &str| {
        let (bench, from, to) = (&bench, &from, to.to_owned());
        async move { code(bench.copied(Some(from), &to, Purpose::Copy).await) }
    };
    assert_eq!(copied(&archive).await, "read_only");
    assert_eq!(copied(&live).await, "production_not_confirmed");
    assert!(!bench.file("Live").exists() && !bench.file("archive").exists(), "nothing was written");
    assert_eq!(code(bench.bench.confirm_production("copyStore", "bank")), "production_not_confirmed", "another name");
    bench.bench.confirm_production("copyStore", "Live").expect("the target's name");
    assert_eq!(copied(&live).await, "", "confirmed");
    assert_eq!(copied(&live).await, "production_not_confirmed", "one confirmation is for one write");
    bench.open(&from).await;
    let refused = bench.copied(Some(&live), &from, Purpose::Copy).await.expect_err("its processes write, too");
    assert_eq!(refused.code, "store_is_open");
    assert_eq!(code(bench.copied(None, &from, Purpose::Plan).await), "same_store");
    assert_eq!(code(bench.copied(None, "no such id", Purpose::Plan).await), "bad_argument");
}

#[tokio::test]
async fn a_parity_run_compares_empty_stores_step_by_step() {
    let bench = Bench::new();
    let one = bench.nowhere_yet("one", marks()).await;
    let report = bench.parity(&[&one], true).await.expect("run");
    assert!(report.agrees && !report.cancelled, "the same bank everywhere");
    let names: Vec<_> = report.backends.iter().map(|backend| backend.name.as_str()).collect();
    assert_eq!(names, ["memory", "one", "temporary file"]);
    assert!(report.backends.iter().all(|backend| backend.timings.iter().any(|timing| timing.action == "command")));
    let command = report.steps.iter().position(|step| step.action == "command").expect("a command");
    let answers = bench.bench.parity_answers(u32::try_from(command).expect("few steps")).expect("answers");
    assert!(answers.len() == 3 && answers.iter().all(|answer| answer.json == answers[0].json), "{answers:?}");
    let lacking = report.steps.iter().find(|step| step.verdict == ParityVerdictView::NotOffered).expect("bytes");
    assert!(lacking.lacking.as_ref().is_some_and(|told| told.contains("does not offer")), "{lacking:?}");
    assert!(bench.bench.last_parity().is_some_and(|last| last.result.is_some_and(|result| result.agrees)));
    assert_eq!(code(bench.bench.parity_answers(99_999)), "not_found");
    assert_eq!(code(bench.parity(&[&one], false).await), "store_not_empty", "it has written there");
    assert_eq!(code(bench.parity(&[], false).await), "bad_argument");
    assert_eq!(code(bench.parity(&[&one, &one], false).await), "same_store");
    let live = bench.nowhere_yet("Live", ConnectionMarks { production: true, ..marks() }).await;
    assert_eq!(code(bench.parity(&[&live], false).await), "production_not_confirmed");
}

#[tokio::test]
async fn a_file_says_what_it_is_and_why_it_has_no_server() {
    let bench = Bench::new();
    let id = bench.bank("bank", marks()).await;
    bench.open(&id).await;
    let session = bench.bench.session().expect("open");
    let overview = session.server_overview().await.expect("answered");
    let fact = |name: &str| overview.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.clone());
    assert!(fact("File").is_some_and(|path| path.ends_with("bank")), "{:?}", overview.facts);
    assert!(fact("Schema version").is_some_and(|version| version.starts_with('3')), "{:?}", overview.facts);
    assert!(!overview.has_server && overview.why_none.is_some_and(|why| why.contains("file")));
    assert!(overview.capabilities.iter().any(|row| row.name == "hash_chain" && row.offered));
    assert!(session.index_progress().await.expect("answered").is_none(), "the log itself is asked");
    assert_eq!(code(session.server_subscriptions().await), "unsupported");
    assert_eq!(code(session.server_projections().await), "unsupported");
    let there = session.server_stream("account-1001").await.expect("answered");
    assert_eq!((there.standing, there.entries.len()), (StandingCode::Present, 3), "{there:?}");
    let typo = session.server_stream("acount-1001").await.expect("answered");
    assert_eq!(typo.standing, StandingCode::Missing);
    assert_eq!(typo.similar, ["account-1001"], "what was probably meant");
    let listed = session.server_streams(Some("ACCOUNT-".to_owned()), false).await.expect("answered");
    assert_eq!(listed.total, "2");
}
