//! Wallets: what money is paid into and out of.

use es_core::*;
use serde::{Deserialize, Serialize};

use super::{Refused, decode, encode, parse};

#[derive(Debug, Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct Wallet {
    pub open: bool,
    pub balance: i64,
    pub payments: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub enum WalletCommand {
    Open {
        wallet: String,
    },
    Deposit {
        wallet: String,
        amount: i64,
    },
    DepositTwice {
        wallet: String,
        amount: i64,
    },
    /// Pays 5 in, and 5 more if the wallet is empty.
    Fill {
        wallet: String,
    },
    Withdraw {
        wallet: String,
        amount: i64,
    },
    Touch {
        wallet: String,
    },
    DebitFor {
        wallet: String,
        payment: String,
        amount: i64,
    },
    CreditFor {
        wallet: String,
        payment: String,
        amount: i64,
    },
}

#[derive(Serialize, Deserialize)]
pub enum WalletEvent {
    Opened {},
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
    Debited { payment: String, amount: i64 },
    Credited { payment: String, amount: i64 },
}

impl DomainCommand for WalletCommand {
    fn parse(command_type: &str, payload: &str) -> Result<Self, CommandError> {
        parse(command_type, payload)
    }
    fn aggregate_id(&self) -> String {
        match self {
            Self::Open { wallet }
            | Self::Deposit { wallet, .. }
            | Self::DepositTwice { wallet, .. }
            | Self::Fill { wallet }
            | Self::Withdraw { wallet, .. }
            | Self::Touch { wallet }
            | Self::DebitFor { wallet, .. }
            | Self::CreditFor { wallet, .. } => wallet.clone(),
        }
    }
    fn references(&self) -> Vec<StreamName> {
        Vec::new()
    }
}

impl DomainEvent for WalletEvent {
    fn event_type(&self) -> (&'static str, u32) {
        match self {
            Self::Opened {} => ("Opened", 1),
            Self::Deposited { .. } => ("Deposited", 2),
            Self::Withdrawn { .. } => ("Withdrawn", 1),
            Self::Debited { .. } => ("Debited", 1),
            Self::Credited { .. } => ("Credited", 1),
        }
    }
    fn encode(&self) -> Result<String, serde_json::Error> {
        encode(self)
    }
    fn decode(event_type: &str, payload: &str) -> Result<Self, DecodeError> {
        decode(event_type, payload)
    }
}

pub struct Wallets;

impl Decider for Wallets {
    const CATEGORY: &'static str = "wallet";
    const STATE_VERSION: u32 = 1;
    type State = Wallet;
    type Command = WalletCommand;
    type Event = WalletEvent;
    type Rejection = Refused;

    fn evolve(state: &mut Wallet, event: &WalletEvent) {
        match event {
            WalletEvent::Opened {} => state.open = true,
            WalletEvent::Deposited { amount } => state.balance += amount,
            WalletEvent::Withdrawn { amount } => state.balance -= amount,
            WalletEvent::Debited { payment, amount } => {
                state.balance -= amount;
                state.payments.push(payment.clone());
            }
            WalletEvent::Credited { payment, amount } => {
                state.balance += amount;
                state.payments.push(payment.clone());
            }
        }
    }

    fn decide(
        state: &Wallet,
        command: &WalletCommand,
        _: &CommandContext,
        _: &References,
    ) -> Result<Vec<WalletEvent>, Refused> {
        if !state.open && !matches!(command, WalletCommand::Open { .. }) {
            return Err(Refused("no_wallet", "there is no such wallet".to_owned()));
        }
        let covered = |amount: i64| {
            let message = format!("{amount} is asked for, {} is there", state.balance);
            if amount <= state.balance { Ok(()) } else { Err(Refused("insufficient_funds", message)) }
        };
        Ok(match command {
            WalletCommand::Open { .. } if state.open => vec![],
            WalletCommand::Open { .. } => vec![WalletEvent::Opened {}],
            WalletCommand::Deposit { amount, .. } => vec![WalletEvent::Deposited { amount: *amount }],
            WalletCommand::DepositTwice { amount, .. } => {
                vec![WalletEvent::Deposited { amount: *amount }, WalletEvent::Deposited { amount: *amount }]
            }
            WalletCommand::Fill { .. } => {
                let times = if state.balance == 0 { 2 } else { 1 };
                (0..times).map(|_| WalletEvent::Deposited { amount: 5 }).collect()
            }
            WalletCommand::Withdraw { amount, .. } => {
                covered(*amount)?;
                vec![WalletEvent::Withdrawn { amount: *amount }]
            }
            WalletCommand::Touch { .. } => vec![],
            WalletCommand::DebitFor { payment, amount, .. } => {
                covered(*amount)?;
                vec![WalletEvent::Debited { payment: payment.clone(), amount: *amount }]
            }
            WalletCommand::CreditFor { payment, amount, .. } => {
                vec![WalletEvent::Credited { payment: payment.clone(), amount: *amount }]
            }
        })
    }
}
