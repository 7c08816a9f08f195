"""The small shop of ``docs/shops/django.md``, word for word, in an environment with Django; and the tables of both pages."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from codeblocks import DOCS, blocks, is_configuration
from peers.oscar import PATIENCE, OscarShop

PAGE = "docs/shops/django.md"
HEAD = """
from pathlib import Path
BASE_DIR = Path(__file__).parent
SECRET_KEY = "not-secret-in-a-test"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "shop.sqlite3"}}
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "urls"
USE_TZ = True
"""
MANAGE = "import sys; from django.core.management import execute_from_command_line as run; run(sys.argv)"


class Project:
    """The page's project in a folder."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.python, self.folder = python, folder

    def run(self, *arguments: str, code: int = 0) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("INKASSO_", "PYTHON", "DJANGO_"))}
        env = {**kept, "PYTHONPATH": str(self.folder), "DJANGO_SETTINGS_MODULE": "settings", "XDG_CACHE_HOME": str(self.folder / "cache")}
        command = [str(self.python), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def python_says(self, source: str) -> Any:
        """Run Python in the project, and return its JSON."""
        return json.loads(self.run("-c", f"import django, json; django.setup()\n{source}"))


@pytest.fixture
def project(new_shop: OscarShop, tmp_path: Path) -> Project:
    (tmp_path / "myshop").mkdir()
    (tmp_path / "myshop" / "__init__.py").touch()
    for block in blocks(PAGE):
        if is_configuration(block):
            (tmp_path / "inkasso.toml").write_text(block.text, "utf-8")
        elif named := re.match(r"# (\S+\.py)\n", block.text):
            head = HEAD if named[1] == "settings.py" else ""
            (tmp_path / named[1]).write_text(head + block.text, "utf-8")
    (tmp_path / "manage.py").write_text(MANAGE, "utf-8")
    made = Project(new_shop.python, tmp_path)
    made.run("manage.py", "migrate", "--run-syncdb", "--verbosity", "0")
    return made


ORDER = """
from myshop.models import Order
import datetime as dt
values = {"first_name": "Jördis", "last_name": "Groß-Möller", "street": "Lange Straße 7 a", "postal_code": "01067", "city": "Dresden"}
order = Order.objects.create(total="153.99", placed_on=dt.date(2026, 2, 26), due_on=dt.date(2026, 3, 16), status="collection", **values)
"""
CLAIMS = """
from inkasso_core import Filter
from inkasso_shop_plugins.django.installation import installation
"""
STATES = "print(json.dumps([[c.ref, c.state, str(c.principal_open)] for c in installation().claims(Filter())]))"


def test_the_shop_of_the_page_works(project: Project) -> None:
    assert "no issues" in project.run("manage.py", "check")
    project.python_says(f"{ORDER}print(1)")
    assert "relayed 1, of these failed 0" in project.run("manage.py", "inkasso_run")
    ((ref, state, amount),) = project.python_says(CLAIMS + STATES)
    assert (ref, amount) == ("web:1", "153.99")
    assert state in ("ready", "waiting")
    told = "from myshop.models import Order; print(json.dumps(Order.objects.get().note))"
    assert project.python_says(told).startswith("registered: ")
    project.python_says("from myshop.models import Order; Order.objects.update(paid='153.99', status='paid'); print(1)")
    assert "reported 1" in project.run("manage.py", "inkasso_run")
    assert project.python_says(CLAIMS + STATES) == [["web:1", "paid", "0.00"]]


INTAKE = """
from django.test import Client
web = Client()
health = web.get("/inkasso/v1/health")
document = web.get("/inkasso/openapi.json")
nothing = web.post("/inkasso/v1/events", b"{}", content_type="application/json")
print(json.dumps([health.status_code, document.status_code, document.json()["info"]["title"], nothing.status_code]))
"""


def test_the_intake_is_a_view(project: Project) -> None:
    health, document, title, nothing = project.python_says(INTAKE)
    assert (health, document) == (200, 200)
    assert title
    assert 400 <= nothing < 500


MOUNTED = """
from django.test import RequestFactory
from inkasso_shop_plugins.django.mount import mounted
seen = []
def application(environ, start_response):
    seen.append([environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["QUERY_STRING"], environ["wsgi.input"].read().decode()])
    start_response("201 Created", [("Content-Type", "text/x"), ("X-Own", "1"), ("Set-Cookie", "a=b; Path=/"), ("Set-Cookie", "c=d")])
    return [b"one ", b"two"]
request = RequestFactory().post("/shop/inkasso/v1/ä/b?x=1", b"body", content_type="text/plain")
answer = mounted(application)(request, path="v1/ä/b")
cookies = sorted(answer.cookies)
print(json.dumps([seen, answer.status_code, answer["Content-Type"], answer["X-Own"], cookies, answer.content.decode()]))
"""


def test_a_mounted_application_sees_its_own_path_and_body(project: Project) -> None:
    seen, *answer = project.python_says(MOUNTED)
    assert seen == [["/shop/inkasso", "/v1/ä/b".encode().decode("latin-1"), "x=1", "body"]]
    assert answer == [201, "text/x", "1", ["a", "c"], "one two"]


def documented(page: str, part: str) -> set[str]:
    table = (DOCS / "shops" / page).read_text("utf-8").partition(f"<!-- {part} -->\n")[2].partition("<!-- end -->")[0]
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_every_option_stands_on_its_page(shop: OscarShop) -> None:
    options = shop.do("option_names")
    assert documented("django.md", "INKASSO") == set(options["INKASSO"])
    assert documented("oscar.md", "INKASSO_OSCAR") == set(options["INKASSO_OSCAR"])
