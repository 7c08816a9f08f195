"""SOAP answers are read as they are: references, arrays of every kind, lists of one, faults of both versions, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkasso_core import Fault, SoapAnswer, as_list
from inkasso_core.agencies.soap_answer import read_answer

ENV = "http://schemas.xmlsoap.org/soap/envelope/"
SPACES = (
    f'xmlns:e="{ENV}" xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
)


def envelope(inside: str, prolog: str = "") -> bytes:
    return f"{prolog}<e:Envelope {SPACES}><e:Body>{inside}</e:Body></e:Envelope>".encode()


def value(inside: str) -> object:
    read = read_answer(envelope(inside))
    assert isinstance(read, SoapAnswer)
    return read.value


READ: dict[str, tuple[str, object]] = {
    "text": ("<r><return> 11 </return></r>", "11"),
    "nothing": ("<r/>", None),
    "no part": ("", None),
    "nil": ('<r><return xsi:nil="true"/></r>', None),
    "a structure": ("<r><return><a>1</a><b><c>ü</c></b></return></r>", {"a": "1", "b": {"c": "ü"}}),
    "several parts": ("<r><a>1</a><b>2</b></r>", {"a": "1", "b": "2"}),
    "repeated": ("<r><return><x><a>1</a></x><x><a>2</a></x></return></r>", {"x": [{"a": "1"}, {"a": "2"}]}),
    "items": ("<r><return><l><item>1</item></l><n>1</n></return></r>", {"l": ["1"], "n": "1"}),
    "typed array": ('<r><return><l enc:arrayType="xs:string[2]"><x>1</x><x>2</x></l><n>1</n></return></r>', {"l": ["1", "2"], "n": "1"}),
    "empty array": ('<r><return><l enc:arrayType="xs:string[0]"/><n>1</n></return></r>', {"l": [], "n": "1"}),
    "array by type": ('<r><return><l xsi:type="enc:Array"><x>1</x></l><n>1</n></return></r>', {"l": ["1"], "n": "1"}),
    "a reference": ('<r><return href="#i"/></r><m id="i"><a>1</a><b href="#j"/></m><m id="j">2</m>', {"a": "1", "b": "2"}),
    "a dangling reference": ('<r><return href="#nobody"/></r>', None),
    "prefixed members": ('<x:r xmlns:x="urn:x"><x:return><x:a>1</x:a></x:return></x:r>', {"a": "1"}),
    "comments": ("<!-- a --><r><return><!-- b --><a>1<!-- c --></a></return></r>", {"a": "1"}),
}


@pytest.mark.parametrize("kind", READ)
def test_an_answer_becomes_plain_values(kind: str) -> None:
    inside, wanted = READ[kind]
    assert value(inside) == wanted


def test_references_in_a_circle_end() -> None:
    assert value('<r><return href="#i"/></r><m id="i"><a href="#i"/></m>') is not None


def test_the_whole_answer_is_kept_in_its_own_encoding() -> None:
    body = "<r><return>Köln</return></r>"
    text = envelope(body).decode()
    latin = ("<?xml version='1.0' encoding='ISO-8859-1'?>" + text).encode("latin-1")
    read = read_answer(latin)
    assert isinstance(read, SoapAnswer)
    assert (read.value, "Köln" in read.raw) == ("Köln", True)


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [
        (
            "<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring><detail><c>7</c></detail></e:Fault>",
            Fault("Client", "no", {"c": "7"}),
        ),
        ("<e:Fault><faultcode>Server.Busy</faultcode></e:Fault>", Fault("Server.Busy", "")),
        ("<e:Fault/>", Fault("", "")),
    ],
)
def test_a_fault_is_read(inside: str, wanted: Fault) -> None:
    read = read_answer(envelope(inside))
    assert read == wanted
    assert isinstance(read, Fault)
    assert read.is_callers is (wanted.code == "Client")


def test_a_fault_of_version_1_2_is_read() -> None:
    space = "http://www.w3.org/2003/05/soap-envelope"
    body = f"""<e:Envelope xmlns:e="{space}"><e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code>
        <e:Reason><e:Text xml:lang="de">nein</e:Text></e:Reason></e:Fault></e:Body></e:Envelope>"""
    read = read_answer(body.encode())
    assert isinstance(read, Fault)
    assert (read.code, read.text, read.is_callers) == ("Sender", "nein", True)


NONE = {
    "nothing": b"",
    "html": b"<html><body>Wartung</body></html>",
    "json": b"{}",
    "half": envelope("<r><return>1")[:-30],
    "notice first": b"Notice: undefined " + envelope("<r/>"),
    "no body": f'<e:Envelope xmlns:e="{ENV}"/>'.encode(),
    "another envelope": b'<e:Envelope xmlns:e="urn:other"><e:Body/></e:Envelope>',
    "a document type": envelope("<r><return>&a;</return></r>", '<!DOCTYPE x [<!ENTITY a "aaaa">]>'),
    "a file": envelope("<r><return>&a;</return></r>", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
}


@pytest.mark.parametrize("kind", NONE)
def test_what_is_no_answer_is_none(kind: str) -> None:
    assert read_answer(NONE[kind]) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    read_answer(body)
    read_answer(envelope("")[:-25] + body)


@pytest.mark.parametrize(
    ("given", "wanted"), [(None, []), ("a", ["a"]), (["a", "b"], ["a", "b"]), ({"item": "a"}, ["a"]), ({"a": "1"}, [{"a": "1"}])]
)
def test_a_list_may_be_absent_one_or_many(given: object, wanted: list[object]) -> None:
    assert as_list(given) == wanted
