"""Settings: defaults, every variable, and errors that name the variable that is wrong."""

import pytest

from stream.errors import Fatal
from stream.settings import VARIABLES, Settings, load


def test_without_variables_the_defaults_hold():
    assert load({}) == Settings()


def test_empty_and_blank_variables_count_as_not_set():
    assert load(dict.fromkeys(VARIABLES, "")) == load(dict.fromkeys(VARIABLES, "  ")) == Settings()


def test_every_field_has_a_variable_and_every_variable_a_field():
    assert {field for field, _ in VARIABLES.values()} == set(Settings.__struct_fields__)
    assert all(name.startswith("PORTRAIT_") for name in VARIABLES)


def test_every_variable_is_read(tmp_path):
    rates = tmp_path / "rates.json"
    rates.write_text("{}")
    shop = tmp_path / "shop.yaml"
    shop.write_text("")
    risk = tmp_path / "risk.yaml"
    risk.write_text("reasons: {}")
    settings = load(
        {
            "PORTRAIT_KAFKA": "a:9092, b:9093",
            "PORTRAIT_REDIS": "rediss://user:word@example.org:6380/3",
            "PORTRAIT_NAMESPACE": "shop-1",
            "PORTRAIT_TOPIC_PREFIX": "shop.",
            "PORTRAIT_PARTITIONS": "12",
            "PORTRAIT_REPLICATION": "3",
            "PORTRAIT_CLOCK": "event",
            "PORTRAIT_CURRENCY": " GBP ",
            "PORTRAIT_RATES": str(rates),
            "PORTRAIT_SHOP": str(shop),
            "PORTRAIT_RISK": str(risk),
            "PORTRAIT_IDEMPOTENCE": "OFF",
            "PORTRAIT_SWEEP_S": "0.5",
            "PORTRAIT_REFERENCE_S": "86400",
            "PORTRAIT_SESSION_TIMEOUT_S": "30",
            "PORTRAIT_BATCH_RECORDS": "500",
            "PORTRAIT_CACHE_CUSTOMERS": "7",
            "PORTRAIT_WEB_HOST": "0.0.0.0",
            "PORTRAIT_WEB_PORT": "0",
            "PATH": "/bin",
        }
    )
    assert settings == Settings(
        kafka="a:9092,b:9093",
        redis="rediss://user:word@example.org:6380/3",
        namespace="shop-1",
        topic_prefix="shop.",
        partitions=12,
        replication=3,
        clock="event",
        currency="GBP",
        rates=rates,
        shop=shop,
        risk=risk,
        idempotence=False,
        sweep_s=0.5,
        reference_s=86_400.0,
        session_timeout_s=30.0,
        batch_records=500,
        cache_customers=7,
        web_host="0.0.0.0",
        web_port=0,
    )
    assert settings.group == "shop-1-workers"
    assert settings.topic("clicks") == "shop.clicks"


@pytest.mark.parametrize(("text", "value"), [("on", True), ("off", False), ("auto", None)])
def test_idempotence_is_on_off_or_left_to_the_broker(text, value):
    assert load({"PORTRAIT_IDEMPOTENCE": text}).idempotence is value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PORTRAIT_KAFKA", "localhost"),
        ("PORTRAIT_KAFKA", ":9092"),
        ("PORTRAIT_KAFKA", "a:9092,"),
        ("PORTRAIT_KAFKA", "a:port"),
        ("PORTRAIT_KAFKA", "a:99999"),
        ("PORTRAIT_REDIS", "localhost:6379"),
        ("PORTRAIT_REDIS", "http://localhost"),
        ("PORTRAIT_REDIS", "redis://"),
        ("PORTRAIT_REDIS", "redis://[::1"),
        ("PORTRAIT_REDIS", "redis://localhost:port/0"),
        ("PORTRAIT_NAMESPACE", "a:b"),
        ("PORTRAIT_NAMESPACE", "x" * 101),
        ("PORTRAIT_TOPIC_PREFIX", "a/b"),
        ("PORTRAIT_PARTITIONS", "0"),
        ("PORTRAIT_PARTITIONS", "-4"),
        ("PORTRAIT_PARTITIONS", "four"),
        ("PORTRAIT_PARTITIONS", "2.5"),
        ("PORTRAIT_PARTITIONS", "nan"),
        ("PORTRAIT_PARTITIONS", "1e999"),
        ("PORTRAIT_REPLICATION", "0"),
        ("PORTRAIT_CLOCK", "sundial"),
        ("PORTRAIT_CLOCK", "WALL"),
        ("PORTRAIT_CURRENCY", "usd"),
        ("PORTRAIT_CURRENCY", "EURO"),
        ("PORTRAIT_RATES", "/no/such/file.json"),
        ("PORTRAIT_RATES", "/"),
        ("PORTRAIT_SHOP", "/no/such/file.yaml"),
        ("PORTRAIT_IDEMPOTENCE", "maybe"),
        ("PORTRAIT_SWEEP_S", "0"),
        ("PORTRAIT_SWEEP_S", "inf"),
        ("PORTRAIT_SESSION_TIMEOUT_S", "soon"),
        ("PORTRAIT_REFERENCE_S", "0.9"),
        ("PORTRAIT_REFERENCE_S", "86401"),
        ("PORTRAIT_BATCH_RECORDS", "0"),
        ("PORTRAIT_CACHE_CUSTOMERS", "-1"),
        ("PORTRAIT_WEB_PORT", "65536"),
        ("PORTRAIT_WEB_PORT", "-1"),
    ],
)
def test_value_that_is_not_usable_stops_the_start_and_names_its_variable(variable, text):
    with pytest.raises(Fatal) as caught:
        load({variable: text})
    message = str(caught.value)
    assert message.startswith(f"{variable}={text!r} is not usable: ")
    assert VARIABLES[variable][1] in message
