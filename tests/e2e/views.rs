//! Every view in light and in dark colours, with a picture of each, checked by the rules of accessibility that need a real layout.

use crate::harness::{Desk, Outcome, expect, story};
use crate::keyboard::{held, keys};
use crate::transfer::create_demo_bank;
use crate::upkeep::{Walk, both};
use thirtyfour::prelude::*;

/// Pictures, addresses, and what is there once the view has its data. The views of upkeep, of connections and of servers have
/// walks of their own.
const VIEWS: [(&str, &str, &str); 29] = [
    ("welcome", "welcome", "[data-testid='choose-store']"),
    ("accounts", "bank/accounts?account=100234", "[data-testid='account-row-100234']"),
    ("statement", "bank/account?account=100234", "[data-testid='statement-row']"),
    ("trial-balance", "bank/trial-balance", "[data-testid='trial-balance-EUR']"),
    ("events", "events", "[data-testid='event-row']"),
    ("event-data", "events?event=960&panel=data", "[data-testid='event-data']"),
    ("event-metadata", "events?event=960&panel=metadata", "[data-testid='event-metadata']"),
    ("event-state", "events?event=960&panel=state", "[data-testid='event-state']"),
    ("event-diff", "events?event=960&panel=diff", "[data-testid='event-diff']"),
    ("event-causes", "events?event=960&panel=causes", "[data-testid='event-causes']"),
    ("event-raw", "events?event=960&panel=raw", "[data-testid='event-raw']"),
    ("events-filtered", "events?category=transfer&actor=process:transfer", "[data-testid='event-row']"),
    ("events-condition", "events?condition=payload.amount%20%3E%20100000", "[data-testid='clear-filters']"),
    ("events-none", "events?contains=nowhere-to-be-found", "[data-testid='clear-filter']"),
    ("streams", "streams?stream=account-100234", "[data-testid='category-account']"),
    ("time-choose", "time", "[data-testid='stream-picker']"),
    ("time-blame", "time?stream=account-100234&blame=on", "[data-testid='blame-margin'][data-version]"),
    ("time-watch", "time?stream=account-100234&tool=watch&watch=available", "[data-testid='tool-watch'] svg"),
    ("time-first", "time?stream=account-100234&tool=bisect&condition=held%20%3E%200", "[data-testid='bisected']"),
    ("time-field", "time?stream=account-100234&tool=field&field=%23/settled", "[data-testid='field-changes-step']"),
    ("lanes", "time/lanes?stream=account-100234&stream=account-100240", "[data-testid='lane-event']"),
    ("commands", "commands?command=RequestTransfer", "[data-command-form]"),
    ("command-history", "commands/history", "[data-testid='history-count']"),
    ("theatre", "commands/theatre", "[data-testid='theatre-open']"),
    ("what-if", "what-if?stream=account-100234&version=5&along=1", "[data-testid='what-if-row-0']"),
    ("causes", "causes?event=960", "[data-testid='causes-drawing']"),
    ("story", "story", "[data-testid='story-transfer']"),
    ("evidence", "evidence", "[data-testid='verify']"),
    ("past", "bank/trial-balance?at=500", "[data-testid='clock-band']"),
];

/// What the walk through the German window looks at beside these: views that have walks of their own in English.
const FURTHER: [(&str, &str, &str); 19] = [
    ("customers", "bank/customers", "[data-testid^='customer-row-']"),
    ("transfers", "bank/transfers", "[data-testid^='transfer-row-']"),
    ("orders", "bank/orders", "[data-testid='bank-orders'][aria-current='page']"),
    ("holds", "bank/holds", "[data-testid='holds-all']"),
    ("activity", "bank/activity", "[data-testid='activity-from']"),
    ("limits", "bank/limits", "[data-testid='limits-day']"),
    ("audit", "bank/audit", "[data-testid^='actor-']"),
    ("projections", "projections", "[data-testid='projection-accounts']"),
    ("read-model", "projections?projection=accounts", "[data-testid='panel-accounts']"),
    ("processes", "processes?process=transfer&show=all", "[data-testid='show-all']"),
    ("timers", "processes?process=transfer&show=timers", "[data-testid='show-timers']"),
    ("snapshots", "maintenance/snapshots", "[data-testid='nav-maintenance'][aria-current='page']"),
    ("retention", "maintenance/retention", "[data-testid='preview-retention']"),
    ("legal-holds", "maintenance/legal-holds", "[data-testid='place-hold']"),
    ("connections", "connections", "[data-testid='nav-connections'][aria-current='page']"),
    ("server", "connections/server", "[data-testid='nav-connections'][aria-current='page']"),
    ("copy", "connections/copy", "[data-testid='nav-connections'][aria-current='page']"),
    ("parity", "connections/parity", "[data-testid='nav-connections'][aria-current='page']"),
    ("stage", "stage", "[data-testid='nav-stage'][aria-current='page']"),
];

