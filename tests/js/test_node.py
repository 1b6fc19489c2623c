"""The page's unit tests under node's own runner; skipped, and said so, where node is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.parametrize("test", TESTS, ids=[path.name for path in TESTS])
def test_modules_of_the_page(test: Path) -> None:
    """Parsing, layout, pointers, numbers and shapes do what their tests say."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine (apt-get install nodejs): NOT tested")
    done = subprocess.run([node, "--test", str(test)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
