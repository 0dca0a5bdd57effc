"""A worker put together: checks, tables, producer, clock, processor, app and agents."""

from stream import agents
from stream.app import PortraitApp, new_app
from stream.batch import Processor
from stream.clock import new_clock
from stream.producer import start_producer
from stream.publish import KafkaPublisher
from stream.rates import load_rates
from stream.reference_keeper import ReferenceKeeper
from stream.settings import Settings
from stream.standards import load_standards, with_reference
from stream.startup import check_currency, check_port, check_positions
from stream.tables.redis import RedisTable
from stream.update import Updater


async def new_worker(settings: Settings) -> PortraitApp:
    """A worker's app, its checks passed, connected to Redis and with a started producer.

    Raises :class:`Transient` where a service does not answer, :class:`Fatal` where topics and
    tables do not fit together.
    """
    rates = load_rates(settings)
    standards = load_standards(settings)
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
        standards=await with_reference(standards, table),
        hot_customers=settings.cache_customers,
    )
    processor = Processor(
        updater,
        clock,
        rates,
        keep_watermark=settings.clock == "event",
        topic_prefix=settings.topic_prefix,
    )
    app = new_app(settings)
    app.table, app.processor = table, processor
    app.reference = ReferenceKeeper(
        updater, settings.reference_s, by_events=settings.clock == "event"
    )
    app.closing = (producer.stop, table.close)
    agents.define(app, settings)
    return app
