//! Postings: the balanced legs of a journal entry, and the general ledger's chart of accounts.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ids::{AccountId, BadId};
use crate::money::{Amount, Currency, Money, MoneyError};
use crate::spelled::{Spell, Spelled};

/// Fewest legs of an entry.
pub const MIN_LEGS: usize = 2;
/// Most legs of an entry. More belongs in several entries: an entry is read by people.
pub const MAX_LEGS: usize = 64;

/// Left or right side of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Side {
    /// Left: assets and expenses grow.
    Debit,
    /// Right: liabilities, equity and income grow.
    Credit,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Debit => Self::Credit,
            Self::Credit => Self::Debit,
        }
    }
}

/// The five kinds of accounts in double-entry bookkeeping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerKind {
    /// What the bank owns or is owed.
    Asset,
    /// What the bank owes.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What it earned.
    Income,
    /// What it spent.
    Expense,
}

impl LedgerKind {
    /// The side on which such an account grows.
    #[must_use]
    pub const fn normal_side(self) -> Side {
        match self {
            Self::Asset | Self::Expense => Side::Debit,
            Self::Liability | Self::Equity | Self::Income => Side::Credit,
        }
    }

    /// Lower-case name, for example `asset`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Liability => "liability",
            Self::Equity => "equity",
            Self::Income => "income",
            Self::Expense => "expense",
        }
    }
}

macro_rules! chart {
    ($($(#[$doc:meta])* $variant:ident $code:literal $kind:ident $name:literal;)+) => {
        /// An account of the general ledger.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum GlAccount {
            $($(#[$doc])* $variant,)+
        }

        impl GlAccount {
            /// The whole chart of accounts.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// How it is written in postings, for example `gl:vault-cash`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What kind of account it is.
            #[must_use]
            pub const fn kind(self) -> LedgerKind {
                match self {
                    $(Self::$variant => LedgerKind::$kind,)+
                }
            }

            /// Name for people.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

chart! {
    /// Cash in the vault.
    VaultCash "gl:vault-cash" Asset "Vault cash";
    /// The bank's own accounts with other banks.
    Nostro "gl:nostro" Asset "Nostro";
    /// The bank's open position per currency.
    FxPosition "gl:fx-position" Asset "FX position";
    /// Money that has left one account and not yet reached the other.
    TransfersInTransit "gl:transfers-in-transit" Liability "Transfers in transit";
    /// Money whose owner must be found out by a person.
    Suspense "gl:suspense" Liability "Suspense";
    /// Interest owed to customers and not yet paid.
    InterestPayable "gl:interest-payable" Liability "Interest payable";
    /// The owners' capital.
    Equity "gl:equity" Equity "Equity";
    /// Fees earned.
    FeeIncome "gl:fee-income" Income "Fee income";
    /// Interest earned.
    InterestIncome "gl:interest-income" Income "Interest income";
    /// Earned on foreign exchange.
    FxIncome "gl:fx-income" Income "FX income";
    /// Interest spent.
    InterestExpense "gl:interest-expense" Expense "Interest expense";
    /// Losses from errors and fraud.
    OperationalLosses "gl:operational-losses" Expense "Operational losses";
}

impl fmt::Display for GlAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for GlAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a posting moves: a customer's account (a liability of the bank) or an account of the general ledger.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PostingAccount {
    /// A customer's account, written `account:ID`.
    Customer(AccountId),
    /// An account of the general ledger, written `gl:…`.
    Ledger(GlAccount),
}

impl PostingAccount {
    /// What kind of account it is. Customer deposits are what the bank owes.
    #[must_use]
    pub const fn kind(&self) -> LedgerKind {
        match self {
            Self::Customer(_) => LedgerKind::Liability,
            Self::Ledger(account) => account.kind(),
        }
    }
}

impl From<AccountId> for PostingAccount {
    fn from(id: AccountId) -> Self {
        Self::Customer(id)
    }
}

impl From<GlAccount> for PostingAccount {
    fn from(account: GlAccount) -> Self {
        Self::Ledger(account)
    }
}

impl fmt::Display for PostingAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(id) => write!(f, "account:{id}"),
            Self::Ledger(account) => account.fmt(f),
        }
    }
}

impl fmt::Debug for PostingAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that names no account that can be posted to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPostingAccount {
    /// Not in the chart of accounts.
    #[error("{0:?} is not in the chart of accounts")]
    NotInChart(String),
    /// `account:` with something that is no id.
    #[error(transparent)]
    BadId(#[from] BadId),
    /// Neither `account:…` nor `gl:…`.
    #[error("{0:?} is neither `account:ID` nor `gl:…`")]
    NoPrefix(String),
}

impl FromStr for PostingAccount {
    type Err = BadPostingAccount;

    fn from_str(text: &str) -> Result<Self, BadPostingAccount> {
        if let Some(id) = text.strip_prefix("account:") {
            return Ok(Self::Customer(AccountId::new(id)?));
        }
        if text.starts_with("gl:") {
            let found = GlAccount::ALL.iter().find(|account| account.code() == text);
            return found.copied().map(Self::Ledger).ok_or_else(|| BadPostingAccount::NotInChart(text.to_owned()));
        }
        Err(BadPostingAccount::NoPrefix(text.chars().take(64).collect()))
    }
}

impl Serialize for PostingAccount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PostingAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer, str::parse)
    }
}

