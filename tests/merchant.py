"""A merchant's folder on the disk, and the command run in it as from a shell."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import world
from typer.testing import CliRunner

from inkasso_core import Claim
from inkasso_core.cli.app import app
from inkasso_core.rules.law.laws import LAWS

SETTINGS = """
[inkasso]
language = "de"

[creditors.main]
name = "Beispiel Handel GmbH"
street = "Marktplatz"
house_number = "1"
postal_code = "34117"
city = "Kassel"

[accounts.file]
agency = "mediafinanz-file"
creditor = "main"
[accounts.file.settings]
directory = "out"

[accounts.wire]
agency = "dummy"
creditor = "main"

[shops.erp]
plugin = "canonical"
creditor = "main"
account = "file"

[shops.web]
plugin = "canonical"
creditor = "main"
account = "wire"
"""
TODAY = dt.datetime.now(dt.UTC).date()


COVERED = LAWS["DE"].base_rates.info.covers_until or dt.date.min
"""The last day that the shipped base rates cover."""


def _later_rates() -> str:
    """Base rates, invented, for half-years to come: these tests pass on whatever day they run."""
    first = COVERED + dt.timedelta(days=1)
    days = [dt.date(year, month, 1) for year in range(first.year, TODAY.year + 2) for month in (1, 7)]
    return "".join(f'"{day}" = "1.00"\n' for day in days if day >= first)


SETTINGS += f"\n[law.base_rates.DE]\n{_later_rates()}"
GERMAN = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": "de_DE.UTF-8", "INKASSO_CONFIG": None, "INKASSO_DATABASE": None, "COLUMNS": None}


@dataclass
class Ran:
    """What one call gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def records(self) -> list[Any]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Desk:
    """The merchant's folder and its command."""

    folder: Path

    def run(
        self, *arguments: str | Path, keys: str | None = None, code: int | None = None, env: dict[str, str | None] | None = None
    ) -> Ran:
        """Run the command; ``keys`` is what a person types, ``code`` the exit code that is expected."""
        result = CliRunner(env={**GERMAN, **(env or {})}).invoke(app, [str(a) for a in arguments], input=keys, catch_exceptions=False)
        ran = Ran(result.exit_code, result.stdout, result.stderr)
        assert "Traceback" not in ran.err
        assert code in (None, ran.code), f"{ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def orders(self, *claims: Claim, file: str = "orders.ndjson") -> Path:
        """Write claims as the file that a shop exports."""
        return self.lines((line(one) for one in claims), file=file)

    def lines(self, lines: Iterable[str], *, file: str = "orders.ndjson") -> Path:
        path = self.folder / file
        path.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
        return path

    def ready(self, *orders: str, shop: str = "erp", **changes: Any) -> list[str]:
        """Bring in green claims; return their refs."""
        path = self.orders(*(claim(order, **changes) for order in orders), file=f"{shop}-{orders[0]}.ndjson")
        self.run("ingest", path, "--shop", shop, code=0)
        return [f"{shop}:{order}" for order in orders]

    def running(self, *orders: str, shop: str = "erp", **changes: Any) -> list[str]:
        """Bring in green claims and release them; return their refs."""
        refs = self.ready(*orders, shop=shop, **changes)
        self.run("release", *refs, code=0)
        return refs

    def live(self, account: str, *options: str) -> None:
        """Let an account go live."""
        self.run("mandate", account, "--date", "2026-01-05", code=0)
        self.run("go-live", account, "--nothing-to-adopt", *options, code=0)

    def state(self, ref: str) -> str:
        return str(self.claims()[ref]["state"])

    def claims(self) -> dict[str, Any]:
        """All claims by their refs."""
        return {row["ref"]: row for row in self.run("claims", "--json", code=0).records}


def claim(order: str, **changes: Any) -> Claim:
    """A claim that nothing stops today."""
    return world.claim(order, as_of=TODAY, **changes)


def line(one: Claim) -> str:
    """A claim as one line of JSON, without the creditor: that one stands in the settings."""
    return one.model_dump_json(exclude_defaults=True, exclude={"creditor"})
