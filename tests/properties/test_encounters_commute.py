"""The same events give the same acceptance, in whatever order and in whatever batches they come."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from stream.groups.acceptance import DAYS_SHOWN, Acceptance, acceptance
from stream.groups.contribution import member_name
from stream.profile.encounters import encounters
from stream.tables.memory_products import MemoryProducts
from tests.support.events import Wire, event, occur, to_text
from tests.support.strategies import cuts

DAY_MS = 86_400_000
START_MS = 1_740_830_400_000
AS_OF_MS = START_MS + 300 * DAY_MS
PRODUCTS = ("p1", "p2")

_VIEWS = ("product_viewed", "product_clicked")
_TYPES = (*_VIEWS, "order_completed", "order_completed", "product_added", "order_refunded")


def _event(type_name: str, day: int, off_ms: int, customer: int, products: list[str]) -> Wire:
    fields: Wire = {"customer_id": f"c{customer}"}
    if type_name.startswith("order"):
        items = [{"product_id": product} for product in products]
        fields |= {"order_id": "o1", "total": "1.00", "currency": "USD", "items": items}
    else:
        fields["product"] = {"product_id": products[0]}
    return event(type_name, to_text(START_MS + day * DAY_MS + off_ms), **fields)


# Days on the edges of what is shown, after an appearance on day 0, 1 or 20.
_days = st.sampled_from((0, 1, 20)).flatmap(
    lambda first: st.sampled_from((0, *DAYS_SHOWN)).map(lambda day: first + day)
)
_events = st.builds(
    _event,
    st.sampled_from(_TYPES),
    _days,
    st.sampled_from((-1, 0, 0, 1)),
    st.integers(0, 3),
    st.lists(st.sampled_from(PRODUCTS), min_size=1, max_size=3),
)
_histories = st.lists(_events, min_size=1, max_size=25)


def first_orders(history: Iterable[Wire]) -> dict[str, int]:
    """By member, as the portraits have it."""
    found: dict[str, int] = {}
    for wire in history:
        if wire["type"] == "order_completed":
            member = member_name(f"main/{wire['customer_id']}")
            found[member] = min(occur(wire).at_ms, found.get(member, AS_OF_MS))
    return found


async def _noted(batches: Iterable[list[Wire]], product_id: str, *, buyers: dict[str, int]) -> (
    Acceptance | None
):  # fmt: skip
    table = MemoryProducts()
    for batch in batches:
        work: defaultdict[str, list[Wire]] = defaultdict(list)
        for wire in batch:
            work[f"main/{wire['customer_id']}"].append(wire)
        for key, events in work.items():
            await table.note(encounters(key, map(occur, events)))
    facts = await table.of("main", product_id)
    return None if facts is None else acceptance(facts, buyers, AS_OF_MS)


@given(st.data(), _histories)
def test_any_order_and_any_batching_of_the_events_gives_the_same_acceptance(
    data: st.DataObject, history: list[Wire]
) -> None:
    buyers = first_orders(history)
    log = data.draw(st.permutations(history + history[:5]))  # some of them sent twice
    bounds = data.draw(cuts(len(log)))
    batches = [log[first:last] for first, last in itertools.pairwise(bounds)]
    for product in PRODUCTS:
        expected = asyncio.run(_noted([history], product, buyers=buyers))
        assert asyncio.run(_noted(batches, product, buyers=buyers)) == expected


@given(_histories)
def test_acceptance_is_what_counting_the_events_one_by_one_gives(history: list[Wire]) -> None:
    buyers = first_orders(history)
    for product in PRODUCTS:
        named = [wire for wire in history if product in _named(wire)]
        found = asyncio.run(_noted([history], product, buyers=buyers))
        if not named:
            assert found is None
            continue
        assert found is not None
        first_ms = min(occur(wire).at_ms for wire in named)
        old = {member for member, at_ms in buyers.items() if at_ms < first_ms}
        counts = [
            tuple(
                len(_who(named, types, until_ms=first_ms + day * DAY_MS) & old)
                for types in (_VIEWS, ("order_completed",))
            )
            for day in DAYS_SHOWN
        ]
        assert [(each.viewed, each.bought) for each in found.by_day] == counts
        assert (found.viewed, found.bought) == counts[-1]
        assert found.old_customers == len(old)


def _who(history: list[Wire], types: tuple[str, ...], *, until_ms: int) -> set[str]:
    """Members with an event of the types before an instant."""
    return {
        member_name(f"main/{wire['customer_id']}")
        for wire in history
        if wire["type"] in types and occur(wire).at_ms < until_ms
    }


def _named(wire: Wire) -> set[str]:
    products = wire.get("items") or [wire["product"]]
    return {product["product_id"] for product in products}
