"""How `portrait up` tells to call the other commands."""

import sys

from stream.cli.up import called


def test_a_command_is_called_again_by_the_path_that_it_was_called_by() -> None:
    assert called(".venv-of-mine/bin/portrait") == ".venv-of-mine/bin/portrait"
    assert called("/a b/portrait") == "'/a b/portrait'"


def test_a_module_is_called_again_as_a_module() -> None:
    assert called("/somewhere/stream/__main__.py") == f"{sys.executable} -m stream"
