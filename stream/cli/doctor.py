"""`portrait doctor`: is everything there that a worker needs?"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping

import click
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from msgspec import Struct

from stream.backlog import Backlog
from stream.cli.in_force import OTHER_RULES, uses_other_rules
from stream.cli.options import open_table
from stream.errors import Fatal, PortraitError, Transient
from stream.rates import load_rates
from stream.settings import VARIABLES, Settings, load
from stream.standards import load_standards
from stream.startup import check_positions
from stream.suggestions import closest, did_you_mean
from stream.tables.redis_groups import RedisGroups
from stream.topics import DEAD_LETTERS, OUTPUT_TOPICS, PORTRAITS, check_partitions, describe_topics

#: Variables of the tests and of CI, which no command reads.
_OTHER_VARIABLES = {"PORTRAIT_SHARED_DATA", "PORTRAIT_REQUIRE_SERVICES", "PORTRAIT_CI_RUN"}


class _Check(Struct, frozen=True):
    name: str
    run: Callable[[Settings], Awaitable[str]]
    #: Checks without which this one could only repeat what they said.
    needs: tuple[str, ...] = ()


@click.command()
def command() -> None:
    """Check settings, Kafka, topics, Redis, workers, backlog and dead letters; say what to do.

    Prints every setting with its value and one line a check. Exits with code 1 if any failed.
    """
    settings = load()
    click.echo("Settings")
    for variable, (field, meaning) in VARIABLES.items():
        origin = "set" if os.environ.get(variable, "").strip() else "default"
        value = shown(field, getattr(settings, field))
        click.echo(f"  {variable:<28} {value:<28} {origin:<8} {meaning}")
    for variable, advice in unknown_variables(os.environ).items():
        click.secho(f"  {variable:<28} is no setting and ignored{advice}", fg="yellow")
    click.echo("Checks")
    if not asyncio.run(_check_all(settings)):
        sys.exit(1)


def shown(field: str, value: object) -> str:
    """A setting's value as its variable would give it."""
    match value:
        case None:
            return "auto" if field == "idempotence" else "-"
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)


def unknown_variables(env: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like settings but are none, each with the one probably meant."""
    unknown = sorted(name for name in env if name.startswith("PORTRAIT_") and name not in VARIABLES)
    return {
        name: did_you_mean(closest(name, VARIABLES)[:1])
        for name in unknown
        if name not in _OTHER_VARIABLES
    }


async def _check_all(settings: Settings) -> bool:
    failed: set[str] = set()
    silent = False
    for check in _CHECKS:
        if missing := [name for name in check.needs if name in failed]:
            failed.add(check.name)
            click.echo(f"  {check.name:<12} skipped {' and '.join(missing)} first")
            continue
        try:
            said = await check.run(settings)
        except PortraitError as exc:
            failed.add(check.name)
            silent = silent or isinstance(exc, Transient)
            click.secho(f"  {check.name:<12} FAILED  {exc}", fg="red")
        else:
            click.echo(f"  {check.name:<12} ok      {said}")
    if silent:
        click.echo("No Kafka or Redis here? `portrait up` starts both for a first look.")
    return not failed


async def _check_rates(settings: Settings) -> str:
    load_rates(settings)
    return f"base currency {settings.currency}"


async def _check_standards(settings: Settings) -> str:
    standards = load_standards(settings)
    tiers = ", ".join(tier.name for tier in standards.tiers) or "none"
    targets = ", ".join(target.name for target in standards.targets) or "none"
    learned = "learned" if standards.affinity else "the products' own only"
    return f"tiers: {tiers}; target portraits: {targets}; shopping gender: {learned}"


async def _check_topics(settings: Settings) -> str:
    states = await describe_topics(settings)
    missing = [state.name for state in states if not state.partitions]
    if missing:
        raise Fatal(f"missing: {', '.join(missing)}; run `portrait topics`")
    outputs = {settings.topic(name) for name in OUTPUT_TOPICS}
    inputs = {state.name: state.partitions for state in states if state.name not in outputs}
    check_partitions(inputs)
    return f"{len(states)} topics, input partitions: {next(iter(inputs.values()))}"


async def _check_redis(_settings: Settings) -> str:
    async with open_table() as table:
        return await table.server()


async def _check_currency(settings: Settings) -> str:
    async with open_table() as table:
        pinned, applied = await table.pinned("currency"), await table.positions()
    # As a worker sees it: before the first event was applied, it may still be changed.
    if pinned is None or not applied:
        return f"no portraits yet; they will be kept in {settings.currency}"
    if pinned != settings.currency:
        raise Fatal(
            f"the portraits in {settings.namespace!r} are kept in {pinned}, not in "
            f"{settings.currency}: set PORTRAIT_CURRENCY={pinned}, or a new PORTRAIT_NAMESPACE"
        )
    return f"portraits are kept in {pinned}"


async def _check_rules(_settings: Settings) -> str:
    async with open_table() as table:
        if await uses_other_rules(table):
            raise Fatal(f"{OTHER_RULES}, or start workers with these")
    return "workers have no others than this terminal"


async def _check_positions(settings: Settings) -> str:
    groups = RedisGroups.connect(settings.redis, settings.namespace, settings.topic(PORTRAITS))
    async with open_table() as table:
        try:
            await check_positions(settings, table, groups)
        finally:
            await groups.close()
        applied = await table.positions()
    return f"{len(applied)} source partitions applied, none ahead of its topic"


async def _check_backlog(settings: Settings) -> str:
    async with Backlog(settings) as backlog:
        return f"{await backlog.lag()} records not committed by {settings.group}"


async def _check_workers(settings: Settings) -> str:
    members = await _members(settings)
    async with Backlog(settings) as backlog:
        waiting = await backlog.lag()
    if waiting and not members:
        raise Fatal("no worker is running; start `portrait worker`")
    # The embedded broker goes on listing members that have left.
    doubt = "; if none of them runs, start `portrait worker`" if waiting else ""
    return f"{members} in the group {settings.group}{doubt}"


async def _members(settings: Settings) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    try:
        await admin.start()
        [response] = await admin.describe_consumer_groups([settings.group])
        [group] = response.to_object()["groups"]
        if group["error_code"]:
            raise for_code(group["error_code"])
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc!r}") from exc
    finally:
        await admin.close()
    return len(group["members"])


async def _check_dead_letters(settings: Settings) -> str:
    topic = settings.topic(DEAD_LETTERS)
    counts = {state.name: state.partitions for state in await describe_topics(settings)}
    async with Backlog(settings) as backlog:
        ends = await backlog.end_offsets((topic, number) for number in range(counts[topic]))
    count = sum(ends.values())
    hint = "; see `portrait watch --dead-letters --from-beginning`" if count else ""
    return f"{count} in {topic}{hint}"


_CHECKS = (
    _Check("rates", _check_rates),
    _Check("standards", _check_standards),
    _Check("topics", _check_topics),
    _Check("redis", _check_redis),
    _Check("currency", _check_currency, ("redis",)),
    _Check("rules", _check_rules, ("standards", "redis")),
    _Check("positions", _check_positions, ("topics", "redis")),
    _Check("backlog", _check_backlog, ("topics",)),
    _Check("workers", _check_workers, ("topics",)),
    _Check("dead letters", _check_dead_letters, ("topics",)),
)
