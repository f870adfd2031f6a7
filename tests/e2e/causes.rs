//! Causes of stories of ten thousand events: a chain, one event that led to all others, and the payments of an order.

use std::path::Path;
use std::sync::OnceLock;

use thirtyfour::prelude::*;

use crate::desk::STORE;
use crate::harness::{Desk, Outcome, expect, story_over};
use crate::keyboard::{keys, tab_to};
use crate::long_stories::{self, Shape, Story};
use crate::upkeep::{Walk, both};

const ITEM: &str = "[data-testid='cause-item']";
/// More cannot be told apart.
const MOST_NODES: usize = 500;

async fn over_long_stories<F>(name: &str, tell: F)
where
    F: AsyncFnOnce(&Desk, &[Story; 3]) -> Outcome,
{
    let written = OnceLock::new();
    let prepare = async |data: &Path| {
        let stories = long_stories::write(&data.join(STORE)).await?;
        expect(written.set(stories).is_ok(), "stories are written once")
    };
    story_over(name, &[], prepare, async |desk| {
        desk.by_css("[data-testid^='account-row-']").await?;
        tell(desk, written.get().ok_or("stories were written")?).await
    })
    .await;
}

/// A text whose numbers are not in groups.
fn digits(text: &str) -> String {
    text.replace('\u{202f}', "")
}

/// Opens the drawing about the event that led to the rest of a story.
async fn open(desk: &Desk, story: &Story) -> Outcome {
    desk.driver.execute(format!("location.hash = '#/causes?event={}'", story.first), Vec::new()).await?;
    desk.by_css(&format!("[data-causes-drawing][data-position='{}']", story.first)).await?;
    Ok(())
}

/// Kinds of the nodes, which drawing and tree agree on, and which are no more than can be told apart.
async fn kinds(desk: &Desk) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    desk.by_css("[data-causes-drawing][data-complete='true']").await?;
    desk.by_css("[data-testid='causes-tree'][aria-busy='false']").await?;
    let nodes = desk.attributes("[data-testid='cause-node']", "data-kind").await?;
    let items = desk.attributes(ITEM, "data-kind").await?;
    expect(nodes == items, format!("{} nodes and {} items are the same", nodes.len(), items.len()))?;
    expect((2..=MOST_NODES).contains(&nodes.len()), format!("{} nodes of at most {MOST_NODES}", nodes.len()))?;
    Ok(nodes)
}

/// Presses a key, which leads to another node.
async fn leads_on(desk: &Desk, key: Key) -> Outcome {
    let index =
        format!("return [...document.querySelectorAll(\"{ITEM}\")].findIndex((one) => one.ariaSelected === 'true')");
    let before = desk.driver.execute(index.clone(), Vec::new()).await?.json().clone();
    keys(desk, key.clone() + "").await?;
    let after = desk.driver.execute(index, Vec::new()).await?.json().clone();
    expect(before != after, format!("{key:?} leads on from node {before}"))
}

#[tokio::test]
async fn causes_of_ten_thousand_events_are_drawn_within_bounds_and_walked_by_keys() {
    over_long_stories("causes", async |desk, stories| {
        for story in stories {
            open(desk, story).await?;
            let count = digits(&desk.read("[data-testid='causes-count']").await?);
            expect(count.starts_with("10000 events"), format!("{:?}: {count}", story.shape))?;
            let effects = digits(&desk.read("[data-testid='causes-effects']").await?);
            expect(effects.contains("led to 9999 events"), format!("{:?}: {effects}", story.shape))?;
            let kinds = kinds(desk).await?;
            tab_to(desk, "causes-drawing").await?;
            for key in [Key::Right, Key::Left, Key::End, Key::Home] {
                leads_on(desk, key).await?;
            }
            let leads_elsewhere = if story.shape == Shape::Chain { "folded" } else { "hidden" };
            let at = kinds.iter().position(|kind| kind == leads_elsewhere).ok_or("something is not drawn")?;
            tab_to(desk, "cause-item").await?;
            let (end, key, steps) = if at < kinds.len() / 2 {
                (Key::Home, Key::Down, at)
            } else {
                (Key::End, Key::Up, kinds.len() - 1 - at)
            };
            keys(desk, end + "").await?;
            for _ in 0..steps {
                keys(desk, key.clone() + "").await?;
            }
            let drawn = desk.read("[data-testid='causes-tree']").await?;
            keys(desk, Key::Enter + "").await?;
            desk.reads("[data-testid='causes-tree']", |now| !now.is_empty() && now != drawn).await?;
            self::kinds(desk).await?;
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_an_event_caused_is_told_at_a_glance_in_both_languages() {
    over_long_stories("causes-looks", async |desk, stories| {
        let mut walk = Walk::new(desk);
        for language in ["en", "de"] {
            desk.by_id("language").await?.click().await?;
            desk.by_id(&format!("language-{language}")).await?.click().await?;
            desk.by_css(&format!("html[lang='{language}']")).await?;
            for story in stories {
                open(desk, story).await?;
                both(&mut walk, &format!("{:?}-{language}", story.shape).to_lowercase()).await?;
            }
        }
        walk.everybody_can_read_it()
    })
    .await;
}
