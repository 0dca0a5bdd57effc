"""Hypothesis strategies: histories of one customer, made to meet the edges.

Few names and instants, so that they collide; times that sit on hours, midnights and the far end of
the window; offsets of real zones at that instant, and some that no zone has.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.events import CUSTOMER, STORE, TOPIC_OF, Wire, to_text

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

#: Where histories end: around changes of daylight saving, of the year, on a leap day, and so
#: early that the window begins before 1970.
ENDS_MS = tuple(
    int(datetime.fromisoformat(text).timestamp()) * 1000
    for text in (
        "2024-03-31T01:00:00+00:00",  # Europe/Berlin goes to summer time
        "2024-10-27T01:00:00+00:00",  # and back
        "2024-04-06T15:00:00+00:00",  # Australia/Lord_Howe goes back, by half an hour
        "2025-01-01T00:00:00+00:00",
        "2024-02-29T23:00:00+00:00",
        "2026-07-15T12:00:00+00:00",
        "1970-01-20T00:00:00+00:00",
    )
)
ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/St_Johns",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
    )
)
ODD_OFFSETS = tuple(
    timedelta(minutes=minutes) for minutes in (14 * 60, -14 * 60, 345, -210, 1439, -1439, 1, -1)
)

ends = st.sampled_from(ENDS_MS)

_EDGES = (
    *(hours * HOUR_MS for hours in (0, 1, 5, 24, 30 * 24 - 1, 30 * 24 + 1)),
    *(days * DAY_MS for days in (2, 7, 14, 29, 30, 31, 32, 60, 400)),
)

# How long before the end of the history something happened: on an edge, and a little off it.
_ages = st.builds(
    lambda edge, off: edge + off,
    st.sampled_from(_EDGES),
    st.sampled_from([0, 0, 1, -1, 29 * MINUTE_MS, HOUR_MS - 1, 3 * HOUR_MS + 7, 11 * HOUR_MS]),
)


def _offset(ms: int, zone: int) -> timedelta:
    if zone >= len(ZONES):
        return ODD_OFFSETS[zone - len(ZONES)]
    moment = datetime.fromtimestamp(ms // 1000, UTC).astimezone(ZONES[zone])
    return moment.utcoffset() or timedelta()


def times(end_ms: int) -> st.SearchStrategy[str]:
    """RFC 3339 times up to an instant, clustered around the edges of its window."""

    def at(age: int, zone: int) -> str:
        ms = max(0, end_ms - max(0, age))
        return to_text(ms, _offset(ms, zone))

    return st.builds(at, _ages, st.integers(0, len(ZONES) + len(ODD_OFFSETS) - 1))


_categories = st.sampled_from([None, "shoes", "home/mugs", "home/kitchen", "书/小说", "toys"])
_brands = st.sampled_from([None, "Acme", "Öko", "Zed"])
money = st.one_of(
    st.sampled_from(["0", "0.00", "0.07", "0.15", "0.16", "0.17", "9.99", "12.50", "1.005"]),
    st.integers(0, 2_000_000).map(lambda minor: f"{minor // 100}.{minor % 100:02}"),
)
_currencies = st.sampled_from(["USD", "USD", "EUR", "JPY", "KWD"])


def _without_none(**fields: Any) -> Wire:
    return {name: value for name, value in fields.items() if value is not None}


_products = st.builds(
    lambda number, **fields: _without_none(product_id=f"p{number}", **fields),
    st.integers(1, 4),
    category=_categories,
    brand=_brands,
    price=st.none() | money,
)
_traits = st.dictionaries(
    st.sampled_from(["gender", "birth_year", "occupation", "size", "vip", "newsletter"]),
    st.none(),
    max_size=4,
).flatmap(lambda names: st.fixed_dictionaries({name: _trait(name) for name in names}))


def _trait(name: str) -> st.SearchStrategy[Any]:
    if name == "gender":
        return st.sampled_from(["female", "male", "other", None])
    if name == "birth_year":
        return st.none() | st.integers(1930, 2030)
    if name == "occupation":
        return st.sampled_from(["teacher", "程序员", None])
    return st.sampled_from([None, True, False, 0, 1, -7, 1.5, "", "1", "größer"])


_PRODUCT_TYPES = ("product_viewed", "product_clicked", "product_added_to_wishlist")
_PRODUCT_TYPES += ("product_shared", "product_added", "product_removed", "product_reviewed")
_PLAIN_TYPES = ("signed_up", "signed_in", "sign_in_failed", "password_reset", "device_seen")
_PLAIN_TYPES += ("invite_sent", "invite_accepted", "support_contacted")

_ORDER_TYPES = ("order_completed", "order_refunded", "order_cancelled", "checkout_started")

_of_products = st.builds(
    lambda name, product, currency: {
        "type": name,
        "product": product,
        "currency": currency,
        **({"rating": 4} if name == "product_reviewed" else {}),
    },
    st.sampled_from(_PRODUCT_TYPES),
    _products,
    _currencies,
)
_of_orders = st.builds(
    lambda name, total, currency, items: {
        "type": name,
        "order_id": "o1",
        "total": total,
        "currency": currency,
        "items": items,
    },
    st.sampled_from(("order_completed", *_ORDER_TYPES)),
    money,
    _currencies,
    st.lists(_products, max_size=3),
)
_others = st.one_of(
    st.sampled_from(_PLAIN_TYPES).map(lambda name: {"type": name}),
    st.sampled_from(
        [
            {"type": "products_searched", "query": "blue mug"},
            {"type": "promotion_viewed", "promotion_id": "spring"},
            {"type": "promotion_clicked", "promotion_id": "spring"},
            {"type": "coupon_redeemed", "coupon": "TEN", "discount": "10.00", "currency": "EUR"},
            {"type": "coupon_redeemed", "coupon": "TEN"},
            {"type": "consent_changed", "consents": {"mail": True}},
        ]
    ),
    _traits.map(lambda traits: {"type": "customer_identified", "traits": traits}),
)
_bodies = st.one_of(_of_products, _of_products, _of_orders, _others)


@st.composite
def _crowds(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Views of more categories and brands on one day than are kept of it."""
    at = draw(times(end_ms))
    first, count = draw(st.integers(0, 500)), draw(st.integers(30, 45))
    numbers = [*range(first, first + count), first, first]
    return [
        {
            "type": "product_viewed",
            "occurred_at": at,
            "product": {"product_id": "p1", "category": f"kind {n}", "brand": f"brand {n % 40}"},
        }
        for n in numbers
    ]


