//! What opens over the views and what becomes of them, in German: no word is cut, and everybody can read it.

use thirtyfour::prelude::*;

use crate::desk::at_the_desk;
use crate::harness::{Desk, Outcome, expect, story_over};
use crate::keyboard::{held, keys};
use crate::operators::with_a_stuck_transfer;
use crate::upkeep::{Walk, both, press};
use crate::views::cut_texts;

/// One thing that a person does.
enum Do {
    /// Goes to an address.
    At(&'static str),
    /// Clicks on what has this test id.
    Click(&'static str),
    /// Types over what stands in the field of this test id.
    Write(&'static str, &'static str),
    /// Types keys to whatever has the focus.
    Keys(&'static str),
    /// Presses a key while another one is held.
    Held(Key, &'static str),
    /// Waits until what a selector names is there.
    See(&'static str),
    /// Takes pictures under this name, and looks for words that are cut.
    Picture(&'static str),
    /// Closes what is open.
    Escape,
}

use Do::{At, Click, Escape, Held, Keys, Picture, See, Write};

const ENTER: &str = "\u{e007}";
const F2: &str = "\u{e032}";
const F9: &str = "\u{e039}";

const OVER_EVENTS: &[Do] = &[
    At("events?category=transfer"),
    See("[data-testid='event-row']"),
    Click("list-menu"),
    See("[role='menu']"),
    Picture("list-menu"),
    Click("columns"),
    See("[role='dialog']"),
    Picture("columns"),
    Escape,
    Click("list-menu"),
    Click("export"),
    See("[data-testid='export-run']"),
    Picture("export"),
    Escape,
    Held(Key::Control, "s"),
    See("[data-testid='saved-name']"),
    Picture("save-query"),
    Escape,
    Click("filter-more"),
    See("[data-testid='filter-apply']"),
    Picture("more-filters"),
    Escape,
    Click("condition-toggle"),
    Write("condition", "payload.amount >"),
    Click("condition-apply"),
    See("[data-testid='condition-problem']"),
    Picture("condition-problem"),
    Click("condition-close"),
    Click("saved-toggle"),
    See("[data-testid='saved-panel']"),
    Picture("saved-queries"),
    Click("saved-toggle"),
    Click("store-menu"),
    See("[role='menu']"),
    Picture("store-menu"),
    Escape,
    Click("zone"),
    See("[data-testid='zone-search'][aria-controls]"),
    Picture("zones"),
    Escape,
    At("bank/trial-balance"),
    See("[data-testid='conserved-lamp']"),
    Keys("ta"),
    See("[data-testid='clock-field']"),
    Picture("clock"),
    Escape,
    Held(Key::Control, "k"),
    See("[role='dialog'] input"),
    Picture("palette"),
    Escape,
    Keys("?"),
    See("[data-testid='key-help']"),
    Picture("keys"),
    Escape,
];

const AT_THE_DESK: &[Do] = &[
    At("commands?command=Withdraw"),
    Write("field-accountId", "100234"),
    Write("field-amount", "9999999,50"),
    Held(Key::Alt, ENTER),
    See("[data-testid='outcome'][data-outcome='dry-rejected']"),
    Picture("refused"),
    Write("field-amount", "0,50"),
    Held(Key::Alt, ENTER),
    See("[data-testid='outcome'][data-outcome='dry-accepted']"),
    Picture("dry-run"),
    Held(Key::Control, ENTER),
    See("[data-testid='outcome'][data-outcome='executed']"),
    See("[data-testid='read-models'][data-state='there']"),
    Picture("executed"),
    At("commands?command=OpenAccount"),
    See("[data-testid='field-accountId']"),
    Write("field-accountId", "not a number"),
    Held(Key::Alt, ENTER),
    See("[data-testid='violations'], [role='alert'], [aria-invalid='true']"),
    Picture("faults"),
    At("commands/history"),
    See("[data-testid='history-row']"),
    Click("history-row"),
    See("[data-testid='history-panel']"),
    Picture("history"),
    At("commands?command=Withdraw"),
    Write("field-accountId", "100234"),
    Write("field-amount", "1,25"),
    Click("to-theatre"),
    See("[data-testid='theatre-where']"),
    Click("theatre-open"),
    See("[data-testid='theatre-stage']"),
    Click("seat-first-append"),
    See("[data-testid='seat-first'] [data-testid='theatre-turn'][data-outcome='executed']"),
    Click("seat-second-append"),
    See("[data-testid='seat-second'] [data-testid='theatre-turn'][data-outcome='conflict']"),
    Picture("conflict"),
];

const WHAT_IF: &[Do] = &[
    At("what-if?stream=account-100234&version=5&along=1"),
    See("[data-testid='what-if-row-0']"),
    Click("what-if-row-0"),
    Keys("e"),
    See("[role='dialog'] [data-testid='what-if-payload']"),
    Picture("edit-event"),
    Escape,
    Keys("x"),
    See("[data-testid='what-if-row-0'][data-mark='skipped'], [data-testid^='what-if-end']"),
    Picture("event-left-out"),
    Keys("nc"),
    See("[data-testid='what-if-command']"),
    Picture("step"),
    Escape,
    Keys("nt"),
    See("[data-testid='what-if-moment'], [data-testid='time-until'], [data-testid='what-if-apply']"),
    Picture("time-passes"),
    Escape,
    Click("what-if-save"),
    See("[data-testid='file-path']"),
    Picture("save-scenario"),
    Escape,
];

const NOTEBOOK: &[Do] = &[
    At("notebook"),
    Click("notebook-new"),
    See("[data-testid='title-field']"),
    Picture("notebook-new"),
    Escape,
    At("events?event=960"),
    See("[data-testid='detail-type']"),
    Click("pin-event"),
    See("[data-testid='pinned']"),
    At("time?stream=account-100234&version=12"),
    See("[data-testid='state-sentence']"),
    Click("pin-time"),
    At("notebook"),
    See("[data-testid='notebook-cell']"),
    See("[data-testid='notebook-result']"),
    Picture("notebook"),
    Click("notebook-export"),
    See("[data-testid='report-run']"),
    Picture("report-export"),
    Escape,
    Click("notebook-more"),
    See("[role='menu']"),
    Picture("notebook-menu"),
    Escape,
];

const UPKEEP: &[Do] = &[
    At("connections"),
    Click("add-connection"),
    See("[data-testid='connection-form']"),
    Picture("connection"),
    Escape,
    At("maintenance/retention"),
    Click("add-rule"),
    See("[data-testid='save-rule']"),
    Picture("rule"),
    Escape,
    Click("preview-retention"),
    See("[data-testid='retention-plan']"),
    Picture("retention-plan"),
    At("maintenance/legal-holds"),
    Click("place-hold"),
    See("[data-testid='save-hold']"),
    Picture("legal-hold"),
    Escape,
    At("projections?projection=accounts"),
    Click("examine"),
    See("[data-testid='doctor-report']"),
    Picture("examined"),
    Click("rebuild-accounts"),
    See("[role='dialog']"),
    Picture("rebuild"),
    Escape,
    At("evidence"),
    Click("verify"),
    See("[data-testid='verify-report']"),
    Picture("verified"),
];

const ON_STAGE: &[Do] = &[
    At("stage"),
    Click("stage-enter"),
    See("[data-testid='stage-bar'][data-done='0'][aria-busy='false']"),
    Keys(F9),
    See("[data-testid='stage-bar'][data-done='1'][aria-busy='false']"),
    Keys(F9),
    See("[data-testid='stage-bar'][data-done='2'][aria-busy='false']"),
    Keys(F9),
    See("[data-testid='stage-bar'][data-done='3'][aria-busy='false']"),
    See("[data-testid='stage-outcome']"),
    Keys(F9),
    See("[data-testid='stage-bar'][data-done='4'][aria-busy='false']"),
    See("[data-testid='story-table']"),
    Picture("on-stage"),
    Keys(F2),
    See("html[data-big-type]"),
    Picture("big-type"),
    Keys(F2),
    At("stage?tab=steps"),
    Picture("stage-steps"),
];

const OPERATORS: &[Do] = &[
    At("processes?process=transfer&show=stuck"),
    Click("stuck-row"),
    See("[data-testid='stuck-reason']"),
    See("[data-testid='before-after'] [role='treeitem']"),
    Picture("stuck"),
    Keys("yc"),
    See("[data-testid='confirm-operator-reason']"),
    Picture("decision"),
    Escape,
    Click("instance-story"),
    See("[data-testid='story-table']"),
    Picture("stuck-story"),
    At("causes?event=9"),
    See("[data-testid='causes-drawing']"),
    Picture("many-causes"),
];

/// Points at something, also where a hint or a message lies over it.
async fn point(desk: &Desk, test_id: &str) -> Outcome {
    let element = desk.by_id(test_id).await?;
    let click = "arguments[0].focus(); arguments[0].click()";
    desk.driver.execute(click, vec![element.to_json()?]).await?;
    Ok(())
}

struct Tour<'a> {
    walk: Walk<'a>,
    cut: Vec<String>,
}

impl<'a> Tour<'a> {
    /// Chooses German as a person does.
    async fn of(desk: &'a Desk) -> Result<Self, Box<dyn std::error::Error>> {
        press(desk, "language").await?;
        press(desk, "language-de").await?;
        desk.by_css("html[lang='de']").await?;
        Ok(Self { walk: Walk::new(desk), cut: Vec::new() })
    }

    async fn through(&mut self, things: &[Do]) -> Outcome {
        for thing in things {
            self.does(thing).await?;
        }
        Ok(())
    }

    async fn does(&mut self, thing: &Do) -> Outcome {
        let desk = self.walk.desk;
        match thing {
            At(address) => {
                desk.driver.execute("window.location.hash = `#/${arguments[0]}`", vec![(*address).into()]).await?;
            }
            Click(test_id) => point(desk, test_id).await?,
            Write(field, text) => {
                point(desk, field).await?;
                held(desk, Key::Control, "a").await?;
                keys(desk, *text).await?;
            }
            Keys(typed) => keys(desk, *typed).await?,
            Held(key, typed) => held(desk, key.clone(), *typed).await?,
            See(selector) => {
                desk.by_css(selector).await?;
            }
            Picture(name) => {
                both(&mut self.walk, name).await?;
                let cut = cut_texts(desk).await?;
                self.cut.extend(cut.into_iter().map(|text| format!("{name}: {text}")));
            }
            Escape => {
                keys(desk, Key::Escape + "").await?;
                desk.gone("[role='dialog'], [role='menu']").await?;
            }
        }
        Ok(())
    }

    fn nothing_is_wrong(&self) -> Outcome {
        expect(self.cut.is_empty(), self.cut.join("\n"))?;
        self.walk.everybody_can_read_it()
    }
}

#[tokio::test]
async fn what_opens_over_the_views_can_be_read_in_german_and_no_text_is_cut() {
    at_the_desk("german-over", async |desk| {
        let mut tour = Tour::of(desk).await?;
        for part in [OVER_EVENTS, AT_THE_DESK, WHAT_IF, NOTEBOOK, UPKEEP, ON_STAGE] {
            tour.through(part).await?;
        }
        tour.nothing_is_wrong()
    })
    .await;
}

#[tokio::test]
async fn what_an_operator_does_can_be_read_in_german_and_no_text_is_cut() {
    story_over("german-operators", &[], with_a_stuck_transfer, async |desk| {
        desk.driver.set_window_rect(0, 0, 1280, 800).await?;
        desk.by_css("[data-testid^='account-row-']").await?;
        let mut tour = Tour::of(desk).await?;
        tour.through(OPERATORS).await?;
        tour.nothing_is_wrong()
    })
    .await;
}
