"""Size of the stored state by the number of events in the window, on the demo's mix.

    python -m bench.state_size

The budget is 1.5 KB (1,536 bytes) for a customer with 100 events in the window.
"""

import statistics
from collections import defaultdict
from datetime import UTC, datetime

from stream.decode import place
from stream.demo.simulation import Simulation
from stream.events import customer_key
from stream.money import Rates
from stream.profile.fold import fold_record
from stream.profile.state import State, prune
from stream.tables import codec
from stream.windows import to_ms

BUDGET_BYTES = 1536
EVENTS = 100_000
CUSTOMERS = 1_500
_BANDS = ((1, 20), (20, 50), (50, 90), (90, 111), (111, 200), (200, 500))


def main() -> None:
    """Print one line a band of events in the window."""
    end = datetime(2026, 6, 30, tzinfo=UTC)
    rates = Rates("USD")
    states: defaultdict[str, State] = defaultdict(State)
    for offset, event in enumerate(Simulation(7, CUSTOMERS).last(EVENTS, end)):
        occurrence = place(event, now_ms=to_ms(end), rates=rates)
        key = customer_key(event.store_id, event.customer_id)
        fold_record(states[key], f"{event.topic}:0", offset, occurrence)
    sizes: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for state in states.values():
        prune(state)
        events = sum(sum(tile.values()) for tile in state.hours.values())
        for band in _BANDS:
            if band[0] <= events < band[1]:
                sizes[band].append(len(codec.encode(state)))
    print("events in window   customers   median bytes   largest")
    for low, high in _BANDS:
        found = sizes[low, high]
        if found:
            median = statistics.median(found)
            print(f"{low:>5} to {high - 1:<5} {len(found):>13} {median:>14.0f} {max(found):>9}")
    hundred = sizes[90, 111]
    within = sum(size <= BUDGET_BYTES for size in hundred) / len(hundred)
    print(
        f"at 90 to 110 events: {statistics.median(hundred):.0f} of {BUDGET_BYTES} bytes in the "
        f"median, {within:.0%} of the customers within them"
    )


if __name__ == "__main__":
    main()
