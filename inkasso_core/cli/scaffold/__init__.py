"""What ``inkasso new-adapter`` and ``inkasso new-shop-plugin`` write: a distribution that installs, is found, and passes its tests.

The files are templates beside this module. Their interface is invented and works; the author replaces it by that of the agency or shop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import TYPE_CHECKING

from inkasso_core.cli.exits import WrongUsage
from inkasso_core.errors import ConfigurationError
from inkasso_core.model.words import Text

if TYPE_CHECKING:
    from inkasso_core.app import Inkasso

LONGEST_NAME, LONGEST_LABEL = 24, 40
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_EVERY: Mapping[str, str] = MappingProxyType(
    {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        "src/{package}/__init__.py": "init.py",
        "src/{package}/py.typed": "py.typed",
    }
)
FILES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        transport: {**_EVERY, "src/{package}/agency.py": f"{transport}/agency.py", "tests/test_agency.py": f"{transport}/test_agency.py"}
        for transport in ("http", "soap", "file")
    }
    | {
        "soap": {
            **_EVERY,
            "src/{package}/agency.py": "soap/agency.py",
            "src/{package}/example.wsdl": "soap/example.wsdl",
            "tests/test_agency.py": "soap/test_agency.py",
        }
    }
)
"""Transport -> path in the distribution -> its template."""
TRANSPORTS = tuple(FILES)
_EVERY_SHOP: Mapping[str, str] = MappingProxyType(
    {
        "pyproject.toml": "shop/pyproject.toml",
        "README.md": "shop/README.md",
        "src/{package}/__init__.py": "shop/init.py",
        "src/{package}/py.typed": "py.typed",
    }
)
_ORDERS = MappingProxyType({"src/{package}/order.py": "shop/order.py", "tests/sample.py": "shop/sample.py"})
SHOP_FILES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        way: {
            **_EVERY_SHOP,
            **(_ORDERS if way != "file" else {}),
            "src/{package}/plugin.py": f"shop/{way}/plugin.py",
            "tests/test_plugin.py": f"shop/{way}/test_plugin.py",
        }
        for way in ("push", "poll", "file")
    }
)
"""How orders come from the shop -> path in the distribution -> its template."""
WAYS = tuple(SHOP_FILES)


@dataclass(frozen=True)
class Scaffold:
    """A distribution that was written."""

    folder: Path
    name: str
    label: str
    transport: str
    """The transport of an agency, or the way in which a shop's orders come."""
    files: tuple[str, ...]

    @property
    def distribution(self) -> str:
        """What pip calls it."""
        return f"inkasso-{self.name}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return package_of(self.name)


def package_of(name: str) -> str:
    """Return the package of an adapter or a shop plugin."""
    return f"inkasso_{name.replace('-', '_')}"


def write(ink: Inkasso, name: str, *, transport: str, folder: Path | None = None, label: str | None = None) -> Scaffold:
    """Write a distribution for the agency ``name`` into the new folder (left out, ``inkasso-NAME`` here) and say what was written.

    Raises :class:`WrongUsage` for a name or label that cannot be one and for a name that is taken, :class:`ConfigurationError` for a
    folder that is there already or cannot be written. Nothing is written then.
    """
    _check_form(name)
    taken = next((row for row in ink.agencies.installed() if row.name == name), None)
    if taken is not None:
        raise WrongUsage(_TAKEN.fill(name=name, distribution=f"{taken.distribution} {taken.version}".strip()), field="NAME")
    _check_package(name)
    return _written(name, FILES[transport], transport, transport, folder, label)


def write_shop(ink: Inkasso, name: str, *, way: str, folder: Path | None = None, label: str | None = None) -> Scaffold:
    """Write a distribution for the plugin of the shop ``name``, as :func:`write` does for an agency, and raise what that raises."""
    _check_form(name)
    if name in [*ink.plugins.shop_plugin_names, *(broken.name for broken in ink.plugins.broken)]:
        raise WrongUsage(_SHOP_TAKEN.fill(name=name), field="NAME")
    _check_package(name)
    return _written(name, SHOP_FILES[way], f"shop/{way}", way, folder, label)


