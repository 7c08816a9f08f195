"""A real Tryton: three dunning runs, a hand-over to an agency behind PHP's SoapServer, and the way back."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from peers.mediafinanz import APPLICATION, CLIENT, CLIENT_ID, SoapPeer, soap_peer
from peers.tryton import Shop

Opened = Callable[..., Shop]
TODAY = dt.date.today()  # noqa: DTZ011  (as Tryton counts)
INVOICED = TODAY - dt.timedelta(days=100)
DUE = INVOICED + dt.timedelta(days=14)

DUNNED = "invoice = town.invoice()\ntown.dun_to_agency()\n"


@pytest.fixture(scope="module")
def running_soap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoapPeer]:
    with soap_peer(tmp_path_factory.mktemp("mediafinanz")) as peer:
        yield peer


@pytest.fixture
def soap(running_soap: SoapPeer) -> SoapPeer:
    running_soap.reset()
    return running_soap


def over_soap(soap: SoapPeer) -> str:
    """The account of the SOAP agency."""
    access = f'client_id = {CLIENT_ID}\napplication_licence = "{APPLICATION}"\nclient_licence = "{CLIENT}"\nwsdl = "{soap.address()}"\n'
    return f"""
[accounts.soap]
agency = "mediafinanz"
creditor = "firm"

[accounts.soap.settings]
transport = "soap"
statuses = {{ 10209 = "closed_paid" }}
portal = "https://portal.example/{{case}}"
{access}"""


def go_live(shop: Shop, account: str) -> None:
    shop.inkasso("mandate", account, "--date", "2026-01-15")
    shop.inkasso("go-live", account, "--nothing-to-adopt")


def test_three_dunning_runs_and_the_claim_is_handed_over_followed_and_paid(shop: Opened, soap: SoapPeer) -> None:
    erp = shop(accounts=over_soap(soap))
    seen = erp.play(
        "for level in town.get('account.dunning.level').find([('inkasso_hand_over', '=', True)]):\n"
        "    level.inkasso_account = 'soap'\n    level.save()\n"
        f"{DUNNED}"
        "print(written({'events': town.events(), 'key': f'1-{town.receivable(invoice).id}', 'number': invoice.number}))"
    )
    assert seen["events"] == [["dunning_level_reached", seen["key"], "registered", 0, None]]
    go_live(erp, "soap")
    claim = erp.claim()
    assert (claim["ref"], claim["state"]) == (f"erp:{seen['key']}", "ready")
    erp.inkasso("release", claim["ref"])
    erp.inkasso("run")

    (stored,) = soap.claims().values()
    assert stored["claim"] == {
        "invoice": seen["number"],
        "type": 1,
        "reason": "Sessel Elbe",
        "originalValue": "119.00",
        "overdueFees": "2.50",
        "dateOfOrigin": INVOICED.isoformat(),
        "dateOfLastReminder": (DUE + dt.timedelta(days=25)).isoformat(),
    }
    debtor = stored["debtor"]
    assert (debtor["firstname"], debtor["lastname"], debtor["street"]) == ("Jördis", "von Groß-Möller", "Lange Straße 7 a")
    (case,) = soap.claims()

    told = erp.play(
        "(invoice,) = town.get('account.invoice').find([('party.name', 'like', '%Möller')])\n"
        "(dunning,) = town.get('account.dunning').find([('party.name', 'like', '%Möller')])\n"
        "shown = [dunning.inkasso_state, dunning.inkasso_case, dunning.inkasso_portal_url, len(dunning.inkasso_log)]\n"
        "notes = town.notes()\n"
        "town.pay(invoice)\n"
        "print(written({'shown': shown, 'notes': notes}))"
    )
    assert told["shown"] == ["handed_over", case, f"https://portal.example/{case}", 3]
    assert [note[:2] for note in told["notes"]] == [["registered", "ready"], ["released", "running"], ["handed_over", "handed_over"]]
    assert told["notes"][-1][2:] == ["mediaFinanz GmbH", case]
    erp.inkasso("run")
    (payment,) = next(iter(soap.claims().values()))["payments"]
    assert payment == {"dateOfPayment": TODAY.isoformat(), "paidAmount": "119.00"}
    soap.tell("changes", {"fileNumber": case, "statusCode": 10209, "statusName": "Bezahlt", "time": f"{TODAY}T09:30:00"})
    erp.inkasso("run")
    assert erp.claim()["state"] == "paid"
    assert erp.play("print(written(town.notes()))")[-1][:2] == ["paid", "paid"]


# What settles a receivable


def test_what_reaches_a_receivable_and_what_is_taken_back(shop: Opened) -> None:
    """Each step's report: part payments, a bounced one, a payout of the agency, a credit note beside, a whole payment, and taken back."""
    erp = shop(relay=None)
    steps = erp.play(
        DUNNED + "line, steps = town.receivable(invoice), []\n"
        "def step(name):\n"
        "    found = town.report(line)\n"
        "    parts = [[p['kind'], p['amount'], p['journal']] for p in found['settled']]\n"
        "    steps.append([name, parts, [p['amount'] for p in found['unallocated']], len(town.events())])\n"
        "step('dunned')\n"
        "town.pay(invoice, '19.00')\n"
        "step('part')\n"
        "(paid,) = invoice.payment_lines or town.get('account.invoice')(invoice.id).payment_lines\n"
        "town.cancel_move(paid.move)\n"
        "step('bounced')\n"
        "unlink = lambda pool: pool.get('account.invoice').remove_payment_lines([pool.get('account.move.line')(paid.id)])\n"
        "town.inside(unlink)\n"
        "town.pay(invoice, '50.00', method='Inkasso')\n"
        "step('payout')\n"
        "free = town.book('cash', 'receivable', '7.00', invoice.party)\n"
        "step('unallocated')\n"
        "town.pay(invoice)\n"
        "step('whole')\n"
        "town.unreconcile(line)\n"
        "town.get('account.invoice')(invoice.id).click('process')\n"
        "(last,) = [l for l in town.get('account.invoice')(invoice.id).payment_lines if l.credit == 69]\n"
        "town.cancel_move(last.move)\n"
        "step('taken back')\n"
        "print(written(steps))"
    )
    assert [step[:3] for step in steps] == [
        ["dunned", [], []],
        ["part", [["payment", "19.00", "CASH"]], []],
        ["bounced", [], []],
        ["payout", [["payment", "50.00", "INK"]], []],
        ["unallocated", [["payment", "50.00", "INK"]], ["7.00"]],
        ["whole", [["payment", "50.00", "INK"], ["payment", "69.00", "CASH"]], ["7.00"]],
        ["taken back", [["payment", "50.00", "INK"]], ["7.00"]],
    ]
    counts = dict(zip([step[0] for step in steps], [step[3] for step in steps], strict=True))
    assert counts["dunned"] < counts["part"] < counts["bounced"] < counts["payout"] == counts["unallocated"] < counts["whole"]
    assert counts["whole"] < counts["taken back"]


