//! Queries that people keep: per store, in folders within folders, in one file of the user's data folder.
//!
//! The file may have been edited or damaged: whatever is loaded is put in order first, and nothing that can still be read is lost.

use bank::language::Seamed;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::settings::DataFolder;
use crate::wire::{AppError, EventQuery};

const FILE: &str = "queries.json";
/// Longest name, in characters: a line of a list.
const NAME: usize = 100;
/// Most folders and queries of one store: what a list shows at once.
const MOST: usize = 2000;

/// A folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The folder that holds it.
    #[serde(default)]
    pub parent: Option<Uuid>,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The folder that holds it.
    #[serde(default)]
    pub folder: Option<Uuid>,
    /// What is looked for.
    pub query: EventQuery,
}

/// What is kept for one store.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shelf {
    /// Parents before what they hold, then by name.
    pub folders: Vec<Folder>,
    /// By name.
    pub queries: Vec<Query>,
}

/// The file.
pub struct SavedQueries {
    path: PathBuf,
    /// Held while the file is changed.
    changing: Mutex<()>,
}

type Shelves = BTreeMap<String, Shelf>;

impl Shelf {
    /// Puts in order what was loaded: names that are usable and told apart, places that are there, no folder within itself.
    fn ordered(mut self) -> Self {
        let mut ids = HashSet::new();
        self.folders.retain(|folder| ids.insert(folder.id));
        self.queries.retain(|query| ids.insert(query.id));
        let parents: HashMap<Uuid, Option<Uuid>> =
            self.folders.iter().map(|folder| (folder.id, folder.parent)).collect();
        for folder in &mut self.folders {
            let is_there = folder.parent.is_none_or(|parent| parents.contains_key(&parent));
            if !is_there || is_within(&parents, folder.parent, folder.id) {
                folder.parent = None;
            }
        }
        for query in &mut self.queries {
            query.folder = query.folder.filter(|folder| parents.contains_key(folder));
        }
        let mut taken = HashSet::new();
        for folder in &mut self.folders {
            folder.name = free_name(&folder.name, |name| taken.insert((folder.parent, name.to_owned())));
        }
        let mut taken = HashSet::new();
        for query in &mut self.queries {
            query.name = free_name(&query.name, |name| taken.insert((query.folder, name.to_owned())));
        }
        self.sort();
        self
    }

    fn sort(&mut self) {
        let parents: HashMap<Uuid, Option<Uuid>> =
            self.folders.iter().map(|folder| (folder.id, folder.parent)).collect();
        let depth = |folder: &Folder| above(&parents, folder.parent).count();
        self.folders.sort_by_cached_key(|folder| (depth(folder), folder.name.to_lowercase(), folder.id));
        self.queries.sort_by_cached_key(|query| (query.name.to_lowercase(), query.id));
    }

    fn folder(&self, id: Uuid) -> Result<&Folder, AppError> {
        self.folders.iter().find(|folder| folder.id == id).ok_or_else(gone)
    }

    /// Keeps a query: a new one, or another state of one that is there. Answers with its id.
    ///
    /// # Errors
    /// A name that is unusable or taken, a folder or query that is not there, or too many of them.
    pub fn keep_query(
        &mut self,
        id: Option<Uuid>,
        name: &str,
        folder: Option<Uuid>,
        query: EventQuery,
    ) -> Result<Uuid, AppError> {
        let name = usable(name)?;
        folder.map(|folder| self.folder(folder).map(|_| ())).transpose()?;
        if self.queries.iter().any(|other| other.folder == folder && other.name == name && Some(other.id) != id) {
            return Err(taken(&name));
        }
        let place = match id {
            Some(id) => Some(self.queries.iter().position(|query| query.id == id).ok_or_else(gone)?),
            None => None,
        };
        let kept = Query { id: id.unwrap_or_else(Uuid::now_v7), name, folder, query };
        let id = kept.id;
        match place {
            Some(place) => self.queries[place] = kept,
            None => {
                self.room()?;
                self.queries.push(kept);
            }
        }
        self.sort();
        Ok(id)
    }

    /// Keeps a folder likewise.
    ///
    /// # Errors
    /// As for a query; or the folder would be within itself.
    pub fn keep_folder(&mut self, id: Option<Uuid>, name: &str, parent: Option<Uuid>) -> Result<Uuid, AppError> {
        let name = usable(name)?;
        parent.map(|parent| self.folder(parent).map(|_| ())).transpose()?;
        if self.folders.iter().any(|other| other.parent == parent && other.name == name && Some(other.id) != id) {
            return Err(taken(&name));
        }
        let parents: HashMap<Uuid, Option<Uuid>> =
            self.folders.iter().map(|folder| (folder.id, folder.parent)).collect();
        if let Some(id) = id {
            let place = self.folders.iter().position(|folder| folder.id == id).ok_or_else(gone)?;
            if is_within(&parents, parent, id) {
                let message = Seamed::of(&format_args!("The folder {name:?} cannot be moved into itself."));
                return Err(AppError::new("bad_argument", message, "Choose a folder that is not within it."));
            }
            self.folders[place] = Folder { id, name, parent };
            self.sort();
            return Ok(id);
        }
        self.room()?;
        let id = Uuid::now_v7();
        self.folders.push(Folder { id, name, parent });
        self.sort();
        Ok(id)
    }

