//! Thins a long line of values without losing an extreme.

use crate::limits;
use crate::watch::WatchPoint;

/// Points kept of each stretch: its first, lowest, highest and last one.
const PER_STRETCH: u64 = 4;

/// Takes values in order and keeps few enough.
pub(crate) struct Sparkline {
    /// Versions in one stretch; 1 where every version is kept.
    stretch: u64,
    current: Option<Stretch>,
    points: Vec<WatchPoint>,
    thinned: bool,
    lowest: Option<WatchPoint>,
    highest: Option<WatchPoint>,
}

struct Stretch {
    number: u64,
    first: WatchPoint,
    lowest: WatchPoint,
    highest: WatchPoint,
    last: WatchPoint,
    taken: u64,
}

/// What is left of a line.
pub(crate) struct Line {
    pub(crate) points: Vec<WatchPoint>,
    pub(crate) thinned: bool,
    pub(crate) lowest: Option<WatchPoint>,
    pub(crate) highest: Option<WatchPoint>,
}

impl Sparkline {
    /// For values of versions up to the last one.
    pub(crate) fn new(last_version: u64) -> Self {
        let stretches = limits::WATCH_POINTS as u64 / PER_STRETCH;
        let stretch = if last_version <= limits::WATCH_POINTS as u64 { 1 } else { last_version.div_ceil(stretches) };
        Self { stretch, current: None, points: Vec::new(), thinned: false, lowest: None, highest: None }
    }

    pub(crate) fn take(&mut self, point: WatchPoint) {
        if is_beyond(&point, self.lowest.as_ref(), |new, old| new < old) {
            self.lowest = Some(point.clone());
        }
        if is_beyond(&point, self.highest.as_ref(), |new, old| new > old) {
            self.highest = Some(point.clone());
        }
        let number = point.version.get() / self.stretch;
        match &mut self.current {
            Some(stretch) if stretch.number == number => stretch.take(point),
            _ => {
                self.interrupt();
                self.current = Some(Stretch::new(number, point));
            }
        }
    }

    /// Ends the present stretch: what comes next does not follow it.
    pub(crate) fn interrupt(&mut self) {
        let Some(stretch) = self.current.take() else { return };
        let taken = stretch.taken;
        let mut kept = vec![stretch.first, stretch.lowest, stretch.highest, stretch.last];
        kept.sort_by_key(|point| point.version);
        kept.dedup_by_key(|point| point.version);
        self.thinned |= (kept.len() as u64) < taken;
        self.points.extend(kept);
    }

    pub(crate) fn finish(mut self) -> Line {
        self.interrupt();
        Line { points: self.points, thinned: self.thinned, lowest: self.lowest, highest: self.highest }
    }
}

impl Stretch {
    fn new(number: u64, point: WatchPoint) -> Self {
        let [first, lowest, highest] = [point.clone(), point.clone(), point.clone()];
        Self { number, first, lowest, highest, last: point, taken: 1 }
    }

    fn take(&mut self, point: WatchPoint) {
        self.taken += 1;
        if is_beyond(&point, Some(&self.lowest), |new, old| new < old) {
            self.lowest = point.clone();
        }
        if is_beyond(&point, Some(&self.highest), |new, old| new > old) {
            self.highest = point.clone();
        }
        self.last = point;
    }
}

fn is_beyond(
    point: &WatchPoint,
    extreme: Option<&WatchPoint>,
    beyond: fn(crate::expression::Number, crate::expression::Number) -> bool,
) -> bool {
    match (point.number(), extreme.and_then(WatchPoint::number)) {
        (Some(new), Some(old)) => beyond(new, old),
        (Some(_), None) => true,
        (None, _) => false,
    }
}
