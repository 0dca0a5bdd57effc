"""Risk alerts put on their topic without any worker."""

from stream.alerts import AlertState, RiskAlert, alert_message, alerts_between
from stream.contract.examples import example_alert
from stream.publish import KafkaPublisher
from stream.risk.score import NO_RISK, Risk
from stream.settings import Settings
from stream.windows import HOUR_MS
from tests.support.topics import producing

START_MS = 1_750_000_000_000


def made_alerts(customers: int) -> list[RiskAlert]:
    """Of each customer an alert at `high`, and what closes it."""
    reasons = example_alert().reasons
    high = Risk(score=82, level="high", account=0, device=0, order=82, promotion=0, reasons=reasons)
    made: list[RiskAlert] = []
    for number in range(customers):
        state = AlertState()
        for version, risk in enumerate((high, NO_RISK), 1):
            looked = alerts_between(
                state,
                f"main/c{number}",
                risk,
                version=version,
                at_ms=START_MS + version * HOUR_MS,
                cause="event",
                cool_down_ms=HOUR_MS,
            )
            state = looked.state
            made += looked.alerts
    return made


async def publish(settings: Settings, alerts: list[RiskAlert]) -> None:
    """Put alerts on the topic as a worker does."""
    async with producing(settings) as producer:
        publisher = KafkaPublisher(producer, settings.topic_prefix)
        await publisher.publish([alert_message(alert) for alert in alerts])
