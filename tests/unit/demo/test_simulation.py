"""The simulated shop's history: reproducible, valid, in order, and as many events as asked for."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Union

import msgspec
import pytest

from stream.demo.bots import bot_count
from stream.demo.homes import RHYTHMS
from stream.demo.simulation import Simulation, simulate
from stream.events import EVENT_TYPES, INTERNAL_TOPICS, TOPIC_EVENTS, Event

WINTER = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 20, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def history() -> list[Event]:
    return list(Simulation(seed=7, customers=500).last(20_000, WINTER))


def test_same_seed_gives_the_same_bytes() -> None:
    first, second = (list(simulate(3, 40, WINTER, 20)) for _ in range(2))
    assert msgspec.json.encode(first) == msgspec.json.encode(second)
    assert first


def test_another_seed_gives_another_history() -> None:
    first, second = (list(simulate(seed, 40, WINTER, 20)) for seed in (3, 4))
    assert msgspec.json.encode(first) != msgspec.json.encode(second)


def test_every_event_survives_the_wire(history: list[Event]) -> None:
    decoder = msgspec.json.Decoder(Union[EVENT_TYPES])  # noqa: UP007  unions of a tuple
    for event in history:
        assert decoder.decode(msgspec.json.encode(event)) == event


def test_times_never_go_back(history: list[Event]) -> None:
    assert all(a.occurred_at <= b.occurred_at for a, b in pairwise(history))


def test_event_ids_are_unique(history: list[Event]) -> None:
    assert len({event.event_id for event in history}) == len(history)


def test_all_topics_of_shops_and_nearly_all_their_types_occur(history: list[Event]) -> None:
    assert {event.topic for event in history} == set(TOPIC_EVENTS) - set(INTERNAL_TOPICS)
    missing = {one.__name__ for one in EVENT_TYPES} - {type(event).__name__ for event in history}
    assert missing == {"ErasureRequested", "ReferralChanged", "AccountLinked"}


@pytest.mark.parametrize("customers", [1, 2, 500])
@pytest.mark.parametrize("events", [1, 17, 1_000])
def test_exactly_the_number_asked_for_is_made(events: int, customers: int) -> None:
    made = list(Simulation(seed=5, customers=customers).last(events, WINTER))
    assert len(made) == events
    assert len({event.customer_id for event in made}) <= customers


@pytest.mark.parametrize("end", [SUMMER, WINTER + timedelta(hours=20), WINTER - timedelta(days=99)])
def test_another_day_gives_the_same_customers_events_and_order(
    history: list[Event], end: datetime
) -> None:
    other = Simulation(seed=7, customers=500).last(20_000, end)
    shift = {
        later.occurred_at - sooner.occurred_at for sooner, later in zip(history, other, strict=True)
    }
    assert len(shift) == 1
    assert shift.pop() % timedelta(days=1) == timedelta(0)
    again = Simulation(seed=7, customers=500).last(20_000, end)
    assert [(e.event_id, e.customer_id, type(e)) for e in again] == [
        (e.event_id, e.customer_id, type(e)) for e in history
    ]


@pytest.mark.parametrize("end", [WINTER, SUMMER])
def test_all_events_lie_in_the_days_before_the_end(end: datetime) -> None:
    days = 35
    times = [event.occurred_at for event in simulate(7, 300, end, days)]
    assert max(times) < end
    # The last whole day is complete; the one that has begun is left out.
    assert min(times) >= end - timedelta(days=days + 1)
    assert max(times) >= end - timedelta(days=2)


def test_some_events_have_left_the_rolling_thirty_days(history: list[Event]) -> None:
    edge = WINTER - timedelta(days=30)
    assert any(event.occurred_at < edge for event in history)


def test_customers_come_at_the_hours_of_their_rhythm() -> None:
    simulation = Simulation(seed=7, customers=200)
    rhythm_of = {visitor.customer_id: visitor.rhythm for visitor in simulation.visitors}
    hours: dict[str, Counter[int]] = {rhythm: Counter() for rhythm in RHYTHMS}
    for event in simulation.last(20_000, WINTER):
        if event.customer_id in rhythm_of:
            hours[rhythm_of[event.customer_id]][event.occurred_at.hour] += 1
    for rhythm, counts in hours.items():
        weights = RHYTHMS[rhythm]
        busy = {hour for hour, weight in enumerate(weights) if weight >= max(weights) / 2}
        quiet = {hour for hour, weight in enumerate(weights) if weight == 0}
        inside = sum(counts[hour] for hour in busy)
        expected = sum(weights[hour] for hour in busy) / sum(weights)
        assert inside / counts.total() == pytest.approx(expected, abs=0.12), rhythm
        # A long visit reaches into the next hour, and a refund comes at any.
        assert sum(counts[hour] for hour in quiet) / counts.total() < 0.1, rhythm


def test_offsets_are_those_of_the_time_zone_on_the_day() -> None:
    def offsets(end: datetime) -> set[tuple[str, timedelta | None]]:
        simulation = Simulation(seed=7, customers=200)
        zone_of = {visitor.customer_id: visitor.home.zone for visitor in simulation.visitors}
        return {
            (zone_of[event.customer_id], event.occurred_at.utcoffset())
            for event in simulation.last(5_000, end)
            if event.customer_id in zone_of
        }

    winter, summer = offsets(WINTER), offsets(SUMMER)
    assert ("Asia/Kolkata", timedelta(hours=5, minutes=30)) in winter & summer
    assert ("Asia/Kathmandu", timedelta(hours=5, minutes=45)) in winter & summer
    assert ("Europe/Berlin", timedelta(hours=1)) in winter
    assert ("Europe/Berlin", timedelta(hours=2)) in summer
    assert ("Australia/Adelaide", timedelta(hours=10, minutes=30)) in winter
    assert ("Australia/Adelaide", timedelta(hours=9, minutes=30)) in summer


def test_bots_are_as_regular_as_machines(history: list[Event]) -> None:
    bots = {event.customer_id for event in history if event.customer_id.startswith("bot-")}
    assert len(bots) == bot_count(500) > 0
    times = [event.occurred_at for event in history if event.customer_id == min(bots)]
    gaps = Counter(b - a for a, b in pairwise(times))
    # One gap within a crawl and one between two crawls.
    assert len(gaps) == 2
    assert min(gaps) == timedelta(seconds=2)
