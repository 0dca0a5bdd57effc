"""Each purchase is judged by what came before it in time, over all customers."""

import io
import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from stream.errors import Fatal
from stream.evaluate.independent import BATCH_EVENTS
from stream.evaluate.pipeline import in_memory, risks
from stream.evaluate.risk import History, Purchase, evaluate, judge, read_history
from stream.events import Event
from stream.files.risk import load_weights
from stream.measures.standards import default_standards
from stream.replay.fraud_ecommerce import Customer, in_order, read_customers
from stream.replay.ip_countries import IpCountries
from stream.risk.score import NO_RISK, Risk

HEADER = (
    "user_id,signup_time,purchase_time,purchase_value,device_id,source,browser,sex,age,"
    "ip_address,class\n"
)
STANDARDS = replace(default_standards("USD"), risk=load_weights(None))
START = datetime(2015, 3, 1, tzinfo=UTC)


def row(user: int, signed_up_s: int, bought_s: int, device: str, label: str = "0") -> str:
    """A customer by seconds since the start, with an address of their own."""
    times = ((START + timedelta(seconds=s)).replace(tzinfo=None) for s in (signed_up_s, bought_s))
    return f"{user},{','.join(map(str, times))},10,{device},Ads,Opera,F,30,{1000 + user},{label}\n"


def customers(*rows: str) -> list[Customer]:
    found = read_customers(io.BytesIO((HEADER + "".join(rows)).encode()), IpCountries())
    return [each for each in found if isinstance(each, Customer)]


async def judged(*rows: str) -> dict[str, dict[str, str]]:
    """By customer, the details of the reasons of the risk at the purchase, by code."""
    found = {}
    async for event_id, risk in risks(in_order(customers(*rows)), in_memory(), STANDARDS):
        assert risk is not None
        found[event_id.split("-")[2]] = {each.code: each.detail for each in risk.reasons}
    return found


async def test_a_purchase_knows_the_accounts_that_came_before_it_and_none_that_came_after() -> None:
    hour = 3600
    found = await judged(
        row(1, 0, 10 * hour, "d1"),
        row(2, 1 * hour, 5 * hour, "d1"),
        row(3, 7 * hour, 8 * hour, "d1"),
        row(4, 9 * hour, 20 * hour, "d2"),
    )
    assert "2 accounts" in found["2"]["accounts_on_device"]
    assert "3 accounts" in found["3"]["accounts_on_device"]
    assert "3 accounts" in found["1"]["accounts_on_device"]
    assert "accounts_on_device" not in found["4"]


async def test_a_purchase_knows_the_sign_ups_of_its_own_instant() -> None:
    found = await judged(row(1, 0, 3600, "d1"), row(2, 3600, 7200, "d1"))
    assert "2 accounts" in found["1"]["accounts_on_device"]


async def test_the_first_order_is_timed_from_the_sign_up() -> None:
    found = await judged(row(1, 0, 1, "d1"), row(2, 0, 86_400, "d2"))
    assert "1 second" in found["1"]["fast_first_order"]
    assert "fast_first_order" not in found["2"]


def crowd(count: int) -> list[Event]:
    """Customers who share few devices and addresses, some of them at the same instants."""
    draw = random.Random(11)
    rows = []
    for user in range(count):
        signed_up = draw.randrange(0, 20 * 86_400, 3600)
        bought = signed_up + draw.choice((0, 60, 3600, 86_400, 12 * 86_400))
        rows.append(row(user, signed_up, bought, f"d{draw.randrange(count // 4)}"))
    text = "".join(rows)
    for user in range(count):  # addresses shared as well
        text = text.replace(f",{1000 + user},", f",{1000 + user % 7},", 1)
    return list(in_order(customers(text)))


@pytest.mark.parametrize("batch_events", [2, 7, BATCH_EVENTS])
async def test_how_large_batches_are_does_not_matter(batch_events: int) -> None:
    async def all_of(size: int) -> list[tuple[str, Risk | None]]:
        return [each async for each in risks(crowd(60), in_memory(), STANDARDS, size)]

    one_by_one, batched = await all_of(1), await all_of(batch_events)
    assert sorted(one_by_one) == sorted(batched)
    assert len({risk.score for _, risk in one_by_one if risk}) > 5


async def test_purchases_have_their_labels_and_flash_ends_a_minute_after_the_sign_up() -> None:
    history = History(customers(row(1, 0, 60, "d1", "1"), row(2, 0, 61, "d2", "0")), 0)
    found = await judge(history, in_memory(), STANDARDS)
    assert [(each.fraud, each.flash) for each in found] == [(True, True), (False, False)]
    assert all(each.risk.score > 0 for each in found)


def purchase(score: int, level: str, *, fraud: bool, flash: bool = False) -> Purchase:
    return Purchase(replace(NO_RISK, score=score, level=level), fraud, flash)


def test_elevated_counts_high_as_well_and_the_rest_is_measured_alone() -> None:
    found = evaluate(
        [
            purchase(90, "high", fraud=True, flash=True),
            purchase(80, "high", fraud=True),
            purchase(50, "elevated", fraud=False),
            purchase(10, "low", fraud=True),
            purchase(10, "low", fraud=False),
        ]
    )
    assert (found.all.n, found.without_flash.n) == (5, 4)
    high, elevated = found.all.levels["high"], found.all.levels["elevated"]
    assert (high.precision, high.recall) == (1.0, 0.6667)
    assert (elevated.precision, elevated.recall) == (0.6667, 0.6667)
    # Of six pairs four are right, and one is tied: (2 + 2 + 0.5) / 6.
    assert found.all.auc == 0.75
    assert found.without_flash.auc == 0.625
    assert found.without_flash.levels["high"].recall == 0.5


def test_ranking_purchases_of_one_kind_gives_no_figure() -> None:
    found = evaluate(
        [purchase(90, "high", fraud=True, flash=True), purchase(1, "low", fraud=False)]
    )
    assert found.all.auc == 1.0
    assert found.without_flash.auc is None
    assert found.without_flash.average_precision is None


def test_rows_without_label_are_left_out_and_a_file_of_one_kind_is_refused(tmp_path) -> None:
    file = tmp_path / "fraud.csv"
    file.write_text(
        HEADER + row(1, 0, 1, "d", "1") + row(2, 0, 1, "d", "0") + row(3, 0, 1, "d", "")
    )
    history = read_history(str(file))
    assert ([each.customer_id for each in history.customers], history.skipped) == (["1", "2"], 1)
    file.write_text(HEADER + row(1, 0, 1, "d", "1"))
    with pytest.raises(Fatal, match="both kinds"):
        read_history(str(file))
