//! Replays of one read model that are kept between looks. Events never change, so a kept replay stays right as long as the same
//! events are left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use es_core::Position;
use es_runtime::Replay;

use crate::limits;

/// What is kept of one read model.
pub(super) struct Kept {
    /// Far apart, over the whole log.
    checkpoints: BTreeMap<Position, Arc<Replay>>,
    /// Near what was looked at.
    recent: BTreeMap<Position, Arc<Replay>>,
    /// What was looked at last.
    focus: Position,
    /// Least positions between two checkpoints.
    spacing: u64,
    /// Head of the log when it was last known that the right events are left out.
    pub(super) verified: Option<Position>,
    /// The first position whose rows are known to be too big.
    pub(super) too_big: Option<Position>,
    /// When it was last asked.
    pub(super) used_at: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            checkpoints: BTreeMap::new(),
            recent: BTreeMap::new(),
            focus: Position::ZERO,
            spacing: limits::AS_OF_SPACING,
            verified: None,
            too_big: None,
            used_at: 0,
        }
    }
}

impl Kept {
    /// The last replay that has not gone past a position.
    pub(super) fn nearest(&mut self, position: Position) -> Option<Arc<Replay>> {
        self.focus = position;
        let last = |replays: &BTreeMap<Position, Arc<Replay>>| {
            replays.range(..=position).next_back().map(|(_, replay)| Arc::clone(replay))
        };
        let either = last(&self.checkpoints).into_iter().chain(last(&self.recent));
        either.max_by_key(|replay| (replay.position(), replay.halted().is_some()))
    }

    /// The replay that answers for a position, if there is one.
    pub(super) fn exact(&mut self, position: Position) -> Option<Arc<Replay>> {
        let nearest = self.nearest(position)?;
        (nearest.position() == position || nearest.halted().is_some()).then_some(nearest)
    }

    /// Any kept replay: all of them leave out the same events.
    pub(super) fn any(&self) -> Option<&Arc<Replay>> {
        self.checkpoints.values().chain(self.recent.values()).next()
    }

    /// Keeps a replay on its way as a checkpoint, if the last one before it is far enough away.
    pub(super) fn pass(&mut self, replay: &Replay) {
        let position = replay.position();
        let last = self.checkpoints.range(..=position).next_back().map_or(0, |(last, _)| last.get());
        let next = self.checkpoints.range(position..).next().map(|(next, _)| next.get());
        let far = |other: u64| position.get().abs_diff(other) >= self.spacing;
        if far(last) && next.is_none_or(far) {
            self.checkpoints.insert(position, Arc::new(replay.clone()));
            if self.checkpoints.len() > limits::AS_OF_CHECKPOINTS {
                self.thin();
            }
        }
    }

    /// Keeps a replay that was asked for, or that is near it.
    pub(super) fn keep(&mut self, replay: Arc<Replay>) {
        let kept = self.recent.get(&replay.position());
        if kept.is_none_or(|kept| kept.halted().is_none()) {
            self.recent.insert(replay.position(), replay);
        }
        if self.recent.len() > limits::AS_OF_RECENT {
            self.let_go();
        }
    }

    /// Lets go of the recent replay that is missed least: the further from what was looked at last, and the closer behind
    /// another one, the less likely and the cheaper it is to be folded again.
    fn let_go(&mut self) {
        let mut before = 0;
        let values = self.recent.keys().map(|position| {
            let gap = u128::from(position.get() - before);
            before = position.get();
            ((gap << 32) / (u128::from(position.get().abs_diff(self.focus.get())) + 1), *position)
        });
        if let Some((_, position)) = values.min() {
            self.recent.remove(&position);
        }
    }

    /// Forgets every second checkpoint, or else what is missed least. False if there is only one replay left.
    pub(super) fn shrink(&mut self) -> bool {
        if self.checkpoints.len() > 1 {
            self.thin();
        } else if self.recent.len() > 1 {
            self.let_go();
        } else {
            return false;
        }
        true
    }

    pub(super) fn clear(&mut self) {
        self.checkpoints.clear();
        self.recent.clear();
        self.too_big = None;
    }

    /// About how many bytes are kept: what the first replay holds, and what was written to each further one since the one
    /// before it.
    pub(super) fn bytes(&self) -> u64 {
        let mut all: Vec<&Replay> =
            self.checkpoints.values().chain(self.recent.values()).map(|replay| &**replay).collect();
        all.sort_by_key(|replay| replay.position());
        let mut written = 0;
        let each = all.into_iter().map(|replay| {
            let since = replay.rows().written().saturating_sub(written);
            written = replay.rows().written();
            replay.rows().copy_bytes() + since.min(replay.rows().bytes())
        });
        each.sum()
    }

    fn thin(&mut self) {
        self.spacing *= 2;
        let (spacing, mut last) = (self.spacing, 0);
        self.checkpoints.retain(|position, _| {
            let far = position.get() - last >= spacing;
            last = if far { position.get() } else { last };
            far
        });
    }
}
