"""The page of the intake: what it shows to senders works against a server, and its OpenAPI document is the one that is served."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
from codeblocks import DOCS, blocks, run
from web.posting import BEARER, claim_json, event, of, post
from world import World

from inkasso_core import Inkasso
from inkasso_core.settings import ServeSettings
from inkasso_core.web import bind
from inkasso_core.web.openapi import document

PAGE = "docs/intake.md"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, Any], str]]:
    """What the page defines, and the address of a server with its configuration."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    names = run(PAGE, tmp_path)
    names["ink"].close()
    with Inkasso.from_config("inkasso.toml") as ink:
        server = bind(ink, port=0)
        ready = threading.Event()
        thread = threading.Thread(target=server.run, args=(ready.set,))
        thread.start()
        ready.wait(10)
        yield names, server.address
        server.stop()
        thread.join(20)
        assert not thread.is_alive()
    os.environ.clear()
    os.environ.update(before)


def test_the_sender_in_python_signs_as_the_intake_reads(page: tuple[dict[str, Any], str]) -> None:
    names, address = page
    secret = os.environ["WAREHOUSE_SECRET"]
    (shown,) = [json.loads(block.text) for block in blocks(PAGE, "json") if "claim" in block.text]
    results = names["post"]([shown, {**shown, "claim": {}}], address=address, client="warehouse", secret=secret)
    assert [one["outcome"] for one in results] == ["registered", "failed"]
    with pytest.raises(RuntimeError, match="UNAUTHORIZED"):
        names["post"](shown, address=address, client="warehouse", secret="guess")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl or openssl is not installed")
def test_the_sender_with_curl_signs_as_the_intake_reads(page: tuple[dict[str, Any], str]) -> None:
    _, address = page
    (script,) = [block.text for block in blocks(PAGE, "sh") if "curl" in block.text]
    done = subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, check=True, env={**os.environ, "ADDRESS": address})
    assert [one["ref"] for one in json.loads(done.stdout)["results"]] == ["erp:4712"]


def test_the_document_on_the_page_is_the_one_that_is_served(town: World) -> None:
    kept = json.loads((DOCS / "openapi.json").read_text("utf-8"))
    assert kept == document(ServeSettings().max_events)
    served = of(town).get("/openapi.json").json
    assert {**served, "components": kept["components"], "paths": kept["paths"]} == kept


def test_every_object_of_the_document_is_closed() -> None:
    def open_ones(node: Any, path: str = "") -> Iterator[str]:
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node and node.get("additionalProperties") is not False:
                yield path
            for name, inner in node.items():
                yield from open_ones(inner, f"{path}/{name}")
        elif isinstance(node, list):
            for number, inner in enumerate(node):
                yield from open_ones(inner, f"{path}/{number}")

    assert list(open_ones(document(10))) == []


def test_answers_are_what_the_document_says(town: World) -> None:
    body = document(20)
    for sent, status, schema in (
        (event("A-1"), 200, "Results"),
        ([event("A-1"), {}], 207, "Results"),
        ([event("A-1", claim={})], 422, "Problem"),
        (event("A-1", shop="nowhere"), 403, "Problem"),
        (b"{", 400, "Problem"),
    ):
        answer = post(town, sent, headers=BEARER)
        assert answer.status_code == status
        jsonschema.validate(answer.json, {"$ref": f"#/components/schemas/{schema}", "components": body["components"]})
    jsonschema.validate(event("A-1", claim=claim_json()), {"$ref": "#/components/schemas/Event", "components": body["components"]})


def test_a_server_in_a_thread_serves_and_stops(page: tuple[dict[str, Any], str]) -> None:
    _, address = page
    assert requests.get(f"{address}/v1/health", timeout=5).json() == {"status": "ok"}
