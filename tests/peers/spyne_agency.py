"""A small agency with a SOAP interface, document/literal, that checks every request against its schema. Run by an environment with spyne.

Its WSDL is openly made up (``urn:example:inkasso:v1``): a reconstruction of nobody's. It knows one client, ``K-77`` with the password
``geheim-77``. An invoice that begins with ``REFUSE`` is refused; the message ``court`` or ``odd`` to a case moves it there.

    python spyne_agency.py PORT
"""

# ruff: noqa: N802, N803, N805, N815  (the names of the interface; spyne calls without an instance)
import datetime
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from spyne import Application, Array, ComplexModel, Date, Decimal, Fault, Integer, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

NAMESPACE = "urn:example:inkasso:v1"
CLIENTS = {"K-77": "geheim-77"}


class Claim(ComplexModel):
    __namespace__ = NAMESPACE
    reference = Unicode(min_occurs=1, max_len=40)
    lastName = Unicode
    company = Unicode
    street = Unicode(min_occurs=1)
    postcode = Unicode(min_occurs=1, pattern=r"[0-9]{5}")
    city = Unicode(min_occurs=1)
    invoiceNumber = Unicode(min_occurs=1)
    dueDate = Date(min_occurs=1)
    principal = Decimal(min_occurs=1, gt=0, fraction_digits=2)
    dunningFees = Decimal(fraction_digits=2)
    dunnings = Integer


class Result(ComplexModel):
    __namespace__ = NAMESPACE
    reference = Unicode
    result = Unicode
    fileNumber = Unicode
    errorCode = Unicode
    errorField = Unicode


class State(ComplexModel):
    __namespace__ = NAMESPACE
    reference = Unicode
    fileNumber = Unicode
    code = Unicode
    text = Unicode
    changedAt = Unicode
    paid = Decimal
    fees = Decimal


class Case:
    def __init__(self, number, claim):
        self.number, self.claim, self.paid = number, claim, 0
        self.move("NEU", "Angenommen")

    def move(self, code, text):
        Case.moves = getattr(Case, "moves", 0) + 1
        self.code, self.text = code, text
        at = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC) + datetime.timedelta(minutes=Case.moves)
        self.changed_at = at.isoformat()

    def state(self):
        return State(
            reference=self.claim.reference,
            fileNumber=self.number,
            code=self.code,
            text=self.text,
            changedAt=self.changed_at,
            paid=self.paid,
            fees="12.50",
        )


CASES = {}


def let_in(client_id, password):
    if CLIENTS.get(client_id) != password:
        raise Fault("Client.Authentication", "unknown client or wrong password")


def case_of(number):
    found = next((case for case in CASES.values() if case.number == number), None)
    if found is None:
        raise Fault("Client.UnknownCase", "no such case")
    return found


class Agency(ServiceBase):
    @rpc(Unicode, Unicode, Array(Claim), _returns=Array(Result))
    def SubmitClaims(ctx, clientId, password, claims):
        let_in(clientId, password)
        return [taken(claim) for claim in claims]

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, _returns=Array(State))
    def GetStatus(ctx, clientId, password, reference, fileNumber, changedSince):
        let_in(clientId, password)
        states = [case.state() for case in CASES.values()]
        wanted = (("reference", reference), ("fileNumber", fileNumber))
        states = [state for state in states if all(value in (None, getattr(state, name)) for name, value in wanted)]
        return [state for state in states if changedSince is None or state.changedAt > changedSince]

    @rpc(Unicode, Unicode, Unicode, Decimal(gt=0), Date, _returns=Result)
    def ReportPayment(ctx, clientId, password, fileNumber, amount, paidOn):
        let_in(clientId, password)
        case = case_of(fileNumber)
        case.paid += amount
        case.move(*(("BZ", "Bezahlt") if case.paid >= case.claim.principal else ("TZ", "Teilzahlung für Möbel")))
        return Result(reference=case.claim.reference, result="accepted", fileNumber=case.number)

    @rpc(Unicode, Unicode, Unicode, Unicode, _returns=Result)
    def RecallClaim(ctx, clientId, password, fileNumber, reason):
        let_in(clientId, password)
        case = case_of(fileNumber)
        if case.code == "GV":
            return Result(result="rejected", fileNumber=case.number, errorCode="COURT")
        case.move("ST", "Storno angefragt")
        return Result(result="requested", fileNumber=case.number)

    @rpc(Unicode, Unicode, Unicode, Unicode, Unicode, Date, _returns=Result)
    def Tell(ctx, clientId, password, fileNumber, kind, text, until):
        let_in(clientId, password)
        case = case_of(fileNumber)
        told = {"pause": ("RU", "Ruht"), "resume": ("NEU", "Geht weiter"), "court": ("GV", "Gericht"), "odd": ("X-77", "Sonderfall")}
        if (text if kind == "message" else kind) in told:
            case.move(*told[text if kind == "message" else kind])
        return Result(result="accepted", fileNumber=case.number)

    @rpc(Unicode, Unicode, Unicode, Claim, _returns=Result)
    def AmendClaim(ctx, clientId, password, fileNumber, claim):
        let_in(clientId, password)
        case = case_of(fileNumber)
        case.claim = claim
        return Result(result="accepted", fileNumber=case.number)


def taken(claim):
    if claim.invoiceNumber.startswith("REFUSE"):
        return Result(reference=claim.reference, result="rejected", errorCode="E-ADR", errorField="street")
    known = CASES.get(claim.reference)
    if known is None:
        known = CASES[claim.reference] = Case(f"PN-{len(CASES) + 1:06d}", claim)
        return Result(reference=claim.reference, result="accepted", fileNumber=known.number)
    return Result(reference=claim.reference, result="duplicate", fileNumber=known.number)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


def main(port):
    application = Application([Agency], tns=NAMESPACE, in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
    make_server("127.0.0.1", port, WsgiApplication(application), handler_class=Quiet).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
