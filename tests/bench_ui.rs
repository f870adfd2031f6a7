//! What the grid of events feels like on a big store: the real window on a virtual display, optimised, over a simulated bank that
//! is made once and kept, while events go on being appended. Beside it stands how long SQLite alone takes for the same rows.
//!
//! `npm run bench -- ui [--events N] [--in FOLDER]`
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use es_core::{AppendRequest, EventStore, ExpectedVersion, NewEvent, Payload, StreamName};
use es_sqlite::{OpenOptions, SqliteEventStore};
use serde_json::Value;
use thirtyfour::prelude::*;

#[path = "e2e/harness.rs"]
#[allow(dead_code, reason = "stories need more of it than a benchmark")]
mod harness;
#[path = "e2e/keyboard.rs"]
#[allow(dead_code, reason = "stories need more of it than a benchmark")]
mod keyboard;

use harness::{Desk, Outcome, expect, story_over};
use keyboard::{go, held, keys};

/// The window is measured as people have it.
const TAKES_PICTURES: bool = false;
const SEED: &str = "7";
const STORE: &str = "bank.ledgerscope";
/// A person takes the window for stuck when nothing moves for longer.
const LONGEST_GAP_MILLIS: f64 = 100.0;
const JUMPS: u64 = 40;
/// As many as the grid asks for at once.
const ROWS: u64 = 200;
const APPENDS_EVERY: Duration = Duration::from_millis(100);

struct Asked {
    events: u64,
    folder: PathBuf,
}

fn main() {
    let asked = asked().unwrap_or_else(|problem| {
        eprintln!("{problem}");
        std::process::exit(2);
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(bench(&asked));
}

fn asked() -> Result<Asked, String> {
    let mut asked = Asked { events: 10_000_000, folder: std::env::temp_dir().join("ledgerscope-bench-ui") };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--events" => asked.events = value()?.parse().map_err(|_| "--events takes a number".to_owned())?,
            "--in" => asked.folder = PathBuf::from(value()?),
            // What cargo says to every benchmark.
            "--bench" => {}
            other => return Err(format!("{other} is not known; --events N, --in FOLDER")),
        }
    }
    Ok(asked)
}

async fn bench(asked: &Asked) {
    let home = asked.folder.join(format!("bank-{}", asked.events));
    made(&home, asked.events).unwrap_or_else(|error| panic!("the store: {error}"));
    let store = home.join(STORE);
    let raw = raw_reads(&store, asked.events).expect("SQLite answers");
    let link = async |data: &Path| {
        std::fs::remove_dir(data)?;
        Ok(std::os::unix::fs::symlink(&home, data)?)
    };
    story_over("bench-ui", &[], link, async |desk| {
        let appending = Appending::begin(store.clone());
        let outcome = measure(desk, asked.events, &raw).await;
        let appended = appending.end();
        println!("appended meanwhile            {appended:>10} events");
        outcome
    })
    .await;
}

/// Makes the store unless it is there; read models belong to it, as to one that was open before.
fn made(home: &Path, events: u64) -> Outcome {
    if home.join("stamp").exists() {
        return Ok(());
    }
    if home.exists() {
        std::fs::remove_dir_all(home)?;
    }
    std::fs::create_dir_all(home)?;
    println!("making a bank with {events} events in {}", home.display());
    let events = events.to_string();
    for arguments in
        [vec!["demo", "--seed", SEED, "--events", &events], vec!["processes", "drive"], vec!["projections", "catch-up"]]
    {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
        program.arg("--store").arg(home.join(STORE)).args(&arguments).env("LEDGERSCOPE_DATA_DIR", home);
        let ended = program.stdout(std::process::Stdio::null()).status()?;
        expect(ended.success(), format!("ledgerscope {arguments:?}: {ended}"))?;
    }
    Ok(std::fs::write(home.join("stamp"), "")?)
}

/// Positions all over the log, the same in every run.
fn places(events: u64) -> impl Iterator<Item = u64> {
    (1..=JUMPS).map(move |number| number.wrapping_mul(2_654_435_761) % events + 1)
}

