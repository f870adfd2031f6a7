//! What a story of ten thousand events feels like when its causes are drawn: the real window on a virtual display, optimised, a new
//! one for each shape of story. Beside it stand how long SQLite alone takes for the same events, and how long the window takes for
//! the same view with nothing in it.
//!
//! `npm run bench -- causes-ui`
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a benchmark that cannot go on ends")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

#[path = "e2e/harness.rs"]
#[allow(dead_code, reason = "stories need more of it than a benchmark")]
mod harness;
#[path = "e2e/keyboard.rs"]
#[allow(dead_code, reason = "stories need more of it than a benchmark")]
mod keyboard;
#[path = "shared/long_stories.rs"]
mod long_stories;

use harness::{Desk, Outcome, expect, story_over};
use keyboard::keys;
use long_stories::{EVENTS, Shape, Story};

/// The window is measured as people have it.
const TAKES_PICTURES: bool = false;
const STORE: &str = "bank.ledgerscope";
/// A drawing that takes longer is waited for.
const LONGEST_OPENING_MILLIS: f64 = 1000.0;
/// A person takes the window for stuck when nothing moves for longer.
const LONGEST_GAP_MILLIS: f64 = 100.0;
/// Drawings of a story about events all over it, and openings of the empty view.
const OPENINGS: u64 = 10;
const KEYS: usize = 50;
const CLICKS: usize = 20;
const SCANS: usize = 5;
/// Where nothing is drawn yet.
const EMPTY: &str = "#/causes";
const NODE: &str = "[data-testid='cause-node']";
/// All nodes are in the page.
const DRAWN: &str = "[data-causes-drawing][data-complete='true']";
/// And all lines of the tree, which comes after it.
const LISTED: &str = "[data-testid='causes-tree'][aria-busy='false']";
const ITEM: &str = "[data-testid='cause-item']";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    let worst = runtime.block_on(bench());
    let verdict = |slowest: f64, most: f64| if slowest <= most { "never" } else { "AT TIMES" };
    let (opening, gap) = (worst.opening, worst.gap);
    println!("a drawing {} takes more than {LONGEST_OPENING_MILLIS} ms", verdict(opening, LONGEST_OPENING_MILLIS));
    println!(
        "the window is {} without a frame for more than {LONGEST_GAP_MILLIS} ms",
        verdict(gap, LONGEST_GAP_MILLIS)
    );
}

/// The slowest of all, in milliseconds.
#[derive(Debug, Default)]
struct Worst {
    opening: f64,
    gap: f64,
}

async fn bench() -> Worst {
    let home = tempfile::tempdir().expect("a folder");
    let stories = made(home.path()).await.unwrap_or_else(|error| panic!("the store: {error}"));
    let mut worst = Worst::default();
    for story in stories {
        let link = async |data: &Path| {
            std::fs::remove_dir(data)?;
            Ok(std::os::unix::fs::symlink(home.path(), data)?)
        };
        println!();
        println!("{:?}: {EVENTS} events of one story", story.shape);
        story_over("bench-causes", &[], link, async |desk| {
            desk.driver.set_window_rect(0, 0, 1600, 1000).await?;
            Bench { desk, story, worst: &mut worst }.run().await
        })
        .await;
    }
    worst
}

/// Makes the store, with its read models up to date as in one that was open before.
async fn made(home: &Path) -> Result<[Story; 3], Box<dyn Error>> {
    let store = home.join(STORE);
    let stories = long_stories::write(&store).await?;
    let mut program = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
    program.arg("--store").arg(&store).args(["projections", "catch-up"]).env("LEDGERSCOPE_DATA_DIR", home);
    let ended = program.stdout(Stdio::null()).status()?;
    expect(ended.success(), format!("ledgerscope projections catch-up: {ended}"))?;
    Ok(stories)
}

/// The measurement of one story in one window.
struct Bench<'a> {
    desk: &'a Desk,
    story: Story,
    worst: &'a mut Worst,
}