def _written(name: str, files: Mapping[str, str], parts: str, kind: str, folder: Path | None, label: str | None) -> Scaffold:
    shown = _label(name) if label is None else _checked(label)
    place = Path(f"inkasso-{name}") if folder is None else folder
    words = _words(name, shown, parts)
    texts = {path.format(package=words["package"]): _filled(template, words) for path, template in files.items()}
    _put(place, texts)
    return Scaffold(place, name, shown, kind, tuple(texts))


def _check_form(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise WrongUsage(_BAD_NAME.fill(longest=LONGEST_NAME), field="NAME")


def _check_package(name: str) -> None:
    if find_spec(package_of(name)) is not None:
        raise WrongUsage(_NO_PACKAGE.fill(package=package_of(name)), field="NAME")


def _checked(label: str) -> str:
    """Return the label as it may stand in code and in texts."""
    found = label.strip()
    if not found or len(found) > LONGEST_LABEL or not found.isprintable() or set(found) & set("\"'\\|<>`"):
        raise WrongUsage(_BAD_LABEL.fill(longest=LONGEST_LABEL), field="--label")
    return found


def _label(name: str) -> str:
    return " ".join(part.capitalize() for part in name.split("-"))


def _words(name: str, label: str, folder: str) -> dict[str, str]:
    """What the templates may name."""
    words = {
        "name": name,
        "label": label,
        "distribution": f"inkasso-{name}",
        "package": package_of(name),
        "prefix": "".join(part.capitalize() for part in name.split("-")),
        "variable": name.replace("-", "_").upper(),
    }
    parts = {part: _filled(f"{folder}/{file}", words).strip() for part, file in (("about", "about.md"), ("settings", "settings.toml"))}
    return {**words, **parts}


class _Blank(Template):
    """A text with blanks like ``%{name}``: a dollar sign is a prompt in a README."""

    delimiter = "%"


def _filled(template: str, words: Mapping[str, str]) -> str:
    text = resources.files(__package__).joinpath("templates", *f"{template}.tmpl".split("/")).read_text("utf-8")
    return _Blank(text).substitute(words)


def _put(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True)
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise ConfigurationError(_THERE.fill(folder=folder)) from None
    except OSError as exc:
        raise ConfigurationError(_UNWRITABLE.fill(folder=folder, error=exc.strerror)) from None


_BAD_NAME = Text(
    "So kann sie hier nicht heißen: Kleinbuchstaben (a-z), Ziffern und einzelne Bindestriche, am Anfang ein Buchstabe, höchstens "
    "{longest} Zeichen, zum Beispiel acme-nord.",
    "It cannot be called that here: small letters (a-z), digits and single hyphens, a letter first, {longest} characters at most, "
    "for example acme-nord.",
)
_TAKEN = Text(
    "Die Agentur „{name}“ ist schon installiert ({distribution}): einen anderen Namen wählen oder das Paket deinstallieren.",
    'The agency "{name}" is installed already ({distribution}): choose another name, or uninstall its distribution.',
)
_SHOP_TAKEN = Text(
    "Ein Shop-Plugin „{name}“ ist schon installiert: einen anderen Namen wählen oder sein Paket deinstallieren.",
    'A shop plugin "{name}" is installed already: choose another name, or uninstall its distribution.',
)
_NO_PACKAGE = Text(
    "Das Python-Paket {package} gibt es schon: einen anderen Namen wählen.",
    "There is a Python package {package} already: choose another name.",
)
_BAD_LABEL = Text(
    "Die Bezeichnung (--label) ist leer, länger als {longest} Zeichen, oder enthält eines der Zeichen \" ' \\ | < > `.",
    "The label (--label) is empty, longer than {longest} characters, or holds one of the characters \" ' \\ | < > `.",
)
_THERE = Text(
    "{folder} gibt es schon: einen anderen Ordner nennen (--directory).", "{folder} is there already: name another (--directory)."
)
_UNWRITABLE = Text("{folder} lässt sich nicht schreiben: {error}.", "{folder} cannot be written: {error}.")
