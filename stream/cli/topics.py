"""`portrait topics`: create and check the topics."""

import asyncio

import click

from stream.settings import load
from stream.topics import INPUT_TOPICS, check_partitions, describe_topics, ensure_topics


@click.command()
@click.option("--check", is_flag=True, help="Create nothing; fail where something is missing.")
def command(check: bool) -> None:
    """Create the topics that are missing, and check that they fit together.

    Input topics must have equal partition counts. PORTRAIT_PARTITIONS, PORTRAIT_REPLICATION and
    PORTRAIT_TOPIC_PREFIX say what is created.
    """
    settings = load()
    states = asyncio.run(describe_topics(settings) if check else ensure_topics(settings))
    for state in states:
        made = "created" if state.made else "there" if state.partitions else "missing"
        click.echo(f"{state.name:<24} {state.partitions:>4} partitions  {made}")
    counts = {state.name: state.partitions for state in states}
    check_partitions({settings.topic(name): counts[settings.topic(name)] for name in INPUT_TOPICS})
