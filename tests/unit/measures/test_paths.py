"""Paths into a document: what they read, and what is said of those that lead nowhere."""

from decimal import Decimal
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from stream.measures.kinds import Kind, Limits
from stream.measures.paths import UnknownPath, every_path, resolve

Amount = Annotated[str, Meta(description="Amount.", extra_json_schema={"format": "decimal"})]
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
TYPES = Meta(extra_json_schema={"propertyNames": {"enum": ["product_viewed", "signed_in"]}})


class Scores(Struct, frozen=True):
    r: Annotated[int, Meta(ge=1, le=5)]


class Liked(Struct, frozen=True):
    name: Annotated[str, Meta(description="Path.")]
    score: float


class Company(Struct, frozen=True):
    industry: Annotated[str | None, Meta(description="Industry.")]
    visits: dict[str, int]


class Section(Struct, frozen=True, kw_only=True):
    text: Annotated[str, Meta(description="Text.")] = "t"
    amount: Annotated[Amount, Meta(description="Sum.")] = "12.50"
    mean: Annotated[Amount | None, Meta(description="Mean.")] = None
    at: Annotated[Instant | None, Meta(description="When.")] = None
    share: float | None = 0.5
    late: bool | None = None
    gender: Annotated[Literal["female", "male"] | None, Meta(description="G.")] = "male"
    counts: dict[str, int] = {}
    known: Annotated[dict[str, int], TYPES] = {}
    traits: dict[str, str | int | float | bool] = {}
    met: tuple[str, ...] = ("age",)
    hours: Annotated[tuple[int, ...], Meta(description="H.")] = (8, 22)
    liked: Annotated[tuple[Liked, ...], Meta(description="Best first.")] = ()
    wished: tuple[Liked, ...] | None = None
    rfm: Annotated[Scores | None, Meta(description="Null without orders.")] = None
    company: Company | None = None
    scored: dict[str, Scores] = {}
    graded: dict[str, Scores | None] = {}
    amounts: tuple[Amount, ...] = ()


class Document(Struct, frozen=True):
    version: int
    one: Section
    two: Section


def document(**fields: object) -> Document:
    return Document(1, Section(**fields), Section(text="other"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "kind", "value"),
    [
        ("version", Kind.NUMBER, 1),
        ("one.text", Kind.TEXT, "t"),
        ("two.text", Kind.TEXT, "other"),
        ("one.amount", Kind.MONEY, Decimal("12.50")),
        ("one.mean", Kind.MONEY, None),
        ("one.at", Kind.INSTANT, None),
        ("one.share", Kind.NUMBER, 0.5),
        ("one.late", Kind.BOOLEAN, None),
        ("one.gender", Kind.TEXT, "male"),
        ("one.met", Kind.TEXTS, ("age",)),
        ("one.hours", Kind.NUMBERS, (8, 22)),
        ("one.liked", Kind.NAMES, []),
        ("one.wished", Kind.NAMES, []),
        ("one.rfm.r", Kind.NUMBER, None),
        ("one.company.industry", Kind.TEXT, None),
        ("one.company.visits.x", Kind.NUMBER, None),
        ("one.counts.product_viewed", Kind.NUMBER, 0),
        ("one.traits.colour", Kind.ANY, None),
        ("one.scored.x.r", Kind.NUMBER, None),
        ("one.graded.x.r", Kind.NUMBER, None),
    ],
)
def test_path_reads_its_field_by_its_kind_and_what_is_absent_as_nothing(path, kind, value):
    found = resolve(Document, path)
    assert (found.text, found.kind, found.read(document())) == (path, kind, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("one.mean", Decimal("0.07")),
        ("one.rfm.r", 4),
        ("one.company.industry", "furniture"),
        ("one.company.visits.shop", 3),
        ("one.company.visits.fair", 0),
        ("one.counts.product_viewed", 7),
        ("one.traits.colour", "red"),
        ("one.traits.a.b", True),  # names of traits may hold dots
        ("one.liked", ["fashion/men", "books"]),
        ("one.liked.books", 1.0),
        ("one.liked.fashion", 2.0),  # and what is below it
        ("one.liked.fash", None),  # whose score nobody knows
        ("one.liked.fashion/men/shirts", None),
        ("one.scored.x.r", 2),
        ("one.graded.x.r", 3),
        ("one.graded.none.r", None),
    ],
)
def test_path_reads_what_is_there_below_optional_sections_maps_and_lists(path, value):
    full = document(
        mean="0.07",
        rfm=Scores(4),
        company=Company("furniture", {"shop": 3}),
        counts={"product_viewed": 7},
        traits={"colour": "red", "a.b": True},
        liked=(Liked("fashion/men", 2.0), Liked("books", 1.0)),
        scored={"x": Scores(2)},
        graded={"x": Scores(3), "none": None},
    )
    assert resolve(Document, path).read(full) == value


def test_texts_that_a_field_can_be_are_known():
    assert resolve(Document, "one.gender").allowed == ("female", "male")
    assert resolve(Document, "one.text").allowed == ()


def test_numbers_that_a_field_can_be_are_known():
    assert resolve(Document, "one.rfm.r").limits == Limits(1, 5, whole=True)
    assert resolve(Document, "one.share").limits == Limits()


def test_amounts_compare_by_value_and_not_as_text():
    read = resolve(Document, "one.amount").read
    assert read(document(amount="9.00")) < read(document(amount="12.50"))


def test_same_path_resolves_to_the_same_object():
    assert resolve(Document, "one.counts.x") is resolve(Document, "one.counts.x")


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("one.amuont", "no field 'one.amuont'; did you mean one.amount"),
        ("on.amount", "no field 'on.amount'; did you mean one.amount"),
        ("industry", "no field 'industry'; did you mean one.company.industry"),
        ("one.conuts.signed_in", "did you mean one.counts.signed_in"),
        ("one.company.industri", "did you mean one.company.industry"),
        ("one.known.product_veiwed", "no entry product_veiwed; did you mean one.known.product_v"),
        ("one.text.length", "one.text is text and has no field length; did you mean one.text?"),
        ("one.liked.", "one.liked needs the name of an entry after the dot"),
        ("one.hours.peak", "one.hours is a list of numbers and has no field peak"),
        ("one", "one is a section: name one of its fields, text, amount"),
        ("one.company", "one.company is a section"),
        ("one.counts", "one.counts is a map: name one of its entries, such as one.counts.NAME"),
        ("one.known", "one.known is a map: name one of its entries, product_viewed, signed_in"),
        ("one.counts.", "one.counts needs the name of an entry"),
        ("one.scored.x", "one.scored.x is a section"),
        ("one.amounts", "cannot compare"),
        ("", "no field ''"),
        ("one..text", "no field 'one..text'"),
        (".", "no field '.'"),
        ("one.__class__", "no field"),
    ],
)
def test_path_to_no_value_is_refused_with_what_may_be_meant(path, complaint):
    with pytest.raises(UnknownPath) as refused:
        resolve(Document, path)
    assert complaint in str(refused.value)


def test_suggestions_are_paths_that_resolve():
    with pytest.raises(UnknownPath) as refused:
        resolve(Document, "one.gendre")
    assert refused.value.suggestions[0] == "one.gender"
    for path in (*refused.value.suggestions, *every_path(Document)):
        assert resolve(Document, path).text == path


def test_entries_of_maps_are_listed_where_they_are_known():
    assert "one.known.signed_in" in every_path(Document)
    assert not any(path.startswith("one.counts") for path in every_path(Document))
