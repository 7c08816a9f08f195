"""A business in a real Tryton, played by scripts: it runs in the environment of Tryton and knows nothing of the tests.

    python tryton_town.py CONFIG NAME [MODULE...]
        makes a database with these modules besides: company, chart, goods, a procedure of three levels and an old dunning; then, as a
        business would, activates the module inkasso and lets the last level hand over

In a script: ``town = open_town("trytond.conf", "shop")``, then ``town.invoice()``, ``town.dun(day)``, ``town.pay(invoice)`` and the like.
Days are the test's own: what Tryton takes for today moves with :meth:`Town.on`. All persons and companies are invented.
"""

import datetime as dt
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

TODAY = dt.date.today()  # noqa: DTZ011  (Tryton's own)
INVOICED = TODAY - dt.timedelta(days=100)
OVERDUE = (5, 25, 50)
"""Days after the due date of the three levels."""
TERM = 14
MODULES = ("account_dunning", "account_dunning_fee", "account_invoice")
OLD = "Alte Kundin"
"""A customer who was dunned once before there was the module inkasso; the dunning is blocked."""


PASSWORD = "geheim-9"


def activate(config: Path, name: str, *modules: str) -> None:
    """Activate modules by Tryton's own command; a database without any gets its tables and its administrator, too."""
    secret = config.parent / "password"
    secret.write_text(f"{PASSWORD}\n", "utf-8")
    command = [sys.executable, "-m", "trytond.cli.admin", "-c", str(config), "-d", name, "-u", *modules]
    environment = {**os.environ, "TRYTONPASSFILE": str(secret)}
    subprocess.run([*command, "--activate-dependencies", "-l", "de"], input=b"\n", env=environment, check=True, stdout=subprocess.DEVNULL)


