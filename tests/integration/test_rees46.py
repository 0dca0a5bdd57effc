"""REES46 through the whole of it: every customer's figures equal those of the file."""

import json
from decimal import Decimal

from tests.support.rees46 import expected_portraits
from tests.support.shared_data import shared_data
from tests.support.workers import exported, successful

AS_OF = "2019-10-01T03:00:00Z"


def test_every_customer_of_rees46_has_the_figures_of_the_file(settings, start_worker):
    path = shared_data("rees46_2019_oct.csv.gz")
    # The file states no currency: its amounts are in whatever the shop counts in.
    shop = settings(clock="event", currency="GBP")
    successful(shop, "topics")
    start_worker(shop).ready()
    replayed = successful(shop, "replay", str(path), "--format", "rees46", "--wait", "--json")
    found = {
        customer: {
            "orders": document["spending"]["orders"],
            "amount": Decimal(document["spending"]["amount"]),
            "counts": document["activity"]["counts"],
            "by_hour": document["activity"]["hours"]["by_hour"],
        }
        for customer, document in exported(shop, AS_OF).items()
    }
    expected, bad_lines = expected_portraits(path)
    assert len(expected) > 4000
    assert found == expected
    summary = json.loads(replayed)
    # The file ends in the middle of a row.
    assert len(bad_lines) == 1
    assert [example["line"] for example in summary["examples"]["malformed_row"]] == bad_lines
    assert summary["skipped"] == {"malformed_row": 1}
    assert summary["total_sent"] == sum(
        sum(figures["counts"].values()) for figures in expected.values()
    )
