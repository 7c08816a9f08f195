"""What tests do inside the shop: ``python -m oscar_shop.play '[["ACTION", {…}], …]'`` prints a list of what each returns, as JSON.

Without arguments it stays, and reads such lists from its input, a line each: a process takes seconds to start.
"""

import datetime as dt
import io
import json
import os
import signal
import sys
import threading
import traceback
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oscar_shop.settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402  (models are there only after the setup)
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402
from oscar.core.loading import get_model  # noqa: E402
from oscar.test.factories import create_basket, create_order, create_product, create_stockrecord  # noqa: E402

from inkasso_core import ClaimEvent, Filter, OrderEnd  # noqa: E402
from inkasso_shop_plugins.django.installation import installation  # noqa: E402
from inkasso_shop_plugins.django.models import Event, Told  # noqa: E402

Order = get_model("order", "Order")
OrderStatusChange = get_model("order", "OrderStatusChange")
WAY = (("Shipped", "2026-03-03"), ("Overdue", "2026-03-18"), ("Dunning 1", "2026-04-01"), ("Dunning 2", "2026-04-20"))


def clerk() -> dict[str, Any]:
    """A member of the staff, and a customer who is not."""
    get_user_model().objects.create_superuser("clerk", "clerk@example.org", "kasse-7")
    get_user_model().objects.create_user("kunde", "kunde@example.org", "kasse-8")
    return {}


def order(number: str, until: str = "Dunning 2", guest: bool = False, **address: Any) -> dict[str, Any]:
    """An order of two goods that went its way through the shop's statuses on fixed days, and was reported to nobody."""
    country, _ = get_model("address", "Country").objects.get_or_create(
        iso_3166_1_a2="DE", defaults={"printable_name": "Germany", "name": "Germany", "is_shipping_country": True}
    )
    where = {"title": "Ms", "first_name": "Jördis", "last_name": "Groß-Möller", "line1": "Lange Straße 7 a", "line4": "Dresden"}
    where |= {"postcode": "01067", "country": country, **address}
    user = None if guest else get_user_model().objects.get_or_create(username=f"k{number}", defaults={"email": f"k{number}@example.org"})[0]
    basket = create_basket(empty=True)
    for title, price, quantity in (("Stuhl Modell Elbe", "133.99", 1), ("Kissen", "10.00", 2)):
        product = create_product(title=title)
        create_stockrecord(product, price=Decimal(price), num_in_stock=10)
        basket.add_product(product, quantity=quantity)
    made = create_order(
        number=number,
        basket=basket,
        user=user,
        billing_address=get_model("order", "BillingAddress").objects.create(**where),
        shipping_address=get_model("order", "ShippingAddress").objects.create(**where, phone_number="+493514567890"),
        guest_email="gast@example.org" if guest else "",
    )
    Order.objects.filter(pk=made.pk).update(date_placed=_at("2026-02-26"))
    before = "Pending"
    for status, day in WAY:
        change = OrderStatusChange.objects.create(order=made, old_status=before, new_status=status)
        OrderStatusChange.objects.filter(pk=change.pk).update(date_created=_at(day))
        before = status
        if status == until:
            break
    Order.objects.filter(pk=made.pk).update(status=before)
    return {"pk": made.pk}


