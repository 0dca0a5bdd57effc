"""The rules of imports that the import linter cannot see: standard-library names in the core."""

import ast
from pathlib import Path

import pytest

STREAM = Path(__file__).parents[2] / "stream"
CORE = [
    *sorted((STREAM / "profile").glob("*.py")),
    *sorted((STREAM / "measures").glob("*.py")),
    *sorted((STREAM / "explain").glob("*.py")),
    *sorted((STREAM / "groups").glob("*.py")),
    *sorted((STREAM / "risk").glob("*.py")),
    *(STREAM / f"{m}.py" for m in ("events", "fields", "money", "windows")),
]
#: A core that asks the time, the dice, the disk or a logger is not a function of its arguments.
FORBIDDEN = {"asyncio", "logging", "time", "random", "os", "sys", "io", "pathlib", "threading"}
#: Names of allowed modules that ask the clock all the same.
CLOCKS = {"now", "utcnow", "today"}


def imported(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import():
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            case ast.ImportFrom():
                modules.add((node.module or "").partition(".")[0])
    return modules


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_core_module_imports_no_clock_no_dice_and_no_outside(path: Path) -> None:
    assert not imported(path) & FORBIDDEN


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_core_module_never_asks_what_time_it_is(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & CLOCKS


def test_core_is_all_there() -> None:
    assert {"fold", "portrait", "state", "windows"} <= {path.stem for path in CORE}


def test_only_the_shells_edge_imports_faust() -> None:
    modules = {path.relative_to(STREAM): imported(path) for path in STREAM.rglob("*.py")}
    users = {str(path) for path, names in modules.items() if names & {"faust", "mode"}}
    assert users == {"transport.py", "agents.py", "app.py"}


REDIS_TABLES = ("redis", "redis_facts", "redis_groups")


def test_only_the_redis_tables_import_redis() -> None:
    users = {
        str(path.relative_to(STREAM)) for path in STREAM.rglob("*.py") if "redis" in imported(path)
    }
    assert users == {"tables/scripts.py", *(f"tables/{name}.py" for name in REDIS_TABLES)}
