"""Money as integer minor units of the base currency, so that sums are exact in any order."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from stream.errors import Reason, Rejected

#: ISO 4217 currencies whose minor unit is not 1/100 (list of the standard's table A.1).
_NO_DECIMALS = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                "VND", "VUV", "XAF", "XOF", "XPF")  # fmt: skip
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

#: Largest amount accepted, in minor units: a million such orders still add up within 64 bits.
MAX_MINOR = 10**13


def exponent(currency: str) -> int:
    """Number of decimals of a currency: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


class Rates:
    """Converts amounts of any known currency to minor units of one base currency.

    ``rates`` gives the price of one unit of a currency in units of the base currency.
    """

    def __init__(self, base: str, rates: Mapping[str, Decimal] | None = None) -> None:
        self.base = base
        self.exponent = exponent(base)
        self._rates = {code: rate for code, rate in (rates or {}).items() if code != base}

    def to_minor(self, amount: str, currency: str | None) -> int:
        """Minor units of the base currency, rounded half to even; ``None`` means the base.

        Raises :class:`Rejected` with ``unknown_currency`` or ``bad_money``.
        """
        if currency is None or currency == self.base:
            whole, _, fraction = amount.partition(".")
            if len(fraction) <= self.exponent:
                minor = int(whole + fraction.ljust(self.exponent, "0"))
            else:
                minor = self._round(Decimal(amount))
        else:
            rate = self._rates.get(currency)
            if rate is None:
                raise Rejected(
                    Reason.UNKNOWN_CURRENCY, f"no rate from {currency} to {self.base} is known"
                )
            minor = self._round(Decimal(amount) * rate)
        if minor > MAX_MINOR:
            raise Rejected(Reason.BAD_MONEY, f"{amount} is beyond any plausible amount")
        return minor

    def _round(self, amount: Decimal) -> int:
        return int(amount.scaleb(self.exponent).to_integral_value(ROUND_HALF_EVEN))


def to_text(minor: int, decimals: int) -> str:
    """Decimal string of an amount in minor units: ``to_text(1250, 2) == "12.50"``."""
    if not decimals:
        return str(minor)
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def to_minor(text: str, decimals: int) -> int:
    """The way back from :func:`to_text`, exact; ``ValueError`` for any other number of decimals."""
    whole, _, fraction = text.partition(".")
    if len(fraction) != decimals:
        raise ValueError(f"{text!r} has not {decimals} decimals")
    return int(whole + fraction)
