"""The rule file, `PORTRAIT_LABELS`: which labels and segments a shop gives its customers.

A file replaces the shipped one, `labels.yaml`, as a whole. What is wrong in it is said with
its line and, where a word is misspelt, with the closest that is known.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path as File

from msgspec import Struct
from msgspec.structs import replace

from stream.errors import Fatal
from stream.files.conditions import Budget, Scope, to_condition
from stream.files.yaml_file import Element, Mapping, check_unique, read_yaml
from stream.measures.rules import Circle, Rule, Rules
from stream.profile.portrait import Portrait
from stream.suggestions import did_you_mean

#: The rule file that comes with the package.
SHIPPED = File(__file__).with_name("labels.yaml")
#: Labels of a file, and segments, at most.
MAX_RULES = 500
#: Characters of a name, at most.
MAX_NAME = 64

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def load_rules(
    file: File | None, decimals: int, tiers: Sequence[str], document: type[Struct] = Portrait
) -> Rules:
    """The rules of a file, or of the shipped one.

    ``decimals`` are those of the base currency, ``tiers`` the names of the shop's tiers, and
    ``document`` is what fields are looked up in. Raises :class:`~stream.errors.Fatal`.
    """
    file = file or SHIPPED
    content = read_yaml(file)
    if content is None:  # as a file is while it is written: it would take all labels away
        raise Fatal(f"{file} is empty; write `labels: []` where no labels are meant")
    sections = content.mapping(optional=("labels", "segments"))
    labels = _section(sections, "label", ("en", "zh", "group"))
    segments = _section(sections, "segment", ("en", "zh"))
    scope = Scope(
        subject="a label",
        document=document,
        decimals=decimals,
        tiers=tuple(tiers),
        budget=Budget(),
        labels=tuple(labels),
        shipped=_shipped,
    )
    of_segments = replace(scope, subject="a segment", segments=tuple(segments))
    found = (
        [_rule(name, fields, scope) for name, fields in labels.items()],
        [_rule(name, fields, of_segments) for name, fields in segments.items()],
    )
    try:
        return Rules(*found)
    except Circle as exc:
        first = (labels if exc.form == "label" else segments)[exc.names[0]]
        raise first["name"].wrong(str(exc)) from None


def _section(sections: Mapping, what: str, optional: Sequence[str]) -> dict[str, Mapping]:
    """What is said of each label or segment, by name; conditions wait until all names are known."""
    section = sections.get(f"{what}s")
    if section is None:
        return {}
    elements = section.items(f"{what}s")
    if len(elements) > MAX_RULES:
        raise section.wrong(f"there are {len(elements)} {what}s, more than {MAX_RULES}")
    found = [each.mapping(required=("name", "when"), optional=optional) for each in elements]
    names = [_name(fields["name"]) for fields in found]
    check_unique(elements, names, what)
    return dict(zip(names, found, strict=True))


def _shipped(form: str) -> Collection[str]:
    """Names of the shipped labels, or segments, which a file of one's own replaces."""
    content = read_yaml(SHIPPED)
    sections = {} if content is None else content.mapping(optional=("labels", "segments"))
    return _section(sections, form, ("en", "zh", "group"))


def _name(element: Element) -> str:
    text = element.text("a name")
    if len(text) > MAX_NAME or not _NAME.fullmatch(text):
        meant = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:MAX_NAME].rstrip("-")
        raise element.wrong(
            f"{element.written} is no name of at most {MAX_NAME} lower-case letters, digits and "
            f"single hyphens between them{did_you_mean([meant] if meant else [])}"
        )
    return text


def _rule(name: str, fields: Mapping, scope: Scope) -> Rule:
    group = fields.get("group")
    return Rule(
        name=name,
        en=fields["en"].text("en", MAX_NAME) if "en" in fields else name,
        zh=fields["zh"].text("zh", MAX_NAME) if "zh" in fields else name,
        group=None if group is None else group.text("group", MAX_NAME),
        condition=to_condition(fields["when"], scope),
    )
