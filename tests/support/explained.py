"""Customers whose figures can be added up by hand, and the evidence of their portraits."""

from msgspec.structs import replace

from stream.explain.portrait import explain
from stream.measures.reference import Reference, StoreReference
from stream.measures.standards import Standards, default_standards
from stream.profile.portrait import describe
from tests.support.events import Wire, folded, ordered, to_ms

AS_OF = "2026-06-30T12:00:00Z"
PLAIN = default_standards("USD")

#: Fifths of recency at 3, 9, 21, 60 days; of orders at 1, 1, 2, 4; of amounts at 50, 100, 200, 500.
STORE = StoreReference(
    buyers=340,
    recency_days=(0, 1, 2, 3, 4, 5, 7, 9, 12, 15, 18, 21, 30, 40, 50, 60, 80, 100, 200),
    orders=(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 9),
    amount=(
        *(1_000, 2_000, 3_000, 5_000, 6_000, 7_000, 8_000, 10_000, 12_000, 15_000, 18_000),
        *(20_000, 25_000, 30_000, 40_000, 50_000, 70_000, 90_000, 200_000),
    ),
    average_order=tuple(1000 * number for number in range(1, 20)),
    price=tuple(500 * number for number in range(1, 20)),
)
REFERENCE = Reference(
    version="1f0c00000000", taken_at="2026-06-30T00:00:00.000Z", stores={"main": STORE}
)
MEASURED = replace(PLAIN, reference=REFERENCE)


def explained(
    events: list[Wire], standards: Standards = PLAIN, as_of: str = AS_OF
) -> dict[str, list[tuple[str, str]]]:
    """Value and evidence by path."""
    state = folded(events)
    portrait = describe("main", "c1", state, to_ms(as_of), standards=standards, version=1)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in explain(portrait, state, standards):
        found.setdefault(each.path, []).append((each.value, each.because))
    return found


def orders(*bought: tuple[str, str]) -> list[Wire]:
    """Orders of a day and a total each."""
    return [ordered(f"{day}T10:00:00Z", total) for day, total in bought]


BUYER = orders(
    ("2026-05-01", "100.00"), ("2026-05-11", "300.00"), ("2026-06-05", "50.00")
) + orders(("2026-06-18", "30.00"))
