"""What must hold before a worker may work: topics and tables that fit together."""

import socket

from stream.backlog import Backlog
from stream.errors import Fatal
from stream.settings import Settings
from stream.tables.groups import GroupTable
from stream.tables.table import PortraitTable
from stream.topics import INPUT_TOPICS, PORTRAITS


def check_port(settings: Settings) -> None:
    """Refuse where the port of /metrics and /health is taken, as by another worker."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.web_host, settings.web_port))
        except OSError as exc:
            raise Fatal(
                f"cannot serve /metrics on {settings.web_host}:{settings.web_port} "
                f"({exc.strerror}): give each worker of a machine its own PORTRAIT_WEB_PORT"
            ) from None


async def check_positions(settings: Settings, table: PortraitTable, groups: GroupTable) -> None:
    """Refuse to work where topics were deleted and made anew.

    Offsets of a topic made anew start at zero again, below the marks in the customers' records and
    of the groups: its records would be taken for redelivered ones and silently dropped.
    """
    ends = await _end_offsets(settings)
    topics = {settings.topic(name) for name in (*INPUT_TOPICS, PORTRAITS)}
    portraits = settings.topic(PORTRAITS)
    counted = {f"{portraits}:{p}": mark + 1 for p, mark in (await groups.marks()).items()}
    for source, applied in (await table.positions() | counted).items():
        end = ends.get(source, 0)
        if source.rpartition(":")[0] in topics and end < applied:
            raise Fatal(
                f"{source} ends at offset {end}, but the portraits in {settings.namespace!r} have "
                f"applied {applied}: the topic was deleted and made anew. Keep the portraits and "
                "read other topics with a new PORTRAIT_TOPIC_PREFIX, or build them afresh with a "
                "new PORTRAIT_NAMESPACE."
            )


async def check_currency(settings: Settings, table: PortraitTable) -> None:
    """Refuse to add amounts of one currency to sums of another."""
    currency = await table.pinned("currency")
    if currency is None or not await table.positions():
        await table.pin("currency", settings.currency)
    elif currency != settings.currency:
        raise Fatal(
            f"the portraits in {settings.namespace!r} are kept in {currency}, not in "
            f"{settings.currency}: set PORTRAIT_CURRENCY={currency}, or start a new "
            "PORTRAIT_NAMESPACE"
        )


async def _end_offsets(settings: Settings) -> dict[str, int]:
    """Source -> end offset, over all partitions of the topics that workers read."""
    async with Backlog(settings) as backlog:
        partitions = await backlog.partitions((*INPUT_TOPICS, PORTRAITS))
        ends = await backlog.end_offsets(partitions)
    return {f"{topic}:{number}": end for (topic, number), end in ends.items()}
