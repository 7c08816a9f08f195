"""``import inkasso_core`` is cheap: what only some users need is loaded when they use it."""

import json
import subprocess
import sys

HEAVY = {"alembic", "holidays", "requests", "rich", "sqlalchemy", "typer", "waitress", "werkzeug", "zeep"}


def loaded_by(program: str) -> set[str]:
    """The top-level names of all modules that a new interpreter has loaded after running the program."""
    program = f"{program}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_the_core_loads_nothing_heavy() -> None:
    assert loaded_by("import inkasso_core") & HEAVY == set()


def test_the_listing_of_public_names_loads_nothing_heavy() -> None:
    assert loaded_by("import inkasso_core; dir(inkasso_core); inkasso_core.__all__") & HEAVY == set()


def test_heavy_modules_would_be_seen() -> None:
    assert loaded_by("import inkasso_core, sqlalchemy") & HEAVY == {"sqlalchemy"}


def test_every_public_name_loads_when_it_is_used() -> None:
    loaded_by("import inkasso_core\nfor name in inkasso_core.__all__: getattr(inkasso_core, name)")


def test_the_public_names_are_unique_and_shown_by_dir() -> None:
    program = (
        "import inkasso_core as core\n"
        "assert core.__all__, 'no public names'\n"
        "assert len(set(core.__all__)) == len(core.__all__), 'a public name is listed twice'\n"
        "assert set(core.__all__) <= set(dir(core)), 'dir() hides public names'"
    )
    loaded_by(program)


WITHOUT_EXTRAS = """
import sys
for name in ("cryptography", "paramiko", "psycopg", "waitress", "werkzeug"):
    sys.modules[name] = None
from inkasso_core.agencies.registry import Agencies
for name in Agencies().names():
    Agencies().variants(name)
"""


def test_every_adapter_of_ours_loads_without_the_extras() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", WITHOUT_EXTRAS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_intake_loads_its_server_only_when_it_is_used() -> None:
    assert loaded_by("from inkasso_core import intake_app") & HEAVY == set()
    assert loaded_by("import inkasso_core.cli.app") & {"waitress", "werkzeug"} == set()
