//! A link opens its place, on the event and the tab that it names.

use crate::harness::{Desk, Outcome, expect, story};

/// A position that the demo bank has whatever else it has.
const LINK: &str = "ledgerscope:///events?order=oldest&event=40&panel=metadata";

#[tokio::test]
async fn a_link_that_the_program_is_started_with_opens_its_place() {
    story("links", &[LINK], async |desk| {
        place_of_the_link(desk).await?;
        fill_the_store(desk).await?;
        the_place_has_a_link_of_its_own(desk).await?;
        pictures_of_the_detail(desk).await
    })
    .await;
}

#[tokio::test]
async fn a_link_that_hides_something_is_refused_and_changes_nothing() {
    story("bad-link", &["ledgerscope:///events?stream=%00account-1"], async |desk| {
        desk.shows("This is no link that can be opened").await?;
        desk.shows("bad_link").await?;
        let hash = desk.driver.execute("return window.location.hash", Vec::new()).await?;
        let hash = hash.json().as_str().unwrap_or_default().to_owned();
        expect(hash == "#/welcome", format!("the window is where it starts without a link, not at {hash:?}"))
    })
    .await;
}

async fn place_of_the_link(desk: &Desk) -> Outcome {
    // The store is empty at first: the place is there, its event is not.
    desk.by_css("[data-testid='nav-events'][aria-current='page']").await?;
    Ok(())
}

async fn fill_the_store(desk: &Desk) -> Outcome {
    go(desk, "#/welcome").await?;
    desk.by_id("demo-create").await?;
    desk.driver.execute("document.querySelector(\"[data-testid='demo-size-1000']\").click()", Vec::new()).await?;
    desk.by_id("demo-create").await?.click().await?;
    desk.by_id("live-head").await?;
    desk.by_css("[data-testid='nav-bank'][aria-current='page']").await?;
    go(desk, "#/events?order=oldest&event=40&panel=metadata").await?;
    desk.by_id("event-metadata").await?;
    Ok(())
}

async fn the_place_has_a_link_of_its_own(desk: &Desk) -> Outcome {
    // What the clipboard holds cannot be read through the driver: what is put there is caught on the way.
    let catching = "window.caught = null; \
                    navigator.clipboard.writeText = (text) => { window.caught = text; return Promise.resolve(); };";
    desk.driver.execute(catching, Vec::new()).await?;
    desk.by_id("copy-link").await?.click().await?;
    desk.shows("The link is copied").await?;
    let caught = desk.driver.execute("return window.caught", Vec::new()).await?;
    let link = caught.json().as_str().unwrap_or_default().to_owned();
    let (store, place) = link.strip_prefix("ledgerscope://").and_then(|rest| rest.split_once('/')).unwrap_or_default();
    expect(place == "events?order=oldest&event=40&panel=metadata", format!("{link:?} leads to the place"))?;
    expect(store.len() == 32, format!("{link:?} names the store"))
}

/// The tabs of an event's detail and the palette, in both colours.
async fn pictures_of_the_detail(desk: &Desk) -> Outcome {
    for colours in ["light", "dark"] {
        let choose = format!(
            "localStorage.setItem('mantine-color-scheme-value', '{colours}'); \
             window.dispatchEvent(new StorageEvent('storage', {{ storageArea: localStorage, \
             key: 'mantine-color-scheme-value', newValue: '{colours}' }}));"
        );
        desk.driver.execute(choose, Vec::new()).await?;
        for (panel, shown) in
            [("data", "event-data"), ("diff", "detail-panel"), ("causes", "event-causes"), ("raw", "event-raw")]
        {
            go(desk, &format!("#/events?event=960&panel={panel}")).await?;
            desk.by_id(shown).await?;
            desk.picture(&format!("{panel}-{colours}")).await?;
        }
        desk.by_id("open-palette").await?.click().await?;
        desk.shows("Copy link to this place").await?;
        desk.picture(&format!("palette-{colours}")).await?;
        press(desk, "Escape").await?;
        press(desk, "?").await?;
        desk.by_id("key-help").await?;
        desk.picture(&format!("keys-{colours}")).await?;
        press(desk, "Escape").await?;
    }
    Ok(())
}

async fn go(desk: &Desk, address: &str) -> Outcome {
    desk.driver.execute(format!("window.location.hash = {address:?}"), Vec::new()).await?;
    Ok(())
}

async fn press(desk: &Desk, key: &str) -> Outcome {
    let script = format!(
        "(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', \
         {{ key: {key:?}, bubbles: true, cancelable: true }}))"
    );
    desk.driver.execute(script, Vec::new()).await?;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    Ok(())
}
