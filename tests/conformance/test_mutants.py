"""Adapters that are wrong in one way each are caught by the check that is about it: the kit is run on them as by a stranger."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from conformance.mutants import MUTANTS
from lxml import etree

TESTS = Path(__file__).parents[1]
MODULE = """
from conformance.mutants import MUTANTS
globals().update({f"Test{name}": type(f"Test{name}", (mutant.case,), {}) for name, mutant in MUTANTS.items()})
"""
POINTS = """[inkasso.agencies]
acme-inkasso = conformance.acmes.small:AcmeAgency
acme-soap = conformance.acmes.soap:AcmeSoap
"""
SLOW = "not time-out and not drips"


class Run:
    """What the kit said of every mutant."""

    def __init__(self, report: Path) -> None:
        self.failed: dict[str, dict[str, str]] = {}
        """Mutant -> check -> what was said of it."""
        self.passed: dict[str, set[str]] = {}
        for case in etree.parse(report).iter("testcase"):
            mutant, check = case.get("classname", "").rpartition(".Test")[2], case.get("name", "").partition("[")[0]
            trouble = [*case.iter("failure"), *case.iter("error")]
            if trouble:
                self.failed.setdefault(mutant, {})[check] = trouble[0].get("message", "")
            elif case.find("skipped") is None:
                self.passed.setdefault(mutant, set()).add(check)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("mutants")
    point = folder / "inkasso_acme-1.0.dist-info"
    point.mkdir()
    (point / "METADATA").write_text("Metadata-Version: 2.1\nName: inkasso-acme\nVersion: 1.0\n", "utf-8")
    (point / "entry_points.txt").write_text(POINTS, "utf-8")
    (folder / "test_mutants_of_acme.py").write_text(MODULE, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\nfilterwarnings = error\n", "utf-8")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", SLOW, f"--junitxml={report}", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(TESTS), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, cwd=folder, env=_without_pytest(environment), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    return Run(report)


def _without_pytest(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught_by_the_check_that_is_about_it(run: Run, name: str) -> None:
    assert set(run.failed.get(name, {})) == MUTANTS[name].caught_by
    assert run.passed[name]


def test_a_right_entry_point_is_seen(run: Run) -> None:
    assert "test_the_entry_point_bears_the_name" in run.passed["RightEntryPoint"]


def test_strangers_see_what_was_wrong(run: Run) -> None:
    said = run.failed["WrongEntryPoint"]["test_the_entry_point_bears_the_name"]
    assert "acme-inkasso" in said
    assert "called 'acme-inkasso', the class 'acme'" in said
    assert "assert ['acme-inkasso'] == ['acme']" in said, "without the rewriting of assertions they would see a bare AssertionError"
