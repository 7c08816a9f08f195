"""mediaFinanz over SOAP: what comes back. Feeds, statuses, money, messages; one, many and none of everything."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from peers.mediafinanz import SoapPeer
from placements import placement
from raw import answer, serving

from inkasso_adapters.mediafinanz import MediafinanzSoap
from inkasso_core import AgencyStatus, ClaimRejected, Feed, FeedKind, Outcome, OutcomeUnknown, Sender, TemporarilyUnavailable

Made = Callable[..., MediafinanzSoap]


@pytest.fixture
def adapter(over_soap: Made) -> MediafinanzSoap:
    return over_soap()


@pytest.fixture
def case(adapter: MediafinanzSoap) -> str:
    return str(adapter.submit(placement()).agency_reference)


def change(case: str, code: int = 10210, **more: Any) -> dict[str, Any]:
    return {"fileNumber": case, "statusCode": code, "statusName": f"Fall {code} für Groß", "time": "2026-06-03T10:00:00", **more}


def message(case: str, text: str = "Bitte um Rückruf – Grüße") -> dict[str, Any]:
    return {"fileNumber": case, "invoiceNumber": "RE-2026-0815", "text": text, "time": "2026-06-03T11:00:00"}


# Status of one


def test_a_status_keeps_code_text_and_answer(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.change(lambda state: state["live"]["claims"][case].update(code=10210, text="Forderung von Ihnen storniert", details="am 3. März"))
    report = adapter.fetch_status(case)
    assert (report.status, report.reason, report.agency_status) == (AgencyStatus.RECALLED, Outcome.RECALLED_BY_CREDITOR, "10210")
    assert report.agency_text == "Forderung von Ihnen storniert\nam 3. März"
    assert "am 3. März" in report.raw


def test_a_status_without_details_and_of_an_unknown_code_is_no_error(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.change(lambda state: state["live"]["claims"][case].update(code=77777, text="Änderung"))
    report = adapter.fetch_status(case)
    assert (report.status, report.agency_status, report.agency_text) == (AgencyStatus.UNKNOWN, "77777", "Änderung")


def test_a_case_that_the_agency_does_not_know_is_refused(adapter: MediafinanzSoap) -> None:
    with pytest.raises(ClaimRejected):
        adapter.fetch_status("40000099999")


# The feed


def ids(feed: Feed) -> list[str]:
    return [entry.entry_id for entry in feed.entries]


def test_an_empty_feed_has_nothing_to_acknowledge(adapter: MediafinanzSoap) -> None:
    assert adapter.fetch_feed(None) == Feed()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_one_or_many_changes_and_messages_are_one_feed(soap: SoapPeer, adapter: MediafinanzSoap, case: str, count: int) -> None:
    soap.tell("changes", *(change(case, 10201 + n) for n in range(count)))
    soap.tell("messages", *(message(case, f"Nachricht {n}: Grüße") for n in range(count)))
    feed = adapter.fetch_feed(None)
    assert [entry.kind for entry in feed.entries] == [FeedKind.STATUS] * count + [FeedKind.MESSAGE] * count
    assert [entry.report.agency_status for entry in feed.entries if entry.report] == [str(10201 + n) for n in range(count)]
    assert [entry.text for entry in feed.entries[count:]] == [f"Nachricht {n}: Grüße" for n in range(count)]
    assert {entry.agency_reference for entry in feed.entries} == {case}
    assert len(set(ids(feed))) == 2 * count


def test_what_is_not_acknowledged_comes_again_under_the_same_ids(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.tell("changes", change(case))
    soap.tell("messages", message(case))
    first, second = adapter.fetch_feed(None), adapter.fetch_feed(None)
    assert ids(first) == ids(second)
    assert len(first.entries) == 2
    adapter.acknowledge(str(second.token))
    assert adapter.fetch_feed(None) == Feed()
    assert soap.state()["live"]["committed"] == ["changes-1", "messages-1"]


def test_what_arrives_between_fetch_and_acknowledgement_is_kept(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.tell("changes", change(case))
    feed = adapter.fetch_feed(None)
    soap.tell("changes", change(case, 10201))
    adapter.acknowledge(str(feed.token))
    (entry,) = adapter.fetch_feed(None).entries
    assert entry.report is not None
    assert entry.report.agency_status == "10201"


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("survivors", [0, 1, 2])
def test_a_process_killed_amid_an_acknowledgement_loses_and_doubles_nothing(
    soap: SoapPeer, over_soap: Made, case: str, survivors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries are stored by their ids, as the core does; ``survivors`` is how many commits get through."""
    soap.tell("changes", change(case), change("40000077777", 10201))
    soap.tell("messages", message(case))
    stored: dict[str, Any] = {}
    first = over_soap()
    feed = first.fetch_feed(None)
    stored.update({entry.entry_id: entry for entry in feed.entries})
    call, done = first.call, iter(range(3))

    def dies(operation: str, *args: Any, **more: Any) -> Any:
        if next(done) >= survivors:
            raise Killed
        return call(operation, *args, **more)

    monkeypatch.setattr(first, "call", dies)
    if survivors < 2:
        with pytest.raises(Killed):
            first.acknowledge(str(feed.token))
    else:
        first.acknowledge(str(feed.token))
    again = over_soap()
    feed = again.fetch_feed(None)
    assert len(feed.entries) == {0: 3, 1: 1, 2: 0}[survivors]
    assert set(ids(feed)) <= set(stored)
    if feed.token:
        again.acknowledge(feed.token)
    assert again.fetch_feed(None) == Feed()
    assert len(stored) == 3


