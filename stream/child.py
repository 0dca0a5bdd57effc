"""Child processes that never outlive their parent, and the ports they listen on."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO

from stream.errors import Fatal

HOST = "127.0.0.1"

# Below Linux's range for outgoing connections (32768 and up), so that no client socket of
# another process can take a port between our look and the server's bind.
_PORTS = range(20_000, 32_000)

_START_TIMEOUT_S = 20.0
_GRACE_S = 10.0  # from SIGTERM to SIGKILL
_POLL_S = 0.02  # between two readiness probes
_LOG_TAIL_LINES = 20
_PROBE_TIMEOUT_S = 2.0

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class PortBusy(Fatal):
    """Something else listens on the port that was asked for."""

    def __init__(self, name: str, port: int, cause: str | None) -> None:
        super().__init__(f"{name} cannot have port {port}: {cause}")
        self.port = port


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that nothing was bound to a moment ago."""
    with ExitStack() as held:
        ports: list[int] = []
        for port in random.sample(_PORTS, len(_PORTS)):
            if len(ports) == count:
                return ports
            candidate = held.enter_context(socket.socket())
            with suppress(OSError):
                candidate.bind((HOST, port))
                ports.append(port)
    raise Fatal(f"fewer than {count} free ports from {_PORTS.start} to {_PORTS.stop - 1}")


def refuse_if_busy(name: str, port: int) -> None:
    """Raise :class:`PortBusy` where something listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        # As servers do: connections of an earlier run in TIME_WAIT do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            raise PortBusy(name, port, exc.strerror) from None


def exchange(port: int, request: bytes) -> bytes:
    """What the server on a port of 127.0.0.1 first sends back; OSError while there is none."""
    with socket.create_connection((HOST, port), timeout=_PROBE_TIMEOUT_S) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


class Child:
    """A program run as a child process that logs to a file and never outlives its parent.

    It has a session of its own, so the terminal's Ctrl-C reaches the parent only, which then
    stops its children in order. On Linux the kernel kills it when its parent ends in whatever
    way; that goes by the parent *thread*, so start it from one that lives as long as it should.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as out:
            self._process = _spawn(command, out, env)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self._process.poll()

    def wait_until(self, answers: Callable[[], bool], timeout_s: float = _START_TIMEOUT_S) -> None:
        """Return once `answers` is true; its OSError means "not yet".

        Raises :class:`Fatal` with the end of the log where the child ends first or time is up.
        """
        deadline = time.monotonic() + timeout_s
        while self.exit_code is None:
            with suppress(OSError):
                if answers():
                    return
            if time.monotonic() > deadline:
                raise Fatal(f"{self.name} did not answer within {timeout_s:g} s; {self.tail()}")
            time.sleep(_POLL_S)
        raise Fatal(f"{self.name} ended with {self.exit_code} while starting; {self.tail()}")

    def check(self) -> None:
        """Raise :class:`Fatal` with the end of the log where it has ended by itself."""
        if self.exit_code is not None:
            raise Fatal(f"{self.name} ended with {self.exit_code}; {self.tail()}")

    def terminate(self) -> None:
        """Ask it to end, without waiting."""
        self._process.terminate()
        # Under SIGSTOP it would not see the signal before SIGCONT.
        self._process.send_signal(signal.SIGCONT)

    def stop(self, grace_s: float = _GRACE_S) -> int:
        """Ask it to end, kill it after `grace_s`, and return its exit code once it is gone."""
        self.terminate()
        try:
            return self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def tail(self) -> str:
        """The end of what it printed, as the end of an error message."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return "\n".join(["its log ends:", *lines]) if lines else "its log is empty"


def _spawn(
    command: Sequence[str], out: IO[bytes], env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # The only way to ask for it between fork and exec; it calls nothing that takes a lock.
        preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509
    )


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; runs between fork and exec."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        # The parent may have ended before the line above took effect.
        if os.getppid() != parent:
            os._exit(1)
