"""Every field of the portrait says what it means, and in which unit."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from stream.contract.json_schema import portrait_schema

SHORTEST_SENTENCE = 20

#: Words by which a description, or a name, tells what a fraction is a fraction of or is counted in.
UNITS = re.compile(
    r"0\.\.1|0 to 1|1 to 5|percent|days|points|log-odds|share|part of|probability|units of| / ",
    re.IGNORECASE,
)

Schema = dict[str, Any]


def structs() -> Iterator[tuple[str, Schema]]:
    schema = portrait_schema()
    yield "Portrait", schema
    yield from schema["$defs"].items()


FIELDS = {
    f"{name}.{field}": (struct, content)
    for name, struct in structs()
    for field, content in struct["properties"].items()
}


def kinds(content: Schema) -> set[str]:
    """JSON types and formats that a field may have."""
    each = [content, *content.get("anyOf", ())]
    return {one[key] for one in each for key in ("type", "format") if key in one}


def about(path: str, content: Schema) -> str:
    return f"{path.rpartition('.')[2].replace('_', ' ')}: {content.get('description', '')}"


@pytest.mark.parametrize("path", FIELDS)
def test_field_has_a_sentence(path: str) -> None:
    sentence = FIELDS[path][1].get("description", "")
    assert len(sentence) >= SHORTEST_SENTENCE
    assert sentence.endswith(".")
    assert sentence[0].isupper() or sentence[0] == "`" or sentence[0].isdigit()


@pytest.mark.parametrize("path", [path for path in FIELDS if "number" in kinds(FIELDS[path][1])])
def test_fraction_says_its_range_or_unit(path: str) -> None:
    assert UNITS.search(about(path, FIELDS[path][1]))


@pytest.mark.parametrize("path", [path for path in FIELDS if "decimal" in kinds(FIELDS[path][1])])
def test_amount_says_its_currency(path: str) -> None:
    struct, content = FIELDS[path]
    assert "currency" in content["description"] + struct["description"]


@pytest.mark.parametrize(
    "path",
    [
        path
        for path, (_, content) in FIELDS.items()
        if "null" in kinds(content) and not content["description"].startswith("Trait ")
    ],
)
def test_field_that_may_be_null_says_when(path: str) -> None:
    assert re.search(r"\bnull\b", FIELDS[path][1]["description"])


def test_walk_reaches_every_section() -> None:
    assert {"Portrait.fit", "Rfm.r", "Inclination.score", "Device.os"} <= {*FIELDS}
    assert len(FIELDS) > 100
