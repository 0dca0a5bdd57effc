"""How well the shopping gender is inferred, measured on labelled sessions.

Each session takes the way of production: its views become ``product_viewed`` events, those are
placed and added to day tiles, and the points of the tiles are what is inferred from. Neighbouring
rows are alike (on the PAKDD'15 sample labels correlate by 0.86 with the next row and by 0.1 a
hundred rows on), so folds are contiguous, never random, and the intervals draw whole blocks of
rows (Künsch 1989; Efron and Tibshirani 1993, §8.6).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from stream.decode import place
from stream.errors import Fatal
from stream.evaluate import figures
from stream.events import ProductViewed
from stream.fields import Product
from stream.learn.shopping_gender import Example, learn, parts
from stream.measures.affinity import Affinity, ShoppingGender, infer
from stream.money import Rates
from stream.profile import preference
from stream.profile.days import DayTiles
from stream.replay.labelled_sessions import Session
from stream.windows import to_ms

FOLDS = 10
#: Rows of a block of the intervals: beyond it labels hardly correlate.
BLOCK_ROWS = 100
#: Blocks at least, shorter ones where rows are few: a handful has no spread to speak of.
FEWEST_BLOCKS = 20
#: Bins of the probability, of equal width, by which the calibration is measured.
BINS = 10

MODEL = "naive Bayes over category paths with back-off to the parent"

_RATES = Rates("USD")  # views without prices need no other


class Verdict(Struct, frozen=True):
    """What was inferred of a session whose label was not learned from."""

    inferred: ShoppingGender
    male: bool

    @property
    def probability(self) -> float:
        """Of a man, given equal priors; 0.5 where nothing is known."""
        match self.inferred.value:
            case "male":
                return self.inferred.confidence
            case "female":
                return 1 - self.inferred.confidence
            case _:
                return 0.5


class Evaluation(Struct, frozen=True, kw_only=True):
    """The figures, and what they were measured on; ``folds`` is None with a test set apart.

    ``calibration_error`` is the mean distance between the probability of a man and the share of
    men, over bins of the probability and each gender weighing one half. ``unknown`` are sessions
    without evidence: they count as women, and as 0.5 for the AUC.
    """

    balanced_accuracy: float
    balanced_accuracy_interval: tuple[float, float]
    auc: float
    auc_interval: tuple[float, float]
    calibration_error: float
    n: int
    men: int
    unknown: int
    learned_from: int
    folds: int | None
    model: str = MODEL


def cross_validate(sessions: Sequence[Session]) -> Evaluation:
    """Figures over all sessions, each judged by a table that the other folds taught."""
    _check(sessions)
    examples = [as_portrayed(session) for session in sessions]
    verdicts: list[Verdict] = []
    for start, end in parts(len(examples), FOLDS):
        table = learn([*examples[:start], *examples[end:]])
        verdicts += _judge(table, examples[start:end])
    learned_from = len(examples) - math.ceil(len(examples) / FOLDS)
    return _evaluation(verdicts, learned_from=learned_from, folds=FOLDS)


def train_and_test(training: Sequence[Session], test: Sequence[Session]) -> Evaluation:
    """Figures over the test sessions, judged by a table that the training sessions taught."""
    _check(test)
    table = learn([as_portrayed(session) for session in training])
    verdicts = list(_judge(table, [as_portrayed(session) for session in test]))
    return _evaluation(verdicts, learned_from=len(training), folds=None)


def as_portrayed(session: Session) -> Example:
    """The points by category that a portrait has after the session's events."""
    tiles: DayTiles = {}
    for number, view in enumerate(session.views):
        event = ProductViewed(
            event_id=f"{session.session_id[:48]}-{number}",
            customer_id=session.session_id,
            occurred_at=session.start,
            product=Product(product_id=view.product_id, category=view.category),
        )
        occurrence = place(event, now_ms=to_ms(session.start), rates=_RATES)
        preference.add(tiles, occurrence)
    points = Counter[str]()
    for tile in tiles.values():
        points.update(tile.categories)
    return Example(points, session.male)


def _check(sessions: Sequence[Session]) -> None:
    men = sum(session.male for session in sessions)
    if len(sessions) < FOLDS or not 0 < men < len(sessions):
        raise Fatal(
            f"{len(sessions)} sessions, {men} of men, are too few to evaluate: "
            f"at least {FOLDS}, of women and of men, are needed"
        )


def _judge(table: Affinity, examples: Sequence[Example]) -> Iterator[Verdict]:
    for example in examples:
        yield Verdict(infer(table, example.points, {}), example.male)


def _evaluation(verdicts: Sequence[Verdict], *, learned_from: int, folds: int | None) -> Evaluation:
    guesses = [verdict.inferred.value == "male" for verdict in verdicts]
    probabilities = [verdict.probability for verdict in verdicts]
    labels = [verdict.male for verdict in verdicts]

    def accuracy(rows: Sequence[int]) -> float:
        return figures.balanced_accuracy([guesses[i] for i in rows], [labels[i] for i in rows])

    def area(rows: Sequence[int]) -> float:
        return figures.auc([probabilities[i] for i in rows], [labels[i] for i in rows])

    every = range(len(verdicts))
    return Evaluation(
        balanced_accuracy=round(accuracy(every), 4),
        balanced_accuracy_interval=_interval(len(verdicts), accuracy),
        auc=round(area(every), 4),
        auc_interval=_interval(len(verdicts), area),
        calibration_error=round(_calibration_error(probabilities, labels), 4),
        n=len(verdicts),
        men=sum(labels),
        unknown=sum(verdict.inferred.value == "unknown" for verdict in verdicts),
        learned_from=learned_from,
        folds=folds,
    )


def _interval(rows: int, figure: Callable[[Sequence[int]], float]) -> tuple[float, float]:
    count = min(rows, max(FEWEST_BLOCKS, rows // BLOCK_ROWS))
    blocks = [range(first, end) for first, end in parts(rows, count)]
    low, high = figures.interval(
        len(blocks), lambda drawn: figure([row for block in drawn for row in blocks[block]])
    )
    return round(low, 4), round(high, 4)


def _calibration_error(probabilities: Sequence[float], labels: Sequence[bool]) -> float:
    men = sum(labels)
    weights = {True: 0.5 / men, False: 0.5 / (len(labels) - men)}
    surplus = [0.0] * BINS
    for probability, male in zip(probabilities, labels, strict=True):
        surplus[min(int(probability * BINS), BINS - 1)] += weights[male] * (probability - male)
    return sum(map(abs, surplus))
