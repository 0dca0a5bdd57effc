"""`portrait watch`: follow the change topic, the segment moves, or the dead letters."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any

import click
import orjson

from stream.cli.follow import WHY, follow, printable
from stream.settings import Settings, load
from stream.topics import DEAD_LETTERS, PORTRAITS, SEGMENT_MOVES

#: What is printed of a consumed record.
Render = Callable[[Any], str | bytes]


@click.command()
@click.option("--moves", is_flag=True, help="Follow who enters and leaves segments instead.")
@click.option("--dead-letters", is_flag=True, help="Follow the records that were rejected instead.")
@click.option("--from-beginning", is_flag=True, help="Begin with what the topic holds.")
@click.option("--limit", type=click.IntRange(1), help="End after so many lines.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def command(
    moves: bool, dead_letters: bool, from_beginning: bool, limit: int | None, as_json: bool
) -> None:
    """Print portraits as they change, until Ctrl-C.

    A line says who changed, to which version, why and in which sections; an erased portrait is a
    tombstone, `null` in JSON. With --moves a line says who entered or left which segment, by which
    version and why. With --dead-letters it says why a record was rejected, where it stands
    (topic:partition@offset) and what was wrong.
    """
    if moves and dead_letters:
        raise click.UsageError("follow either --moves or --dead-letters")
    if moves:
        topic, render = SEGMENT_MOVES, _value if as_json else move_line
    elif dead_letters:
        topic, render = DEAD_LETTERS, letter_json if as_json else letter_line
    else:
        topic, render = PORTRAITS, _value if as_json else _change_line
    # Ctrl-C is how it is meant to end.
    with suppress(KeyboardInterrupt):
        asyncio.run(_watch(load(), topic, render, from_beginning, limit))


async def _watch(
    settings: Settings, name: str, render: Render, from_beginning: bool, limit: int | None
) -> None:
    async with aclosing(follow(settings, name, from_beginning=from_beginning)) as records:
        seen = 0
        async for record in records:
            click.echo(render(record))
            seen += 1
            if seen == limit:
                return


def _value(record: Any) -> bytes:
    return record.value or b"null"


def _change_line(record: Any) -> str:
    headers = dict(record.headers)
    version = headers.get("version", b"?").decode()
    if record.value is None:
        return printable(f"{record.key.decode()}  v{version}  erased")
    document = orjson.loads(record.value)
    changed = ", ".join(document["changed"]) or "first or last seen"
    who = printable(record.key.decode())
    return f"{document['as_of']}  {who}  v{version}  {document['cause']}: {changed}"


def move_line(record: Any) -> str:
    """A segment move for people."""
    move = orjson.loads(record.value)
    who = f"{move['store_id']}/{move['customer_id']}"
    why = WHY.get(move["cause"], move["cause"])
    what = f"{move['move']} {move['segment']} {why}"
    return printable(f"{move['at']}  {who}  v{move['version']}  {what}")


def letter_line(record: Any) -> str:
    """A dead letter for people."""
    said = {name: _text(value) for name, value in record.headers}
    at = f"{said.get('topic')}:{said.get('partition')}@{said.get('offset')}"
    return f"{said.get('reason')}  {at}  {printable(said.get('detail') or '')}"


def letter_json(record: Any) -> bytes:
    """A dead letter for scripts; bytes that are no UTF-8 stand as \\x.. in the text."""
    said = {name: _text(value) for name, value in record.headers}
    return orjson.dumps(
        {
            "reason": said.get("reason"),
            "detail": said.get("detail"),
            "topic": said.get("topic"),
            "partition": _number(said.get("partition")),
            "offset": _number(said.get("offset")),
            "key": _text(record.key),
            "value": _text(record.value),
        }
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
