//! The stage: every shipped scene keeps what it promises, goes back to its checkpoint in no time, and touches nothing else.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use es_core::ReadAll;
use serde_json::json;

use super::{Bench, euros, request, small_bank};
use crate::stage::SHIPPED;
use crate::wire::{CommandRequest, CommandResult, SceneWords, StageOutcome, StageStepChange, StageStepKind, StageView};

/// Longest time that going back to a checkpoint may take.
const RESET: Duration = Duration::from_secs(1);

fn english(text: &str) -> SceneWords {
    SceneWords { en: Some(text.to_owned()), de: None }
}

impl Bench {
    async fn enter(&self, scene: &str) -> StageView {
        self.bench.enter_stage(scene, self.task().0).await.expect("the scene is put on the stage").stage
    }

    async fn step(&self) -> StageView {
        self.bench.stage_step(self.task().0).await.expect("the step is done")
    }

    async fn go(&self, done: u32) -> StageView {
        self.bench.stage_go(done, self.task().0).await.expect("it goes there").stage
    }

    async fn head(&self) -> String {
        self.bench.session().expect("open").status().await.expect("answered").head
    }

    /// Every event of the open store: id, type, time.
    async fn log(&self) -> Vec<(String, String, String)> {
        let session = self.bench.session().expect("open");
        let (mut from, mut events) = (es_core::Position::ZERO, Vec::new());
        loop {
            let page = session.events.read_all(ReadAll::forward(from, 500)).await.expect("read");
            from = page.next;
            events.extend(page.events.iter().map(|event| {
                (event.event_id.to_string(), event.event_type.to_string(), event.recorded_at.to_rfc3339())
            }));
            if page.end {
                return events;
            }
        }
    }

    fn runs(&self) -> Vec<PathBuf> {
        let folder = self.file("data").join("stage");
        let entries = fs::read_dir(folder).expect("there").flatten().map(|entry| entry.path());
        entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("run-"))).collect()
    }

    /// What goes on behind an answer is over soon.
    async fn in_the_end(&self, what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shipped_scene_keeps_what_it_promises() {
    let bench = Bench::new();
    for (id, _) in SHIPPED {
        let mut view = bench.enter(id).await;
        let mut commands = 0;
        while (view.done as usize) < view.steps.len() {
            let index = view.done as usize;
            view = bench.step().await;
            let step = &view.steps[index];
            let report = step.report.as_ref().expect("it has a report");
            let told = format!("{id}, step {}: {report:?}", index + 1);
            if matches!(step.does, StageStepKind::Command { .. }) {
                assert_eq!(report.kept, Some(true), "every command promises something, and keeps it: {told}");
                commands += 1;
            }
            assert!(!matches!(report.outcome, StageOutcome::Failed { .. }), "{told}");
            for words in [&step.title, &step.notes] {
                assert!(words.en.is_some() && words.de.is_some(), "it is told in both languages: {told}");
            }
        }
        assert!(commands > 0, "{id} does something");
        let over = bench.bench.stage_step(bench.task().0).await.expect_err("there is nothing left");
        assert_eq!(over.code, "scene_over", "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scene_goes_back_in_under_a_second_and_is_the_same_each_time() {
    let bench = Bench::new();
    let entered = bench.enter("transfer").await;
    let before = bench.log().await;
    assert_eq!(before.len().to_string(), entered.checkpoint, "the checkpoint is where the scene begins");
    let (_, text) = SHIPPED.iter().find(|(id, _)| *id == "transfer").expect("it is shipped");
    let begins = inspector::scene::Scene::parse(text).expect("it is one").base.clock_at_checkpoint();
    assert_eq!(entered.clock, super::super::time(begins), "its clock shows what the scene says");
    let steps = u32::try_from(entered.steps.len()).expect("few");
    assert_eq!(bench.go(steps).await.done, steps);
    let first = bench.log().await;
    assert_eq!(first.len(), before.len() + 8, "the transfer is there");
    let begun = Instant::now();
    let reset = bench.bench.reset_stage().await.expect("back").stage;
    let took = begun.elapsed();
    eprintln!("going back to the checkpoint took {took:?}");
    assert!(took < RESET, "it took {took:?}");
    assert_eq!((reset.done, reset.clock.as_str()), (0, entered.clock.as_str()));
    assert_eq!(bench.log().await, before, "the bank is as it was");
    bench.go(steps).await;
    assert_eq!(bench.log().await, first, "ids, times and order are those of the first time");
    assert_eq!(bench.go(2).await.done, 2, "going back goes by way of the checkpoint");
    assert_eq!(bench.log().await, before, "and the transfer has not happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_leaves_every_other_store_alone_and_nothing_behind() {
    let bench = Bench::new();
    bench.bench.open(None).await.expect("the own store");
    small_bank(&bench.bench.session().expect("open")).await;
    let own = bench.bench.session().expect("open").chosen().target.path().expect("a file").to_owned();
    bench.bench.close().await;
    let bytes = fs::read(&own).expect("read");
    bench.bench.open(None).await.expect("again");
    bench.enter("freeze").await;
    let remembered = fs::read_to_string(bench.file("data").join("settings.json")).expect("there");
    assert!(!remembered.contains("run-"), "the next start does not begin on a stage: {remembered}");
    let all = bench.bench.stage().await.expect("on stage").steps.len();
    bench.go(u32::try_from(all).expect("few")).await;
    assert_eq!(bench.runs().len(), 1, "one run is played on");
    let left = bench.bench.leave_stage().await.expect("left");
    assert_eq!(PathBuf::from(&left.location), own, "the store that was open before is open again");
    assert!(bench.bench.stage().await.is_none(), "nobody is on stage");
    bench.in_the_end("the run is gone", || bench.runs().is_empty()).await;
    bench.bench.close().await;
    assert!(fs::read(&own).expect("read") == bytes, "not a byte of the own store has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_the_stage_opens_the_store_that_was_open_before() {
    let bench = Bench::new();
    let id = bench.bank("branch", super::connections::marks()).await;
    bench.open(&id).await;
    let before = bench.bench.session().expect("open").status().await.expect("answered");
    let staged = bench.enter("transfer").await;
    assert_eq!(staged.off_stage.as_deref(), Some("branch"), "it says where one goes back to");
    bench.bench.reset_stage().await.expect("back");
    let left = bench.bench.leave_stage().await.expect("left");
    assert_eq!((left.location, left.connection.map(|open| open.id)), (before.location, Some(id)), "not another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_has_left_behind_is_cleared_and_what_others_play_on_is_not() {
    let bench = Bench::new();
    let stage = bench.file("data").join("stage");
    let folder = |name: &str| {
        let folder = stage.join(name);
        fs::create_dir_all(&folder).expect("made");
        let lock = fs::File::create(folder.join("lock")).expect("made");
        (folder, lock)
    };
    let ((crashed, _), (unfinished, _), (older, _)) = (folder("run-1"), folder("new-1"), folder("0.0.1-abc"));
    let (played, lock) = folder("run-2");
    lock.lock().expect("held by another program");
    bench.enter("transfer").await;
    for gone in [crashed, unfinished, older] {
        assert!(!gone.exists(), "{} is nobody's", gone.display());
    }
    assert!(played.exists(), "somebody plays on it");
    let checkpoints = |bench: &Bench| {
        let entries = fs::read_dir(bench.file("data").join("stage")).expect("there").flatten();
        entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with("run-")).count()
    };
    assert_eq!(checkpoints(&bench), 1, "the checkpoint is there, and nothing of how it was made");
    bench.enter("transfer").await;
    assert_eq!(checkpoints(&bench), 1, "it is made once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scene_whose_begin_is_refused_leaves_nothing_and_the_own_store_open() {
    let bench = Bench::new();
    bench.bench.open(None).await.expect("the own store");
    let text = SHIPPED[0].1.replace("\"compliance:ruth\"", "\"teller:anna\"");
    let file = bench.file("same-person.scene.json");
    fs::write(&file, text).expect("written");
    let imported = bench.bench.import_scene(Some(file.display().to_string())).await.expect("its form is right");
    let id = imported.expect("named").id;
    let refused = bench.bench.enter_stage(&id, bench.task().0).await.expect_err("four eyes");
    assert_eq!(refused.code, "scene_set_up_refused", "{refused}");
    assert!(refused.message.contains("ommand 5 before the checkpoint"), "it names the place: {refused}");
    assert!(bench.bench.stage().await.is_none() && bench.bench.session().is_ok(), "the own store is still open");
    let left = fs::read_dir(bench.file("data").join("stage")).expect("there").count();
    assert_eq!(left, 0, "nothing of it is left");
    let (task, _) = bench.task();
    task.token().cancel();
    let stopped = bench.bench.enter_stage("freeze", task).await.expect_err("stopped");
    assert_eq!(stopped.code, "cancelled");
    assert_eq!(
        fs::read_dir(bench.file("data").join("stage")).expect("there").count(),
        0,
        "nor of one that was stopped"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_another_store_leaves_the_stage() {
    let bench = Bench::new();
    bench.enter("transfer").await;
    assert_eq!(bench.enter("compensated").await.off_stage, None, "nothing was open before the first scene");
    bench.bench.open(None).await.expect("opened");
    assert!(bench.bench.stage().await.is_none(), "the scene is over");
    let refused = bench.bench.stage_step(bench.task().0).await.expect_err("no scene");
    assert_eq!(refused.code, "not_on_stage");
    bench.in_the_end("both runs are gone", || bench.runs().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_on_stage_is_recorded_and_plays_again() {
    let bench = Bench::new();
    bench.enter("transfer").await;
    bench.go(3).await;
    let refused = bench.bench.record_place("#/bank/accounts".to_owned(), english("Accounts")).await;
    assert_eq!(refused.expect_err("not yet").code, "not_recording");
    let view = bench.bench.record_stage(true).await.expect("recording");
    assert_eq!((view.steps.len(), view.scene_id.as_deref()), (3, None), "what is done is where it begins");
    let session = bench.bench.session().expect("open");
    let withdraw = |minor| request("Withdraw", json!({ "accountId": "700102", "amount": euros(minor) }));
    let executed = bench.bench.execute(&session, withdraw(5000)).await.expect("answered");
    assert!(matches!(executed, CommandResult::Executed { .. }), "{executed:?}");
    let too_much = bench.bench.execute(&session, withdraw(9_000_000)).await.expect("answered");
    assert!(matches!(too_much, CommandResult::Rejected { .. }), "{too_much:?}");
    let transfer = CommandRequest {
        reason: Some("Back".to_owned()),
        ..request(
            "RequestTransfer",
            json!({ "transferId": "T-9002", "source": "700102", "target": "700101", "amount": euros(100), "reference": "" }),
        )
    };
    bench.bench.execute(&session, transfer).await.expect("answered");
    let view =
        bench.bench.record_place("#/story?transfer=T-9002".to_owned(), english("Its story")).await.expect("added");
    assert!(view.unsaved, "nothing of it is kept yet");
    let outcomes: Vec<_> =
        view.steps[3..].iter().map(|step| step.report.as_ref().expect("done").event_count.as_str()).collect();
    assert_eq!(outcomes, ["1", "0", "8", "0"], "with all that processes have made of it");
    let recorded = bench.log().await;
    let change = StageStepChange { title: english("Cash"), notes: english("Mind the gap"), pause_seconds: Some(3) };
    bench.bench.change_stage_step(3, change).await.expect("changed");
    let saved = bench.bench.save_stage(english("Cash and back")).await.expect("kept");
    let id = saved.scene_id.expect("it has an id");
    assert!(!saved.recording && !saved.unsaved);

    let played = bench.enter(&id).await;
    assert_eq!((played.steps[3].title.clone(), played.steps[3].pause_seconds), (english("Cash"), Some(3)));
    let played = bench.go(u32::try_from(played.steps.len()).expect("few")).await;
    assert_eq!(bench.log().await, recorded, "played again it gives the same log, ids and times included");
    let kept: Vec<_> = played.steps.iter().filter_map(|step| step.report.as_ref()?.kept).collect();
    assert_eq!(kept, [true; 4], "what was recorded is what the scene promises");
    assert_eq!(bench.head().await, recorded.len().to_string());

    let file = bench.file("cash").display().to_string();
    let path = bench.bench.export_scene(&id, Some(file.clone())).await.expect("exported").expect("named");
    assert_eq!(path, format!("{file}.scene.json"), "by its usual ending");
    let again = bench.bench.export_scene(&id, Some(path.clone())).await.expect_err("it is there");
    assert_eq!(again.code, "file_exists");
    let journal = fs::read_to_string(bench.file("data").join("journal.ndjson")).expect("there");
    assert!(journal.contains(r#""what":"scene""#), "what left the program is in the journal: {journal}");
    let other = Bench::new();
    let imported = other.bench.import_scene(Some(path.clone())).await.expect("imported").expect("named");
    assert_eq!((imported.title, imported.steps), (english("Cash and back"), 7));
    let text = fs::read_to_string(&path).expect("read").replace("\"Withdraw\"", "\"Withdrew\"");
    fs::write(&path, text).expect("written");
    let refused = other.bench.import_scene(Some(path)).await.expect_err("no such command");
    assert_eq!(refused.code, "scene_command_unknown", "{refused}");
    assert!(refused.message.contains("tep 4"), "it names the place: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn own_scenes_are_listed_renamed_and_removed_and_shipped_ones_stay() {
    let bench = Bench::new();
    bench.enter("freeze").await;
    bench.go(2).await;
    bench.bench.record_stage(true).await.expect("recording");
    let id = bench.bench.save_stage(english("Night")).await.expect("kept").scene_id.expect("an id");
    fs::write(bench.file("data").join("scenes").join(format!("{}.scene.json", uuid::Uuid::nil())), "{}")
        .expect("written");
    let list = bench.bench.scenes().await.expect("listed");
    let titles: Vec<_> = list.scenes.iter().filter(|row| !row.shipped).map(|row| row.title.en.as_deref()).collect();
    assert_eq!((list.scenes.len(), titles), (SHIPPED.len() + 1, vec![Some("Night")]));
    assert_eq!(list.problems.len(), 1, "a file that is no scene is told, and hides no other");
    bench.bench.rename_scene(&id, english("Dawn")).await.expect("renamed");
    assert_eq!(bench.bench.stage().await.expect("on stage").title, english("Dawn"), "also on the stage");
    for refused in [bench.bench.rename_scene("freeze", english("Mine")).await, bench.bench.remove_scene("freeze").await]
    {
        assert_eq!(refused.expect_err("shipped").code, "scene_is_shipped");
    }
    bench.bench.remove_scene(&id).await.expect("removed");
    assert!(bench.bench.stage().await.expect("on stage").unsaved, "what is on the stage is kept nowhere any more");
    assert_eq!(bench.bench.remove_scene(&id).await.expect_err("gone").code, "not_found");
    bench.enter("freeze").await;
    let change = StageStepChange { title: english("x"), notes: english(""), pause_seconds: None };
    assert_eq!(bench.bench.change_stage_step(0, change).await.expect_err("shipped").code, "scene_is_shipped");
}
