"""What risk costs: throughput of one worker with it and of one without, in one run.

    python -m bench.risk --backend production --events 40000 --rounds 3

The two take turns, as in ``bench.throughput``, on the honest customers of the simulated shop.
"""

import argparse
import statistics

from msgspec.structs import replace

from bench.services import BACKENDS, WORKER
from bench.throughput import measure

_COMMANDS = {"with": WORKER, "without": ("-m", "bench.no_risk")}


def main() -> None:
    """Print one line a round, then the medians and the share of the throughput that risk takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="production")
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with BACKENDS[args.backend]() as settings:
        rates: dict[str, list[float]] = {name: [] for name in _COMMANDS}
        for number in range(args.rounds):
            for name, command in _COMMANDS.items():
                own = f"{name}-{number}"
                mine = replace(settings, namespace=own, topic_prefix=f"{own}-")
                rate = measure(mine, args.events, command)
                rates[name].append(rate)
                print(f"round {number + 1}  {name:<8} {rate:>9,.0f} events/s", flush=True)
    judged, unjudged = (statistics.median(rates[name]) for name in _COMMANDS)
    print(f"median   with     {judged:>9,.0f} events/s   one worker, {args.events} events")
    print(f"median   without  {unjudged:>9,.0f} events/s")
    print(f"risk takes {1 - judged / unjudged:.1%} of the throughput without")


if __name__ == "__main__":
    main()