def test_a_token_that_was_committed_already_is_no_loss(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.tell("changes", change(case))
    token = str(adapter.fetch_feed(None).token)
    adapter.acknowledge(token)
    with pytest.raises(TemporarilyUnavailable):
        adapter.acknowledge(token)


def test_one_commit_that_is_refused_does_not_keep_the_other_back(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.tell("changes", change(case))
    soap.tell("messages", message(case))
    token = str(adapter.fetch_feed(None).token)
    adapter._call("commitTransaction", "changes-1")
    with pytest.raises(TemporarilyUnavailable):
        adapter.acknowledge(token)
    assert adapter.fetch_feed(None) == Feed()


def test_entries_of_cases_that_nobody_knows_are_delivered_like_any_other(soap: SoapPeer, adapter: MediafinanzSoap) -> None:
    soap.tell("changes", change("40000077777"), change("4294967295", 12345))
    soap.tell("messages", message("40000088888"))
    feed = adapter.fetch_feed(None)
    assert [entry.agency_reference for entry in feed.entries] == ["40000077777", "4294967295", "40000088888"]
    assert [entry.report.status for entry in feed.entries if entry.report] == [AgencyStatus.RECALLED, AgencyStatus.UNKNOWN]


def test_what_a_change_says_is_kept_unchanged(soap: SoapPeer, adapter: MediafinanzSoap, case: str) -> None:
    soap.tell("changes", change(case, closingReasonExplanation="Schuldner verzogen", closingReasonNote="Straße unbekannt"))
    (entry,) = adapter.fetch_feed(None).entries
    assert entry.text == "Fall 10210 für Groß\nSchuldner verzogen\nStraße unbekannt"
    assert entry.raw["closingReasonNote"] == "Straße unbekannt"
    assert entry.at is not None
    assert entry.at.isoformat() == "2026-06-03T08:00:00+00:00"


# Money, messages, history


def payouts(count: int) -> list[dict[str, str]]:
    return [{"date": f"2026-06-{n:02}", "total": f"{n}0.55", "payoutNumber": f"P-{n}"} for n in range(1, count + 1)]


@pytest.mark.parametrize("count", [None, 0, 1, 3])
def test_a_ledger_has_its_payouts_be_they_absent_one_or_many(
    soap: SoapPeer, adapter: MediafinanzSoap, case: str, count: int | None
) -> None:
    if count is not None:
        soap.change(lambda state: state["live"]["claims"][case].update(payouts=payouts(count)))
    ledger = adapter.fetch_ledger(case)
    assert (ledger.claimed, ledger.collected, ledger.outstanding, ledger.paid_out) == tuple(
        map(Decimal, ("231.49", "80.00", "151.49", "60.00"))
    )
    assert [(str(p.amount), str(p.on), p.number) for p in ledger.payouts] == [
        (f"{n}0.55", f"2026-06-{n:02}", f"P-{n}") for n in range(1, (count or 0) + 1)
    ]
    assert "currentPayout" in ledger.raw


@pytest.mark.parametrize("count", [0, 1, 2])
def test_payouts_of_the_account(soap: SoapPeer, adapter: MediafinanzSoap, count: int) -> None:
    soap.change(lambda state: state["live"].update(payouts=payouts(count)))
    assert [str(payout.amount) for payout in adapter.fetch_payouts()] == [f"{n}0.55" for n in range(1, count + 1)]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_messages_come_oldest_first_and_nobody_guesses_who_wrote(soap: SoapPeer, adapter: MediafinanzSoap, case: str, count: int) -> None:
    said = [{"sender": "x", "time": f"2026-06-0{9 - n}T10:00:00", "text": f"Größe {n}"} for n in range(count)]
    soap.change(lambda state: state["live"]["claims"][case].update(said=said))
    messages = adapter.fetch_messages(case)
    assert [message.text for message in messages] == [f"Größe {n}" for n in reversed(range(count))]
    assert {message.sender for message in messages} <= {Sender.UNKNOWN}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_history_and_options_of_a_case(soap: SoapPeer, adapter: MediafinanzSoap, case: str, count: int) -> None:
    lines = [{"time": "2026-06-03T10:00:00", "subject": f"Mahnung {n} geprüft"} for n in range(count)]
    options = ["close", "longTermObservation"][:count]
    soap.change(lambda state: state["live"]["claims"][case].update(history=lines, options=options))
    history = adapter.fetch_history(case)
    assert [(entry.subject, entry.details) for entry in history] == [(f"Mahnung {n} geprüft", None) for n in range(count)]
    assert all("geprüft" not in repr(entry) for entry in history)
    assert adapter.fetch_options(case) == tuple(options)


# Answers that no WSDL foresees

ENVELOPE = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r>{}</r></e:Body></e:Envelope>'


@pytest.fixture
def said(soap: SoapPeer) -> Iterator[Callable[..., Any]]:
    """Call an operation of an adapter whose service answers with these contents of the response, one each."""

    def called(operation: str, *contents: str) -> Any:
        says = [answer("200 OK", ENVELOPE.format(content).encode(), "text/xml; charset=utf-8") for content in contents]
        with serving(says) as raw:
            settings = soap.settings(wsdl="reconstruction", address=raw.url, prove_login=False)
            adapter = MediafinanzSoap(MediafinanzSoap.Settings.model_validate(settings))
            arguments = {"submit": [placement()], "fetch_feed": [None], "fetch_payouts": [], "acknowledge": ['{"changes":"1"}']}
            return getattr(adapter, operation)(*arguments.get(operation, ["40000000001"]))

    return called


def test_a_feed_of_odd_entries_loses_none(said: Callable[..., Any]) -> None:
    changes = (
        "<return><transactionId>7</transactionId>"
        "<changes><fileNumber>123</fileNumber><statusCode>10210</statusCode><time>gestern</time></changes>"
        "<changes><statusCode>10210</statusCode></changes><changes>Müll</changes><changes><fileNumber>5</fileNumber></changes></return>"
    )
    messages = "<return><messages><fileNumber>123</fileNumber></messages><messages><text>ohne Akte</text></messages></return>"
    feed = said("fetch_feed", changes, messages)
    assert [entry.kind.value for entry in feed.entries] == ["status", "other", "other", "other", "other", "other"]
    assert [entry.text for entry in feed.entries] == [None, None, "Müll", None, None, "ohne Akte"]
    assert feed.entries[2].raw == "Müll"
    assert feed.token == '{"changes":"7"}'
    assert len(set(ids(feed))) == 6


def test_a_single_change_without_a_list_is_one(said: Callable[..., Any]) -> None:
    one = "<return><transactionId>7</transactionId><changes><fileNumber>9</fileNumber><statusCode>1</statusCode></changes></return>"
    (entry,) = said("fetch_feed", one, "<return/>").entries
    assert (entry.agency_reference, entry.kind) == ("9", FeedKind.STATUS)


@pytest.mark.parametrize(
    ("content", "number"),
    [
        ("<return><fileNumber>4294967295</fileNumber></return>", "4294967295"),
        ("<return><fileNumber>12345678901</fileNumber><errorList>Hinweis</errorList></return>", "12345678901"),
    ],
)
def test_a_case_number_is_a_yes_whatever_stands_beside_it(said: Callable[..., Any], content: str, number: str) -> None:
    assert said("submit", content).agency_reference == number


@pytest.mark.parametrize(
    "content", ["<return/>", "", "<return><fileNumber>0</fileNumber></return>", "<return><errorList/></return>", "<return>ja</return>"]
)
def test_an_answer_that_says_neither_yes_nor_no_is_unclear(said: Callable[..., Any], content: str) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        said("submit", content)
    assert caught.value.raw is not None


@pytest.mark.parametrize(
    "content",
    ["<return><errorList>Die Straße fehlt</errorList></return>", "<return><errorList><item>a</item><item>b</item></errorList></return>"],
)
def test_one_reason_or_a_list_of_them_is_a_no(said: Callable[..., Any], content: str) -> None:
    with pytest.raises(ClaimRejected):
        said("submit", content)


def test_payouts_in_another_form_are_not_lost_in_silence(said: Callable[..., Any]) -> None:
    with pytest.raises(TemporarilyUnavailable) as caught:
        said("fetch_payouts", "<return><item><betrag>5,00</betrag></item></return>")
    assert "5,00" in caught.value.raw


def test_a_commit_without_an_answer_is_tried_again(said: Callable[..., Any]) -> None:
    with pytest.raises(TemporarilyUnavailable):
        said("acknowledge", "<return/>")


def test_a_status_of_nothing_is_unknown(said: Callable[..., Any]) -> None:
    report = said("fetch_status", "<return/>")
    assert (report.status, report.agency_status) == (AgencyStatus.UNKNOWN, None)
