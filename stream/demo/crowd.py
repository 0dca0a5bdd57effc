"""What the demo shows of all customers together: segments, labels, hours, targets, moves."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from stream.demo.attackers.caught import Watch
from stream.groups.portrait import GroupPortrait
from stream.measures.fit import Fit
from stream.measures.rules import Rule
from stream.measures.standards import Standards
from stream.moves import SegmentMove

#: Percent of a target portrait's weights from which on a customer is said to be close to it.
CLOSE = 80


class Named(Struct, frozen=True):
    """A label or a segment in English and in Chinese, and how many customers have it."""

    en: str
    zh: str
    customers: int

    @property
    def title(self) -> str:
        """Both names, or the one where they are the same."""
        return " ".join(dict.fromkeys((self.en, self.zh)))


class Aim(Struct, frozen=True):
    """A target portrait: `close` of the `customers` it is for meet :data:`CLOSE` % of it."""

    target: str
    customers: int
    close: int
    #: Mean score, 0 to 100; 0 where it is for nobody.
    average: float


class Moved(Struct, frozen=True):
    """A move as it is told; ``at`` is the time of day, UTC."""

    at: str
    customer: str
    move: str
    segment: str


class Crowd(Struct, frozen=True, kw_only=True):
    """The customers of the store at one moment; hours are local, peaks the busiest first."""

    #: Customers that the store's group counts.
    customers: int = 0
    #: All segments in force, in the order of the rules.
    segments: tuple[Named, ...] = ()
    #: The labels that most customers have, most first.
    labels: tuple[Named, ...] = ()
    visitors: tuple[int, ...] = ()
    visitor_peaks: tuple[int, ...] = ()
    buyers: tuple[int, ...] = ()
    buyer_peaks: tuple[int, ...] = ()
    aims: tuple[Aim, ...] = ()
    #: The newest moves, the newest first.
    moves: tuple[Moved, ...] = ()
    watch: Watch = Watch()


def crowd(
    standards: Standards,
    store: GroupPortrait,
    sizes: Mapping[str, int],
    fits: Iterable[Fit],
    moves: Iterable[SegmentMove],
) -> Crowd:
    """A crowd out of the store's portrait, its segments' sizes, and what was published.

    ``fits`` has one of each customer for whom there is a target; ``moves`` are the newest first.
    """
    rules = standards.rules
    labels = {rule.name: rule for rule in rules.labels}
    segments = {rule.name: rule for rule in rules.segments}
    visitors, buyers = store.hours.visitors, store.hours.buyers
    return Crowd(
        customers=store.customers,
        segments=tuple(_named(rule, sizes.get(rule.name, 0)) for rule in rules.segments),
        labels=tuple(
            _named(labels[part.name], part.customers)
            for part in store.labels
            if part.name in labels
        ),
        visitors=visitors.by_hour,
        visitor_peaks=visitors.peak_hours,
        buyers=buyers.by_hour,
        buyer_peaks=buyers.peak_hours,
        aims=_aims([target.name for target in standards.targets], fits),
        moves=tuple(_moved(move, segments) for move in moves),
    )


def _named(rule: Rule, customers: int) -> Named:
    return Named(rule.en, rule.zh, customers)


def _aims(targets: Sequence[str], fits: Iterable[Fit]) -> tuple[Aim, ...]:
    scores: dict[str, list[float]] = {name: [] for name in targets}
    for fit in fits:
        scores.setdefault(fit.target, []).append(fit.score)
    return tuple(
        Aim(
            target=name,
            customers=len(found),
            close=sum(score >= CLOSE for score in found),
            average=sum(found) / len(found) if found else 0.0,
        )
        for name, found in scores.items()
    )


def _moved(move: SegmentMove, segments: Mapping[str, Rule]) -> Moved:
    rule = segments.get(move.segment)
    title = move.segment if rule is None else _named(rule, 0).title
    return Moved(move.at[11:19], move.customer_id, move.move, title)
