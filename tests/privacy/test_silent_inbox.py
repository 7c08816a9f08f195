"""What people and agencies write to each other is full of the debtor's data: it lies in the vault, and is shown to whoever asks for it."""

from pathlib import Path

import pytest
import world
from markers import EMAIL, NAME, Ear, listening, marked
from tellers import Ears, teller
from world import OPERATOR, Script, World

from inkasso_core import ClaimRejected, FeedKind, InkassoError, Message, OutcomeUnknown, Sender, TemporarilyUnavailable, Text

WRITTEN = f"Nach Auskunft des Hausmeisters wohnt {NAME} hier ({EMAIL})."
FILE = f"{NAME}.pdf"
VERBS = ("send_message", "send_document", "pause", "resume")


def everything_that_is_said(town: World, ear: Ear) -> None:
    """Listen to all that the facade tells, but for what is meant to show personal data."""
    rows = [*town.ink.history("shop:A-1"), *town.ink.tasks(done=True), *town.ink.doctor(), *town.shop.told]
    rows += [*town.ink.instructions(everything=True), *town.ink.inbox(everything=True)]
    for row in rows:
        ear.listen("row", row)
    town.ink.export_inbox(town.folder / "inbox.csv", town.ink.inbox(everything=True))
    ear.listen("csv", (town.folder / "inbox.csv").read_text("utf-8"))
    ear.look_at(town.folder)


@pytest.mark.parametrize(
    "word",
    [
        None,
        ClaimRejected(Text(f"Unzulässig: {WRITTEN}", f"Not allowed: {WRITTEN}"), agency_code=NAME, fields=(NAME,), raw={"said": WRITTEN}),
        ClaimRejected(Text(f"Die Datei {FILE} ist keine.", f"The file {FILE} is none.")),
        TemporarilyUnavailable(Text(NAME, NAME)),
        OutcomeUnknown(Text(WRITTEN, WRITTEN)),
        RuntimeError(WRITTEN),
    ],
    ids=["yes", "no", "file", "later", "lost", "broken"],
)
def test_what_is_written_to_the_agency_and_what_it_says_to_that(tmp_path: Path, word: Exception | None) -> None:
    script, ears = Script(), Ears()
    accounts = {"agency": {"agency": "telling"}}
    with (
        listening() as ear,
        world.world(tmp_path, script=script, agencies={"telling": teller(script, ears, VERBS)}, accounts=accounts) as town,
    ):
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        ears.default = word  # type: ignore[assignment]
        ear.listen("message", town.ink.send_message("shop:A-1", WRITTEN, actor=OPERATOR))
        for report in town.transmit():
            ear.listen("report", report)
        ear.listen("document", town.ink.send_document("shop:A-1", WRITTEN.encode(), kind="other", file_name=FILE, actor=OPERATOR))
        for report in town.transmit():
            ear.listen("report", report)
        everything_that_is_said(town, ear)


def test_what_the_agency_writes_and_what_is_answered(tmp_path: Path) -> None:
    from feeding import News, feeding, reference

    script, news, ears = Script(), News(), Ears()
    adapter = type(
        "Writing",
        (feeding(script, news),),
        {
            "name": "writing",
            "send_message": lambda _self, told: ears.hear(told),
            "fetch_messages": lambda _self, _reference: (Message(sender=Sender.DEBTOR, text=f"{NAME} 2", raw={NAME: EMAIL}),),
        },
    )
    accounts = {"agency": {"agency": "writing"}}
    with listening() as ear, world.world(tmp_path, script=script, agencies={"writing": adapter}, accounts=accounts) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        ours = reference(town, "shop:A-1")
        news.add(FeedKind.QUESTION, ours, text=WRITTEN)
        news.add(FeedKind.MESSAGE, ours)
        ear.listen("followed", town.ink.follow())
        items = town.ink.inbox()
        assert [item.kind for item in items] == ["question", "message", "message"]
        ear.listen("answer", town.ink.answer(items[0].id, WRITTEN, actor=OPERATOR))
        with pytest.raises(InkassoError) as caught:
            town.ink.answer(items[0].id, WRITTEN, actor=OPERATOR)
        ear.listen("refused", caught.value)
        town.transmit()
        assert len(ears.asked) == 1
        everything_that_is_said(town, ear)
