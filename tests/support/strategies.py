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
    *(days * DAY_MS for days in (2, 7, 14, 29, 30, 31, 32, 60, 340, 365, 366, 380, 400)),
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
    gender=st.sampled_from([None, None, "female", "male", "unisex"]),
)
_full_contexts = st.builds(
    _without_none,
    device_id=st.sampled_from([None, "d1", "d2", "d3"]),
    device_model=st.sampled_from([None, "Pixel 9", "Mate 60"]),
    os=st.sampled_from([None, "Android", "HarmonyOS"]),
    browser=st.sampled_from([None, "Firefox", "firefox"]),
    user_agent=st.sampled_from([None, "Mozilla/5.0", ""]),
    ip=st.sampled_from([None, "192.0.2.1", "198.51.100.7"]),
    asn=st.sampled_from([None, 0, 64_496]),
    country=st.sampled_from([None, "DE", "de", "CN", "AU"]),
    channel=st.sampled_from([None, "search", "自然"]),
    campaign=st.sampled_from([None, "spring", "autumn"]),
    rooted=st.sampled_from([None, None, None, True, False]),
    emulator=st.sampled_from([None, None, None, True, False]),
)
_contexts = st.none() | _full_contexts

_KNOWN_TRAITS: dict[str, st.SearchStrategy[Any]] = {
    "gender": st.sampled_from(["female", "male", "other"]),
    "birth_year": st.integers(1930, 2030),
    "occupation": st.sampled_from(["teacher", "程序员"]),
    "country": st.sampled_from(["FR", "中国"]),
    "time_zone": st.sampled_from(["Asia/Shanghai", "UTC"]),
    "app_installed": st.booleans(),
    "kind": st.sampled_from(["person", "company", "company"]),
    "industry": st.sampled_from(["furniture", "家具"]),
    "company_type": st.just("wholesale"),
    "contact_roles": st.sampled_from(["", "buyer", " buyer,, owner ,", "owner,buyer"]),
    "website_traffic": st.sampled_from([0, 12_000, 2**53]),
    "purchase_volume": st.sampled_from([0, 12_000, 0.5, 99.25]),
}
_other_trait = st.sampled_from([True, False, 0, 1, -7, 1.5, "", "1", "größer"])


def _trait(name: str) -> st.SearchStrategy[Any]:
    return st.none() | _KNOWN_TRAITS.get(name, _other_trait)


_traits = st.lists(
    st.sampled_from([*_KNOWN_TRAITS, "size", "vip", "newsletter"]), max_size=4, unique=True
).flatmap(lambda names: st.fixed_dictionaries({name: _trait(name) for name in names}))


_PRODUCT_TYPES = (
    *("product_viewed", "product_clicked", "product_added_to_wishlist"),
    *("product_shared", "product_added", "product_removed", "product_reviewed"),
)
_PLAIN_TYPES = (
    *("signed_up", "signed_in", "sign_in_failed", "password_reset", "device_seen", "invite_sent"),
)
_ORDER_TYPES = ("order_completed", "order_refunded", "order_cancelled", "checkout_started")

