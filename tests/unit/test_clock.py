"""Clocks: what time it is, as a partition sees it."""

import time

from stream.clock import EventClock, WallClock, new_clock


def test_the_event_clock_is_just_after_the_newest_event_of_the_partition() -> None:
    clock = EventClock()
    for at_ms in (50, 40, 70, 60):
        clock.observe(3, at_ms)
    clock.observe(4, 10)
    assert (clock.now_ms(3), clock.now_ms(4)) == (71, 11)


def test_the_event_clock_stands_at_the_epoch_before_the_first_event() -> None:
    assert EventClock().now_ms(0) == 0


def test_the_event_clock_forgets_a_partition_alone() -> None:
    clock = EventClock()
    clock.observe(0, 50)
    clock.observe(1, 60)
    clock.forget(0)
    clock.forget(9)
    assert (clock.now_ms(0), clock.now_ms(1)) == (0, 61)


def test_the_wall_clock_takes_no_notice_of_events() -> None:
    clock = WallClock()
    before = time.time_ns() // 1_000_000
    clock.observe(0, 10**15)
    now = clock.now_ms(0)
    clock.forget(0)
    assert before <= now <= clock.now_ms(1) <= time.time_ns() // 1_000_000


def test_the_setting_chooses_the_clock() -> None:
    assert isinstance(new_clock("event"), EventClock)
    assert isinstance(new_clock("wall"), WallClock)
