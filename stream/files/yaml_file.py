"""YAML files that people write: read with the line of every value, refused with what is wrong.

Values are taken as they are written, and what they mean depends on where they stand: `18-24`,
`NO` and `2024-01-01` are texts where a text is asked for, whatever YAML makes of them elsewhere.
"""

import re
from collections.abc import Collection, Iterable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stream.errors import Fatal
from stream.suggestions import closest, did_you_mean

_YAML = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
#: A number in groups of three digits, as some write thousands.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([,_][0-9]{3})+(\.[0-9]{1,18})?")
_SCALARS = {f"{_YAML}{name}" for name in ("str", "int", "float", "bool", "timestamp", "value")}
#: Of a file: reading takes seconds a megabyte, while others wait.
MAX_BYTES = 1_000_000
#: How the parser writes a tab that it found where it means nothing.
_TAB = "'\\t'"
#: What is quoted of a wrong value, characters.
_QUOTED = 60


class Element(NamedTuple):
    """A value in a YAML file. Whatever is asked of it that it is not raises :class:`Fatal`."""

    file: Path
    node: Node

    @property
    def line(self) -> int:
        """The line that the value begins on, from 1."""
        return int(self.node.start_mark.line) + 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written, or a plain `null` or `~`."""
        return self.looks_like("null")

    def looks_like(self, *types: str) -> bool:
        """Whether YAML 1.1 takes what is written for one of its types, such as int or bool."""
        return self.node.tag in [f"{_YAML}{name}" for name in types]

    @property
    def is_number(self) -> bool:
        """Whether a number in plain decimal notation is written, and not in quotes."""
        plain = self.looks_like("int", "float")
        return plain and _NUMBER.fullmatch(str(self.node.value)) is not None

    @property
    def is_mapping(self) -> bool:
        """Whether a mapping is written, of any keys."""
        return isinstance(self.node, MappingNode) and self.node.tag == f"{_YAML}map"

    @property
    def written(self) -> str:
        """The scalar as it is written, or what else it is; for messages."""
        match self.node:
            case ScalarNode(value=str(value)):
                return repr(value if len(value) <= _QUOTED else f"{value[:_QUOTED]}…")
            case SequenceNode():
                return "a list"
            case _:
                return "a mapping"

    def wrong(self, complaint: str) -> Fatal:
        """The error to raise: the file, the line and what is wrong."""
        return Fatal(f"{self.file}, line {self.line}: {complaint}")

    def mapping(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> "Mapping":
        """The values of a mapping by key; keys without a value are absent."""
        known = (*required, *optional)
        found: Mapping = {}
        for key, value in self.entries(_listed(known)):
            name = key.text("a key")
            if name not in known:
                hint = did_you_mean(closest(name, known)) or f": expected {_listed(known)}"
                if name.isdecimal() and value.is_empty:
                    hint = "; write a number without commas, such as 1000 or 0.5"
                raise key.wrong(f"unknown key {name!r}{hint}")
            if name in found:
                raise key.wrong(f"{name} stands here twice, first in line {found[name].line}")
            found[name] = value
        present = {name: value for name, value in found.items() if not value.is_empty}
        for name in required:
            if name not in present:
                raise self.wrong(f"{name} is missing{_of_whom(present)}")
        return present

    def entries(self, what: str) -> "list[tuple[Element, Element]]":
        """The keys and values of a mapping as they stand; ``what`` says what should be in it."""
        if not self.is_mapping:
            raise self.wrong(f"expected a mapping of {what}, got {self.written}")
        return [
            (Element(self.file, key), Element(self.file, value)) for key, value in self.node.value
        ]

    def items(self, what: str) -> "list[Element]":
        """The values of a list; ``what`` says what should be in it."""
        if not isinstance(self.node, SequenceNode) or self.node.tag != f"{_YAML}seq":
            raise self.wrong(f"expected a list of {what}, got {self.written}")
        return [Element(self.file, node) for node in self.node.value]

    def text(self, what: str, max_length: int = 256) -> str:
        """The scalar as it is written, without spaces around it; ``what`` names it."""
        if self.is_empty:
            raise self.wrong(f"{what} is empty; put a word such as null in quotes if it is meant")
        node = self.node
        if not isinstance(node, ScalarNode) or node.tag not in _SCALARS:
            raise self.wrong(f"expected {what}, got {self.written}")
        text = str(node.value).strip()
        if not text or len(text) > max_length or not _is_encodable(text):
            raise self.wrong(f"expected {what} of 1 to {max_length} characters, got {self.written}")
        return text

    def choice(self, what: str, allowed: Collection[str]) -> str:
        """One of the words that are allowed."""
        word = self.text(what)
        if word not in allowed:
            hint = did_you_mean(closest(word, allowed)) or f": expected {_listed(allowed)}"
            raise self.wrong(f"{what} cannot be {word!r}{hint}")
        return word

    def truth(self, what: str) -> bool:
        """A truth value: true or false, or what else YAML 1.1 has for them."""
        value = yaml.SafeLoader.bool_values.get(self.text(what).lower())
        if value is None:
            raise self.wrong(f"{what}: expected true or false, got {self.written}")
        return value

    def decimal(self, what: str, *, at_least: int | None = None, decimals: int = 18) -> Decimal:
        """A number in plain decimal notation, exact, with at most so many decimals."""
        text = self.text(what)
        if not _NUMBER.fullmatch(text):
            plain = text.replace(",", "").replace("_", "")
            hint = did_you_mean([plain]) if _GROUPED.fullmatch(text) else ""
            raise self.wrong(
                f"{what}: expected a number such as 12 or 0.5, got {self.written}{hint}"
            )
        if len(text.partition(".")[2].rstrip("0")) > decimals:
            some = f"at most {decimals} decimals" if decimals else "no decimals"
            raise self.wrong(f"{what}: {text} should have {some}")
        number = Decimal(text)
        if at_least is not None and number < at_least:
            raise self.wrong(f"{what}: {text} is below {at_least}")
        return number


Mapping = dict[str, Element]


def read_file(file: Path) -> bytes:
    """The bytes of a file; :class:`Fatal` where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as exc:
        raise Fatal(f"{file}: {exc.strerror or exc}") from exc


