"""`portrait alerts` and its verdicts, on real services."""

import json
import os
import signal
from pathlib import Path

from stream.settings import Settings
from tests.support.alerting import made_alerts, publish
from tests.support.workers import exit_code_of, in_background, portrait, successful, wait_until


def shown(settings: Settings, *arguments: str) -> list[str]:
    return successful(settings, "alerts", "--from-beginning", *arguments).splitlines()


async def test_alerts_are_listed_and_their_verdicts_kept(settings):
    shop = settings()
    successful(shop, "topics")
    alerts = made_alerts(4)
    await publish(shop, alerts)
    raised = [alert for alert in alerts if alert.kind == "raised"]

    documents = [json.loads(line) for line in shown(shop, "--json", "--limit", "8")]
    assert {each["id"]: each["verdict"] for each in documents} == {a.id: None for a in alerts}
    assert successful(shop, "alerts", "verdicts") == ""

    said = successful(shop, "alerts", "acknowledge", raised[0].id, "--verdict", "legitimate")
    assert raised[0].id in said
    assert said.endswith("[legitimate]\n")
    note = ("--note", "called the customer")
    successful(shop, "alerts", "acknowledge", raised[1].id, "--verdict", "fraud", *note)
    successful(shop, "alerts", "acknowledge", raised[0].id, "--verdict", "fraud")

    lines = shown(shop, "--level", "high", "--limit", "8")
    found = {line.split("  ")[1]: line.endswith("]") and line.split("  ")[-1] for line in lines}
    assert found == {a.id: False for a in alerts} | {
        raised[0].id: "[fraud]", raised[1].id: "[fraud: called the customer]",
    }  # fmt: skip
    kept = [
        json.loads(line) for line in successful(shop, "alerts", "verdicts", "--json").splitlines()
    ]
    # The first of them was said last.
    assert [(each["alert"]["id"], each["verdict"], each["note"]) for each in kept] == [
        (raised[1].id, "fraud", "called the customer"),
        (raised[0].id, "fraud", None),
    ]
    assert kept[0]["alert"]["reasons"][0]["code"] == "fast_first_order"
    assert len(successful(shop, "alerts", "verdicts").splitlines()) == 2


async def test_alerts_are_listed_with_what_became_of_them(settings):
    shop = settings(partitions=2)
    successful(shop, "topics")
    assert successful(shop, "alerts", "list") == ""
    alerts = made_alerts(6)
    await publish(shop, alerts[:-1])
    successful(shop, "alerts", "acknowledge", alerts[0].id, "--verdict", "fraud")

    lines = successful(shop, "alerts", "list").splitlines()
    raised = {alert.id: alert for alert in alerts if alert.kind == "raised"}
    assert {line.split("  ")[1] for line in lines} == set(raised)
    assert sum("closed 2025-06-15T17:06:40.000Z by an event" in line for line in lines) == 5
    documents = [
        json.loads(line) for line in successful(shop, "alerts", "list", "--json").splitlines()
    ]
    assert [each["id"] for each in documents] == [line.split("  ")[1] for line in lines]
    assert {each["id"]: bool(each["verdict"]) for each in documents} == {
        found: found == alerts[0].id for found in raised
    }
    (left,) = successful(shop, "alerts", "list", "--open", "--level", "high").splitlines()
    assert left.split("  ")[1] == alerts[-2].id


async def test_an_alert_that_does_not_exist_or_only_closes_one_is_refused(settings):
    shop = settings(partitions=2)
    successful(shop, "topics")
    raised, closed = made_alerts(1)
    await publish(shop, [raised, closed])

    done = portrait(shop, "alerts", "acknowledge", "0123456789abcdef", "--verdict", "fraud")
    assert done.returncode == 1
    assert "there is no alert '0123456789abcdef'" in done.stderr
    done = portrait(shop, "alerts", "acknowledge", closed.id, "--verdict", "fraud")
    assert done.returncode == 1
    assert f"acknowledge {raised.id}" in done.stderr
    assert successful(shop, "alerts", "verdicts", "--json") == ""


async def test_following_begins_with_what_comes_next(settings, tmp_path: Path):
    shop = settings(partitions=1)
    successful(shop, "topics")
    before, after = made_alerts(6)[:2], made_alerts(6)[2:]
    await publish(shop, before)
    log = tmp_path / "alerts.log"
    following = in_background(shop, log, "alerts", "--json")
    # What comes before it follows is not seen: the last is sent until one is.
    for _ in range(200):
        await publish(shop, after[-1:])
        if after[-1].id in log.read_text():
            break
    await publish(shop, after[:-1])
    wait_until(lambda: after[-2].id in log.read_text(), "the next alerts are printed")
    assert not [alert for alert in before if alert.id in log.read_text()]
    os.kill(following.pid, signal.SIGINT)
    assert exit_code_of(following) == 0
