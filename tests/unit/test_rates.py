"""The exchange rates file: read exactly, or refused with what is wrong in it."""

from decimal import Decimal
from pathlib import Path

import pytest

from stream.errors import Fatal, Rejected
from stream.rates import load_rates
from stream.settings import Settings


def settings(tmp_path: Path, content: str, currency: str = "USD") -> Settings:
    path = tmp_path / "rates.json"
    path.write_text(content)
    return Settings(currency=currency, rates=path)


def test_without_a_file_only_the_base_currency_is_known():
    rates = load_rates(Settings(currency="GBP"))
    assert rates.to_minor("1.00", "GBP") == 100
    with pytest.raises(Rejected):
        rates.to_minor("1.00", "USD")


def test_rates_are_read_from_text_and_from_numbers(tmp_path):
    rates = load_rates(settings(tmp_path, '{"EUR": "1.0845", "GBP": 1.27, "JPY": 1}'))
    assert rates.to_minor("100", "EUR") == 10845
    assert rates.to_minor("100", "GBP") == 12700
    assert rates.to_minor("100", "JPY") == 10000


def test_rate_of_many_digits_is_exact(tmp_path):
    rates = load_rates(settings(tmp_path, '{"EUR": "1.00000000000000000005"}'))
    assert rates.to_minor("0.005", "EUR") == int(Decimal("0.50000000000000000003").to_integral())
    assert rates.to_minor("0.005", "EUR") == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "rates.json"),
        ("{", "rates.json"),
        ("[]", "expected an object"),
        ('"EUR"', "expected an object"),
        ('{"EUR": "a lot"}', "EUR is no number"),
        ('{"EUR": null}', "EUR is no number"),
        ('{"EUR": true}', "EUR is no number"),
        ('{"EUR": []}', "EUR is no number"),
        ('{"EUR": 0}', "EUR must be above zero"),
        ('{"EUR": "-1"}', "EUR must be above zero"),
        ('{"EUR": "NaN"}', "EUR must be above zero"),
        ('{"EUR": "Infinity"}', "EUR must be above zero"),
        ('{"GBP": 1.27, "eur": 1.08}', "eur"),
        ('{"EURO": 1.08}', "EURO"),
    ],
)
def test_file_that_is_not_usable_stops_the_start_and_says_what_is_wrong(
    tmp_path, content, complaint
):
    with pytest.raises(Fatal, match=f"PORTRAIT_RATES=.*{complaint}"):
        load_rates(settings(tmp_path, content))


def test_file_that_vanished_stops_the_start(tmp_path):
    with pytest.raises(Fatal, match=r"PORTRAIT_RATES=.*gone\.json"):
        load_rates(Settings(rates=tmp_path / "gone.json"))
