"""The rule file: read into labels and segments, or refused with line and suggestion."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from stream.errors import Fatal
from stream.files.conditions import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES
from stream.files.labels import MAX_RULES, load_rules
from stream.measures.conditions import Condition
from stream.measures.rules import Rules

TIERS = ("bronze", "silver", "gold")


def load(tmp_path: Path, text: str, *, decimals: int = 2, tiers: Sequence[str] = TIERS) -> Rules:
    file = tmp_path / "labels.yaml"
    file.write_text(text)
    return load_rules(file, decimals, tiers)


def label(condition: str) -> str:
    """A file with one label, whose condition stands in line 3."""
    return f"labels:\n  - name: x\n    when: {condition}\n"


def condition(tmp_path: Path, text: str) -> Condition:
    (rule,) = load(tmp_path, label(text)).labels
    return rule.condition


def told(found: Condition) -> object:
    """A condition as plain values: its form, and what it asks."""
    match found.form:
        case "field":
            assert found.path is not None
            asked = {each.name: each.values for each in found.operators}
            return {found.path.text: asked}
        case "label" | "segment":
            return {found.form: found.name}
        case _:
            return {found.form: [told(each) for each in found.children]}


@pytest.mark.parametrize("text", ["labels:\n", "labels: []", "labels: []\nsegments:\n"])
def test_file_without_rules_gives_none(tmp_path, text):
    rules = load(tmp_path, text)
    assert (rules.labels, rules.segments) == ((), ())


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "null\n"])
def test_empty_file_is_refused_and_told_what_to_write_instead(tmp_path, text):
    with pytest.raises(Fatal, match=r"labels\.yaml is empty; write `labels: \[\]` where no labels"):
        load(tmp_path, text)


def test_rules_keep_their_order_names_and_groups(tmp_path):
    rules = load(
        tmp_path,
        """\
labels:
  - name: night-shopper
    en: Night shopper
    zh: 夜间购物者
    group: rhythm
    when: {field: activity.hours.peak_hours, in: [22, 23, 0]}
  - {name: a1, when: {field: spending.orders, is: 0}}
segments:
  - {name: win-back, en: Win back, when: {all: [{label: a1}, {label: night-shopper}]}}
