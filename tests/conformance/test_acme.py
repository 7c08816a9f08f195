"""The kit finds nothing wrong with good adapters: HTTP, SOAP and file."""

from conformance import acme_cases


class TestSmall(acme_cases.Small):
    """The test file of the smallest adapter."""


class TestSmallAndStatus(acme_cases.SmallAndStatus):
    """With an example of a status."""


class TestHttp(acme_cases.Http):
    """Several requests a hand-over."""


class TestHttpFeed(acme_cases.HttpFeed):
    """A feed that is acknowledged."""


class TestHttpWebhook(acme_cases.HttpWebhook):
    """A signed webhook."""


class TestHttpBatch(acme_cases.HttpBatch):
    """Many placements in one request."""


class TestSoap(acme_cases.Soap):
    """One address for everything."""


class TestSoapFeed(acme_cases.SoapFeed):
    """A feed that is not acknowledged."""


class TestFile(acme_cases.File):
    """A table."""
