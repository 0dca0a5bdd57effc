"""Attributes: who the customer is, as declared, as their events show, and as they shop."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from stream.measures.affinity import ShoppingGender
from stream.profile.company import Company, company_of
from stream.profile.devices import Device, Devices
from stream.profile.devices import describe as devices_of
from stream.profile.origin import Origin
from stream.profile.traits import Gender, Installation, Kind, Traits, birth_year_of, known_of
from stream.profile.values import Instant
from stream.windows import start_of_year, to_rfc3339, year_of

AgeBand = Literal["under-18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
#: Lower bounds of the age bands, in years; the band below the first is named apart.
_BANDS: tuple[tuple[int, AgeBand], ...] = (
    (65, "65+"),
    (55, "55-64"),
    (45, "45-54"),
    (35, "35-44"),
    (25, "25-34"),
    (18, "18-24"),
)
_YOUNGEST: AgeBand = "under-18"


class Attributes(Struct, frozen=True):
    """Who the customer is. Traits are declared by `customer_identified` events; the newest wins."""

    kind: Annotated[
        Kind, Meta(description="Trait `kind`: `company` for a business customer, else `person`.")
    ]
    natural_gender: Annotated[
        Gender | None, Meta(description="Trait `gender`; null where none is declared.")
    ]
    shopping_gender: Annotated[
        ShoppingGender,
        Meta(description="Whose products the customer shops for, inferred from the window."),
    ]
    birth_year: Annotated[int | None, Meta(description="Trait `birth_year`, a calendar year.")]
    age_band: Annotated[
        AgeBand | None,
        Meta(
            description="From the birth year and the UTC year of `as_of`, in years such as "
            "25-34; null without a birth year."
        ),
    ]
    occupation: Annotated[str | None, Meta(description="Trait `occupation`, as it was declared.")]
    country: Annotated[
        str | None,
        Meta(
            description="Trait `country`; where none is declared, that of the newest event whose "
            "context names one."
        ),
    ]
    region: Annotated[str | None, Meta(description="Trait `region`, as it was declared.")]
    language: Annotated[str | None, Meta(description="Trait `language`, a BCP 47 tag.")]
    time_zone: Annotated[str | None, Meta(description="Trait `time_zone`, such as Asia/Shanghai.")]
    devices: Annotated[
        tuple[Device, ...],
        Meta(description="Devices ever used, the last seen first; at most sixteen are kept."),
    ]
    registered_at: Annotated[
        Instant | None,
        Meta(description="Time of the oldest `signed_up` event; null while not registered."),
    ]
    installation: Annotated[
        Installation | None,
        Meta(
            description="Trait `app_installed`: whether the shop's app is `installed` or was "
            "`uninstalled`; null where nothing is known."
        ),
    ]
    acquisition_channel: Annotated[
        str | None,
        Meta(description="Channel of the oldest event whose context names one; else null."),
    ]
    first_campaign: Annotated[
        str | None,
        Meta(description="Campaign of the oldest event whose context names one; else null."),
    ]
    company: Annotated[
        Company | None, Meta(description="About a business customer; null for a person.")
    ]
    traits: Annotated[
        dict[str, str | int | float | bool],
        Meta(description="All other declared traits, by name; at most 64."),
    ]


def next_change(traits: Traits, as_of_ms: int) -> int | None:
    """When the age band changes, ms; None where it never will."""
    birth_year = birth_year_of(traits)
    if birth_year is None:
        return None
    age = year_of(as_of_ms) - birth_year
    birthdays = [bound for bound, _ in _BANDS if bound > age]
    return start_of_year(birth_year + min(birthdays)) if birthdays else None


def describe(
    traits: Traits,
    devices: Devices,
    origin: Origin,
    shopping_gender: ShoppingGender,
    as_of_ms: int,
) -> Attributes:
    """The section at an instant."""
    known, custom = known_of(traits)
    registered_ms = origin.registered_ms
    return Attributes(
        kind=known.kind or "person",
        natural_gender=known.gender,
        shopping_gender=shopping_gender,
        birth_year=known.birth_year,
        age_band=_age_band(known.birth_year, as_of_ms),
        occupation=known.occupation,
        country=known.country or (origin.country[1] if origin.country else None),
        region=known.region,
        language=known.language,
        time_zone=known.time_zone,
        devices=devices_of(devices),
        registered_at=None if registered_ms is None else to_rfc3339(registered_ms),
        installation=_installation(known.app_installed),
        acquisition_channel=origin.channel[1] if origin.channel else None,
        first_campaign=origin.campaign[1] if origin.campaign else None,
        company=company_of(known) if known.kind == "company" else None,
        traits=custom,
    )


def _installation(installed: bool | None) -> Installation | None:
    if installed is None:
        return None
    return "installed" if installed else "uninstalled"


def _age_band(birth_year: int | None, as_of_ms: int) -> AgeBand | None:
    if birth_year is None:
        return None
    age = year_of(as_of_ms) - birth_year
    return next((band for bound, band in _BANDS if age >= bound), _YOUNGEST)
