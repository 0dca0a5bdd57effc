"""Hypothesis strategies: valid rule files, made to meet the edges of one portrait.

Values are drawn from the portrait and close to it as often as from elsewhere, so that tests hold,
just hold and just fail.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.support.oracle.labels import AMOUNTS, NAMES, TIMES, Wire, value_at
from tests.support.rule_fields import (
    ANYTHING,
    BOOLEANS,
    NAMED,
    NUMBER_LISTS,
    NUMBERS,
    PATHS,
    PERCENTS,
    TEXTS,
    TRAIT_VALUES,
    Range,
)

#: Any field, and more often one of those that most can go wrong with.
_paths = st.one_of(*map(st.sampled_from, (PATHS, sorted(TIMES), PERCENTS, ANYTHING, NAMED)))
_fives = st.integers(1, 19).map(lambda number: 5 * number)


@st.composite
def rule_files(draw: st.DrawFn, document: Wire, as_of: datetime) -> str:
    """YAML text with up to twelve labels and four segments, which may refer to each other."""
    references: list[Wire] = []
    content: Wire = {}
    for section, form, numbers in (
        ("labels", "label", (9, 5, 12, 0)),
        ("segments", "segment", (1, 0, 4)),
    ):
        rules = []
        for number in range(draw(st.sampled_from(numbers))):
            condition = draw(_conditions(document, as_of, tuple(references)))
            rules.append(draw(_rules(f"name-{number}", condition)))
            references.append({form: f"name-{number}"})
        if len(rules) > 0 or draw(st.booleans()):
            content[section] = draw(st.permutations(rules))
    in_flow = draw(st.booleans())
    return str(
        yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=in_flow)
    )


def _rules(name: str, condition: Wire) -> st.SearchStrategy[Wire]:
    shown: Wire = {"en": "Shown", "zh": "显示"}
    return st.sampled_from([{}, shown]).map(lambda more: {"name": name, **more, "when": condition})


def _conditions(
    document: Wire, as_of: datetime, references: tuple[Wire, ...]
) -> st.SearchStrategy[Wire]:
    leaf: st.SearchStrategy[Wire] = _paths.flatmap(
        lambda path: field_conditions(path, document, as_of)
    )
    if references:
        leaf |= st.sampled_from(references)
    return st.one_of(leaf, leaf, st.recursive(leaf, _compounds, max_leaves=6))


def _compounds(inner: st.SearchStrategy[Wire]) -> st.SearchStrategy[Wire]:
    parts = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        parts.map(lambda each: {"all": each}),
        parts.map(lambda each: {"any": each}),
        inner.map(lambda part: {"not": part}),
    )


def field_conditions(path: str, document: Wire, as_of: datetime) -> st.SearchStrategy[Wire]:
    """Conditions on one field with every operator that it can have."""
    value = value_at(document, path)
    found: list[st.SearchStrategy[Wire]] = [st.booleans().map(lambda known: {"known": known})]
    if path in TIMES:
        found.append(_days(value, as_of))
    elif path in AMOUNTS:
        found += _comparisons(value, Range(0, None, 2))
    elif path in NUMBERS:
        found += _comparisons(value, NUMBERS[path])
    elif path in ANYTHING:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else 1
        found += [*_choices(TRAIT_VALUES), _bounds(number, Range(None, None, 1))]
    elif path in BOOLEANS:
        found += _choices((True, False))
    elif path in NUMBER_LISTS:
        found += _choices(range(24))
    else:
        found += _choices((*TEXTS[path], *_texts_of(path, value)))
    if path in PERCENTS:
        found.append(_percents())
    return st.one_of(found).map(lambda operators: {"field": path, **operators})


def _texts_of(path: str, value: Any) -> Iterable[str]:
    """What stands in the portrait; of names also those above."""
    names = [value] if isinstance(value, str) else value or ()
    return [*names, *(name.partition("/")[0] for name in names if path in NAMES)]


def _choices(values: Iterable[Any]) -> list[st.SearchStrategy[Wire]]:
    some = st.sampled_from(list(dict.fromkeys((type(value), value) for value in values)))
    one = some.map(lambda typed: typed[1])
    return [
        one.map(lambda value: {"is": value}),
        st.lists(one, min_size=1, max_size=3).map(lambda values: {"in": values}),
    ]


def _comparisons(value: Any, range_: Range) -> list[st.SearchStrategy[Wire]]:
    numbers = _numbers(value, range_)
    return [
        st.builds(lambda number, write: {"is": write(number)}, numbers, _writers),
        st.lists(numbers, min_size=1, max_size=3).map(lambda all_: {"in": list(map(_plain, all_))}),
        _bounds(value, range_),
    ]


@st.composite
def _bounds(draw: st.DrawFn, value: Any, range_: Range) -> Wire:
    """One bound, or two between which some values lie."""
    low, high = sorted(draw(st.lists(_numbers(value, range_), min_size=2, max_size=2)))
    write, step = draw(_writers), Decimal(1).scaleb(-range_.decimals)
    lower = "above" if draw(st.booleans()) and low + step < high else "at_least"
    upper = "below" if draw(st.booleans()) and low + step < high else "at_most"
    if lower == "above" and upper == "below" and low + 2 * step >= high:
        upper = "at_most"
    both = {lower: write(low), upper: write(high)}
    wanted = draw(st.sampled_from([(lower,), (upper,), (lower, upper)]))
    return {name: both[name] for name in wanted}


def _numbers(value: Any, range_: Range) -> st.SearchStrategy[Decimal]:
    """Numbers that a field can be: as it is, off by one, and others."""
    step = Decimal(1).scaleb(-range_.decimals)
    least = -10 if range_.low is None else range_.low
    most = least + 50 if range_.high is None else range_.high
    units = st.integers(int(least / step), int(most / step))
    numbers = units.map(lambda unit: unit * step)
    if value is None:
        return numbers
    known = Decimal(str(value))
    near = (known, known - step, known + step)
    kept = [each for each in near if least <= each and (range_.high is None or each <= most)]
    return numbers | st.sampled_from(kept or [Decimal(least)])


def _plain(number: Decimal) -> int | float | str:
    """As YAML has it, without an exponent."""
    if number == number.to_integral_value():
        return int(number)
    return float(number) if "e" not in str(float(number)) else f"{number:f}"


_writers: st.SearchStrategy[Callable[[Decimal], int | float | str]] = st.sampled_from(
    [_plain, _plain, "{:f}".format]
)


@st.composite
def _days(draw: st.DrawFn, value: Any, as_of: datetime) -> Wire:
    """Days that have just passed, will soon have, or any; at most three decimals."""
    days = st.sampled_from([Decimal(text) for text in ("0.001", "0.125", "1", "7", "30", "365")])
    if value is not None:
        passed = Decimal((as_of - datetime.fromisoformat(value)) // timedelta(milliseconds=1))
        whole = (passed / 86_400).to_integral_value(ROUND_FLOOR)  # thousandths of a day
        near = [(whole + more) / 1000 for more in (-1000, -1, 0, 1, 1000)]
        days |= st.sampled_from([each for each in near if 0 < each <= 36_500] or [Decimal(1)])
    first, second = sorted((draw(days), draw(days)))
    older, within = {"older_than_days": _plain(first)}, {"within_days": _plain(second)}
    both = [{**older, **within}] if first < second else []
    return draw(st.sampled_from([older, within, *both]))


@st.composite
def _percents(draw: st.DrawFn) -> Wire:
    """The top, the bottom, or what lies in both."""
    top, bottom = draw(_fives), draw(_fives)
    both = [{"top_percent": top, "bottom_percent": bottom}] if top + bottom > 100 else []
    return draw(st.sampled_from([{"top_percent": top}, {"bottom_percent": bottom}, *both]))