impl JsonSchema for PostingAccount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PostingAccount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let examples: Vec<&str> = GlAccount::ALL.iter().map(|account| account.code()).collect();
        json_schema!({
            "type": "string",
            "format": "posting-account",
            "pattern": "^(account:[A-Za-z0-9][A-Za-z0-9_.-]{0,39}|gl:[a-z-]+)$",
            "title": "Account",
            "description": "`gl:…` for an account of the general ledger, `account:ID` for a customer's account.",
            "examples": examples,
        })
    }
}

/// One leg of a journal entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Posting")]
pub struct Posting {
    /// The account that is moved.
    pub account: PostingAccount,
    /// Its left or right side.
    #[schemars(title = "Side")]
    pub side: Side,
    /// How much.
    pub amount: Amount,
}

/// Why legs are not a journal entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostingsError {
    /// Too few or too many legs.
    #[error("an entry has {MIN_LEGS} to {MAX_LEGS} postings, this one has {0}")]
    LegCount(usize),
    /// Debits and credits differ in a currency.
    #[error("the postings do not balance: debits are {debits}, credits are {credits}")]
    Unbalanced {
        /// Sum of the debits.
        debits: Money,
        /// Sum of the credits.
        credits: Money,
    },
}

/// The legs of one journal entry. Balanced in every currency by construction, also when read from JSON. Cloning is cheap:
/// states keep the legs of the events that they are folded from.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "Postings", description = "Balanced legs: in each currency, debits equal credits.")]
pub struct Postings(#[schemars(with = "Vec<Posting>", length(min = 2, max = 64))] Arc<[Posting]>);

impl Postings {
    /// Checks and takes legs.
    ///
    /// # Errors
    /// Fewer than [`MIN_LEGS`], more than [`MAX_LEGS`], or not balanced in some currency.
    pub fn new(legs: Vec<Posting>) -> Result<Self, PostingsError> {
        if !(MIN_LEGS..=MAX_LEGS).contains(&legs.len()) {
            return Err(PostingsError::LegCount(legs.len()));
        }
        // Every event that is read comes through here: no map of sums for the one currency that nearly all have.
        let of = |currency: Currency, side: Side| {
            let own = legs.iter().filter(|leg| leg.amount.currency() == currency && leg.side == side);
            let minor = own.map(|leg| i128::from(leg.amount.minor())).sum();
            // 64 amounts at their cap stay below the balance cap, so the sum is shown as it is.
            Money::from_wide(minor, currency).unwrap_or(Money::zero(currency))
        };
        for (index, leg) in legs.iter().enumerate() {
            let currency = leg.amount.currency();
            if legs[..index].iter().any(|earlier| earlier.amount.currency() == currency) {
                continue;
            }
            let (debits, credits) = (of(currency, Side::Debit), of(currency, Side::Credit));
            if debits != credits {
                return Err(PostingsError::Unbalanced { debits, credits });
            }
        }
        Ok(Self(legs.into()))
    }

    /// The simplest entry: one account is debited, another credited, by the same amount.
    #[must_use]
    pub fn simple(debit: impl Into<PostingAccount>, credit: impl Into<PostingAccount>, amount: Amount) -> Self {
        Self(simple_legs(debit.into(), credit.into(), amount).into())
    }

    /// One account against another, or against two: its leg has the sum of theirs.
    ///
    /// # Errors
    /// The currencies of the two differ, or the sum is beyond the cap of an amount.
    pub fn split(
        account: impl Into<PostingAccount>,
        side: Side,
        against: (GlAccount, Amount),
        and: Option<(GlAccount, Amount)>,
    ) -> Result<Self, MoneyError> {
        let sum = and.map_or(Ok(against.1), |(_, amount)| against.1.checked_add(amount))?;
        let other =
            |(account, amount): (GlAccount, Amount)| Posting { account: account.into(), side: side.opposite(), amount };
        let mut legs: Vec<Posting> = std::iter::once(against).chain(and).map(other).collect();
        // Debits stand first, as in every entry.
        let at = if side == Side::Debit { 0 } else { legs.len() };
        legs.insert(at, Posting { account: account.into(), side, amount: sum });
        Ok(Self(legs.into()))
    }

    /// Money is taken from one account and arrives on another in another currency, through the bank's position in both: the
    /// entry balances in each currency by itself, and what the two amounts differ in value stays in the position.
    #[must_use]
    pub fn converted(
        debit: impl Into<PostingAccount>,
        taken: Amount,
        credit: impl Into<PostingAccount>,
        arriving: Amount,
    ) -> Self {
        let position = || PostingAccount::from(GlAccount::FxPosition);
        let taken = simple_legs(debit.into(), position(), taken);
        let arriving = simple_legs(position(), credit.into(), arriving);
        Self(taken.into_iter().chain(arriving).collect())
    }

    /// The entry that undoes this one: the same legs with the sides exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mirror = |leg: &Posting| Posting { side: leg.side.opposite(), ..leg.clone() };
        Self(self.0.iter().map(mirror).collect())
    }

    /// The legs, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Posting> {
        self.0.iter()
    }

    /// The legs, in order.
    #[must_use]
    pub fn legs(&self) -> &[Posting] {
        &self.0
    }
}

