//! Numbers of read-model tables.

use std::fmt;

/// Which build of a read model's tables: version of the code that fills them, and a running number.
///
/// A rebuild of the same code needs tables beside the live ones, so the number in a table's name cannot be the code's
/// version alone. It is `code × 1000 + build`: `accounts__v2003` was filled by version 2 of the projection, fourth build.
/// Nothing else has to be stored to know which code filled which tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TablesVersion {
    /// [`es_core::Projection::version`] of the code.
    pub code: u32,
    /// Number of the build, from 0.
    pub build: u32,
}

const BUILDS: u32 = 1000;

impl TablesVersion {
    /// The first build of a code version.
    #[must_use]
    pub const fn first(code: u32) -> Self {
        Self { code, build: 0 }
    }

    /// The number that stores and table names use.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.code * BUILDS + self.build
    }

    /// Reads such a number.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        Self { code: number / BUILDS, build: number % BUILDS }
    }

    /// The first build of `code` after all of `used`. After 999 it begins again with numbers that are free by then.
    #[must_use]
    pub fn next(code: u32, used: &[u32]) -> Self {
        let last = used.iter().map(|number| Self::of(*number)).filter(|version| version.code == code).max();
        let start = last.map_or(0, |version| version.build + 1);
        let mut builds = (0..BUILDS).map(|offset| Self { code, build: (start + offset) % BUILDS });
        builds.find(|version| !used.contains(&version.number())).unwrap_or(Self::first(code))
    }
}

impl fmt::Display for TablesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.code, self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rebuild_gets_a_number_that_is_not_in_use_and_still_tells_the_code() {
        assert_eq!(TablesVersion::next(2, &[]), TablesVersion::first(2));
        assert_eq!(TablesVersion::next(2, &[2000]), TablesVersion { code: 2, build: 1 });
        assert_eq!(TablesVersion::next(2, &[2004, 2003, 1007]), TablesVersion { code: 2, build: 5 });
        assert_eq!(TablesVersion::next(2, &[2999, 2000]), TablesVersion { code: 2, build: 1 }, "numbers are reused");
        assert_eq!(TablesVersion::next(3, &[2004]), TablesVersion::first(3), "new code begins anew");
        assert_eq!(TablesVersion::of(TablesVersion { code: 3, build: 17 }.number()).code, 3);
    }
}
