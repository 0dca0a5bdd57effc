"""What must be alerted, as the published versions of the portraits say; shares no code with it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

#: Customer key -> version -> the document as published; None for a tombstone.
Versions = Mapping[str, Mapping[int, Any]]

_RANK = {"low": 0, "elevated": 1, "high": 2}


class _Walk(Struct):
    """One customer so far: rank that needs no alert, the open alert, and what was raised before."""

    cool_down: timedelta
    rank: int = 0
    open_id: str | None = None
    raised: list[tuple[datetime, int, set[str]]] = field(default_factory=list)

    def held_back(self, at: datetime, rank: int, codes: set[str]) -> bool:
        """Whether each cause was alerted before at that rank or above, and not long ago."""
        known = {
            code
            for when, reached, named in self.raised
            if reached >= rank and at < when + self.cool_down
            for code in named
        }
        return bool(codes) and codes <= known


def check_alerts(versions: Versions, alerts: Iterable[Any], cool_down: timedelta) -> int:
    """The alerts, in the order of their topic, are those that the versions ask for, each once.

    Gives how many there are. A rise that was held back may be alerted later, without a new version.
    """
    left: dict[str, list[Any]] = {}
    ids = set()
    for alert in alerts:
        assert alert["id"] not in ids, f"published more than once: {alert}"
        ids.add(alert["id"])
        left.setdefault(f"{alert['store_id']}/{alert['customer_id']}", []).append(alert)
    for key, documents in versions.items():
        walk, mine = _Walk(cool_down), left.pop(key, [])
        for version in sorted(documents):
            _check_version(walk, key, version, documents[version], mine)
        assert mine == [], f"{key}: published without a reason"
    assert left == {}, "alerts of customers without a portrait"
    return len(ids)


def _check_version(walk: _Walk, key: str, version: int, document: Any, left: list[Any]) -> None:
    """Take the alerts of a version from the head of those that are left."""
    risk = document["risk"] if document else {"level": "low", "score": 0, "reasons": []}
    rank, codes = _RANK[risk["level"]], {each["code"] for each in risk["reasons"]}
    at = document and _time(document["as_of"])
    expected = "closed" if rank == 0 and walk.open_id else None
    if rank > walk.rank and not walk.held_back(at, rank, codes):
        expected = "raised"
    if expected:
        assert left, f"{key}: {expected} by version {version} and never published"
        alert = left.pop(0)
        where = f"{key} version {version}: {alert}"
        assert (alert["version"], alert["kind"]) == (version, expected), where
        assert document is None or alert["at"] == document["as_of"], where
        _take(walk, alert, risk, where)
    walk.rank = min(walk.rank, rank) if rank <= walk.rank else walk.rank
    if rank > walk.rank and left and left[0]["version"] == version:
        late = left.pop(0)  # held back until the cool-down ended
        where = f"{key} version {version}, held back: {late}"
        assert late["kind"] == "raised", where
        assert not walk.held_back(_time(late["at"]), rank, codes), where
        _take(walk, late, risk, where)


def _take(walk: _Walk, alert: Any, risk: Any, where: str) -> None:
    rank = _RANK[risk["level"]]
    assert (alert["level"], alert["score"]) == (risk["level"], risk["score"]), where
    assert alert["reasons"] == risk["reasons"], where
    assert alert["closes"] == walk.open_id, where
    events = {event for each in risk["reasons"] for event in each["events"]}
    assert set(alert["events"]) == events, where
    if alert["kind"] == "closed":
        walk.rank, walk.open_id = 0, None
    else:
        walk.rank, walk.open_id = rank, alert["id"]
        walk.raised.append((_time(alert["at"]), rank, {each["code"] for each in risk["reasons"]}))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
