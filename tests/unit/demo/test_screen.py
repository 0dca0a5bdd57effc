"""What the demo shows: figures, portraits, plain lines where there is no terminal."""

import io
import re

import pytest
from msgspec.structs import replace
from rich.console import Console

from stream.demo.attackers.caught import Caught, Watch
from stream.demo.crowd import Aim, Crowd, Moved, Named
from stream.demo.figures import Figures, face, rates
from stream.demo.screen import Screen
from stream.demo.summary import print_summary, shortfalls
from stream.terminal import RULER, bars, counted

CROWD = Crowd(
    customers=438,
    segments=(Named("Win back", "流失召回", 0), Named("Night push", "夜间推送", 65)),
    labels=(Named("Active customer", "活跃客户", 435),),
    visitors=(0,) * 23 + (9,),
    visitor_peaks=(23,),
    aims=(Aim("stylish regular", 425, 142, 56.1),),
    moves=(Moved("12:34:56", "ada", "left", "Night push 夜间推送"),),
)


def test_the_busiest_hour_has_the_tallest_bar_and_any_activity_shows() -> None:
    assert bars([0, 1, 50, 100]) == " ▁▄█"


def test_a_day_without_activity_is_blank() -> None:
    assert bars([0] * 24) == " " * 24


def test_a_portrait_that_lacks_sections_still_has_a_face() -> None:
    blank = face("c1", "Europe/London", {"store_id": "main"})
    assert (blank.orders, blank.amount, blank.favourites) == (0, "", [])
    assert list(blank.by_hour) == [0] * 24


def test_rates_are_per_second_between_two_moments() -> None:
    before = Figures(elapsed_s=1.0, events_in=100, changes=10)
    now = Figures(elapsed_s=3.0, events_in=500, changes=30)
    assert rates(before, now) == (200.0, 10.0)
    assert rates(now, now) == (0.0, 0.0)


def test_where_there_is_no_terminal_plain_lines_are_printed() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=20)) as screen:
        screen.note("a simulated shop")
        screen.show(Figures(elapsed_s=2.0, events_in=1000, processed=900, lag=100), Crowd(), [])
    lines = out.getvalue().splitlines()
    assert lines[0] == "a simulated shop"
    assert "events in 1000 (500/s)  processed 900" in lines[1]
    assert "lag 100" in lines[1]


def test_on_a_terminal_portraits_are_drawn_with_their_hours() -> None:
    out = io.StringIO()
    document = {
        "activity": {"hours": {"by_hour": [0] * 20 + [1, 2, 4, 8]}},
        "preferences": {"categories": [{"name": "home/kitchen/mugs"}]},
        "spending": {"orders": 3, "amount": "12.50", "currency": "USD", "tier": "silver"},
        "disposition": {"inclinations": [{"name": "deliberate", "score": 0.75}]},
    }
    with Screen(Console(file=out, width=120, force_terminal=True)) as screen:
        screen.show(Figures(elapsed_s=1.0), Crowd(), [face("c1", "Asia/Kolkata", document)])
    shown = out.getvalue()
    assert "▁▂▄█" in shown
    assert "kitchen/mugs" in shown
    assert "3 orders 12.50 USD, silver, deliberate" in shown


def test_a_weak_inclination_and_a_tier_not_reached_go_without_saying() -> None:
    document = {
        "spending": {"tier": None},
        "disposition": {"inclinations": [{"name": "loyal", "score": 0.5}]},
    }
    assert face("c1", "Asia/Kolkata", document).manner == []


def test_the_last_figures_are_printed_however_soon_after_the_others() -> None:
    out = io.StringIO()
    first = Figures(elapsed_s=2.0, events_in=10, processed=5, lag=5)
    last = Figures(elapsed_s=2.5, events_in=10, processed=10)
    with Screen(Console(file=out, width=20)) as screen:
        screen.show(first, Crowd(), [])
        screen.show_last(last, Crowd())
        screen.show_last(last, Crowd())
    assert len(out.getvalue().splitlines()) == 2
    assert "processed 10 " in out.getvalue()


def test_before_the_first_event_there_are_no_last_figures() -> None:
    out = io.StringIO()
    with Screen(Console(file=out)) as screen:
        screen.show_last(Figures(), Crowd())
    assert out.getvalue() == ""


def test_on_a_terminal_the_last_picture_stays_and_no_panel_ends_where_the_cursor_stands() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=100, force_terminal=True)) as screen:
        screen.show(Figures(elapsed_s=1.0, events_in=4321), Crowd(), [])
        assert _plain(out.getvalue()).endswith("\nCtrl-C ends it")
        screen.note("stopping")
        assert "stopping" in out.getvalue()
        drawn = len(out.getvalue())
    left = _plain(out.getvalue()[drawn:])
    assert "4,321" in left
    assert "stopping" not in left
    assert "Ctrl-C" not in left


