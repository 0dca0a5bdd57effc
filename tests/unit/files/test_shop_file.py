"""The shop's file: read into tiers and targets, or refused with line and suggestion."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stream.errors import Fatal
from stream.files.shop import ShopFile, load_shop
from stream.measures.kinds import Kind
from stream.measures.tiers import Tier, builtin_tiers

EXAMPLE = Path(__file__).parents[3] / "deploy" / "shop.yaml"


def load(tmp_path: Path, text: str, decimals: int = 2) -> ShopFile:
    file = tmp_path / "shop.yaml"
    file.write_text(text)
    return load_shop(file, decimals)


def criterion(fields: str) -> str:
    """A file with one criterion, which stands in line 4."""
    return f"targets:\n  - name: t\n    criteria:\n      - {{name: c, {fields}}}\n"


@pytest.mark.parametrize("text", ["", "# nothing\n", "tiers:\n", "targets:\n", "targets: []\n"])
def test_without_tiers_and_targets_the_builtin_tiers_hold(tmp_path, text):
    assert load(tmp_path, text) == load_shop(None, 2) == ShopFile(builtin_tiers(2), ())


def test_empty_list_of_tiers_means_none(tmp_path):
    assert load(tmp_path, "tiers: []\n").tiers == ()


@pytest.mark.parametrize(("decimals", "minor"), [(0, 200), (2, 20_000), (3, 200_000)])
def test_tiers_are_read_in_units_of_the_base_currency(tmp_path, decimals, minor):
    text = "tiers:\n  - name: basic\n    orders_365d: 0\n  - {name: top, amount_365d: 200}\n"
    assert load(tmp_path, text, decimals).tiers == (Tier("basic"), Tier("top", 0, minor))


def test_amounts_of_tiers_are_exact_to_the_minor_unit(tmp_path):
    assert load(tmp_path, "tiers: [{name: a, amount_365d: 0.29}]\n").tiers == (Tier("a", 0, 29),)


def test_criteria_are_read_by_the_kind_of_their_field(tmp_path):
    text = """\
targets:
  - name: buyer
    kind: person
    criteria:
      - {name: age, field: attributes.region, in: [18-24, 2024-01-01, yes], weight: 2.5}
      - {name: spends, field: spending.amount_30d, at_least: 0.29, at_most: 300}
      - {name: likes, field: preferences.categories, in: [fashion/, home/kitchen]}
      - {name: views, field: activity.counts.product_viewed, at_least: 10}
      - {name: late, field: activity.hours.peak_hours, in: [22, 23.0]}
      - {name: trait, field: attributes.traits.vip, in: [yes, 5.0, "7.0", 2024-01-01]}
