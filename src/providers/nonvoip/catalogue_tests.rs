//! Services out of products, and the words for spans of time.

use super::*;

fn product(id: u32, name: &str, kind: Kind, cents: i32, stock: Stock) -> Product {
    Product { id, name: name.to_owned(), kind, cost: Some(Money::from_cents(cents)), stock }
}

const MONTH: Kind = Kind::Rental(Days(30));

#[test]
fn spans_of_time_are_read_in_several_words() {
    let days = |days| Some(Kind::Rental(Days(days)));
    let cases = [
        ("short_term", Some(Kind::Temporary)),
        ("Short Term", Some(Kind::Temporary)),
        ("10-minute", Some(Kind::Temporary)),
        ("15 min", Some(Kind::Temporary)),
        ("long_term", days(30)),
        ("30-days", days(30)),
        ("30", days(30)),
        ("3days", days(3)),
        ("3 Day", days(3)),
        ("three days", days(3)),
        ("1day", days(1)),
        ("1-day", days(1)),
        ("one_day", days(1)),
        ("13days", None),
        ("7days", None),
        ("30 minutes", None),
        ("3", None),
        ("1", None),
        ("lifetime", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Kind::read(text), expected, "{text}");
    }
}

#[test]
fn every_word_that_is_asked_for_is_read_the_same() {
    for ask in Ask::ALL {
        assert_eq!(ask.word().and_then(Kind::read), ask.kind(), "{ask:?}");
    }
}

#[test]
fn a_service_has_the_number_of_its_first_temporary_product_else_of_its_first_rental() {
    let mut catalogue = Catalogue::default();
    catalogue.add(
        Ask::Temporary,
        vec![
            product(9, "WhatsApp", Kind::Temporary, 50, Stock::Some),
            product(8, "WHATSAPP", Kind::Temporary, 60, Stock::None),
        ],
    );
    catalogue.add(
        Ask::Long,
        vec![
            product(1, "whatsapp", MONTH, 900, Stock::Some),
            product(7, "Signal", MONTH, 800, Stock::Some),
            product(5, "Signal", Kind::Rental(Days(3)), 300, Stock::None),
        ],
    );
    let services: Vec<_> = catalogue.services().into_iter().map(|service| (service.id.0, service.name)).collect();
    assert_eq!(services, [(5, "Signal".to_owned()), (8, "WHATSAPP".to_owned())]);
    assert_eq!(catalogue.offers(), [PoolOffer { service: ServiceId(8), cost: Money::from_cents(50), pool: None }]);
    let rentals: Vec<_> = catalogue.rentals().into_iter().map(|offer| (offer.product, offer.receives)).collect();
    let only = |service| Receives::Only(vec![ServiceId(service)]);
    assert_eq!(rentals, [(1, only(8)), (7, only(5))]);
    assert_eq!(catalogue.temporary()[&ServiceId(8)], ("whatsapp".to_owned(), vec![8, 9]));
    assert_eq!((catalogue.service(7), catalogue.service(77)), (Some(ServiceId(5)), None));
}

/// A word that the supplier does not know could bring the list of another: nothing temporary becomes a rental by that.
#[test]
fn what_stands_in_two_lists_is_what_the_first_one_says() {
    let mut catalogue = Catalogue::default();
    catalogue.add(Ask::Temporary, vec![product(9, "WhatsApp", Kind::Temporary, 50, Stock::Some)]);
    catalogue.add(Ask::OneDay, vec![product(9, "WhatsApp", Kind::Rental(Days(1)), 50, Stock::Some)]);
    assert_eq!((catalogue.offers().len(), catalogue.rentals().len()), (1, 0));
}

#[test]
fn a_rental_can_be_given_back_for_a_cautious_while() {
    let mut catalogue = Catalogue::default();
    catalogue.add(Ask::Long, vec![product(7, "Signal", MONTH, 800, Stock::Some)]);
    let offer = RentalOffer {
        product: 7,
        country: CountryId(1),
        costs: BTreeMap::from([(Days(30), Money::from_cents(800))]),
        receives: Receives::Only(vec![ServiceId(7)]),
        refund_within_s: Some(900),
        refund_min_days: Days(1),
        extendable: shop::pool::Extendable::Perhaps,
    };
    assert_eq!(catalogue.rentals(), [offer]);
    assert_eq!(catalogue.words_of_rentals(), BTreeMap::from([(7, Ask::Long)]));
}
