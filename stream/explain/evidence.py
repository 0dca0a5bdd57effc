"""Evidence: one value of the document and what it was derived from."""

import re
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z")

_WORDS = {"None": "none", "True": "yes", "False": "no"}


class Evidence(Struct, frozen=True):
    """Why a value of the document is what it is.

    ``path``     the value's dotted path, such as ``spending.tier``; entries of a list share one
    ``value``    the value, or one entry of it, as people read it
    ``because``  the figures that it was derived from; or why there is no value
    """

    path: str
    value: str
    because: str


def as_read(value: Any) -> str:
    """A value of the document as people read it; instants to the minute, in UTC."""
    if isinstance(value, Struct):
        return _listed([as_read(getattr(value, name)) for name in value.__struct_fields__])
    if isinstance(value, dict):
        return _listed([f"{name} {as_read(each)}" for name, each in value.items()])
    if isinstance(value, tuple):
        return _listed([as_read(each) for each in value])
    if isinstance(value, str):
        return _INSTANT.sub(r"\1 \2 UTC", value) if _INSTANT.fullmatch(value) else value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _WORDS.get(str(value), str(value))


def _listed(texts: list[str]) -> str:
    return ", ".join(texts) or "none"


def date_of(ms: int) -> str:
    """UTC date of an instant."""
    return datetime.fromtimestamp(ms // 1000, UTC).date().isoformat()


def moment_of(ms: int) -> str:
    """An instant to the minute, in UTC."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%d %H:%M} UTC"