impl Bench<'_> {
    async fn run(mut self) -> Outcome {
        self.desk.by_css("[data-testid^='account-row-']").await?;
        self.desk.driver.execute("window.dispatchEvent(new Event('ledgerscope-probe'))", Vec::new()).await?;
        self.desk.driver.execute(LISTENS, Vec::new()).await?;
        self.open().await?;
        if self.story.shape == Shape::Chain {
            self.lead_on("folded", "unfolding the chain").await?;
        }
        self.click().await?;
        self.press_keys().await?;
        self.turn_the_wheel().await?;
        self.lead_on("hidden", "showing what is hidden").await
    }

    /// Cold, warm, and what else takes time in the same run.
    async fn open(&mut self) -> Outcome {
        let store = self.desk.data().join(STORE);
        evict(&store)?;
        let cold_scan = scan(&store, self.story)?;
        evict(&store)?;
        self.desk.driver.execute(format!("location.hash = '{EMPTY}'"), Vec::new()).await?;
        self.desk.by_id("empty-state").await?;
        let cold = self.drawn(self.story.first).await?;
        let (mut warm, mut empty) = (Vec::new(), Vec::new());
        for number in 0..OPENINGS {
            empty.push(self.emptied().await?);
            // Another event each time: the window keeps what it has drawn.
            warm.push(self.drawn(self.story.first + 1 + number * (EVENTS - 2) / OPENINGS).await?);
        }
        empty.push(self.emptied().await?);
        let kept = self.drawn(self.story.first).await?;
        let mut scans = (0..SCANS).map(|_| scan(&store, self.story)).collect::<Result<Vec<_>, _>>()?;
        scans.sort_by(f64::total_cmp);
        empty.sort_by(f64::total_cmp);
        warm.sort_by(f64::total_cmp);
        tell("opened, store and window cold", &[cold]);
        tell("the same events from SQLite, cold", &[cold_scan]);
        tell("opened, store warm", &warm);
        tell("the same events from SQLite", &scans);
        tell("opened, kept by the window", &[kept]);
        tell("the view with nothing in it", &empty);
        let nodes = self.desk.attributes(NODE, "data-kind").await?.len();
        println!("{:<34} {nodes:>8}", "nodes");
        self.worst.opening = warm.iter().copied().fold(self.worst.opening.max(cold).max(kept), f64::max);
        Ok(())
    }

    /// From setting the address to the first painted drawing, in milliseconds.
    async fn drawn(&mut self, position: u64) -> Result<f64, Box<dyn Error>> {
        self.reset().await?;
        let took = self.opened(&format!("{EMPTY}?event={position}"), DRAWN).await?;
        self.desk.by_css(LISTED).await?;
        self.gap("opening", false).await?;
        Ok(took)
    }

    async fn emptied(&self) -> Result<f64, Box<dyn Error>> {
        self.desk.driver.execute("location.hash = '#/evidence'", Vec::new()).await?;
        self.desk.by_id("verify").await?;
        self.opened(EMPTY, "[data-testid='empty-state']").await
    }

    async fn opened(&self, address: &str, awaited: &str) -> Result<f64, Box<dyn Error>> {
        let took = self.desk.driver.execute_async(OPENS, vec![json!(address), json!(awaited)]).await?;
        took.json().as_f64().ok_or_else(|| format!("{address} is shown: {}", took.json()).into())
    }

    /// Down the tree, key by key.
    async fn press_keys(&mut self) -> Outcome {
        self.desk
            .driver
            .execute(format!("document.querySelector(\"{ITEM}[tabindex='0']\").focus()"), Vec::new())
            .await?;
        self.reset().await?;
        for _ in 0..KEYS {
            keys(self.desk, Key::Down + "").await?;
        }
        self.told_responses("key to painted selection", KEYS).await?;
        self.gap("keys", true).await
    }

    /// Two seconds of moving and two of zooming, a notch a frame.
    async fn turn_the_wheel(&mut self) -> Outcome {
        for (held, what) in [(false, "wheel"), (true, "wheel with Ctrl")] {
            self.reset().await?;
            self.desk.driver.execute_async(TURNS, vec![json!(held)]).await?;
            self.gap(what, true).await?;
        }
        Ok(())
    }

    /// Nodes of the drawing with the pointer.
    async fn click(&mut self) -> Outcome {
        let places = self.desk.driver.execute(PLACES, vec![json!(CLICKS)]).await?.json().clone();
        let places: Vec<[i64; 2]> = serde_json::from_value(places)?;
        expect(!places.is_empty(), "nodes are in sight")?;
        self.reset().await?;
        for [x, y] in &places {
            self.desk.driver.action_chain().move_to(*x, *y).click().perform().await?;
        }
        self.told_responses("click to painted selection", places.len()).await?;
        self.gap("choosing nodes", true).await
    }

    /// Enter on the first node of a kind leads to another drawing.
    async fn lead_on(&mut self, kind: &str, what: &str) -> Outcome {
        let item = format!("{ITEM}[data-kind='{kind}']");
        if self.desk.attributes(&item, "class").await?.is_empty() {
            println!("{what:<34}     none");
            return Ok(());
        }
        self.desk.driver.execute(format!("document.querySelector(\"{item}\").click()"), Vec::new()).await?;
        self.reset().await?;
        self.desk.driver.execute(AWAITS_ANOTHER_DRAWING, Vec::new()).await?;
        keys(self.desk, Key::Enter + "").await?;
        let begun = Instant::now();
        let took = loop {
            let took = self.desk.driver.execute("return window.__anotherDrawing", Vec::new()).await?;
            if let Some(took) = took.json().as_f64() {
                break took;
            }
            expect(begun.elapsed() < harness::PATIENCE, format!("{what} ends"))?;
            tokio::time::sleep(harness::POLL).await;
        };
        self.desk.by_css(DRAWN).await?;
        self.desk.by_css(LISTED).await?;
        tell(what, &[took]);
        self.worst.opening = self.worst.opening.max(took);
        self.gap(what, true).await
    }

    async fn reset(&self) -> Outcome {
        self.desk.driver.execute("window.__probe.reset(); window.__responses = []", Vec::new()).await?;
        Ok(())
    }

    /// What `LISTENS` has kept.
    async fn told_responses(&self, what: &str, least: usize) -> Outcome {
        let begun = Instant::now();
        loop {
            let listed = self.desk.driver.execute("return window.__responses", Vec::new()).await?;
            let mut responses: Vec<f64> =
                listed.json().as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
            if responses.len() >= least {
                responses.sort_by(f64::total_cmp);
                tell(what, &responses);
                return Ok(());
            }
            expect(begun.elapsed() < harness::PATIENCE, format!("{what}: {} of {least}", responses.len()))?;
            tokio::time::sleep(harness::POLL).await;
        }
    }

    async fn gap(&mut self, what: &str, told: bool) -> Outcome {
        let reading = self.desk.driver.execute("return window.__probe.read()", Vec::new()).await?;
        let gap = reading.json()["longestGap"].as_f64().ok_or("the probe reads")?;
        self.worst.gap = self.worst.gap.max(gap);
        if told || gap > LONGEST_GAP_MILLIS {
            let frames = reading.json()["frames"].as_u64().unwrap_or_default();
            println!("{:<34} {gap:>8.0} ms  while: {what} ({frames} frames)", "longest time without a frame");
        }
        Ok(())
    }
}

