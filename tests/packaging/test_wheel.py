"""What is shipped: the wheel's content, and that it is the wheel that the tests see."""

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE_FOLDERS = {
    "inkasso_core": ROOT / "inkasso_core",
    "inkasso_adapters": ROOT / "adapters" / "inkasso_adapters",
    "inkasso_shop_plugins": ROOT / "shop_plugins" / "inkasso_shop_plugins",
}
GROUPS = {"inkasso.agencies", "inkasso.engines", "inkasso.plugins", "console_scripts", "trytond.modules"}
OWN_ENTRY_POINTS = list(importlib.metadata.distribution("inkasso").entry_points)

installed = pytest.mark.skipif(
    os.environ.get("INKASSO_TEST_INSTALLED") != "1",
    reason="INKASSO_TEST_INSTALLED=1 is not set: this run may use the checkout (make test uses the wheel)",
)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel that `make test` built (INKASSO_TEST_WHEEL), else a new one."""
    given = os.environ.get("INKASSO_TEST_WHEEL")
    with zipfile.ZipFile(given or build(tmp_path_factory.mktemp("wheel"))) as archive:
        yield archive


def build(folder: Path) -> Path:
    command = [sys.executable, "-P", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def names(wheel: zipfile.ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if not name.endswith("/")}


def metadata_folder(names: set[str]) -> str:
    return next(PurePosixPath(name).parts[0] for name in names if name.endswith(".dist-info/METADATA"))


def test_top_level_names_are_exactly_ours(names: set[str]) -> None:
    assert {PurePosixPath(name).parts[0] for name in names} == {*PACKAGE_FOLDERS, metadata_folder(names)}


@pytest.mark.parametrize("package", PACKAGE_FOLDERS)
def test_the_wheel_holds_every_file_of_the_package(package: str, names: set[str]) -> None:
    folder = PACKAGE_FOLDERS[package]
    expected = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith(f"{package}/")} == expected


@pytest.mark.parametrize("package", PACKAGE_FOLDERS)
def test_types_are_shipped(package: str, names: set[str]) -> None:
    assert f"{package}/py.typed" in names


def test_the_licence_is_in_and_named(wheel: zipfile.ZipFile, names: set[str]) -> None:
    text = wheel.read(f"{metadata_folder(names)}/licenses/LICENSE").decode()
    assert text == (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License")
    assert "\nLicense-Expression: MIT\n" in wheel.read(f"{metadata_folder(names)}/METADATA").decode()


def test_no_tests_documentation_or_benchmarks_are_shipped(names: set[str]) -> None:
    unwanted = {"tests", "docs", "benchmarks", "conftest.py", "Makefile"}
    assert [name for name in sorted(names) if unwanted.intersection(PurePosixPath(name).parts)] == []


def test_the_wheel_declares_the_entry_points_that_are_tested_here(wheel: zipfile.ZipFile, names: set[str]) -> None:
    parser = ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    parser.read_string(wheel.read(f"{metadata_folder(names)}/entry_points.txt").decode())
    declared = {(group, name, value) for group in parser.sections() for name, value in parser[group].items()}
    assert {group for group, _, _ in declared} == GROUPS
    assert {(point.group, point.name, point.value) for point in OWN_ENTRY_POINTS} == declared


@pytest.mark.parametrize("point", OWN_ENTRY_POINTS, ids=lambda point: f"{point.group}:{point.name}")
def test_every_own_entry_point_loads(point: importlib.metadata.EntryPoint) -> None:
    assert point.load() is not None


@installed
@pytest.mark.parametrize("package", PACKAGE_FOLDERS)
def test_this_run_sees_the_installed_package(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(sysconfig.get_path("purelib"))


@installed
def test_programs_started_in_the_checkout_see_the_installed_package_too() -> None:
    program = "import inkasso_core; print(inkasso_core.__file__)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(sysconfig.get_path("purelib"))
