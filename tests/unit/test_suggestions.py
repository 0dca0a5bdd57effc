"""Suggestions for misspelt words."""

from stream.suggestions import closest, did_you_mean

KNOWN = ("weight", "height", "name", "Any_Of", "at_least", "at_most")


def test_closest_words_come_best_first_and_are_at_most_three():
    assert closest("wieght", KNOWN) == ("weight", "height")
    assert len(closest("aaaa", [f"aaa{n}" for n in range(9)])) == 3


def test_case_does_not_matter_and_what_is_nothing_like_suggests_nothing():
    assert closest("NAME", KNOWN) == ("name",)
    assert closest("any_of", KNOWN) == ("Any_Of",)
    assert closest("zzz", KNOWN) == closest("", KNOWN) == ()


def test_words_of_any_length_are_answered():
    assert closest("x" * 1_000_000, KNOWN) == ()


def test_end_of_a_message_lists_the_suggestions():
    assert did_you_mean(("weight", "height")) == "; did you mean weight or height?"
    assert did_you_mean(()) == ""
