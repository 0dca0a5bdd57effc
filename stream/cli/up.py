"""`portrait up`: the embedded broker and Redis alone, for workers in other terminals."""

import asyncio
import shlex
import shutil
import signal
import sys
import threading
from pathlib import Path

import click

from stream.child import PortBusy
from stream.embedded import EmbeddedStack
from stream.errors import Fatal
from stream.settings import Settings, load
from stream.topics import ensure_topics

#: Seconds between two looks whether the broker and the Redis still run.
_WATCH_S = 1.0
#: What the commands assume where nothing is set.
_DEFAULTS = Settings()


@click.command()
@click.option("--kafka-port", default=9092, show_default=True, type=click.IntRange(1, 65535))
@click.option("--redis-port", default=6379, show_default=True, type=click.IntRange(1, 65535))
def command(kafka_port: int, redis_port: int) -> None:
    """Run the embedded broker and Redis until Ctrl-C.

    Everything is kept in memory: when this ends, topics and portraits are gone. On the default
    ports the other commands find them without any setting.
    """
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    stack = EmbeddedStack(load(), kafka_port=kafka_port, redis_port=redis_port)
    try:
        with stack as settings:
            topics = asyncio.run(ensure_topics(settings))
            _announce(settings, len(topics))
            while not ended.wait(_WATCH_S):
                stack.check()
    except PortBusy as exc:
        option = "--kafka-port" if exc.port == kafka_port else "--redis-port"
        raise Fatal(f"{exc}; choose another with {option}") from None
    click.echo("\nstopped, nothing is left running")


def _announce(settings: Settings, topics: int) -> None:
    click.echo(f"Kafka  {settings.kafka}   (Tansu, in memory, {topics} topics)")
    click.echo(f"Redis  {settings.redis}   (Valkey, in memory)")
    click.echo("\nIn a second terminal:\n")
    if (settings.kafka, settings.redis) != (_DEFAULTS.kafka, _DEFAULTS.redis):
        click.echo(f"  export PORTRAIT_KAFKA={settings.kafka} PORTRAIT_REDIS={settings.redis}")
    click.echo(f"  {called(sys.argv[0])} worker\n")
    click.echo("Ctrl-C ends both.")


def called(program: str) -> str:
    """This command as the user can call it again, in this folder, from ``sys.argv[0]``."""
    if program.endswith("__main__.py"):
        return f"{shlex.quote(sys.executable)} -m stream"
    found = shutil.which("portrait")
    if found is not None and Path(found).absolute() == Path(program).absolute():
        return "portrait"
    return shlex.quote(program)
