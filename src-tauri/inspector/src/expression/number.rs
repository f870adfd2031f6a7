//! Exact decimal numbers: what JSON can hold, without a float on the way.

use std::cmp::Ordering;

/// Most decimal digits of a number: every one of that many fits 128 bits.
const DIGITS: u32 = 38;

/// A decimal number of at most 38 digits, exact. Equal numbers are equal values: `1.0` is `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    mantissa: i128,
    /// Digits behind the point; no more than are needed.
    scale: u32,
}

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// `mantissa` × 10^−`scale`; nothing if that has more than 38 digits.
    #[must_use]
    pub fn new(mantissa: i128, scale: u32) -> Option<Self> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        let fits = mantissa.unsigned_abs() < 10_u128.pow(DIGITS) && scale <= DIGITS;
        fits.then_some(Self { mantissa, scale })
    }

    /// Reads a number as JSON writes it (or as Rust writes a float). Nothing if it is none or has more than 38 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (base, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, base) = base.strip_prefix('-').map_or((false, base), |rest| (true, rest));
        let (whole, fraction) = base.split_once('.').unwrap_or((base, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let significant = digits.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self::ZERO);
        }
        let dropped = i64::try_from(digits.len() - significant.len()).ok()?;
        let scale = i64::try_from(fraction.len()).ok()? - dropped - i64::from(exponent);
        let mantissa: i128 =
            if significant.len() > DIGITS as usize { return None } else { significant.parse().ok()? };
        let mantissa = if negative { -mantissa } else { mantissa };
        if scale >= 0 {
            return Self::new(mantissa, u32::try_from(scale).ok()?);
        }
        let zeros = u32::try_from(-scale).ok().filter(|zeros| *zeros <= DIGITS)?;
        Self::new(mantissa.checked_mul(10_i128.checked_pow(zeros)?)?, 0)
    }

    /// The whole number, if it is one.
    #[must_use]
    pub fn whole(self) -> Option<i128> {
        (self.scale == 0).then_some(self.mantissa)
    }

    /// What is before the point.
    #[must_use]
    pub fn truncated(self) -> Self {
        Self { mantissa: self.mantissa / 10_i128.pow(self.scale), scale: 0 }
    }

    /// The sum, if it is exact in 38 digits.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::new(self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?, scale)
    }

    /// The difference, if it is exact in 38 digits.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(other.negated())
    }

    /// The product, if it is exact in 38 digits.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        Self::new(self.mantissa.checked_mul(other.mantissa)?, self.scale + other.scale)
    }

    /// The number below zero for one above, and the other way round.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, scale: self.scale }
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.checked_pow(scale - self.scale)?)
    }
}

impl From<i128> for Number {
    /// Saturates at 38 digits, which no count or amount of minor units reaches.
    fn from(whole: i128) -> Self {
        let most = 10_i128.pow(DIGITS) - 1;
        Self { mantissa: whole.clamp(-most, most), scale: 0 }
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        Self { mantissa: i128::from(whole), scale: 0 }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // Whole parts first; what is behind the point fits 38 digits at either scale.
        let parts = |number: &Self| {
            let unit = 10_i128.pow(number.scale);
            (number.mantissa / unit, number.mantissa % unit * 10_i128.pow(DIGITS - number.scale))
        };
        parts(self).cmp(&parts(other))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        let sign = if self.mantissa < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn json_numbers_are_read_and_written_exactly() {
        for (text, shown) in [
            ("9007199254740993", "9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
            ("-0.10", "-0.1"),
            ("1.0", "1"),
            ("1E3", "1000"),
            ("12.5e-3", "0.0125"),
            ("-0", "0"),
            ("0e999999", "0"),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_has_no_exact_form_is_nothing_and_never_rounded() {
        for text in ["", "-", "x", "1.2.3", "1e400", "1e-400", "100000000000000000000000000000000000000", "0x1", "1e"] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
        assert_eq!(number("99999999999999999999999999999999999999").plus(number("1")), None, "39 digits");
        assert_eq!(number("1e20").times(number("1e20")), None, "41 digits");
    }

    proptest! {
        #[test]
        fn order_and_sums_agree_with_whole_numbers_at_one_scale(
            left in -(1_i128 << 90)..(1_i128 << 90), right in -(1_i128 << 90)..(1_i128 << 90), scale in 0_u32..9,
        ) {
            let of = |mantissa| Number::new(mantissa, scale).expect("fits");
            prop_assert_eq!(of(left).cmp(&of(right)), left.cmp(&right), "order");
            prop_assert_eq!(of(left).plus(of(right)), Some(of(left + right)), "sum");
            prop_assert_eq!(of(left).minus(of(right)), Some(of(left - right)), "difference");
            prop_assert_eq!(number(&of(left).to_string()), of(left), "read back");
        }

        #[test]
        fn neighbours_at_different_scales_keep_their_order(
            mantissa in -(10_i128.pow(30))..10_i128.pow(30), scale in 1_u32..30,
        ) {
            let finer = Number::new(mantissa * 10 + 1, scale + 1).expect("fits");
            prop_assert!(finer > Number::new(mantissa, scale).expect("fits"), "one step finer is more");
        }
    }
}
