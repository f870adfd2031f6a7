//! The accounts that a customer has, and what the suspensions of the relation have done to them.
//!
//! Each suspension is a case of its own. It is *asked* for on every account at the moment of the suspension itself, so that what
//! is to be done is recorded before anything is done; the process records what became of it. An outcome that was not recorded
//! is never guessed: a freeze that was asked for is carried out before it is lifted, even if the relation goes on by then,
//! because it may have been carried out already.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, CaseId, CustomerId, ID_CHARACTERS};

/// The open accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccounts {
    /// Open accounts, each with the cases of suspensions that are not over.
    pub open: BTreeMap<AccountId, BTreeMap<CaseId, FreezeStage>>,
    /// Case of the present suspension.
    pub suspension: Option<CaseId>,
    /// How many suspensions there were.
    pub suspensions: u32,
}

/// How far the freeze of one account for one suspension has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FreezeStage {
    /// It is to be frozen; whether it is, is not known.
    Asked,
    /// It is frozen. Once the suspension is over, that is to be lifted.
    Frozen,
    /// The account refused to be frozen.
    Refused,
}

/// What is to be done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezeStep {
    /// Freeze it for the case.
    Freeze,
    /// Lift the freeze of the case.
    Lift,
}

/// The case that accounts are frozen for: the number makes it unique among the customer's suspensions, and an account has one
/// customer; the customer's number, cut to what fits, is for people.
#[must_use]
pub fn suspension_case(customer_id: &CustomerId, number: u32) -> CaseId {
    let mut case = format!("SUSPENSION-{number}-{customer_id}");
    case.truncate(ID_CHARACTERS);
    let Ok(case) = CaseId::new(case) else { unreachable!("letters, digits and an id, cut to the length of an id") };
    case
}

impl LinkedAccounts {
    /// The next thing to do; freezing comes before lifting, so that no moment is missed.
    #[must_use]
    pub fn next_step(&self) -> Option<(FreezeStep, &AccountId, &CaseId)> {
        let cases = || self.open.iter().flat_map(|(account, cases)| cases.iter().map(move |case| (account, case)));
        let asked = cases().filter(|(_, (_, stage))| **stage == FreezeStage::Asked);
        let current = |(_, (case, _)): &(&AccountId, (&CaseId, &FreezeStage))| self.suspension.as_ref() == Some(case);
        let freeze = asked.clone().find(current).or_else(|| asked.clone().next());
        if let Some((account, (case, _))) = freeze {
            return Some((FreezeStep::Freeze, account, case));
        }
        let mut over =
            cases().filter(|(_, (_, stage))| **stage == FreezeStage::Frozen).filter(|frozen| !current(frozen));
        over.next().map(|(account, (case, _))| (FreezeStep::Lift, account, case))
    }

    /// An account with at least so many unsettled cases, and how many.
    #[must_use]
    pub fn with_cases(&self, at_least: usize) -> Option<(&AccountId, usize)> {
        let counts = self.open.iter().map(|(account, cases)| (account, cases.len()));
        counts.into_iter().find(|(_, count)| *count >= at_least)
    }

    pub(super) fn linked(&mut self, account: &AccountId) {
        let cases = self.open.entry(account.clone()).or_default();
        if let Some(case) = &self.suspension {
            cases.entry(case.clone()).or_insert(FreezeStage::Asked);
        }
    }

    pub(super) fn unlinked(&mut self, account: &AccountId) {
        self.open.remove(account);
    }

    /// A relation that rests already (and whose customer dies) goes on to rest for the same case.
    pub(super) fn suspended(&mut self, customer_id: &CustomerId) {
        if self.suspension.is_some() {
            return;
        }
        self.suspensions = self.suspensions.saturating_add(1);
        let case = suspension_case(customer_id, self.suspensions);
        for cases in self.open.values_mut() {
            cases.insert(case.clone(), FreezeStage::Asked);
        }
        self.suspension = Some(case);
    }

    pub(super) fn reinstated(&mut self) {
        self.suspension = None;
        for cases in self.open.values_mut() {
            cases.retain(|_, stage| *stage != FreezeStage::Refused);
        }
    }

    pub(super) fn frozen(&mut self, account: &AccountId, case: &CaseId) {
        if let Some(stage) = self.stage(account, case) {
            *stage = FreezeStage::Frozen;
        }
    }

    pub(super) fn refused(&mut self, account: &AccountId, case: &CaseId) {
        let is_over = self.suspension.as_ref() != Some(case);
        if let Some(stage) = self.stage(account, case) {
            *stage = FreezeStage::Refused;
        }
        if is_over {
            self.lifted(account, case);
        }
    }

    pub(super) fn lifted(&mut self, account: &AccountId, case: &CaseId) {
        if let Some(cases) = self.open.get_mut(account) {
            cases.remove(case);
        }
    }

    fn stage(&mut self, account: &AccountId, case: &CaseId) -> Option<&mut FreezeStage> {
        self.open.get_mut(account)?.get_mut(case)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_of_the_longest_customer_number_is_an_id_and_keeps_its_number() {
        let longest = CustomerId::new("c".repeat(ID_CHARACTERS)).expect("an id");
        let case = suspension_case(&longest, u32::MAX);
        assert!(case.as_str().starts_with("SUSPENSION-4294967295-ccc"), "{case}");
        assert_eq!(case.as_str().len(), ID_CHARACTERS);
        let usual = CustomerId::new("C-1001").expect("an id");
        assert_eq!(suspension_case(&usual, 2).as_str(), "SUSPENSION-2-C-1001");
    }
}
