//! The window: Tauri's builder, plugins, and what is particular to the desktop.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use es_core::Language;
use tauri::{App, AppHandle, Manager, RunEvent, WebviewWindow, WebviewWindowBuilder};
use tauri_plugin_dialog::{DialogExt, FilePath};
use tauri_specta::Event;

use crate::connections::Keyring;
use crate::settings::{DATA_DIR, DataFolder};
use crate::start::Start;
use crate::workbench::{ChooseFile, FileWanted, Notice, Tell, Workbench};
use crate::{commands, logging};

/// Exit code when there is nothing to show a window on.
const UNAVAILABLE: u8 = 5;

const NO_DISPLAY: &str = "\
Ledgerscope cannot open its window: there is no display, or it does not answer (DISPLAY, WAYLAND_DISPLAY).
Start it in a desktop session, or with a virtual display:  xvfb-run -a ledgerscope
Everything can also be done without a window:
  ledgerscope demo --seed 7 --events 20000 --into bank.ledgerscope
  ledgerscope streams --store bank.ledgerscope
  ledgerscope --help";

/// Opens the window on a store (the one that was open last unless one is named), at the place of a link if there is one, and
/// stays until it is closed.
#[must_use]
pub fn run(store: Option<String>, link: Option<String>) -> ExitCode {
    prepare_renderer();
    if !display_is_there() {
        eprintln!("{NO_DISPLAY}");
        return ExitCode::from(UNAVAILABLE);
    }
    let folder = match DataFolder::find() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("{}\n{}", error.message, error.hint);
            return ExitCode::from(UNAVAILABLE);
        }
    };
    let _log = match logging::to_folder(&folder.logs()) {
        Ok(guard) => Some(guard),
        Err(error) => {
            eprintln!("Going on without a log: {error}");
            None
        }
    };
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
    match build(store, link, folder) {
        Ok(app) => {
            app.run(|handle, event| {
                if matches!(event, RunEvent::Exit) {
                    tauri::async_runtime::block_on(handle.state::<Workbench>().close());
                    tracing::info!("ended");
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(?error, "the window cannot be opened");
            eprintln!(
                "Ledgerscope cannot open its window: {error}\n`ledgerscope --help` names the commands without one."
            );
            ExitCode::from(UNAVAILABLE)
        }
    }
}

fn build(store: Option<String>, link: Option<String>, folder: DataFolder) -> tauri::Result<App> {
    let interface = commands::interface::<tauri::Wry>();
    let mut builder = tauri::Builder::default();
    // Another data folder is another program as far as the user is concerned: tests and portable installations.
    if std::env::var_os(DATA_DIR).is_none() {
        builder = builder.plugin(tauri_plugin_single_instance::init(show_running_window));
    }
    builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::new().build())
        .invoke_handler(interface.invoke_handler())
        .setup(move |app| {
            interface.mount_events(app);
            let handle = app.handle().clone();
            app.manage(Workbench::new(folder, Arc::new(Keyring), tell(&handle), choose(handle.clone())));
            if let Some(link) = link {
                app.state::<Workbench>().link_arrived(link);
            }
            // A file is opened before the window can ask for anything: its first answer is then already about the store.
            let folder = std::env::current_dir().unwrap_or_default();
            tauri::async_runtime::block_on(app.state::<Workbench>().open_at_start(store, &folder));
            let late = handle.clone();
            tauri::async_runtime::spawn(async move { late.state::<Workbench>().open_late().await });
            for config in &app.config().app.windows {
                scroll_at_once(&WebviewWindowBuilder::from_config(&handle, config)?.build()?);
            }
            Ok(())
        })
        .build(tauri::generate_context!())
}

/// A second start brings the running window to the front, opens the store that it was given, then the link.
fn show_running_window(handle: &AppHandle, arguments: Vec<String>, folder: String) {
    if let Some(window) = handle.get_webview_window("main") {
        let _may_be_closing = window.unminimize().and_then(|()| window.set_focus());
    }
    let Start { link, arguments } = Start::of(arguments.into_iter().map(Into::into));
    let named = arguments.iter().skip_while(|argument| *argument != "--store").nth(1);
    let named = named.map(|store| store.to_string_lossy().into_owned());
    let handle = handle.clone();
    tauri::async_runtime::spawn(async move {
        let bench = handle.state::<Workbench>();
        if let Some(text) = named
            && let Err(error) = bench.open_named(&text, Path::new(&folder)).await
        {
            tracing::error!(%error, "the store named by a second start could not be opened");
        }
        if let Some(link) = link {
            bench.link_arrived(link);
        }
    });
}

fn tell(handle: &AppHandle) -> Tell {
    let handle = handle.clone();
    Arc::new(move |notice| {
        let sent = match notice {
            Notice::HeadMoved(moved) => moved.emit(&handle),
            Notice::StoreChanged(changed) => changed.emit(&handle),
            Notice::LinkArrived(arrived) => arrived.emit(&handle),
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "the window is gone");
        }
    })
}

