"""What breaks: envelopes, pages, limits. Nothing of an answer is repeated, and the next poll goes on."""

import logging

import pytest
from world import NOON

from inkasso_core import ConfigurationError, DeliveryRefused, InkassoError, InvalidInput, Level, ShopRequest, TemporarilyUnavailable

from .conftest import FIELDS, PUSH, Opened, Town, Waits
from .stand_in import BAD, BUSY, CUSTOMERS, CUT, DOCUMENTS, FAILED, HTML, PING, SECRET, Reply, StandIn


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (FAILED, TemporarilyUnavailable),
        (HTML, TemporarilyUnavailable),
        (BAD, ConfigurationError),
        (CUT, TemporarilyUnavailable),
        (Reply(500, b"Erika Beispiel"), TemporarilyUnavailable),
        (Reply(502, b"<html>", kind="text/html"), TemporarilyUnavailable),
        (Reply(302, b"", (("Location", "/login"),)), ConfigurationError),
        (Reply(404, b""), ConfigurationError),
        (Reply(200, b"[]"), TemporarilyUnavailable),
        (Reply(200, b'{"success": true, "data": {"id": 1}}'), TemporarilyUnavailable),
        (Reply(200, b'{"success": true, "data": ["Erika Beispiel"]}'), TemporarilyUnavailable),
        (Reply(200, b"\xff\xfe{"), TemporarilyUnavailable),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whatever_is_no_answer_ends_the_poll_and_the_next_one_goes_on(
    town: Town, actindo: StandIn, reply: Reply, kind: type[InkassoError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    actindo.overdue(100)
    actindo.next[DOCUMENTS] = [reply]
    problem = town.look().problem
    assert type(problem) is kind
    assert "Beispiel" not in problem.text.de + problem.text.en + caplog.text
    town.poll()
    assert town.refs() == ["shop:100"]


def test_what_breaks_at_the_customers_stores_no_claim_without_its_locks(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    actindo.customer(reminderLock=True)
    actindo.next[CUSTOMERS] = [FAILED]
    assert town.look().problem is not None
    assert town.refs() == []
    town.poll()
    assert town.red(100) == {"REMINDER_LOCK"}


def test_429_is_waited_for_as_told_and_not_for_ever(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100)
    waits = town.ink._context.sleep
    assert isinstance(waits, Waits)
    actindo.next[DOCUMENTS] = [BUSY, Reply(429, b"")]
    town.poll()
    assert waits.waited == [7, 10]
    assert town.refs() == ["shop:100"]
    actindo.next[DOCUMENTS] = [BUSY, BUSY, BUSY, BUSY]
    problem = town.look().problem
    assert isinstance(problem, TemporarilyUnavailable)
    assert (problem.http_status, problem.retry_after) == (429, 7)
    actindo.next[DOCUMENTS] = [Reply(429, b"", (("Retry-After", "3600"),))]
    waits.waited.clear()
    problem = town.look().problem
    assert isinstance(problem, TemporarilyUnavailable)
    assert (waits.waited, problem.retry_after) == ([], 3600)


@pytest.mark.parametrize(
    "change",
    [
        {"brutto": "1.234,56"},
        {"brutto": True},
        {"brutto": {"a": 1}},
        {"documentDate": "gestern"},
        {"documentNumber": ["Erika Beispiel"]},
        {"brutto": "9" * 30},
    ],
)
def test_a_value_that_cannot_be_read_refuses_its_claim_alone_and_names_the_path(
    town: Town, actindo: StandIn, change: dict[str, object]
) -> None:
    actindo.overdue(100, **change)
    actindo.overdue(101)
    results = town.poll().results
    assert town.refs() == ["shop:101"]
    (failed,) = [result for result in results if result.outcome == "failed"]
    assert next(iter(change)) in failed.problem.text.en
    assert all(str(value) not in failed.problem.text.en for value in change.values())
    document = next(one for one in actindo.documents if one["id"] == 100)
    document.update({"brutto": "153.99", "documentDate": "2026-03-02", "documentNumber": "RE000100"})
    actindo.notice(1004, 100, 4, created="2026-05-30 08:00:00", documentDate="2026-05-12")
    town.poll()
    assert town.refs() == ["shop:100", "shop:101"]


def test_a_huge_invoice_of_many_positions(town: Town, actindo: StandIn) -> None:
    actindo.overdue(100, positions=[{"artName": f"Artikel {number}", "menge": number} for number in range(3000)])
    town.poll()
    subject = town.claim(100).subject
    assert len(subject) < 600
    assert subject.endswith(")")


# Pushes


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ids": []}', b'{"ids": "1"}', b'{"id": null}', b'{"id": true}', b'{"id": "../x"}', b'{"ids": [1, {}]}']
)
def test_a_push_that_names_no_documents_is_refused(town: Town, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        town.ink.receive("shop", ShopRequest(headers={"X-Inkasso-Secret": PUSH}, body=body, received_at=NOON))


@pytest.mark.parametrize(
    ("headers", "path", "is_ours"),
    [
        ({"X-Inkasso-Secret": PUSH}, "", True),
        ({}, PUSH, True),
        ({}, f"{PUSH}/ma", True),
        ({}, "", False),
        ({}, "guess", False),
        ({"x-inkasso-secret": "guess"}, PUSH, False),
    ],
)
def test_a_push_shows_its_secret(town: Town, headers: dict[str, str], path: str, is_ours: bool) -> None:
    request = ShopRequest(headers=headers, path=path, body=b'{"id": 4711}', received_at=NOON)
    if is_ours:
        received, _ = town.ink.receive("shop", request)
        assert (received.status, received.wanted) == (200, ("4711",))
    else:
        with pytest.raises(DeliveryRefused):
            town.ink.receive("shop", request)


def test_without_a_secret_nothing_is_taken(opened: Opened) -> None:
    with opened(push_secret=None) as town, pytest.raises(DeliveryRefused):
        town.ink.receive("shop", ShopRequest(headers={"X-Inkasso-Secret": ""}, body=b'{"id": 1}', received_at=NOON))


# Looking from outside


def test_examine_says_what_is_there_and_what_is_not(town: Town, actindo: StandIn) -> None:
    found = {one.code for one in town.ink.examine("shop")}
    assert found == {"ACTINDO_PING", "ACTINDO_NO_DOCUMENT"}
    actindo.overdue(100)
    assert [one.code for one in town.ink.examine("shop")] == ["ACTINDO_PING", "ACTINDO_FIELDS", "ACTINDO_FIELDS"]
    assert town.refs() == []


def test_examine_names_the_paths_that_are_not_there(opened: Opened, actindo: StandIn) -> None:
    actindo.overdue(100)
    with opened(fields={**FIELDS, "level": "legacyProperties.stufe", "due_date": "faellig"}) as town:
        missing = [one for one in town.ink.examine("shop") if one.level is Level.WARN]
    assert [(one.code, one.field) for one in missing] == [("ACTINDO_FIELD", "fields.due_date"), ("ACTINDO_FIELD", "fields.level")]
    assert "legacyProperties.stufe" in missing[1].message.en
    assert "shops.shop.settings.fields" in missing[1].remedy.de


def test_examine_tells_how_to_let_it_in(opened: Opened, actindo: StandIn) -> None:
    with opened(permit=False) as town:
        (found,) = town.ink.examine("shop")
        assert (found.code, found.level) == ("ACTINDO_ACCESS", Level.BLOCK)
        assert f"{actindo.url}/Actindo.CoreModules.Auth.OAuth2.authorize?" in found.remedy.en
        assert SECRET not in found.remedy.de
    with opened() as town:
        actindo.next[PING] = [HTML]
        (found,) = town.ink.examine("shop")
        assert found.code == "ACTINDO_CALL"
    with opened(url=None) as town:
        assert [one.code for one in town.ink.examine("shop")] == ["ACTINDO_FILES"]
        assert town.poll().results == []
