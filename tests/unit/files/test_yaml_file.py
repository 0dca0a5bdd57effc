"""YAML files that people write: values as they are written, mistakes with their line."""

from decimal import Decimal
from pathlib import Path

import pytest

from stream.errors import Fatal
from stream.files.yaml_file import MAX_BYTES, Element, read_yaml


def read(tmp_path: Path, text: str | bytes) -> Element | None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(file)


def only(tmp_path: Path, text: str) -> Element:
    element = read(tmp_path, text)
    assert element is not None
    return element


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n", "---\n", "~", "null\n"])
def test_file_with_nothing_in_it_is_empty(tmp_path, text):
    assert read(tmp_path, text) is None


def test_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(Fatal, match=r"none\.yaml: No such file"):
        read_yaml(tmp_path / "none.yaml")


def test_file_that_would_take_seconds_to_read_is_refused_before_it_is_parsed(tmp_path):
    longest = "a" + " " * (MAX_BYTES - 1)
    assert only(tmp_path, longest).text("a word") == "a"
    with pytest.raises(Fatal, match=r"rules\.yaml: 1,000,001 bytes are more than 1,000,000$"):
        read(tmp_path, "[" + " " * MAX_BYTES)  # no YAML either


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", r"rules\.yaml, line 3: "),
        ("a: 1\n\tb: 2\n", r"rules\.yaml, line 2: .*; use spaces, not tabs$"),
        ("a: 'open\n", r"rules\.yaml, line 2: "),
        ("a: 1\n---\nb: 2\n", r"rules\.yaml, line 2: but found another document"),
        ("a: *nobody\n", r"rules\.yaml, line 1: found undefined alias"),
        (b"a: 1\nb: \xff\n", r"rules\.yaml, line 2: no readable text"),
        (b"a: 1\n\nb: \x00\n", r"rules\.yaml, line 3: no readable text"),
        ('a: "\\UFFFFFFFF"\n', r"rules\.yaml: this is no YAML"),
        ("[" * 5000, r"rules\.yaml: nested too deeply"),
    ],
)
def test_text_that_is_no_yaml_is_refused_with_its_line(tmp_path, text, complaint):
    with pytest.raises(Fatal, match=complaint):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["18-24", "2024-01-01", "yes", "NO", "0123", "1:30", "'null'"])
def test_text_is_taken_as_it_is_written(tmp_path, text):
    assert only(tmp_path, text).text("a text") == text.strip("'")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("12", "12"),
        ("2.000", "2"),
        ("-1.50", "-1.50"),
        ("010", "10"),
        ("'5'", "5"),
        ("0.1", "0.1"),
    ],
)
def test_numbers_are_exact_and_decimal(tmp_path, text, number):
    assert only(tmp_path, text).decimal("weight") == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1e3", ".inf", "nan", "0x1F", "1_000", "1,000", "x", "[1]", "''", "9" * 19, "9" * 5000]
)
def test_what_is_no_plain_number_is_refused(tmp_path, text):
    with pytest.raises(Fatal, match=r"line 1: .*number|line 1: expected weight"):
        only(tmp_path, text).decimal("weight")


def test_number_may_be_bounded_below_and_in_its_decimals(tmp_path):
    assert only(tmp_path, "7.00").decimal("orders", decimals=0) == 7
    assert only(tmp_path, "12.50").decimal("amount", at_least=0, decimals=2) == Decimal("12.5")
    with pytest.raises(Fatal, match=r"amount: 12\.505 should have at most 2 decimals"):
        only(tmp_path, "12.505").decimal("amount", decimals=2)
    with pytest.raises(Fatal, match=r"amount: 12\.5 should have no decimals"):
        only(tmp_path, "12.5").decimal("amount", decimals=0)
    with pytest.raises(Fatal, match="amount: -1 is below 0"):
        only(tmp_path, "-1").decimal("amount", at_least=0)


@pytest.mark.parametrize(("text", "truth"), [("true", True), ("No", False), ("on", True)])
def test_truth_values_are_those_of_yaml(tmp_path, text, truth):
    assert only(tmp_path, text).truth("overdue") is truth
    with pytest.raises(Fatal, match="overdue: expected true or false, got '1'"):
        only(tmp_path, "1").truth("overdue")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name: x\nwieght: 2\n", "line 2: unknown key 'wieght'; did you mean weight?"),
        ("name: x\ncolour: 2\n", "line 2: unknown key 'colour': expected name, weight"),
        ("name: x\nweight: 1\nname: y\n", "line 3: name stands here twice, first in line 1"),
        ("\nweight: 1\n", "line 2: name is missing"),
        ("name:\nweight: 1\n", "line 1: name is missing"),
        ("- name\n", "line 1: expected a mapping of name, weight, got a list"),
        ("name\n", "line 1: expected a mapping of name, weight, got 'name'"),
        ("[a]: 1\n", "line 1: expected a key, got a list"),
        ("a: &a {name: x}\n<<: *a\n", "line 1: unknown key 'a'"),
        ("<<: {name: x}\n", "line 1: expected a key, got '<<'"),
        ("!!set {name, weight}\n", "line 1: expected a mapping of name, weight"),
    ],
)
def test_mapping_has_known_keys_once_each(tmp_path, text, complaint):
    with pytest.raises(Fatal, match=r"rules\.yaml, ") as refused:
        only(tmp_path, text).mapping(required=("name",), optional=("weight",))
    assert complaint in str(refused.value)


def test_key_without_a_value_is_as_good_as_absent(tmp_path):
    fields = only(tmp_path, "name: x\nweight:\n").mapping(required=("name",), optional=("weight",))
    assert list(fields) == ["name"]


def test_list_gives_its_values_with_their_lines(tmp_path):
    elements = only(tmp_path, "- a\n-\n  b\n- [c]\n").items("words")
    assert [each.line for each in elements] == [1, 3, 4]
    with pytest.raises(Fatal, match="line 4: expected a word, got a list"):
        elements[2].text("a word")
    with pytest.raises(Fatal, match="line 1: expected a list of words, got 'a'"):
        elements[0].items("words")


def test_word_out_of_a_closed_set_is_checked_with_a_suggestion(tmp_path):
    assert only(tmp_path, "company").choice("kind", ("person", "company")) == "company"
    with pytest.raises(Fatal, match=r"kind cannot be 'compani'; did you mean company\?"):
        only(tmp_path, "compani").choice("kind", ("person", "company"))
    with pytest.raises(Fatal, match="kind cannot be 'robot': expected person, company"):
        only(tmp_path, "robot").choice("kind", ("person", "company"))


@pytest.mark.parametrize("text", ["!!binary aGk=", "!shop x", "!!python/name:os.system x"])
def test_tags_are_refused_and_never_acted_on(tmp_path, text):
    with pytest.raises(Fatal, match="line 1: expected a word"):
        only(tmp_path, text).text("a word")


@pytest.mark.parametrize("text", ['" "', '"\\ud800"', "x" * 257])
def test_text_that_cannot_stand_in_a_document_is_refused(tmp_path, text):
    with pytest.raises(Fatal, match="expected a word of 1 to 256 characters"):
        only(tmp_path, text).text("a word")
