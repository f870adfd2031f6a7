//! End-to-end tests: the built program in its real WebKitGTK window on a virtual display, driven through WebDriver.
//!
//! They need `Xvfb` and `WebKitWebDriver` (`scripts/setup.sh --test` installs both) and a built UI. What the window looked
//! like is kept in `test-output/`.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it calls")]

/// Every story shows what the window looked like.
const TAKES_PICTURES: bool = true;

#[path = "e2e/causes.rs"]
mod causes;
#[path = "e2e/connections.rs"]
mod connections;
#[path = "e2e/desk.rs"]
mod desk;
#[path = "e2e/exact.rs"]
mod exact;
#[path = "e2e/failures.rs"]
mod failures;
#[path = "e2e/german.rs"]
mod german;
#[path = "e2e/harness.rs"]
mod harness;
#[path = "e2e/investigations/mod.rs"]
mod investigations;
#[path = "e2e/ipc.rs"]
mod ipc;
#[path = "e2e/keyboard.rs"]
mod keyboard;
#[path = "e2e/language.rs"]
mod language;
#[path = "e2e/links.rs"]
mod links;
#[path = "shared/long_stories.rs"]
#[allow(dead_code, reason = "a benchmark needs more of it than stories")]
mod long_stories;
#[path = "e2e/notebook.rs"]
mod notebook;
#[path = "e2e/operators.rs"]
mod operators;
#[path = "shared/secured.rs"]
mod secured;
#[path = "e2e/servers.rs"]
mod servers;
#[path = "e2e/smoke.rs"]
mod smoke;
#[path = "e2e/stage.rs"]
mod stage;
#[path = "shared/stuck_transfer.rs"]
mod stuck_transfer;
#[path = "e2e/transfer.rs"]
mod transfer;
#[path = "e2e/upkeep.rs"]
mod upkeep;
#[path = "e2e/views.rs"]
mod views;
#[path = "e2e/what_if.rs"]
mod what_if;
