//! Links that the program is asked to open.

use uuid::Uuid;

use super::{Notice, Workbench};
use crate::connections::{Chosen, Connection};
use crate::link::{Link, StoreName, fingerprint};
use crate::wire::{LinkArrived, LinkedStore, OpenedLink};

impl Workbench {
    /// Keeps a link until the window takes it, and tells the window. A later link replaces one that nobody has taken.
    pub fn link_arrived(&self, text: String) {
        *self.link.lock() = Some(text);
        (self.tell)(Notice::LinkArrived(LinkArrived {}));
    }

    /// The link that the program was asked to open, once.
    pub async fn take_link(&self) -> Option<OpenedLink> {
        let text = self.link.lock().take()?;
        Some(self.read_link(&text).await)
    }

    /// What a link leads to. Nothing is opened: that is for the person in front of the window to decide.
    pub async fn read_link(&self, text: &str) -> OpenedLink {
        match Link::parse(text.trim()) {
            Ok(Link { address, store }) => OpenedLink::Place { address, store: self.linked_store(store).await },
            Err(bad) => OpenedLink::Refused { error: bad.into() },
        }
    }

    async fn linked_store(&self, name: Option<StoreName>) -> LinkedStore {
        let Some(name) = name else { return LinkedStore::Any };
        let open = self.session().ok().map(|session| StoreName::of(session.chosen()));
        if open.is_some_and(|open| is_same(&name, open.whereabouts, open.connection)) {
            return LinkedStore::Open;
        }
        // A list that cannot be read holds nothing that could be offered.
        let listed = self.with_book(|book| Ok(book.catalogue().list().unwrap_or_default())).await.unwrap_or_default();
        let by_id = |one: &&Connection| name.connection == Some(one.id);
        let by_place = |one: &&Connection| fingerprint(&one.target) == name.whereabouts;
        if let Some(one) = listed.iter().find(by_id).or_else(|| listed.iter().find(by_place)) {
            return LinkedStore::Connection { id: one.id.to_string(), name: one.name.clone() };
        }
        let own = Chosen::file(self.folder.default_store());
        if fingerprint(&own.target) == name.whereabouts { LinkedStore::Own } else { LinkedStore::Unknown }
    }
}

/// Two names of one store have the place or the connection in common.
fn is_same(name: &StoreName, whereabouts: Uuid, connection: Option<Uuid>) -> bool {
    name.whereabouts == whereabouts || (name.connection.is_some() && name.connection == connection)
}
