"""A bridge served over HTTP, with all that it was asked and answered; and an importer in other hands."""

import contextlib
import datetime as dt
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, make_server

from builders import AS_OF
from exchange import Recording, Said
from peers.proc import need

from inkasso_adapters.adu.bridge import ADUBridge
from inkasso_core import Answer

NOON = dt.datetime.combine(AS_OF, dt.time(10), dt.UTC)
USER, PASSWORD = "adu-import", "ganz-geheimes-wort"
PEERS = Path(__file__).parents[2] / "peers" / "php" / "adu"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Served(NamedTuple):
    """A bridge that is served: its adapter, its address, and what was said."""

    agency: ADUBridge
    address: str
    recording: Recording

    def php(self, *steps: tuple[str, dict[str, Any]], password: str = PASSWORD) -> list[Any]:
        """Let PHP's SoapClient log in and make these calls; returns the answers after that of the login."""
        command = [need("php", "php-cli php-soap php-xml"), "-d", "soap.wsdl_cache_enabled=0", "-d", "serialize_precision=-1"]
        command += [str(PEERS / "importer.php"), f"{self.address}?xml", USER, password, json.dumps(steps)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        answers: list[Any] = json.loads(done.stdout)
        return answers


@contextlib.contextmanager
def serving(agency: ADUBridge) -> Iterator[Served]:
    """Serve a bridge with wsgiref in a thread."""
    app, recording = agency.application(), Recording()

    def listened(environ: dict[str, Any], start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        said: dict[str, Any] = {}

        def started(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
            said.update(status=int(status[:3]), headers=dict(headers))
            return start_response(status, headers)

        answer = b"".join(app({**environ, "wsgi.input": io.BytesIO(body)}, started))
        if environ["REQUEST_METHOD"] == "POST":
            headers = {"Content-Type": environ["CONTENT_TYPE"], "SOAPAction": environ.get("HTTP_SOAPACTION", "")}
            call = headers["SOAPAction"].strip('"').rpartition("#")[2]
            url = f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
            recording.said.append(Said(call, "POST", url, headers, body, Answer(said["status"], said["headers"], answer)))
        return [answer]

    with make_server("127.0.0.1", 0, listened, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield Served(agency, f"http://127.0.0.1:{server.server_port}/soap", recording)
        server.shutdown()
        thread.join()