""",
    )
    assert [(each.name, each.en, each.zh, each.group) for each in rules.labels] == [
        ("night-shopper", "Night shopper", "夜间购物者", "rhythm"),
        ("a1", "a1", "a1", None),
    ]
    (segment,) = rules.segments
    assert (segment.name, segment.en, segment.zh) == ("win-back", "Win back", "win-back")
    assert told(segment.condition) == {"all": [{"label": "a1"}, {"label": "night-shopper"}]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{field: spending.orders, is: 2}", {"spending.orders": {"is": (2,)}}),
        ("{field: spending.orders, is: 2.0}", {"spending.orders": {"is": (2,)}}),
        (
            "{field: spending.amount, above: 0.5, at_most: 10, known: yes}",
            {
                "spending.amount": {
                    "above": (Decimal("0.5"),),
                    "at_most": (Decimal(10),),
                    "known": (True,),
                }
            },
        ),
        (
            "{field: first_seen, within_days: 30, older_than_days: 0.5}",
            {"first_seen": {"within_days": (Decimal(30),), "older_than_days": (Decimal("0.5"),)}},
        ),
        (
            "{field: spending.orders, top_percent: 50, bottom_percent: 60}",
            {"spending.orders": {"top_percent": (50,), "bottom_percent": (60,)}},
        ),
        (
            "{field: preferences.categories, in: [fashion/, home/kitchen]}",
            {"preferences.categories": {"in": ("fashion", "home/kitchen")}},
        ),
        (
            "{field: spending.tier, in: [gold, silver]}",
            {"spending.tier": {"in": ("gold", "silver")}},
        ),
        (
            "{field: disposition.inclinations, in: [price-driven]}",
            {"disposition.inclinations": {"in": ("price-driven",)}},
        ),
        (
            "{field: attributes.traits.vip, is: yes}",
            {"attributes.traits.vip": {"is": ("yes", "true")}},
        ),
        ("{field: fit.score, at_least: 60}", {"fit.score": {"at_least": (60,)}}),
        (
            "{not: {any: [{field: social.shares, is: 1}]}}",
            {"not": [{"any": [{"social.shares": {"is": (1,)}}]}]},
        ),
    ],
)  # fmt: skip
def test_conditions_are_read_by_their_form_and_the_kind_of_their_field(tmp_path, text, expected):
    assert told(condition(tmp_path, text)) == expected


def test_values_are_kept_as_they_are_written(tmp_path):
    found = condition(tmp_path, "{field: attributes.traits.x, in: [5.0, yes, '7.0']}")
    (operator,) = found.operators
    assert operator.written == ("5.0", "yes", "7.0")
    assert operator.values == ("5.0", "5", "yes", "true", "7.0")


def test_same_file_read_again_asks_the_same(tmp_path):
    text = label("{all: [{field: spending.amount, at_least: 3}, {field: first_seen, known: true}]}")
    assert load(tmp_path, text).labels == load(tmp_path, text).labels
    assert load(tmp_path, text).labels != load(tmp_path, text.replace("3}", "4}")).labels


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x", "expected a condition such as {field: spending.orders, above: 3}, got 'x'"),
        ("{}", "a condition is exactly one of all, any, not, label, segment, or a field"),
        ("{all: [], any: []}", "a condition is exactly one of"),
        ("{at_least: 1}", "a condition is exactly one of"),
        ("{label: x, at_least: 1}", "a condition is exactly one of"),
        ("{field: spending.orders, not: {label: x}}", "a condition is exactly one of"),
        ("{not: }", "a condition is exactly one of"),
        ("{all: []}", "all needs at least one condition"),
        ("{any: {label: x}}", "expected a list of conditions, got a mapping"),
        ("{not: [{label: x}]}", "expected a condition such as {field: "),
        ("[{label: x}]", "expected a condition such as {field: spending.orders, above: 3}, got"),
        ("{label: new}", "there is no label 'new' (a file replaces the shipped one as a whole, la"),
        ("{feild: spending.orders}", "unknown key 'feild'; did you mean field"),
        ("{label: y}", "there is no label 'y'"),
        ("{label: [x]}", "expected the name of a label, got a list"),
        ("{segment: s}", "a label cannot depend on a segment"),
        ("{field: spending.amonut, is: 1}", "did you mean spending.amount"),
        ("{field: spending.orders}", "spending.orders needs one of is, in, at_least, at_most"),
        ("{field: spending.orders, is: }", "spending.orders needs one of"),
        ("{field: spending.orders, at_laest: 1}", "did you mean at_least"),
        ("{field: spending.orders, is: 1, at_least: 1}", "is stands alone, without at_least"),
        ("{field: spending.orders, in: [1], is: 1}", "in stands alone, without is"),
        ("{field: spending.orders, at_least: 1, known: false}", "known: false stands alone"),
        ("{field: spending.orders, known: maybe}", "known: expected true or false"),
        ("{field: spending.tier, is: glod}", "cannot be 'glod'; did you mean gold?"),
        ("{field: spending.tier, in: [gold, platinum]}", "cannot be 'platinum': expected bronze"),
        ("{field: attributes.kind, is: persn}", "did you mean person?"),
        ("{field: disposition.inclinations, is: loyl}", "did you mean loyal?"),
        ("{field: first_seen, is: 2024-01-01}", "is a time; use within_days or older_than_days"),
        ("{field: first_seen, at_least: 1}", "is a time; use within_days or older_than_days"),
        ("{field: spending.orders, within_days: 1}", "is a number; use at_least, at_most, above "),
        ("{field: spending.orders, at_least: '1,000'}", "got '1,000'; did you mean 1000?"),
        ("{field: spending.orders, at_least: 1,5}", "key '5'; write a number without commas"),
        ("{field: first_seen, within_days: 0}", "within_days: 0 should be above 0"),
        ("{field: first_seen, within_days: 36501}", "above 0 and at most 36500"),
        ("{field: first_seen, within_days: 0.000001}", "should have at most 5 decimals"),
        ("{field: first_seen, within_days: 7, older_than_days: 7}", "nothing is within_days 7 and"),
        ("{field: spending.orders, top_percent: 7}", "7 should be a multiple of 5 from 5 to 95"),
        ("{field: spending.orders, top_percent: 100}", "should be a multiple of 5 from 5 to 95"),
        ("{field: spending.orders, top_percent: 5.5}", "should be a multiple of 5 from 5 to 95"),
        ("{field: spending.orders_30d, top_percent: 5}", "is not one of them; use at_least, at_m"),
        ("{field: attributes.country, top_percent: 5}", "attributes.country is text; use in"),
        ("{field: spending.orders, top_percent: 50, bottom_percent: 50}", "nobody is in top_perce"),
        ("{field: spending.rfm.r, at_least: 6}", "at_least 6 is beyond what spending.rfm.r can be"),
        ("{field: spending.rfm.r, above: 4, below: 6}", "below 6 is beyond what spending.rfm.r"),
        ("{field: spending.rfm.r, is: 0}", "cannot be 0: it holds whole numbers from 1 to 5"),
        ("{field: spending.rfm.r, in: [1, 2.5]}", "spending.rfm.r cannot be 2.5: it holds whole"),
        ("{field: spending.refund_rate, at_least: 60}", "can be: it holds numbers from 0 to 1"),
        ("{field: spending.refund_rate, above: 1}", "can never be above 1: it holds numbers fro"),
        ("{field: spending.rfm.r, below: 1}", "can never be below 1: it holds whole numbers fro"),
        ("{field: spending.rfm.r, above: 4.5, below: 5}", "can never be above 4.5 and below 5"),
        ("{field: spending.orders, above: 1, below: 2}", "can never be above 1 and below 2"),
        ("{field: spending.amount, above: 1, below: 1.01}", "never be above 1 and below 1.01"),
        ("{field: spending.refund_rate, at_least: 0.5, below: 0.5}", "never be at_least 0.5 and b"),
        ("{field: spending.refund_rate, above: 0.5, at_most: 0.5}", "never be above 0.5 and at_m"),
        (
            "{field: spending.refund_rate, at_least: 0.5, at_most: 0.5, below: 0.5}",
            "can never be at_least 0.5 and at_most 0.5 and below 0.5",
        ),
        ("{field: activity.hours.peak_hours, in: [22, 25]}", "cannot be 25: it holds whole"),
        ("{field: spending.amount, at_least: 0.005}", "should have at most 2 decimals"),
        ("{field: attributes.traits.x, at_least: 2, at_most: 1}", "never be at_least 2 and at_mo"),
        ("{field: labels, in: [x]}", "a label cannot depend on labels"),
        ("{field: segments, known: true}", "a label cannot depend on segments"),
        ("{field: version, at_least: 5}", "a label cannot depend on version"),
        ("{field: as_of, known: true}", "a label cannot depend on as_of"),
        ("{field: reference, known: true}", "a label cannot depend on reference"),
        ("{field: changed, known: true}", "a label cannot depend on changed"),
        ("{field: cause, known: true}", "a label cannot depend on cause"),
        ("{field: activity.window.end, known: true}", "cannot depend on activity.window.end"),
    ],
)  # fmt: skip
def test_condition_with_a_mistake_is_refused_with_its_line(tmp_path, text, complaint):
    with pytest.raises(Fatal, match=r"labels\.yaml, line 3: ") as refused:
        load(tmp_path, label(text))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "{field: spending.rfm.r, at_least: 5}",
        "{field: spending.rfm.r, above: 3, below: 5}",
        "{field: spending.refund_rate, at_least: 0, at_most: 1}",
        "{field: spending.refund_rate, above: 0.5, below: 0.51}",
        "{field: spending.orders, above: 1, below: 3}",
        "{field: spending.amount, above: 1, below: 1.02}",
        "{field: spending.amount, at_least: 1, at_most: 1.00}",
        "{field: first_seen, within_days: 7.00001, older_than_days: 7}",
        "{field: first_seen, within_days: 36500}",
        "{field: spending.orders, top_percent: 95, bottom_percent: 10}",
    ],
)
def test_bounds_that_leave_any_room_are_taken(tmp_path, text):
    assert condition(tmp_path, text).form == "field"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("lables: []\n", "line 1: unknown key 'lables'; did you mean labels?"),
        ("labels: {name: x}\n", "line 1: expected a list of labels, got a mapping"),
        ("labels:\n- name: x\n", "line 2: when is missing in 'x'"),
        ("labels:\n- {name: x, when: }\n", "line 2: when is missing"),
        ("labels:\n- {when: {label: x}}\n", "line 2: name is missing"),
        ("segments:\n- {name: x, group: y, when: {label: x}}\n", "line 2: unknown key 'group'"),
        ("labels:\n- {name: x, nmae: y}\n", "line 2: unknown key 'nmae'; did you mean name?"),
    ],
)
def test_file_with_a_mistake_is_refused_with_its_line(tmp_path, text, complaint):
    with pytest.raises(Fatal, match=r"labels\.yaml, line ") as refused:
        load(tmp_path, text)
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Night Shopper", "; did you mean night-shopper?"),
        ("night_shopper", "; did you mean night-shopper?"),
        ("-a--b-", "; did you mean a-b?"),
        ("夜间", "between them"),
        ("a" * 65, f"; did you mean {'a' * 64}?"),
    ],
)
def test_names_are_lower_case_words_joined_by_hyphens(tmp_path, name, hint):
    with pytest.raises(Fatal, match=r"line 2: .* is no name of at most 64") as refused:
        load(tmp_path, f"labels:\n- {{name: {name}, when: {{field: first_seen, known: true}}}}\n")
    assert str(refused.value).endswith(hint)


KNOWN = "when: {field: first_seen, known: true}"


@pytest.mark.parametrize("key", ["en", "zh", "group"])
def test_texts_for_people_have_64_characters_at_most(tmp_path, key):
    assert load(tmp_path, f"labels:\n- {{name: x, {key}: {'客' * 64}, {KNOWN}}}\n").labels
    with pytest.raises(Fatal, match=f"line 2: expected {key} of 1 to 64 characters"):
        load(tmp_path, f"labels:\n- {{name: x, {key}: {'客' * 65}, {KNOWN}}}\n")


def test_names_are_unique_among_labels_and_among_segments(tmp_path):
    one = f"- {{name: x, {KNOWN}}}\n"
    assert load(tmp_path, f"labels:\n{one}segments:\n{one}").segments
    with pytest.raises(Fatal, match="line 3: label x stands here twice, first in line 2"):
        load(tmp_path, f"labels:\n{one}{one}")
    with pytest.raises(Fatal, match="line 3: segment x stands here twice, first in line 2"):
        load(tmp_path, f"segments:\n{one}{one}")


def test_name_that_no_rule_has_is_refused_with_the_closest(tmp_path):
    labels = f"labels:\n- {{name: big-spender, {KNOWN}}}\n"
    with pytest.raises(Fatal, match="line 4: there is no label 'big-spendr'; did you mean big-sp"):
        load(tmp_path, f"{labels}segments:\n- {{name: s, when: {{label: big-spendr}}}}\n")
    with pytest.raises(Fatal, match="line 4: there is no segment 'big-spender'"):
        load(tmp_path, f"{labels}segments:\n- {{name: s, when: {{segment: big-spender}}}}\n")


def test_labels_may_refer_to_labels_further_down(tmp_path):
    text = f"labels:\n- {{name: a, when: {{not: {{label: b}}}}}}\n- {{name: b, {KNOWN}}}\n"
    assert [each.name for each in load(tmp_path, text).labels] == ["a", "b"]


def test_circle_is_refused_with_its_names_and_the_line_of_one(tmp_path):
    text = """\
