# ruff: noqa: S101  (what a check asserts is what it says)
"""What the checks of several classes judge by: which fault can happen, what it means, what was raised, what arrived."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from inkasso_core.agencies.base import Agency
from inkasso_core.agencies.file import FileAgency
from inkasso_core.agencies.http import HttpAgency
from inkasso_core.agencies.soap import SoapAgency
from inkasso_core.errors import AgencyError, InkassoError, OutcomeUnknown, TemporarilyUnavailable
from inkasso_core.model.agency import Placement
from inkasso_core.testing.faults import IN_TIME, MEANINGS, OF_THE_CONTENT, RETRY_AFTER, SOAP_ONLY, STATUSES, Fault
from inkasso_core.testing.reply import Received, Reply, committing
from inkasso_core.testing.sample import amounts_of, forms
from inkasso_core.testing.server import PATIENCE


def why_not(fault: Fault, agency_class: type[Agency[Any]], replies: Sequence[Reply], cannot: Mapping[Fault, str]) -> str | None:
    """Return why a fault cannot happen to a hand-over; None where it can."""
    if issubclass(agency_class, FileAgency):
        return "writes a file, sends no request"
    if fault in cannot or not replies:
        return cannot.get(fault, "there is no hand-over to play")
    answer = committing(replies)
    if fault in SOAP_ONLY and not answer.speaks_soap:
        return "speaks no SOAP"
    if fault in OF_THE_CONTENT and answer.answer is None:
        return "the content of the answer is not read"
    if fault is Fault.DRIP and not issubclass(agency_class, HttpAgency | SoapAgency):
        return "sends by itself: the time for a whole answer is its own affair"
    return None


def meaning_of(fault: Fault, agency_class: type[Agency[Any]], documented: Mapping[Fault, type[InkassoError]]) -> type[InkassoError]:
    """Return what a committing request raises when it meets the fault."""
    if fault in documented:
        return documented[fault]
    unprocessed = getattr(agency_class, "unprocessed", ())
    return TemporarilyUnavailable if STATUSES.get(fault) in unprocessed else MEANINGS[fault].committing


def rows_of_faults(reasons: Mapping[Fault, str | None]) -> list[Any]:
    """Return a test for every fault; those that cannot happen are skipped with their reason."""
    return [pytest.param(fault, id=fault.slug, marks=pytest.mark.skip(reason=why) if why else ()) for fault, why in reasons.items()]


def raised_by(call: Callable[[], object]) -> Exception:
    """Return what a call raises; fail where it raises nothing."""
    try:
        call()
    except Exception as exc:  # noqa: BLE001  (whatever an adapter raises is looked at)
        return exc
    return pytest.fail("nothing was raised: a failure counts as a yes")


@contextmanager
def in_time(fault: Fault) -> Iterator[None]:
    """Fail where the stand-in had to give up before the adapter did."""
    began = time.monotonic()
    yield
    assert fault not in IN_TIME or time.monotonic() - began < PATIENCE, f"{fault}: the adapter waits for ever"


def insist_on_meaning(error: Exception, wanted: type[InkassoError], fault: Fault) -> None:
    """Fail unless the error is the right one. An answer without any content may also raise what is no error of ours, where the adapter
    stumbles over it: the core takes that as an unknown outcome, too."""
    if fault is Fault.EMPTY and wanted is OutcomeUnknown and not isinstance(error, InkassoError):
        return
    assert type(error) is wanted, f"{fault}: raised {type(error).__name__}, wanted {wanted.__name__}"
    if isinstance(error, AgencyError):
        assert error.agency, "the error does not name the agency"
    if fault is Fault.TOO_MANY and isinstance(error, TemporarilyUnavailable):
        assert error.retry_after == RETRY_AFTER, "Retry-After was not read"


def insist_on_intact(placement: Placement, requests: Sequence[Received]) -> None:
    """Fail unless an amount of the placement arrived to the cent, and what arrived of the debtor is as it was."""
    insist_on_values(placement, arrived(requests))


def insist_on_values(placement: Placement, values: Sequence[str]) -> None:
    """Fail unless an amount of the placement is among the values to the cent, and what is there of the debtor is as it was."""
    assert any(has_amount(values, amount) for amount in amounts_of(placement)), "no amount of the placement arrived to the cent"
    debtor = placement.debtor
    whole = [debtor.person.first_name, debtor.person.last_name] if debtor.person else []
    whole += [address.street for address in debtor.addresses] + [address.city for address in debtor.addresses]
    for text in filter(None, whole):
        mark = max(re.findall("[A-Za-z]{3,}", text) or [text], key=len)
        near = [value for value in values if re.search(rf"(?<!\w){mark}", value) or (mark == text and mark in value)]
        beside = [value for value in near if "@" not in value]
        assert not beside or any(text in value for value in beside), f"{len(beside)} values hold a part of the debtor's data, changed"
    for code in filter(None, (address.postal_code for address in debtor.addresses)):
        assert code.lstrip("0") == code or code.lstrip("0") not in values, "a postal code lost its zero"


def arrived(requests: Sequence[Received]) -> list[str]:
    """Return every value that arrived."""
    return [value for request in requests for value in request.values()]


def has_amount(values: Sequence[str], amount: Decimal) -> bool:
    """Whether an amount is among the values, to the cent, in whatever form."""
    patterns = [re.compile(rf"(?<![\d.,]){re.escape(form)}(?![\d]|[.,]\d)") for form in forms(amount)]
    return any(pattern.search(value) for value in values for pattern in patterns)
