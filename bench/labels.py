"""What labels cost: throughput of one worker with the shipped rules and with none, in one run.

    python -m bench.labels --backend production --events 40000 --rounds 5

The two take turns, as in ``bench.throughput``.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from msgspec.structs import replace

from bench.services import BACKENDS
from bench.throughput import measure

_NO_RULES = "labels: []\n"


def main() -> None:
    """Print one line a round, then the medians and the share of the throughput that labels take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="production")
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, BACKENDS[args.backend]() as settings:
        empty = Path(directory, "none.yaml")
        empty.write_text(_NO_RULES)
        files = {"shipped": None, "none": empty}
        rates: dict[str, list[float]] = {rules: [] for rules in files}
        for number in range(args.rounds):
            for rules, file in files.items():
                name = f"{rules}-{number}"
                mine = replace(settings, namespace=name, topic_prefix=f"{name}-", labels=file)
                rate = measure(mine, args.events)
                rates[rules].append(rate)
                print(f"round {number + 1}  {rules:<8} {rate:>9,.0f} events/s", flush=True)
    shipped, none = (statistics.median(rates[rules]) for rules in files)
    print(f"median   shipped  {shipped:>9,.0f} events/s   one worker, {args.events} events")
    print(f"median   none     {none:>9,.0f} events/s")
    print(f"labels take {1 - shipped / none:.1%} of the throughput with none")


if __name__ == "__main__":
    main()
