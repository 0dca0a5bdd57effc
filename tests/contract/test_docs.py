"""What is written about the project holds: links lead somewhere, and every setting is named."""

import re
from pathlib import Path

import pytest

from stream.settings import VARIABLES

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert not [target for target in local if not (page.parent / target).exists()]


def test_pages_are_found() -> None:
    assert {ROOT / "README.md", ROOT / "docs" / "tour.md", ROOT / "bench" / "README.md"} <= {*PAGES}


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_described(variable: str) -> None:
    assert f"`{variable}`" in (ROOT / "docs" / "operations.md").read_text()
