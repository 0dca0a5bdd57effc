"""What a replay did: figures for people and for scripts."""

from collections import Counter
from datetime import datetime

from msgspec import Struct, field

from stream.replay.source import Skipped

#: Skipped lines that are shown of each reason.
EXAMPLES = 3


class Summary(Struct, kw_only=True):
    """Figures of one replay; filled while it runs."""

    file: str
    format: str
    sent: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    #: reason -> its first skipped lines
    examples: dict[str, list[Skipped]] = field(default_factory=dict)
    #: Times of the earliest and of the latest event sent.
    first: datetime | None = None
    last: datetime | None = None
    #: topic -> partition -> offset after the last record of this replay
    offsets: dict[str, dict[int, int]] = field(default_factory=dict)
    seconds: float = 0.0
    #: Seconds until the workers had committed all of it; None where nobody waited.
    waited_seconds: float | None = None
    #: Dead letters there were before, and more of them since; None where nobody waited.
    dead_letters_before: int = 0
    dead_letters: int | None = None

    @property
    def total_sent(self) -> int:
        return sum(self.sent.values())

    @property
    def total_skipped(self) -> int:
        return sum(self.skipped.values())

    @property
    def targets(self) -> dict[tuple[str, int], int]:
        """The offsets by partition, as :class:`~stream.backlog.Backlog` takes them."""
        return {
            (topic, partition): offset
            for topic, partitions in self.offsets.items()
            for partition, offset in partitions.items()
        }

    def count_sent(self, topics: Counter[str], first: datetime, last: datetime) -> None:
        """Add a chunk of events; ``first`` and ``last`` are its extremes."""
        for topic, count in topics.items():
            self.sent[topic] = self.sent.get(topic, 0) + count
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)

    def count_skipped(self, skipped: Skipped) -> None:
        """Add a skipped line."""
        reason = str(skipped.reason)
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(skipped)

    def acknowledge(self, topic: str, partition: int, next_offset: int) -> None:
        """Note the offset after a record that Kafka has acknowledged."""
        partitions = self.offsets.setdefault(topic, {})
        partitions[partition] = max(next_offset, partitions.get(partition, 0))
