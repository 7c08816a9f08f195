"""A real django-oscar shop (``oscar_shop``) in an environment of its own, run as its merchant would: ``manage.py``, a server, a browser."""

import contextlib
import datetime as dt
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from peers.mediafinanz import SoapPeer
from peers.proc import free_port, need, running

PROJECT = Path(__file__).parent / "oscar_shop"
PATIENCE = 120
"""Seconds that a program may take on a slow machine."""
NOON = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
"""When the tests play: the orders of ``oscar_shop.play`` are overdue by then."""

FIRM = """
[creditors.firm]
name = "Beispiel Handel GmbH"
legal_form = "GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true

[shops.oscar]
plugin = "django"
creditor = "firm"
account = "agency"

[accounts.agency]
creditor = "firm"
"""


def configuration(agency: str = "dummy", **settings: Any) -> str:
    """Return an ``inkasso.toml`` with one shop and one account. JSON's texts, numbers and truth values are TOML's, too."""
    tables = {name: value for name, value in settings.items() if isinstance(value, dict)}
    lines = [f'{FIRM}agency = "{agency}"', "[accounts.agency.settings]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in settings.items() if name not in tables]
    for name, table in tables.items():
        lines += [f"[accounts.agency.settings.{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items())]
    return "\n".join([*lines, ""])


@dataclass
class OscarShop:
    """A shop in a folder: its database, ``inkasso.toml`` and the database of ours."""

    python: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    """What is so for all its programs besides."""
    offset: float = field(default_factory=lambda: (NOON - dt.datetime.now(dt.UTC)).total_seconds())
    """Seconds from the real time to that of our store, the same for all processes."""
    _resident: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that its programs see: nothing of the checkout but the project itself."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("INKASSO_", "PYTHON", "DJANGO_"))}
        ours = {"SHOP_FOLDER": str(self.folder), "SHOP_OFFSET": str(self.offset), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return {
            **kept,
            **ours,
            "PYTHONPATH": str(self.folder / "project"),
            "DJANGO_SETTINGS_MODULE": "oscar_shop.settings",
            **self.variables,
        }

    def run(self, *command: str, code: int | None = 0, without: tuple[str, ...] = (), **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the shop's environment, which must end with ``code`` (None: whatever)."""
        env = {name: value for name, value in {**self.environment, **variables}.items() if name not in without}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert code is None or done.returncode == code, f"{done.returncode}: {done.stdout}\n{done.stderr}"
        return done

    def manage(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run ``manage.py``, in a process of its own where it is to have other variables; returns what it prints."""
        if variables:
            done = self.run(str(self.python), "-m", "oscar_shop.manage", *arguments, code=code, **variables)
            return done.stdout + done.stderr
        found = self.do("manage", arguments=arguments)
        assert found["refused"] == bool(code), found["said"]
        return str(found["said"])

    def play(self, *actions: tuple[str, Mapping[str, Any]], code: int = 0, **variables: str) -> list[dict[str, Any]]:
        """Do something inside the shop; returns what each action returned. In a process of its own, if that is to end with ``code``."""
        if code or variables:
            done = self.run(str(self.python), "-m", "oscar_shop.play", json.dumps(actions), code=code, **variables)
            found: list[dict[str, Any]] = [] if code else json.loads(done.stdout.splitlines()[-1])
            return found
        answer = self._ask(json.dumps(actions))
        assert "broke" not in answer, answer["broke"]
        return list(answer["found"])

    def do(self, action: str, *, code: int = 0, **given: Any) -> dict[str, Any]:
        """Do one thing inside the shop."""
        return (self.play((action, given), code=code) or [{}])[0]

    def _ask(self, line: str) -> dict[str, Any]:
        """Ask the process that stays, and start it for the first question."""
        if self._resident is None:
            command = [str(self.python), "-m", "oscar_shop.play"]
            pipe = subprocess.PIPE
            with (self.folder / "play.log").open("a") as log:
                self._resident = subprocess.Popen(
                    command, cwd=self.folder, env=self.environment, stdin=pipe, stdout=pipe, stderr=log, text=True
                )
        asked, answers = self._resident.stdin, self._resident.stdout
        assert asked is not None
        assert answers is not None
        print(line, file=asked, flush=True)
        ready, _, _ = select.select([answers], [], [], PATIENCE)
        said = answers.readline() if ready else ""
        assert said, f"no answer: {(self.folder / 'play.log').read_text('utf-8')[-2000:]}"
        found: dict[str, Any] = json.loads(said)
        return found

    def close(self) -> None:
        """End the process that stays."""
        if self._resident is not None:
            with self._resident as resident:
                resident.kill()
            self._resident = None

    def inkasso(self, *arguments: str, code: int = 0, django: bool = True) -> str:
        """Run our own command in the shop's environment; without ``django``, it does not know which project it is."""
        without = () if django else ("DJANGO_SETTINGS_MODULE",)
        done = self.run(str(self.python.parent / "inkasso"), *arguments, code=code, without=without)
        return done.stdout + done.stderr

    @property
    def log(self) -> str:
        """What the shop has written into its log."""
        path = self.folder / "shop.log"
        return path.read_text("utf-8") if path.exists() else ""

    @contextlib.contextmanager
    def serving(self, **variables: str) -> Iterator[str]:
        """Serve the shop's pages; yields the address."""
        port = free_port()
        command = [str(self.python), "-m", "oscar_shop.manage", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
        env = {**self.environment, **variables}
        with running(command, port, env=env, cwd=self.folder, log=self.folder / "server.log"):
            yield f"http://127.0.0.1:{port}"

    def browse(self, url: str, *steps: tuple[Any, ...], locale: str = "de-DE") -> list[Any]:
        """Let a person do these steps in a browser; returns what each found. INKASSO_SCREENSHOTS names where pictures are kept."""
        chromium = need("chromium", "chromium")
        pictures = Path(os.environ.get("INKASSO_SCREENSHOTS") or self.folder / "screens")
        pictures.mkdir(parents=True, exist_ok=True)
        done = self.run(str(self.python), "-m", "oscar_shop.clerk", url, str(pictures), json.dumps(steps), locale, SHOP_CHROMIUM=chromium)
        found: list[Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def empty_shop(python: Path, folder: Path, **variables: str) -> OscarShop:
    """Make a shop with its tables and a clerk, and without orders; ``variables`` are so for all its programs."""
    (folder / "project").mkdir(parents=True)
    (folder / "project" / PROJECT.name).symlink_to(PROJECT, target_is_directory=True)  # beside it, modules would shadow the host's
    shop = OscarShop(python, folder, variables)
    (folder / "inkasso.toml").write_text(configuration(), "utf-8")
    shop.manage("migrate", "--run-syncdb", "--verbosity", "0")
    shop.do("clerk")
    shop.close()
    return shop


def connect(shop: OscarShop, soap: SoapPeer, portal: str) -> None:
    """Let the shop's account be a live one at mediaFinanz; there, the code 10900 means that a case was paid."""
    settings = {"transport": "soap", "portal": portal + "{case}", "statuses": {"10900": "closed_paid"}}
    (shop.folder / "inkasso.toml").write_text(configuration("mediafinanz", **soap.settings(), **settings), "utf-8")
    shop.do("open_account")


def copy_of(shop: OscarShop, folder: Path) -> OscarShop:
    """Return a shop of one's own, as another one was when no program of it ran."""
    shutil.copytree(shop.folder, folder, symlinks=True, ignore=shutil.ignore_patterns("*.log", "cache"))
    return OscarShop(shop.python, folder, shop.variables)
