"""A worker put together: checks, tables, producer, clock, processor, app and agents."""

from stream import agents
from stream.app import PortraitApp, new_app
from stream.batch import Processor
from stream.clock import new_clock
from stream.enrich import Enricher
from stream.feed import Feed
from stream.group_batch import GroupProcessor
from stream.producer import start_producer
from stream.publish import KafkaPublisher
from stream.rates import load_rates
from stream.reference_keeper import ReferenceKeeper
from stream.renewal import Renewal
from stream.settings import Settings
from stream.standards import load_standards, with_reference
from stream.standards_keeper import StandardsKeeper
from stream.startup import check_currency, check_port, check_positions
from stream.sweeper import Sweeper
from stream.tables.redis import RedisTable
from stream.tables.redis_facts import RedisFacts
from stream.tables.redis_groups import RedisGroups
from stream.tables.redis_products import RedisProducts
from stream.topics import PORTRAITS, input_partitions
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
    groups = RedisGroups.connect(settings.redis, settings.namespace, settings.topic(PORTRAITS))
    products = RedisProducts.connect(settings.redis, settings.namespace)
    facts = RedisFacts.connect(settings.redis, settings.namespace)
    partitions = await input_partitions(settings)
    await check_positions(settings, table, groups)
    await check_currency(settings, table)
    producer = await start_producer(settings)
    clock, feed = new_clock(settings.clock), Feed(settings)
    updater = Updater(
        table,
        KafkaPublisher(producer, settings.topic_prefix, feed),
        clock,
        products,
        standards=await with_reference(standards, table),
        hot_customers=settings.cache_customers,
    )
    processor = Processor(
        updater,
        clock,
        rates,
        Enricher(facts),
        keep_watermark=settings.clock == "event",
        topic_prefix=settings.topic_prefix,
    )
    app = new_app(settings)
    app.table, app.processor = table, processor
    app.groups = GroupProcessor(groups, feed.read)
    app.sweeper = Sweeper(
        processor,
        table,
        clock,
        sweeps_s=settings.sweep_rate,
        renewals_s=settings.renewal_rate,
    )
    app.standards = StandardsKeeper(updater, settings)
    app.renewal = Renewal(processor, updater, partitions)
    await app.renewal.begin()
    app.reference = ReferenceKeeper(
        updater, settings.reference_s, by_events=settings.clock == "event"
    )
    app.closing = (producer.stop, table.close, groups.close, products.close, facts.close)
    agents.define(app, settings)
    return app
