"""What must not break Tryton: our part of a transaction fails alone, and the accountant's goes on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trytond import backend
from trytond.transaction import Transaction, TransactionError

_logger = logging.getLogger(__name__)
_MARK = "inkasso"


class Outcome:
    """How a guarded part ended."""

    def __init__(self) -> None:
        self.error: Exception | None = None


@contextmanager
def guarded(what: str) -> Iterator[Outcome]:
    """Run a part of the transaction by itself: an error in it undoes this part only, and is kept in what is yielded.

    What Tryton itself answers with another try of the whole transaction (a conflict, a lock that is missing) comes through. The log
    names the kind of error only: its text may hold what a party is called.
    """
    outcome = Outcome()
    with Transaction().connection.cursor() as cursor:
        cursor.execute(f"SAVEPOINT {_MARK}")
        try:
            yield outcome
        except (TransactionError, backend.DatabaseOperationalError):
            raise
        except Exception as exc:  # noqa: BLE001  (whatever it is, the dunning run goes on; the relay looks again)
            cursor.execute(f"ROLLBACK TO SAVEPOINT {_MARK}")
            outcome.error = exc
            _logger.error("%s: %s", what, kind_of(exc))
        if backend.name != "sqlite":  # there, releasing the outermost one would commit
            cursor.execute(f"RELEASE SAVEPOINT {_MARK}")


def shown(error: Exception, language: str | None) -> str:
    """Return what people may read of an error: our own text, which holds nothing of the debtor, else only its kind."""
    read: Any = getattr(error, "read", None)
    if getattr(error, "text", None) is not None and callable(read):
        return str(read("de" if (language or "de").startswith("de") else "en"))
    return kind_of(error)


def kind_of(error: Exception) -> str:
    """Return an error's type and where in the program it happened: never its text, which may name the debtor."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else type(error).__name__
