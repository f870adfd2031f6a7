//! Places in the server's log and our positions.
//!
//! The server knows an event by (commit, prepare): byte offsets of the record that made it visible and of its own record. Servers
//! since 20.6 write both as one for almost everything; only explicit transactions of old logs (and old logs whose appends have a
//! commit record of their own) differ. Our position is `prepare + 1`, so that zero is before everything, as long as that ascends;
//! where an older transaction was committed behind newer events its events follow the one before them, one by one. Such *irregular*
//! places are kept in the index, since the server must be asked for them by both numbers. See docs/adr/0026.

use es_core::Position;

/// A place in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// Offset of the record that made the event visible.
    pub commit: u64,
    /// Offset of the event's own record.
    pub prepare: u64,
}

impl Place {
    /// The place of a position, if it is a regular one.
    pub const fn regular(position: Position) -> Option<Self> {
        match position.get().checked_sub(1) {
            Some(offset) => Some(Self { commit: offset, prepare: offset }),
            None => None,
        }
    }

    /// The position of the event here that follows one at `previous` in the log.
    pub fn position_after(self, previous: Position) -> Position {
        Position(self.prepare.saturating_add(1)).max(previous.next())
    }

    /// Whether the position alone tells this place.
    pub fn is_regular(self, position: Position) -> bool {
        Self::regular(position) == Some(self)
    }
}

impl From<eventstore::Position> for Place {
    fn from(position: eventstore::Position) -> Self {
        Self { commit: position.commit, prepare: position.prepare }
    }
}

impl From<Place> for eventstore::Position {
    fn from(place: Place) -> Self {
        Self { commit: place.commit, prepare: place.prepare }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn positions(places: &[Place]) -> Vec<Position> {
        let mut previous = Position::ZERO;
        let each = places.iter().map(|place| {
            previous = place.position_after(previous);
            previous
        });
        each.collect()
    }

    #[test]
    fn the_first_byte_of_the_log_is_after_zero() {
        let first = Place { commit: 0, prepare: 0 };
        assert_eq!(first.position_after(Position::ZERO), Position(1), "zero is before everything");
        assert!(first.is_regular(Position(1)));
        assert_eq!(Place::regular(Position::ZERO), None, "and no event's place");
    }

    #[test]
    fn a_transaction_that_was_committed_late_keeps_its_place_in_the_order() {
        let place = |commit, prepare| Place { commit, prepare };
        let log = [place(150, 150), place(300, 100), place(300, 200), place(400, 400)];
        assert_eq!(positions(&log), [151, 152, 201, 401].map(Position));
        assert!(!log[1].is_regular(Position(152)) && !log[2].is_regular(Position(201)), "both numbers are needed");
        assert!(log[3].is_regular(Position(401)));
    }

    proptest! {
        #[test]
        fn positions_ascend_in_the_order_of_the_log(
            places in prop::collection::vec((0_u64..1000, 0_u64..1000), 1..60)
        ) {
            let mut places: Vec<Place> =
                places.into_iter().map(|(a, b)| Place { commit: a.max(b), prepare: a.min(b) }).collect();
            places.sort();
            places.dedup();
            let positions = positions(&places);
            prop_assert!(positions.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", positions);
        }
    }
}
