"""Demographics: declared when the household is first met."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from stream.events import CustomerIdentified
from stream.fields import TraitValue
from stream.replay.completejourney.tables import NEW_YORK, read_table
from stream.replay.localtime import with_offset
from stream.replay.source import Found, Skipped

#: column -> trait. None has a meaning of its own in the contract: age is a band, not a year.
_TRAITS = {
    "age": "age_band",
    "income": "income_band",
    "home_ownership": "home_ownership",
    "marital_status": "marital_status",
    "household_size": "household_size",
    "household_comp": "household_composition",
    "kids_count": "kids_count",
}
#: First instant of the data set, for households of which nothing else is known.
_START = with_offset(datetime(2017, 1, 1, 5, tzinfo=UTC), NEW_YORK)

#: household_id -> traits
Households = dict[str, dict[str, TraitValue]]


def read_households(path: Path) -> tuple[Households, list[Skipped]]:
    """The known traits of every household, and the rows that could not be read."""
    households: Households = {}
    skipped: list[Skipped] = []
    for row in read_table(path, ("household_id", *_TRAITS)):
        if isinstance(row, Skipped):
            skipped.append(row)
            continue
        household, *values = row[1]
        traits: dict[str, TraitValue] = {
            trait: value for trait, value in zip(_TRAITS.values(), values, strict=True) if value
        }
        if household and traits:
            households[household] = traits
    return households, skipped


def introduce(history: Iterable[Found], households: Households) -> Iterator[Found]:
    """Put each household's declaration right before its first event, at the same instant.

    Households without any event follow at the end, declared at the start of the data set.
    """
    unmet = dict(households)
    for found in history:
        if not isinstance(found, Skipped):
            traits = unmet.pop(found.customer_id, None)
            if traits is not None:
                yield _declare(found.customer_id, traits, found.occurred_at)
        yield found
    for household, traits in unmet.items():
        yield _declare(household, traits, _START)


def _declare(household: str, traits: dict[str, TraitValue], at: datetime) -> CustomerIdentified:
    return CustomerIdentified(
        event_id=f"cj-household-{household}", customer_id=household, occurred_at=at, traits=traits
    )
