"""The worker: a Faust app wired to the tables, the producer, the clock and the web pages."""

import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import faust
from faust import web
from faust.types import TP
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from stream import agents
from stream.batch import Processor
from stream.clock import new_clock
from stream.producer import start_producer
from stream.publish import KafkaPublisher
from stream.rates import load_rates
from stream.settings import Settings
from stream.startup import check_currency, check_port, check_positions
from stream.tables.redis import RedisTable
from stream.tables.table import PortraitTable
from stream.transport import BatchTransport
from stream.update import Updater

log = logging.getLogger(__name__)


class PortraitApp(faust.App):
    """A Faust app that keeps portraits; made by :func:`new_app`."""

    table: PortraitTable
    #: Called at last, when the consumer has made its final commit.
    closing: Sequence[Callable[[], Awaitable[None]]] = ()
    #: Whether the group has given this worker its first assignment, be it an empty one.
    joined: bool = False
    #: What stopped the worker, if it was not asked to stop.
    failure: BaseException | None = None

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    async def on_shutdown(self) -> None:
        """Give back the connections."""
        await super().on_shutdown()
        for close in self.closing:
            await close()

    async def durable(self) -> bool:
        """Whether everything stored so far is safe on disk; asked before offsets are committed."""
        return await self.table.durable()

    def partitions(self) -> list[int]:
        """The partition numbers that this worker works on."""
        return sorted({tp.partition for tp in self.consumer.assignment()})

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


async def new_app(settings: Settings) -> PortraitApp:
    """A worker's app, connected to Redis and with a started producer, its checks passed.

    Raises :class:`Transient` where a service does not answer, :class:`Fatal` where topics and
    tables do not fit together.
    """
    rates = load_rates(settings)
    check_port(settings)
    table = RedisTable.connect(settings.redis, settings.namespace)
    await check_positions(settings, table)
    await check_currency(settings, table)
    producer = await start_producer(settings)
    clock = new_clock(settings.clock)
    updater = Updater(
        table,
        KafkaPublisher(producer, settings.topic_prefix),
        clock,
        currency=settings.currency,
        hot_customers=settings.cache_customers,
    )
    processor = Processor(
        updater,
        clock,
        rates,
        keep_watermark=settings.clock == "event",
        topic_prefix=settings.topic_prefix,
    )
    app = _new_faust_app(settings)
    app.table = table
    app.closing = (producer.stop, table.close)
    agents.define(app, processor, settings)
    _define_pages(app)

    @app.on_partitions_assigned.connect
    async def take(app: PortraitApp, assigned: set[TP], **_: Any) -> None:
        app.joined = True
        for partition in {tp.partition for tp in assigned}:
            processor.release(partition)  # whatever is still known of it is out of date

    @app.on_partitions_revoked.connect
    async def release(_app: PortraitApp, revoked: set[TP], **_: Any) -> None:
        for partition in {tp.partition for tp in revoked}:
            processor.release(partition)

    return app


def _new_faust_app(settings: Settings) -> PortraitApp:
    return PortraitApp(
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


def _define_pages(app: PortraitApp) -> None:
    @app.page("/metrics")
    async def metrics_page(_view: web.View, _request: web.Request) -> web.Response:
        return _view.bytes(generate_latest(), content_type=CONTENT_TYPE_LATEST.partition(";")[0])

    @app.page("/health")
    async def health_page(view: web.View, _request: web.Request) -> web.Response:
        partitions = app.partitions() if app.started else []
        ready = app.joined and not app.rebalancing
        body = {"status": "up" if ready else "starting", "partitions": partitions}
        return view.json(body, status=200 if ready else 503)