class Town:
    """The business and its accountant."""

    def __init__(self, config: Any) -> None:
        from proteus import Model, Wizard

        self.config, self.Model, self.Wizard = config, Model, Wizard
        self.today = TODAY

    def get(self, name: str) -> Any:
        """Return a model."""
        return self.Model.get(name)

    def one(self, name: str, *domain: Any) -> Any:
        """Return the only record that fits."""
        (found,) = self.get(name).find(list(domain))
        return found

    # What is there

    def found(self) -> None:
        """Found the business: company, chart, fiscal year, numbers, goods, a term of payment, a procedure, an old dunning."""
        from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
        from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences
        from trytond.modules.company.tests.tools import create_company
        from trytond.modules.currency.tests.tools import get_currency

        self.get("country.country")(name="Deutschland", code="DE").save()
        create_company(currency=get_currency("EUR"))
        create_chart()
        first = dt.date(TODAY.year - 1, 1, 1)
        year = create_fiscalyear(today=(first, dt.date(TODAY.year, 12, 31)))
        set_fiscalyear_invoice_sequences(year).click("create_period")
        self._goods()
        self._payment_method()
        self._procedure()
        self.invoice(self.customer(OLD))
        self.dun(INVOICED + dt.timedelta(days=TERM + OVERDUE[0]))
        (dunning,) = self.get("account.dunning").find([])
        dunning.blocked = True
        dunning.save()

    def equip(self) -> None:
        """Let the last level hand over, and the others leave two weeks to pay."""
        for number, level in enumerate(self.one("account.dunning.procedure", ("name", "=", "Mahnwesen")).levels, 1):
            level.inkasso_grace = dt.timedelta(14)
            level.inkasso_sent, level.inkasso_hand_over = number < 3, number == 3
            level.save()

    def _goods(self) -> None:
        accounts = self.accounts()
        category = self.get("product.category")(name="Waren", accounting=True)
        category.account_revenue, category.account_expense = accounts["revenue"], accounts["expense"]
        category.save()
        unit = self.one("product.uom", ("name", "=", "Unit"))
        for name, kind, price in (("Sessel Elbe", "goods", "59.50"), ("Mahngebühr", "service", "2.50")):
            template = self.get("product.template")(name=name, type=kind, default_uom=unit, list_price=Decimal(price))
            template.account_category = category
            if hasattr(template, "salable"):
                template.salable = True
            template.save()
        term = self.get("account.invoice.payment_term")(name="14 Tage")
        term.lines.new(type="remainder").relativedeltas.new(days=TERM)
        term.save()

    def _payment_method(self) -> None:
        cash = self.accounts()["cash"]
        for code, name in (("CASH", "Bank"), ("INK", "Inkasso")):
            journals = self.get("account.journal")
            journal = next(iter(journals.find([("code", "=", code)])), None) or journals(name=name, code=code, type="cash")
            journal.save()
            method = self.get("account.invoice.payment.method")(name=name, journal=journal, credit_account=cash, debit_account=cash)
            method.save()

    def _procedure(self) -> None:
        fee = self.get("account.dunning.fee")(name="Mahngebühr", compute_method="list_price")
        fee.product = self.one("product.product", ("template.name", "=", "Mahngebühr"))
        fee.journal = self.one("account.journal", ("code", "=", "REV"))
        fee.save()
        procedure = self.get("account.dunning.procedure")(name="Mahnwesen")
        for number, days in enumerate(OVERDUE, 1):
            level = procedure.levels.new()
            level.sequence, level.overdue = number, dt.timedelta(days)
            if number == 2:
                level.fee = fee
        procedure.save()

    def accounts(self) -> dict[str, Any]:
        """The accounts by their kind."""
        from trytond.modules.account.tests.tools import get_accounts

        found: dict[str, Any] = get_accounts()
        return found

    def customer(self, name: str = "Jördis von Groß-Möller", **values: Any) -> Any:
        """A customer who is dunned."""
        party = self.get("party.party")(name=name, **values)
        party.dunning_procedure = self.one("account.dunning.procedure", ("name", "=", "Mahnwesen"))
        (address,) = party.addresses
        address.postal_code, address.city = "01067", "Dresden"
        address.country = self.one("country.country", ("code", "=", "DE"))
        party.contact_mechanisms.new(type="phone", value="+49 351 4567890")
        party.save()
        street = {"street_name": "Lange Straße", "building_number": "7 a"}
        self.inside(lambda pool: pool.get("party.address").write(list(pool.get("party.party")(party.id).addresses), street))
        return party

    # What happens

    @contextmanager
    def on(self, day: dt.date) -> Iterator[None]:
        """Let Tryton take a day for today."""
        from trytond.pool import Pool

        cls = Pool(self.config.database_name).get("ir.date")
        cls.today = staticmethod(lambda timezone=None: day)
        try:
            yield
        finally:
            cls.today = staticmethod(lambda timezone=None: TODAY)

    def invoice(self, party: Any = None, *, quantity: int = 2, price: str = "59.50", terms: str = "14 Tage") -> Any:
        """Post an invoice, a hundred days ago."""
        with self.on(INVOICED):
            invoice = self.get("account.invoice")(type="out")
            invoice.party = party or self.customer()
            invoice.payment_term = self.one("account.invoice.payment_term", ("name", "=", terms))
            invoice.invoice_date = INVOICED
            line = invoice.lines.new()
            line.product = self.one("product.product", ("template.name", "=", "Sessel Elbe"))
            line.quantity, line.unit_price = quantity, Decimal(price)
            invoice.save()
            invoice.click("post")
        return invoice

    def receivable(self, invoice: Any) -> Any:
        """The receivable of an invoice."""
        (line,) = [line for line in invoice.move.lines if line.account == invoice.account]
        return line

    def dun(self, day: dt.date) -> None:
        """A dunning run on a day: new dunnings and next levels, then all of them processed."""
        with self.on(day):
            run = self.Wizard("account.dunning.create")
            run.form.date = day
            run.execute("create_")
            drafts = self.get("account.dunning").find([("state", "=", "draft")])
            if drafts:
                self.Wizard("account.dunning.process", drafts).execute("process")

    def dun_to_agency(self) -> None:
        """Three runs: the last one, today, reaches the level that hands over."""
        due = INVOICED + dt.timedelta(days=TERM)
        self.dun(due + dt.timedelta(days=OVERDUE[0]))
        self.dun(due + dt.timedelta(days=OVERDUE[1]))
        self.dun(TODAY)

    def pay(self, invoice: Any, amount: str | None = None, *, method: str = "Bank") -> None:
        """A payment, whole or in part: a whole one is reconciled."""
        invoice.reload()
        wizard = invoice.click("pay")
        if amount is not None:
            wizard.form.amount = Decimal(amount)
        wizard.form.payment_method = self.one("account.invoice.payment.method", ("name", "=", method))
        wizard.form.date = TODAY
        wizard.execute("choice")
        if wizard.state != "end":
            wizard.form.type = "partial"
            wizard.execute("pay")

    def unreconcile(self, line: Any) -> None:
        """Take the balance of a line away."""
        line.reload()
        with skipping_warnings(self.config):
            self.Wizard("account.move.unreconcile_lines", [line])

    def cancel_move(self, move: Any) -> None:
        """Cancel a booking: what a bank does that takes a payment back."""
        with skipping_warnings(self.config):
            wizard = self.Wizard("account.move.cancel", [move])
            wizard.execute("cancel")

    def book(self, debit: str, credit: str, amount: str, party: Any, *, journal: str = "CASH", maturity: dt.date | None = None) -> Any:
        """Book an amount between two accounts; returns the line on the receivable one."""
        accounts = self.accounts()
        move = self.get("account.move")(journal=self.one("account.journal", ("code", "=", journal)), date=TODAY)
        move.period = next(p for p in self.get("account.period").find([]) if p.start_date <= TODAY <= p.end_date)
        for side, name in (("debit", debit), ("credit", credit)):
            line = move.lines.new()
            line.account = accounts[name]
            setattr(line, side, Decimal(amount))
            if name == "receivable":
                line.party, line.maturity_date = party, maturity if side == "debit" else None
        move.save()
        move.click("post")
        (line,) = [line for line in move.lines if line.account == accounts["receivable"]]
        return line

    def reconcile(self, *lines: Any) -> None:
        """Balance lines."""
        self.Wizard("account.move.reconcile_lines", [self.get("account.move.line")(line.id) for line in lines])

    # What inkasso left

    def events(self, *fields: str) -> list[list[Any]]:
        """The rows of the event table, the oldest first."""
        names = fields or ("kind", "key", "outcome", "tries", "error")
        return [[getattr(row, name) for name in names] for row in sorted(self.get("inkasso.event").find([]), key=lambda row: row.id)]

    def notes(self) -> list[list[Any]]:
        """The notes, the oldest first."""
        return [[note.kind, note.state, note.agency, note.case_reference] for note in reversed(self.get("inkasso.note").find([]))]

    def report(self, line: Any) -> dict[str, Any]:
        """What would be reported of a receivable now."""
        return self.inside(lambda pool: pool.get("account.move.line")(line.id).inkasso_report(dt.datetime.now(dt.UTC)))

    def inside(self, act: Any) -> Any:
        """Call a function with the pool, in a transaction that is committed."""
        from trytond.pool import Pool
        from trytond.transaction import Transaction

        with Transaction().start(self.config.database_name, 0):
            return act(Pool())