    /// Removes a query, or a folder with everything in it.
    ///
    /// # Errors
    /// It is not there.
    pub fn remove(&mut self, id: Uuid) -> Result<(), AppError> {
        let (folders, queries) = (self.folders.len(), self.queries.len());
        let parents: HashMap<Uuid, Option<Uuid>> =
            self.folders.iter().map(|folder| (folder.id, folder.parent)).collect();
        self.folders.retain(|folder| !is_within(&parents, Some(folder.id), id));
        self.queries.retain(|query| query.id != id && !is_within(&parents, query.folder, id));
        if (folders, queries) == (self.folders.len(), self.queries.len()) { Err(gone()) } else { Ok(()) }
    }

    fn room(&self) -> Result<(), AppError> {
        if self.folders.len() + self.queries.len() < MOST {
            return Ok(());
        }
        let message = Seamed::of(&format_args!("{MOST} queries and folders are kept for this store already."));
        Err(AppError::new("too_many_queries", message, "Remove some that are not needed any more."))
    }
}

/// A place and those that it lies in; ends also if they lie in each other.
fn above(parents: &HashMap<Uuid, Option<Uuid>>, place: Option<Uuid>) -> impl Iterator<Item = Uuid> + '_ {
    let mut seen = HashSet::new();
    std::iter::successors(place, |place| parents.get(place).copied().flatten())
        .take_while(move |place| seen.insert(*place))
}

/// Whether a place is a folder or lies in it.
fn is_within(parents: &HashMap<Uuid, Option<Uuid>>, place: Option<Uuid>, folder: Uuid) -> bool {
    above(parents, place).any(|place| place == folder)
}

fn usable(name: &str) -> Result<String, AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(AppError::bad_argument("Name", name, "a text of 1 to 100 characters"));
    }
    Ok(name.to_owned())
}

/// The nearest name to one that was loaded which is usable and not taken.
fn free_name(name: &str, mut take: impl FnMut(&str) -> bool) -> String {
    let plain: String = name.chars().filter(|letter| !letter.is_control()).take(NAME - 8).collect();
    let plain = if plain.trim().is_empty() { "Query" } else { plain.trim() };
    let name = usable(name).unwrap_or_else(|_| plain.to_owned());
    if take(&name) {
        return name;
    }
    (2..).map(|number: u32| format!("{plain} ({number})")).find(|name| take(name)).unwrap_or(name)
}

fn gone() -> AppError {
    AppError::new("not_found", "This query or folder is not there any more.", "Look at the list again.").retryable()
}

fn taken(name: &str) -> AppError {
    let message = Seamed::of(&format_args!("There is something named {name:?} in this folder already."));
    AppError::new("name_taken", message, "Choose another name or another folder.")
}

impl SavedQueries {
    /// The file in a data folder, which may not be there yet.
    #[must_use]
    pub fn new(folder: &DataFolder) -> Self {
        Self { path: folder.path().join(FILE), changing: Mutex::default() }
    }

    /// Changes what is kept for a store, or looks at it: a file that stays the same is not written.
    ///
    /// # Errors
    /// The change is refused, or the file cannot be read or written.
    pub fn change<T>(
        &self,
        store: &str,
        change: impl FnOnce(&mut Shelf) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let _one_at_a_time = self.changing.lock();
        let mut shelves = self.load()?;
        let before = shelves.remove(store).unwrap_or_default();
        let mut shelf = before.clone().ordered();
        let changed = change(&mut shelf)?;
        if shelf == before {
            return Ok(changed);
        }
        if shelf != Shelf::default() {
            shelves.insert(store.to_owned(), shelf);
        }
        self.write(&shelves)?;
        Ok(changed)
    }

    fn load(&self) -> Result<Shelves, AppError> {
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Shelves::default()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        match serde_json::from_str(&text) {
            Ok(shelves) => Ok(shelves),
            Err(error) => {
                // Kept beside, for whoever wants to mend it: the next change would overwrite it.
                let aside = self.path.with_extension("json.damaged");
                tracing::warn!(path = %self.path.display(), %error, "saved queries do not parse; they are set aside");
                std::fs::rename(&self.path, &aside).map_err(|error| self.failed("set aside", &error))?;
                Ok(Shelves::default())
            }
        }
    }

