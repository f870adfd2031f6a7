//! What a store's database is, for people who look after it.

use es_core::{StoreError, StoreFact};

use crate::connections::{Connections, reading};
use crate::retention::storage;
use crate::schema::{EVENTS, Found, check_server, look};

/// Reads them.
pub(crate) async fn facts(connections: &Connections) -> Result<Vec<StoreFact>, StoreError> {
    let config = connections.config();
    reading!(connections, "looking at the database", |c| async {
        let server = check_server(c, config).await?;
        let found = look(c, config, &EVENTS).await?;
        let encrypted: Option<bool> = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            .fetch_optional(&mut *c)
            .await?;
        let figures = storage(c).await?;
        let version = match found {
            Found::Version(version) => format!("{version}; this program writes {}", EVENTS.version()),
            Found::NoSchema | Found::NoUsage | Found::Nothing => "none can be seen any more".to_owned(),
        };
        Ok(vec![
            StoreFact::new("Server", format!("{}:{}", config.host, config.port)),
            StoreFact::new("Product", server),
            StoreFact::new("Database", &config.database),
            StoreFact::new("Schema", &config.schema),
            StoreFact::new("Schema version", version),
            StoreFact::new("User", &config.user),
            StoreFact::new("Encryption", if encrypted == Some(true) { "yes" } else { "none" }),
            StoreFact::new("Size", format!("{} bytes, of which {} are free", figures.bytes, figures.free_bytes)),
        ])
    })
}
