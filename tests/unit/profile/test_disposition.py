"""Inclinations: each with a minimum of data, below which it is absent."""

import pytest

from stream.profile.disposition import Inclination
from tests.support.events import Wire, folded, ordered, portrait, to_ms, viewed

NOON = "2024-05-06T12:00:00Z"


def inclinations(*events: Wire, as_of: str = "2024-05-07T00:00:00Z") -> dict[str, Inclination]:
    found = portrait(folded(events), to_ms(as_of)).disposition.inclinations
    assert list(found) == sorted(found, key=lambda each: (-each.score, each.name))
    return {each.name: each for each in found}


def branded(day: int, brand: str, count: int) -> list[Wire]:
    return [viewed(f"2024-05-{day:02}T12:00:00Z", brand=brand) for _ in range(count)]


def test_little_data_shows_no_inclination():
    orders = [ordered(NOON, "5.00", {"product_id": "p1", "price": "5.00"}) for _ in range(2)]
    assert inclinations(*orders, *branded(1, "Acme", 19), viewed(NOON)) == {}


def test_three_orders_and_a_price_show_what_drives_the_customer():
    cheap = [ordered(NOON, "1.00") for _ in range(3)]
    found = inclinations(*cheap, viewed(NOON, price="0.50"))
    assert found["price-driven"].score == 0.5  # the lowest prices, no response to marketing
    assert found["quality-driven"].score == 0.5  # never a discount, the lowest prices
    assert found["price-driven"].evidence == {"orders": 3, "sensitivity": 0.0, "price_level": 0}
    dear = inclinations(*cheap, viewed(NOON, price="5000.00"))
    assert (dear["price-driven"].score, dear["quality-driven"].score) == (0.0, 1.0)
    assert set(inclinations(*cheap)) == set()


def test_discounts_lower_quality_and_raise_the_price():
    lines = [ordered(NOON, "30.00", discount="10.00", coupon="TEN") for _ in range(3)]
    found = inclinations(*lines, viewed(NOON, price="5000.00"))
    assert found["quality-driven"].evidence["full_price_share"] == 0.75
    assert found["quality-driven"].score == 0.875
    assert found["price-driven"].evidence["sensitivity"] > 0.2


@pytest.mark.parametrize(
    ("view", "impulsive", "deliberate"),
    [
        ("2024-05-06T11:00:00Z", 1.0, 0.0),
        ("2024-05-06T10:54:00Z", 0.0, 0.0),
        ("2024-05-05T12:06:00Z", 0.0, 0.0),
        ("2024-05-05T12:05:59Z", 0.0, 1.0),
    ],
)
def test_within_an_hour_is_an_impulse_and_a_day_is_deliberation(view, impulsive, deliberate):
    #   5 May 12:00                    11:00          6 May 12:00
    #       |----- neither -------------|--- impulse ---|  order
    names = ("p1", "p2", "p3")
    views = [viewed(view) | {"product": {"product_id": name}} for name in names]
    order = ordered(NOON, "5.00", *({"product_id": name} for name in names))
    found = inclinations(*views, order)
    assert (found["impulsive"].score, found["deliberate"].score) == (impulsive, deliberate)
    assert found["impulsive"].evidence["products_bought"] == 3


def test_loyalty_is_the_concentration_on_brands():
    found = inclinations(*branded(1, "Acme", 15), *branded(1, "Zed", 5))
    assert found["loyal"].score == round((15**2 + 5**2) / 20**2, 4)
    assert found["loyal"].evidence == {"brands": 2, "brand_points": 20, "top_share": 0.75}
    assert "novelty-seeking" not in found  # one day tells nothing of new brands


def test_novelty_is_the_part_of_brands_not_met_before():
    #    1 May     2 May           3 May
    #    Acme 10   Acme 5, Zed 2   Zed 1, Öko 2
    found = inclinations(
        *branded(1, "Acme", 10),
        *branded(2, "Acme", 5),
        *branded(2, "Zed", 2),
        *branded(3, "Zed", 1),
        *branded(3, "Öko", 2),
    )
    assert found["novelty-seeking"].score == (2 + 2) / 10
    assert found["novelty-seeking"].evidence["points_on_new_brands"] == 4


def test_an_inclination_is_gone_when_its_data_leave_the_window():
    events = branded(1, "Acme", 20)
    assert "loyal" in inclinations(*events, as_of="2024-05-31T23:59:59.999Z")
    assert inclinations(*events, as_of="2024-06-01T00:00:00Z") == {}
