"""What the doctor says of settings."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from stream.cli import doctor as module
from stream.cli.doctor import shown, unknown_variables
from stream.cli.in_force import OTHER_RULES
from stream.described import Described
from stream.errors import Fatal
from stream.settings import Settings
from stream.standards import version_of
from stream.tables.memory import MemoryTable


def test_a_mistyped_variable_is_named_with_the_one_meant() -> None:
    env = {"PORTRAIT_KAFFKA": "h:1", "PORTRAIT_KAFKA": "h:1", "PORTRAIT_CI_RUN": "1", "HOME": "/"}
    assert unknown_variables(env) == {"PORTRAIT_KAFFKA": "; did you mean PORTRAIT_KAFKA?"}


def test_a_variable_like_no_other_is_named_alone() -> None:
    assert unknown_variables({"PORTRAIT_ZZZZZZZZZZZZZZZZ": ""}) == {"PORTRAIT_ZZZZZZZZZZZZZZZZ": ""}


def test_a_setting_is_shown_as_its_variable_would_give_it() -> None:
    assert shown("idempotence", None) == "auto"
    assert shown("idempotence", False) == "off"
    assert shown("rates", None) == "-"


def test_rules_that_the_workers_do_not_have_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    table, settings = MemoryTable(), Settings()

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    def check() -> str:
        return asyncio.run(module._check_rules(settings))

    monkeypatch.setattr(module, "open_table", open_table)
    for name in ("LABELS", "RISK", "SHOP", "GENDER_TABLE"):
        monkeypatch.delenv(f"PORTRAIT_{name}", raising=False)
        assert f"PORTRAIT_{name}" in OTHER_RULES
    assert check()
    asyncio.run(Described(table, "worker").begin(3, version_of(settings)))
    assert check()
    asyncio.run(Described(table, "worker").begin(2, "others"))
    with pytest.raises(Fatal, match="workers use other rules than this terminal"):
        check()
    assert "\n" not in OTHER_RULES
