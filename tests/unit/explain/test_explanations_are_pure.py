"""Explanations are made of the core alone: no clock, no dice, no disk, no framework."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "stream" / "explain"
MODULES = sorted(PACKAGE.glob("*.py"))
ALLOWED = ("stream.explain", "stream.profile", "stream.money")
STANDARD = {"collections", "datetime", "decimal", "itertools", "math", "operator", "re", "typing"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_imports_the_core_and_pure_modules_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Import) or {each.name for each in node.names} <= STANDARD
        if isinstance(node, ast.ImportFrom):
            name = node.module or ""
            top = name.partition(".")[0]
            assert name.startswith(ALLOWED) or top in STANDARD or top == "msgspec"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_module_never_asks_what_time_it_is(path: Path) -> None:
    source = path.read_text()
    assert not [name for name in ("now(", "utcnow(", "today(") if name in source]


def test_every_section_has_its_module() -> None:
    sections = {"attributes", "activity", "preferences", "spending"}
    assert sections | {"social", "disposition", "service", "fit"} <= {each.stem for each in MODULES}
