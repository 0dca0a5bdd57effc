"""The Faust app of a worker: its settings, its web pages, and how it ends."""

import asyncio
import logging
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import faust
from faust import web
from faust.types import TP
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stream.batch import Processor
from stream.group_batch import GroupProcessor
from stream.reference_keeper import ReferenceKeeper
from stream.renewal import Renewal
from stream.settings import Settings
from stream.standards_keeper import StandardsKeeper
from stream.sweeper import Sweeper
from stream.tables.table import PortraitTable
from stream.topics import INPUT_TOPICS
from stream.transport import BatchTransport

log = logging.getLogger(__name__)

#: Seconds that a stop may take: to finish the batches under way, to commit, to leave the group.
STOP_S = 20.0


class PortraitApp(faust.App):
    """A Faust app that keeps portraits; ``stream.worker`` gives it what it works with."""

    table: PortraitTable
    processor: Processor
    groups: GroupProcessor
    sweeper: Sweeper
    standards: StandardsKeeper
    renewal: Renewal
    reference: ReferenceKeeper
    #: Names of the input topics on the broker.
    inputs: frozenset[str]
    #: Called at last, when the consumer has made its final commit.
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    #: Whether the group has given this worker its first assignment, be it an empty one.
    joined: bool = False
    #: What stopped the worker, if it was not asked to stop.
    failure: BaseException | None = None
    _deadline: threading.Timer | None = None

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    async def on_stop(self) -> None:
        """Stop gracefully, but not for ever: a broker that is gone answers no farewell."""
        self._deadline = threading.Timer(STOP_S, _give_up)
        self._deadline.daemon = True
        self._deadline.start()
        # While this worker is still in the group: what it publishes later, another would as well.
        for partition in self.partitions():
            await self.processor.revoke(partition)
        await super().on_stop()

    async def on_shutdown(self) -> None:
        """Give back the connections."""
        await super().on_shutdown()
        for close in self.closing:
            await close()
        if self._deadline is not None:
            self._deadline.cancel()

    async def durable(self) -> bool:
        """Whether everything stored so far is safe on disk; asked before offsets are committed."""
        return await self.table.durable()

    def partitions(self) -> list[int]:
        """The partition numbers that this worker works on."""
        return _numbers(self, self.consumer.assignment())

    @asynccontextmanager
    async def stopping_on_error(self, what: str) -> AsyncIterator[None]:
        """Let an unexpected failure stop the worker, with nothing acknowledged."""
        try:
            yield
        except Exception as exc:
            log.critical("%s failed, the worker stops: %s", what, exc, exc_info=exc)
            self.failure = self.failure or exc
            await self.crash(exc)
            raise


def new_app(settings: Settings) -> PortraitApp:
    """An app without a table, a processor or agents yet."""
    app = PortraitApp(
        settings.group,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        autodiscover=False,
        datadir=tempfile.gettempdir(),  # nothing is kept there: all tables are in Redis
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / 4,
        broker_max_poll_records=settings.batch_records,
        stream_buffer_maxsize=4,  # each message is a whole batch of records
        stream_wait_empty=True,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
        worker_redirect_stdouts=False,
    )
    app.inputs = frozenset(map(settings.topic, INPUT_TOPICS))
    _define_pages(app)
    _follow_assignments(app)
    return app


def run(app: PortraitApp, loop: asyncio.AbstractEventLoop, loglevel: str) -> None:
    """Run until a signal or a failure; ends the process, with a code other than 0 if it failed."""
    worker = faust.Worker(app, loglevel=loglevel, loop=loop, quiet=True)
    worker.spinner = None  # it would write escape sequences even into a log file
    try:
        worker.execute_from_commandline()
    finally:
        if app.failure is not None:
            raise SystemExit(1)


def _give_up() -> None:
    log.critical(
        "not stopped within %g s, ending as it is: what was not committed is read again", STOP_S
    )
    os._exit(1)


def _follow_assignments(app: PortraitApp) -> None:
    @app.on_partitions_assigned.connect
    async def take(_app: PortraitApp, assigned: set[TP], **_: Any) -> None:
        app.joined = True
        for partition in _numbers(app, assigned):
            app.processor.assign(partition)
        for tp in assigned:
            if tp.topic not in app.inputs:
                app.groups.release(tp.partition)

    @app.on_partitions_revoked.connect
    async def release(_app: PortraitApp, revoked: set[TP], **_: Any) -> None:
        for partition in _numbers(app, revoked):
            await app.processor.revoke(partition)


def _numbers(app: PortraitApp, partitions: Iterable[TP]) -> list[int]:
    """The numbers of those partitions that belong to input topics."""
    return sorted({tp.partition for tp in partitions if tp.topic in app.inputs})


def _define_pages(app: PortraitApp) -> None:
    @app.page("/metrics")
    async def metrics_page(_view: web.View, _request: web.Request) -> web.Response:
        return _view.bytes(generate_latest(), content_type=CONTENT_TYPE_LATEST.partition(";")[0])

    @app.page("/health")
    async def health_page(view: web.View, _request: web.Request) -> web.Response:
        partitions = app.partitions() if app.joined else []
        if not app.joined or app.rebalancing:
            status = "starting"
        else:
            status = "up" if app.consumer.reachable else "unreachable"
        body = {"status": status, "partitions": partitions}
        return view.json(body, status=200 if status == "up" else 503)
