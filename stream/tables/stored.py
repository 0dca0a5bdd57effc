"""What is stored of a state: the same facts, in fewer bytes.

Times are kept relative to the customer's newest event, tiles relative to the oldest tile, names
once in a table of strings, sources and known traits by number, ids and products as packed binary.
"""

from collections.abc import Iterator
from itertools import count
from operator import attrgetter

from msgspec import Struct

from stream.fields import TraitValue
from stream.profile.activity import first_key, utc_hour
from stream.profile.days import DayTile, DayTiles
from stream.profile.devices import Devices, Seen
from stream.profile.marketing import MarketingState
from stream.profile.origin import Named, Origin
from stream.profile.service import Cases
from stream.profile.social import SocialState
from stream.profile.spending import SpendingState, Sum
from stream.profile.state import State
from stream.profile.traits import KNOWN, Traits
from stream.risk.records import hash_of, hash_of_crc
from stream.tables import stored_risk
from stream.tables.packing import (
    pack_ids,
    pack_products,
    session_numbers,
    sessions_of,
    source_number,
    source_of,
    unpack_ids,
    unpack_products,
)
from stream.tables.stored_risk import StoredEvidence
from stream.windows import DAY_MS, month_of

#: The tallies of a day that share one map; the order is that of the name table. It begins with
#: the genders, which are always the same and not stored.
_TALLIES = ("genders", "categories", "brands", "searches", "subjects")
_tallies = attrgetter(*_TALLIES)
_GENDERS = ["female", "male"]
_DEVICES = len(_TALLIES)

#: UTC day relative to the first, tallies by index of the name, prices, products.
_Day = tuple[int, dict[int, int], dict[int, int], bytes]
#: First day relative to the last, last day before the newest event's, model and os by index.
_Device = tuple[int, int, int, int]


class _Spending(Struct, array_like=True):
    """``first_order, last_order`` in ms before the newest event, months before its month; order
    days as the days between them, the newest counted from the newest event's day back."""

    orders: int
    amount: int
    refunded: int
    refunds: int
    cancelled: int
    first_order: int | None
    last_order: int | None
    hours: dict[int, Sum]
    months: dict[int, Sum]
    order_days: list[int]


class StoredState(Struct, array_like=True):
    """Schema 3; the order of the fields is the format."""

    marks: dict[int | str, int]
    newest_ms: int | None
    age_ms: int | None
    seen: bytes
    first_hour: int
    hours: dict[int, dict[int, int]]
    sessions: list[int]
    names: list[list[str]]
    first_day: int
    days: list[_Day]
    spending: _Spending
    marketing: MarketingState
    social: SocialState
    cases: Cases
    traits: list[tuple[int, dict[int | str, TraitValue]]]
    devices: dict[int, _Device]
    origin: Origin
    erased: bool
    risk: StoredEvidence | None = None


def to_stored(state: State) -> StoredState:
    """The stored form of a pruned state."""
    newest_ms = state.newest_ms or 0
    first_ms = newest_ms if state.first_ms is None else state.first_ms
    first_hour = min((utc_hour(key) for key in state.hours), default=0)
    base = first_key(first_hour)
    names = _Names(state)
    first_day = min(state.days, default=0)
    return StoredState(
        marks={source_number(source): offset for source, offset in state.marks.items()},
        newest_ms=state.newest_ms,
        age_ms=None if state.newest_ms is None else newest_ms - first_ms,
        seen=pack_ids(state.seen, newest_ms),
        first_hour=first_hour,
        hours={key - base: tile for key, tile in state.hours.items()},
        sessions=list(session_numbers(state.sessions, first_hour)),
        names=names.lists,
        first_day=first_day,
        days=[_to_day(day - first_day, tile, names) for day, tile in state.days.items()],
        spending=_to_spending(state.spending, newest_ms, first_hour),
        marketing=state.marketing,
        social=state.social,
        cases=state.cases,
        traits=_to_traits(state.traits, newest_ms),
        devices={
            key: (
                seen.last_day - seen.first_day,
                newest_ms // DAY_MS - seen.last_day,
                names.numbers[_DEVICES][seen.model],
                names.numbers[_DEVICES][seen.os],
            )
            for key, seen in state.devices.items()
        },
        origin=_shift(state.origin, -first_ms),
        erased=state.erased,
        risk=stored_risk.to_stored(state.risk, newest_ms, _implied(state.devices, state.origin)),
    )


