"""The generated files: what they hold, whether they are current, and writing them."""

import json
from pathlib import Path
from typing import Any

import msgspec

from stream.contract.asyncapi import asyncapi
from stream.contract.examples import example_alert, example_move, example_portrait
from stream.contract.json_schema import (
    alert_schema,
    event_schema,
    group_schema,
    move_schema,
    portrait_schema,
)
from stream.events import TOPIC_EVENTS

PORTRAIT_EXAMPLE = "examples/valid/portraits/c-1001.json"
MOVE_EXAMPLE = "examples/valid/segment-moves/c-1001.json"
ALERT_EXAMPLE = "examples/valid/risk-alerts/c-1001.json"


def generated(folder: Path) -> dict[str, bytes]:
    """Content of every generated file, by its path below ``folder``.

    The example of a portrait follows from the examples in ``folder``; without any there is none.
    """
    documents: dict[str, Any] = {
        **{f"events/{topic}.schema.json": event_schema(topic) for topic in TOPIC_EVENTS},
        "portraits.schema.json": portrait_schema(),
        "group.schema.json": group_schema(),
        "segment-moves.schema.json": move_schema(),
        "risk-alerts.schema.json": alert_schema(),
        "asyncapi.json": asyncapi(),
    }
    portrait = example_portrait(folder / "examples")
    if portrait is not None:
        documents[PORTRAIT_EXAMPLE] = msgspec.to_builtins(portrait)
        documents[MOVE_EXAMPLE] = msgspec.to_builtins(example_move(portrait))
        documents[ALERT_EXAMPLE] = msgspec.to_builtins(example_alert())
    return {path: _render(document) for path, document in documents.items()}


def stale(folder: Path) -> list[str]:
    """Paths below ``folder`` of the generated files that are missing, outdated or left over."""
    wanted = generated(folder)
    outdated = [path for path, content in wanted.items() if _read(folder / path) != content]
    return sorted([*outdated, *_left_over(folder, wanted)])


def write(folder: Path) -> list[str]:
    """Bring the generated files up to date; the paths of those that were stale."""
    wanted = generated(folder)
    changed = stale(folder)
    for path in changed:
        target = folder / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(wanted[path])
        else:
            target.unlink()
    return changed


def _left_over(folder: Path, wanted: dict[str, bytes]) -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.glob("events/*.schema.json"))
    return [path for path in found if path not in wanted]


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _render(document: Any) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
