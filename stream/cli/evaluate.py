"""`portrait evaluate`: how good derived values are, on histories whose outcome is known."""

import click

from stream.cli.lazy import Lazy

#: command -> module of ``stream.cli.evaluations`` that defines it.
EVALUATIONS = {
    "shopping-gender": "shopping_gender",
    "repurchase": "repurchase",
    "marketing": "marketing",
}


@click.group(cls=Lazy, package="stream.cli.evaluations", modules=EVALUATIONS)
def command() -> None:
    """How good derived values are on labelled history, as a table or with --json.

    Nothing is read from Kafka or Redis: the files are portrayed in memory, the way that a worker
    would have done it.
    """
