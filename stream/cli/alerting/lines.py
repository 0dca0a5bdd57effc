"""Risk alerts and verdicts as lines for people and for scripts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import orjson

from stream.alerts import RiskAlert
from stream.cli.follow import WHY, printable
from stream.errors import Fatal
from stream.risk.weights import LEVELS, Level
from stream.settings import Settings
from stream.tables.verdicts import Verdict, Verdicts
from stream.topics import RISK_ALERTS

_decoder = msgspec.json.Decoder(RiskAlert)


def read_alert(value: bytes) -> RiskAlert:
    """An alert from the value of its record; :class:`~stream.errors.Fatal` where it is none."""
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError as exc:
        raise Fatal(f"a record of {RISK_ALERTS} is no alert of this version: {exc}") from exc


def reaches(alert: RiskAlert, level: Level) -> bool:
    """Whether an alert was raised to a level or above, or closes one that stood there."""
    reached = alert.level if alert.kind == "raised" else alert.previous_level
    return LEVELS.index(reached) >= LEVELS.index(level)


def alert_line(alert: RiskAlert, verdict: Verdict | None, *, ended: RiskAlert | None = None) -> str:
    """An alert for people: when, its id, who, what, why, since when it is over by another one,
    and what was found of it.
    """
    who = f"{alert.store_id}/{alert.customer_id}  v{alert.version}"
    if alert.kind == "raised":
        reasons = "; ".join(f"{reason.detail} (+{reason.points})" for reason in alert.reasons)
        what = f"{alert.level} {alert.score}: {reasons}"
    else:
        what = f"closes {alert.closes} {WHY.get(alert.cause, alert.cause)}"
    line = f"{alert.at}  {alert.id}  {who}  {alert.kind}  {what}"
    if ended is not None:
        how = "closed" if ended.kind == "closed" else f"replaced by {ended.id}"
        line += f"  {how} {ended.at} {WHY.get(ended.cause, ended.cause)}"
    return printable(line if verdict is None else f"{line}  [{_found(verdict)}]")


def alert_json(value: bytes, verdict: Verdict | None, **more: str | None) -> bytes:
    """An alert for scripts: its document, `verdict`, null where there is none, and more."""
    found = verdict and {"verdict": verdict.verdict, "at": verdict.at, "note": verdict.note}
    return orjson.dumps(orjson.loads(value) | {"verdict": found} | more)


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
