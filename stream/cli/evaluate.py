"""`portrait evaluate`: how good derived values are, on histories whose outcome is known."""

import click

from stream.cli.lazy import Lazy

#: command -> module of ``stream.cli.evaluations`` that defines it.
EVALUATIONS = {
    "shopping-gender": "shopping_gender",
    "repurchase": "repurchase",
    "marketing": "marketing",
    "risk": "risk",
    "attackers": "attackers",
}


@click.group(cls=Lazy, package="stream.cli.evaluations", modules=EVALUATIONS)
def command() -> None:
    """How good derived values are on labelled history, as a table or with --json.

    Nothing is read from Kafka or your Redis: the files are portrayed in memory, or in an embedded
    Redis, the way that a worker would have done it.
    """
