"""``inkasso serve``: a process that serves, ends gracefully, and may be killed without losing what it said it took."""

from __future__ import annotations

import errno
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
import requests
from merchant import Desk, claim
from web.serving import COMMAND, TOKEN, Served, folder_with, serving

from inkasso_core import Inkasso

BEHIND_A_PROXY = 'prefix = "/inkasso"\ntrusted_proxy = "127.0.0.1"\n'
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def event(order: str) -> dict[str, Any]:
    return {"shop": "erp", "event": "order_status_changed", "claim": claim(order).model_dump(mode="json", exclude_defaults=True)}


def post(served: Served, order: str) -> requests.Response:
    return requests.post(f"{served.address}/v1/events", json=event(order), headers=BEARER, timeout=10)


def stored(folder: Path) -> set[str]:
    with Inkasso.from_config(folder / "inkasso.toml") as ink:
        return {one.record for one in ink.claims()}


def test_it_says_where_it_answers_and_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    with serving(folder) as served:
        assert {route["route"]: route["methods"] for route in served.document["routes"]} == {
            "/v1/events": ["POST"],
            "/v1/health": ["GET"],
            "/openapi.json": ["GET"],
        }
        answer = post(served, "A-1")
        assert (answer.status_code, answer.json()["taken"]) == (200, 1)
        assert "Server" not in answer.headers
        assert served.end() == 0
    assert stored(folder) == {"A-1"}


def test_people_see_a_table_and_every_problem_in_it(tmp_path: Path) -> None:
    more = '[serve.clients.unset]\nshops = ["erp"]\nsecret = { env = "INKASSO_NO_SUCH_VARIABLE" }\n'
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"], cwd=folder_with(tmp_path, more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    while not lines[-1].startswith("/openapi.json"):
        lines.append(process.stdout.readline())
        assert lines[-1]
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    shown = "".join(lines)
    assert "bereit. Ende: Strg-C." in shown
    assert "client tool" in shown
    assert "INKASSO_NO_SUCH_VARIABLE" in shown
    assert (process.returncode, rest) == (0, "Beendet; was angenommen war, ist gespeichert.\n")


