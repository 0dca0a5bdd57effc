"""Any rule file at all: read, or refused with the file named; never anything else, and soon.

Rules that are read must be good for every portrait: one that fails later would stop its partition.
"""

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stream.errors import Fatal
from stream.files.labels import load_rules
from stream.measures.operators import OPERATORS
from stream.measures.paths import every_path
from stream.measures.reference import NONE_TAKEN
from stream.profile.portrait import Portrait
from tests.support.events import folded, identified, ordered, portrait, viewed

TIERS = ("bronze", "silver", "gold", "platinum")
STORE = NONE_TAKEN.of("main", 2)[1]
NEWEST_MS = 1_714_996_800_000
PORTRAITS = [
    portrait(folded(events), NEWEST_MS)
    for events in (
        [viewed("2024-05-05T12:00:00Z")],
        [
            viewed("2024-05-05T12:00:00Z", category="fashion/men", brand="x", price="5.00"),
            identified("2024-05-05T12:00:00Z", vip=True, size=5.0, colour="red"),
            ordered("2024-05-06T09:00:00Z", "42.00"),
        ],
    )
]

#: A file with a rule of every form, and every operator.
VALID: dict[str, Any] = {
    "labels": [
        {"name": "new", "en": "New", "zh": "新", "group": "life", "when": {
            "field": "first_seen", "within_days": 30, "older_than_days": 1.5}},
        {"name": "buyer", "when": {"all": [
            {"field": "spending.orders", "at_least": 1, "below": 50},
            {"field": "spending.amount", "above": 0.5, "at_most": "1000.00"},
            {"any": [{"field": "spending.tier", "in": ["gold", "silver"]}, {"label": "new"}]}]}},
        {"name": "fan", "when": {"not": {"field": "preferences.categories", "in": ["fashion"]}}},
        {"name": "top", "when": {"any": [
            {"field": "spending.average_order", "top_percent": 10, "bottom_percent": 95},
            {"field": "attributes.traits.vip", "is": True},
            {"field": "attributes.kind", "is": "company"},
            {"field": "spending.repurchase.overdue", "is": False}]}},
    ],
    "segments": [
        {"name": "all", "when": {"any": [{"segment": "some"}, {"label": "top"}]}},
        {"name": "some", "when": {"field": "spending.recency_days", "known": False}},
    ],
}  # fmt: skip

WORDS = [
    *("labels", "segments", "name", "en", "zh", "group", "when"),
    *("all", "any", "not", "label", "segment", "field", "feild", *OPERATORS),
]
FIELDS = [*every_path(Portrait), "attributes.traits.vip", "attributes.traits.a.b", "spending", ""]


def among(choices: list[Any]) -> st.SearchStrategy[Any]:
    """Any of many choices; a strategy that does not print them all."""
    return st.integers(0, len(choices) - 1).map(choices.__getitem__)


