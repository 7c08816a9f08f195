# ruff: noqa: RUF012  (class attributes are how a conformance is declared)
"""E-mail: what can break about a request can break about a message, too, as far as SMTP knows it."""

from collections.abc import Iterator

import pytest
from conformance.smtp_stand_in import SmtpStandIn

from inkasso_adapters.email import Email
from inkasso_core import AgencyStatus
from inkasso_core.testing import AgencyConformance, Example, Fault, SilentPort, closed_port
from inkasso_core.testing.scene import Scene
from inkasso_core.testing.verdict import in_time, insist_on_meaning, raised_by

SMTP = "speaks SMTP"
OVER_SMTP = frozenset(
    {
        Fault.REFUSED,
        Fault.CONNECT_TIMEOUT,
        Fault.READ_TIMEOUT,
        Fault.CUT_BEFORE,
        Fault.CUT_AFTER,
        Fault.ANSWER_LOST,
        Fault.UNAUTHORIZED,
    }
)
"""What a mail server can do, too; 401 is its 535."""
NOTHING_LEFT = frozenset({Fault.REFUSED, Fault.CONNECT_TIMEOUT, Fault.UNAUTHORIZED})
TOLD = Example((), {"done": False})


class TestEmail(AgencyConformance):
    agency_class = Email
    entry_point = "email"
    without_requests = SMTP
    settings = {
        "host": "127.0.0.1",
        "security": "none",
        "user": "shop",
        "password": "geheim-4711",
        "sender": "inkasso@shop.example",
        "recipient": "akten@kanzlei.example",
        "unencrypted": True,
        "connect_timeout": 0.3,
        "read_timeout": 0.5,
    }
    examples = {
        "check": Example((), None),
        **dict.fromkeys(("amend", "report_payment", "recall", "pause", "resume", "send_document", "send_message"), TOLD),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[SmtpStandIn]:
        with SmtpStandIn() as server:
            yield server

    @pytest.fixture(scope="class")
    @classmethod
    def scene(cls, server: SmtpStandIn) -> Iterator[Scene]:
        with Scene(cls.agency_class, {**cls.settings, "port": server.port}) as scene:
            yield scene

    @classmethod
    def reason_without(cls, fault: Fault) -> str | None:
        return None if fault in OVER_SMTP else SMTP

    def test_a_message_arrives_once(self, scene: Scene, server: SmtpStandIn) -> None:
        server.play()
        submission = scene.agency.submit(self.placed())
        assert (submission.status, submission.confirmed) == (AgencyStatus.SUBMITTED, False)
        assert (server.begun, len(server.whole)) == (1, 1)

    def test_a_fault_means(self, scene: Scene, server: SmtpStandIn, fault: Fault) -> None:
        server.play(fault)
        silent = SilentPort()
        ports = {Fault.REFUSED: closed_port(), Fault.CONNECT_TIMEOUT: silent.address}
        port = ports.get(fault, f":{server.port}").rpartition(":")[2]
        agency = scene.made(port=int(port))
        with scene.discreet() as listener, in_time(fault):
            error = raised_by(lambda: agency.submit(self.placed()))
            listener.listen("the error and its traceback", error)
        silent.close()
        insist_on_meaning(error, self.meaning_of(fault), fault)
        assert server.begun == (0 if fault in NOTHING_LEFT else 1), "the message was sent again"
