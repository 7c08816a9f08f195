"""What an agency brings by itself may be full of the debtor's data: it lies in the vault, and is shown to whoever asks for the entry."""

from pathlib import Path

import pytest
import world
from feeding import SIGNED, News, delivered, feeding, reference
from markers import EMAIL, NAME, Ear, listening, marked
from world import OPERATOR, Script, World

from inkasso_core import AgencyStatus, AuthenticationFailed, FeedKind, InkassoError, PluginError, StatusReport, TemporarilyUnavailable, Text

SAID = Text(f"{NAME} ist hier schon bekannt", f"{NAME} is known here already")


def everything_that_is_said(town: World, ear: Ear) -> None:
    """Listen to all that the facade tells, but for what is meant to show personal data."""
    for entry in town.ink.history("shop:A-1"):
        ear.listen("history", entry)
    rows = [*town.ink.tasks(done=True), *town.ink.doctor(), *town.ink.feed_entries(actor=OPERATOR), *town.shop.told]
    for row in [*rows, *town.ink.feed_entries(settled=True, actor=OPERATOR)]:
        ear.listen("row", row)
    ear.look_at(town.folder)


def personal(news: News, ours: str | None) -> None:
    """An entry of each kind, and of a case that nobody knows, with the debtor in every text."""
    report = StatusReport(
        agency_reference=world.case_of(ours or "x"),
        status=AgencyStatus.JUDICIAL,
        agency_status=f"E-{EMAIL}",
        agency_text=NAME,
        raw={NAME: EMAIL},
    )
    for kind in FeedKind:
        news.add(kind, ours, text=f"{NAME} {EMAIL}", raw={"name": NAME, EMAIL: [NAME]}, report=report if kind is FeedKind.STATUS else None)


@pytest.mark.parametrize("by", ["feed", "webhook"])
@pytest.mark.parametrize("known", [True, False])
def test_entries_full_of_personal_data(tmp_path: Path, known: bool, by: str) -> None:
    script, news = Script(), News()
    accounts = {"agency": {"agency": "feeding"}}
    with listening() as ear, world.world(tmp_path, script=script, agencies={"feeding": feeding(script, news)}, accounts=accounts) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        personal(news, reference(town, "shop:A-1") if known else None)
        if by == "webhook":
            ear.listen("stored", town.ink.agency_webhook("agency", SIGNED, delivered(*news.entries)))
            news.entries.clear()
        ear.listen("followed", town.ink.follow())
        waiting = town.ink.feed_entries(actor=OPERATOR)
        assert len(waiting) == (0 if known else len(FeedKind))
        for row in waiting:
            assert NAME in str(town.ink.feed_entry(row.id, actor=OPERATOR)[1].text)
        everything_that_is_said(town, ear)
        for row in waiting[1:]:
            ear.listen("settled", town.ink.settle_feed(row.id, reason="not ours", actor=OPERATOR))
        for row in waiting[:1]:
            ear.listen("assigned", town.ink.assign_feed(row.id, "shop:A-1", actor=OPERATOR))
        everything_that_is_said(town, ear)


TROUBLES = [
    *(
        (operation, trouble)
        for operation in ("fetch_feed", "acknowledge")
        for trouble in (RuntimeError(NAME), TemporarilyUnavailable(SAID))
    ),
    *(("fetch_status", trouble) for trouble in (RuntimeError(NAME), TemporarilyUnavailable(SAID), AuthenticationFailed(SAID))),
]
"""Operation, and what it raises. Where a whole feed is refused, nobody could know whose data the agency's words repeat."""


@pytest.mark.parametrize(("operation", "trouble"), TROUBLES, ids=lambda one: one if isinstance(one, str) else type(one).__name__)
def test_whatever_an_adapter_raises_about_a_feed(tmp_path: Path, operation: str, trouble: Exception) -> None:
    script, news = Script(), News()
    accounts = {"agency": {"agency": "feeding"}}
    with listening() as ear, world.world(tmp_path, script=script, agencies={"feeding": feeding(script, news)}, accounts=accounts) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        news.add(FeedKind.HINT, reference(town, "shop:A-1"))
        (script.troubles if operation == "fetch_status" else news.troubles)[operation] = trouble
        followed = town.ink.follow()
        assert followed.failed == 1
        ear.listen("followed", followed)
        everything_that_is_said(town, ear)


@pytest.mark.parametrize("trouble", [RuntimeError(NAME), KeyError(NAME)], ids=lambda one: type(one).__name__)
def test_whatever_an_adapter_raises_about_a_delivery(tmp_path: Path, trouble: Exception) -> None:
    script, news = Script(), News()
    accounts = {"agency": {"agency": "feeding"}}
    with listening() as ear, world.world(tmp_path, script=script, agencies={"feeding": feeding(script, news)}, accounts=accounts) as town:
        town.report(marked())
        news.troubles["receive"] = trouble
        with pytest.raises(InkassoError) as caught:
            town.ink.agency_webhook("agency", SIGNED, NAME.encode())
        assert isinstance(caught.value, PluginError)
        ear.listen("refused", caught.value)
        everything_that_is_said(town, ear)