/// What is debited and what is credited, in this order.
fn simple_legs(debit: PostingAccount, credit: PostingAccount, amount: Amount) -> [Posting; 2] {
    [Posting { account: debit, side: Side::Debit, amount }, Posting { account: credit, side: Side::Credit, amount }]
}

impl<'a> IntoIterator for &'a Postings {
    type Item = &'a Posting;
    type IntoIter = std::slice::Iter<'a, Posting>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for Postings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Postings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Spell for Postings {
    fn spell(from: &mut Spelled<'_>) -> Option<Self> {
        let mut legs = Vec::with_capacity(MIN_LEGS);
        let mut before = "[{\"account\":";
        while from.pass(before).is_some() {
            let account = from.text()?.parse().ok()?;
            from.pass(",\"side\":")?;
            let side = match from.text()? {
                "debit" => Side::Debit,
                "credit" => Side::Credit,
                _ => return None,
            };
            from.pass(",\"amount\":")?;
            legs.push(Posting { account, side, amount: Amount::spell(from)? });
            from.pass("}")?;
            before = ",{\"account\":";
        }
        from.pass("]")?;
        Self::new(legs).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(account: &str, side: Side, minor: i64, currency: Currency) -> Posting {
        let amount = Amount::new(minor, currency).expect("positive");
        Posting { account: account.parse().expect("an account"), side, amount }
    }

    #[test]
    fn legs_must_balance_in_every_currency() {
        let balanced = vec![
            leg("gl:vault-cash", Side::Debit, 100, Currency::EUR),
            leg("gl:fx-position", Side::Credit, 100, Currency::EUR),
            leg("gl:fx-position", Side::Debit, 110, Currency::USD),
            leg("account:1", Side::Credit, 100, Currency::USD),
            leg("gl:fx-income", Side::Credit, 10, Currency::USD),
        ];
        assert!(Postings::new(balanced.clone()).is_ok(), "each currency balances by itself");
        let across = vec![
            leg("gl:vault-cash", Side::Debit, 100, Currency::EUR),
            leg("account:1", Side::Credit, 100, Currency::USD),
        ];
        let error = Postings::new(across).expect_err("the same number in two currencies is no balance");
        assert!(error.to_string().contains("1.00 EUR") && error.to_string().contains("0.00 EUR"), "{error}");
        let json = serde_json::to_string(&balanced[..4]).expect("encodes");
        assert!(serde_json::from_str::<Postings>(&json).is_err(), "reading checks the balance too");
    }

    #[test]
    fn an_entry_has_two_to_sixty_four_legs() {
        let pair = [leg("gl:nostro", Side::Debit, 1, Currency::EUR), leg("gl:equity", Side::Credit, 1, Currency::EUR)];
        let legs = |count: usize| pair.iter().cycle().take(count).cloned().collect::<Vec<_>>();
        assert_eq!(Postings::new(legs(0)), Err(PostingsError::LegCount(0)));
        assert!(Postings::new(legs(2)).is_ok() && Postings::new(legs(64)).is_ok());
        assert_eq!(Postings::new(legs(66)), Err(PostingsError::LegCount(66)));
    }

    #[test]
    fn one_account_stands_against_two_with_their_sum() {
        let (forty, one) = (Amount::new(4_000, Currency::EUR), Amount::new(100, Currency::EUR));
        let (forty, one) = (forty.expect("positive"), one.expect("positive"));
        let transit = (GlAccount::TransfersInTransit, forty);
        let entry = Postings::split(GlAccount::Nostro, Side::Debit, transit, Some((GlAccount::FeeIncome, one)));
        let entry = entry.expect("one currency");
        let legs = entry.iter().map(|leg| (leg.account.to_string(), leg.side, leg.amount.minor())).collect::<Vec<_>>();
        let expected = [
            ("gl:nostro", Side::Debit, 4_100),
            ("gl:transfers-in-transit", Side::Credit, 4_000),
            ("gl:fee-income", Side::Credit, 100),
        ];
        assert_eq!(legs, expected.map(|(account, side, minor)| (account.to_owned(), side, minor)));
        assert!(Postings::new(entry.legs().to_vec()).is_ok(), "it balances");
        let foreign = Amount::new(1, Currency::USD).expect("positive");
        let mixed = Postings::split(GlAccount::Nostro, Side::Debit, transit, Some((GlAccount::FeeIncome, foreign)));
        assert!(mixed.is_err(), "two currencies have no sum");
    }

    #[test]
    fn a_conversion_balances_in_both_currencies() {
        let euros = Amount::new(10_000, Currency::EUR).expect("positive");
        let yen = Amount::new(16_000, Currency::JPY).expect("positive");
        let entry = Postings::converted(GlAccount::TransfersInTransit, euros, GlAccount::Suspense, yen);
        assert!(Postings::new(entry.legs().to_vec()).is_ok(), "each currency balances by itself: {entry:?}");
        let position = entry.iter().filter(|leg| leg.account == GlAccount::FxPosition.into()).count();
        assert_eq!(position, 2, "the bank is long in one currency and short in the other");
    }

    #[test]
    fn a_mirrored_entry_undoes_the_first() {
        let amount = Amount::new(5, Currency::JPY).expect("positive");
        let entry = Postings::simple(GlAccount::VaultCash, GlAccount::Equity, amount);
        assert_eq!(entry.mirrored().legs()[0].side, Side::Credit);
        assert_eq!(entry.mirrored().mirrored(), entry);
    }

    #[test]
    fn only_the_chart_and_customer_accounts_can_be_posted_to() {
        for account in GlAccount::ALL {
            assert_eq!(account.code().parse(), Ok(PostingAccount::Ledger(*account)));
        }
        assert_eq!("account:7".parse(), Ok(PostingAccount::Customer(AccountId::new("7").expect("an id"))));
        for bad in ["", "gl:", "gl:petty-cash", "GL:vault-cash", "account:", "account:a b", "customer:7"] {
            assert!(bad.parse::<PostingAccount>().is_err(), "{bad:?} names no account");
        }
    }

    #[test]
    fn postings_look_in_json_as_an_auditor_expects() {
        let amount = Amount::new(10_050, Currency::EUR).expect("positive");
        let entry = Postings::simple(GlAccount::VaultCash, AccountId::new("100234").expect("an id"), amount);
        let json = serde_json::to_string(&entry).expect("encodes");
        let expected = r#"[{"account":"gl:vault-cash","side":"debit","amount":{"minor":"10050","currency":"EUR"}},{"account":"account:100234","side":"credit","amount":{"minor":"10050","currency":"EUR"}}]"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<Postings>(&json).expect("decodes"), entry);
    }
}
