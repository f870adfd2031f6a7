//! What a person does who has no pointer: keys, and nothing else. Scripts only read.

use std::path::Path;
use std::time::Instant;

use thirtyfour::common::keys::TypingData;
use thirtyfour::prelude::*;

use crate::harness::{Desk, Outcome, PATIENCE, POLL, expect};

/// So many stops a person would pass at most before giving up.
const STOPS: usize = 90;
/// So many answers of the palette are on its screen.
const ANSWERS: usize = 8;

/// Types keys to whatever has the focus.
pub async fn keys(desk: &Desk, keys: impl Into<TypingData>) -> Outcome {
    desk.driver.action_chain().send_keys(keys).perform().await?;
    Ok(())
}

/// Presses a key while another one is held.
pub async fn held(desk: &Desk, modifier: Key, key: impl Into<TypingData>) -> Outcome {
    let held: char = modifier.into();
    desk.driver.action_chain().key_down(held).send_keys(key).key_up(held).perform().await?;
    Ok(())
}

/// The test id of what has the focus, or nothing.
pub async fn focused(desk: &Desk) -> Result<String, Box<dyn std::error::Error>> {
    let script = "return document.activeElement?.closest('[data-testid]')?.dataset.testid ?? ''";
    Ok(desk.driver.execute(script, Vec::new()).await?.json().as_str().unwrap_or_default().to_owned())
}

/// Waits until something has the focus.
pub async fn focus_comes_to(desk: &Desk, test_id: &str) -> Outcome {
    let begun = Instant::now();
    loop {
        let at = focused(desk).await?;
        if at == test_id {
            return Ok(());
        }
        expect(begun.elapsed() < PATIENCE, format!("the focus comes to {test_id}; it is at {at:?}"))?;
        tokio::time::sleep(POLL).await;
    }
}

/// Goes with Tab to something that is shown.
pub async fn tab_to(desk: &Desk, test_id: &str) -> Outcome {
    desk.by_id(test_id).await?;
    let mut passed = Vec::new();
    for _ in 0..STOPS {
        let at = focused(desk).await?;
        if at == test_id {
            return Ok(());
        }
        passed.push(at);
        keys(desk, Key::Tab + "").await?;
    }
    Err(format!("Tab does not lead to {test_id}, but past {passed:?}").into())
}

/// Goes with Tab to something and presses Enter on it.
pub async fn tab_and_press(desk: &Desk, test_id: &str) -> Outcome {
    tab_to(desk, test_id).await?;
    keys(desk, Key::Enter + "").await
}

/// Goes to a field and types over what stands there.
pub async fn write(desk: &Desk, field: &str, text: &str) -> Outcome {
    tab_to(desk, field).await?;
    held(desk, Key::Control, "a").await?;
    keys(desk, text).await
}

/// Opens the palette, types, moves down to an answer and takes it.
pub async fn palette(desk: &Desk, typed: &str, answer: &str) -> Outcome {
    let field = "[role='dialog'] input[aria-label='Go to or do']";
    held(desk, Key::Control, "k").await?;
    desk.by_css(field).await?;
    keys(desk, typed).await?;
    desk.reads("[role='dialog']", |listed| listed.contains(answer)).await?;
    for _ in 0..ANSWERS {
        if desk.read("[role='dialog'] [data-action][data-selected='true']").await?.contains(answer) {
            keys(desk, Key::Enter + "").await?;
            return desk.gone(field).await;
        }
        keys(desk, Key::Down + "").await?;
    }
    let shown = desk.read("[role='dialog']").await?;
    Err(format!("the arrows lead to {answer:?} among {shown:?}").into())
}

/// Goes to a view by its two keys. The focus must not be in a field.
pub async fn go(desk: &Desk, letter: char, title: &str) -> Outcome {
    keys(desk, format!("g{letter}")).await?;
    desk.by_css(&format!("[data-testid='nav-{title}'][aria-current='page']")).await?;
    Ok(())
}

/// Types the path of a file into the dialog that asks for one, whose first stop is its button.
pub async fn name_the_file(desk: &Desk, file: &Path) -> Outcome {
    tab_to(desk, "file-path").await?;
    keys(desk, file.to_str().ok_or("a path that can be typed")?).await
}
