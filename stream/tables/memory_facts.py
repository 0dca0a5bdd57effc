"""The fact table in memory: for tests, and for judging history without Redis."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec import Struct, field

from stream.risk.facts import Answer, Question
from stream.risk.records import SignInCounts
from stream.tables.facts import MEMBERS, OTHERS, CountedSignIn, Totals, before, names


class _Store(Struct):
    """Sign-ins of a store: counts by name, offsets of customers' first ones, marks of sources."""

    counts: Counter[str] = field(default_factory=Counter)
    firsts: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)


class MemoryFacts:
    """Keeps the contract of :class:`~stream.tables.facts.FactTable` in dictionaries.

    Nothing expires.
    """

    def __init__(self) -> None:
        #: store and scope -> member -> its first time, ms
        self._scopes: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self._stores: defaultdict[str, _Store] = defaultdict(_Store)

    async def ask(self, questions: Sequence[tuple[str, Question]]) -> list[Answer]:
        return [self._answer(store_id, question) for store_id, question in questions]

    async def count_sign_ins(
        self, source: str, sign_ins: Sequence[CountedSignIn]
    ) -> list[SignInCounts]:
        answers: dict[int, SignInCounts] = {}
        for store_id in {each.store_id for each in sign_ins}:
            mine = [each for each in sign_ins if each.store_id == store_id]
            found = _count(self._stores[store_id], source, mine)
            answers |= zip((each.offset for each in mine), found, strict=True)
        return [answers[each.offset] for each in sign_ins]

    async def close(self) -> None:
        pass

    def _answer(self, store_id: str, question: Question) -> Answer:
        members = self._scopes[store_id, question.scope]
        at_ms, member = question.at_ms, question.member
        if member is not None:
            members[member] = min(at_ms, members.get(member, at_ms))
            if len(members) > MEMBERS:
                del members[min(members, key=lambda name: (members[name], name))]
        counts = tuple(
            sum(at_ms - window < ms <= at_ms for ms in members.values())
            for window in question.windows
        )
        if not question.tell or member is None or members.get(member) != at_ms:
            return Answer(counts)
        window = question.windows[0]
        around = sorted(
            ((ms, name) for name, ms in members.items() if abs(ms - at_ms) < window), reverse=True
        )
        others = tuple(name for _, name in around if name != member)[:OTHERS]
        return Answer(counts, others, len(around))


def _count(store: _Store, source: str, sign_ins: Sequence[CountedSignIn]) -> list[SignInCounts]:
    named = [names(each.features) for each in sign_ins]
    for each, mine in zip(sign_ins, named, strict=True):
        if each.offset > store.marks.get(source, -1):
            store.marks[source] = each.offset
            store.counts.update(mine)
            store.firsts.setdefault(each.key, each.offset)
    brought = [store.firsts[each.key] == each.offset for each in sign_ins]
    # Only what these need: a store may have seen millions of addresses.
    counts = {name: store.counts[name] for mine in named for name in mine}
    return before(named, brought, Totals(counts, len(store.firsts)))