def test_the_ruler_names_the_hour_above_it() -> None:
    assert [RULER.index(str(hour)) for hour in (0, 6, 12, 18)] == [0, 6, 12, 18]


def test_one_is_not_many() -> None:
    assert [counted(n, "order") for n in (0, 1, 2)] == ["0 orders", "1 order", "2 orders"]


def _plain(drawn: str) -> str:
    return re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", drawn)


def test_the_summary_has_every_figure() -> None:
    out = io.StringIO()
    figures = Figures(
        elapsed_s=4.0, events_in=20_000, processed=20_000, portraits=443, changes=3_000, moves=855
    )
    print_summary(Console(file=out, width=20), figures, CROWD, interrupted=False)
    words = {tuple(line.rsplit(maxsplit=1)) for line in out.getvalue().splitlines()[1:]}
    text = out.getvalue()
    assert text.startswith("simulated shop\n")
    assert ("  events in", "20000") in words
    assert ("  events processed", "20000") in words
    assert ("  portraits changed", "443") in words
    assert ("  segment moves", "855") in words
    assert ("  dead letters", "0") in words
    assert ("  events/s", "5000") in words
    assert text.endswith(
        "segments of 438 customers\n       0  Win back 流失召回\n      65  Night push 夜间推送\n"
    )


def test_who_was_counted_is_told_in_plain_lines_only_when_it_has_changed() -> None:
    out = io.StringIO()
    now = Figures(elapsed_s=2.0)
    with Screen(Console(file=out, width=20)) as screen:
        screen.show(now, CROWD, [])
        screen.show_last(now, CROWD)
    lines = out.getvalue().splitlines()
    assert lines[1:] == [
        "  segments    Win back 流失召回 0, Night push 夜间推送 65",
        "  labels      Active customer 活跃客户 435",
        "  visitors    peak hours 23",
        "  target      stylish regular: 142 of 425 meet 80 % of it, 56 % on average",
        "  moved last  12:34:56 ada left Night push 夜间推送",
    ]


WATCHED = replace(
    CROWD,
    watch=Watch((Caught("brushing", 8, 7), Caught("device farm", 12, 12)), honest=412, accused=1),
)


def test_the_summary_says_how_many_of_the_simulated_attackers_were_found() -> None:
    out = io.StringIO()
    print_summary(Console(file=out, width=20), Figures(), WATCHED, interrupted=False)
    lines = out.getvalue().splitlines()
    begin = lines.index("simulated attackers whose risk was high")
    assert lines[begin + 1 : begin + 4] == [
        "       7 of 8     brushing",
        "      12 of 12    device farm",
        "       1 of 412   honest customers",
    ]
    assert lines[begin + 4].startswith("segments of")


def test_attackers_are_told_in_plain_lines_and_said_to_be_simulated() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=20)) as screen:
        screen.show(Figures(elapsed_s=2.0), WATCHED, [])
    assert (
        "  at high     of simulated attackers: brushing 7 of 8, device farm 12 of 12; "
        "honest 1 of 412\n" in out.getvalue()
    )


def test_on_a_terminal_attackers_are_said_to_be_simulated() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=100, height=60, force_terminal=True)) as screen:
        screen.show(Figures(elapsed_s=2.0), WATCHED, [])
    shown = _plain(out.getvalue())
    assert "simulated       brushing 7 of 8, device farm 12 of 12, honest 1 of 412" in shown


def test_picture_and_what_was_said_above_it_share_the_terminal() -> None:
    out = io.StringIO()
    with Screen(Console(file=out, width=80, height=12, force_terminal=True)) as screen:
        screen.say("x" * 81 + "\ny")
        drawn = len(out.getvalue())
        screen.show(Figures(), CROWD, [])
        shown = _plain(out.getvalue()[drawn:])
    assert len(shown.strip().splitlines()) == 12 - 3


def test_where_nothing_got_lost_there_is_nothing_to_complain_of() -> None:
    figures = Figures(processed=10, portraits=438)
    assert not list(shortfalls(figures, CROWD, asked=10, sent=10, arrived=10))


@pytest.mark.parametrize(
    ("figures", "arrived", "complaint"),
    [
        (Figures(processed=10, portraits=438), 9, "10 events were asked for, 9 arrived in Kafka"),
        (Figures(processed=9, portraits=438), 10, "10 came in, 9 were processed"),
        (
            Figures(processed=10, portraits=437),
            10,
            "437 customers have a portrait, and the store's group counts 438",
        ),
        (
            Figures(processed=10, portraits=438, dead_letters=1),
            10,
            "1 events ended as dead letters",
        ),
    ],
)
def test_each_loss_is_a_complaint_of_its_own(
    figures: Figures, arrived: int, complaint: str
) -> None:
    assert list(shortfalls(figures, CROWD, asked=10, sent=10, arrived=arrived)) == [complaint]
