//! A supplier that is listened to: every call goes through, and what came of it is told to the server's [`Health`].

use std::sync::Arc;

use async_trait::async_trait;
use shop::pool::{
    Cancelled, Check, Listed, ListedOrder, ListedRental, Message, PoolCountry, PoolError, PoolOffer, PoolService,
    PurchaseError, PurchaseRequest, Purchased, Renewal, Renewed, RentRequest, RentalOffer, Resent, SmsPool,
};
use shop::server::{Coverage, OrderLists};
use shop::{CountryId, Money, ServiceId, SupplierOrderId, UnixSeconds};

use crate::health::Health;

/// A supplier under its server's health. What its client knows without asking says nothing about the supplier.
pub(crate) struct Watched {
    /// The supplier.
    pub(crate) pool: Arc<dyn SmsPool>,
    /// Who listens.
    pub(crate) health: Arc<Health>,
}

impl Watched {
    /// A list was read; where there is none nobody was asked.
    fn listed<T>(&self, answer: &Result<Listed<T>, PoolError>) {
        match self.health.server().profile().lists {
            OrderLists::Kept => self.health.read(answer),
            OrderLists::Absent => {}
        }
    }

    /// The countries were read; where there is but one nobody was asked.
    fn covered(&self, answer: &Result<Vec<PoolCountry>, PoolError>) {
        match self.health.server().profile().coverage {
            Coverage::World => self.health.read(answer),
            Coverage::Only(_) => {}
        }
    }
}

#[async_trait]
impl SmsPool for Watched {
    async fn balance(&self) -> Result<Money, PoolError> {
        let answer = self.pool.balance().await;
        self.health.read(&answer);
        answer
    }

    async fn countries(&self) -> Result<Vec<PoolCountry>, PoolError> {
        let answer = self.pool.countries().await;
        self.covered(&answer);
        answer
    }

    async fn services(&self) -> Result<Vec<PoolService>, PoolError> {
        let answer = self.pool.services().await;
        self.health.read(&answer);
        answer
    }

    async fn offers(&self, country: CountryId) -> Result<Vec<PoolOffer>, PoolError> {
        let answer = self.pool.offers(country).await;
        self.health.read(&answer);
        answer
    }

    async fn cost(&self, country: CountryId, service: ServiceId) -> Result<PoolOffer, PoolError> {
        let answer = self.pool.cost(country, service).await;
        self.health.read(&answer);
        answer
    }

    async fn purchase(&self, request: &PurchaseRequest) -> Result<Purchased, PurchaseError> {
        let answer = self.pool.purchase(request).await;
        self.health.purchased(&answer);
        answer
    }

    async fn check(&self, id: &SupplierOrderId) -> Result<Check, PoolError> {
        let answer = self.pool.check(id).await;
        self.health.read(&answer);
        answer
    }

    async fn cancel(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        let answer = self.pool.cancel(id).await;
        self.health.read(&answer);
        answer
    }

    async fn resend_cost(&self, id: &SupplierOrderId) -> Result<Option<Money>, PoolError> {
        let answer = self.pool.resend_cost(id).await;
        // That none is allowed may be known without asking.
        if !matches!(answer, Ok(None)) {
            self.health.read(&answer);
        }
        answer
    }

    async fn resend(&self, id: &SupplierOrderId) -> Result<Resent, PurchaseError> {
        let answer = self.pool.resend(id).await;
        self.health.purchased(&answer);
        answer
    }

    async fn active(&self) -> Result<Listed<ListedOrder>, PoolError> {
        let answer = self.pool.active().await;
        self.listed(&answer);
        answer
    }

    async fn history(&self) -> Result<Listed<ListedOrder>, PoolError> {
        let answer = self.pool.history().await;
        self.listed(&answer);
        answer
    }

    async fn rental_offers(&self) -> Result<Vec<RentalOffer>, PoolError> {
        let answer = self.pool.rental_offers().await;
        self.health.read(&answer);
        answer
    }

    async fn rental_services(&self, product: u32) -> Result<Option<Vec<ServiceId>>, PoolError> {
        let answer = self.pool.rental_services(product).await;
        self.health.read(&answer);
        answer
    }

    async fn rental_cost(&self, request: &RentRequest) -> Result<Money, PoolError> {
        let answer = self.pool.rental_cost(request).await;
        self.health.read(&answer);
        answer
    }

    async fn rent(&self, request: &RentRequest) -> Result<Purchased, PurchaseError> {
        let answer = self.pool.rent(request).await;
        self.health.purchased(&answer);
        answer
    }

    async fn renew_cost(&self, rental: &Renewal) -> Result<Option<Money>, PoolError> {
        let answer = self.pool.renew_cost(rental).await;
        self.health.read(&answer);
        answer
    }

    async fn renew(&self, rental: &Renewal) -> Result<Renewed, PurchaseError> {
        let answer = self.pool.renew(rental).await;
        self.health.purchased(&answer);
        answer
    }

    async fn rental_messages(&self, id: &SupplierOrderId) -> Result<Vec<Message>, PoolError> {
        let answer = self.pool.rental_messages(id).await;
        self.health.read(&answer);
        answer
    }

    async fn rental_refund(&self, id: &SupplierOrderId) -> Result<Cancelled, PoolError> {
        let answer = self.pool.rental_refund(id).await;
        self.health.read(&answer);
        answer
    }

    async fn rentals(&self) -> Result<Listed<ListedRental>, PoolError> {
        let answer = self.pool.rentals().await;
        self.listed(&answer);
        answer
    }

    async fn wake(&self, id: &SupplierOrderId) -> Result<UnixSeconds, PoolError> {
        let answer = self.pool.wake(id).await;
        self.health.read(&answer);
        answer
    }
}
