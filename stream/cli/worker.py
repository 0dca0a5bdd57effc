"""`portrait worker`: a Faust worker that keeps portraits."""

import asyncio
import logging
import sys

import click

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
    import faust

    from stream.app import new_app

    settings = load()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = loop.run_until_complete(new_app(settings))
    worker = faust.Worker(app, loglevel=loglevel, loop=loop, quiet=True)
    worker.spinner = None  # it would write escape sequences even into a log file
    for name in ("stream", "aiokafka"):
        logging.getLogger(name).setLevel(loglevel.upper())
    click.echo(
        f"portrait worker: group {settings.group}, http://{settings.web_host}:{settings.web_port}/health",
        err=True,
    )
    try:
        worker.execute_from_commandline()
    finally:
        if app.failure is not None:
            sys.exit(1)