def _at(day: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")


def set_status(number: str, status: str, ends: str = "commit") -> dict[str, Any]:
    """Set a status by Oscar's own method, in a transaction that ends as told: ``commit``, ``rollback``, ``killed`` (before), ``after``."""
    with transaction.atomic():
        Order.objects.get(number=number).set_status(status)
        if ends == "rollback":
            transaction.set_rollback(True)
        elif ends == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
    if ends == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return shop(number)


def update(number: str, **values: Any) -> dict[str, Any]:
    """Change an order behind everybody's back."""
    return {"rows": Order.objects.filter(number=number).update(**values)}


def save(number: str, status: str) -> dict[str, Any]:
    """Change an order by ``save()``."""
    one = Order.objects.get(number=number)
    one.status = status
    one.save()
    return shop(number)


def pay(number: str, amount: str, refund: str = "0") -> dict[str, Any]:
    """Book money on the order's payment source."""
    kind, _ = get_model("payment", "SourceType").objects.get_or_create(name="Rechnung")
    source, _ = get_model("payment", "Source").objects.get_or_create(order=Order.objects.get(number=number), source_type=kind)
    source.debit(Decimal(amount), reference="B-1")
    if Decimal(refund):
        source.refund(Decimal(refund))
    return shop(number)


def report_and_delete(number: str) -> dict[str, Any]:
    """Delete an order, and report its claim as it was then: cancelled."""
    from inkasso_shop_plugins.django.events import report
    from inkasso_shop_plugins.oscar.builder import build_claim

    with transaction.atomic():
        key = _key(number)
        claim = build_claim(key).model_copy(update={"ended": OrderEnd.CANCELLED})
        report(key, "order_cancelled", claim=claim)
        Order.objects.filter(pk=key).delete()
    return {}


def delete(number: str) -> dict[str, Any]:
    """Delete an order without a word."""
    return {"rows": Order.objects.filter(number=number).delete()[0]}


def kept_claims() -> dict[str, Any]:
    """How many rows hold a claim."""
    return {"rows": Event.objects.exclude(claim=None).count()}


def drop_table() -> dict[str, Any]:
    """Take our table away, as a forgotten migration does."""
    with connection.schema_editor() as editor:
        editor.delete_model(Event)
    return {}


def open_account(account: str = "agency") -> dict[str, Any]:
    """Confirm the mandate and go live."""
    ink = installation()
    ink.mandate(account, dated=dt.date(2026, 1, 15))
    ink.go_live(account, nothing_to_adopt=True)
    return {"mode": ink.gate(account).mode}


def release(number: str) -> dict[str, Any]:
    """Release an order's claim."""
    (handled,) = installation().release([f"oscar:{_key(number)}"])
    return {"ok": handled.ok, "problem": handled.problem.text.en if handled.problem else ""}


def tell_again(number: str) -> dict[str, Any]:
    """Tell the shop all events of a claim once more, as after a process that died before it noted that they were told."""
    ink = installation()
    from inkasso_shop_plugins.django.writeback import tell

    for entry in ink.history(_key(number), shop="oscar"):
        tell(_event(entry, number), _Context())  # type: ignore[arg-type]
    return shop(number)


def set_status_without_table(number: str, status: str) -> dict[str, Any]:
    """Set a status while our table is missing, in a transaction that goes on afterwards."""
    drop_table()
    with transaction.atomic():
        one = Order.objects.get(number=number)
        one.set_status(status)
        one.notes.create(message="after", note_type="Info")
    one.refresh_from_db()
    found = {"status": one.status, "changes": one.status_changes.count(), "notes": one.notes.count()}
    with connection.schema_editor() as editor:
        editor.create_model(Event)
    return found


def tell_at_once(number: str, times: int = 6) -> dict[str, Any]:
    """Tell the shop the same event from several threads."""
    from inkasso_shop_plugins.django.writeback import tell

    entry = installation().history(_key(number), shop="oscar")[0]
    broke: list[str] = []

    def once() -> None:
        try:
            tell(_event(entry, number), _Context())  # type: ignore[arg-type]
        except Exception as exc:  # noqa: BLE001  (it is told again)
            broke.append(type(exc).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=once) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return {**shop(number), "broke": broke}


class _Context:
    """The book of a shop, asked from outside."""

    class book:  # noqa: N801
        """Knows no case."""

        @staticmethod
        def case(order: str) -> None:
            """None."""


def _event(entry: Any, number: str) -> ClaimEvent:
    from inkasso_core import ClaimEventKind

    kind = ClaimEventKind(entry.what)
    return ClaimEvent(entry.id, kind, entry.at, "oscar", entry.claim_id, _key(number), entry.to_state or "", None, None, tries=1)


def shop(number: str) -> dict[str, Any]:
    """What the shop knows of an order: status, history, notes, and its events."""
    one = Order.objects.get(number=number)
    return {
        "status": one.status,
        "changes": [change.new_status for change in one.status_changes.order_by("pk")],
        "notes": [note.message for note in one.notes.order_by("pk")],
        "note_types": sorted({note.note_type for note in one.notes.all()}),
        "events": [(e.kind, e.outcome, e.error, e.relayed_at is not None) for e in Event.objects.filter(order=str(one.pk)).order_by("pk")],
        "told": Told.objects.filter(order=str(one.pk)).count(),
    }


def claims() -> dict[str, Any]:
    """What our store knows: the claims by their orders' numbers, and failed events."""
    ink = installation()
    numbers = {str(pk): number for pk, number in Order.objects.values_list("pk", "number")}
    found = {numbers.get(one.order, one.order): [one.state.value, str(one.principal_open), one.revision_no] for one in ink.claims(Filter())}
    return {"claims": found, "failed": [[row.code, row.message["en"]] for row in ink.failed_events()]}


def claim(number: str) -> dict[str, Any]:
    """The claim of an order as it was reported last."""
    details = installation().show(_key(number), shop="oscar")
    body: dict[str, Any] = details.claim.model_dump(mode="json", exclude_defaults=True)
    return {"claim": body, "red": list(details.stored.red), "warnings": list(details.stored.warnings)}


def _key(number: str) -> str:
    return str(Order.objects.get(number=number).pk)


def run_relay(everything: bool = False) -> dict[str, Any]:
    """Relay in this process."""
    from inkasso_shop_plugins.django.relay import relay

    return relay(installation(), everything=everything)._asdict()


def run_due() -> dict[str, Any]:
    """Do what is due in this process."""
    return manage(["inkasso_run"])


def option_names() -> dict[str, Any]:
    """The names of all options."""
    from inkasso_shop_plugins.django.conf import Options
    from inkasso_shop_plugins.oscar.conf import OscarOptions

    names = {"INKASSO": Options.__dataclass_fields__, "INKASSO_OSCAR": OscarOptions.model_fields}
    return {setting: [name.upper() for name in known] for setting, known in names.items()}


def manage(arguments: list[str]) -> dict[str, Any]:
    """Run a command of ``manage.py``; returns what it prints, or why it refused."""
    said = io.StringIO()
    try:
        call_command(*arguments, stdout=said, stderr=said)
    except CommandError as exc:
        return {"said": f"{said.getvalue()}{exc}", "refused": True}
    return {"said": said.getvalue(), "refused": False}


def play(actions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Do them in their order; returns what each returned."""
    return [globals()[action](**given) for action, given in actions]


def stay() -> None:
    """Do what each line of the input says, until it ends; answer each with a line."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    for line in sys.stdin:
        try:
            answer = {"found": play(json.loads(line))}
        except Exception:  # noqa: BLE001  (the test is told, and fails)
            answer = {"broke": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(play(json.loads(sys.argv[1]))))
    else:
        stay()
