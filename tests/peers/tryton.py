"""A real Tryton as a host: its environment, a database made once for all tests, and copies of it for each.

With ``DB_CACHE``, a folder, the database is kept from run to run of the same day: making it takes longer than all else.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codeblocks import ROOT
from environments import the_wheel

from peers.hosts import host_environment

HERE = Path(__file__).parent
DATABASE = "shop"
MODULE = ROOT / "shop_plugins" / "inkasso_shop_plugins" / "tryton"
INKASSO = """
[inkasso]
database = "sqlite:///inkasso.db"

[creditors.firm]
name = "Beispiel Handel GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"
input_vat_deductible = true

[accounts.trial]
agency = "dummy"
creditor = "firm"

[accounts.trial.settings]
ledger = "ledger.jsonl"

{accounts}

[shops.erp]
plugin = "tryton"
creditor = "firm"
account = "trial"

[shops.erp.settings]
config = "trytond.conf"
database = "{database}"
names = "first last"
unmarked = "person"
agency_journals = ["INK"]

[shops.erp.settings.assertion]
due_date_origin = "contract"
concluded_on = "invoice_date"
performed = true
"""
"""The ``inkasso.toml`` of a business: ``accounts`` are more of them, ``database`` is Tryton's."""
_LONGEST = 400
_BEGIN = "from tryton_town import *\ntown = open_town('trytond.conf', '{name}')\n"


@dataclass(frozen=True)
class TrytonHost:
    """The environment with Tryton and the inkasso wheel, and a database that nobody changes."""

    python: Path
    template: Path


def make_host(folder: Path) -> TrytonHost:
    """Make the environment and the database; skips where Tryton's packages are missing."""
    python = host_environment("tryton", folder, the_wheel(folder))
    kept = Path(os.environ["DB_CACHE"]) / f"tryton-{_digest()}.sqlite" if os.environ.get("DB_CACHE") else None
    place = folder / "template"
    place.mkdir()
    template = place / "base.sqlite"
    if kept is not None and kept.exists():
        shutil.copy(kept, template)
        return TrytonHost(python, template)
    template.touch()
    write_config(place)
    host = TrytonHost(python, template)
    make_database(host, place, "base", "sale")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(template, kept)
    return host


def _digest() -> str:
    """What the database depends on: the module, the business, the packages, and the day that its bookings count from."""
    import datetime as dt

    parts = [dt.date.today().isoformat().encode()]  # noqa: DTZ011  (as Tryton counts)
    parts += [path.read_bytes() for path in sorted(MODULE.rglob("*")) if path.suffix in {".py", ".xml", ".cfg", ".po"}]
    parts += [(HERE / name).read_bytes() for name in ("tryton_town.py", "tryton.txt")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def make_database(host: TrytonHost, folder: Path, name: str, *modules: str) -> None:
    """Make the business, with these modules besides, in a database of the server that ``trytond.conf`` names."""
    _run([host.python, HERE / "tryton_town.py", folder / "trytond.conf", name, *modules], folder)


def write_config(folder: Path, *, uri: str = "sqlite://", **sections: Mapping[str, object]) -> None:
    """Write a ``trytond.conf``."""
    parts = {"database": {"uri": uri, "path": folder}, **sections}
    lines = [line for name, values in parts.items() for line in (f"[{name}]", *(f"{key} = {value}" for key, value in values.items()))]
    (folder / "trytond.conf").write_text("\n".join(lines) + "\n", "utf-8")


@dataclass
class Shop:
    """A business of its own: a folder with ``trytond.conf``, the database, and an ``inkasso.toml``."""

    host: TrytonHost
    folder: Path
    name: str = DATABASE
    variables: dict[str, str] = field(default_factory=dict)

    def play(self, script: str, *, code: int = 0) -> Any:
        """Run lines of Python with ``town`` in a process of its own, which must end with ``code``; return the JSON of its last line."""
        source = _BEGIN.format(name=self.name) + script
        done = _run([self.host.python, "-c", source], self.folder, code=code, variables=self.variables)
        return json.loads(done.splitlines()[-1]) if code == 0 and done.strip() else done

    def inkasso(self, *arguments: str) -> str:
        """Run the command ``inkasso`` in the environment of Tryton; return its JSON."""
        return _run([self.host.python.parent / "inkasso", *arguments, "--json"], self.folder, variables=self.variables)

    def claim(self, ref: str | None = None) -> dict[str, Any]:
        """Return the claim of that name, or the only one."""
        claims = [json.loads(line) for line in self.inkasso("claims").splitlines()]
        (found,) = [claim for claim in claims if ref in (None, claim["ref"])]
        return dict(found)

    def program(self, module: str, *arguments: str) -> list[str]:
        """Return the command of one of Tryton's own programs, for this database."""
        return [str(self.host.python), "-m", module, "-c", str(self.folder / "trytond.conf"), "-d", self.name, *arguments]

    def relay(self, *arguments: str, code: int = 0) -> str:
        """Run the command that relays."""
        command = [self.host.python, "-m", "inkasso_shop_plugins.tryton", "-c", "trytond.conf", "-d", self.name, *arguments]
        return _run(command, self.folder, code=code, variables=self.variables)


def _run(command: Sequence[str | Path], folder: Path, *, code: int = 0, variables: Mapping[str, str] | None = None) -> str:
    """Run a program and return what it prints; it must end with ``code``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKASSO_", "PYTHON", "TRYTON"))}
    environment |= {"PYTHONPATH": str(HERE), "XDG_CACHE_HOME": str(folder / "cache"), **(variables or {})}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=_LONGEST
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout
