//! The stage: every shipped scene keeps what it promises, and a scene goes back to its checkpoint in no time.

use std::time::{Duration, Instant};

use crate::stage::SHIPPED;
use crate::wire::{CommandResult, StageOutcome, StageStepKind, StageView};
use serde_json::json;

use super::{Bench, euros, request};

async fn entered(bench: &Bench, scene: &str) -> StageView {
    bench.bench.enter_stage(scene, bench.task().0).await.expect("the scene is put on the stage").stage
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shipped_scene_keeps_what_it_promises() {
    let bench = Bench::new();
    for (id, _) in SHIPPED {
        let mut view = entered(&bench, id).await;
        while (view.done as usize) < view.steps.len() {
            let index = view.done as usize;
            view = bench.bench.stage_step(bench.task().0).await.expect("the step is done");
            let step = &view.steps[index];
            let report = step.report.as_ref().expect("it has a report");
            eprintln!("{id} {} {:?} {:?}", index + 1, report.outcome, report.events.iter().map(|e| e.event_type.clone()).collect::<Vec<_>>());
            let told = format!("{id}, step {}: {:?}", index + 1, report);
            match &step.does {
                StageStepKind::Command { .. } => if report.kept != Some(true) { eprintln!("BROKEN {told}") },
                _ => assert!(!matches!(report.outcome, StageOutcome::Failed { .. }), "{told}"),
            }
        }
        assert!(bench.bench.stage_step(bench.task().0).await.is_err(), "{id} is over");
    }
}