def read_yaml(file: Path) -> Element | None:
    """The content of a YAML file; None if it is empty. Raises :class:`Fatal`.

    Nothing is constructed: tags have no effect, and dates and booleans stay as they are written.
    """
    content = read_file(file)
    if len(content) > MAX_BYTES:
        raise Fatal(f"{file}: {len(content):,} bytes are more than {MAX_BYTES:,}")
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        problem = _one_line(exc.problem or exc.context)
        advice = "; use spaces, not tabs" if _TAB in problem else ""
        raise Fatal(f"{file}{where}: {problem}{advice}") from exc
    except yaml.reader.ReaderError as exc:
        line = content[: exc.position].count(b"\n") + 1
        raise Fatal(f"{file}, line {line}: no readable text: {_one_line(exc.reason)}") from exc
    except RecursionError:
        raise Fatal(f"{file}: nested too deeply") from None
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        # PyYAML lets ValueError and OverflowError through for escapes and versions out of range.
        raise Fatal(f"{file}: this is no YAML: {_one_line(exc)}") from exc
    element = None if node is None else Element(file, node)
    return None if element is None or element.is_empty else element


def check_unique(elements: Iterable[Element], names: Iterable[str], what: str) -> None:
    """Refuse a name that two elements have; raises :class:`Fatal`."""
    lines: dict[str, int] = {}
    for element, name in zip(elements, names, strict=True):
        if name in lines:
            raise element.wrong(f"{what} {name} stands here twice, first in line {lines[name]}")
        lines[name] = element.line


def _of_whom(present: Mapping) -> str:
    """The end of a message: which of many mappings it is about, where it has a name."""
    name = present.get("name")
    return f" in {name.written}" if name is not None else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, by an escape
        return False
    return True
