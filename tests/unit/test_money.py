"""Amounts: exact integers, converted and rounded once."""

from decimal import Decimal

import pytest

from stream.errors import Reason, Rejected
from stream.money import MAX_MINOR, Rates, exponent, to_text

RATES = Rates("USD", {"EUR": Decimal("1.0845"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")})


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ("0", 0),
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("00012.50", 1250),
        ("0.07", 7),
        ("0.005", 0),  # half to even
        ("0.015", 2),
        ("0.025", 2),
        ("0.0250000000000000000001", 3),
        ("0.0149999999999999999999", 1),
        ("12.500", 1250),
    ],
)
def test_amount_in_the_base_currency_becomes_minor_units(amount, minor):
    assert RATES.to_minor(amount, "USD") == minor
    assert RATES.to_minor(amount, None) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.00", "EUR", 1084),  # 10.845
        ("30.00", "EUR", 3254),  # 32.535
        ("100", "EUR", 10845),
        ("1000", "JPY", 670),
        ("1.001", "KWD", 325),  # 3.25325
        ("0", "EUR", 0),
    ],
)
def test_foreign_amount_is_converted_and_rounded_once_half_to_even(amount, currency, minor):
    assert RATES.to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    ("base", "amount", "minor"),
    [("JPY", "1250", 1250), ("JPY", "12.5", 12), ("KWD", "1.2345", 1234), ("CLF", "1", 10_000)],
)
def test_minor_units_are_those_of_the_base_currency(base, amount, minor):
    assert Rates(base).to_minor(amount, base) == minor


def test_rate_of_the_base_currency_itself_is_one_whatever_the_file_says():
    assert Rates("USD", {"USD": Decimal(7)}).to_minor("1.00", "USD") == 100


def test_currency_without_a_rate_is_refused_and_named():
    with pytest.raises(Rejected, match="XTS to USD") as caught:
        RATES.to_minor("1.00", "XTS")
    assert caught.value.reason is Reason.UNKNOWN_CURRENCY


def test_largest_amount_is_taken_and_the_next_one_refused():
    largest = to_text(MAX_MINOR, 2)
    assert RATES.to_minor(largest, "USD") == MAX_MINOR
    for amount, currency in (
        (to_text(MAX_MINOR + 1, 2), "USD"),
        (largest, "EUR"),
        ("9" * 24, None),
    ):
        with pytest.raises(Rejected) as caught:
            RATES.to_minor(amount, currency)
        assert caught.value.reason is Reason.BAD_MONEY


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("EUR", 2), ("USD", 2), ("CNY", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("CLF", 4)],
)
def test_currencies_have_their_own_number_of_decimals(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [
        (0, 2, "0.00"),
        (7, 2, "0.07"),
        (1250, 2, "12.50"),
        (-7, 2, "-0.07"),
        (-1250, 2, "-12.50"),
        (1250, 0, "1250"),
        (-5, 0, "-5"),
        (7, 3, "0.007"),
        (10**15, 2, "10000000000000.00"),
    ],
)
def test_amounts_are_printed_with_all_their_decimals(minor, decimals, text):
    assert to_text(minor, decimals) == text
    if minor >= 0:
        base = {0: "JPY", 2: "USD", 3: "KWD"}[decimals]
        assert minor > MAX_MINOR or Rates(base).to_minor(text, base) == minor