"""
    (target,) = load(tmp_path, text).targets
    assert (target.name, target.kind) == ("buyer", "person")
    by_name = {each.name: each for each in target.criteria}
    assert list(by_name) == ["age", "spends", "likes", "views", "late", "trait"]
    assert [each.weight for each in target.criteria] == [2.5, 1, 1, 1, 1, 1]
    assert by_name["spends"].path.kind is Kind.MONEY
    asked = {
        name: [(each.name, each.values) for each in criterion.condition.operators]
        for name, criterion in by_name.items()
    }
    assert asked == {
        "age": [("in", ("18-24", "2024-01-01", "yes"))],
        "spends": [("at_least", (Decimal("0.29"),)), ("at_most", (Decimal(300),))],
        "likes": [("in", ("fashion", "home/kitchen"))],
        "views": [("at_least", (10,))],
        "late": [("in", (22, 23))],
        "trait": [("in", ("yes", "true", "5.0", "5", "7.0", "2024-01-01"))],
    }
    (trait,) = by_name["trait"].condition.operators
    assert trait.written == ("yes", "5.0", "7.0", "2024-01-01")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ("field: spending.amonut_30d, at_least: 1", "did you mean spending.amount_30d"),
        ("field: amount_30d, at_least: 1", "did you mean spending.amount_30d"),
        ("field: spending, at_least: 1", "spending is a section: name one of its fields"),
        ("field: spending.orders, at_laest: 1", "unknown key 'at_laest'; did you mean at_least"),
        ("field: spending.orders, in: 1", "expected a list of values, got '1'"),
        ("field: spending.orders, in: []", "in needs at least one value"),
        ("field: spending.orders, in: [x]", "spending.orders: expected a number such as"),
        ("field: spending.orders", "spending.orders needs one of is, in, at_least"),
        ("field: spending.orders, at_least:", "spending.orders needs one of is, in, at_least"),
        ("field: spending.orders, in: [1], at_most: 2", "in stands alone, without at_most"),
        ("field: spending.orders, at_least: many", "at_least: expected a number such as"),
        (
            "field: spending.orders, at_least: 3, at_most: 2",
            "can never be at_least 3 and at_most 2",
        ),
        ("field: spending.amount, at_least: 1.005", "1.005 should have at most 2 decimals"),
        ("field: attributes.age_band, at_least: 18", "attributes.age_band is text; use in"),
        ("field: preferences.brands, at_most: 1", "is a list of names; use in"),
        ("field: attributes.natural_gender, in: [femal]", "did you mean female"),
        ("field: attributes.natural_gender, in: [x]", "expected female, male, other"),
        ("field: spending.orders, at_least: 1, weight: 0", "weight: 0 should be above 0"),
        ("field: spending.orders, at_least: 1, weight: -1", "weight: -1 is below 0"),
        ("field: spending.orders, at_least: 1, weight: heavy", "weight: expected a number"),
        ("field: fit.score, at_least: 1", "the fit cannot depend on fit.score"),
        ("field: version, at_least: 1", "the fit cannot depend on version"),
        ("field: reference, is: x", "the fit cannot depend on reference"),
        (
            "field: first_seen, at_least: 1",
            "at_least is for numbers and amounts, and first_seen is a time; use known",
        ),
        ("field: first_seen, within_days: 1", "within_days cannot be asked for here"),
        ("field: spending.orders, top_percent: 5", "top_percent cannot be asked for here"),
        ("field: spending.tier, is: glod", "spending.tier cannot be 'glod'; did you mean gold?"),
        ("field: disposition.inclinations, in: [loyl]", "did you mean loyal?"),
        ("at_least: 1", "field is missing"),
    ],
)
def test_criterion_with_a_mistake_is_refused_with_its_line(tmp_path, fields, complaint):
    with pytest.raises(Fatal, match=r"shop\.yaml, line 4: ") as refused:
        load(tmp_path, criterion(fields))
    assert complaint in str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("teirs: []\n", "line 1: unknown key 'teirs'; did you mean tiers?"),
        ("- tiers\n", "line 1: expected a mapping of tiers, targets, got a list"),
        ("tiers: gold\n", "line 1: expected a list of tiers, got 'gold'"),
        ("tiers:\n- name: a\n", "line 2: a tier needs amount_365d or orders_365d"),
        ("tiers:\n- orders_365d: 1\n", "line 2: name is missing"),
        ("tiers:\n- {name: a, orders_365d: 1.5}\n", "orders_365d: 1.5 should have no decimals"),
        ("tiers:\n- {name: a, amount_365d: 0.005}\n", "0.005 should have at most 2 decimals"),
        ("tiers:\n- {name: a, amount_365d: -1}\n", "amount_365d: -1 is below 0"),
        ("tiers:\n- {name: a, amount_365d: 999999999999}\n", "beyond any plausible amount"),
        (
            "tiers:\n- {name: a, orders_365d: 1}\n- {name: a, orders_365d: 2}\n",
            "line 3: tier a stands here twice, first in line 2",
        ),
        (
            "tiers:\n- {name: gold, orders_365d: 4}\n- {name: silver, orders_365d: 2}\n",
            "line 2: gold is never given: who reaches it reaches silver too",
        ),
        ("targets:\n- {name: t, criteria: []}\n", "line 2: a target needs at least one criterion"),
        (
            "targets:\n- {name: t, kind: robot, criteria: [x]}\n",
            "line 2: expected a mapping of name",
        ),
        ("targets:\n- name: t\n", "line 2: criteria is missing"),
        (
            f"{criterion('field: spending.orders, at_least: 1')}  - x\n",
            "line 5: expected a mapping of name",
        ),
        ("tiers: [\n", "line 2: "),
    ],
)
def test_file_with_a_mistake_is_refused_with_its_line(tmp_path, text, complaint):
    with pytest.raises(Fatal, match=r"shop\.yaml, line ") as refused:
        load(tmp_path, text)
    assert complaint in str(refused.value)


def targets(*heads: str) -> str:
    criteria = "criteria: [{name: c, field: spending.orders, at_least: 1}]"
    return "targets:\n" + "".join(f"- {{{head}, {criteria}}}\n" for head in heads)


def test_there_is_one_target_for_each_kind_of_customer(tmp_path):
    loaded = load(tmp_path, targets("name: a, kind: company", "name: b, kind: person"))
    assert [target.kind for target in loaded.targets] == ["company", "person"]
    loaded = load(tmp_path, targets("name: a, kind: company", "name: b"))
    assert [target.kind for target in loaded.targets] == ["company", None]


@pytest.mark.parametrize(
    ("heads", "complaint"),
    [
        (("name: a", "name: a, kind: person"), "line 3: target a stands here twice"),
        (("name: a", "name: b, kind: person"), "line 3: b is never used: a comes first for every"),
        (("name: a, kind: person", "name: b, kind: person"), "line 3: b is never used"),
        (("name: a, kind: persona",), r"line 2: kind cannot be 'persona'; did you mean person\?"),
    ],
)
def test_target_that_would_never_be_used_is_refused(tmp_path, heads, complaint):
    with pytest.raises(Fatal, match=complaint):
        load(tmp_path, targets(*heads))


def test_names_of_criteria_are_unique_within_a_target(tmp_path):
    text = criterion("field: spending.orders, at_least: 1")
    twice = "      - {name: c, field: spending.orders, at_most: 9}\n"
    with pytest.raises(Fatal, match="line 5: criterion c stands here twice, first in line 4"):
        load(tmp_path, text + twice)


def test_example_that_is_shipped_is_read_and_states_the_builtin_tiers():
    shop = load_shop(EXAMPLE, 2)
    assert shop.tiers == builtin_tiers(2)
    assert [target.kind for target in shop.targets] == ["person", "company"]


NAMES = st.sampled_from(["a", "b", "c", "gold", "18-24", "female", "x" * 300, "\u5ba2"])
SCALARS = NAMES | st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text(max_size=20)
)
NUMBERS = st.integers(-1, 5) | st.decimals(0, 9, places=3).map(float) | SCALARS
FIELDS = SCALARS | st.sampled_from(
    [
        *("spending.amount_30d", "attributes.traits.x", "activity.counts.y", "activity.hours"),
        *("preferences.categories", "attributes.natural_gender", "activity.active_days", "as_of"),
    ]
)
KEYS = st.sampled_from(["tiers", "targets", "name", "criteria", "field", "any_of", "teirs"])
TREES = st.recursive(
    SCALARS,
    lambda trees: st.lists(trees, max_size=3) | st.dictionaries(KEYS, trees, max_size=5),
    max_leaves=25,
)
TIERS = st.fixed_dictionaries(
    {"name": NAMES}, optional={"amount_365d": NUMBERS, "orders_365d": NUMBERS}
)
CRITERIA = st.fixed_dictionaries(
    {"name": NAMES, "field": FIELDS, "weight": NUMBERS},
    optional={"any_of": st.lists(SCALARS, max_size=3), "at_least": NUMBERS, "at_most": NUMBERS},
)
TARGETS = st.fixed_dictionaries(
    {"name": NAMES, "criteria": st.lists(CRITERIA, max_size=3)},
    optional={"kind": st.sampled_from(["person", "company", "robot"])},
)
SHOPS = st.fixed_dictionaries(
    {},
    optional={"tiers": st.lists(TIERS, max_size=3), "targets": st.lists(TARGETS, max_size=2)},
)
PIECES = st.lists(
    st.sampled_from(
        [
            *"-:?,[]{}&*!|>'\"%@`#\n\t <~=\\",
            *("  ", "---\n", "...\n", "tiers", "name", "&a ", "*a"),
            *("%YAML 9.9\n", "!!int ", '"\\ud800"', "\x00", "\ufeff", "1"),
        ]
    ),
    max_size=40,
).map("".join)


@st.composite
def slips(draw: st.DrawFn) -> str:
    """The example that is shipped with a slip of the pen."""
    text = EXAMPLE.read_text()
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 30, len(text))))
    return text[:start] + draw(st.text(max_size=3) | PIECES) + text[end:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    text=st.one_of(
        st.text(max_size=200),
        PIECES,
        slips(),
        TREES.map(lambda tree: yaml.safe_dump(tree, allow_unicode=True)),
        SHOPS.map(lambda shop: yaml.safe_dump(shop, allow_unicode=True, sort_keys=False)),
    )
)
@example(text="&a [*a]")
@example(text="tiers: &a [*a]")
@example(text="targets: &a [{name: x, criteria: *a}]")
def test_any_text_is_read_or_refused_with_the_file_named(tmp_path, text):
    file = tmp_path / "shop.yaml"
    file.write_bytes(text.encode(errors="surrogatepass"))
    complaint = f"{file}"
    try:
        load_shop(file, 2)
    except Fatal as exc:
        complaint = str(exc)
    assert complaint.startswith(f"{file}")
    assert "\n" not in complaint
