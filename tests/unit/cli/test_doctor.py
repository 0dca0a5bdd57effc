"""What the doctor says of settings."""

from stream.cli.doctor import shown, unknown_variables


def test_a_mistyped_variable_is_named_with_the_one_meant() -> None:
    env = {"PORTRAIT_KAFFKA": "h:1", "PORTRAIT_KAFKA": "h:1", "PORTRAIT_CI_RUN": "1", "HOME": "/"}
    assert unknown_variables(env) == {"PORTRAIT_KAFFKA": "; did you mean PORTRAIT_KAFKA?"}


def test_a_variable_like_no_other_is_named_alone() -> None:
    assert unknown_variables({"PORTRAIT_ZZZZZZZZZZZZZZZZ": ""}) == {"PORTRAIT_ZZZZZZZZZZZZZZZZ": ""}


def test_a_setting_is_shown_as_its_variable_would_give_it() -> None:
    assert shown("idempotence", None) == "auto"
    assert shown("idempotence", False) == "off"
    assert shown("rates", None) == "-"
