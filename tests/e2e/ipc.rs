//! The interface between window and program, asked from inside the real window: capabilities, content policy, channels and
//! error shapes are those that the UI meets.

use std::error::Error;

use serde_json::{Value, json};

use crate::harness::{Desk, expect, story};

/// Calls a command from the page. A `progress` channel is made if `with_progress`; its messages come back in `progress`.
const CALL: &str = r"
const [command, given, withProgress, done] = arguments;
const inside = window.__TAURI_INTERNALS__;
const progress = [];
const args = { ...given };
if (withProgress) args.progress = '__CHANNEL__:' + inside.transformCallback((message) => progress.push(message));
const tell = (answer) => setTimeout(() => done({ ...answer, progress }), withProgress ? 100 : 0);
inside.invoke(command, args).then((value) => tell({ value }), (error) => tell({ error }));
";

/// What a command has answered.
struct Answer(Value);

impl Answer {
    /// The value, or the failure as an error.
    fn value(&self) -> Result<&Value, Box<dyn Error>> {
        match self.0.get("error") {
            Some(error) => Err(format!("the command failed: {error}").into()),
            None => Ok(&self.0["value"]),
        }
    }

    fn code(&self) -> &str {
        self.0["error"]["code"].as_str().unwrap_or_default()
    }

    /// The messages of the channel, without the envelope that numbers them.
    fn progress(&self) -> Vec<&Value> {
        let sent = self.0["progress"].as_array().map(Vec::as_slice).unwrap_or_default();
        sent.iter().filter_map(|message| message.get("message")).collect()
    }
}

/// Calls a command of the program from the page.
async fn ask(desk: &Desk, command: &str, arguments: Value, with_progress: bool) -> Result<Answer, Box<dyn Error>> {
    let answered = desk.driver.execute_async(CALL, vec![json!(command), arguments, json!(with_progress)]).await?;
    Ok(Answer(answered.json().clone()))
}

#[tokio::test]
async fn every_kind_of_answer_crosses_into_the_real_window() {
    story("ipc", &[], async |desk| {
        let info = ask(desk, "app_info", json!({}), false).await?;
        expect(info.value()?["store"]["head"] == "0", "the default store is open and empty")?;

        let demo = json!({ "seed": 7, "events": 600, "taskId": "demo" });
        let made = ask(desk, "create_demo", demo.clone(), true).await?;
        let head: u64 = made.value()?["head"].as_str().unwrap_or_default().parse()?;
        expect(head >= 600, format!("the demo bank has its events, not {head}"))?;
        let ends = made.progress().iter().filter(|message| message["finished"] == true).count();
        expect(ends == 1, format!("its progress ends once: {:?}", made.progress()))?;
        let again = ask(desk, "create_demo", demo, true).await?;
        expect(again.code() == "store_not_empty", format!("a filled store is not filled again: {:?}", again.0))?;

        let query = json!({ "query": { "categories": ["account"] }, "taskId": "open" });
        let opened = ask(desk, "events_open", query, false).await?;
        let query_id = opened.value()?["queryId"].clone();
        let block = json!({ "queryId": query_id, "firstRow": "0", "count": 200, "columns": [] });
        let block = ask(desk, "events_block", block, false).await?;
        let events = block.value()?["events"].as_array().ok_or("a list of events")?.clone();
        let all_match = events.iter().all(|event| event["stream"].as_str().is_some_and(|s| s.starts_with("account-")));
        expect(!events.is_empty() && all_match, "a filtered block holds what matches")?;

        let reached = ask(desk, "wait_until", json!({ "position": head.to_string() }), false).await?;
        expect(reached.value()? == true, "the read models catch up")?;
        let balance = ask(desk, "trial_balance", json!({}), false).await?;
        expect(balance.value()?["balanced"] == true, "the books balance")?;
        let verified = ask(desk, "verify", json!({ "taskId": "verify" }), true).await?;
        expect(verified.value()?["intact"] == true, format!("the demo is as it was written: {:?}", verified.0))?;

        let unknown = ask(desk, "event_detail", json!({ "position": "999999" }), false).await?;
        let shape = unknown.0["error"].as_object().ok_or("an error is an object")?;
        let complete = ["code", "message", "hint", "retryable"].iter().all(|key| shape.contains_key(*key));
        expect(complete && unknown.code() == "no_such_event", format!("errors have their four parts: {shape:?}"))
    })
    .await;
}

#[tokio::test]
async fn the_page_may_not_do_what_it_was_not_given() {
    story("limits", &[], async |desk| {
        for command in ["plugin:dialog|open", "plugin:window|close", "plugin:fs|read_text_file", "plugin:shell|open"] {
            let refused = ask(desk, command, json!({}), false).await?;
            expect(refused.0.get("error").is_some(), format!("{command} must be refused"))?;
        }
        let evaluated = "try { return new Function('return 1')() } catch (error) { return 'refused' }";
        // WebDriver's own scripts are not bound by the policy, so the page itself has to try.
        let script = format!(
            "const done = arguments[0]; const s = document.createElement('script'); \
             s.textContent = `window.__inline = (() => {{ {evaluated} }})()`; \
             document.head.append(s); setTimeout(() => done(window.__inline ?? 'blocked'), 200);"
        );
        let ran = desk.driver.execute_async(&script, Vec::new()).await?;
        expect(ran.json() == "blocked", format!("inline scripts must not run: {:?}", ran.json()))
    })
    .await;
}
