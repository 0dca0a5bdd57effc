"""Labels and segments are those that a naive reading of the rule file gives, at every instant."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, target
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.files.labels import SHIPPED, load_rules
from stream.measures.fit import Fit
from stream.measures.paths import every_path
from stream.measures.reference import NONE_TAKEN, StoreReference
from stream.measures.rules import Rules
from stream.measures.standards import default_standards
from stream.profile.portrait import Portrait, describe
from stream.profile.state import State, next_change
from tests.support.events import CUSTOMER, STORE, folded, portrait, to_ms
from tests.support.oracle.labels import COUNTS, MEASURES, RuleBook, Seen, Wire, value_at
from tests.support.rule_fields import PATHS, PERCENTS
from tests.support.rule_files import rule_files
from tests.support.strategies import delays, histories

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
STANDARDS = default_standards("USD")
TIERS = [tier.name for tier in STANDARDS.tiers]
_, BUILTIN = NONE_TAKEN.of(STORE, 2)
#: The names that the product has for the distributions of the fields in PERCENTS.
DISTRIBUTIONS = ("recency_days", "orders", "amount", "average_order", "price")
#: What moves by itself, so that no rule may read it.
REFUSED = ("version", "as_of", "reference", "labels", "segments", "activity.window")

#: From the text of a rule file to the product's rules.
Load = Callable[[str], Rules]
Names = tuple[list[str], list[str]]

fits = st.none() | st.builds(
    Fit,
    st.sampled_from(["ideal", "other"]),
    st.sampled_from([0.0, 33.3, 50.0, 100.0]),
    st.sampled_from([(), ("age",), ("age", "spends")]),
    st.sampled_from([(), ("spends",)]),
)

_trait = st.sampled_from([True, False, 0, 1, -7, 1.5, "", "1", "größer", "true"])
traits = st.fixed_dictionaries({"size": _trait, "vip": _trait}, optional={"newsletter": _trait})


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    file = tmp_path_factory.mktemp("rules") / "labels.yaml"

    def read(text: str) -> Rules:
        file.write_text(text, encoding="utf-8")
        return load_rules(file, 2, TIERS)

    return read


@st.composite
def customers(draw: st.DrawFn, max_size: int = 8) -> tuple[State, int]:
    """The state of a random history, and an instant not before its newest event, ms."""
    history = draw(histories(max_size=max_size))
    return folded(history), max(to_ms(event["occurred_at"]) for event in history) + draw(delays)


@st.composite
def stores(draw: st.DrawFn, document: Wire) -> StoreReference:
    """The built-in distributions, or some in which the customer's own figures are quantiles."""
    if draw(st.booleans()):
        return BUILTIN
    drawn = []
    for path in PERCENTS:
        own = int(str(value_at(document, path) or 0).replace(".", ""))  # amounts in cents
        some = st.integers(own, own + 3) | st.integers(0, 2 * own + 10)
        drawn.append(tuple(sorted(draw(st.lists(some, min_size=19, max_size=19)))))
    return replace(BUILTIN, **dict(zip(DISTRIBUTIONS, drawn, strict=True)))


def instant(ms: int) -> datetime:
    return EPOCH + ms * MILLISECOND


def to_json(described: Portrait) -> Wire:
    document: Wire = json.loads(msgspec.json.encode(described))
    return document


def expected(book: RuleBook, document: Wire, as_of: datetime, store: StoreReference) -> Names:
    figures = {
        path: getattr(store, name) for name, path in zip(DISTRIBUTIONS, PERCENTS, strict=True)
    }
    seen = Seen(document, as_of, figures)
    return book.labels_of(seen), book.segments_of(seen)


def given_by(rules: Rules, described: Portrait, as_of: datetime, store: StoreReference) -> Names:
    labels, segments = rules.apply(described, (as_of - EPOCH) // MILLISECOND, store, 2)
    return list(labels), list(segments)


def assert_gives_what_the_oracle_gives(
    rules: Rules, book: RuleBook, described: Portrait, store: StoreReference
) -> None:
    """At the portrait's instant, and around each later one at which a test on a time flips."""
    document, as_of = to_json(described), datetime.fromisoformat(described.as_of)
    now = expected(book, document, as_of, store)
    target(float(sum(map(len, now))), label="names given")
    flips = [at for at in book.instants(document) if at > as_of]
    for at in (as_of, *(near for flip in flips for near in (flip - MILLISECOND, flip))):
        then = expected(book, document, at, store)
        assert given_by(rules, described, at, store) == then
        if not flips or at < flips[0]:
            assert then == now
        announced = rules.next_change(described, (at - EPOCH) // MILLISECOND)
        following = min((flip for flip in flips if flip > at), default=None)
        assert (None if announced is None else instant(announced)) == following


@given(st.data())
def test_any_rules_give_what_a_naive_reading_gives(load: Load, data: st.DataObject) -> None:
    state, as_of_ms = data.draw(customers())
    found = portrait(state, as_of_ms)
    attributes = replace(found.attributes, traits=data.draw(traits))
    described = replace(found, attributes=attributes, fit=data.draw(fits))
    document = to_json(described)
    store = data.draw(stores(document))
    text = data.draw(rule_files(document, instant(as_of_ms)))
    assert_gives_what_the_oracle_gives(load(text), RuleBook(text), described, store)


@pytest.fixture(scope="module")
def shipped() -> tuple[Rules, RuleBook]:
    text = SHIPPED.read_text(encoding="utf-8")
    return load_rules(None, 2, TIERS), RuleBook(text)


@given(st.data())
def test_shipped_rules_give_what_a_naive_reading_gives(
    shipped: tuple[Rules, RuleBook], data: st.DataObject
) -> None:
    state, as_of_ms = data.draw(customers(max_size=25))
    described = portrait(state, as_of_ms)
    store = data.draw(stores(to_json(described)))
    assert_gives_what_the_oracle_gives(*shipped, described, store)


@given(st.data())
def test_portrait_keeps_its_names_until_the_change_that_is_announced(
    load: Load, data: st.DataObject
) -> None:
    state, as_of_ms = data.draw(customers())
    document = to_json(portrait(state, as_of_ms))
    text = data.draw(rule_files(document, instant(as_of_ms)))
    book, standards = RuleBook(text), replace(STANDARDS, rules=load(text))

    def described(at_ms: int) -> Portrait:
        return describe(STORE, CUSTOMER, state, at_ms, standards=standards, version=1)

    now = described(as_of_ms)
    announced = (next_change(state, as_of_ms), standards.rules.next_change(now, as_of_ms))
    until = min((ms for ms in announced if ms is not None), default=None)
    candidates = [(at - EPOCH) // MILLISECOND for at in book.instants(document)]
    candidates += [as_of_ms, *(ms for ms in announced if ms is not None)]
    for at_ms in (near for each in candidates for near in (each - 1, each, each + 1)):
        if at_ms < as_of_ms:
            continue
        then = described(at_ms)
        names = expected(book, to_json(then), instant(at_ms), BUILTIN)
        assert (list(then.labels), list(then.segments)) == names
        if until is None or at_ms < until:
            assert (then.labels, then.segments) == (now.labels, now.segments)


def test_every_field_that_rules_may_read_is_drawn() -> None:
    open_to_rules = {path for path in every_path(Portrait) if not path.startswith(REFUSED)}
    named = tuple(f"{path}." for path in ("attributes.traits", *MEASURES))  # too many to list
    known = {path for path in PATHS if not path.startswith(named)}
    assert known <= open_to_rules
    assert {path for path in open_to_rules - known if not path.startswith(COUNTS)} == set()
