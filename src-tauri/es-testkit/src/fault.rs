//! Points at which a test lets something fail, once.

use std::sync::atomic::{AtomicI64, Ordering};

/// A place that fails at its n-th passing. Tests put one into a fake or a hook and arm it.
#[derive(Debug)]
pub struct FaultPoint(AtomicI64);

impl FaultPoint {
    /// A point that never fails until it is armed.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// Lets the n-th passing from now fail (1: the next one).
    pub fn arm(&self, passing: u32) {
        self.0.store(i64::from(passing), Ordering::SeqCst);
    }

    /// Passes; true exactly once, at the passing that was armed.
    pub fn fails_now(&self) -> bool {
        self.0.fetch_sub(1, Ordering::SeqCst) == 1
    }
}

impl Default for FaultPoint {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_point_fails_at_the_armed_passing_only() {
        let point = FaultPoint::new();
        assert!(!point.fails_now(), "an unarmed point never fails");
        point.arm(2);
        assert_eq!([point.fails_now(), point.fails_now(), point.fails_now()], [false, true, false]);
    }
}