/// Milliseconds, sorted: the median and the slowest, or the only one.
fn tell(what: &str, sorted: &[f64]) {
    match sorted {
        [] => println!("{what:<34}     none"),
        [one] => println!("{what:<34} {one:>8.1} ms"),
        [.., slowest] => {
            let median = sorted[(sorted.len() - 1) / 2];
            println!("{what:<34} {median:>8.1} ms  slowest {slowest:>8.1} ms  (n = {})", sorted.len());
        }
    }
}

/// Takes a file out of the operating system's memory, so that it is read from the disk.
fn evict(store: &Path) -> Outcome {
    for path in [store.to_owned(), store.with_extension("ledgerscope-wal")] {
        if path.exists() {
            let of = format!("of={}", path.display());
            let mut dd = Command::new("dd");
            let ended =
                dd.args([&of, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]).stderr(Stdio::null()).status()?;
            expect(ended.success(), format!("dd {of}: {ended}"))?;
        }
    }
    Ok(())
}

/// How long SQLite takes for all events of a story, in milliseconds.
fn scan(store: &Path, story: Story) -> Result<f64, Box<dyn Error>> {
    let begun = Instant::now();
    let database = rusqlite::Connection::open_with_flags(store, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut query = database.prepare("SELECT * FROM es_event WHERE correlation_id = ?1 ORDER BY position")?;
    let mut rows = query.query([story.correlation.as_bytes().as_slice()])?;
    let (mut count, mut bytes) = (0, 0);
    while let Some(row) = rows.next()? {
        count += 1;
        bytes += row.get_ref("payload")?.as_bytes()?.len() + row.get_ref("metadata")?.as_bytes()?.len();
    }
    expect(count == EVENTS && bytes > 0, format!("{count} events of the story"))?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

/// Sets an address and waits until what is awaited is in the page and painted.
const OPENS: &str = "
    const [address, awaited, done] = arguments;
    const begun = performance.now();
    location.hash = address;
    const look = () => requestAnimationFrame(() => {
      if (performance.now() - begun > 30000) done(`not within 30 s`);
      else if (document.querySelector(awaited) === null) look();
      else requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun)));
    });
    look();";

