"""How hard the property tests look: the same examples each time in CI, other ones elsewhere."""

import os
from typing import Any

from hypothesis import HealthCheck, settings


def pytest_configure() -> None:
    """Choose the profile; `HYPOTHESIS_PROFILE=thorough` is for a change of the core."""
    common: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    settings.register_profile("local", max_examples=100, **common)
    settings.register_profile("ci", max_examples=100, derandomize=True, **common)
    settings.register_profile("thorough", max_examples=2000, **common)
    default = "ci" if os.environ.get("CI") else "local"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", default))
