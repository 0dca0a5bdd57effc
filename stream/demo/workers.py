"""The demo's workers: processes of `portrait worker`, watched over HTTP."""

import asyncio
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from stream.child import HOST, Child, free_ports
from stream.demo.figures import SHOP_TOPICS
from stream.errors import Fatal, Transient
from stream.settings import Settings

_READY_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 15.0
_POLL_S = 0.05
_ANSWER_TIMEOUT_S = 15.0


class Counts(Struct, frozen=True):
    """What workers say of themselves, all together, since they started."""

    #: Events applied to portraits, without those that workers send to one another.
    applied: int = 0
    #: Messages on the change topic, on that of the segment moves, and on the dead-letter topic.
    published: int = 0
    moves: int = 0
    dead_letters: int = 0


class Workers:
    """Some workers on the embedded stack; entering starts them, leaving ends them."""

    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self._ports = free_ports(count)
        self._children: list[Child] = []
        self._directory = tempfile.TemporaryDirectory(prefix="portrait-workers-")

    def __enter__(self) -> Self:
        try:
            for number, port in enumerate(self._ports, 1):
                self._children.append(self._start(number, port))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def ready(self) -> None:
        """Return once every worker says that it is healthy; :class:`Fatal` where one ends."""
        deadline = time.monotonic() + _READY_TIMEOUT_S
        for child, port in zip(self._children, self._ports, strict=True):
            while not await _healthy(port):
                self.check()
                if time.monotonic() > deadline:
                    raise Fatal(
                        f"{child.name} was not ready within {_READY_TIMEOUT_S:g} s; {child.tail()}"
                    )
                await asyncio.sleep(_POLL_S)

    def check(self) -> None:
        """Raise :class:`Fatal` with the end of its log where a worker has ended."""
        for child in self._children:
            child.check()

    async def counts(self) -> Counts:
        """Ask all for their counts; :class:`Transient` where one does not answer."""
        try:
            pages = await asyncio.gather(*map(_metrics, self._ports))
        except Transient:
            self.check()  # that one has ended says more than that it is silent
            raise
        samples = [sample for page in pages for sample in page]

        def total(*names: str, **labels: str) -> int:
            return sum(
                int(sample.value)
                for sample in samples
                if sample.name in names and sample.labels.items() >= labels.items()
            )

        return Counts(
            applied=sum(
                total("portrait_events_total", outcome="applied", topic=topic)
                for topic in SHOP_TOPICS
            ),
            published=total("portrait_changes_total", "portrait_republished_total"),
            moves=total("portrait_segment_moves_total"),
            dead_letters=total("portrait_dead_letters_total"),
        )

    def stop(self) -> list[str]:
        """End all gracefully, after 15 s by force; what there is to complain of, if anything."""
        children, self._children = self._children, []
        for child in children:
            child.terminate()
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        complaints = []
        for child in children:
            exit_code = child.stop(max(0.0, deadline - time.monotonic()))
            if exit_code != 0:
                complaints.append(f"{child.name} ended with {exit_code}; {child.tail()}")
        self._directory.cleanup()
        return complaints

    def _start(self, number: int, port: int) -> Child:
        # Whatever the caller's shell sets for a real deployment does not concern the demo.
        env = {name: text for name, text in os.environ.items() if not name.startswith("PORTRAIT_")}
        env |= {
            "PORTRAIT_KAFKA": self._settings.kafka,
            "PORTRAIT_REDIS": self._settings.redis,
            "PORTRAIT_IDEMPOTENCE": "off",
            "PORTRAIT_CLOCK": "wall",
            "PORTRAIT_SHOP": str(self._settings.shop or ""),
            "PORTRAIT_WEB_HOST": HOST,
            "PORTRAIT_WEB_PORT": str(port),
        }
        log = Path(self._directory.name, f"worker-{number}.log")
        return Child(f"worker {number}", (sys.executable, "-m", "stream", "worker"), log, env)


async def _healthy(port: int) -> bool:
    with suppress(OSError, TimeoutError):
        return (await _get(port, "/health")).split(maxsplit=2)[1:2] == ["200"]
    return False


async def _metrics(port: int) -> list[Sample]:
    try:
        page = await _get(port, "/metrics")
    except (OSError, TimeoutError) as exc:
        raise Transient(f"no answer from http://{HOST}:{port}/metrics: {exc!r}") from exc
    families = text_string_to_metric_families(page.partition("\r\n\r\n")[2])
    return [sample for family in families for sample in family.samples]


async def _get(port: int, path: str) -> str:
    """The whole answer, status line and headers included."""
    async with asyncio.timeout(_ANSWER_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            # HTTP/1.0 asks for an answer in one piece and the connection's end after it.
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
            return (await reader.read()).decode()
        finally:
            writer.close()
