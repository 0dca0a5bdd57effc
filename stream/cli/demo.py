"""`portrait demo`: everything at once on this machine, fed by a simulated shop."""

import signal
import sys

import click

_ANY_SEED = click.IntRange(min=0)
_AT_LEAST_ONE = click.IntRange(min=1)


@click.command()
@click.option("--events", type=_AT_LEAST_ONE, help="End by itself after so many events.")
@click.option("--customers", default=500, show_default=True, type=_AT_LEAST_ONE)
@click.option("--seed", default=1, show_default=True, type=_ANY_SEED, help="Same seed, same shop.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 16))
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Events a second; by default 200 live, and with --events as many as Kafka takes.",
)
def command(
    events: int | None, customers: int, seed: int, workers: int, rate: float | None
) -> None:
    """Run broker, Redis, workers and a simulated shop, and show what happens.

    The shipped labels and segments are in force, and the simulated shop has tiers and target
    portraits of its own. From 200 customers on it is attacked: the attackers are simulated as well,
    and it is shown how many of them, and of the honest customers, were found to be of high risk.

    Without --events it fills in some weeks of history, then goes on live until Ctrl-C. It takes
    no PORTRAIT_* settings: everything runs on free ports of its own and ends with it.
    """
    # From here on until the event loop takes over, nothing runs yet that would need an end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0 if events is None else 130))
    from stream.demo.run import Options, run

    options = Options(events=events, customers=customers, seed=seed, workers=workers, rate=rate)
    sys.exit(run(options))
