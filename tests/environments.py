"""New environments for the tests of what is shipped: the inkasso wheel and strangers' distributions in them, nothing of the checkout.

Such an environment sees what inkasso depends on, lent by the one that runs the tests, but not the inkasso of that one.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from codeblocks import ROOT


class Installation(NamedTuple):
    """An environment, and a working directory with an ``inkasso.toml``."""

    python: Path
    folder: Path
    cache: Path
    secrets: dict[str, str]
    """Variables of the environment whose values no program may print."""

    def run(self, *command: str | Path, folder: Path | None = None) -> str:
        """Run a program of the environment, which must succeed and complain of nothing; return what it prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKASSO_", "PYTHON"))}
        environment |= {**self.secrets, "XDG_CACHE_HOME": str(self.cache), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            list(map(str, command)), cwd=folder or self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        assert not any(secret in done.stdout for secret in self.secrets.values())
        return done.stdout

    def program(self, source: str, *arguments: str) -> Any:
        """Run Python in isolation from the checkout and the user's own packages; return its JSON."""
        return json.loads(self.run(self.python, "-I", "-W", "error", "-c", source, *arguments))

    def inkasso(self, *arguments: str | Path) -> Any:
        """Run the command ``inkasso``; return its JSON."""
        return json.loads(self.run(self.python.parent / "inkasso", *arguments, "--json"))


def the_wheel(folder: Path) -> Path:
    """Return the wheel that `make test` built (INKASSO_TEST_WHEEL), else a new one."""
    given = os.environ.get("INKASSO_TEST_WHEEL")
    return Path(given) if given else build_wheel(ROOT, folder)


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of a project and return it."""
    command = [sys.executable, "-P", "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return max(folder.glob("*.whl"), key=lambda path: path.stat().st_mtime_ns)


def new_environment(folder: Path, distributions: Iterable[Path], *, host: Path | None = None) -> Path:
    """Make an environment below ``folder``, install wheels and projects into it by pip, and return its interpreter.

    ``host`` is another environment's site-packages, whose packages it sees before those that are lent.
    """
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    _lend_dependencies(environment, folder / "lent", host)
    interpreter = environment / "bin" / "python"
    install(interpreter, distributions)
    return interpreter


def install(interpreter: Path, distributions: Iterable[Path]) -> None:
    """Install wheels and projects, and nothing that they depend on."""
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "--python", str(interpreter), "install", *options, *map(str, distributions)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _lend_dependencies(environment: Path, lender: Path, host: Path | None) -> None:
    """Let the environment see what is installed here, but for inkasso: nothing has to be downloaded again."""
    lender.mkdir()
    for key in ("purelib", "platlib"):
        for entry in Path(sysconfig.get_path(key)).iterdir():
            shown = lender / entry.name
            if not entry.name.lower().startswith(("inkasso", "_editable_impl_inkasso")) and entry.suffix != ".pth" and not shown.exists():
                shown.symlink_to(entry, target_is_directory=entry.is_dir())
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text("".join(f"{path}\n" for path in (host, lender) if path), "utf-8")