def restore(stored: StoredState) -> State:
    """The state that was stored; ``LookupError`` or ``struct.error`` where it is damaged."""
    newest_ms = stored.newest_ms or 0
    first_ms = newest_ms - (stored.age_ms or 0)
    base = first_key(stored.first_hour)
    names = _numbered(stored.names)
    devices = _devices(stored.devices, newest_ms // DAY_MS, names)
    origin = _shift(stored.origin, first_ms)
    return State(
        marks={source_of(number): offset for number, offset in stored.marks.items()},
        seen=unpack_ids(stored.seen, newest_ms),
        first_ms=None if stored.age_ms is None else first_ms,
        newest_ms=stored.newest_ms,
        hours={base + key: tile for key, tile in stored.hours.items()},
        days=_days(stored, names),
        sessions=sessions_of(stored.sessions, stored.first_hour),
        spending=_spending(stored.spending, newest_ms, stored.first_hour),
        marketing=stored.marketing,
        social=stored.social,
        cases=stored.cases,
        traits=_traits(stored.traits, newest_ms),
        devices=devices,
        origin=origin,
        erased=stored.erased,
        risk=stored_risk.restore(stored.risk, newest_ms, _implied(devices, origin)),
    )


class _Names:
    """The names of a state by kind, numbered through: the genders, the categories, …, devices."""

    def __init__(self, state: State) -> None:
        kinds: list[dict[str, int]] = [{} for _ in (*_TALLIES, "devices")]
        kinds[0].update(dict.fromkeys(_GENDERS, 0))
        for tile in state.days.values():
            for kind, found in zip(kinds, _tallies(tile), strict=False):
                if found:
                    kind.update(found)
        for seen in state.devices.values():
            kinds[_DEVICES].update({seen.model: 0, seen.os: 0})
        self.lists = [list(names) for names in kinds[1:]]
        numbers = count()
        #: tally -> name -> its number
        self.numbers = [{name: next(numbers) for name in names} for names in kinds]


def _numbered(lists: list[list[str]]) -> list[tuple[str, str]]:
    """Tally (or ``devices``) and name by number."""
    kinds = [_GENDERS, *lists]
    return [
        (tally, name)
        for tally, names in zip((*_TALLIES, "devices"), kinds, strict=True)
        for name in names
    ]


def _to_day(day: int, tile: DayTile, names: _Names) -> _Day:
    tallies: dict[int, int] = {}
    for numbers, found in zip(names.numbers, _tallies(tile), strict=False):
        if found:
            for name, points in found.items():
                tallies[numbers[name]] = points
    return day, tallies, tile.prices, pack_products(tile.viewed, tile.bought)


def _days(stored: StoredState, names: list[tuple[str, str]]) -> DayTiles:
    tiles: DayTiles = {}
    for day, tallies, prices, products in stored.days:
        tile = DayTile(prices=prices)
        for index, points in tallies.items():
            tally, name = names[index]
            getattr(tile, tally)[name] = points
        tile.viewed, tile.bought = unpack_products(products)
        tiles[stored.first_day + day] = tile
    return tiles


def _to_spending(state: SpendingState, newest_ms: int, first_hour: int) -> _Spending:
    month = month_of(newest_ms)
    days = [newest_ms // DAY_MS, *state.order_days]
    return _Spending(
        state.orders,
        state.amount,
        state.refunded,
        state.refunds,
        state.cancelled,
        None if state.first_order_ms is None else newest_ms - state.first_order_ms,
        None if state.last_order_ms is None else newest_ms - state.last_order_ms,
        {hour - first_hour: found for hour, found in state.hours.items()},
        {month - key: found for key, found in state.months.items()},
        [later - day for later, day in zip(days, state.order_days, strict=False)],
    )


def _spending(stored: _Spending, newest_ms: int, first_hour: int) -> SpendingState:
    month, day = month_of(newest_ms), newest_ms // DAY_MS
    order_days = [day := day - gap for gap in stored.order_days]
    return SpendingState(
        orders=stored.orders,
        amount=stored.amount,
        refunded=stored.refunded,
        last_order_ms=None if stored.last_order is None else newest_ms - stored.last_order,
        hours={first_hour + hour: found for hour, found in stored.hours.items()},
        first_order_ms=None if stored.first_order is None else newest_ms - stored.first_order,
        refunds=stored.refunds,
        cancelled=stored.cancelled,
        months={month - key: found for key, found in stored.months.items()},
        order_days=order_days,
    )


def _to_traits(traits: Traits, newest_ms: int) -> list[tuple[int, dict[int | str, TraitValue]]]:
    """Traits grouped by when they were declared, which most were together."""
    said: dict[int, dict[int | str, TraitValue]] = {}
    for name, (at_ms, value) in traits.items():
        number = KNOWN.index(name) if name in KNOWN else name
        said.setdefault(newest_ms - at_ms, {})[number] = value
    return list(said.items())


def _traits(stored: list[tuple[int, dict[int | str, TraitValue]]], newest_ms: int) -> Traits:
    return {
        name if isinstance(name, str) else KNOWN[name]: (newest_ms - age_ms, value)
        for age_ms, said in stored
        for name, value in said.items()
    }


def _devices(stored: dict[int, _Device], newest_day: int, names: list[tuple[str, str]]) -> Devices:
    return {
        key: Seen(newest_day - age - span, newest_day - age, names[model][1], names[os][1])
        for key, (span, age, model, os) in stored.items()
    }


def _shift(origin: Origin, by_ms: int) -> Origin:
    def shifted(named: Named | None) -> Named | None:
        return None if named is None else (named[0] + by_ms, named[1])

    registered_ms = None if origin.registered_ms is None else origin.registered_ms + by_ms
    return Origin(
        registered_ms, shifted(origin.channel), shifted(origin.campaign), shifted(origin.country)
    )


def _implied(devices: Devices, origin: Origin) -> Iterator[int]:
    """Hashes in the evidence of a risk that follow from other parts of the state."""
    if origin.country is not None:
        yield hash_of(origin.country[1].casefold())
    for key, seen in devices.items():
        yield from (hash_of_crc(key), hash_of(seen.model.casefold()), hash_of(seen.os.casefold()))
