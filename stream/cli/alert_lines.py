"""Risk alerts and verdicts as lines for people and for scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import orjson

from stream.alerts import RiskAlert
from stream.cli.follow import WHY, printable
from stream.settings import Settings
from stream.tables.verdicts import Verdict, Verdicts

_decoder = msgspec.json.Decoder(RiskAlert)


def read_alert(value: bytes) -> RiskAlert:
    """An alert from the value of its record."""
    return _decoder.decode(value)


def alert_line(alert: RiskAlert, verdict: Verdict | None) -> str:
    """An alert for people: when, its id, who, what, why, and what was found of it."""
    who = f"{alert.store_id}/{alert.customer_id}  v{alert.version}"
    if alert.kind == "raised":
        reasons = "; ".join(f"{reason.detail} (+{reason.points})" for reason in alert.reasons)
        what = f"{alert.level} {alert.score}: {reasons}"
    else:
        what = f"closes {alert.closes} {WHY.get(alert.cause, alert.cause)}"
    line = f"{alert.at}  {alert.id}  {who}  {alert.kind}  {what}"
    return printable(line if verdict is None else f"{line}  [{_found(verdict)}]")


def alert_json(value: bytes, verdict: Verdict | None) -> bytes:
    """An alert for scripts: its document, and `verdict`, null where there is none."""
    found = verdict and {"verdict": verdict.verdict, "at": verdict.at, "note": verdict.note}
    return orjson.dumps(orjson.loads(value) | {"verdict": found})


def verdict_line(verdict: Verdict) -> str:
    """A verdict for people."""
    alert = read_alert(bytes(verdict.alert))
    who = f"{alert.store_id}/{alert.customer_id}"
    line = f"{verdict.at}  {alert.id}  {who}  {alert.level} {alert.score}  {_found(verdict)}"
    return printable(line)


def _found(verdict: Verdict) -> str:
    return f"{verdict.verdict}: {verdict.note}" if verdict.note else verdict.verdict


@asynccontextmanager
async def open_verdicts(settings: Settings) -> AsyncIterator[Verdicts]:
    """The verdicts of the settings, closed at the end."""
    verdicts = Verdicts.connect(settings.redis, settings.namespace)
    try:
        yield verdicts
    finally:
        await verdicts.close()
