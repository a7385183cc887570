//! Operators and enrolled phones, made before the clock starts.

use std::{fs, path::Path, sync::Arc};

use anyhow::{Context, Result};
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    console::{Listener, Operator},
    customer::{Customer, PURPOSE, Slot},
    level::{self, Counted, Figures, Window},
};
use crate::{phone::Phone, secret::Prover, stack::Stack, tenant};

/// Calls that one operator's session has at a time.
pub const CALLS_PER_OPERATOR: usize = 8;
/// Phones enrolled at a time: what the cores can carry.
const AT_ONCE: usize = 4;

/// Handle of a made-up customer.
pub fn handle(index: usize) -> String {
    format!("C-{}", 30_000 + index)
}

/// Writes so many customers who meet every policy.
///
/// # Errors
/// When the folder cannot be written.
pub fn customers_file(dir: &Path, count: usize) -> Result<std::path::PathBuf> {
    let all: Vec<_> = (0..count)
        .map(|index| {
            json!({"handle": handle(index), "name": "高橋 千尋", "address": "東京都葛飾区若葉町三丁目九番十七号",
                "phone": "090-0000-4817", "account": "0417-77304817", "payment_token": "tok_Zq7xWv81",
                "birth": 19_830_217, "region": 13, "kyc_level": 2, "method": 1, "limit": 734_019})
        })
        .collect();
    let path = dir.join("customers.json");
    fs::write(&path, serde_json::to_vec(&all)?)?;
    Ok(path)
}

/// Everybody who takes part.
pub struct Fleet {
    /// Logged-in operators.
    pub operators: Vec<Operator>,
    /// Customers between calls.
    pub customers: Vec<Customer>,
}

impl Fleet {
    /// Logs the operators in and enrols the phones.
    ///
    /// # Errors
    /// When the server refuses any of it.
    pub async fn ready(stack: &Arc<Stack>, prover: &Arc<Prover>, operators: usize, phones: usize) -> Result<Self> {
        let (gate, mut desks, mut tasks) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new(), JoinSet::new());
        for index in 0..operators {
            let (stack, gate) = (stack.clone(), gate.clone());
            desks.spawn(async move {
                let _turn = gate.acquire().await?;
                Operator::invited(&stack, &tenant::extra_operator(index)).await
            });
        }
        for index in 0..phones {
            let (stack, prover, gate) = (stack.clone(), prover.clone(), gate.clone());
            tasks.spawn(async move {
                let _turn = gate.acquire().await?;
                anyhow::Ok(Customer::new(Phone::enrolled(&stack, &prover, &handle(index)).await?))
            });
        }
        let (mut operators, mut customers) = (Vec::with_capacity(operators), Vec::with_capacity(phones));
        while let Some(done) = desks.join_next().await {
            operators.push(done??);
        }
        while let Some(done) = tasks.join_next().await {
            customers.push(done??);
        }
        Ok(Self { operators, customers })
    }

    /// Prepares the calls' proofs on as many phones as will be called at once.
    ///
    /// # Errors
    /// When a credential does not meet the policy.
    pub fn prepare(&mut self, phones: usize) -> Result<()> {
        let policy = tenant::policies(false)
            .into_iter()
            .find(|policy| policy["id"] == PURPOSE.1)
            .context("the tenant has the calls' policy")?;
        let at = self.customers.len().checked_sub(phones).context("too few phones")?;
        self.customers[at..].iter_mut().try_for_each(|customer| customer.prepare(&policy))
    }

    /// Runs so many calls at once over the window.
    ///
    /// # Errors
    /// When any call ends otherwise than passed, or the fleet is too small.
    pub async fn run(&mut self, calls: usize, window: Window, counted: &[Counted]) -> Result<Figures> {
        let at = self.customers.len().checked_sub(calls).context("too few phones")?;
        let mut listeners: Vec<Listener> = Vec::new();
        let mut slots = Vec::with_capacity(calls);
        for (index, customer) in self.customers.drain(at..).enumerate() {
            let desk = index / CALLS_PER_OPERATOR;
            let operator = self.operators.get(desk).context("too few operators")?;
            if listeners.len() == desk {
                listeners.push(operator.listen().await?);
            }
            slots.push(Slot::open(customer, operator, &listeners[desk].waiting).await?);
        }
        let (figures, slots) = level::run(slots, window, counted).await?;
        self.customers.extend(slots.into_iter().map(Slot::close));
        Ok(figures)
    }
}