@contextmanager
def skipping_warnings(config: Any) -> Iterator[None]:
    """Answer yes to whatever Tryton asks."""
    config.skip_warning = True
    try:
        yield
    finally:
        config.skip_warning = False


def open_town(config: str, name: str) -> Town:
    """Open a database as its administrator, in this process."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="(trytond|proteus|genshi|relatorio|sql|stdnum)")
    from proteus import config as proteus

    os.environ["TRYTOND_CONFIG"] = config
    from trytond import config as settings

    settings.update_etc(config)
    uri = settings.get("database", "uri").rstrip("/")
    where = f"sqlite:///{name}" if uri.startswith("sqlite") else f"{uri}/{name}"
    return Town(proteus.set_trytond(where, config_file=config))


def open_server(address: str) -> Town:
    """Sign in to a server as its administrator: what is done then, the server does."""
    from proteus import config as proteus

    return Town(proteus.set_xmlrpc_session(address, "admin", password=PASSWORD))


def written(values: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return values as JSON, for the test that reads what a script prints."""
    import json

    return json.dumps(values, default=str)


if __name__ == "__main__":
    chosen, database, more = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if more == ["--equip"]:
        open_town(str(chosen), database).equip()
    else:
        activate(chosen, database, *MODULES, *more)
        open_town(str(chosen), database).found()
        activate(chosen, database, "inkasso")
        subprocess.run([sys.executable, __file__, str(chosen), database, "--equip"], check=True)
