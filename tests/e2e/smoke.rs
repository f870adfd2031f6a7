//! The window opens.

use crate::harness::{expect, story};

#[tokio::test]
async fn the_window_opens_and_an_empty_store_offers_the_demo_bank() {
    story("smoke", &[], async |desk| {
        expect(desk.driver.title().await? == "Ledgerscope", "the page has the program's name as its title")?;
        desk.shows("Ledgerscope").await?;
        desk.by_text("button", "demo").await?;
        desk.picture("empty-store").await?;
        expect(desk.data().join("bank.ledgerscope").exists(), "the store is created in the user's data folder")
    })
    .await;
}
