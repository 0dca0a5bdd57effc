"""What the fraud team found of alerts, in Redis.

    ns:verdicts   hash   id of the alert -> verdict (JSON), with the alert itself

The alert stays with its verdict when its topic has long forgotten it: weights are fitted by both.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from stream.tables.scripts import connect, transient

Finding = Literal["fraud", "legitimate"]

_encoder = msgspec.json.Encoder()


class Verdict(Struct, frozen=True, kw_only=True):
    """What became of an alert."""

    alert: Annotated[Raw, Meta(description="The alert as it was published.")]
    verdict: Annotated[Finding, Meta(description="What the team found.")]
    at: Annotated[str, Meta(description="RFC 3339, UTC; when it was said.")]
    note: Annotated[str | None, Meta(description="In the team's words.")] = None


_decoder = msgspec.json.Decoder(Verdict)


class Verdicts:
    """Verdicts by the id of their alert; every method may raise
    :class:`~stream.errors.Transient`.
    """

    def __init__(self, client: Any, namespace: str) -> None:
        self._client = client
        self._key = f"{namespace}:verdicts"

    @classmethod
    def connect(cls, url: str, namespace: str) -> "Verdicts":
        """The verdicts of a namespace; connects when used."""
        return cls(connect(url), namespace)

    async def keep(self, alert_id: str, verdict: Verdict) -> None:
        """Keep a verdict; it takes the place of an earlier one."""
        with transient():
            await self._client.hset(self._key, alert_id, _encoder.encode(verdict))

    async def of(self, alert_id: str) -> Verdict | None:
        """The verdict on an alert, if there is one."""
        with transient():
            found = await self._client.hget(self._key, alert_id)
        return None if found is None else _decoder.decode(found)

    async def all(self) -> dict[str, Verdict]:
        """Every verdict, the oldest first."""
        with transient():
            found = await self._client.hgetall(self._key)
        kept = {alert_id.decode(): _decoder.decode(text) for alert_id, text in found.items()}
        return dict(sorted(kept.items(), key=lambda each: (each[1].at, each[0])))

    async def close(self) -> None:
        """Give back the connection."""
        await self._client.aclose()
