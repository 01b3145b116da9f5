//! Jobs: the one `match` over everything that flows want done after a commit. A job runs at least once; its answer goes
//! back into the session under the job's key, and the step that takes it in removes the job.

use std::sync::Arc;

use engine::machine::Input;
use flows::{Job, Reply};
use shop::catalogue::Product;
use shop::order::Wish;
use shop::pool::{PoolError, RentRequest};
use shop::{CountryId, ErrorCode, Money, ServerId};
use store::JobView;
use strum::VariantNames as _;
use telegram::host::Delivered;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::shell::Shell;

/// Runs a job in a task of its own. Whatever becomes of it, whoever asked gets an answer.
pub(crate) fn spawn(shell: &Arc<Shell>, row: JobView) {
    let shell = shell.clone();
    let span = tracing::error_span!("job", user = shell.office.pseudonyms.of(row.user), kind = name(&row.body));
    let (kind, wanted_at) = (name(&row.body), Instant::now());
    let running = async move {
        let reply = match serde_json::from_value::<Job>(row.body.clone()) {
            Ok(job) => {
                let failed = failure(&job);
                let running = shell.clone();
                let ran = tokio::spawn(async move { run(&running, job).await }.in_current_span()).await;
                ran.unwrap_or_else(|panic| {
                    tracing::error!(%panic, "a job panicked");
                    failed
                })
            }
            Err(error) => {
                tracing::warn!(%error, "a job cannot be read");
                unreadable(&row.body)
            }
        };
        let input = Input::Reply { instance: row.instance, reply };
        shell.deliver(Delivered { user: row.user.0, key: row.key, input });
        if let Some(metrics) = shell.office.metrics() {
            metrics.job(kind, wanted_at.elapsed());
        }
    };
    tokio::spawn(running.instrument(span));
}

/// What a job's row asks for, by its name in [`Job`]; `other` for a job of another version.
fn name(body: &serde_json::Value) -> &'static str {
    let is_asked = |name: &&&'static str| body.get(**name).is_some() || body == **name;
    Job::VARIANTS.iter().find(is_asked).copied().unwrap_or("other")
}

/// The answer of a job that went wrong in a way that no supplier explains.
const fn failure(job: &Job) -> Reply {
    match job {
        Job::LoadOffers { country, .. } => Reply::LoadFailed { country: Some(*country), code: ErrorCode::Unexpected },
        Job::AskCost { .. } => Reply::CostFailed { code: ErrorCode::Unexpected },
    }
}

/// The answer of a job that another version wrote; its name says what was asked.
fn unreadable(body: &serde_json::Value) -> Reply {
    let code = ErrorCode::Unexpected;
    match body.get("AskCost") {
        Some(_) => Reply::CostFailed { code },
        None => Reply::LoadFailed { country: None, code },
    }
}

/// Runs the jobs that an earlier life left.
pub(crate) fn resume_jobs(shell: &Arc<Shell>) {
    match shell.office.store.jobs() {
        Ok(rows) => rows.into_iter().for_each(|row| spawn(shell, row)),
        Err(error) => tracing::error!(%error, "jobs were not read"),
    }
}

async fn run(shell: &Shell, job: Job) -> Reply {
    match job {
        Job::LoadOffers { server, country, product } => match load_offers(shell, server, country, product).await {
            Ok(()) => Reply::OffersLoaded { country },
            Err(error) => Reply::LoadFailed { country: Some(country), code: error.code },
        },
        Job::AskCost { server, wish } => match ask_cost(shell, server, &wish).await {
            Ok(cost) => Reply::Cost { cost },
            Err(error) => Reply::CostFailed { code: error.code },
        },
    }
}

async fn load_offers(shell: &Shell, server: ServerId, country: CountryId, product: Product) -> Result<(), PoolError> {
    match shell.markets.get(&server) {
        Some(market) => market.load(country, product).await,
        None => Err(unavailable()),
    }
}

async fn ask_cost(shell: &Shell, server: ServerId, wish: &Wish) -> Result<Money, PoolError> {
    let pool = shell.pool(server).ok_or_else(unavailable)?;
    if let Some(rental) = wish.extends {
        let rental = shell.office.store.order(rental).ok().flatten();
        let renewal = rental.and_then(|rental| rental.renewal()).ok_or_else(unavailable)?;
        return pool.renew_cost(&renewal).await?.ok_or_else(unavailable);
    }
    match (wish.product, wish.rental_product) {
        (Product::Temporary, _) => pool.cost(wish.country, wish.service).await.map(|offer| offer.cost),
        (Product::Rental(days), Some(product)) => {
            pool.rental_cost(&RentRequest { country: wish.country, product, days, service: wish.service }).await
        }
        (Product::Rental(_), None) => Err(unavailable()),
    }
}

fn unavailable() -> PoolError {
    PoolError { code: ErrorCode::Unavailable, cause: "no such supplier".to_owned(), advice: shop::pool::Advice::None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shop::CountryId;

    #[test]
    fn jobs_of_another_version_are_answered_by_what_they_asked() {
        let load = serde_json::to_value(Job::LoadOffers {
            server: ServerId::Two,
            country: CountryId(1),
            product: Product::Temporary,
        })
        .expect("JSON");
        assert!(load.get("LoadOffers").is_some(), "{load}");
        assert!(matches!(unreadable(&json!({"LoadOffers": 5})), Reply::LoadFailed { country: None, .. }));
        assert!(matches!(unreadable(&json!({"AskCost": {"wish": []}})), Reply::CostFailed { .. }));
        assert!(matches!(unreadable(&json!(null)), Reply::LoadFailed { .. }));
    }
}
