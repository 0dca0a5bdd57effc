"""How well the risk at each purchase tells fraud, on history that is labelled."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from stream.errors import Fatal
from stream.evaluate.figures import auc, average_precision, precision_and_recall
from stream.evaluate.pipeline import Tables, risks
from stream.learn.risk import Labelled
from stream.measures.standards import Standards
from stream.replay import fraud_ecommerce
from stream.replay.fraud_ecommerce import Customer
from stream.replay.ip_countries import beside
from stream.replay.source import Skipped, open_binary
from stream.risk.score import Risk
from stream.risk.weights import LEVELS

#: A purchase so soon after the sign-up, s, is a flash purchase.
FLASH_S = 60
_DECIMALS = 4


class History(Struct, frozen=True):
    """The labelled rows of a file, and how many others it holds: unreadable or without a label."""

    customers: Sequence[Customer]
    skipped: int


class Purchase(Struct, frozen=True):
    """A purchase with the customer's risk right after it, and what it turned out to be."""

    risk: Risk
    fraud: bool
    flash: bool

    @property
    def labelled(self) -> Labelled:
        """What the weights are fitted to."""
        reasons = tuple((each.code, each.points) for each in self.risk.reasons)
        return Labelled(reasons, self.fraud)


class Level(Struct, frozen=True):
    """Of the purchases of that level or above: the part that is fraud, and of all fraud the part
    that is among them; 0 where nothing is.
    """

    precision: float
    recall: float


class Figures(Struct, frozen=True):
    """Of ``n`` purchases by their score, ties counting half; None where all are of one kind."""

    auc: float | None
    average_precision: float | None
    n: int
    levels: dict[str, Level]


class Evaluation(Struct, frozen=True):
    """Figures of all purchases, and of those later than a minute after sign-up."""

    all: Figures
    without_flash: Figures


def read_history(path: str) -> History:
    """The labelled rows of a file of the format fraud-ecommerce.

    Raises :class:`Fatal` where it cannot be read, or not both kinds of labels are in it.
    """
    countries = beside(path)
    with open_binary(path) as stream:
        rows = list(fraud_ecommerce.read_customers(stream, countries))
    found = [row for row in rows if not isinstance(row, Skipped) and row.fraud is not None]
    if len({row.fraud for row in found}) < 2:
        raise Fatal(
            f"{path}: {len(found)} rows have a label and {len(rows) - len(found)} have none; "
            "both kinds are needed, 1 for fraud and 0 for none, in the column class"
        )
    return History(found, len(rows) - len(found))


async def judge(history: History, tables: Tables, standards: Standards) -> list[Purchase]:
    """Every purchase in order of time, with the risk as it was known then."""
    rows = {row.order_id: row for row in history.customers}
    found = []
    async for event_id, risk in risks(
        fraud_ecommerce.in_order(history.customers), tables, standards
    ):
        row = rows[event_id]
        if risk is not None:  # a worker would have refused it
            flash = (row.bought - row.signed_up).total_seconds() <= FLASH_S
            found.append(Purchase(risk, bool(row.fraud), flash))
    return found


def evaluate(purchases: Iterable[Purchase]) -> Evaluation:
    """The figures of these purchases."""
    every = list(purchases)
    return Evaluation(_figures(every), _figures([each for each in every if not each.flash]))


def _figures(purchases: Sequence[Purchase]) -> Figures:
    scores = [each.risk.score for each in purchases]
    fraud = [each.fraud for each in purchases]
    both = len(set(fraud)) == 2
    return Figures(
        auc=round(auc(scores, fraud), _DECIMALS) if both else None,
        average_precision=round(average_precision(scores, fraud), _DECIMALS) if both else None,
        n=len(purchases),
        levels={
            name: _level([LEVELS.index(each.risk.level) >= rank for each in purchases], fraud)
            for rank, name in enumerate(LEVELS[1:], 1)
        },
    )


def _level(flagged: Sequence[bool], fraud: Sequence[bool]) -> Level:
    precision, recall = precision_and_recall(flagged, fraud)
    return Level(round(precision, _DECIMALS), round(recall, _DECIMALS))