_of_products = st.builds(
    lambda name, product, currency, rating: {
        "type": name,
        "product": product,
        "currency": currency,
        **({"rating": rating} if name == "product_reviewed" else {}),
    },
    st.sampled_from(_PRODUCT_TYPES),
    _products,
    _currencies,
    st.integers(1, 5),
)
_of_orders = st.builds(
    lambda name, **fields: {"type": name, **_without_none(**fields)},
    st.sampled_from(("order_completed", *_ORDER_TYPES)),
    order_id=st.sampled_from(["o1", "o1", "o2", "o3"]),
    total=money,
    currency=_currencies,
    items=st.lists(_products, max_size=3),
    coupon=st.sampled_from([None, None, "TEN"]),
    discount=st.none() | money,
    payment_ref=st.sampled_from([None, "card 1", "card 2", "card 3", "card 4"]),
)
_searches = st.sampled_from(
    [
        "mug",
        " Mug\t\n",
        "blue  mug",
        "书",
        "İ",
        "",
        " \u3000",
        "x" * 39 + " y",
        "x" * 60,
        *("cup", "tea", "pot", "pan", "tray"),
    ]
).map(lambda query: {"type": "products_searched", "query": query})
_contacts = st.builds(
    lambda **fields: {"type": "support_contacted", **_without_none(**fields)},
    subject=st.sampled_from([None, "delivery", "other", "returns", "payment", "account", "x" * 50]),
    case_id=st.sampled_from([None, "k1", "k2"]),
    complaint=st.sampled_from([None, True, True, False]),
    resolved=st.sampled_from([None, None, True, False]),
)
_others = st.one_of(
    st.sampled_from(_PLAIN_TYPES).map(lambda name: {"type": name}),
    st.sampled_from(
        [
            {"type": "promotion_viewed", "promotion_id": "spring"},
            {"type": "promotion_clicked", "promotion_id": "spring"},
            {"type": "coupon_redeemed", "coupon": "TEN", "discount": "10.00", "currency": "EUR"},
            {"type": "coupon_redeemed", "coupon": "TEN"},
            {"type": "consent_changed", "consents": {"mail": True}},
            {"type": "invite_accepted"},
            {"type": "invite_accepted", "invited_by": CUSTOMER},
            {"type": "invite_accepted", "invited_by": "c2"},
        ]
    ),
    _searches,
    _contacts,
    _traits.map(lambda traits: {"type": "customer_identified", "traits": traits}),
)
_bodies = st.one_of(_of_products, _of_products, _of_orders, _others)


