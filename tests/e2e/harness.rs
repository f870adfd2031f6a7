//! A virtual display, a driver and the program on it: started together, and gone together, however a test ends.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;
use thirtyfour::prelude::*;

/// How long anything in the window may take. Generous: the machine may be building something else.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long the program may take from its start to its first page.
const START: Duration = Duration::from_secs(60);
const DRIVER_LOG: &str = "driver.log";
/// Nothing that a test starts outlives this, even if the test itself is killed and cannot clean up.
const LONGEST_LIFE_SECONDS: &str = "600";
/// How often something is looked for.
pub const POLL: Duration = Duration::from_millis(50);

/// What a test's story comes to.
pub type Outcome = Result<(), Box<dyn Error>>;

/// A process with everything that it started; all of it is ended on drop.
struct Group(Child);

impl Group {
    /// A command that will be started in a group of its own and with a bounded life.
    fn command(program: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", LONGEST_LIFE_SECONDS, program]).process_group(0).stdin(Stdio::null());
        command
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Asked first, so that each reaps its children; then whatever is left of the group is ended.
        let id = self.0.id();
        signal("-TERM", &id.to_string());
        let begun = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(2) {
            std::thread::sleep(Duration::from_millis(10));
        }
        signal("-KILL", &format!("-{id}"));
        let _reaped = self.0.wait();
    }
}

fn signal(kind: &str, whom: &str) {
    // It may have ended by itself.
    let _gone = Command::new("kill").args([kind, "--", whom]).stderr(Stdio::null()).status();
}

/// The program in its window.
pub struct Desk {
    /// The WebDriver session.
    pub driver: WebDriver,
    name: String,
    folder: TempDir,
    // Dropped in this order: the program goes with its driver, then the display.
    _driver_process: Group,
    _display: Group,
}

/// Runs a story in a fresh window with a fresh data folder. If it fails, the window's picture and source and the program's
/// log are kept and told.
pub async fn story<F>(name: &str, arguments: &[&str], tell: F)
where
    F: AsyncFnOnce(&Desk) -> Outcome,
{
    story_over(name, arguments, async |_| Ok(()), tell).await;
}

/// As [`story`], but the data folder is prepared before the program sees it.
pub async fn story_over<P, F>(name: &str, arguments: &[&str], prepare: P, tell: F)
where
    P: AsyncFnOnce(&Path) -> Outcome,
    F: AsyncFnOnce(&Desk) -> Outcome,
{
    let desk = Desk::open(name, arguments, prepare)
        .await
        .unwrap_or_else(|error| panic!("{name}: the window does not open: {error}"));
    let outcome = tell(&desk).await;
    if let Err(error) = &outcome {
        desk.keep_evidence(&error.to_string()).await;
    }
    desk.close().await;
    if let Err(error) = outcome {
        panic!("{name}: {error}");
    }
}

/// A failed expectation.
pub fn expect(holds: bool, otherwise: impl Into<String>) -> Outcome {
    if holds { Ok(()) } else { Err(otherwise.into().into()) }
}

/// Where pictures and logs of tests are kept.
pub fn output() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("test-output");
    // What cannot be created is told by the first picture that cannot be written.
    let _there_already = std::fs::create_dir_all(&folder);
    folder
}

impl Desk {
    async fn open<P>(name: &str, arguments: &[&str], prepare: P) -> Result<Self, Box<dyn Error>>
    where
        P: AsyncFnOnce(&Path) -> Outcome,
    {
        let folder = tempfile::Builder::new().prefix("ledgerscope-e2e-").tempdir()?;
        std::fs::create_dir(folder.path().join("data"))?;
        prepare(&folder.path().join("data")).await?;
        let (display, display_name) = start_display()?;
        let (driver_process, port) = start_driver(folder.path(), &display_name)?;
        let mut wanted = Capabilities::new();
        let program = json!({ "binary": env!("CARGO_BIN_EXE_ledgerscope"), "args": arguments });
        wanted.set("webkitgtk:browserOptions", program)?;
        let asked = tokio::time::timeout(START, WebDriver::new(format!("http://127.0.0.1:{port}"), wanted)).await;
        let driver = match asked {
            Ok(Ok(driver)) => driver,
            Ok(Err(error)) => return Err(format!("{error}\n{}", logs(folder.path())).into()),
            Err(_) => return Err(format!("no window within {START:?}\n{}", logs(folder.path())).into()),
        };
        let name = name.to_owned();
        Ok(Self { driver, name, folder, _driver_process: driver_process, _display: display })
    }