@st.composite
def histories(draw: st.DrawFn, max_size: int = 25, *, erasable: bool = False) -> list[Wire]:
    """Events of one customer, in any order, each with an id of its own; never none."""
    end_ms = draw(ends)
    events = [
        {**body, "occurred_at": at}
        for body, at in draw(
            st.lists(st.tuples(_bodies, times(end_ms)), min_size=1, max_size=max_size)
        )
    ]
    if draw(st.integers(0, 7)) == 7:
        events += draw(_crowds(end_ms))
    if draw(st.integers(0, 7)) == 7:
        first = draw(st.integers(0, 500))
        traits = {f"trait {n}": n for n in range(first, first + 60)}
        more = {f"trait {n}": n for n in range(first + 40, first + 80)}
        events += [
            {"type": "customer_identified", "occurred_at": draw(times(end_ms)), "traits": each}
            for each in (traits, more)
        ]
    if erasable and draw(st.integers(0, 5)) == 5:
        where = draw(st.integers(0, len(events)))
        events.insert(where, {"type": "erasure_requested", "occurred_at": draw(times(end_ms))})
    return [_enveloped(n, body) for n, body in enumerate(events)]


def _enveloped(number: int, body: Wire) -> Wire:
    return {"event_id": f"e{number}", "store_id": STORE, "customer_id": CUSTOMER, **body}


#: How long after the newest event a portrait is looked at: at once, and on edges of the window.
delays = st.one_of(
    st.sampled_from([0, 1, HOUR_MS - 1, HOUR_MS, DAY_MS, 29 * DAY_MS, 30 * DAY_MS - 1])
    | st.sampled_from([30 * DAY_MS, 30 * DAY_MS + HOUR_MS, 31 * DAY_MS, 32 * DAY_MS]),
    st.integers(0, 33 * DAY_MS),
    st.integers(0, 33 * 24).map(lambda hours: hours * HOUR_MS),
)


@st.composite
def logs(draw: st.DrawFn, events: list[Wire]) -> list[tuple[str, int, Wire]]:
    """The same events as records `(source, offset, event)`, the topics interleaved at will.

    Within a topic the events keep the order of the history.
    """
    by_topic: dict[str, list[Wire]] = {}
    for event in events:
        by_topic.setdefault(TOPIC_OF[event["type"]], []).append(event)
    queues = [
        [(f"{topic}:0", offset * 3, event) for offset, event in enumerate(queue)]
        for topic, queue in sorted(by_topic.items())
    ]
    turns = draw(st.permutations([n for n, queue in enumerate(queues) for _ in queue]))
    heads = [iter(queue) for queue in queues]
    return [next(heads[turn]) for turn in turns]


def cuts(length: int) -> st.SearchStrategy[list[int]]:
    """Where a log of so many records is cut into batches."""
    return st.lists(st.integers(0, length), max_size=6).map(lambda at: [0, *sorted(at), length])
