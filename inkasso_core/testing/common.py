# ruff: noqa: S101  (what a check asserts is what it says)
"""What every conformance class shares, and the checks that hold for every adapter: name, settings, secrets, operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from inkasso_core.agencies.base import OPTIONAL_OPERATIONS, Agency
from inkasso_core.agencies.family import Transports
from inkasso_core.agencies.registry import GROUP
from inkasso_core.errors import UnsupportedOperation
from inkasso_core.model.agency import AgencyStatus, Placement
from inkasso_core.testing.discreet import Listener, plain_secrets
from inkasso_core.testing.example import Example
from inkasso_core.testing.reply import Replies
from inkasso_core.testing.sample import GIVEN, sample_placement
from inkasso_core.testing.scene import Scene

VERIFIED = frozenset({"", "specification read", "stand-in", "sandbox", "live"})
UNDOCUMENTED = "conformance-4711"
"""A status code that no agency has."""


class Conformance:
    """What an author names in every conformance class."""

    agency_class: ClassVar[type[Agency[Any]]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """As under ``[accounts.NAME.settings]``; the secrets in it are invented, and at least four characters long."""
    always: ClassVar[Replies] = ()
    """Answers that are there whenever they are asked for: a token, a WSDL."""
    address_setting: ClassVar[str | None] = None
    """Only for adapters that do not send through ``requests``: the setting, or the attribute, that holds the agency's address."""
    sample: ClassVar[Placement | None] = None
    """The placement that is handed over; left out, an invented one of the kit."""

    @classmethod
    def placed(cls, count: int = 1, number: int = 1) -> Placement:
        """Return the placement that is handed over."""
        return cls.sample if cls.sample is not None and count == 1 and number == 1 else sample_placement(count=count, number=number)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one test of each row of what a check goes through."""
        for argument in metafunc.fixturenames:
            rows = getattr(self, f"rows_of_{argument}", None)
            if rows is not None:
                metafunc.parametrize(argument, rows())

    @pytest.fixture(scope="class")
    @classmethod
    def scene(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
        """The adapter and its stand-in. Not to be overridden."""
        given = dict(cls.settings)
        if "directory" in cls.agency_class.Settings.model_fields:
            given.setdefault("directory", tmp_path_factory.mktemp("out"))
        with Scene(cls.agency_class, given, always=cls.always, address_setting=cls.address_setting) as scene:
            yield scene


class AdapterConformance(Conformance):
    """The checks that hold whatever an adapter speaks."""

    entry_point: ClassVar[str | None] = None
    """The name of the entry point; left out, the one that leads to the class, where its distribution is installed."""
    not_secret: ClassVar[Sequence[str]] = ()
    """Settings whose names sound like a secret and that hold none."""
    examples: ClassVar[Mapping[str, Example | Sequence[Example]]] = {}
    """Optional operation -> one example or several."""
    case_reference: ClassVar[str] = "A-77"
    """The agency's reference of the case in the examples."""

    @classmethod
    def rows_of_lacking(cls) -> list[Any]:
        """The operations that the class does not offer."""
        return [operation for operation in OPTIONAL_OPERATIONS if operation not in cls.agency_class.operations]

    def test_the_entry_point_bears_the_name(self) -> None:
        """The entry point in the group ``inkasso.agencies`` that leads to the class equals its ``name``."""
        wanted, found = self.agency_class.name, [self.entry_point] if self.entry_point else _leading_to(self.agency_class)
        if not found:
            pytest.skip(f"no installed distribution has an entry point in {GROUP} that leads to {self.agency_class.__name__}")
        assert found == [wanted], f"the entry point is called {found[0]!r}, the class {wanted!r}"

    def test_it_says_what_people_read(self) -> None:
        """There is a label, and ``verified`` is one of the known words."""
        assert self.agency_class.label.strip()
        assert self.agency_class.verified in VERIFIED

    def test_the_status_map_holds_our_values(self) -> None:
        """Every documented status code leads to an ``AgencyStatus`` other than ``UNKNOWN``."""
        codes = self.agency_class.status_map
        odd = [code for code, status in codes.items() if not isinstance(status, AgencyStatus) or status is AgencyStatus.UNKNOWN]
        assert not odd, f"status codes that lead to none of ours: {odd}"
        assert all(isinstance(code, str) for code in codes), "status codes are text"

    def test_an_undocumented_status_is_unknown(self, scene: Scene) -> None:
        """A code that the map does not know becomes ``UNKNOWN``, never an error; code and answer are kept."""
        raw = {"state": UNDOCUMENTED}
        report = scene.agency.report(self.case_reference, UNDOCUMENTED, raw)
        assert (report.status, report.agency_status, report.raw) == (AgencyStatus.UNKNOWN, UNDOCUMENTED, raw)

    def test_settings_that_sound_secret_are_secret(self) -> None:
        """A setting whose name sounds like a secret is a ``SecretStr``."""
        plain = [name for name in plain_secrets(self.agency_class.Settings) if name not in self.not_secret]
        assert not plain, f"declare these as SecretStr, or name them in not_secret: {plain}"

    def test_secrets_are_not_shown(self, scene: Scene) -> None:
        """No ``repr`` and no complaint about settings shows a secret."""
        listener = Listener(scene.secrets)
        for name, said in {"agency": scene.agency, "settings": scene.settings, "its fields": vars(scene.settings)}.items():
            listener.listen(f"repr of {name}", repr(said))
            listener.listen(f"str of {name}", str(said))
        for secret in scene.secrets:
            with pytest.raises(ValidationError) as caught:
                self.agency_class.Settings.model_validate({**scene.given, "conformance_no_such_setting": secret})
            listener.listen("error about a setting", str(caught.value))
        assert not listener.heard, f"a secret is shown in: {sorted(set(listener.heard))}"

    def test_what_it_lacks_says_so(self, scene: Scene, lacking: str) -> None:
        """An operation that is not offered raises ``UnsupportedOperation``, with the reason, and sends nothing."""
        scene.play()
        why = scene.agency.missing()[lacking]
        assert why.de.strip()
        assert why.en.strip()
        with pytest.raises(UnsupportedOperation) as caught:
            getattr(scene.agency, lacking)(*GIVEN[lacking](self.case_reference, self.placed()))
        assert why.en in caught.value.text.en
        assert not scene.requests

    def test_what_is_withheld_has_a_reason(self, scene: Scene) -> None:
        """What a setting takes away is no longer in ``operations``, and says why."""
        for operation, why in scene.agency.withheld.items():
            assert operation not in scene.agency.operations
            assert why.de.strip()
            assert why.en.strip()

    def test_what_it_promises_fits_together(self, scene: Scene) -> None:
        """A time after which "not found" proves absence needs a look-up; an acknowledgement needs a feed."""
        agency = scene.agency
        assert agency.settles_after is None or "find" in self.agency_class.operations
        assert "acknowledge" not in agency.operations or "fetch_feed" in agency.operations
        assert agency.claims_per_placement >= 1
        assert agency.batch_size >= 1


def _leading_to(agency_class: type[Agency[Any]]) -> list[str]:
    """Return the names of the entry points of the class's own distribution that lead to it."""
    home = f"{agency_class.__module__}."
    near = [point for point in metadata.entry_points(group=GROUP) if home.startswith(f"{point.module}.")]
    return sorted({point.name for point in near if _is_behind(point, agency_class)})


def _is_behind(point: metadata.EntryPoint, agency_class: type[Agency[Any]]) -> bool:
    found = point.load()
    return agency_class in (found.by_transport.values() if isinstance(found, Transports) else [found])