#[tokio::test]
async fn every_view_can_be_read_in_german_and_no_text_is_cut() {
    story("german", &[], async |desk| {
        create_demo_bank(desk).await?;
        desk.by_id("language").await?.click().await?;
        desk.by_id("language-de").await?.click().await?;
        desk.by_css("html[lang='de']").await?;
        let mut walk = Walk::new(desk);
        let mut cut = Vec::new();
        for (name, address, ready) in VIEWS.into_iter().chain(FURTHER) {
            desk.driver.execute("window.location.hash = `#/${arguments[0]}`", vec![address.into()]).await?;
            desk.by_css(ready).await?;
            both(&mut walk, name).await?;
            cut.extend(cut_texts(desk).await?.into_iter().map(|text| format!("{name}: {text}")));
        }
        expect(cut.is_empty(), cut.join("\n"))?;
        walk.everybody_can_read_it()
    })
    .await;
}

/// Words on buttons, tabs, headings and marks of which a part is not shown. Names and values may be: their titles say them whole.
pub async fn cut_texts(desk: &Desk) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let script =
        "const parts = `button, [role=tab], [role=columnheader], [role=radio], th, label, legend, h1, h2, h3, nav span,
                    footer span, nav a, [class*=chip], option`;
                  const style = (one) => getComputedStyle(one);
                  const clips = (one) => ['hidden', 'clip'].includes(style(one).overflowX);
                  const told = (one) => one.closest('[title]')?.title.includes(one.innerText?.trim()) === true;
                  const named = (one) => one.closest('.mono, .visually-hidden, svg, h1') !== null || told(one);
                  const shown = (one) => one.offsetParent !== null && one.clientWidth > 1 && one.innerText?.trim();
                  const beyond = (one) => {
                    for (let at = one.parentElement; at !== null; at = at.parentElement) {
                      if (['auto', 'scroll'].includes(style(at).overflowX)) return false;
                      if (clips(at)) return one.getBoundingClientRect().right > at.getBoundingClientRect().right + 1;
                    }
                    return false;
                  };
                  return [...document.querySelectorAll(parts)].flatMap((one) => [one, ...one.querySelectorAll('*')])
                    .filter((one) => shown(one) && !named(one))
                    .filter((one) => (clips(one) && one.scrollWidth > one.clientWidth + 1) || beyond(one))
                    .map((one) => `${one.innerText.trim()} (${one.clientWidth} of ${one.scrollWidth} px)`)";
    Ok(desk.driver.execute(script, Vec::new()).await?.convert()?)
}

#[tokio::test]
async fn every_view_can_be_read_by_everybody_in_both_colours() {
    story("views", &[], async |desk| {
        create_demo_bank(desk).await?;
        let mut walk = Walk::new(desk);
        let mut cut = Vec::new();
        for (name, address, ready) in VIEWS {
            desk.driver.execute("window.location.hash = `#/${arguments[0]}`", vec![address.into()]).await?;
            desk.by_css(ready).await?;
            both(&mut walk, name).await?;
            cut.extend(cut_texts(desk).await?.into_iter().map(|text| format!("{name}: {text}")));
        }
        expect(cut.is_empty(), cut.join("\n"))?;
        over_a_view(desk, &mut walk).await?;
        walk.everybody_can_read_it()
    })
    .await;
}

/// What opens over a view.
async fn over_a_view(desk: &Desk, walk: &mut Walk<'_>) -> Outcome {
    desk.driver.execute("window.location.hash = '#/events'", Vec::new()).await?;
    desk.by_css("[data-testid='event-row']").await?;
    held(desk, Key::Control, "k").await?;
    desk.by_css("[role='dialog'] input[aria-label='Go to or do']").await?;
    both(walk, "palette").await?;
    keys(desk, Key::Escape + "").await?;
    desk.gone("[role='dialog'] input[aria-label='Go to or do']").await?;
    keys(desk, "?").await?;
    desk.by_id("key-help").await?;
    both(walk, "keys").await?;
    keys(desk, Key::Escape + "").await?;
    desk.gone("[data-testid='key-help']").await
}