def test_a_booking_without_an_invoice_is_a_claim_and_reconciling_it_pays_it(shop: Opened) -> None:
    erp = shop()
    found = erp.play(
        "import datetime as dt\n"
        "party = town.customer()\n"
        "line = town.book('receivable', 'revenue', '80.00', party, journal='REV', maturity=TODAY - dt.timedelta(days=86))\n"
        "town.dun_to_agency()\n"
        "payment = town.book('cash', 'receivable', '80.00', party)\n"
        "before = town.report(line)\n"
        "town.reconcile(line, payment)\n"
        "paid = town.report(line)\n"
        "town.unreconcile(line)\n"
        "print(written({'events': town.events('kind', 'outcome'), 'before': before, 'paid': paid, 'after': town.report(line)}))"
    )
    assert found["events"] == [["dunning_level_reached", "registered"], ["payment_received", "revised"], ["payment_received", "revised"]]
    assert found["before"]["invoice"] is None
    assert [part["amount"] for part in found["before"]["unallocated"]] == ["80.00"]
    assert [part["amount"] for part in found["paid"]["settled"]] == ["80.00"]
    assert found["paid"]["dunning"]["hands_over"]
    assert found["after"] == {**found["before"], "reported_at": found["after"]["reported_at"]}
    assert erp.claim()["state"] == "waiting"  # it was paid, and the payment was taken back: the credit is free again
    assert erp.claim()["principal_open"] == "80.00"


def test_an_invoice_that_is_cancelled_or_credited_ends_the_claim(shop: Opened) -> None:
    erp = shop()
    events = erp.play(
        DUNNED + "refund = town.Wizard('account.invoice.credit', [invoice])\n"
        "refund.form.with_refund = True\n"
        "refund.execute('credit')\n"
        "print(written({'events': town.events('kind', 'outcome'), 'state': town.get('account.invoice')(invoice.id).state}))"
    )
    assert events["state"] == "cancelled"
    assert events["events"][0] == ["dunning_level_reached", "registered"]
    assert {outcome for _, outcome in events["events"][1:]} <= {"revised", "repeated"}
    assert erp.claim()["state"] == "cancelled"


