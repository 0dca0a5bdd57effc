"""Amounts and names as the contract writes them."""

import re
from decimal import Decimal, InvalidOperation

_PLAIN = re.compile(r"[0-9]{1,15}(\.[0-9]{1,8})?")
_LONGEST_NAME = 256


def is_plain(text: str) -> bool:
    """Whether an amount can be forwarded exactly as it is written."""
    return _PLAIN.fullmatch(text) is not None


def to_decimal(text: str) -> Decimal:
    """A finite amount that is not negative; ``ValueError`` for anything else."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:24]!r} is not a number") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{text[:24]!r} is not an amount of money")
    return amount


def to_money(amount: Decimal) -> str:
    """Without exponent, every digit kept; ``ValueError`` where the contract has no room for it."""
    text = format(amount, "f")
    if not is_plain(text):
        raise ValueError(f"{text[:24]!r} is not an amount of money")
    return text


def to_name(text: str) -> str | None:
    """Trimmed and cut to the contract's longest name; nothing for an empty one."""
    return text.strip()[:_LONGEST_NAME] or None
