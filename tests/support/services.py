"""The servers of a test run: which this machine has, and what becomes of tests without one.

The fixtures in ``tests/conftest.py`` start each server when a test first asks for it, once a
session.
"""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import NoReturn, Protocol, TypeVar

import pytest
from msgspec import Struct

from stream.embedded import INSTALL

#: CI sets it: a server that is missing then fails the tests instead of skipping them.
VARIABLE = "PORTRAIT_REQUIRE_SERVICES"


class Backend(Struct, frozen=True):
    """A broker and a Redis that belong together; `idempotence` as in the settings."""

    name: str
    kafka: str
    redis: str
    idempotence: bool | None


class Server(Protocol):
    """What can be run for as long as tests need it."""

    def start(self) -> object: ...

    def stop(self) -> None: ...


_S = TypeVar("_S", bound=Server)


def missing_package(name: str) -> str | None:
    """Why an embedded server cannot run here, or None if it can."""
    return None if find_spec(name) else f"{name} is not installed; run {INSTALL}"


def unavailable(reason: str) -> NoReturn:
    """Skip the test for want of a server, or fail it where servers are required."""
    if os.environ.get(VARIABLE):
        pytest.fail(f"{VARIABLE} is set, but: {reason}", pytrace=False)
    pytest.skip(reason)


def running(server: _S, missing: str | None) -> Iterator[_S]:
    """Run a server while a fixture lives."""
    if missing:
        unavailable(missing)
    server.start()
    try:
        yield server
    finally:
        server.stop()