    async fn close(self) {
        // The group is ended in any case; asking first lets the program close its store.
        let _may_be_gone = self.driver.clone().quit().await;
    }

    /// The folder that the program takes for the user's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The displayed element with this `data-testid`, once it is there.
    pub async fn by_id(&self, test_id: &str) -> Result<WebElement, Box<dyn Error>> {
        self.by_css(&format!("[data-testid='{test_id}']")).await
    }

    /// The first displayed element that a CSS selector names, once it is there.
    pub async fn by_css(&self, selector: &str) -> Result<WebElement, Box<dyn Error>> {
        let begun = Instant::now();
        loop {
            match self.driver.query(By::Css(selector)).wait(PATIENCE, POLL).and_displayed().first().await {
                Ok(found) => return Ok(found),
                // It was drawn anew between being found and being looked at.
                Err(error) if begun.elapsed() < PATIENCE && error.to_string().contains("stale") => {}
                Err(error) => return Err(format!("{selector} is not shown: {error}").into()),
            }
        }
    }

    /// The first displayed element of a kind (`button`, `*`) whose text or label contains this, once it is there.
    pub async fn by_text(&self, kind: &str, text: &str) -> Result<WebElement, Box<dyn Error>> {
        let path = format!("//{kind}[contains(normalize-space(.), '{text}') or contains(@aria-label, '{text}')]");
        let found = self.driver.query(By::XPath(path)).wait(PATIENCE, POLL).and_displayed().first().await;
        found.map_err(|error| format!("no {kind} says {text:?}: {error}").into())
    }

    /// Waits until the whole page shows a text.
    pub async fn shows(&self, text: &str) -> Outcome {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.text().await?.contains(text) {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        Err(format!("the window does not show {text:?}").into())
    }

    /// The text of the first element that a selector names; empty while there is none.
    pub async fn read(&self, selector: &str) -> Result<String, Box<dyn Error>> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let read = self.driver.execute(script, vec![selector.into()]).await?;
        Ok(read.json().as_str().unwrap_or_default().to_owned())
    }