def test_a_write_off_is_a_credit(shop: Opened) -> None:
    erp = shop(relay=None)
    parts = erp.play(
        DUNNED + "journal = town.one('account.journal', ('type', '=', 'write-off'))\n"
        "expense = town.accounts()['expense']\n"
        "off = town.get('account.move.reconcile.write_off')(name='Kulanz', journal=journal)\n"
        "off.debit_account = off.credit_account = expense\n"
        "off.save()\n"
        "line = town.receivable(invoice)\n"
        "wizard = invoice.click('pay')\n"
        "wizard.form.amount = Decimal('100.00')\n"
        "wizard.form.payment_method = town.one('account.invoice.payment.method', ('name', '=', 'Bank'))\n"
        "wizard.execute('choice')\n"
        "wizard.form.type, wizard.form.writeoff = 'writeoff', off\n"
        "wizard.execute('pay')\n"
        "print(written([[p['kind'], p['amount']] for p in town.report(line)['settled']]))"
    )
    assert sorted(parts) == [["payment", "100.00"], ["write_off", "19.00"]]


RESCHEDULED = (
    DUNNED + "line = town.receivable(invoice)\n"
    "wizard = town.Wizard('account.move.line.reschedule', [line])\n"
    "wizard.form.start_date, wizard.form.frequency, wizard.form.number = TODAY + dt.timedelta(days=BEGIN), 'monthly', 2\n"
    "wizard.execute('preview')\n"
    "wizard.form.journal = town.one('account.journal', ('code', '=', 'REV'))\n"
    "wizard.execute('reschedule')\n"
)


def test_a_rescheduled_receivable_stays_one_claim(shop: Opened) -> None:
    """Its instalments are no claims of their own: what pays them pays the claim."""
    erp = shop()
    found = erp.play(
        RESCHEDULED.replace("BEGIN", "10") + "plan = town.report(line)\n"
        "owed = [l for l in town.get('account.invoice')(invoice.id).lines_to_pay if not l.reconciliation]\n"
        "first = min(owed, key=lambda l: l.maturity_date)\n"
        "payment = town.book('cash', 'receivable', str(first.debit), invoice.party)\n"
        "town.reconcile(first, payment)\n"
        "print(written({'plan': plan, 'paid': town.report(line), 'events': town.events('key')}))"
    )
    plan = found["plan"]["rescheduled"]
    assert (len(plan["terms"]), plan["broken"], found["plan"]["settled"]) == (2, False, [])
    assert found["paid"]["rescheduled"] == plan
    assert [part["amount"] for part in found["paid"]["settled"]] == ["59.50"]
    assert {key for (key,) in found["events"]} == {found["plan"]["key"]}
    claim = erp.claim()
    assert (claim["state"], claim["principal_open"]) == ("waiting", "59.50")
    assert "PAYMENT_PLAN_ACTIVE" in claim["red"]


def test_an_instalment_that_is_dunned_to_the_agency_breaks_the_plan_of_the_one_claim(shop: Opened) -> None:
    erp = shop()
    found = erp.play(
        RESCHEDULED.replace("BEGIN", "-60") + "for _ in range(3):\n    town.dun(TODAY)\n"
        "print(written({'report': town.report(line), 'events': town.events('key', 'kind')}))"
    )
    assert found["report"]["rescheduled"]["broken"] is True
    assert {key for key, _ in found["events"]} == {found["report"]["key"]}
    assert [kind for _, kind in found["events"]].count("dunning_level_reached") >= 2
    claim = erp.claim()
    assert "PAYMENT_PLAN_ACTIVE" not in claim["red"]
    assert "PAYMENT_PLAN_BROKEN" in claim["warnings"]


def test_an_order_names_the_contract(shop: Opened) -> None:
    erp = shop(relay=None)
    report = erp.play(
        "sale = town.get('sale.sale')(party=town.customer(), sale_date=TODAY - dt.timedelta(days=110))\n"
        "sale.payment_term = town.one('account.invoice.payment_term', ('name', '=', '14 Tage'))\n"
        "sale.invoice_method = 'order'\n"
        "line = sale.lines.new()\n"
        "line.product = town.one('product.product', ('template.name', '=', 'Sessel Elbe'))\n"
        "line.quantity, line.unit_price = 2, Decimal('59.50')\n"
        "sale.save()\n"
        "for step in ('quote', 'confirm', 'process'):\n"
        "    sale.click(step)\n"
        "(invoice,) = sale.invoices\n"
        "with town.on(INVOICED):\n"
        "    invoice.invoice_date = INVOICED\n"
        "    invoice.save()\n"
        "    invoice.click('post')\n"
        "print(written([town.report(town.receivable(invoice))['orders'], sale.number]))"
    )
    assert report == [[{"number": report[1], "date": (TODAY - dt.timedelta(days=110)).isoformat()}], report[1]]


