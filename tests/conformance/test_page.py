"""The page about the kit: its example is run as a stranger would run it, and its tables name what there is."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from codeblocks import DOCS, blocks

from inkasso_core.testing import AgencyConformance, Fault, FileConformance, ShopConformance
from inkasso_core.testing.common import AdapterConformance

PAGE = "docs/conformance.md"
TEXT = (DOCS / "conformance.md").read_text("utf-8")
MOST_LINES = 6


def checks(case: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(case, inspect.isfunction) if name.startswith("test_")}


def test_the_smallest_test_file_is_enough(tmp_path: Path) -> None:
    adapter, tests = (block.text for block in blocks(PAGE, "python")[:2])
    assert len([line for line in tests.splitlines() if line and not line.startswith("#")]) < MOST_LINES
    (tmp_path / "inkasso_acme.py").write_text(adapter, "utf-8")
    (tmp_path / "test_acme.py").write_text(f"from inkasso_acme import AcmeAgency\n{tests}", "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    found = re.search(r"(\d+) passed, (\d+) skipped", done.stdout)
    assert found is not None
    assert int(found[1]) > 40
    assert int(found[1]) > 3 * int(found[2])


@pytest.mark.parametrize("name", sorted(checks(AdapterConformance) | checks(AgencyConformance) | checks(ShopConformance)))
def test_every_check_is_said_in_words_first(name: str) -> None:
    assert f"`{name}`" in TEXT


def test_no_other_check_is_promised() -> None:
    known = checks(AgencyConformance) | checks(FileConformance) | checks(ShopConformance)
    promised = set(re.findall(r"`(test_\w+)`", TEXT))
    assert promised - known == set()


def test_every_attribute_is_explained() -> None:
    told = set(re.findall(r"`(\w+)`", TEXT))
    attributes = {name for case in (AdapterConformance, AgencyConformance) for name in inspect.get_annotations(case)}
    assert attributes - told == set()


def test_the_faults_are_all_there() -> None:
    """In the words of the page: every error of the table is named, and the table of the kit has no other."""
    assert len(set(Fault)) == 19
    for word in ("refused", "time-out", "drips", "cut", "half", "lost", "401", "403", "429", "500", "503", "redirect", "HTML", "empty"):
        assert word in TEXT.partition("### When something goes wrong")[2].partition("##")[0]