def _scalars() -> st.SearchStrategy[Any]:
    return st.one_of(
        among([*FIELDS, *WORDS, *TIERS, "new", "fan", "all", "some", "x" * 300, "客"]),
        st.sampled_from([-1, 0, 1, 5, 30, 95, 100, 0.5, 2.5, 1e300, 10**30, ".inf", "1e3", "0x1F"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=20),
    )


scalars: st.SearchStrategy[Any] = st.deferred(_scalars)
conditions: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries(
        {"field": among(FIELDS)},
        optional={name: scalars | st.lists(scalars, max_size=3) for name in OPERATORS},
    )
    | st.fixed_dictionaries({"label": st.sampled_from(["new", "fan", "a"])})
    | scalars,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
        st.dictionaries(among(WORDS), inner, max_size=3),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
rules = st.fixed_dictionaries(
    {"name": st.sampled_from(["new", "fan", "a", "A b"]) | scalars, "when": conditions},
    optional={"en": scalars, "group": scalars},
)
files = st.fixed_dictionaries(
    {}, optional={"labels": st.lists(rules, max_size=4), "segments": st.lists(rules, max_size=3)}
)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Each list and mapping of a tree with each of its keys."""
    if not isinstance(tree, dict | list):
        return []
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
    return [(tree, key) for key in keys] + [each for key in keys for each in places(tree[key])]


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """The valid file with some things deleted, renamed, doubled, swapped or put elsewhere."""
    tree = deepcopy(VALID)
    for _ in range(draw(st.integers(1, 3))):
        found = places(tree)
        if not found:
            break
        above, key = draw(among(found))
        other, other_key = draw(among(found))
        match draw(st.integers(0, 5)):
            case 0:
                del above[key]
            case 1 if isinstance(above, dict):
                above[draw(among(WORDS))] = above.pop(key)
            case 2 if isinstance(above, list):
                above.append(above[key])  # an alias, where it is no scalar
            case 3:
                above[key], other[other_key] = deepcopy((other[other_key], above[key]))
            case 4:
                above[key] = deepcopy(other[other_key])
            case _:
                above[key] = draw(scalars | conditions)
    return written(tree)


def written(tree: Any) -> str:
    return str(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


@st.composite
def slips(draw: st.DrawFn) -> str:
    """The valid file with a slip of the pen: some characters replaced by others."""
    text = written(VALID)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 30, len(text))))
    pieces = st.sampled_from(
        [*"-:?,[]{}&*!|>'\"%@`#\n\t ~", "&a ", "*a", "---\n", "!!int ", "\x00"]
    )
    return text[:start] + "".join(draw(st.lists(pieces, max_size=4))) + text[end:]


def judge(file: Path, text: str) -> bool:
    """Whether a file is read; fails where it is neither read nor refused by its name."""
    file.write_bytes(text.encode(errors="surrogatepass"))
    complaint = None
    try:
        loaded = load_rules(file, 2, TIERS)
    except Fatal as exc:
        complaint = str(exc)
    if complaint is not None:
        assert complaint.startswith(str(file))
        assert "\n" not in complaint
        return False
    for each in PORTRAITS:
        labels, segments = loaded.apply(each, NEWEST_MS, STORE, 2)
        assert {*labels} <= {rule.name for rule in loaded.labels}
        assert {*segments} <= {rule.name for rule in loaded.segments}
        change_ms = loaded.next_change(each, NEWEST_MS)
        assert change_ms is None or change_ms > NEWEST_MS
    return True


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(text=st.one_of(mutants(), slips(), files.map(written), conditions.map(written)))
@example(text=written(VALID))
def test_any_file_is_read_or_refused_with_its_name(tmp_path, text):
    judge(tmp_path / "labels.yaml", text)


def test_file_that_the_others_are_made_of_is_read(tmp_path):
    assert judge(tmp_path / "labels.yaml", written(VALID))


def one_label(when: str, before: str = "") -> str:
    return f"{before}labels:\n  - name: x\n    when: {when}\n"


def bomb(form: str, levels: int = 18) -> str:
    """A condition that holds two of the one below it, and so on: millions at the bottom."""
    below = "&l0 {field: first_seen, known: true}"
    for level in range(1, levels):
        below = f"&l{level} {{{form}: [{below}, *l{level - 1}]}}"
    return one_label(below)


VALUES = ", ".join(f"c{number}" for number in range(20_000))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "&a [*a]",
        "&a {labels: *a}",
        "labels: &a [*a]",
        "labels: [&a {name: x, when: *a}]",
        "labels: [{name: &a [*a], when: {label: x}}]",
        one_label("&a {not: *a}"),
        one_label("&a {all: [*a, *a]}"),
        one_label("&a {any: [{not: *a}, *a]}"),
        one_label("{field: attributes.country, in: &a [*a]}"),
        one_label("{field: &a {field: *a}, known: true}"),
        bomb("all"),
        bomb("any"),
        one_label(f"{{any: [&a {{field: attributes.country, in: [{VALUES}]}}{', *a' * 4000}]}}"),
        one_label("{not: " * 150 + "{label: x}" + "}" * 150),
        one_label("{all: [" * 150 + "{label: x}" + "]}" * 150),
        "[" * 20_000,
    ],
)
def test_file_that_holds_itself_or_multiplies_is_refused_soon(tmp_path, text):
    assert not judge(tmp_path / "labels.yaml", text)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=36_498)])
def test_rules_hold_for_portraits_far_ahead(tmp_path, later):
    file = tmp_path / "labels.yaml"
    file.write_text(one_label("{field: last_seen, older_than_days: 36500}"))
    loaded = load_rules(file, 2, TIERS)
    as_of_ms = NEWEST_MS + later // timedelta(milliseconds=1)
    change_ms = loaded.next_change(PORTRAITS[0], as_of_ms)
    assert change_ms is not None
    assert loaded.apply(PORTRAITS[0], change_ms - 1, STORE, 2) == ((), ())
    assert loaded.apply(PORTRAITS[0], change_ms, STORE, 2) == (("x",), ())
