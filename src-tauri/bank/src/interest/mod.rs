//! Interest as exact fractions: day counts, rates and what a balance earns. No floats, and nothing is rounded before it is
//! posted.
//!
//! Every convention divides a year into whole parts of the same size ([`PARTS_PER_YEAR`]), and a rate is in parts per
//! million, so interest of any length, rate and convention is a whole number of [`MinorFraction`] units. Sums are therefore
//! exact, also across a change of rate or convention.

mod day_count;
mod fraction;
mod rate;

pub use day_count::{DayCount, PARTS_PER_YEAR};
pub use fraction::{FractionError, MinorFraction};
pub use rate::{PARTS_PER_MILLION_CAP, PartsPerMillion};

use crate::money::Money;

/// What a balance earns (or, if it is negative, costs) at a yearly rate over so many [`PARTS_PER_YEAR`]. Exact: a balance at
/// its cap for ten thousand years at the highest rate stays far below 2^127.
#[must_use]
pub fn interest_on(balance: Money, rate: PartsPerMillion, parts: i64) -> MinorFraction {
    MinorFraction::of_units(i128::from(balance.minor()) * i128::from(rate.get()) * i128::from(parts))
}
