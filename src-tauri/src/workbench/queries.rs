//! Saved queries of the open store.

use std::sync::Arc;

use uuid::Uuid;

use super::Workbench;
use crate::saved_queries::{Folder, Query, Shelf};
use crate::session::problem_of;
use crate::wire::{self, AppError, SavedFolder, SavedFolderDraft, SavedQuery, SavedQueryDraft};

fn id(text: &str) -> Result<Uuid, AppError> {
    Uuid::try_parse(text).map_err(|_| AppError::bad_argument("Id", text, "a UUID"))
}

fn ids(text: Option<&String>) -> Result<Option<Uuid>, AppError> {
    text.map(|text| id(text)).transpose()
}

impl Workbench {
    /// The saved queries of the open store.
    ///
    /// # Errors
    /// No store is open, or the file cannot be read.
    pub async fn saved_queries(&self) -> Result<wire::SavedQueries, AppError> {
        self.with_shelf(|_| Ok(())).await
    }

    /// Saves a query, a new one or one that is there already.
    ///
    /// # Errors
    /// The name is unusable or taken, the place is not there, the query is none, or the file cannot be written.
    pub async fn save_query(&self, draft: SavedQueryDraft) -> Result<wire::SavedQueries, AppError> {
        if let Some(problem) = problem_of(&draft.query) {
            return Err(problem);
        }
        let (query_id, folder) = (ids(draft.id.as_ref())?, ids(draft.folder.as_ref())?);
        self.with_shelf(move |shelf| shelf.keep_query(query_id, &draft.name, folder, draft.query).map(|_| ())).await
    }

    /// Saves a folder likewise.
    ///
    /// # Errors
    /// As for a query, or the folder would be within itself.
    pub async fn save_query_folder(&self, draft: SavedFolderDraft) -> Result<wire::SavedQueries, AppError> {
        let (folder_id, parent) = (ids(draft.id.as_ref())?, ids(draft.parent.as_ref())?);
        self.with_shelf(move |shelf| shelf.keep_folder(folder_id, &draft.name, parent).map(|_| ())).await
    }

    /// Removes a query, or a folder with everything in it.
    ///
    /// # Errors
    /// It is not there, or the file cannot be written.
    pub async fn remove_saved_query(&self, removed: &str) -> Result<wire::SavedQueries, AppError> {
        let removed = id(removed)?;
        self.with_shelf(move |shelf| shelf.remove(removed)).await
    }

    /// Works on the open store's queries, on a thread that may wait for the disk, and answers with what is there then.
    async fn with_shelf(
        &self,
        change: impl FnOnce(&mut Shelf) -> Result<(), AppError> + Send + 'static,
    ) -> Result<wire::SavedQueries, AppError> {
        let (name, queries) = (self.session()?.chosen().kept_under(), Arc::clone(&self.queries));
        let changed = tokio::task::spawn_blocking(move || {
            queries.change(&name, |shelf| {
                change(shelf)?;
                Ok(shelf.clone())
            })
        });
        let shelf = changed.await.map_err(|_| AppError::no_store())??;
        Ok(wire::SavedQueries {
            folders: shelf.folders.into_iter().map(Into::into).collect(),
            queries: shelf.queries.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<Folder> for SavedFolder {
    fn from(folder: Folder) -> Self {
        Self { id: folder.id.to_string(), name: folder.name, parent: folder.parent.map(|id| id.to_string()) }
    }
}

impl From<Query> for SavedQuery {
    fn from(query: Query) -> Self {
        Self {
            id: query.id.to_string(),
            name: query.name,
            folder: query.folder.map(|id| id.to_string()),
            problem: problem_of(&query.query).map(|problem| problem.message),
            query: query.query,
        }
    }
}
