"""Typed values of a document: what kind they are of, and what they can be, by their types."""

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, inspect

from stream.measures.kinds import Kind, Limits, as_text, kind_of, limits_of

Share = Annotated[float, Meta(ge=0, le=1)]


class Open(Struct):
    name: Annotated[str, Meta(description="Any name.")]


class Closed(Struct):
    score: float
    name: Annotated[Literal["loyal", "deliberate"], Meta(description="One of these.")]


class Nameless(Struct):
    title: str


def test_trait_of_any_type_is_compared_as_it_would_be_written():
    assert [as_text(value) for value in (True, False, 5, 5.0, 2.5, "x")] == [
        "true", "false", "5", "5", "2.5", "x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "kind", "allowed"),
    [
        (tuple[Open, ...], Kind.NAMES, ()),
        (tuple[Closed, ...], Kind.NAMES, ("deliberate", "loyal")),
        (tuple[Nameless, ...], None, ()),
        (tuple[Literal["b", "a"], ...], Kind.TEXTS, ("a", "b")),
        (Literal["b", "a"] | None, Kind.TEXT, ("a", "b")),
        (str, Kind.TEXT, ()),
    ],
)
def test_texts_that_a_value_or_an_entry_can_be_are_told_from_its_type(found, kind, allowed):
    told = kind_of(inspect.type_info(found))
    assert (told[0], tuple(sorted(told[1]))) == (kind, allowed)


@pytest.mark.parametrize(
    ("found", "limits"),
    [
        (int, Limits(whole=True)),
        (float, Limits()),
        (Share, Limits(0, 1)),
        (Annotated[Share | None, Meta(description="Rate.")], Limits(0, 1)),
        (Annotated[int, Meta(ge=1, le=5)], Limits(1, 5, whole=True)),
        (tuple[Annotated[int, Meta(ge=0)], ...], Limits(0, whole=True)),
        (int | float, Limits()),
        (str, Limits()),
    ],
)
def test_numbers_that_a_value_or_an_entry_can_be_are_told_from_its_type(found: Any, limits: Limits):
    assert limits_of(inspect.type_info(found)) == limits
