"""A stock Faust worker for comparison: one event at a time, acknowledged by Faust.

It folds, writes to Redis and publishes with the same code as `portrait worker`; what differs is
only what Faust does by default: a message a record, and its own commits.
"""

import asyncio
import sys
from types import SimpleNamespace

import faust
from faust import web
from prometheus_client import generate_latest

from stream.batch import Processor
from stream.clock import new_clock
from stream.enrich import Enricher
from stream.producer import start_producer
from stream.publish import KafkaPublisher
from stream.rates import load_rates
from stream.settings import Settings, load
from stream.standards import load_standards
from stream.tables.redis import RedisTable
from stream.tables.redis_facts import RedisFacts
from stream.tables.redis_products import RedisProducts
from stream.topics import INPUT_TOPICS
from stream.update import Updater


async def new_stock_app(settings: Settings) -> faust.App:
    """The app; its producer is started."""
    app = faust.App(
        settings.group,
        broker=f"kafka://{settings.kafka}",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=settings.session_timeout_s / 4,
        web_bind=settings.web_host,
        web_host=settings.web_host,
        web_port=settings.web_port,
    )
    table = RedisTable.connect(settings.redis, settings.namespace)
    clock = new_clock(settings.clock)
    # Lingering would only delay the one message that each event waits for.
    producer = await start_producer(settings, linger_ms=0)
    publisher = KafkaPublisher(producer, settings.topic_prefix)
    updater = Updater(
        table,
        publisher,
        clock,
        RedisProducts.connect(settings.redis, settings.namespace),
        standards=load_standards(settings),
        hot_customers=settings.cache_customers,
    )
    rates = load_rates(settings)
    facts = RedisFacts.connect(settings.redis, settings.namespace)
    processor = Processor(
        updater,
        clock,
        rates,
        Enricher(facts),
        keep_watermark=False,
        topic_prefix=settings.topic_prefix,
    )
    for name in INPUT_TOPICS:
        _define_agent(app, processor, name, settings.topic(name))

    @app.page("/metrics")
    async def metrics(view: web.View, _request: web.Request) -> web.Response:
        return view.bytes(generate_latest(), content_type="text/plain")

    return app


def _define_agent(app: faust.App, processor: Processor, name: str, topic: str) -> None:
    channel = app.topic(topic, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def agent(stream: faust.StreamT) -> None:
        async for event in stream.events():
            message = event.message
            record = SimpleNamespace(
                offset=message.offset, key=message.key, value=message.value, timestamp=0
            )
            await processor.process(name, message.partition, [record])

    app.agent(channel, name=f"stock.{name}")(agent)


def main() -> None:
    """Run until SIGTERM."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = loop.run_until_complete(new_stock_app(load()))
    faust.Worker(app, loglevel="error", loop=loop, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    sys.exit(main())
