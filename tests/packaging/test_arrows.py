"""The rooms of the house and the arrows between them: who may import whom, read from the sources without running them.

A new room in ``inkasso_core`` needs a line in ``ARROWS``; a new library that belongs to one room a line in ``KEPT_IN``.
"""

import ast
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import inkasso_core

BASE = {"model", "errors", "describe", "discretion"}
PARTS = {"agencies", "lifecycle", "plugins", "readers", "rules", "settings", "store"}
SMALL = {"collector", "endings", "fresh", "logs", "owner", "points", "waits"}
"""Helpers of the steps that know nothing of claims."""
GROUND = {"context"} | SMALL | PARTS | BASE
"""What every step stands on."""
SHARED = {"adopted", "assess", "bundling", "change", "gate", "pacing", "report", "resting", "revise", "vendors"} | GROUND
BEHIND = {"adopt", "answers", "cases", "consequences", "entries", "placing", "register", "statuses", "telling"}
"""What a report, a job or an answer means for a claim: asked by several steps."""
STEPS = {"intake", "release", "transmit", "follow"}
SHOPWARD = {"polling", "receiving", "shopside", "wholes"}
"""What is brought from shops, and what their plugins are given."""
AROUND = {"adoption", "desk", "merchant_ledger", "reconcile", "undo", "export", "feeds", "ingest", "instructing", "schedule", "sending"}
"""What belongs to a step, or calls several."""
FACES = {"cli", "web", "workers"}

ARROWS: dict[str, set[str]] = {
    "_version": set(),
    "model": set(),
    "errors": {"model"},
    "discretion": {"model", "errors"},
    "describe": {"model", "errors", "discretion"},
    **dict.fromkeys(PARTS, BASE),
    "tomlfile": {"model", "errors"},
    "plugins": {"readers"} | BASE,  # a shop plugin says how its shop's export is read
    "settings_serve": BASE,
    "settings_worker": {"settings_serve"} | BASE,
    # roles and profiles, and the conditions of an account
    "settings": {"lifecycle", "rules", "settings_serve", "settings_worker", "tomlfile"} | BASE,
    "store": {"lifecycle", "logs"} | BASE,  # states are stored, and an actor sees only what is his
    **{room: set[str]() for room in SMALL},
    "context": {"endings"} | PARTS | BASE,
    "adopted": GROUND,
    "assess": {"adopted"} | GROUND,
    **dict.fromkeys(("bundling", "change", "gate", "pacing", "report", "resting", "revise", "vendors"), GROUND),
    "telling": SHARED,
    "consequences": {"telling"} | SHARED,
    "cases": SHARED,
    "answers": {"consequences"} | SHARED,
    "entries": {"cases", "consequences", "statuses"} | SHARED,
    "placing": {"consequences"} | SHARED,
    "adopt": {"telling"} | SHARED,
    "register": {"adopt", "consequences", "idle"} | SHARED,
    "statuses": {"consequences", "telling"} | SHARED,
    "superseded": {"register"} | SHARED,
    **dict.fromkeys(STEPS, BEHIND | SHARED),
    "intake": {"superseded"} | BEHIND | SHARED,
    "export": BEHIND | SHARED,
    "leasing": {"placing"} | SHARED,
    "sending": {"answers", "leasing"} | SHARED,
    "feeds": {"cases", "entries", "statuses"} | SHARED,
    "instructing": {"release"} | BEHIND | SHARED,
    "transmit": {"export", "instructing", "sending"} | BEHIND | SHARED,  # an agency that takes files is transmitted to by an export
    "follow": {"feeds", "letters"} | BEHIND | SHARED,
    "letters": {"cases", "consequences"} | SHARED,
    "observing": {"cases", "shopside"} | SHARED,
    "shopside": SHARED,
    "wholes": {"intake"} | BEHIND | SHARED,
    "receiving": {"intake", "shopside", "wholes"} | BEHIND | SHARED,
    "polling": {"ingest", "intake", "shopside", "wholes"} | BEHIND | SHARED,  # a watched folder is polled
    "ingest": {"idle", "intake"} | BEHIND | SHARED,  # a file is many reports
    "desk": {"release"} | BEHIND | SHARED,
    "adoption_list": PARTS | BASE,  # also in what numbers are the same
    "adoption": {"adoption_list"} | BEHIND | SHARED,
    "undo": {"desk", "instructing", "release"} | BEHIND | SHARED,
    "casebooks": {"feeds"} | BEHIND | SHARED,
    "reconcile": {"casebooks", "spreadsheet"} | BEHIND | SHARED,
    "merchant_ledger": {"casebooks", "legal", "spreadsheet"} | BEHIND | SHARED,
    "vendorview": {"listing"} | SHARED,
    "schedule": {"desk", "pauses", "observing", "polling", "vendorview", "wholes"} | STEPS | BEHIND | SHARED,
    "faults": GROUND,
    "idle": GROUND,
    "legal": GROUND,
    "spreadsheet": PARTS | BASE,
    "listing": {"idle", "spreadsheet"} | GROUND,
    "errands": {"shopside", "spreadsheet"} | SHARED,
    "letterbook": {"spreadsheet"} | GROUND,
    "pauses": {"desk"} | SHARED,
    "turns": {"observing", "schedule", "vendorview"} | SHOPWARD | AROUND | STEPS | BEHIND | SHARED,
    "engines": {"store"} | BASE,
    "health": {"gate", "pacing", "resting"} | GROUND,
    "loglines": {"logs"},
    "doctor": {"faults", "gate", "health", "legal", "shopside"} | GROUND,
    "app": {"doctor", "engines", "faults", "health", "idle", "legal", "listing", "errands", "letterbook"}
    | {"observing", "turns", "vendorview"}
    | STEPS
    | SHOPWARD
    | AROUND
    | BEHIND
    | SHARED,
    **dict.fromkeys(FACES, {"app", "endings", "logs", "loglines", "waits", "settings", "lifecycle", "_version"} | BASE),
    "cli": {"app", "web", "workers", "endings", "loglines", "settings", "lifecycle", "_version"} | BASE,  # commands run server and worker
    "testing": {"agencies", "app", "plugins", "settings"} | BASE,  # a shop plugin is tried in a whole installation
    "__init__": {"app", "web", "workers", "_version"} | STEPS | PARTS | BASE,
}
"""Room of ``inkasso_core`` -> the rooms it may import from besides itself."""

