"""Distributions of strangers, as importlib.metadata sees them: a folder on ``sys.path`` with modules and a ``dist-info``. No pip.

    strangers.install("inkasso-acme", modules={"inkasso_acme": SOURCE}, agencies={"acme": "inkasso_acme:Acme"})

stevedore keeps what it found in a file per user and in memory; both are the test's own here.
"""

import importlib
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from stevedore import ExtensionManager, _cache


@dataclass
class Strangers:
    """What strangers have installed for the time of one test."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def install(
        self,
        name: str,
        *,
        version: str = "1.0",
        modules: Mapping[str, str] | None = None,
        agencies: Mapping[str, str] | None = None,
        plugins: Mapping[str, str] | None = None,
    ) -> None:
        """Put a distribution with modules (name -> source) and entry points (name -> object) on ``sys.path``."""
        home = self.folder / f"{name}-{version}"
        info = home / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
        groups = {"inkasso.agencies": agencies or {}, "inkasso.plugins": plugins or {}}
        lines = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items()) for group, points in groups.items()]
        (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
        for module, source in (modules or {}).items():
            self.write(name, module, source, version=version)
        self.monkeypatch.syspath_prepend(str(home))
        self.forget()

    def write(self, name: str, module: str, source: str, *, version: str = "1.0") -> None:
        """Write, or mend, a module of a distribution."""
        (self.folder / f"{name}-{version}" / f"{module}.py").write_text(textwrap.dedent(source), "utf-8")
        self.forget()

    def forget(self) -> None:
        """Make imports and stevedore look again."""
        for module in [m for m in sys.modules if self.is_ours(m)]:
            del sys.modules[module]
        importlib.invalidate_caches()
        ExtensionManager.ENTRY_POINT_CACHE.clear()
        self.monkeypatch.setattr(_cache, "get_group_all", _cache.Cache(str(self.folder / "cache")).get_group_all)

    def is_ours(self, module: str) -> bool:
        """True for a module that a test brought."""
        file = getattr(sys.modules[module], "__file__", None)
        return file is not None and Path(file).is_relative_to(self.folder)


def strangers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Strangers]:
    """Give a test its own strangers, and take them away afterwards. To be made a fixture in a ``conftest.py``."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # for programs that the test starts
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a module that is mended within a second is read again
    found = Strangers(tmp_path / "site", monkeypatch)
    yield found
    found.forget()
