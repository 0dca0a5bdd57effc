"""What labels cost: throughput of one worker with the shipped rules and with none, in one run.

    python -m bench.labels --backend production --events 40000 --rounds 5

The two take turns, as in ``bench.throughput``.
"""

import argparse
import tempfile
from pathlib import Path

from msgspec.structs import replace

from bench.services import BACKENDS
from bench.throughput import Contender, take_turns

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
        contenders = {
            "shipped": Contender(settings, args.events),
            "none": Contender(replace(settings, labels=empty), args.events),
        }
        medians = take_turns(contenders, args.rounds)
    print(f"labels take {1 - medians['shipped'] / medians['none']:.1%} of the throughput with none")


if __name__ == "__main__":
    main()