def test_an_address_that_is_taken_is_said_so(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = desk.run("serve", "--port", str(taken.getsockname()[1]), code=2)
    assert "ist nicht zu haben" in ran.err
    assert "ist nicht zu haben" in desk.run("serve", "--host", "no.such.host.invalid", code=2).err
    desk.run("serve", "--port", "70000", code=2)


@pytest.mark.parametrize("package", ["waitress", "werkzeug"])
def test_without_the_extra_the_remedy_is_named(desk: Desk, package: str) -> None:
    program = f"import sys; sys.modules[{package!r}] = None; from inkasso_core.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "serve", "--port", "0"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'inkasso[serve]'" in done.stderr
    assert "Traceback" not in done.stderr


def raw(served: Served, request: bytes) -> bytes:
    """Send bytes as they are; return all that comes back until the connection is closed or silent."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=3) as link:
        got = b""
        with suppress(ConnectionError):  # a server that has refused need not listen to the end
            link.sendall(request)
            _say_no_more(link)
            while piece := link.recv(65536):
                got += piece
        return got


def _say_no_more(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_WR)
    except OSError as exc:  # a server that has refused may be gone by then: what it answered is still read
        if exc.errno != errno.ENOTCONN:
            raise


def test_what_is_no_http_or_too_long_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving(folder_with(tmp_path)) as served:
        assert raw(served, b"GARBAGE\r\n\r\n").startswith(b"HTTP/1.0 400")
        head = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        assert raw(served, head + b"Content-Length: 100001\r\n\r\n").startswith(b"HTTP/1.1 413")
        assert raw(served, head + b"Content-Length: -1\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert raw(served, head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello").startswith(b"HTTP/1.1 400")
        assert raw(served, head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n").startswith(b"HTTP/1.1 400")
        assert raw(served, head + b"Transfer-Encoding: gzip\r\n\r\n").startswith(b"HTTP/1.1 501")
        many = b"".join(b"10000\r\n" + b"x" * 0x10000 + b"\r\n" for _ in range(4)) + b"0\r\n\r\n"
        assert raw(served, head + b"Transfer-Encoding: chunked\r\n\r\n" + many)[:12] in (b"HTTP/1.1 413", b"")
        assert raw(served, head + b"X-Long: " + b"x" * 300_000 + b"\r\n\r\n")[9:12] in (b"431", b"")
        body = json.dumps(event("A-1")).encode()
        bearer = f"Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n".encode()
        chunked = head + bearer + b"Transfer-Encoding: chunked\r\n\r\n" + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        assert raw(served, chunked).startswith(b"HTTP/1.1 200")
        cut = head + bearer + f"Content-Length: {len(body) + 5}\r\n\r\n".encode() + body
        assert not raw(served, cut).startswith(b"HTTP/1.1 2")
        assert post(served, "A-2").status_code == 200
        assert served.end() == 0
    assert stored(tmp_path) == {"A-1", "A-2"}


def test_slow_senders_keep_nobody_from_being_answered(tmp_path: Path) -> None:
    with serving(folder_with(tmp_path), "--threads", "1") as served:
        slow = []
        for _ in range(40):
            link = socket.create_connection(("127.0.0.1", served.port))
            link.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n{")
            slow.append(link)
        assert post(served, "A-1").status_code == 200
        for link in slow:
            link.close()
        assert served.end() == 0


def test_what_is_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    with serving(folder) as served, ThreadPoolExecutor(8) as senders:
        answers = []
        numbers = iter(range(10_000))
        stop = threading.Event()

        def send() -> None:
            while not stop.is_set():
                number = next(numbers)
                try:
                    answers.append((number, post(served, f"A-{number}").status_code))
                except requests.ConnectionError:
                    answers.append((number, 0))

        for _ in range(4):
            senders.submit(send)
        time.sleep(1.0)
        code = served.end()
        stop.set()
    assert code == 0
    taken = {f"A-{number}" for number, status in answers if status == 200}
    assert taken
    assert {status for _, status in answers} <= {200, 503, 0}
    assert stored(folder) >= taken


def test_a_prefix_and_a_proxy_that_is_trusted(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    settings = folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8").replace("[serve]\n", f"[serve]\n{BEHIND_A_PROXY}"), "utf-8")
    with serving(folder) as served:
        assert served.address.endswith("/inkasso")
        assert requests.get(f"{served.address}/v1/health", timeout=5).json() == {"status": "ok"}
        assert requests.get(f"{served.address}/openapi.json", timeout=5).json()["servers"] == [{"url": "/inkasso"}]


@pytest.mark.parametrize("point", ["intake.before_commit", "intake.after_commit"])
def test_a_server_killed_again_and_again_loses_nothing_that_it_took(tmp_path: Path, point: str) -> None:
    """Senders repeat what was not answered; the server is killed between commit and answer, or just before the commit."""
    folder = folder_with(tmp_path)
    program = (sys.executable, str(Path(__file__).with_name("killed.py")))
    waiting, taken, deaths = {f"A-{number}" for number in range(24)}, set(), 0
    while waiting:
        served = Served.start(folder, program=program, INKASSO_TEST_POINT=point, INKASSO_TEST_SEED=str(deaths))
        orders = sorted(waiting)
        with ThreadPoolExecutor(4) as senders:
            done = {order for order, ok in zip(orders, senders.map(partial(_sent, served), orders), strict=True) if ok}
        taken |= done
        waiting -= done
        if served.process.poll() is None:
            served.kill()
        deaths += 1
        assert served.process.stdout is not None
        served.process.stdout.close()
        assert stored(folder) >= taken, "what was answered with 200 is stored, at every death"
    assert deaths > 2
    assert stored(folder) == {f"A-{number}" for number in range(24)}


def _sent(served: Served, order: str) -> bool:
    link = HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        link.request("POST", "/v1/events", json.dumps(event(order)), {**BEARER, "Content-Type": "application/json"})
        return link.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        link.close()
