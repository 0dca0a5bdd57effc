"""The document of a group: what its sums say in shares, averages and hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, get_args

from msgspec import Meta, Struct

from stream.groups.sums import CUSTOMERS, Group
from stream.money import exponent, to_text
from stream.profile.attributes import AgeBand
from stream.profile.values import Amount, Share

#: Names of a list; the rest of them share one entry, :data:`OTHER`.
TOP = 20
OTHER = "other"

#: An hour of a group is a peak if it holds at least so many quarters of an even share (1/24): many
#: customers together have flatter days than one of them.
_PEAK_QUARTERS = 5
MAX_PEAKS = 6

_AGE_BANDS: tuple[str, ...] = get_args(AgeBand)


class Part(Struct, frozen=True):
    """A part of the group, those of whom the same is known."""

    name: Annotated[
        str | None,
        Meta(
            description="What they share; null, at the end, where nothing is known; `other`, "
            "before that, stands for all beyond the first twenty."
        ),
    ]
    customers: Annotated[int, Meta(ge=1, description="Customers of the group in this part.")]
    share: Annotated[Share, Meta(description="Part of the customers of the group.")]


class DayCurve(Struct, frozen=True):
    """Events of the window by the customers' local time."""

    by_hour: Annotated[
        tuple[int, ...],
        Meta(min_length=24, max_length=24, description="Events by local hour, 0 to 23."),
    ]
    peak_hours: Annotated[
        tuple[int, ...],
        Meta(
            description="Local hours with at least 1.25 times an even share of the events, "
            "busiest first, at most six."
        ),
    ]


class GroupHours(Struct, frozen=True):
    """When the group is active."""

    visitors: Annotated[DayCurve, Meta(description="Events of all customers.")]
    buyers: Annotated[
        DayCurve, Meta(description="Events of the customers with an order in the window.")
    ]


class Channel(Struct, frozen=True):
    """The customers that came by one channel, `attributes.acquisition_channel`."""

    name: Annotated[
        str | None,
        Meta(
            description="The channel; null, at the end, where none is known; `other`, before "
            "that, stands for all beyond the first twenty."
        ),
    ]
    customers: Annotated[int, Meta(ge=1, description="Customers that came by it.")]
    buyers: Annotated[int, Meta(description="Those of them who ever completed an order.")]
    conversion: Annotated[Share, Meta(description="`buyers` / `customers`.")]
    amount: Annotated[Amount, Meta(description="Sum of all orders that they ever completed.")]
    amount_per_customer: Annotated[
        Amount, Meta(description="`amount` / `customers`, rounded half up.")
    ]
    refund_rate: Annotated[
        Share | None,
        Meta(description="Sum of all refunds / `amount`, at most 1; null where nothing was spent."),
    ]


class GroupPortrait(Struct, frozen=True, kw_only=True):
    """What the customers of a store, or of one of its segments, are together.

    It adds up their portraits as they were published last; amounts are in `currency`. Lists have
    most customers first.
    """

    store_id: Annotated[str, Meta(description="Store of the group.")]
    segment: Annotated[
        str | None, Meta(description="Name of the segment; null for the whole store.")
    ]
    currency: Annotated[str, Meta(description="Base currency of the shop, ISO 4217.")]
    customers: Annotated[int, Meta(ge=0, description="Customers in the group.")]
    active: Annotated[int, Meta(description="Those with any event in the 30 days of the window.")]
    buyers: Annotated[int, Meta(description="Those who ever completed an order.")]
    orders: Annotated[int, Meta(description="Orders ever completed.")]
    amount: Annotated[Amount, Meta(description="Sum of all orders ever completed.")]
    refunded: Annotated[Amount, Meta(description="Sum of all refunds ever made.")]
    average_order: Annotated[
        Amount | None,
        Meta(description="`amount` / `orders`, rounded half up; null without orders."),
    ]
    orders_30d: Annotated[int, Meta(description="Orders completed in the window.")]
    amount_30d: Annotated[Amount, Meta(description="Sum of the orders completed in the window.")]
    average_order_30d: Annotated[
        Amount | None,
        Meta(description="`amount_30d` / `orders_30d`, rounded half up; null without orders."),
    ]
    natural_gender: Annotated[tuple[Part, ...], Meta(description="By declared gender.")]
    shopping_gender: Annotated[
        tuple[Part, ...], Meta(description="By the gender that they shop like.")
    ]
    age_band: Annotated[tuple[Part, ...], Meta(description="By age in years, youngest first.")]
    country: Annotated[tuple[Part, ...], Meta(description="By country.")]
    tier: Annotated[
        tuple[Part, ...], Meta(description="By tier; null stands for those who reach none.")
    ]
    category: Annotated[tuple[Part, ...], Meta(description="By favourite category of the window.")]
    brand: Annotated[tuple[Part, ...], Meta(description="By favourite brand of the window.")]
    price_band: Annotated[
        tuple[Part, ...],
        Meta(
            description="By median price met in the window, in units of `currency`, the lower "
            "bound included: 0-1, 1-2, 2-5, 5-10, 10-20 and so on; lowest first."
        ),
    ]
    labels: Annotated[
        tuple[Part, ...],
        Meta(
            description="By label, most customers first, all of them; a customer is in as many "
            "parts as they have labels."
        ),
    ]
    hours: Annotated[GroupHours, Meta(description="When the group is active.")]
    channels: Annotated[
        tuple[Channel, ...], Meta(description="How good each acquisition channel is.")
    ]


