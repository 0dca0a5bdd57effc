"""Hot states: bounded, the least recently used dropped first, gone when released."""

from stream.hot import Entry, HotStates
from stream.profile.state import State


def entry(revision: int) -> Entry:
    return Entry(revision, revision, State(), None)


def test_an_entry_is_taken_out_and_so_not_there_twice() -> None:
    hot = HotStates(5)
    hot.put(0, "main/a", entry(1))
    assert hot.take(0, "main/a") == entry(1)
    assert hot.take(0, "main/a") is None


def test_the_least_recently_used_goes_first() -> None:
    hot = HotStates(3)
    for revision, key in enumerate("abc"):
        hot.put(0, key, entry(revision))
    used = hot.take(0, "a")
    assert used is not None
    hot.put(0, "a", used)
    hot.put(0, "d", entry(9))
    assert [key for key in "abcd" if hot.take(0, key)] == ["a", "c", "d"]


def test_the_limit_holds_for_each_partition() -> None:
    hot = HotStates(2)
    for partition in (0, 1):
        for n in range(10):
            hot.put(partition, f"{n}", entry(n))
    for partition in (0, 1):
        kept = [n for n in range(10) if hot.take(partition, f"{n}")]
        assert kept == [8, 9]


def test_a_partition_is_dropped_alone() -> None:
    hot = HotStates(5)
    hot.put(0, "a", entry(1))
    hot.put(1, "a", entry(2))
    hot.drop(0)
    hot.drop(7)
    assert hot.take(0, "a") is None
    assert hot.take(1, "a") == entry(2)
