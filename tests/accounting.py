"""An agency that keeps an account of every case, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from world import Script, World, scripted, world

from inkasso_core import Ledger, NotFound, Text

WORDS = Text("Wie verlangt.", "As asked for.")


@contextmanager
def accounting(tmp_path: Path, ledgers: dict[str, Ledger | Exception], script: Script, **options: Any) -> Iterator[World]:
    """An installation whose agency keeps an account of every case."""

    class Accounting(scripted(script)):  # type: ignore[misc]
        name: ClassVar[str] = "accounting"

        def fetch_ledger(self, agency_reference: str) -> Ledger:
            script.ask("fetch_ledger", agency_reference)
            found = ledgers.get(agency_reference, NotFound(WORDS))
            if isinstance(found, Exception):
                raise found
            return found

    limits = options.pop("limits", {})
    accounts = {"agency": {"agency": "accounting", **limits}}
    with world(tmp_path, accounts=accounts, agencies={"accounting": Accounting}, script=script, **options) as town:
        yield town