#: Dimension -> value -> sum; totals are under "".
_Split = Mapping[str, Mapping[str, int]]


def describe(group: Group, terms: Mapping[str, int], currency: str) -> GroupPortrait:
    """The portrait of a group with these sums, in minor units of the currency.

    Pure: the same sums, in any order, give the same document. Empty sums are an empty group.
    """
    store_id, segment = group
    split = _split(terms)
    total = split[""]
    customers, decimals = total[CUSTOMERS], exponent(currency)

    def parts(dimension: str) -> tuple[Part, ...]:
        return _parts(split[dimension], customers)

    return GroupPortrait(
        store_id=store_id,
        segment=segment or None,
        currency=currency,
        customers=customers,
        active=total["active"],
        buyers=total["buyers"],
        orders=total["orders"],
        amount=to_text(total["amount"], decimals),
        refunded=to_text(total["refunded"], decimals),
        average_order=_mean(total["amount"], total["orders"], decimals),
        orders_30d=total["orders_30d"],
        amount_30d=to_text(total["amount_30d"], decimals),
        average_order_30d=_mean(total["amount_30d"], total["orders_30d"], decimals),
        natural_gender=parts("natural_gender"),
        shopping_gender=parts("shopping_gender"),
        age_band=_in_order(parts("age_band"), _AGE_BANDS),
        country=parts("country"),
        tier=parts("tier"),
        category=parts("category"),
        brand=parts("brand"),
        price_band=_in_order(parts("price_band"), sorted(split["price_band"], key=_lower_bound)),
        labels=_labels(split["label"], customers),
        hours=GroupHours(_curve(split["hour"]), _curve(split["buyer_hour"])),
        channels=_channels(split, decimals),
    )


def _split(terms: Mapping[str, int]) -> _Split:
    split: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, term in terms.items():
        dimension, bar, value = name.partition("|")
        split[dimension if bar else ""][value if bar else name] = term
    return split


def _ranked(counts: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """The names with an entry of their own, most customers first, and those under `other`."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    # Of names that fit without it, `other` is one like any.
    if len(names) <= TOP:
        return names, []
    own = [name for name in names if name != OTHER][:TOP]
    return own, [name for name in names if name not in own]


def _parts(counts: Mapping[str, int], customers: int) -> tuple[Part, ...]:
    names, rest = _ranked(counts)
    found: list[tuple[str | None, int]] = [(name, counts[name]) for name in names]
    found.append((OTHER, sum(counts[name] for name in rest)))
    found.append((None, customers - sum(counts.values())))
    return tuple(_part(name, count, customers) for name, count in found if count)


def _labels(counts: Mapping[str, int], customers: int) -> tuple[Part, ...]:
    # Not cut: how many customers have any of the rest does not follow from the sums.
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    return tuple(_part(name, counts[name], customers) for name in ranked)


def _part(name: str | None, count: int, customers: int) -> Part:
    return Part(name, count, round(count / customers, 4))


def _in_order(parts: Iterable[Part], names: Iterable[str]) -> tuple[Part, ...]:
    """The parts in the order of their names, any other behind."""
    places = {name: place for place, name in enumerate(names)}
    return tuple(sorted(parts, key=lambda part: places.get(part.name or "", len(places))))


def _lower_bound(band: str) -> int:
    return int(band.partition("-")[0])


def _curve(counts: Mapping[str, int]) -> DayCurve:
    by_hour = tuple(counts.get(str(hour), 0) for hour in range(24))
    even = sum(by_hour)
    peaks = [h for h, count in enumerate(by_hour) if count and count * 96 >= _PEAK_QUARTERS * even]
    peaks.sort(key=lambda hour: (-by_hour[hour], hour))
    return DayCurve(by_hour, tuple(peaks[:MAX_PEAKS]))


def _channels(split: _Split, decimals: int) -> tuple[Channel, ...]:
    total, customers = split[""], split["channel"]
    sums = [customers, *(split[f"channel_{name}"] for name in ("buyers", "amount", "refunded"))]
    names, rest = _ranked(customers)
    rows: list[tuple[str | None, list[int]]] = [(n, [each[n] for each in sums]) for n in names]
    rows.append((OTHER, [sum(each[name] for name in rest) for each in sums]))
    totals = [total[name] for name in (CUSTOMERS, "buyers", "amount", "refunded")]
    unknown = [whole - sum(each.values()) for whole, each in zip(totals, sums, strict=True)]
    rows.append((None, unknown))
    return tuple(_channel(name, row, decimals) for name, row in rows if row[0])


def _channel(name: str | None, sums: list[int], decimals: int) -> Channel:
    customers, buyers, amount, refunded = sums
    return Channel(
        name=name,
        customers=customers,
        buyers=buyers,
        conversion=round(buyers / customers, 4),
        amount=to_text(amount, decimals),
        amount_per_customer=to_text(_half_up(amount, customers), decimals),
        refund_rate=round(min(1.0, refunded / amount), 4) if amount else None,
    )


def _mean(amount: int, count: int, decimals: int) -> str | None:
    return to_text(_half_up(amount, count), decimals) if count else None


def _half_up(amount: int, count: int) -> int:
    return (2 * amount + count) // (2 * count)