labels:
  - {name: a, when: {not: {label: b}}}
  - name: b
    when: {any: [{label: c}, {field: first_seen, known: true}]}
  - {name: c, when: {label: b}}
"""
    with pytest.raises(Fatal, match=r"line [35]: labels .* circle: (b → c → b|c → b → c)"):
        load(tmp_path, text)
    with pytest.raises(Fatal, match="line 2: segment s refers to itself"):
        load(tmp_path, "segments:\n- {name: s, when: {segment: s}}\n")


def test_shop_without_tiers_has_none_to_ask_for(tmp_path):
    with pytest.raises(Fatal, match=r"line 3: spending\.tier: the shop gives no tiers"):
        load(tmp_path, label("{field: spending.tier, is: gold}"), tiers=())
    assert load(tmp_path, label("{field: spending.tier, known: false}"), tiers=()).labels


def nested(depth: int) -> str:
    return label("{not: " * (depth - 1) + "{field: first_seen, known: true}" + "}" * (depth - 1))


def test_conditions_nest_so_deep_and_no_deeper(tmp_path):
    assert load(tmp_path, nested(MAX_DEPTH)).labels
    with pytest.raises(Fatal, match="line 3: conditions are nested more than 20 deep"):
        load(tmp_path, nested(MAX_DEPTH + 1))


def test_file_has_so_many_rules_conditions_and_values_and_no_more(tmp_path):
    def rules(count: int) -> str:
        return "segments:\n" + "".join(f"- {{name: x{n}, {KNOWN}}}\n" for n in range(count))

    def many(count: int, one: str) -> str:
        return label(f"{{any: [&a {one}{', *a' * (count - 1)}]}}")

    assert len(load(tmp_path, rules(MAX_RULES)).segments) == MAX_RULES
    with pytest.raises(Fatal, match="line 2: there are 501 segments, more than 500"):
        load(tmp_path, rules(MAX_RULES + 1))
    one = "{field: first_seen, known: true}"
    assert load(tmp_path, many(MAX_CONDITIONS - 1, one)).labels
    with pytest.raises(Fatal, match="line 3: there are more than 5000 conditions"):
        load(tmp_path, many(MAX_CONDITIONS, one))
    values = f"{{field: attributes.country, in: [{', '.join(f'c{n}' for n in range(1000))}]}}"
    assert load(tmp_path, many(MAX_VALUES // 1000, values)).labels
    with pytest.raises(Fatal, match="line 3: there are more than 50000 values"):
        load(tmp_path, many(MAX_VALUES // 1000 + 1, values))


def test_conditions_of_labels_and_of_segments_count_together(tmp_path):
    rest = ", *a" * (MAX_CONDITIONS // 2)
    labels = (
        f"labels:\n- {{name: x, when: {{any: [&a {{field: first_seen, known: true}}{rest}]}}}}\n"
    )
    assert load(tmp_path, labels).labels
    with pytest.raises(Fatal, match="there are more than 5000 conditions"):
        load(tmp_path, f"{labels}segments:\n- {{name: x, when: {{any: [*a{rest}]}}}}\n")


def test_rules_that_are_shipped_are_read_in_any_currency_and_for_any_tiers():
    for decimals, tiers in [(0, ()), (2, TIERS), (3, ("vip",))]:
        assert load_rules(None, decimals, tiers).labels
