"""Enriching: what is known of other customers when an event comes goes with it.

It is asked before the event is folded, and noted whatever becomes of it: a crash in between leaves
a fact that the redelivered record finds noted, and answers the same but for what others did since.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stream import metrics
from stream.draft import Sourced
from stream.events import SignedIn
from stream.risk.facts import Asked, facts, questions
from stream.risk.records import SignInCounts, wide_features_of
from stream.tables.facts import CountedSignIn, FactTable

#: customer key -> its events in the order they were read
Work = Mapping[str, Sequence[Sourced]]


class _Asking(Struct):
    """A record whose event has questions, or is a sign-in, and its place in the work."""

    key: str
    place: int
    record: Sourced
    asked: list[Asked]


class Enricher:
    """Asks the fact table; the caller holds the partition's lock, which keeps records in order."""

    def __init__(self, table: FactTable) -> None:
        self._table = table

    async def enrich(self, work: Work) -> Work:
        """The same work, with facts in its occurrences; all of it of one source.

        Two round trips at most, and none where no event has questions. Raises
        :class:`~stream.errors.Transient`; the same work is then to be enriched again.
        """
        asking = _asking(work)
        if not asking:
            return work
        # As they were read: of two customers in a batch the later one knows of the earlier.
        asking.sort(key=lambda each: each.record.offset)
        counts = await self._count(asking)
        answers = iter(
            await self._table.ask(
                [
                    (each.record.occurrence.event.store_id, asked.question)
                    for each in asking
                    for asked in each.asked
                ]
            )
        )
        enriched = {key: list(records) for key, records in work.items()}
        for each in asking:
            found = facts(each.asked, [next(answers) for _ in each.asked])
            metrics.QUESTIONS.inc(len(each.asked))
            found = replace(found, sign_in=counts.get(each.record.offset))
            occurrence = replace(each.record.occurrence, facts=found)
            enriched[each.key][each.place] = replace(each.record, occurrence=occurrence)
        return enriched

    async def _count(self, asking: Sequence[_Asking]) -> dict[int, SignInCounts]:
        """The counts of all sign-ins before each of these, by offset."""
        sign_ins = [
            CountedSignIn(
                each.record.offset, event.store_id, each.key, wide_features_of(event.context)
            )
            for each in asking
            if isinstance(event := each.record.occurrence.event, SignedIn)
        ]
        if not sign_ins:
            return {}
        source = asking[0].record.source
        found = await self._table.count_sign_ins(source, sign_ins)
        return {each.offset: counts for each, counts in zip(sign_ins, found, strict=True)}


def _asking(work: Work) -> list[_Asking]:
    found: list[_Asking] = []
    for key, records in work.items():
        for place, record in enumerate(records):
            event = record.occurrence.event
            asked = questions(key, event, record.occurrence.at_ms)
            if asked or isinstance(event, SignedIn):
                found.append(_Asking(key, place, record, asked))
    return found
