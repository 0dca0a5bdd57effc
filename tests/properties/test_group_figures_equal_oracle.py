"""What contributions add up to is what looking at all portraits of a group says."""

import json
from collections.abc import Iterable

import msgspec
from hypothesis import given, target
from hypothesis import strategies as st

from stream.groups.contribution import Contribution, from_bytes, read, to_bytes
from stream.groups.portrait import describe
from stream.groups.sums import Sums, exchange
from stream.profile.portrait import to_change
from tests.support.events import folded, portrait, to_ms
from tests.support.oracle.groups import AGE_BANDS, expected
from tests.support.oracle.values import Wire, differences
from tests.support.strategies import delays, histories

STORES = ("main", "b")
SEGMENTS = ("win-back", "vip", "quiet")

_some = st.integers(0, 3)
_cents = st.integers(0, 3_000) | st.integers(0, 10**13)
_amounts = _cents.map(lambda cents: f"{cents // 100}.{cents % 100:02}")
_prices = st.sampled_from(["0.00", "0.99", "1.00", "1.99", "2.00", "5.00", "9.99", "10.00"])


@st.composite
def published(draw: st.DrawFn) -> Wire:
    """A real portrait, with labels and segments, of which more may be known than it was."""
    history = draw(histories(max_size=4))
    as_of_ms = max(to_ms(event["occurred_at"]) for event in history) + draw(delays)
    change = to_change(portrait(folded(history), as_of_ms), (), "event")
    document: Wire = json.loads(msgspec.json.encode(change))
    return document


def _names(*names: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *names])


@st.composite
def documents(draw: st.DrawFn, real: Wire) -> Wire:
    """A portrait as published: the real one, or one with figures of its own."""
    document: Wire = json.loads(json.dumps(real))
    document["store_id"] = draw(st.sampled_from(STORES))
    document["segments"] = draw(st.lists(st.sampled_from(SEGMENTS), unique=True))
    document["labels"] = draw(st.lists(st.sampled_from(["new", "other", "big"]), unique=True))
    if draw(st.booleans()):
        return document
    attributes, preferences = document["attributes"], document["preferences"]
    attributes["natural_gender"] = draw(_names("female", "male", "other"))
    attributes["shopping_gender"]["value"] = draw(st.sampled_from(["female", "male", "unknown"]))
    attributes["age_band"] = draw(_names(*AGE_BANDS))
    attributes["country"] = draw(_names("DE", "中国", "other", "a|b"))
    attributes["acquisition_channel"] = draw(_names("search", "自然", "other", "|"))
    names = draw(st.lists(st.sampled_from(["home", "home/mugs", "书"]), unique=True))
    preferences["categories"] = [{"name": name, "score": 1.0, "share": 0.5} for name in names]
    price = draw(st.none() | _prices | _amounts)
    preferences["price_band"] = (
        None if price is None else dict.fromkeys(("p25", "p50", "p75"), price)
    )
    document["spending"] |= draw(_spending)
    hours = draw(st.lists(_some, min_size=24, max_size=24) | st.just([0] * 24))
    document["activity"]["hours"]["by_hour"] = hours
    document["activity"]["counts"] = {"product_viewed": sum(hours)} if any(hours) else {}
    return document


_spending = st.fixed_dictionaries(
    {
        "orders": _some,
        "amount": _amounts,
        "refunded": _amounts,
        "orders_30d": _some,
        "amount_30d": _amounts,
        "tier": _names("bronze", "gold"),
    }
)


@st.composite
def crowds(draw: st.DrawFn, real: Wire) -> list[Wire]:
    """More different customers than a list has names."""
    crowd = []
    first, width = draw(st.integers(0, 3)), draw(st.sampled_from([0, 1, 2, 25]))
    for number in range(draw(st.integers(19, 30))):
        document: Wire = json.loads(json.dumps(real))
        name = f"name {max(first, number)}" if number % 7 else "other"
        attributes, preferences = document["attributes"], document["preferences"]
        attributes |= {"country": name, "acquisition_channel": name}
        preferences["categories"] = [{"name": name, "score": 1.0, "share": 1.0}]
        price = f"{10 ** (number % 12)}.00"
        preferences["price_band"] = dict.fromkeys(("p25", "p50", "p75"), price)
        labels = [f"label-{(number + more) % 25}" for more in range(width)]
        document |= {"segments": ["vip"], "labels": labels}
        crowd.append(document)
    return crowd


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[int, Wire | None]]:
    """Customers by number, and what is published of them one after another; None erases them."""
    real = draw(st.lists(published(), min_size=1, max_size=2))
    some = st.sampled_from(real).flatmap(documents)
    each = st.tuples(st.integers(0, 5), st.none() | some | some)
    crowd = draw(crowds(real[0])) if draw(st.booleans()) else []
    joined = [*draw(st.lists(each, max_size=8)), *enumerate(crowd, 100)]
    return joined + draw(st.lists(each, max_size=3))


def added_up(changed: Iterable[tuple[int, Wire | None]]) -> Sums:
    sums: Sums = {}
    known: dict[int, Contribution | None] = {}
    for customer, document in changed:
        after = None
        if document is not None:
            member = read(json.dumps(document).encode())
            after = from_bytes(to_bytes(member)).contribution
        exchange(sums, known.get(customer), after)
        known[customer] = after
    return sums


@given(changes())
def test_sums_of_contributions_say_what_looking_at_all_portraits_says(
    changed: list[tuple[int, Wire | None]],
) -> None:
    last = dict(changed)
    portraits = [document for document in last.values() if document is not None]
    sums = added_up(changed)
    groups = {(each["store_id"], name) for each in portraits for name in ("", *each["segments"])}
    assert sums.keys() == groups
    for store_id, segment in ((store, name) for store in STORES for name in ("", *SEGMENTS)):
        found = describe((store_id, segment), sums.get((store_id, segment), {}), "USD")
        document = json.loads(msgspec.json.encode(found))
        assert list(differences(document, expected(portraits, store_id, segment or None))) == []
    target(float(len(portraits)))


@given(changes(), st.randoms(use_true_random=False))
def test_order_of_customers_does_not_matter(changed: list[tuple[int, Wire | None]], random) -> None:  # type: ignore[no-untyped-def]
    once = list(dict(changed).items())
    random.shuffle(once)
    assert added_up(once) == added_up(changed)
