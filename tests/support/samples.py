"""Public data sets for tests that count as service tests: where CI asks for all, none may skip."""

from pathlib import Path

import pytest

from tests.support.services import unavailable
from tests.support.shared_data import shared_data


def required_sample(name: str) -> Path:
    """The sample of that name; without it the test skips, or fails where services are required."""
    try:
        return shared_data(name)
    except pytest.skip.Exception as absent:
        unavailable(str(absent))
