"""Sphinx configuration. `make docs` builds against the installed package, with warnings as errors."""

import enum
import inspect
from importlib.metadata import version as installed_version
from typing import Any

from docutils import nodes
from pydantic import BaseModel
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import inkasso_core

project = "inkasso"
author = "The inkasso developers"
copyright = f"2026, {author}"
release = installed_version("inkasso")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "agencies/exchanges"]  # an exchange is a part of its agency's page
html_theme = "furo"
html_title = f"inkasso {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "undoc-members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100

# A public name that a page mentions must exist. What else stands in signatures (names of other libraries, aliases, type
# variables) is let pass: its documentation is not reachable while building.
nitpick_ignore_regex = [(r"py:.*", r"(?!inkasso_core\.(\w+|[A-Z]\w*\.\w+)$).*")]

log = logging.getLogger(__name__)


def directive_for(value: object) -> str:
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"


def inherited(value: object) -> str:
    """Return the option that shows the methods of a class's private parts; models and errors have theirs from machinery."""
    bases = value.__bases__ if inspect.isclass(value) and not issubclass(value, BaseModel | BaseException) else ()
    private = any(base.__module__.startswith("inkasso_core.") and base.__name__ not in inkasso_core.__all__ for base in bases)
    return "\n   :inherited-members:\n" if private else ""


SECTIONS = {"autoclass": "Classes", "autofunction": "Functions", "autodata": "Values", "autoexception": "Errors"}


def add_public_names(_app: Sphinx, page: str, source: list[str]) -> None:
    """Append to the page `api` a section for each kind of public name: the list in `inkasso_core` is the only one."""
    if page != "api":
        return
    found: dict[str, list[str]] = {directive: [] for directive in SECTIONS}
    for name in sorted(set(inkasso_core.__all__) - {"__version__"}):
        try:
            found[directive_for(getattr(inkasso_core, name))].append(name)
        except (ImportError, AttributeError) as exc:
            log.warning("the public name inkasso_core.%s cannot be loaded: %s", name, exc)
    for directive, names in found.items():
        if names:
            entries = "\n".join(f".. {directive}:: inkasso_core.{name}{inherited(getattr(inkasso_core, name))}" for name in names)
            source[0] += f"\n## {SECTIONS[directive]}\n\n```{{eval-rst}}\n{entries}\n```\n"


def hide_machinery(_app: Sphinx, what: str, name: str, _value: object, skip: bool, _options: Any) -> bool | None:
    """Leave out what pydantic and the model's own `repr` need; None leaves the decision to autodoc."""
    hidden = what in {"class", "exception"} and (name.startswith("model_") or name == "shown")
    return True if hidden and not skip else None


def shorten_signature(
    _app: Sphinx, what: str, _name: str, value: object, _options: Any, _signature: str | None, _returns: str | None
) -> tuple[str, None] | None:
    """Show models and enumerations without arguments: their fields and members follow one by one."""
    if what == "class" and inspect.isclass(value) and issubclass(value, BaseModel | enum.Enum):
        return "", None
    return None


def drop_tuple_positions(_app: Sphinx, _what: str, _name: str, _value: object, _options: Any, lines: list[str]) -> None:
    if lines and lines[0].startswith("Alias for field number"):
        lines.clear()


def find_public_name(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Node) -> nodes.Node | None:
    """Lead a reference to a name's private home, as signatures hold it, to where the public name is documented."""
    target = node.get("reftarget", "")
    name = target.rpartition(".")[2]
    if node.get("refdomain") != "py" or not target.startswith("inkasso_core.") or name not in inkasso_core.__all__:
        return None
    python = env.domains["py"]
    return python.resolve_xref(env, node["refdoc"], app.builder, "obj", f"inkasso_core.{name}", node, content)


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_public_names)
    app.connect("autodoc-skip-member", hide_machinery)
    app.connect("autodoc-process-signature", shorten_signature)
    app.connect("autodoc-process-docstring", drop_tuple_positions)
    app.connect("missing-reference", find_public_name)