@st.composite
def _crowds(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Views of more categories, brands and products on one day than are kept of it."""
    at = draw(times(end_ms))
    first, count = draw(st.integers(0, 500)), draw(st.integers(30, 45))
    numbers = [*range(first, first + count), first, first]
    products = [
        {"product_id": f"p{n}", "category": f"kind {n}", "brand": f"brand {n % 40}"}
        for n in numbers
    ]
    order: Wire = {"type": "order_completed", "order_id": "o2", "total": "5", "currency": "USD"}
    views: list[Wire] = [{"type": "product_viewed", "product": product} for product in products]
    return [{**body, "occurred_at": at} for body in (*views, {**order, "items": products})]


#: Gaps between the events of a visit, ms: a session ends after more than 30 minutes, and its
#: seconds are whole ones.
_gaps = st.sampled_from(
    (0, 1000, *(30 * MINUTE_MS + off for off in (-1, 0, 1, 999, 1000, 1001)), 31 * MINUTE_MS)
)


@st.composite
def _visits(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Things done in the shop at intervals around those that part two sessions."""
    at_ms = max(0, end_ms - draw(_ages) - draw(st.integers(0, 4)) * HOUR_MS)
    events: list[Wire] = []
    for body in draw(st.lists(_in_the_shop, min_size=2, max_size=8)):
        events.append({**body, "occurred_at": to_text(min(at_ms, end_ms))})
        at_ms += draw(_gaps)
    return events


_in_the_shop: st.SearchStrategy[Wire] = st.one_of(
    st.sampled_from(["signed_in", "device_seen", "invite_sent"]).map(lambda name: {"type": name}),
    _of_products.map(lambda event: {**event, "type": "product_added"}),
    _of_orders.map(lambda event: {**event, "type": "order_completed"}),
)


@st.composite
def _buyers(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Views and orders of few products over a year and more, some soon after one another."""
    events = []
    at_ms = end_ms
    ages = st.sampled_from([0, 6 * MINUTE_MS, 59 * MINUTE_MS, HOUR_MS + 6 * MINUTE_MS, DAY_MS])
    pauses = st.sampled_from([0, 1, 6, 7, 8, 12, 30, 90]).map(lambda days: days * DAY_MS)
    count = draw(st.sampled_from([3, 5, 18, 22]))
    for order in draw(st.lists(_of_orders, min_size=count, max_size=count)):
        events.append({**order, "type": "order_completed", "occurred_at": to_text(max(0, at_ms))})
        for product in order["items"]:
            view = {"type": "product_viewed", "product": product, "currency": order["currency"]}
            events.append({**view, "occurred_at": to_text(max(0, at_ms - draw(ages)))})
        at_ms -= draw(pauses) + draw(st.integers(0, HOUR_MS))
    return events


_referrals = st.builds(
    lambda invitee, **fields: {"type": "referral_changed", "invitee": invitee, **fields},
    st.integers(1, 4).map(lambda number: f"friend {number}"),
    invited_at=st.sampled_from(
        ["2024-01-01T00:00:00Z", "2024-01-01T08:00:00+08:00", "2023-05-05T05:05:05Z"]
    ),
    orders=st.integers(0, 3),
    amount=money,
    currency=_currencies,
    withdrawn=st.sampled_from([False, False, False, True]),
)


#: Few values of few codes, so that they reach each other; one is worth nothing, one is capped.
_codes = st.sampled_from(["accounts_on_device", "accounts_on_ip", "failed_share_on_device"])
_values = st.sampled_from([1, 2, 3, 5, 8, 50, 100, 101])
_links = st.builds(
    lambda code, value, cause: {
        "type": "account_linked",
        "code": code,
        "value": value,
        "cause": f"other {cause}",
    },
    _codes | st.just("no such reason"),
    _values,
    st.integers(1, 3),
)
_counts = st.lists(st.integers(0, 300), min_size=9, max_size=9)


@st.composite
def _facts(draw: st.DrawFn, body: Wire) -> Wire:
    """The event with what was known of others when it came, where it is one that asks."""
    signed_in = body["type"] == "signed_in"
    if (not signed_in and body["type"] not in _ASKING) or draw(st.booleans()):
        return body
    known = draw(st.lists(st.tuples(_codes, _values), max_size=2))
    return {**body, "facts": {"known": known, "sign_in": draw(_counts) if signed_in else None}}


_ASKING = ("signed_up", "sign_in_failed", "device_seen", "order_completed", "coupon_redeemed")


@st.composite
def histories(draw: st.DrawFn, max_size: int = 25, *, erasable: bool = False) -> list[Wire]:
    """Events of one customer, in any order, each with an id of its own; never none.

    At least one of them is an act of the customer, which a referral and a link are not.
    """
    end_ms = draw(ends)
    events = [
        {**body, "occurred_at": at, **({} if context is None else {"context": context})}
        for body, at, context in draw(
            st.lists(st.tuples(_bodies, times(end_ms), _contexts), min_size=1, max_size=max_size)
        )
    ]
    kinds = (_crowds, _declarations, _visits, _buyers, _asking, _many_cases, _many_devices)
    kinds += (_takeovers, _many_sign_ins, _coupon_hunts, _machines)
    for more in draw(st.lists(st.sampled_from(kinds), max_size=2, unique=True)):
        events += draw(more(end_ms))
    events = [draw(_facts(event)) for event in events]
    for internal in draw(st.lists(_referrals | _links, max_size=6)):
        where = draw(st.integers(0, len(events)))
        events.insert(where, {**internal, "occurred_at": draw(times(end_ms))})
    if erasable and draw(st.integers(0, 5)) == 5:
        where = draw(st.integers(0, len(events)))
        events.insert(where, {"type": "erasure_requested", "occurred_at": draw(times(end_ms))})
    return [_enveloped(n, body) for n, body in enumerate(events)]


@st.composite
def _declarations(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """More traits than are kept, in two declarations."""
    first = draw(st.integers(0, 500))
    traits = {f"trait {n}": n for n in range(first, first + 60)}
    more = {f"trait {n}": n for n in range(first + 40, first + 80)}
    return [
        {"type": "customer_identified", "occurred_at": draw(times(end_ms)), "traits": each}
        for each in (traits, more)
    ]


@st.composite
def _asking(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Searches and contacts of one instant, of more kinds than are kept of a day."""
    at = draw(times(end_ms))
    kind = draw(st.sampled_from([_searches, _contacts]))
    bodies = draw(st.lists(kind, min_size=9, max_size=12))
    return [{**body, "occurred_at": at} for body in bodies]


@st.composite
def _many_cases(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Contacts about more cases than are kept, some about the same."""
    ages_ms = draw(st.lists(st.integers(0, 40 * 24), min_size=18, max_size=22))
    return [
        {
            "type": "support_contacted",
            "case_id": f"case {n % 19}",
            "complaint": n % 3 != 0,
            "occurred_at": to_text(max(0, end_ms - age * HOUR_MS)),
        }
        for n, age in enumerate(ages_ms)
    ]


@st.composite
def _many_devices(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Events on more devices than are kept."""
    first = draw(st.integers(0, 500))
    return [
        {
            "type": "device_seen",
            "context": {"device_id": f"device {n}", "os": f"os {n % 3}"},
            "occurred_at": draw(times(end_ms)),
        }
        for n in range(first, first + draw(st.integers(17, 20)))
    ]


def _after(draw: st.DrawFn, end_ms: int, bodies: list[Wire], gaps_ms: list[int]) -> list[Wire]:
    """These things one after the other, some gap apart, none after the end."""
    at_ms = max(0, end_ms - draw(_ages) - draw(st.sampled_from([0, 0, 10 * DAY_MS])))
    events: list[Wire] = []
    for body in bodies:
        events.append({**body, "occurred_at": to_text(min(at_ms, end_ms))})
        at_ms += draw(st.sampled_from(gaps_ms))
    return events


@st.composite
def _takeovers(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Sign-ins, failures, perhaps a reset, a sign-in from elsewhere, and orders."""
    names = ["signed_in"] * 3 + ["sign_in_failed"] * draw(st.integers(2, 22))
    names += ["password_reset"] * draw(st.integers(0, 7)) + ["signed_in"]
    bodies: list[Wire] = [{"type": name, "context": draw(_full_contexts)} for name in names]
    bodies += [
        {**order, "type": "order_completed"}
        for order in draw(st.lists(_of_orders, min_size=1, max_size=4))
    ]
    return _after(draw, end_ms, bodies, [1000, MINUTE_MS, 29 * MINUTE_MS, HOUR_MS])


@st.composite
def _many_sign_ins(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """More sign-ins than are kept, in more ways than are kept, over weeks."""
    first = draw(st.integers(0, 500))
    bodies: list[Wire] = [
        {"type": "signed_in", "context": {**draw(_full_contexts), "ip": f"192.0.2.{n % 250}"}}
        for n in range(first, first + draw(st.integers(4, 30)))
    ]
    return _after(draw, end_ms, bodies, [MINUTE_MS, DAY_MS, 3 * DAY_MS, 31 * DAY_MS])


@st.composite
def _coupon_hunts(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """Orders with coupons that are cancelled or refunded, more than are kept."""
    bodies: list[Wire] = []
    for number in range(draw(st.integers(2, 14))):
        order = {"order_id": f"hunt {number}", "total": "9.00", "currency": "USD"}
        bodies.append({**order, "type": "order_completed", "coupon": "TEN"})
        bodies.append({"type": "coupon_redeemed", "coupon": "TEN", "order_id": f"hunt {number}"})
        undone = draw(st.sampled_from([None, "order_cancelled", "order_refunded"]))
        bodies += [{**order, "type": undone}] if undone else []
    return _after(draw, end_ms, bodies, [1000, HOUR_MS, DAY_MS, 9 * DAY_MS])


@st.composite
def _machines(draw: st.DrawFn, end_ms: int) -> list[Wire]:
    """More clicks than are kept, at equal or nearly equal intervals."""
    interval_ms = draw(st.sampled_from([500, 1000, 60_000]))
    click = {"type": "product_viewed", "product": {"product_id": "p1"}}
    count = draw(st.integers(12, 40))
    jitter = draw(st.sampled_from([0, 0, 1, 19, 200]))
    return _after(draw, end_ms, [click] * count, [interval_ms, interval_ms + jitter])


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
