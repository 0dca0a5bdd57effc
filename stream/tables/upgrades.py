"""Ways up from states of old schemas, field by field as they were stored.

What an old schema did not keep cannot be made up: it begins with the first event after the upgrade.
"""

from collections.abc import Callable
from typing import Any

from stream.profile.traits import KNOWN
from stream.windows import DAY_MS, HOUR_MS, month_of

Fields = list[Any]


def _from_1(fields: Fields) -> Fields:
    """Adds sessions, products, devices, origin, marketing, social traits and cases, all empty."""
    marks, first_ms, newest_ms, seen, first_hour, hours, names, first_day, days, *rest = fields
    spending, traits, erased = rest
    newest = newest_ms or 0
    return [
        marks,
        newest_ms,
        None if first_ms is None else newest - first_ms,
        seen,
        first_hour,
        hours,
        [],
        # Categories and brands shared one table; each now has its own, the brands behind.
        [names, names, [], [], []],
        first_day,
        [
            [day, _tallies_from_1(categories, brands, len(names)), prices, b""]
            for day, categories, brands, prices in days
        ],
        _spending_from_1(spending, first_ms, newest, first_hour),
        [0] * 6,
        [0, 0, 0, 0, [], {}],
        {},
        [
            [newest - at_ms, {_number(name): value for name, value in said.items()}]
            for at_ms, said in traits
        ],
        {},
        [None] * 4,
        erased,
    ]


def _tallies_from_1(
    categories: dict[int, int], brands: dict[int, int], names: int
) -> dict[int, int]:
    """One map of both, behind the two numbers of the genders."""
    first = {2 + index: points for index, points in categories.items()}
    return first | {2 + names + index: points for index, points in brands.items()}


def _spending_from_1(
    spending: Fields, oldest_ms: int | None, newest_ms: int, first_hour: int
) -> Fields:
    """The first order, the months and the order days are known as far as the window reaches."""
    orders, amount, refunded, last_ms, hours = spending
    month, day = month_of(newest_ms), newest_ms // DAY_MS
    months: dict[int, list[int]] = {}
    for hour, (count, total) in hours.items():
        known = months.setdefault(month - month_of(hour * HOUR_MS), [0, 0])
        known[0] += count
        known[1] += total
    order_days = sorted({hour // 24 for hour in hours}, reverse=True)[:16]
    if last_ms is not None and not order_days:
        order_days = [last_ms // DAY_MS]
    first_ms = None
    if last_ms is not None:
        # Of the first order in the window only the hour is known; no event is before the oldest.
        hour_ms = min([last_ms, *(hour * HOUR_MS for hour in hours)])
        first_ms = max(hour_ms, oldest_ms or 0)
    gaps = [later - earlier for later, earlier in zip([day, *order_days], order_days, strict=False)]
    return [
        orders,
        amount,
        refunded,
        0,
        0,
        None if first_ms is None else newest_ms - first_ms,
        None if last_ms is None else newest_ms - last_ms,
        {hour - first_hour: found for hour, found in hours.items()},
        months,
        gaps,
    ]


def _number(name: str) -> int | str:
    return KNOWN.index(name) if name in KNOWN else name


def _from_2(fields: Fields) -> Fields:
    """Adds evidence of a risk, none."""
    return [*fields, None]


#: schema -> function from its raw fields to those of the next schema.
UPGRADES: dict[int, Callable[[Fields], Fields]] = {1: _from_1, 2: _from_2}
