//! Changes of a notebook, as pure functions: ids and times are given.

use uuid::Uuid;

use super::model::{Cell, Notebook, Pin, TextCell};
use crate::limits;

/// A cell that was taken out, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The cell.
    pub cell: Cell,
    /// Index that it had.
    pub at: usize,
}

/// Why a notebook was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The cell is not there.
    #[error("the notebook has no cell {id}")]
    NoSuchCell {
        /// Its id.
        id: Uuid,
    },
    /// Another one of this id is there.
    #[error("the notebook has a cell {id} already")]
    AlreadyThere {
        /// Its id.
        id: Uuid,
    },
    /// Only pins have titles.
    #[error("the cell {id} is a text; only pins have titles")]
    NotAPin {
        /// Its id.
        id: Uuid,
    },
    /// There is no room for another cell.
    #[error("the notebook has {most} cells, which is as many as one may have")]
    Full {
        /// How many there may be.
        most: usize,
    },
    /// A title that is none.
    #[error("a title has 1 to {most} characters in one line; this one has {actual}")]
    BadTitle {
        /// Its characters.
        actual: usize,
        /// How many there may be.
        most: usize,
    },
    /// A text is too long.
    #[error("the text has {actual} bytes; at most {most} are kept")]
    TooLong {
        /// Its length.
        actual: usize,
        /// How long it may be.
        most: usize,
    },
}

impl EditError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchCell { .. } => "no_such_cell",
            Self::AlreadyThere { .. } => "cell_there_already",
            Self::NotAPin { .. } => "not_a_pin",
            Self::Full { .. } => "notebook_full",
            Self::BadTitle { .. } => "bad_title",
            Self::TooLong { .. } => "text_too_long",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSuchCell { .. } | Self::AlreadyThere { .. } => {
                "Look at the notebook again: it was changed meanwhile."
            }
            Self::NotAPin { .. } => "Write into the text itself.",
            Self::Full { .. } => "Remove cells that are not needed any more, or begin another notebook.",
            Self::BadTitle { .. } => "Choose a shorter title, without line breaks.",
            Self::TooLong { .. } => "Divide it into several texts.",
        }
    }
}

/// A title as it is kept.
pub(super) fn title_of(title: &str) -> Result<String, EditError> {
    let title = title.trim();
    let actual = title.chars().count();
    if actual == 0 || actual > limits::NOTEBOOK_TITLE || title.chars().any(char::is_control) {
        return Err(EditError::BadTitle { actual, most: limits::NOTEBOOK_TITLE });
    }
    Ok(title.to_owned())
}

/// A text of any number of lines as it is kept.
fn text_of(text: String) -> Result<String, EditError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.len() > limits::NOTE_BYTES {
        return Err(EditError::TooLong { actual: text.len(), most: limits::NOTE_BYTES });
    }
    Ok(text)
}

impl Notebook {
    /// Gives it another title.
    ///
    /// # Errors
    /// The title is none.
    pub fn rename(&mut self, title: &str) -> Result<(), EditError> {
        self.title = title_of(title)?;
        Ok(())
    }

    /// Adds a pin at the end.
    ///
    /// # Errors
    /// There is no room, or a pin of this id is there.
    pub fn pin(&mut self, pin: Pin) -> Result<(), EditError> {
        self.insert(self.cells.len(), Cell::Pin(Box::new(pin)))
    }

    /// Adds a text behind a cell; at the beginning if none is named.
    ///
    /// # Errors
    /// There is no room, the cell is not there, or the text is too long.
    pub fn add_text(&mut self, after: Option<Uuid>, id: Uuid, text: String) -> Result<(), EditError> {
        let at = after.map(|after| self.place(after)).transpose()?.map_or(0, |place| place + 1);
        let text = text_of(text)?;
        self.insert(at, Cell::Text(TextCell { id, text }))
    }

    /// Writes the note of a pin, or the text of a text.
    ///
    /// # Errors
    /// The cell is not there, or the text is too long.
    pub fn write(&mut self, id: Uuid, text: String) -> Result<(), EditError> {
        let place = self.place(id)?;
        let text = text_of(text)?;
        match &mut self.cells[place] {
            Cell::Text(cell) => cell.text = text,
            Cell::Pin(pin) => pin.note = text,
        }
        Ok(())
    }

    /// Gives a pin another title.
    ///
    /// # Errors
    /// The pin is not there, or the title is none.
    pub fn retitle(&mut self, id: Uuid, title: &str) -> Result<(), EditError> {
        let place = self.place(id)?;
        let Cell::Pin(pin) = &mut self.cells[place] else { return Err(EditError::NotAPin { id }) };
        pin.title = title_of(title)?;
        Ok(())
    }

    /// Moves a cell to another place; beyond the end means to the end.
    ///
    /// # Errors
    /// The cell is not there.
    pub fn move_to(&mut self, id: Uuid, to: usize) -> Result<(), EditError> {
        let cell = self.cells.remove(self.place(id)?);
        self.cells.insert(to.min(self.cells.len()), cell);
        Ok(())
    }

    /// Takes a cell out.
    ///
    /// # Errors
    /// The cell is not there.
    pub fn remove(&mut self, id: Uuid) -> Result<Removed, EditError> {
        let at = self.place(id)?;
        Ok(Removed { cell: self.cells.remove(at), at })
    }

    /// Puts a cell back where it stood, or at the end if there is no such place any more.
    ///
    /// # Errors
    /// There is no room, or it is there already.
    pub fn restore(&mut self, removed: Removed) -> Result<(), EditError> {
        self.insert(removed.at.min(self.cells.len()), removed.cell)
    }

    fn place(&self, id: Uuid) -> Result<usize, EditError> {
        self.cells.iter().position(|cell| cell.id() == id).ok_or(EditError::NoSuchCell { id })
    }

    fn insert(&mut self, at: usize, cell: Cell) -> Result<(), EditError> {
        let id = cell.id();
        if self.cells.iter().any(|other| other.id() == id) {
            return Err(EditError::AlreadyThere { id });
        }
        if self.cells.len() >= limits::NOTEBOOK_CELLS {
            return Err(EditError::Full { most: limits::NOTEBOOK_CELLS });
        }
        self.cells.insert(at, cell);
        Ok(())
    }
}
