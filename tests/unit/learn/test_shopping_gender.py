"""The category-affinity table: what it learns, and the file that it is kept in."""

import json
from math import log

import pytest

from stream.errors import Fatal
from stream.learn.shopping_gender import (
    FEWEST_SESSIONS,
    LARGEST_SCALE,
    SMOOTHING,
    Example,
    learn,
    load_affinity,
    parts,
    save_affinity,
)
from stream.measures.affinity import infer

WOMAN, MAN = False, True


def sessions(category: str, women: int, men: int) -> list[Example]:
    """Sessions with one category, the genders mixed evenly."""
    spread = [((n + 0.5) / women, WOMAN) for n in range(women)]
    spread += [((n + 0.5) / men, MAN) for n in range(men)]
    return [Example({category: 1}, male) for _, male in sorted(spread)]


def mixed(*groups: list[Example]) -> list[Example]:
    """The sessions of all groups, spread evenly over the rows."""
    spread = [
        ((n + 0.5) / len(group), number, example)
        for number, group in enumerate(groups)
        for n, example in enumerate(group)
    ]
    return [example for _, _, example in sorted(spread, key=lambda entry: entry[:2])]


def public() -> list[Example]:
    return mixed(
        sessions("fashion/women", 300, 20),
        sessions("fashion/men", 10, 60),
        sessions("tools/saws", 5, 40),
        sessions("home/mugs", 85, 30),
    )


def test_categories_of_women_and_of_men_are_told_apart():
    table = learn(public())
    assert infer(table, {"fashion/women": 2}, {}).value == "female"
    assert infer(table, {"fashion/men": 1}, {}).value == "male"
    assert infer(table, {"tools/hammers": 1}, {}).value == "male"
    assert table.sessions == 550


def test_log_odds_are_those_of_a_public_of_as_many_men_as_women():
    # 30 of 300 women and 10 of 100 men: the category says nothing, though most of it are women.
    table = learn(mixed(sessions("same", 30, 10), sessions("other", 270, 90)))
    assert table.log_odds == {"same": 0.0, "other": 0.0}


def test_share_of_a_path_is_smoothed_towards_its_parent():
    examples = mixed(sessions("a/rare", 1, 9), sessions("a/usual", 40, 10), sessions("b", 59, 81))
    table = learn(examples)
    assert SMOOTHING == 50
    parent = (19 + 50 * 0.5) / (60 + 50)
    rare = (9 + 50 * parent) / (10 + 50)
    assert table.log_odds["a"] == pytest.approx(logit(parent), abs=1e-4)
    assert table.log_odds["a/rare"] == pytest.approx(logit(rare), abs=1e-4)


def logit(share: float) -> float:
    return log(share / (1 - share))


def test_path_of_too_few_sessions_is_left_to_its_parent():
    few = sessions("a/few", FEWEST_SESSIONS - 2, 1)
    enough = sessions("a/enough", FEWEST_SESSIONS - 1, 1)
    table = learn(mixed(few, enough, sessions("b", 20, 20)))
    assert set(table.log_odds) == {"a", "a/enough", "b"}


def test_session_counts_a_path_once_however_often_it_was_viewed():
    once, often = public(), public()
    often = [Example(dict.fromkeys(example.points, 50), example.male) for example in often]
    assert learn(once).log_odds == learn(often).log_odds


def test_categories_that_say_nothing_get_a_small_scale_and_honest_ones_a_large_one():
    noise = [Example({f"c{n * 7919 % 12}": 1}, n * n % 7 in (1, 2)) for n in range(2000)]
    assert 0 <= learn(noise).scale < 0.6
    assert 0.7 < learn(public()).scale <= LARGEST_SCALE


def test_parts_are_contiguous_and_cover_every_row_once():
    for rows in (10, 11, 99, 5000):
        ends = list(parts(rows, 10))
        assert [row for start, end in ends for row in range(start, end)] == list(range(rows))
        assert max(end - start for start, end in ends) - min(end - start for start, end in ends) < 2


def test_same_sessions_give_the_same_version_and_others_another():
    assert learn(public()) == learn(public())
    assert learn(public()).version != learn(public()[:-1]).version
    assert len(learn(public()).version) == 12


@pytest.mark.parametrize("examples", [[], sessions("a", 3, 0), sessions("a", 0, 3)])
def test_sessions_of_one_gender_teach_nothing(examples):
    with pytest.raises(Fatal, match="of women and of men"):
        learn(examples)


def test_so_few_sessions_that_the_scale_cannot_be_judged_leave_the_log_odds_as_they_are():
    assert learn([Example({"a": 1}, MAN), Example({"a": 1}, WOMAN)]).scale == 1.0


def test_table_that_was_written_is_read_back(tmp_path):
    table = learn(public())
    save_affinity(tmp_path / "table.json", table)
    save_affinity(tmp_path / "again.json", load_affinity(tmp_path / "table.json"))
    assert load_affinity(tmp_path / "table.json") == table
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "table.json").read_bytes()


def test_table_that_is_missing_says_which_command_makes_it(tmp_path):
    with pytest.raises(Fatal, match=r"gone\.json.*portrait learn shopping-gender"):
        load_affinity(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no shopping-gender table"),
        (b"\xff", "no shopping-gender table"),
        (b"[]", "Expected `object`"),
        (b'{"format": "portrait-shopping-gender-9", "affinity": {}}', "format"),
        (b'{"affinity": {}}', "missing required field"),
    ],
)
def test_file_that_is_no_table_is_refused(tmp_path, content, complaint):
    (tmp_path / "table.json").write_bytes(content)
    with pytest.raises(Fatal, match=rf"table\.json.*{complaint}.*portrait learn shopping-gender"):
        load_affinity(tmp_path / "table.json")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"log_odds": {"fashion": 0.5}}, "does not fit its version"),
        ({"scale": 0.1}, "does not fit its version"),
        ({"version": "0123456789ab"}, "does not fit its version 0123456789ab"),
        ({"scale": -1}, "scale"),
        ({"log_odds": {"fashion": 1e9}}, "log_odds"),
        ({"log_odds": {"": 1}}, "log_odds"),
    ],
)
def test_table_that_was_changed_by_hand_is_refused(tmp_path, change, complaint):
    path = tmp_path / "table.json"
    save_affinity(path, learn(public()))
    content = json.loads(path.read_bytes())
    content["affinity"] |= change
    path.write_text(json.dumps(content))
    with pytest.raises(Fatal, match=complaint):
        load_affinity(path)


def test_folder_that_is_not_there_is_told_on_writing(tmp_path):
    with pytest.raises(Fatal, match="cannot write"):
        save_affinity(tmp_path / "gone" / "table.json", learn(public()))
