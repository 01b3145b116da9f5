//! The books: a transaction is posted once under its key, checked before it is written, and the wallets follow.

use std::collections::BTreeMap;

use shop::UserId;
use shop::ledger::{Account, Transaction, Wallet};

use crate::chain;
use crate::draft::Draft;
use crate::error::StoreError;
use crate::outcome::Posted;
use crate::read::{Read, Result};
use crate::tables::{Tab, one, two};

/// Posts a transaction. One that is posted already, with the same content, changes nothing.
///
/// # Errors
/// [`StoreError::Ledger`] where it does not sum to zero, a wallet would fall below zero, or the key names another one.
pub(crate) fn post(draft: &mut Draft<'_, '_>, transaction: &Transaction) -> Result<()> {
    if !transaction.is_balanced() {
        return Err(broken(transaction, "does not sum to zero"));
    }
    if let Some(before) = draft.transaction_of(&transaction.key)? {
        let same = before.kind == transaction.kind
            && before.user == transaction.user
            && before.postings() == transaction.postings();
        return if same { Ok(()) } else { Err(broken(transaction, "is posted already, with another content")) };
    }
    for (user, wallet) in wallets_after(draft, transaction)? {
        draft.put(Tab::Wallets, one(user.0), &wallet)?;
    }
    let seq = chain::append(draft, transaction)?;
    draft.put(Tab::LedgerKeys, transaction.key.as_bytes().to_vec(), &seq)?;
    let delta = transaction.available_delta();
    if let Some(user) = transaction.user.filter(|_| delta.micros() != 0) {
        draft.put(Tab::UserLedger, two(user.0, seq), &delta)?;
    }
    draft.changed.posted.push(Posted { seq, transaction: transaction.clone() });
    Ok(())
}

/// What the wallets are afterwards.
fn wallets_after(draft: &Draft<'_, '_>, transaction: &Transaction) -> Result<BTreeMap<UserId, Wallet>> {
    let mut wallets = BTreeMap::new();
    for posting in transaction.postings() {
        let (Account::Available(user) | Account::Held(user)) = posting.account else { continue };
        let mut wallet = match wallets.get(&user) {
            Some(wallet) => *wallet,
            None => draft.wallet(user)?,
        };
        let part =
            if matches!(posting.account, Account::Available(_)) { &mut wallet.available } else { &mut wallet.held };
        *part = part.checked_add(posting.delta).ok_or_else(|| broken(transaction, "overflows"))?;
        wallets.insert(user, wallet);
    }
    match wallets.values().any(|wallet| wallet.available.is_negative() || wallet.held.is_negative()) {
        true => Err(broken(transaction, "would leave a wallet below zero")),
        false => Ok(wallets),
    }
}

fn broken(transaction: &Transaction, why: &str) -> StoreError {
    StoreError::Ledger(format!("transaction {} {why}", transaction.key))
}