    /// What each element that a selector names has in an attribute.
    pub async fn attributes(&self, selector: &str, attribute: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.getAttribute(arguments[1]) ?? '')";
        Ok(self.driver.execute(script, vec![selector.into(), attribute.into()]).await?.convert()?)
    }

    /// The texts of all elements that a selector names.
    pub async fn texts(&self, selector: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText)";
        Ok(self.driver.execute(script, vec![selector.into()]).await?.convert()?)
    }

    /// Waits until something reads as it should.
    pub async fn reads(&self, selector: &str, wanted: impl Fn(&str) -> bool) -> Result<String, Box<dyn Error>> {
        let begun = Instant::now();
        loop {
            let text = self.read(selector).await?;
            if wanted(&text) {
                return Ok(text);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{selector} does not read as it should, but {text:?}").into());
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until nothing is left that a selector names.
    pub async fn gone(&self, selector: &str) -> Outcome {
        let begun = Instant::now();
        while !self.attributes(selector, "class").await?.is_empty() {
            expect(begun.elapsed() < PATIENCE, format!("{selector} goes away"))?;
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Everything that the page shows as text.
    pub async fn text(&self) -> WebDriverResult<String> {
        let shown = self.driver.execute("return document.body ? document.body.innerText : ''", Vec::new()).await?;
        Ok(shown.json().as_str().unwrap_or_default().to_owned())
    }

    /// Keeps a picture of the whole window. Pictures of single elements come out blank in WebKitGTK.
    pub async fn picture(&self, step: &str) -> Outcome {
        // Text is in the page before it is on the screen: fonts first, then two frames.
        let painted = "const done = arguments[0]; document.fonts.ready.then(() => \
                       requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 150))))";
        self.driver.execute_async(painted, Vec::new()).await?;
        self.driver.screenshot(&output().join(format!("{}-{step}.png", self.name))).await?;
        Ok(())
    }

    async fn keep_evidence(&self, error: &str) {
        eprintln!("{}: {error}", self.name);
        if let Err(error) = self.picture("failed").await {
            eprintln!("no picture: {error}");
        }
        if let Ok(source) = self.driver.source().await {
            let _best_effort = std::fs::write(output().join(format!("{}-failed.html", self.name)), source);
        }
        let told = logs(self.folder.path());
        let _best_effort = std::fs::write(output().join(format!("{}-failed.log", self.name)), &told);
        eprintln!("{told}");
    }
}

/// What driver and program have written.
fn logs(folder: &Path) -> String {
    let mut files = vec![folder.join(DRIVER_LOG)];
    if let Ok(entries) = std::fs::read_dir(folder.join("data/logs")) {
        files.extend(entries.flatten().map(|entry| entry.path()));
    }
    let read =
        |file: &PathBuf| format!("--- {}\n{}", file.display(), std::fs::read_to_string(file).unwrap_or_default());
    files.iter().map(read).collect::<Vec<_>>().join("\n")
}

/// Starts Xvfb on a display that is free; it chooses the number itself, so tests do not race for one.
fn start_display() -> Result<(Group, String), Box<dyn Error>> {
    let mut command = Group::command("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut display = command.spawn().map(Group).map_err(|error| format!("Xvfb does not start: {error}"))?;
    let told = display.0.stdout.take().ok_or("Xvfb has no output")?;
    let mut number = String::new();
    BufReader::new(told).read_line(&mut number)?;
    if number.trim().is_empty() {
        return Err("Xvfb ended before it had a display".into());
    }
    Ok((display, format!(":{}", number.trim())))
}

/// Starts the driver. It starts the program, which inherits this environment.
fn start_driver(folder: &Path, display: &str) -> Result<(Group, u16), Box<dyn Error>> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut command = Group::command("WebKitWebDriver");
    command.args(["--host=127.0.0.1", &format!("--port={port}")]);
    command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env("TAURI_WEBVIEW_AUTOMATION", "true");
    command.env("LEDGERSCOPE_DATA_DIR", folder.join("data"));
    // Pictures and expected texts show the same times wherever the tests run.
    command.env("TZ", "Etc/UTC");
    // They speak English too, until a test chooses otherwise.
    command.env("LANG", "C.UTF-8").env_remove("LANGUAGE").env_remove("LC_ALL");
    // A picture waits for the next composed frame, and windows that compose nothing never have one.
    if crate::TAKES_PICTURES {
        command.env("WEBKIT_DISABLE_COMPOSITING_MODE", "0").env("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
    }
    // A keyring of the person who runs the tests is none of their business.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    for (variable, name) in [("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "share"), ("XDG_CACHE_HOME", "cache")] {
        command.env(variable, folder.join(name));
    }
    let told = std::fs::File::create(folder.join(DRIVER_LOG))?;
    command.stdout(told.try_clone()?).stderr(told);
    let driver = command.spawn().map(Group).map_err(|error| format!("WebKitWebDriver does not start: {error}"))?;
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if begun.elapsed() > PATIENCE {
            return Err("WebKitWebDriver does not answer".into());
        }
        std::thread::sleep(POLL);
    }
    Ok((driver, port))
}
