"""schemathesis finds nothing: whatever fits the OpenAPI document, and what does not, is answered as the document says."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.config._checks import ChecksConfig, NegativeDataRejectionConfig, PositiveDataAcceptanceConfig
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection
from web.posting import BEARER, SERVE, installation
from werkzeug.test import Client

from inkasso_core import DeliveryRefused, Received, ShopContext, ShopRequest, Text, intake_app
from inkasso_core.web.openapi import document

CHECKS = ChecksConfig(
    # a claim may fit its schema and be refused: the schema cannot say which currencies exist, nor how many decimals they have
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", "401", "403", "404", "422"]),
    # of many events those that can be taken are, and 207 says that others were not
    negative_data_rejection=NegativeDataRejectionConfig(expected_statuses=["207", "400", "401", "403", "404", "405", "413", "415", "422"]),
)
CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(checks=CHECKS, generation=GenerationConfig(deterministic=True))))
EXPLICIT = SchemathesisConfig(
    projects=ProjectsConfig(
        default=ProjectConfig(checks=CHECKS, generation=GenerationConfig(deterministic=True, with_security_parameters=False))
    )
)
few = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Late:
    """An application that is there once the tests run: the cases are made before."""

    app: Any = None

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


late = Late()


@pytest.fixture(scope="module", autouse=True)
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Open an installation behind the application."""
    folder: Path = tmp_path_factory.mktemp("intake")
    with installation(folder) as (town, live):
        live.receive = answer  # type: ignore[method-assign]
        late.app = intake_app(town.ink)
        assert Client(late).get("/openapi.json").json == document(SERVE["max_events"])
        yield


def answer(_context: ShopContext[Any], request: ShopRequest) -> Received:
    """A shop that takes everything whose path is the secret."""
    if request.path != "s3cr3t-of-the-shop":
        raise DeliveryRefused(Text("nein", "no"))
    return Received(wanted=(request.method,))


@schemathesis.serializer("application/x-ndjson")
def _lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    """One document a line; what is no list is sent as it is."""
    documents = value if isinstance(value, list) else [value]
    return b"\n".join(json.dumps(one).encode() for one in documents)


def schema_of(body: dict[str, Any], config: SchemathesisConfig) -> Any:
    schema = schemathesis.openapi.from_dict(body, config=config)
    schema.app = late
    return schema


def naming() -> dict[str, Any]:
    """The document, naming the shops and accounts that there are: so that what is behind them is asked."""
    body = copy.deepcopy(document(SERVE["max_events"]))
    body["components"]["schemas"]["Event"]["properties"]["shop"] = {"enum": ["erp"]}
    names = {"shop": ["live", "erp"], "account": ["agency"], "path": ["s3cr3t-of-the-shop", "x"]}
    for path in body["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = {"enum": names[parameter["name"]]}
    return body


def around(body: dict[str, Any]) -> dict[str, Any]:
    """The document with one claim alone, for all that is around it: thousands of claims that nobody reads take long to make."""
    parts = body["components"]["schemas"]
    (example,) = parts["Claim"]["examples"]
    kept = {name: part for name, part in parts.items() if not name.startswith("Claim")}
    return {**body, "components": {**body["components"], "schemas": {**kept, "Claim": {"enum": [example]}}}}


def alone(body: dict[str, Any]) -> dict[str, Any]:
    """The document of one claim at a time."""
    event = body["components"]["schemas"]["Event"]
    kept = {name: part for name, part in event["properties"].items() if name != "payload"}
    single = {**event, "properties": kept, "required": ["shop", "claim"]}
    del single["oneOf"]
    body["components"]["schemas"]["Event"] = single
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Event"}}}
    body["paths"] = {"/v1/events": body["paths"]["/v1/events"]}
    body["paths"]["/v1/events"]["post"]["requestBody"]["content"] = content
    return body


strangers = schema_of(around(document(SERVE["max_events"])), CONFIG)
clients = schema_of(around(naming()), EXPLICIT)
claims = schema_of(alone(naming()), EXPLICIT)


@strangers.parametrize()
@few
def test_strangers_find_nothing(case: schemathesis.Case) -> None:
    case.call_and_validate()


@clients.parametrize()
@few
def test_clients_find_nothing(case: schemathesis.Case) -> None:
    case.call_and_validate(headers=BEARER)


@claims.parametrize()
@settings(few, max_examples=60, phases=[Phase.generate])
def test_claims_find_nothing(case: schemathesis.Case) -> None:
    """A claim is read more leniently than its schema says (a truth value may be 1), so what does not fit it may be taken.

    Boundaries of every field in turn (1,400 cases) are left to a run of ``schemathesis`` by hand.
    """
    case.call_and_validate(headers=BEARER, excluded_checks=[negative_data_rejection, ignored_auth])