/// How long SQLite takes for the rows around each place, in milliseconds, sorted.
fn raw_reads(store: &Path, events: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    let database = rusqlite::Connection::open_with_flags(store, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut query = database.prepare("SELECT * FROM es_event WHERE position >= ?1 ORDER BY position LIMIT ?2")?;
    let mut took = Vec::new();
    for place in places(events) {
        let begun = Instant::now();
        let mut rows = query.query([i64::try_from(place.saturating_sub(ROWS / 2))?, i64::try_from(ROWS)?])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref("payload")?.as_bytes()?.len();
        }
        expect(bytes > 0, "rows have payloads")?;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

/// Another program that goes on writing.
struct Appending {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<u64>,
}

impl Appending {
    fn begin(store: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
            let store = SqliteEventStore::open(store, OpenOptions::default()).expect("the store opens");
            let stream = StreamName::new("load-1").expect("a name");
            let mut appended = 0;
            while !until.load(Ordering::Relaxed) {
                let event = NewEvent {
                    event_id: uuid::Uuid::new_v4(),
                    event_type: "LoadMade".into(),
                    schema_version: 1,
                    payload: Payload::json(r#"{"by":"the benchmark"}"#),
                    metadata: "{}".into(),
                };
                let request = AppendRequest::to_stream(stream.clone(), ExpectedVersion::Any, vec![event]);
                runtime.block_on(store.append(request)).expect("appended");
                appended += 1;
                std::thread::sleep(APPENDS_EVERY);
            }
            store.close();
            appended
        });
        Self { stop, thread }
    }

    fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

async fn measure(desk: &Desk, events: u64, raw: &[f64]) -> Outcome {
    desk.by_css("[data-testid^='account-row-']").await?;
    // From a view without a list, so that the first row that is seen is one of the grid's.
    go(desk, 'v', "evidence").await?;
    desk.driver.execute("window.dispatchEvent(new Event('ledgerscope-probe'))", Vec::new()).await?;
    let mut longest = Vec::new();
    go(desk, 'e', "events").await?;
    let opened = settled(desk, |reading| reading["firstRow"].is_number()).await?;
    println!("first row                     {:>10.1} ms", opened["firstRow"].as_f64().unwrap_or_default());
    longest.push(("opening", opened));
    desk.by_id("event-row").await?;
    reset(desk).await?;
    wheel(desk).await?;
    longest.push(("wheel", read(desk).await?));
    reset(desk).await?;
    scroll_by_keys(desk).await?;
    longest.push(("keys", read(desk).await?));
    reset(desk).await?;
    drag_the_thumb(desk).await?;
    longest.push(("thumb", read(desk).await?));
    reset(desk).await?;
    jump(desk, events).await?;
    let jumps = read(desk).await?;
    tell_jumps(&jumps, raw)?;
    longest.push(("jumps", jumps));
    reset(desk).await?;
    filter_by_type(desk).await?;
    longest.push(("filter by type", read(desk).await?));
    println!("peak memory of the webview    {:>10} MiB", webview_peak_kib(desk)? / 1024);
    let mut worst: f64 = 0.0;
    for (phase, reading) in &longest {
        let gap = reading["longestGap"].as_f64().unwrap_or(f64::MAX);
        let frames = reading["frames"].as_u64().unwrap_or_default();
        let long: Vec<_> = reading["longGaps"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        let slow = long.iter().filter(|gap| **gap > LONGEST_GAP_MILLIS).count();
        println!(
            "longest time without a frame  {gap:>10.1} ms  while: {phase} ({frames} frames, {} of them after more than 50 ms, \
             {slow} after more than {LONGEST_GAP_MILLIS} ms)",
            long.len()
        );
        worst = worst.max(gap);
    }
    let verdict = if worst <= LONGEST_GAP_MILLIS { "never" } else { "AT TIMES" };
    println!("the window is {verdict} without a frame for more than {LONGEST_GAP_MILLIS} ms");
    Ok(())
}

async fn reset(desk: &Desk) -> Outcome {
    desk.driver.execute("window.__probe.reset()", Vec::new()).await?;
    Ok(())
}

async fn read(desk: &Desk) -> Result<Value, Box<dyn Error>> {
    Ok(desk.driver.execute("return window.__probe.read()", Vec::new()).await?.json().clone())
}

/// Waits until the probe has seen something.
async fn settled(desk: &Desk, wanted: impl Fn(&Value) -> bool) -> Result<Value, Box<dyn Error>> {
    let begun = Instant::now();
    loop {
        let reading = read(desk).await?;
        if wanted(&reading) {
            return Ok(reading);
        }
        expect(begun.elapsed() < harness::PATIENCE, format!("the probe sees it: {reading}"))?;
        tokio::time::sleep(harness::POLL).await;
    }
}

/// Three seconds of turning the wheel, a notch a frame.
async fn wheel(desk: &Desk) -> Outcome {
    let turn = "const done = arguments[0]; const layer = document.querySelector(\"[data-testid='event-row']\").parentElement; \
                const until = performance.now() + 3000; \
                const notch = () => { if (performance.now() > until) return done(); \
                  layer.dispatchEvent(new WheelEvent('wheel', { deltaY: 120, bubbles: true, cancelable: true })); \
                  requestAnimationFrame(notch); }; notch();";
    desk.driver.execute_async(turn, Vec::new()).await?;
    Ok(())
}

async fn scroll_by_keys(desk: &Desk) -> Outcome {
    desk.driver
        .execute("document.querySelector(\"[role='grid'] [role='row'][tabindex='0']\").focus()", Vec::new())
        .await?;
    for _ in 0..20 {
        keys(desk, Key::PageDown + "").await?;
        keys(desk, "jjjjj").await?;
    }
    Ok(())
}

/// From the top to the bottom and half the way back.
async fn drag_the_thumb(desk: &Desk) -> Outcome {
    let grid = desk.by_css("[role='grid'][aria-label='Events']").await?.rect().await?;
    let (x, top, height) = ((grid.x + grid.width) as i64 - 4, grid.y as i64 + 34, grid.height as i64 - 48);
    desk.driver.action_chain().move_to(x, top).click_and_hold().perform().await?;
    for step in (0..=40).chain((20..40).rev()) {
        desk.driver.action_chain().move_to(x, top + height * step / 40).perform().await?;
    }
    desk.driver.action_chain().release().perform().await?;
    Ok(())
}

/// To positions all over the log, and to the days that stand there.
async fn jump(desk: &Desk, events: u64) -> Outcome {
    for (number, place) in places(events).enumerate() {
        let day = desk.read("[data-testid='event-row'] time").await?;
        let typed = if number % 3 == 2 && day.len() >= 10 { day[..10].to_owned() } else { place.to_string() };
        held(desk, Key::Control, "g").await?;
        keyboard::focus_comes_to(desk, "jump-text").await?;
        keys(desk, typed).await?;
        keys(desk, Key::Enter + "").await?;
        desk.gone("[data-testid='jump-text']").await?;
        settled(desk, |reading| reading["jumping"] == false).await?;
    }
    Ok(())
}

fn tell_jumps(reading: &Value, raw: &[f64]) -> Outcome {
    let listed = reading["jumps"].as_array().ok_or("jumps are listed")?;
    let mut jumps: Vec<f64> = listed.iter().filter_map(Value::as_f64).collect();
    jumps.sort_by(f64::total_cmp);
    expect(jumps.len() as u64 >= JUMPS / 2, format!("{} jumps were seen", jumps.len()))?;
    let at = |sorted: &[f64], part: usize| sorted[(sorted.len() - 1) * part / 100];
    for (name, sorted) in [("a jump in the window", &jumps[..]), ("the same 200 rows from SQLite", raw)] {
        println!("{name:<29} p50 {:>8.2} ms  p99 {:>8.2} ms  (n = {})", at(sorted, 50), at(sorted, 99), sorted.len());
    }
    println!("ratio of the medians          {:>10.1}", at(&jumps, 50) / at(raw, 50).max(f64::EPSILON));
    Ok(())
}

async fn filter_by_type(desk: &Desk) -> Outcome {
    let begun = Instant::now();
    desk.driver.execute("window.location.hash = '#/events?type=TransferCompleted'", Vec::new()).await?;
    desk.by_css("[data-testid='event-row'][data-type='TransferCompleted']").await?;
    println!("first row of a type           {:>10.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    desk.gone("[data-testid='search-progress'][data-phase='scanning']").await?;
    println!("all of a type                 {:>10.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    Ok(())
}

/// The most memory that the page's process has had, in KiB. It is the one that was started with this window's data folder.
fn webview_peak_kib(desk: &Desk) -> Result<u64, Box<dyn Error>> {
    let ours = format!("LEDGERSCOPE_DATA_DIR={}", desk.data().display());
    let mut peak = 0;
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Ok(environment) = std::fs::read(entry.path().join("environ")) else { continue };
        let status = std::fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        if !status.starts_with("Name:\tWebKitWebProces")
            || !environment.split(|byte| *byte == 0).any(|one| one == ours.as_bytes())
        {
            continue;
        }
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default();
        peak = peak.max(kib);
    }
    expect(peak > 0, "the page has a process of its own")?;
    Ok(peak)
}
