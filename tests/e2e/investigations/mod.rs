//! Ten questions about a bank with 200 000 events, each answered in the window by keyboard alone and compared with an answer that
//! was found another way.

mod files;
mod flights;
mod lanes;
pub mod made;
mod search;
mod states;

use crate::harness::{Desk, Outcome, story_over};
use made::Bank;

/// Tells a story over a copy of the bank.
async fn investigate<F>(name: &str, tell: F)
where
    F: AsyncFnOnce(&Desk, &Bank) -> Outcome,
{
    let bank = Bank::made().unwrap_or_else(|error| panic!("{name}: there is no bank to investigate: {error}"));
    story_over(
        name,
        &[],
        async |data| bank.copy_into(data),
        async |desk| {
            // The size of the pictures in the guide.
            desk.driver.set_window_rect(0, 0, 1280, 800).await?;
            desk.by_css("[data-testid^='account-row-']").await?;
            tell(desk, &bank).await
        },
    )
    .await;
}
