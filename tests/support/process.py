"""Servers that tests run: a temporary directory, a child process, readiness, stop by pid."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from stream.child import HOST, Child
from stream.errors import Fatal


def exchange(port: int, request: bytes, *, timeout_s: float = 2.0) -> bytes:
    """What the server on a port of 127.0.0.1 first sends back, at most 64 KiB.

    Raises OSError while nobody listens or nothing comes in time. Enough for readiness probes,
    whose answers arrive in one piece.
    """
    with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def run_to_end(command: Sequence[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run a helper program; its output, errors included, is in `stdout`. Any exit code is fine."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Fatal(f"{command[0]} did not end within {timeout_s:g} s") from error


class ChildServer(ABC):
    """A server program with a temporary directory of its own, on 127.0.0.1 only.

    `start` returns once the server answers and raises `Fatal` with the end of its log where it
    does not; `stop` returns once it is gone; a context manager does the two. A new start begins
    with nothing, `restart` keeps port and files. All of them block.

    A killed test run leaves no server behind, only the directory; see `stream.child.Child`, also
    for which thread may call `start`.
    """

    name: ClassVar[str]
    start_timeout_s: ClassVar[float]

    def __init__(self) -> None:
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._command: Sequence[str] = ()
        self._child: Child | None = None

    @abstractmethod
    def prepare(self, directory: Path) -> Sequence[str]:
        """Choose ports, write what the server needs into `directory`, give its command line."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server is ready for clients; may raise OSError for "not yet"."""

    @property
    @abstractmethod
    def address(self) -> str:
        """What a client connects to; valid after `start`."""

    @property
    def pid(self) -> int:
        """The server's process id, for tests that signal it."""
        if self._child is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._child.pid

    @property
    def log(self) -> Path:
        """Everything that the server printed since `start`."""
        if self._directory is None:
            raise RuntimeError(f"{self.name} is not running")
        return Path(self._directory.name, "server.log")

    def start(self) -> str:
        """Run the server on free ports with no earlier data; return its address."""
        if self._directory is not None:
            raise RuntimeError(f"{self.name} runs already")
        self._directory = tempfile.TemporaryDirectory(prefix=f"portrait-{self.name}-")
        try:
            self._command = self.prepare(Path(self._directory.name))
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self.address

    def restart(self) -> str:
        """Run the server again on the same port and files, whether or not it still runs."""
        self._end()
        self._launch()
        return self.address

    def stop(self) -> None:
        """End the server and delete its files; does nothing where there is none."""
        self._end()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        self._child = Child(self.name, self._command, self.log)
        self._child.wait_until(self.answers, self.start_timeout_s)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()