/// From each key and click until another node is chosen and painted.
const LISTENS: &str = "
    window.__responses = [];
    const chosen = () => document.querySelector(\"[data-testid='cause-item'][aria-selected='true']\");
    for (const kind of ['keydown', 'pointerup']) addEventListener(kind, ({ timeStamp }) => {
      const before = chosen();
      if (before === null) return;
      const look = () => requestAnimationFrame(() => {
        const now = performance.now();
        if (chosen() !== before) requestAnimationFrame(() => window.__responses.push(performance.now() - timeStamp));
        else if (now - timeStamp < 5000) look();
      });
      look();
    }, true);";

/// From the next key until other nodes are in the page and painted.
const AWAITS_ANOTHER_DRAWING: &str = "
    window.__anotherDrawing = null;
    addEventListener('keydown', ({ timeStamp }) => {
      const nodes = () => [...document.querySelectorAll(\"[data-testid='cause-node']\")];
      const before = nodes();
      const look = () => requestAnimationFrame(() => {
        const now = nodes();
        const whole = document.querySelector(\"[data-causes-drawing][data-complete='true']\") !== null;
        if (!whole || (now.length === before.length && now.at(-1) === before.at(-1))) look();
        else requestAnimationFrame(() => requestAnimationFrame(() => {
          window.__anotherDrawing = performance.now() - timeStamp;
        }));
      });
      look();
    }, { capture: true, once: true });";

/// Turns the wheel over the drawing.
const TURNS: &str = "
    const [ctrlKey, done] = arguments;
    const box = document.querySelector('[data-causes-drawing]');
    const { left, top, width, height } = box.getBoundingClientRect();
    const until = performance.now() + 2000;
    let turned = 0;
    const notch = () => {
      if (performance.now() > until) return done();
      const away = Math.floor(turned++ / (ctrlKey ? 12 : 60)) % 2 === 0 ? 1 : -1;
      box.dispatchEvent(new WheelEvent('wheel', { deltaY: 40 * away, ctrlKey, bubbles: true, cancelable: true,
        clientX: left + width / 2, clientY: top + height / 2 }));
      requestAnimationFrame(notch);
    };
    notch();";

/// Middles of nodes that are in sight, without the one that is chosen at first.
const PLACES: &str = "
    const drawn = [...document.querySelectorAll(\"[data-testid='cause-node']\")];
    const items = [...document.querySelectorAll(\"[data-testid='cause-item']\")];
    const box = document.querySelector('[data-causes-drawing]').getBoundingClientRect();
    return drawn
      .filter((_, index) => items[index].ariaSelected !== 'true')
      .map((node) => node.getBoundingClientRect())
      .filter((at) => at.left > box.left && at.right < box.right - 60 && at.top > box.top && at.bottom < box.bottom)
      .map((at) => [Math.round(at.left + at.width / 2), Math.round(at.top + at.height / 2)])
      .slice(0, arguments[0]);";