def test_a_dunning_from_before_the_module_is_known_by_its_last_level(shop: Opened) -> None:
    erp = shop()
    found = erp.play(
        "(dunning,) = town.get('account.dunning').find([])\n"
        "sent = [level.inkasso_sent for level in dunning.procedure.levels]\n"
        "before = town.report(dunning.line)['notices']\n"
        "dunning.blocked = False\n"
        "dunning.save()\n"
        "town.dun(TODAY - dt.timedelta(days=40))\n"
        "town.dun(TODAY)\n"
        "notices = town.report(dunning.line)['notices']\n"
        "print(written({'sent': sent, 'before': before, 'notices': notices, 'events': town.events('kind', 'outcome')}))"
    )
    assert found["sent"] == [True, True, False]  # the last one was set so by hand, afterwards
    assert [(notice["level"], notice["sent"]) for notice in found["before"]] == [(1, True)]
    assert [notice["level"] for notice in found["notices"]] == [2, 3]
    assert found["events"] == [["dunning_level_reached", "registered"]]


# What must not happen


def test_a_broken_builder_stops_neither_the_dunning_run_nor_other_rows(shop: Opened) -> None:
    erp = shop()
    found = erp.play(
        "import inkasso_shop_plugins.tryton.record as record, inkasso_shop_plugins.tryton.event as event\n"
        "good, bad = town.invoice(town.customer('Anna Beispiel')), town.invoice(town.customer('Boris Muster'))\n"
        "whole = record._party\n"
        "def broken(party, invoice):\n"
        "    if party.name.startswith('Boris'):\n"
        "        raise KeyError(party.name)\n"
        "    return whole(party, invoice)\n"
        "record._party = broken\n"
        "town.dun_to_agency()\n"
        "states = sorted(d.state for d in town.get('account.dunning').find([('blocked', '=', False)]))\n"
        "print(written({'states': states, 'events': town.events('outcome', 'tries', 'error')}))"
    )
    assert found["states"] == ["waiting", "waiting"]
    failed = [row for row in found["events"] if row[0] is None]
    assert [row[1] for row in failed] == [1]
    assert failed[0][2].startswith("KeyError")
    assert "Boris" not in failed[0][2]
    assert [row[0] for row in found["events"] if row[0]] == ["registered"]
    again = erp.play(
        "(row,) = town.get('inkasso.event').find([('relayed_at', '=', None)])\n"
        "row.click('try_again')\n"
        "print(written(town.events('outcome')))"
    )
    assert again == [["registered"], ["registered"]]


def test_a_broken_event_table_stops_no_dunning_and_the_sweep_finds_what_it_lost(shop: Opened) -> None:
    erp = shop(relay=None)
    found = erp.play(
        "import inkasso_shop_plugins.tryton.event as event\n"
        "event.key_of = lambda line: 1 / 0\n"
        + DUNNED
        + "states = [d.state for d in town.get('account.dunning').find([('blocked', '=', False)])]\n"
        "print(written({'states': states, 'events': town.events()}))"
    )
    assert found == {"states": ["waiting"], "events": []}
    assert erp.relay("--inkasso", "inkasso.toml", "--shop", "erp") == "handed in: 1, refused: 0, to be tried again: 0\n"
    assert erp.claim()["state"] == "ready"


def test_a_transaction_that_is_rolled_back_leaves_no_event(shop: Opened) -> None:
    erp = shop()
    found = erp.play(
        DUNNED.replace("town.dun_to_agency()", "town.dun(TODAY - dt.timedelta(days=80))\ntown.dun(TODAY - dt.timedelta(days=60))")
        + "run = town.Wizard('account.dunning.create')\n"
        "run.form.date = TODAY\n"
        "run.execute('create_')\n"
        "from trytond.pool import Pool\n"
        "from trytond.transaction import Transaction\n"
        "with Transaction().start(town.config.database_name, 1, context=town.config.context) as transaction:\n"
        "    dunnings = Pool().get('account.dunning')\n"
        "    dunnings.process(dunnings.search([('state', '=', 'draft')]))\n"
        "    within = len(Pool().get('inkasso.event').search([]))\n"
        "    transaction.rollback()\n"
        "print(written({'within': within, 'events': town.events(), 'notices': len(town.get('inkasso.notice').find([]))}))"
    )
    assert found == {"within": 1, "events": [], "notices": 2}
    assert erp.inkasso("claims") == ""


