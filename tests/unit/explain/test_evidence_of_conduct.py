"""Evidence of what somebody does and likes adds up: sessions, hours, preferences, inclinations."""

from tests.support.events import event, ordered, searched, viewed
from tests.support.explained import BUYER, MEASURED, explained


def test_conversion_counts_sessions() -> None:
    product = {"product_id": "p1"}
    events = [
        viewed("2026-06-10T10:00:00Z"),
        viewed("2026-06-11T10:00:00Z"),
        event("product_added", "2026-06-11T10:05:00Z", product=product),
        event("product_added", "2026-06-12T10:05:00Z", product=product),
        ordered("2026-06-12T10:15:00Z", "10"),
    ]
    found = explained(events)
    assert found["activity.sessions"][0][0] == "3"
    assert found["activity.sessions"][0][1].endswith("the newest began at 2026-06-12 10:05 UTC")
    assert found["activity.conversion.view_to_cart"] == [
        ("0.6667", "a product was put into the cart in 2 of 3 sessions")
    ]
    assert found["activity.conversion.cart_to_order"] == [
        ("0.5", "an order was completed in 1 of 2 sessions with a cart")
    ]


def test_peak_hours_quote_the_even_share() -> None:
    hours = (9, 9, 9, 10, 11, 12)
    events = [viewed(f"2026-06-10T{hour:02}:00:00Z") for hour in hours]
    assert explained(events)["activity.hours.peak_hours"] == [
        (
            "9, 10, 11, 12",
            "events: 3 at 9 h, 1 at 10 h, 1 at 11 h, 1 at 12 h; a peak has at least 2 times the "
            "even share of 6 / 24 = 0.25",
        )
    ]
    flat = [viewed(f"2026-06-10T{hour:02}:00:00Z") for hour in range(24)]
    assert explained(flat)["activity.hours.peak_hours"] == [
        (
            "none",
            "no hour reaches 2 times the even share of 24 / 24 = 1.00; the busiest has 1 event",
        )
    ]


def test_category_quotes_points_days_and_ageing() -> None:
    events = [
        viewed("2026-06-22T10:00:00Z", category="mugs"),
        viewed("2026-06-29T10:00:00Z", category="mugs"),
        viewed("2026-06-29T10:00:00Z", category="pans"),
    ]
    # A week halves: 0.5 + 1 of 2.5.
    assert explained(events)["preferences.categories"] == [
        (
            "mugs 0.6",
            "2 points on 2 days, the newest 2026-06-29; 1.50 of 2.50 once halved for every 7 days "
            "of age",
        ),
        (
            "pans 0.4",
            "1 point on 1 day, the newest 2026-06-29; 1.00 of 2.50 once halved for every 7 days "
            "of age",
        ),
    ]


def test_prices_and_searches_quote_their_number() -> None:
    events = [
        viewed("2026-06-29T10:00:00Z", price="0.10"),
        viewed("2026-06-29T10:00:00Z", price="0.12"),
        searched("2026-06-29T10:00:00Z", "blue mug"),
        searched("2026-06-29T10:00:00Z", "Blue  mug"),
    ]
    found = explained(events)
    assert found["preferences.price_band"] == [
        (
            "0.10, 0.10, 0.12",
            "quartiles of 2 prices met in the window, from about 0.10 USD to 0.12 USD",
        )
    ]
    assert found["preferences.searches"] == [
        ("blue mug 2", "2 searches by query over the window in whole UTC days")
    ]


def test_absent_inclinations_say_what_is_missing() -> None:
    events = [viewed("2026-06-29T10:00:00Z", brand="Acme")] * 12
    found = dict(explained([*events, *BUYER[:1]])["disposition.inclinations"])
    assert found == {
        "price-driven absent": "1 of 3 orders; no product with a price in the window",
        "quality-driven absent": "1 of 3 orders; no product with a price in the window",
        "impulsive absent": "0 of 3 products bought after a view",
        "deliberate absent": "0 of 3 products bought after a view",
        "novelty-seeking absent": "12 of 20 brand points; 1 of 3 days with a brand",
        "loyal absent": "12 of 20 brand points",
    }


def test_inclinations_quote_what_their_score_is_made_of() -> None:
    days = ("2026-06-10", "2026-06-11", "2026-06-12")
    events = [viewed(f"{day}T10:00:00Z", brand="Acme", price="32.00") for day in days * 5]
    events += [viewed("2026-06-12T10:00:00Z", brand=brand) for brand in ("A", "B", "C", "D", "E")]
    found = dict(explained([*events, *BUYER], MEASURED)["disposition.inclinations"])
    # 15 and five times 1 of 20: (225 + 5) / 400.
    assert found["loyal 0.575"] == (
        "squared shares of 6 brands in 20 points, added up; the largest share is 0.75"
    )
    # Of 15 points after the first day 5 went to new brands.
    assert found["novelty-seeking 0.3333"] == (
        "5 of 15 brand points after the first of 3 days went to brands not met before"
    )
    # No coupon in four orders: sensitivity 0; price level 30 of 95.
    assert found["price-driven 0.3421"] == "mean of sensitivity 0 and of 1 - price level 30 / 95"
    assert found["quality-driven 0.6579"] == (
        "mean of price level 30 / 95 and of full price share 1"
    )


def test_impulse_and_deliberation_count_products() -> None:
    events = []
    for number, minutes in enumerate((10, 20, 30)):
        item = {"product_id": f"p{number}"}
        events.append(event("product_viewed", "2026-06-10T10:00:00Z", product=item))
        events.append(ordered(f"2026-06-10T10:{minutes}:00Z", "10", item))
    found = dict(explained(events)["disposition.inclinations"])
    assert found["impulsive 1"].startswith(
        "3 of 3 products bought after a view came within an hour"
    )
    assert found["deliberate 0"].startswith("0 of 3 products bought after a view came a day")
