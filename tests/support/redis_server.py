"""A real Redis, alone or as a cluster, run by tests with the installed `redis-server`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from stream.child import HOST, free_ports
from stream.errors import Fatal
from tests.support.process import ChildServer, exchange, run_to_end

_CLUSTER_TIMEOUT_S = 30.0
_CLUSTER_NODES = 3  # the fewest that `redis-cli --cluster create` accepts


def _missing(*programs: str) -> str | None:
    for program in programs:
        if shutil.which(program) is None:
            return f"no {program} on the PATH (Debian's package: redis-server)"
    return None


class RedisServer(ChildServer):
    """One `redis-server` that appends to its AOF as in production, without snapshots."""

    name = "redis-server"
    start_timeout_s = 20.0

    def __init__(self, *options: str, port: int | None = None) -> None:
        """`options` are further arguments of `redis-server`, such as "--maxmemory", "1mb"."""
        super().__init__()
        self._options = options
        self._fixed_port = port
        self.port = 0

    @staticmethod
    def available() -> str | None:
        """Why this machine cannot run it, or None if it can."""
        return _missing("redis-server")

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def address(self) -> str:
        return self.url

    def prepare(self, directory: Path) -> Sequence[str]:
        self.port = self._fixed_port or free_ports(1)[0]
        return [
            "redis-server",
            *("--port", str(self.port), "--bind", HOST, "--dir", str(directory)),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *self._options,
        ]

    def answers(self) -> bool:
        # It says -LOADING instead for as long as it reads the AOF.
        return exchange(self.port, b"PING\r\n").startswith(b"+PONG")


class RedisCluster:
    """Three masters without replicas that share the 16,384 slots. Needs Redis >= 7."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.nodes: list[RedisServer] = []

    @staticmethod
    def available() -> str | None:
        """Why this machine cannot run it, or None if it can."""
        return _missing("redis-server", "redis-cli")

    @property
    def url(self) -> str:
        """The first node, from which a client finds the others, as PORTRAIT_REDIS takes it."""
        return f"redis+cluster://{HOST}:{self.nodes[0].port}"

    @property
    def pids(self) -> list[int]:
        return [node.pid for node in self.nodes]

    def start(self) -> str:
        """Run the nodes and join them; return the first one's URL once all slots are served."""
        try:
            # All at once, so that they differ. The bus port's default, port + 10,000, may be taken.
            ports = iter(free_ports(2 * _CLUSTER_NODES))
            for port, bus_port in zip(ports, ports, strict=True):
                options = ("--cluster-enabled", "yes", "--cluster-port", str(bus_port))
                self.nodes.append(self._stack.enter_context(RedisServer(*options, port=port)))
            self._join()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End all nodes and delete their files; does nothing where there are none."""
        self._stack.close()
        self.nodes = []

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

    def _join(self) -> None:
        hosts = [f"{HOST}:{node.port}" for node in self.nodes]
        created = run_to_end(
            ["redis-cli", "--cluster", "create", *hosts, "--cluster-yes"],
            timeout_s=_CLUSTER_TIMEOUT_S,
        )
        if created.returncode != 0:
            raise Fatal(f"redis-cli could not create the cluster:\n{created.stdout}")
        deadline = time.monotonic() + _CLUSTER_TIMEOUT_S
        while not all(_serves_all_slots(node) for node in self.nodes):
            if time.monotonic() > deadline:
                raise Fatal(f"the cluster did not join in {_CLUSTER_TIMEOUT_S:g} s")
            time.sleep(0.05)


def _serves_all_slots(node: RedisServer) -> bool:
    return b"cluster_state:ok" in exchange(node.port, b"CLUSTER INFO\r\n")
