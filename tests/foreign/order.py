"""The supplier's own SDK plays a whole order against the simulated supplier.

What our client and our simulator both got wrong would go unnoticed between the two of them.
The SDK was written by others from the same documents, so it stands in for the real supplier's word.
`run` beside this file starts the simulator and sets the two variables that are read here.
"""

import json
import os
from decimal import Decimal

import smspool_sdk
import urllib3
from smspool_sdk.exceptions import ApiException, BadRequestException

URL = os.environ["SMSPOOL_API_URL"]
WHATSAPP = "1012"
PATIENCE = urllib3.Timeout(10)


def main() -> None:
    settings = smspool_sdk.Configuration(host=URL, access_token=os.environ["SMSPOOL_API_KEY"], retries=False)
    with smspool_sdk.ApiClient(settings) as client:
        start = balance(client)
        look_around(client)
        received = receive_a_code(client)
        cancelled = cancel_an_order(client)
        rented = rent_a_number(client)
        refuse_a_wrong_key(client, settings)
    truth = {name: Decimal(amount) for name, amount in control("GET", "truth").items()}
    assert truth["charged"] == received + cancelled + rented, truth
    assert truth["refunded"] == cancelled, truth
    assert truth["balance"] == start - received - rented, truth
    unknown = control("GET", "counts")["unknown"]
    assert unknown == [], f"the simulator does not know {unknown}"


def look_around(client) -> None:
    information = smspool_sdk.InformationApi(client)
    countries = information.country_retrieve_all()
    america = next(country for country in countries if country["short_name"] == "US")
    assert (america["ID"], america["name"]) == (1, "United States"), america
    services = information.service_retrieve_all()
    assert any(str(service["ID"]) == WHATSAPP and service["name"].strip() == "WhatsApp" for service in services)
    rows = smspool_sdk.PricingApi(client).request_pricing(country="1")
    assert rows and all(row["country"] == 1 and Decimal(row["price"]) > 0 for row in rows)
    prices = [Decimal(row["price"]) for row in rows if str(row["service"]) == WHATSAPP]
    price = smspool_sdk.PricingApi(client).request_price(country="US", service=WHATSAPP)
    assert Decimal(price["price"]) == min(prices), (price, prices)


def receive_a_code(client) -> Decimal:
    """Buys a number, waits for its code, finds that it cannot be given back. Returns what it cost."""
    sms = smspool_sdk.SMSApi(client)
    before = balance(client)
    bought = sms.purchase_sms(country="US", service=WHATSAPP, pricing_option=0)
    order = bought["order_id"]
    assert bought["success"] == 1 and len(order) == 8, bought
    assert str(bought["number"]) == bought["cc"] + bought["phonenumber"], bought
    cost = Decimal(bought["cost"])
    assert cost > 0 and balance(client) == before - cost, bought
    assert active(sms, order)["status"] == "pending"
    pending = sms.sms_check(orderid=order)
    assert pending["status"] == 1 and 0 < pending["time_left"] <= 1200 and "sms" not in pending, pending

    text = "Your WhatsApp code is 482-913 🙂"
    assert control("POST", "sms", order=order, text=text) == {"delivered": order}
    received = sms.sms_check(orderid=order)
    assert (received["status"], received["sms"], received["full_sms"]) == (3, "482913", text), received
    listed = active(sms, order)
    assert (listed["status"], listed["code"], listed["full_code"]) == ("completed", "482913", text), listed
    refused("already received", sms.sms_cancel, orderid=order)
    assert balance(client) == before - cost
    return cost


def cancel_an_order(client) -> Decimal:
    """Cancels too early, then in time. Returns what was charged and given back."""
    sms = smspool_sdk.SMSApi(client)
    before = balance(client)
    bought = sms.purchase_sms(country="FR", service=WHATSAPP)
    order, cost = bought["order_id"], Decimal(bought["cost"])
    refused("cannot be cancelled yet", sms.sms_cancel, orderid=order)
    assert balance(client) == before - cost
    control("POST", "clock/advance", by="61s")
    cancelled = sms.sms_cancel(orderid=order)
    assert cancelled["success"] == 1 and bought["cost"] in cancelled["message"], cancelled
    assert sms.sms_check(orderid=order)["status"] == 6
    assert active(sms, order) is None
    assert balance(client) == before
    return cost


def rent_a_number(client) -> Decimal:
    """Rents a number and reads its first message. Returns what it cost."""
    rental = smspool_sdk.RentalApi(client)
    before = balance(client)
    product = next(line for line in rental.rental_retrieve_all(type=1)["data"] if "7" in line["pricing"])
    price = Decimal(str(product["pricing"]["7"]))
    assert rental.rental_stock(id=product["ID"], days=7)["count"] > 0
    rented = rental.purchase_rental(id=product["ID"], days=7)
    code = rented["rental_code"]
    assert (rented["success"], rented["days"]) == (1, 7), rented
    assert balance(client) == before - price

    assert rental.rental_retrieve_messages(rental_code=code)["messages"] == []
    assert control("POST", "sms", rental=code, text="Code 55501") == {"delivered": code}
    assert [text["message"] for text in rental.rental_retrieve_messages(rental_code=code)["messages"]] == ["Code 55501"]
    status = rental.rental_retrieve_status(rental_code=code)["status"]
    assert (status["available"], status["phonenumber"]) == (1, rented["phonenumber"]), status
    assert [own["rental_code"] for own in rental.rental_retrieve()] == [code]
    return price


def refuse_a_wrong_key(client, settings) -> None:
    settings.access_token = "x" * 32
    refused("Invalid API key", smspool_sdk.InformationApi(client).request_balance, kind=ApiException, status=403)


def balance(client) -> Decimal:
    return Decimal(smspool_sdk.InformationApi(client).request_balance()["balance"])


def active(sms, order: str) -> dict | None:
    return next((row for row in sms.request_active() if row["order_code"] == order), None)


def refused(part: str, call, kind=BadRequestException, status=400, **fields) -> None:
    try:
        answer = call(**fields)
    except kind as error:
        assert error.status == status and part in error.body, error
    else:
        raise AssertionError(f"accepted, and should say {part!r}: {answer}")


def control(method: str, route: str, **fields):
    """Asks the simulator itself, past the SDK."""
    answer = urllib3.request(method, f"{URL}/sim/{route}", json=fields or None, timeout=PATIENCE, retries=False)
    assert answer.status == 200, (route, answer.data)
    return json.loads(answer.data)


if __name__ == "__main__":
    main()
