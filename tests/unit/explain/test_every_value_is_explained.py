"""Whatever happened to a customer: each value of the portrait has evidence, and the same value."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from math import exp, isclose
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.decode import place
from stream.demo.simulation import Simulation
from stream.events import customer_key
from stream.explain.evidence import Evidence
from stream.explain.portrait import explain
from stream.files.labels import load_rules
from stream.files.risk import load_weights
from stream.files.shop import load_shop
from stream.measures.affinity import Affinity
from stream.measures.paths import every_path
from stream.measures.reference import Buyer, Reference, take
from stream.measures.standards import Standards, default_standards
from stream.money import Rates
from stream.profile.fold import fold
from stream.profile.portrait import Portrait, describe
from stream.profile.state import State
from stream.windows import to_ms
from tests.support.events import Wire, folded
from tests.support.strategies import delays, histories

SHOP = Path(__file__).parents[3] / "deploy" / "shop.yaml"
END = datetime(2026, 6, 30, tzinfo=UTC)

#: What stands above the sections is as told or counted; `reference` is explained.
TOLD = {"store_id", "customer_id", "version", "as_of", "first_seen", "last_seen"}
#: Lists and maps that no rule can name, and so are not among the paths of rules.
LISTS = {
    "attributes.devices",
    "attributes.traits",
    "activity.counts",
    "preferences.searches",
    "risk.reasons",
}
#: Explained as a whole, whatever they hold.
WHOLE = ("activity.window", "activity.counts", "preferences.price_band")
PATHS = ({*every_path(Portrait)} - TOLD) | LISTS

#: Evidence that names entries of a list, or sums up a list of numbers.
ENTRIES = {
    "attributes.shopping_gender.evidence",
    "attributes.devices",
    "activity.window",
    "activity.counts",
    "activity.hours.by_hour",
    "activity.hours.by_weekday_hour",
    "preferences.categories",
    "preferences.brands",
    "preferences.searches",
    "disposition.inclinations",
    "service.subjects",
    "fit.met",
    "fit.unmet",
    "risk.reasons",
    "labels",
    "segments",
}


@cache
def simulated() -> dict[str, State]:
    states: dict[str, State] = {}
    for event in Simulation(7, 60).last(4_000, END):
        key = customer_key(event.store_id, event.customer_id)
        occurrence = place(event, now_ms=to_ms(END), rates=Rates("USD"))
        fold(states.setdefault(key, State()), occurrence)
    return states


def reference_of(states: Iterable[State]) -> Reference:
    """Of these buyers, without the prices they met."""
    bought = [state.spending for state in states if state.spending.last_order_ms]
    return take(
        [
            Buyer(
                store_id="main",
                orders=spending.orders,
                amount=spending.amount,
                last_order_ms=spending.last_order_ms or 0,
                price=2_000 + 100 * number,
            )
            for number, spending in enumerate(bought)
        ],
        to_ms(END),
    )


def all_standards() -> list[Standards]:
    plain = default_standards("USD")
    shop = load_shop(SHOP, 2)
    table = Affinity(
        version="t1",
        sessions=9,
        scale=0.5,
        log_odds={"fashion": -0.5, "fashion/men": 2.0, "home": -0.25, "shoes": -1.0},
    )
    full = replace(
        plain,
        tiers=shop.tiers,
        targets=shop.targets,
        affinity=table,
        rules=load_rules(None, 2, [tier.name for tier in shop.tiers]),
        risk=load_weights(None),
        reference=reference_of(simulated().values()),
    )
    return [plain, full]


STANDARDS = all_standards()


def at(document: Any, path: str) -> Any:
    """The value at a path; None also where something above it is."""
    for name in path.split("."):
        document = None if document is None else document[name]
    return document


def said(value: Any) -> str:
    """A value of the document, JSON, as people read it: written for this test."""
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list | dict):
        return ", ".join(map(said, value.values() if isinstance(value, dict) else value))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", str(value)):
        return f"{value[:10]} {value[11:16]} UTC"
    return str(value)


def check(state: State, as_of_ms: int, standards: Standards) -> None:
    portrait = describe("main", "c1", state, as_of_ms, standards=standards, version=1)
    evidence = list(explain(portrait, state, standards))
    document = json.loads(msgspec.json.encode(portrait))
    unexplained = PATHS - {path for path in PATHS if is_explained(path, document, evidence)}
    assert not unexplained
    for each in evidence:
        assert each.because.strip()
        assert "None" not in each.because
        if each.path not in ENTRIES and not each.path.startswith("attributes.traits."):
            assert (each.path, each.value) == (each.path, said(at(document, each.path)))
    check_entries(document, evidence)
    check_figures(document, evidence)


def is_explained(path: str, document: Any, evidence: list[Evidence]) -> bool:
    explained = {each.path for each in evidence}
    if path in explained or path.startswith(WHOLE):
        return True
    if path == "attributes.traits":
        return all(f"{path}.{name}" in explained for name in document["attributes"]["traits"])
    above = path.rpartition(".")[0]
    return bool(above) and at(document, above) is None and is_explained(above, document, evidence)


def values(evidence: list[Evidence], path: str) -> list[str]:
    return [each.value for each in evidence if each.path == path]


def check_entries(document: Any, evidence: list[Evidence]) -> None:
    """Lists are explained entry by entry, in their order."""
    preferences = document["preferences"]
    for name in ("categories", "brands"):
        entries = [f"{each['name']} {said(each['share'])}" for each in preferences[name]]
        found = [each for each in values(evidence, f"preferences.{name}") if each != "others"]
        assert found == (entries or ["none"])
    inclinations = document["disposition"]["inclinations"]
    found = values(evidence, "disposition.inclinations")
    assert found[: len(inclinations)] == [
        f"{each['name']} {said(each['score'])}" for each in inclinations
    ]
    assert len(found) == 6
    assert all(each.endswith(" absent") for each in found[len(inclinations) :])
    if document["fit"]:
        for name in ("met", "unmet"):
            assert values(evidence, f"fit.{name}") == (document["fit"][name] or ["none"])
    found = [f"{each['code']} {each['points']} point" for each in document["risk"]["reasons"]]
    explained = [each.removesuffix("s") for each in values(evidence, "risk.reasons")]
    assert explained == (found or ["none"])
    hours = values(evidence, "activity.hours.by_hour")
    assert hours == [" ".join(map(str, document["activity"]["hours"]["by_hour"]))]


def check_figures(document: Any, evidence: list[Evidence]) -> None:
    """What the evidence quotes leads to the value."""
    because = {each.path: each.because for each in evidence}
    if document["risk"]["reasons"]:
        points, doubling, half = re.findall(r"\((\d+) / (\d+)\).*\((\d+) /", because["risk.score"])[
            0
        ]
        x, h = 2 ** (int(points) / int(doubling)), 2 ** (int(half) / int(doubling))
        assert abs(100 * (x - 1) / (x + h - 2) - document["risk"]["score"]) <= 0.5
    for path, text in because.items():
        value = at(document, path) if path not in ENTRIES else None
        if isinstance(value, float) and (ratio := re.search(r"(\d+) of (\d+) session", text)):
            assert isclose(int(ratio[1]) / int(ratio[2]), value, abs_tol=1e-4)
    path = "spending.repurchase.probability_30d"
    if text := because.get(path, ""):
        rate, days = re.findall(r"day ([\d.]+) =|\* ([\d.]+) days", text)
        chance = 1 - exp(-float(rate[0]) * float(days[1]))
        assert isclose(chance, at(document, path), abs_tol=2e-3)
    path = "preferences.marketing.sensitivity"
    if at(document, path) is not None:
        r, d = re.findall(r" [rd] ([\d.]+) =", because[path])
        sensitivity = float(r) / (float(r) + 10 + int(d) / 10)
        assert isclose(sensitivity, at(document, path), abs_tol=1e-3)
    gender = document["attributes"]["shopping_gender"]
    weights = [each["weight"] for each in gender["evidence"]]
    quoted = [each.because for each in evidence if each.path.endswith("gender.evidence")]
    for weight, text in zip(weights, quoted, strict=False):
        count, odds, all_of = map(float, re.findall(r"(?:= |odds |root of )(\d+\.\d+)", text))
        assert isclose(count * odds / all_of**0.5, weight, rel_tol=0.01, abs_tol=1e-3)


@pytest.mark.parametrize("standards", STANDARDS, ids=["plain", "full"])
@pytest.mark.parametrize("later_days", [0, 12, 400])
def test_portraits_of_the_simulated_shop_are_explained(
    standards: Standards, later_days: int
) -> None:
    as_of_ms = to_ms(END + timedelta(days=later_days))
    for state in simulated().values():
        check(state, as_of_ms, standards)


@pytest.mark.parametrize("standards", STANDARDS, ids=["plain", "full"])
@settings(max_examples=60, deadline=None)
@given(history=histories(), delay=delays)
def test_portraits_of_any_history_are_explained(
    standards: Standards, history: list[Wire], delay: int
) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    check(state, state.newest_ms + delay, standards)


@settings(max_examples=20, deadline=None)
@given(history=histories(), data=st.data())
def test_explaining_changes_nothing(history: list[Wire], data: st.DataObject) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    as_of_ms = state.newest_ms + data.draw(delays)
    before = msgspec.msgpack.encode(state)
    portrait = describe("main", "c1", state, as_of_ms, standards=STANDARDS[1], version=1)
    first = list(explain(portrait, state, STANDARDS[1]))
    assert list(explain(portrait, state, STANDARDS[1])) == first
    assert msgspec.msgpack.encode(state) == before
