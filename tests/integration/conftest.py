"""Fixtures of the integration tests: worker processes that end with their test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from stream.settings import Settings
from tests.support.workers import Worker

#: Starts a worker process; it is killed at the end of the test if it still runs.
StartWorker = Callable[[Settings], Worker]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[StartWorker]:
    """Start a worker; wait with its `ready`."""
    numbers = count(1)
    with ExitStack() as running:
        yield lambda settings: running.enter_context(
            Worker(settings, tmp_path / f"worker-{next(numbers)}.log")
        )