KEPT_IN = {
    "stevedore": "inkasso_core.agencies.registry",
    "pluggy": "inkasso_core.plugins",
    "sqlalchemy": "inkasso_core.store",
    "alembic": "inkasso_core.store",
    "holidays": "inkasso_core.rules.law.calendar",
    "typer": "inkasso_core.cli",
    "rich": "inkasso_core.cli",
    "waitress": "inkasso_core.web",
    "werkzeug": "inkasso_core.web",
    "procrastinate": "inkasso_core.workers.procrastinate",
}
"""Library -> the one module or package of ours that may import it."""

GUESTS = ("inkasso_adapters", "inkasso_shop_plugins")
STANDS_ON = {"oscar": "django"}
"""A shop plugin for what is built upon another shop's framework -> that framework's."""
OURS = ("inkasso_core", *GUESTS)
OUR_MODULE = re.compile(r"(inkasso_core(?=\.)|inkasso_adapters|inkasso_shop_plugins)(\.\w+)*(?=:|$)")


@dataclass(frozen=True)
class Module:
    name: str
    source: str
    is_package: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Import:
    """``from module import name``; the name is None for ``import module``."""

    line: int
    module: str
    name: str | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.module}" + (f" ({self.name})" if self.name else "")


def modules() -> Iterator[Module]:
    """Every module of ours as it is installed."""
    for package in OURS:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations
        folder = Path(spec.submodule_search_locations[0])
        for path in sorted(folder.rglob("*.py")):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            yield Module(name, path.read_text(encoding="utf-8"), is_package)


