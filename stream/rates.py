"""The exchange rates file: JSON, currency code -> price of one unit in the base currency."""

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path

import orjson

from stream.errors import Fatal
from stream.money import Rates
from stream.settings import Settings


def load_rates(settings: Settings) -> Rates:
    """The rates of ``PORTRAIT_RATES`` to ``PORTRAIT_CURRENCY``; :class:`Fatal` says what is wrong.

    Rates may be strings (exact) or numbers, such as ``{"EUR": "1.0845", "GBP": 1.27}``.
    """
    if settings.rates is None:
        return Rates(settings.currency)
    return Rates(settings.currency, _read(settings.rates))


def _read(path: Path) -> dict[str, Decimal]:
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as exc:
        raise Fatal(f"PORTRAIT_RATES={path}: {exc}") from exc
    if not isinstance(content, dict):
        raise Fatal(f"PORTRAIT_RATES={path}: expected an object of currency codes and rates")
    rates = {}
    for code, rate in content.items():
        if not re.fullmatch("[A-Z]{3}", code):
            raise Fatal(f"PORTRAIT_RATES={path}: {code!r} is no ISO 4217 code such as EUR")
        try:
            rates[code] = Decimal(str(rate))
        except InvalidOperation:
            raise Fatal(f"PORTRAIT_RATES={path}: the rate of {code} is no number") from None
        if not (rates[code].is_finite() and rates[code] > 0):
            raise Fatal(f"PORTRAIT_RATES={path}: the rate of {code} must be above zero")
    return rates
