"""A worker that judges no risk, for comparison: it asks no facts and keeps no evidence.

Everything else is that of `portrait worker`. There is no such setting: it is made here by taking
the three steps out before the worker starts.
"""

import sys
from typing import Any

from stream.cli.main import main
from stream.enrich import Enricher, Work
from stream.profile.state import State
from stream.risk import evidence


async def _asks_nothing(_self: Enricher, work: Work) -> Work:
    return work


def _keeps_nothing(*_arguments: Any) -> None:
    pass


def _finds_nothing(_self: State) -> list[Any]:
    return []


if __name__ == "__main__":
    Enricher.enrich = _asks_nothing  # type: ignore[method-assign]
    evidence.add = _keeps_nothing  # type: ignore[assignment]
    State.suspicions = _finds_nothing  # type: ignore[method-assign]
    sys.argv[1:] = ["worker"]
    main()
