//! The hostile answers of the crate's `hostile`, to this supplier's decoders.

use shop::pool::Check;
use shop::{Days, SupplierOrderId};

use super::catalogue::{Ask, Kind};
use super::{decode, endpoints, errors};
use crate::candidate::NOW;
use crate::hostile;
use crate::json::Json;

#[test]
fn hostile_answers_are_typed_failures() {
    hostile::check(&endpoints::ORDER, errors::refusal, decode_everything);
}

fn decode_everything(json: &Json<'_>, shown: &str) {
    let id = SupplierOrderId::parse("A").expect("an id");
    for kind in [Kind::Temporary, Kind::Rental(Days(30))] {
        let ordered = decode::ordered(json, kind, NOW);
        assert!(ordered.is_err() || ordered.is_ok_and(|ordered| ordered.phone.is_none()), "{shown}");
    }
    assert_eq!(decode::number(json, &id), None, "{shown}");
    assert!(decode::balance(json).is_err(), "{shown}");
    assert!(matches!(decode::check(json, &id), Err(_) | Ok(Check::Pending)), "{shown}");
    assert!(!matches!(decode::received(json, &id), Ok(list) if !list.is_empty()), "{shown}");
    for ask in Ask::ALL {
        assert!(!matches!(decode::products(json, ask), Ok(listing) if !listing.products.is_empty()), "{shown}");
    }
    let _ = (decode::given_back(json), decode::reused(json, &id), decode::awake_until(json, NOW));
}
