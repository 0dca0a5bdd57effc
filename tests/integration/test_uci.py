"""Online Retail through the whole of it: every customer's figures equal those of the file."""

import json
from datetime import datetime
from decimal import Decimal

from tests.support.shared_data import shared_data
from tests.support.uci import expected_portraits, lines_left_out
from tests.support.workers import exported, successful

AS_OF = "2011-08-01T00:00:00Z"


def test_every_customer_of_online_retail_has_the_figures_of_the_file(settings, start_worker):
    path = shared_data("uci_online_retail.csv.gz")
    shop = settings(clock="event", currency="GBP")
    successful(shop, "topics")
    start_worker(shop).ready()
    replayed = successful(shop, "replay", str(path), "--format", "uci-retail", "--wait", "--json")
    found = {
        customer: {
            **{name: document["spending"][name] for name in ("orders", "orders_30d")},
            **{
                name: Decimal(document["spending"][name])
                for name in ("amount", "refunded", "amount_30d")
            },
            "counts": document["activity"]["counts"],
        }
        for customer, document in exported(shop, AS_OF).items()
    }
    expected = expected_portraits(path, datetime.fromisoformat(AS_OF))
    assert len(expected) > 800
    assert sum(figures["orders_30d"] for figures in expected.values()) > 100
    assert sum(figures["counts"].get("order_refunded", 0) for figures in expected.values()) > 10
    assert found == expected
    summary = json.loads(replayed)
    assert sum(summary["skipped"].values()) == lines_left_out(path)
    assert summary["sent"] == {"orders": summary["total_sent"]}
