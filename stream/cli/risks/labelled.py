"""Labelled cases that weights are fitted to: of a history, of customers, of alerts."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from stream.cli.alerting.lines import open_verdicts, read_alert
from stream.cli.evaluations.risk import judged
from stream.cli.options import open_table
from stream.errors import Fatal
from stream.evaluate.risk import read_history
from stream.events import customer_key
from stream.learn.risk import Labelled
from stream.query import read_document
from stream.replay.rows import read_rows
from stream.replay.source import Skipped, open_binary
from stream.risk.score import Reason
from stream.risk.weights import Weights
from stream.settings import load
from stream.tables.verdicts import Verdict, Verdicts

COLUMNS = ("store_id", "customer_id", "verdict")

_VERDICTS = {"fraud": True, "legitimate": False}


class Cases(Struct, frozen=True):
    """Labelled cases by customer, the oldest first, and how many others had no label, or no known
    reasons.
    """

    labelled: dict[str, Labelled]
    left_out: int = 0


@asynccontextmanager
async def open_kept() -> AsyncIterator[Verdicts]:
    """The verdicts of the settings, closed at the end."""
    async with open_verdicts(load()) as verdicts:
        yield verdicts


def of_history(file: str, weights: Weights, *, memory: bool) -> Cases:
    """Every labelled purchase of a history, as `portrait evaluate risk` judges it."""
    history = read_history(file)
    purchases = judged(history, weights, memory=memory)
    found = {f"purchase {number}": each.labelled for number, each in enumerate(purchases)}
    return Cases(found, history.skipped + len(history.customers) - len(found))


async def of_alerts() -> Cases:
    """Every customer with a verdict on an alert; on several alerts the last one counts."""
    async with open_kept() as kept:
        verdicts = await kept.all()
    found: dict[str, Labelled] = {}
    for key, reasons, verdict in _of_verdicts(verdicts):
        found.pop(key, None)
        found[key] = _labelled(reasons, verdict)
    return Cases(found)


async def of_customers(file: str) -> Cases:
    """The customers of a CSV file with the reasons of their risk, in the order of the file.

    The reasons are those of the customer's alert that has a verdict, of several the last, and else
    those of the portrait that stands: what was found has often been seen to by then. Customers
    without either are left out. Raises :class:`~stream.errors.Fatal` for a line that cannot be
    read.
    """
    labels = _read_labels(file)
    async with open_kept() as kept:
        alerted = {key: reasons for key, reasons, _ in _of_verdicts(await kept.all())}
    async with open_table() as table:
        keys = [key for key in labels if key not in alerted]
        records = dict(zip(keys, await table.load(keys), strict=True))
    for key, record in records.items():
        if record is not None and record.document is not None:
            alerted[key] = read_document(record.document).risk.reasons
    known = {key: verdict for key, verdict in labels.items() if key in alerted}
    found = {key: _labelled(alerted[key], verdict) for key, verdict in known.items()}
    return Cases(found, len(labels) - len(known))


def _read_labels(file: str) -> dict[str, str]:
    """Verdict by customer; of several the last."""
    labels: dict[str, str] = {}
    with open_binary(file) as stream:
        for row in read_rows(stream, COLUMNS):
            if isinstance(row, Skipped):
                raise Fatal(f"{file}:{row.line}: {row.detail}")
            line, (store_id, customer_id, verdict) = row
            if verdict not in _VERDICTS:
                raise Fatal(f"{file}:{line}: the verdict is {' or '.join(_VERDICTS)}")
            labels[customer_key(store_id, customer_id)] = verdict
    return labels


def _of_verdicts(kept: Mapping[str, Verdict]) -> Iterator[tuple[str, Sequence[Reason], str]]:
    """The customer of each alert, its reasons, and what was found of it."""
    for each in kept.values():
        alert = read_alert(bytes(each.alert))
        yield customer_key(alert.store_id, alert.customer_id), alert.reasons, each.verdict


def _labelled(reasons: Sequence[Reason], verdict: str) -> Labelled:
    return Labelled(tuple((each.code, each.points) for each in reasons), _VERDICTS[verdict])
