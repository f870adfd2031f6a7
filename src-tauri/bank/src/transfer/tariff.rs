//! What a transfer costs: a flat part, a part of the amount, and bounds. The terms come with the request and are pinned with
//! it, so that a later price list changes nothing about a transfer that was asked for before.

use super::rejection::TransferRejection;
use crate::declare::payloads;
use crate::interest::PartsPerMillion;
use crate::money::{Amount, Money, divided_half_even};

payloads! {
    /// Terms of a transfer's fee, in the currency of the source account.
    Tariff {
        /// Charged for each transfer; nothing if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flat: Option<Amount>,
        /// Charged of the amount, in parts per million (1000 are 0.1 %), rounded half to even; nothing if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parts_per_million: Option<PartsPerMillion>,
        /// Least fee; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<Amount>,
        /// Highest fee; none if left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<Amount>,
    }
}

impl Tariff {
    /// The fee of a transfer over an amount; nothing if it comes to nothing.
    ///
    /// # Errors
    /// Another currency than the amount's, a minimum above the maximum, or a fee beyond what an amount can be.
    pub fn fee(&self, amount: Amount) -> Result<Option<Amount>, TransferRejection> {
        let expected = amount.currency();
        for stated in [self.flat, self.minimum, self.maximum].into_iter().flatten() {
            if stated.currency() != expected {
                return Err(TransferRejection::TariffCurrency { expected, actual: stated.currency() });
            }
        }
        if let (Some(minimum), Some(maximum)) = (self.minimum, self.maximum)
            && minimum.minor() > maximum.minor()
        {
            return Err(TransferRejection::TariffBounds { minimum, maximum });
        }
        let parts = self.parts_per_million.map_or(0, PartsPerMillion::get);
        let of_amount = divided_half_even(i128::from(amount.minor()) * i128::from(parts), 1_000_000);
        let wide = |amount: Option<Amount>, otherwise: i128| amount.map_or(otherwise, |amount| amount.minor().into());
        let fee = (of_amount + wide(self.flat, 0)).max(wide(self.minimum, 0)).min(wide(self.maximum, i128::MAX));
        if fee == 0 {
            return Ok(None);
        }
        let fee = Money::from_wide(fee, expected).and_then(Amount::try_from);
        fee.map(Some).map_err(|error| TransferRejection::WholeBeyondCap { amount, reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn eur(minor: i64) -> Amount {
        Amount::new(minor, Currency::EUR).expect("positive")
    }

    fn fee(flat: i64, parts: u32, minimum: i64, maximum: i64, amount: i64) -> i64 {
        let some = |minor: i64| (minor > 0).then(|| eur(minor));
        let parts_per_million = PartsPerMillion::new(parts);
        let tariff = Tariff { flat: some(flat), parts_per_million, minimum: some(minimum), maximum: some(maximum) };
        tariff.fee(eur(amount)).expect("a sound tariff").map_or(0, Amount::minor)
    }

    #[test]
    fn a_fee_has_a_flat_part_a_part_of_the_amount_and_bounds() {
        assert_eq!(fee(150, 0, 0, 0, 10_000), 150, "flat");
        assert_eq!(fee(0, 1_000, 0, 0, 10_000), 10, "0.1 %");
        assert_eq!(fee(150, 1_000, 0, 0, 10_000), 160, "both");
        assert_eq!(fee(0, 1_000, 25, 0, 10_000), 25, "at least");
        assert_eq!(fee(150, 1_000, 0, 155, 10_000), 155, "at most");
        assert_eq!(fee(0, 0, 0, 0, 10_000), 0, "free");
        assert_eq!((fee(0, 1_000, 0, 0, 500), fee(0, 1_000, 0, 0, 1_500)), (0, 2), "a half goes to the even cent");
    }
}
