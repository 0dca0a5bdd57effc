"""`portrait worker`: a Faust worker that keeps portraits."""

import asyncio
import logging

import click

from stream.logs import quieten
from stream.settings import load


@click.command()
@click.option(
    "--loglevel",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    help="How much to say on standard error.",
)
def command(loglevel: str) -> None:
    """Keep portraits current until SIGTERM or Ctrl-C.

    Serves /metrics and /health. Ends with code 0 after a graceful stop, with code 1 after a
    failure; nothing that was not stored and published is acknowledged then. Run as many as there
    are partitions; they share the work.
    """
    from stream.app import run
    from stream.worker import new_worker

    settings = load()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = loop.run_until_complete(new_worker(settings))
    for name in ("stream", "aiokafka"):
        logging.getLogger(name).setLevel(loglevel.upper())
    quieten()
    address = f"http://{settings.web_host}:{settings.web_port}/health"
    click.echo(f"portrait worker: group {settings.group}, {address}", err=True)
    run(app, loop, loglevel)
