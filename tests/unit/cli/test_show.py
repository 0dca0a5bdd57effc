"""How a document is laid out."""

import json

from stream.cli.show import indented


def test_numbers_share_a_line_and_everything_else_has_its_own() -> None:
    document = {"hours": [1, 2.5, -3], "names": ["a [\n 1\n]", "b"], "none": [], "in": [[1], [2]]}
    text = indented(json.dumps(document).encode()).decode()
    assert json.loads(text) == document
    assert '  "hours": [1, 2.5, -3],\n' in text
    assert '    "b"\n' in text
