"""The ear itself: silence proves something only where every sound would have been heard."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
from markers import MARKS, NAME, Ear, document, listening, marked
from world import world


def test_every_kind_of_personal_data_is_marked() -> None:
    text = str(document()).casefold()
    assert [mark for mark in MARKS if mark not in text and mark != "17.07.1977"] == []


def _say(kind: str, ear: Ear) -> None:
    match kind:
        case "log":
            logging.getLogger("somewhere.deep").debug("about %s", NAME)
        case "warning":
            warnings.warn(f"about {NAME}", stacklevel=1)
        case "repr":
            ear.listen("here", {"name": NAME})
        case "cause":
            with ear.refusals("here", RuntimeError):
                _raise_chained()


def _raise_chained() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as exc:
        raise RuntimeError("something broke") from exc


@pytest.mark.parametrize("kind", ["log", "warning", "repr", "cause"])
def test_the_ear_hears(kind: str) -> None:
    with pytest.raises(AssertionError, match="zzmark"), listening() as ear:
        _say(kind, ear)


def test_the_ear_looks_into_every_table_but_the_vault(tmp_path: Path) -> None:
    with world(tmp_path) as town:
        town.report(marked(payment_method=NAME))
        with pytest.raises(AssertionError, match="table claim: zzmark"), listening() as ear:  # noqa: PT012
            town.report(marked("A-2", source=marked().source.model_copy(update={"order": "A-2", "vendor": NAME})))
            ear.look_at(tmp_path)