    fn write(&self, shelves: &Shelves) -> Result<(), AppError> {
        let fresh = self.path.with_extension("json.new");
        let text = serde_json::to_string_pretty(shelves).unwrap_or_default();
        // Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
        let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &self.path));
        written.map_err(|error| self.failed("written", &error))
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> AppError {
        let message =
            Seamed::of(&format_args!("The saved queries in {} cannot be {what}: {error}.", self.path.display()));
        AppError::new("io", message, "Correct the file's permissions, then try again.").retryable()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(text: &str) -> EventQuery {
        EventQuery { contains: Some(text.to_owned()), ..EventQuery::default() }
    }

    fn file() -> (tempfile::TempDir, SavedQueries) {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::at(temporary.path().to_owned()).expect("created");
        let queries = SavedQueries::new(&folder);
        (temporary, queries)
    }

    #[test]
    fn queries_are_kept_per_store_moved_renamed_and_removed_with_their_folder() {
        let (_temporary, queries) = file();
        let ids = queries.change("bank", |shelf| {
            let outer = shelf.keep_folder(None, "Outer", None)?;
            let inner = shelf.keep_folder(None, " Inner ", Some(outer))?;
            let query = shelf.keep_query(None, "Fraud", Some(inner), about("x"))?;
            shelf.keep_query(None, "Fraud", None, about("y"))?;
            Ok((outer, inner, query))
        });
        let (outer, inner, query) = ids.expect("kept");
        assert_eq!(
            queries.change("other", |shelf| Ok(shelf.clone())).expect("read"),
            Shelf::default(),
            "another store has its own"
        );
        let shelf = queries.change("bank", |shelf| Ok(shelf.clone())).expect("read");
        assert_eq!(shelf.folders.iter().map(|folder| folder.name.as_str()).collect::<Vec<_>>(), ["Outer", "Inner"]);
        assert_eq!(shelf.queries.len(), 2, "one name in two folders");
        let refused = queries.change("bank", |shelf| shelf.keep_query(Some(query), "Fraud", None, about("x")));
        assert_eq!(refused.expect_err("taken").code, "name_taken");
        let refused = queries.change("bank", |shelf| shelf.keep_folder(Some(outer), "Outer", Some(inner)));
        assert_eq!(refused.expect_err("within itself").code, "bad_argument");
        let refused = queries.change("bank", |shelf| shelf.keep_query(None, "a\nb", None, about("x")));
        assert_eq!(refused.expect_err("no name").code, "bad_argument");
        let moved = queries.change("bank", |shelf| shelf.keep_query(Some(query), "Fraud 2", Some(outer), about("z")));
        assert_eq!(moved.expect("moved"), query, "it stays the same one");
        let shelf = queries.change("bank", |shelf| Ok(shelf.clone())).expect("read");
        let found = shelf.queries.iter().find(|kept| kept.id == query).expect("there");
        assert_eq!((found.folder, &found.query), (Some(outer), &about("z")));
        queries.change("bank", |shelf| shelf.remove(outer)).expect("removed");
        let shelf = queries.change("bank", |shelf| Ok(shelf.clone())).expect("read");
        assert_eq!((shelf.folders.len(), shelf.queries.len()), (0, 1), "with everything in it, and nothing else");
        let refused = queries.change("bank", |shelf| shelf.remove(outer));
        assert_eq!(refused.expect_err("gone").code, "not_found");
    }

    #[test]
    fn what_an_edited_file_says_is_put_in_order_and_a_damaged_one_is_set_aside() {
        let (temporary, queries) = file();
        let [a, b, c, gone] = [1, 2, 3, 9].map(Uuid::from_u128);
        let text = serde_json::json!({ "bank": {
            "folders": [
                { "id": a, "name": "A", "parent": b }, { "id": b, "name": "A", "parent": a },
                { "id": c, "name": "\u{7}", "parent": gone }, { "id": c, "name": "again" },
            ],
            "queries": [
                { "id": Uuid::from_u128(4), "name": "Q", "folder": gone, "query": {} },
                { "id": Uuid::from_u128(5), "name": "Q", "query": { "contains": "x", "later": 1 } },
            ],
        }});
        std::fs::write(temporary.path().join(FILE), text.to_string()).expect("written");
        let shelf = queries.change("bank", |shelf| Ok(shelf.clone())).expect("read");
        let names: Vec<_> = shelf.folders.iter().map(|folder| (folder.name.as_str(), folder.parent)).collect();
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(shelf.folders.iter().any(|folder| folder.parent.is_none()), "folders in each other hang on something");
        assert!(shelf.folders.iter().all(|folder| usable(&folder.name).is_ok()), "every name can be shown: {names:?}");
        let names: Vec<_> = shelf.queries.iter().map(|query| (query.name.as_str(), query.folder)).collect();
        assert_eq!(names, [("Q", None), ("Q (2)", None)], "nothing is lost, and names are told apart");
        assert_eq!(shelf.clone().ordered(), shelf, "what is in order stays as it is");
        std::fs::write(temporary.path().join(FILE), "{").expect("written");
        assert_eq!(
            queries.change("bank", |shelf| Ok(shelf.clone())).expect("read"),
            Shelf::default(),
            "nothing can be read"
        );
        assert!(temporary.path().join("queries.json.damaged").exists(), "but it is still there");
    }
}
