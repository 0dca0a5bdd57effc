"""All customers together, out of the store's group and of what was published."""

from stream.demo.crowd import Aim, crowd
from stream.groups.portrait import describe
from stream.measures.conditions import negated, some
from stream.measures.fit import Criterion, Fit, Target
from stream.measures.rules import Rule, Rules
from stream.measures.standards import Standards
from stream.moves import SegmentMove

STORE = ("main", "")
#: Holds of everybody; nobody is asked here.
CONDITION = negated(some([]))


def rule(name: str, en: str, zh: str) -> Rule:
    return Rule(name=name, en=en, zh=zh, condition=CONDITION)


def target(name: str) -> Target:
    return Target(name=name, criteria=(Criterion(name="c", condition=CONDITION),))


def move(customer_id: str, segment: str, kind: str) -> SegmentMove:
    return SegmentMove(
        store_id="main",
        customer_id=customer_id,
        segment=segment,
        move=kind,
        at="2026-06-30T12:34:56.789Z",
        version=2,
        cause="event",
    )


STANDARDS = Standards(
    currency="USD",
    tiers=(),
    targets=(target("people"), target("companies")),
    rules=Rules(
        [rule("vip", "VIP", "贵宾"), rule("new", "New", "新")],
        [rule("win-back", "Win back", "召回"), rule("plain", "plain", "plain")],
    ),
)
TERMS = {"customers": 5, "label|new": 2, "label|vip": 4, "label|gone": 3, "hour|20": 9, "hour|3": 1}


def of(terms=TERMS, sizes=None, fits=(), moves=()):
    return crowd(STANDARDS, describe(STORE, terms, "USD"), sizes or {}, fits, moves)


def test_every_segment_in_force_is_there_in_its_order_also_without_customers():
    found = of(sizes={"plain": 3, "gone": 1})
    assert [(each.title, each.customers) for each in found.segments] == [
        ("Win back 召回", 0),
        ("plain", 3),
    ]


def test_labels_in_force_have_both_names_most_customers_first():
    assert [(each.title, each.customers) for each in of().labels] == [
        ("VIP 贵宾", 4),
        ("New 新", 2),
    ]


def test_hours_come_with_their_peaks():
    found = of()
    assert (found.customers, found.visitors[20], found.visitor_peaks) == (5, 9, (20, 3))
    assert (sum(found.buyers), found.buyer_peaks) == (0, ())


def test_close_to_a_target_is_who_meets_eighty_percent_of_it():
    fits = [Fit("people", score, (), ()) for score in (80.0, 79.9, 20.1)]
    assert of(fits=fits).aims == (Aim("people", 3, 1, 60.0), Aim("companies", 0, 0, 0.0))


def test_moves_are_told_with_the_names_of_the_segment():
    moves = [move("ada", "win-back", "entered"), move("bob", "gone", "left")]
    told = [(each.at, each.customer, each.move, each.segment) for each in of(moves=moves).moves]
    assert told == [
        ("12:34:56", "ada", "entered", "Win back 召回"),
        ("12:34:56", "bob", "left", "gone"),
    ]