def imports(module: Module) -> Iterator[Import]:
    """Every import, at whatever depth, for types alone or not; a string that names a module of ours counts as one."""
    for node in ast.walk(ast.parse(module.source)):
        match node:
            case ast.Import():
                yield from (Import(node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                origin = absolute(module, node.level, node.module)
                yield from (Import(node.lineno, origin, alias.name) for alias in node.names)
            case ast.Constant(value=str(text)):
                if found := OUR_MODULE.match(text):
                    yield Import(node.lineno, found.group())


def absolute(module: Module, level: int, origin: str | None) -> str:
    if level == 0:
        return origin or ""
    here = module.name.split(".")
    kept = here[: len(here) - level + (1 if module.is_package else 0)]
    return ".".join([*kept, *([origin] if origin else [])])


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def room(module: str, name: str | None = None) -> str:
    """The room of ``inkasso_core`` that a module lies in: ``inkasso_core.model.claim`` lies in ``model``."""
    below = module.split(".")[1:]
    if below:
        return below[0]
    return name if name in ARROWS else "__init__"


def complaints(module: Module, public: set[str]) -> list[str]:
    """What the module imports although it must not, in words."""
    rule = guest_complaint if module.name.startswith(GUESTS) else core_complaint
    found = []
    for entry in imports(module):
        reason = library_complaint(module, entry) or rule(module, entry, public)
        if reason:
            found.append(f"{module}, {entry}: {reason}")
    return found


def library_complaint(module: Module, entry: Import) -> str | None:
    home = KEPT_IN.get(entry.module.partition(".")[0])
    return None if home is None or inside(module.name, home) else f"belongs into {home} alone"


def core_complaint(module: Module, entry: Import, _public: set[str]) -> str | None:
    if entry.module.startswith(GUESTS):
        return "the core finds adapters and shop plugins by entry point and names none"
    if not inside(entry.module, "inkasso_core"):
        return None
    here, there = room(module.name), room(entry.module, entry.name)
    if here not in ARROWS:
        return f"the room {here!r} has no line in ARROWS"
    return None if there == here or there in ARROWS[here] else f"{here} may not import from {there}"


def guest_complaint(module: Module, entry: Import, public: set[str]) -> str | None:
    if entry.module == "inkasso_core":
        if entry.name is None:
            return "write `from inkasso_core import ...`, so that each name can be checked"
        return None if entry.name in public else "not a public name of inkasso_core"
    if inside(entry.module, "inkasso_core"):
        return "only the top level of inkasso_core is public"
    if not entry.module.startswith(GUESTS):
        return None
    package, own, *_ = [*module.name.split("."), ""]
    other = (entry.module.split(".")[1:] or [entry.name or ""])[0]
    shared = inside(entry.module, package) and (other in (own, STANDS_ON.get(own)) or other.startswith("_"))
    return None if shared else "adapters and shop plugins do not know each other"


@pytest.mark.parametrize("module", list(modules()), ids=str)
def test_no_module_imports_against_the_arrows(module: Module) -> None:
    assert complaints(module, set(inkasso_core.__all__)) == []


def test_the_arrows_form_no_circle() -> None:
    order = list(TopologicalSorter(ARROWS).static_order())
    assert order.index("model") < order.index("store") < order.index("intake") < order.index("app") < order.index("cli")


def test_every_room_has_its_arrows() -> None:
    rooms = {room(module.name) for module in modules() if module.name.startswith("inkasso_core.")}
    assert rooms - set(ARROWS) == set()


REFUSED = [
    ("inkasso_core.model.claim", "from inkasso_core.errors import InkassoError", "model may not import from errors"),
    ("inkasso_core.store.schema", "from inkasso_core.rules import diagnose", "store may not import from rules"),
    ("inkasso_core.intake", "from inkasso_core import release", "intake may not import from release"),
    ("inkasso_core.intake", "from . import release", "intake may not import from release"),
    ("inkasso_core.rules.default", "from ..store import schema", "rules may not import from store"),
    ("inkasso_core.rules.default", "from inkasso_core import Claim", "rules may not import from __init__"),
    ("inkasso_core.cli.main", "def f():\n    import inkasso_core.store.schema", "cli may not import from store"),
    ("inkasso_core.model.claim", "import_module('inkasso_core.store')", "model may not import from store"),
    ("inkasso_core.attic", "import inkasso_core.model", "the room 'attic' has no line"),
    ("inkasso_core.app", "from inkasso_adapters.dummy import DummyAgency", "names none"),
    ("inkasso_core.app", "load('inkasso_adapters.dummy:DummyAgency')", "names none"),
    ("inkasso_core.app", "import inkasso_shop_plugins", "names none"),
    ("inkasso_core.agencies.base", "import stevedore", "belongs into inkasso_core.agencies.registry alone"),
    ("inkasso_core.app", "from pluggy import PluginManager", "belongs into inkasso_core.plugins alone"),
    ("inkasso_core.transmit", "from sqlalchemy.orm import Session", "belongs into inkasso_core.store alone"),
    ("inkasso_core.app", "from alembic import command", "belongs into inkasso_core.store alone"),
    ("inkasso_core.app", "import typer", "belongs into inkasso_core.cli alone"),
    ("inkasso_adapters.acme", "from rich.table import Table", "belongs into inkasso_core.cli alone"),
    ("inkasso_adapters.acme", "from inkasso_core.model import Claim", "only the top level"),
    ("inkasso_adapters.acme", "from inkasso_core import _hidden", "not a public name"),
    ("inkasso_adapters.acme", "from inkasso_core import *", "not a public name"),
    ("inkasso_adapters.acme", "import inkasso_core", "each name can be checked"),
    ("inkasso_adapters.acme", "from inkasso_adapters.dummy import DummyAgency", "do not know each other"),
    ("inkasso_adapters.acme", "from .dummy import DummyAgency", "do not know each other"),
    ("inkasso_shop_plugins.acme", "from inkasso_core.store.schema import claims", "only the top level"),
    ("inkasso_shop_plugins.acme", "import inkasso_adapters.dummy", "do not know each other"),
    ("inkasso_shop_plugins.acme", "from . import cpshop", "do not know each other"),
    ("inkasso_shop_plugins.acme", "from inkasso_adapters import _letters", "do not know each other"),
    ("inkasso_shop_plugins.django.relay", "from inkasso_shop_plugins.oscar import conf", "do not know each other"),
    ("inkasso_shop_plugins", "from inkasso_shop_plugins.acme import Acme", "do not know each other"),
]


@pytest.mark.parametrize(("name", "source", "reason"), REFUSED)
def test_an_import_against_the_arrows_is_refused(name: str, source: str, reason: str) -> None:
    (complaint,) = complaints(Module(name, source), {"Claim"})
    assert reason in complaint


ALLOWED = [
    ("inkasso_core.model.claim", "from inkasso_core.model.party import Debtor\nimport pydantic"),
    ("inkasso_core.intake", "from inkasso_core.store import schema\nfrom inkasso_core.model.claim import Claim"),
    ("inkasso_core.app", "from . import intake, release"),
    ("inkasso_core.store.schema", "import sqlalchemy as sa"),
    ("inkasso_core.agencies.registry", "from stevedore import DriverManager"),
    ("inkasso_core.cli.main", "import typer\nfrom inkasso_core.app import Inkasso"),
    ("inkasso_adapters.acme", "from inkasso_core import Claim"),
    ("inkasso_adapters.acme.agency", "from inkasso_adapters.acme.mapping import CODES\nfrom .mapping import NAMES"),
    ("inkasso_adapters.acme", "from inkasso_adapters._letters import salutation\nfrom . import _letters"),
]


@pytest.mark.parametrize(("name", "source"), ALLOWED)
def test_an_import_along_the_arrows_is_allowed(name: str, source: str) -> None:
    assert complaints(Module(name, source), {"Claim"}) == []
