"""Attributes: what is declared of the customer. The last declaration by ``occurred_at`` wins."""

from collections.abc import Mapping
from typing import Annotated, Literal
from zlib import crc32

import msgspec
from msgspec import Meta, Struct

from stream.fields import TraitValue
from stream.profile.windows import start_of_year, year_of

Gender = Literal["female", "male", "other"]

#: Names beyond the known ones that are kept for one customer; those with the smallest hash stay,
#: so that the choice does not depend on the order of the declarations.
MAX_CUSTOM = 64


class KnownTraits(Struct, frozen=True, kw_only=True):
    """The traits with a meaning of their own, and what each may hold."""

    gender: Gender | None = None
    birth_year: Annotated[int, Meta(ge=1880, le=2200)] | None = None
    occupation: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    country: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    region: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    language: Annotated[str, Meta(min_length=1, max_length=35)] | None = None


KNOWN = frozenset(KnownTraits.__struct_fields__)

#: Lower bounds of the age bands, in years; the band below the first is named apart.
_BANDS = ((65, "65+"), (55, "55-64"), (45, "45-54"), (35, "35-44"), (25, "25-34"), (18, "18-24"))
_YOUNGEST = "under-18"


class Attributes(Struct, frozen=True):
    """Who the customer is, as declared by `customer_identified` events."""

    natural_gender: Annotated[Gender | None, Meta(description="Trait `gender`.")]
    birth_year: Annotated[int | None, Meta(description="Trait `birth_year`.")]
    age_band: Annotated[
        str | None,
        Meta(description="From the birth year and the UTC year of `as_of`, such as 25-34."),
    ]
    occupation: Annotated[str | None, Meta(description="Trait `occupation`.")]
    country: Annotated[str | None, Meta(description="Trait `country`.")]
    region: Annotated[str | None, Meta(description="Trait `region`.")]
    language: Annotated[str | None, Meta(description="Trait `language`, a BCP 47 tag.")]
    traits: Annotated[
        dict[str, str | int | float | bool], Meta(description="All other traits, by name.")
    ]


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
    custom = sorted(traits.keys() - KNOWN, key=lambda name: (crc32(name.encode()), name))
    for name in custom[MAX_CUSTOM:]:
        del traits[name]


def next_change(traits: Traits, as_of_ms: int) -> int | None:
    """When the age band changes, ms; None where it never will."""
    birth_year = _birth_year(traits)
    if birth_year is None:
        return None
    age = year_of(as_of_ms) - birth_year
    birthdays = [bound for bound, _ in _BANDS if bound > age]
    return start_of_year(birth_year + min(birthdays)) if birthdays else None


def describe(traits: Traits, as_of_ms: int) -> Attributes:
    """The section at an instant."""
    values = {name: value for name, (_, value) in traits.items() if value is not None}
    known = msgspec.convert({name: values.get(name) for name in KNOWN}, KnownTraits)
    return Attributes(
        natural_gender=known.gender,
        birth_year=known.birth_year,
        age_band=_age_band(known.birth_year, as_of_ms),
        occupation=known.occupation,
        country=known.country,
        region=known.region,
        language=known.language,
        traits={name: values[name] for name in sorted(values.keys() - KNOWN)},
    )


def _birth_year(traits: Traits) -> int | None:
    _, value = traits.get("birth_year", (0, None))
    return value if isinstance(value, int) else None


def _age_band(birth_year: int | None, as_of_ms: int) -> str | None:
    if birth_year is None:
        return None
    age = year_of(as_of_ms) - birth_year
    return next((band for bound, band in _BANDS if age >= bound), _YOUNGEST)