fn choose(handle: AppHandle) -> ChooseFile {
    Box::new(move |wanted, answer| {
        let dialog = handle.dialog().file();
        let answer = move |file: Option<FilePath>| {
            let path = file.and_then(|file| file.into_path().ok());
            // The command that asked may have been dropped with its window.
            let _nobody_asks_any_more = answer.send(path);
        };
        let title = file_title(&wanted, handle.state::<Workbench>().language());
        let dialog = dialog.set_title(title);
        match wanted {
            FileWanted::Store => dialog.pick_file(answer),
            FileWanted::Import => dialog.pick_file(answer),
            FileWanted::Scenario => dialog.pick_file(answer),
            FileWanted::SaveScenario { name } => {
                dialog.set_file_name(format!("{name}.whatif.json")).save_file(answer);
            }
            FileWanted::Scene => dialog.pick_file(answer),
            FileWanted::SaveScene { name } => {
                dialog.set_file_name(format!("{name}.scene.json")).save_file(answer);
            }
            FileWanted::SaveTest { name } => {
                dialog.set_file_name(format!("{name}.rs")).save_file(answer);
            }
            FileWanted::Report => dialog.pick_file(answer),
            FileWanted::SaveReport { name } => {
                dialog.set_file_name(format!("{name}.html")).save_file(answer);
            }
            FileWanted::Export { extension } => {
                dialog.set_file_name(format!("events.{extension}")).save_file(answer);
            }
        }
    })
}

/// What the dialog that lets somebody choose a file is called.
fn file_title(wanted: &FileWanted, language: Language) -> &'static str {
    let (english, german) = match wanted {
        FileWanted::Store => ("Open an event store", "Ereignisspeicher öffnen"),
        FileWanted::Import => ("Import events from a file", "Ereignisse aus einer Datei importieren"),
        FileWanted::Scenario => ("Open a what-if", "Was-wäre-wenn öffnen"),
        FileWanted::SaveScenario { .. } => ("Save the what-if", "Was-wäre-wenn speichern"),
        FileWanted::SaveTest { .. } => ("Save the test", "Test speichern"),
        FileWanted::Scene => ("Import a scene", "Szene importieren"),
        FileWanted::SaveScene { .. } => ("Export the scene", "Szene exportieren"),
        FileWanted::Report => ("Open a report", "Bericht öffnen"),
        FileWanted::SaveReport { .. } => ("Export the notebook", "Notizbuch exportieren"),
        FileWanted::Export { .. } => ("Export events into a file", "Ereignisse in eine Datei exportieren"),
    };
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// Whether there is a display and it answers. Tauri would panic where it does not.
#[cfg(target_os = "linux")]
fn display_is_there() -> bool {
    let named = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(named) && gtk::init().is_ok()
}

#[cfg(not(target_os = "linux"))]
fn display_is_there() -> bool {
    true
}

/// What WebKitGTK is told about drawing. With NVIDIA's driver its DMA-BUF renderer shows empty windows. Where nothing can
/// draw but the processor (virtual machines, remote desktops), layers composed on an emulated graphics card leave the window
/// without a frame for most of a second; painted straight into the window, none is late (docs/adr/0063).
#[cfg(target_os = "linux")]
fn renderer(nvidia: bool, graphics_card: bool) -> Option<&'static str> {
    match (nvidia, graphics_card) {
        (true, _) => Some("WEBKIT_DISABLE_DMABUF_RENDERER"),
        (false, false) => Some("WEBKIT_DISABLE_COMPOSITING_MODE"),
        (false, true) => None,
    }
}

/// Environment variables cannot be set safely in a program that may have threads, so it starts itself again with the variable
/// set, unless somebody has set it already, to whatever value.
#[cfg(target_os = "linux")]
fn prepare_renderer() {
    use std::os::unix::process::CommandExt;
    let nvidia = Path::new("/proc/driver/nvidia/version").exists();
    let Some(variable) = renderer(nvidia, can_render()) else { return };
    if std::env::var_os(variable).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(variable, "1").exec();
        eprintln!("Going on without {variable}=1: {error}");
    }
}

/// Whether the kernel offers a device to render with.
#[cfg(target_os = "linux")]
fn can_render() -> bool {
    let Ok(devices) = std::fs::read_dir("/dev/dri") else { return false };
    devices.flatten().any(|device| device.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(not(target_os = "linux"))]
fn prepare_renderer() {}

/// Smooth scrolling fights with the event grid's own exact offsets.
#[cfg(target_os = "linux")]
fn scroll_at_once(window: &WebviewWindow) {
    use webkit2gtk::{SettingsExt, WebViewExt};
    let done = window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_enable_smooth_scrolling(false);
        }
    });
    if let Err(error) = done {
        tracing::warn!(%error, "smooth scrolling stays on");
    }
}

#[cfg(not(target_os = "linux"))]
fn scroll_at_once(_window: &WebviewWindow) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::renderer;

    #[test]
    fn layers_are_left_out_only_where_nothing_else_can() {
        assert_eq!(renderer(false, false), Some("WEBKIT_DISABLE_COMPOSITING_MODE"));
        assert_eq!(renderer(false, true), None, "a graphics card draws as WebKitGTK wants it to");
        for card in [false, true] {
            assert_eq!(renderer(true, card), Some("WEBKIT_DISABLE_DMABUF_RENDERER"), "NVIDIA's windows would be empty");
        }
    }
}
