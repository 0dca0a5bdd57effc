"""What risk costs: throughput of one worker with it and of one without, in one run.

    python -m bench.risk --backend production --events 40000 --rounds 3

The two take turns, as in ``bench.throughput``, on the honest customers of the simulated shop.
"""

import argparse

from bench.services import BACKENDS
from bench.throughput import Contender, take_turns


def main() -> None:
    """Print one line a round, then the medians and the share of the throughput that risk takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="production")
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with BACKENDS[args.backend]() as settings:
        contenders = {
            "with": Contender(settings, args.events),
            "without": Contender(settings, args.events, ("-m", "bench.no_risk")),
        }
        medians = take_turns(contenders, args.rounds)
    print(f"risk takes {1 - medians['with'] / medians['without']:.1%} of the throughput without")


if __name__ == "__main__":
    main()
