"""Traits: what is declared of the customer. The last declaration by ``occurred_at`` wins."""

from collections.abc import Mapping
from typing import Annotated, Literal
from zlib import crc32

import msgspec
from msgspec import Meta, Struct

from stream.fields import TraitValue

Gender = Literal["female", "male", "other"]
Kind = Literal["person", "company"]
Installation = Literal["installed", "uninstalled"]

#: Names beyond the known ones that are kept for one customer; those with the smallest hash stay,
#: so that the choice does not depend on the order of the declarations.
MAX_CUSTOM = 64

_Volume = Annotated[float, Meta(ge=0, le=1e15)]


class KnownTraits(Struct, frozen=True, kw_only=True):
    """The traits with a meaning of their own, and what each may hold.

    The order of the fields is that of their codes in stored states: append, never move or remove.
    """

    gender: Gender | None = None
    birth_year: Annotated[int, Meta(ge=1880, le=2200)] | None = None
    occupation: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    country: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    region: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    language: Annotated[str, Meta(min_length=1, max_length=35)] | None = None
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    app_installed: bool | None = None
    kind: Kind | None = None
    industry: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    company_type: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    contact_roles: Annotated[str, Meta(max_length=512)] | None = None
    website_traffic: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    purchase_volume: _Volume | None = None


KNOWN = KnownTraits.__struct_fields__
_KNOWN = frozenset(KNOWN)

#: trait -> (declared at, ms; value); a value of None is a trait taken back
Traits = dict[str, tuple[int, TraitValue]]


def declare(traits: Traits, at_ms: int, declared: Mapping[str, TraitValue]) -> None:
    """Take over what was declared at a time, unless something newer is known."""
    for name, value in declared.items():
        _set(traits, name, (at_ms, value))
    _trim(traits)


def merge(a: Traits, b: Traits) -> Traits:
    """The newest declarations of both histories."""
    merged = dict(a)
    for name, declaration in b.items():
        _set(merged, name, declaration)
    _trim(merged)
    return merged


def known_of(traits: Traits) -> tuple[KnownTraits, dict[str, str | int | float | bool]]:
    """The values that hold now: the known traits, and all others by name."""
    values = {name: value for name, (_, value) in traits.items() if value is not None}
    known = _convert({name: values[name] for name in KNOWN if name in values})
    return known, {name: values[name] for name in sorted(values.keys() - _KNOWN)}


def _convert(declared: dict[str, TraitValue]) -> KnownTraits:
    try:
        return msgspec.convert(declared, KnownTraits)
    except msgspec.ValidationError:
        # Declared before the trait had a meaning: what does not fit says nothing.
        fitting = {name: value for name, value in declared.items() if _fits(name, value)}
        return msgspec.convert(fitting, KnownTraits)


def _fits(name: str, value: TraitValue) -> bool:
    try:
        msgspec.convert({name: value}, KnownTraits)
    except msgspec.ValidationError:
        return False
    return True


def birth_year_of(traits: Traits) -> int | None:
    """The declared birth year."""
    _, value = traits.get("birth_year", (0, None))
    return value if isinstance(value, int) else None


def _set(traits: Traits, name: str, declaration: tuple[int, TraitValue]) -> None:
    known = traits.get(name)
    if known is None or _order(declaration) > _order(known):
        traits[name] = declaration


def _order(declaration: tuple[int, TraitValue]) -> tuple[int, bytes]:
    # Two declarations of the same millisecond: any rule will do that does not depend on arrival.
    return declaration[0], msgspec.json.encode(declaration[1])


def _trim(traits: Traits) -> None:
    if len(traits) <= MAX_CUSTOM:
        return
    custom = sorted(traits.keys() - _KNOWN, key=lambda name: (crc32(name.encode()), name))
    for name in custom[MAX_CUSTOM:]:
        del traits[name]