def test_a_relay_that_is_killed_loses_nothing_and_doubles_nothing(shop: Opened) -> None:
    erp = shop(relay="cron")
    erp.play("for n in range(3):\n    town.invoice(town.customer(f'Kunde {n}'))\ntown.dun_to_agency()\n")
    dies = (
        "import os, sys\n"
        "from inkasso_core import Inkasso\n"
        "take, calls = Inkasso.dunning_level_reached, []\n"
        "def dying(self, **values):\n"
        "    result = take(self, **values)\n"
        "    calls.append(1)\n"
        "    os._exit(9) if len(calls) == 2 else None\n"
        "    return result\n"
        "Inkasso.dunning_level_reached = dying\n"
        "town.inside(lambda pool: pool.get('inkasso.event').relay_due())\n"
    )
    erp.play(dies, code=9)
    assert erp.inkasso("claims").count("\n") == 2
    assert erp.play("print(written(town.events('outcome')))") == [[None]] * 3
    assert erp.relay() == "handed in: 3, refused: 0, to be tried again: 0\n"
    assert erp.inkasso("claims").count("\n") == 3
    assert erp.play("print(written(town.events('outcome')))") == [["repeated"], ["repeated"], ["registered"]]


def test_an_installation_that_cannot_be_opened_leaves_the_rows_waiting(shop: Opened) -> None:
    erp = shop(config="missing.toml")
    (row,) = erp.play(DUNNED + "print(written(town.events('outcome', 'tries', 'error')))")
    assert row[:2] == [None, 1]
    assert "missing.toml" in row[2]
    assert erp.relay("--inkasso", "inkasso.toml", "--shop", "erp") == "handed in: 0, refused: 0, to be tried again: 0\n"  # not due yet
    erp.play(
        "(row,) = town.get('inkasso.event').find([])\n"
        "town.inside(lambda pool: pool.get('inkasso.event').write([pool.get('inkasso.event')(row.id)], {'next_try': None}))\n"
    )
    assert erp.relay("--inkasso", "inkasso.toml", "--shop", "erp") == "handed in: 1, refused: 0, to be tried again: 0\n"


def test_a_dunning_that_is_blocked_stops_the_claim_until_it_is_freed(shop: Opened) -> None:
    erp = shop()
    erp.play(DUNNED + "(d,) = town.get('account.dunning').find([('blocked', '=', False)])\nd.blocked = True\nd.save()\n")
    assert "NOT_TRIGGERED" in erp.claim()["red"]
    erp.play("(d,) = town.get('account.dunning').find([('party.name', 'like', '%Möller')])\nd.blocked = False\nd.save()\n")
    assert erp.claim()["state"] == "ready"


def test_a_note_is_written_once_however_often_it_is_told(shop: Opened) -> None:
    erp = shop()
    erp.play(DUNNED)
    erp.inkasso("run")
    twice = (
        "(note,) = town.get('inkasso.note').find([])\n"
        "values = {'line': note.line.id, 'event': note.event, 'company': 1, 'at': note.at, 'kind': 'registered', 'state': 'ready'}\n"
        "again = town.inside(lambda pool: pool.get('inkasso.note').write_once(values))\n"
        "new = town.inside(lambda pool: pool.get('inkasso.note').write_once({**values, 'event': 'Z', 'kind': 'of a newer library'}))\n"
        "print(written([again, new, town.notes()]))"
    )
    again, new, notes = erp.play(twice)
    assert (again, new) == (False, True)
    assert [note[0] for note in notes] == ["registered", "other"]


def test_every_menu_view_and_relation_opens(shop: Opened) -> None:
    """All views of the module are valid for Tryton itself, and German."""
    erp = shop()
    found = erp.play(
        DUNNED + "def check(pool):\n"
        "    views = pool.get('ir.ui.view').search([('module', '=', 'inkasso')])\n"
        "    pool.get('ir.ui.view').validate(views)\n"
        "    shown = {}\n"
        "    for view in views:\n"
        "        model = pool.get(view.model)\n"
        "        shown[f'{view.model} {view.type}'] = len(model.fields_view_get(view_id=(view.inherit or view).id)['fields'])\n"
        "    mine = pool.get('ir.translation').search([('module', '=', 'inkasso'), ('lang', 'in', ['de', 'en'])])\n"
        "    key = lambda one: (one.name, one.type, one.res_id, one.src)\n"
        "    german = {key(one) for one in mine if one.lang == 'de' and one.value}\n"
        "    return shown, [key(one)[0] + ': ' + key(one)[3] for one in mine if one.lang == 'en' and key(one) not in german]\n"
        "print(written(town.inside(check)))"
    )
    shown, untranslated = found
    assert min(shown.values()) > 2
    assert untranslated == []
