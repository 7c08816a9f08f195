"""The WSDL of the bridge, written from the table of its calls. It is a reconstruction: no copy of the original is published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal
from xml.sax.saxutils import quoteattr

from inkasso_adapters.adu.types import CALLS, LOGIN, RECORDS, array_name, lists, soap_name

Arrays = Literal["item", "soapenc"]
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<!-- A reconstruction by the project inkasso, not the shop system's WSDL, of which no copy is published.
     Names of calls, records and members: as clients of the shop system used them. Types, parts and soapAction: reconstructed. -->
"""


def wsdl(address: str, namespace: str, arrays: Arrays) -> bytes:
    """Return the WSDL for a service at ``address``; lists are declared as ``item`` elements or as ``soapenc:Array``."""
    return (_HEADER + "\n".join(_lines(address, namespace, arrays)) + "\n").encode()


def _lines(address: str, namespace: str, arrays: Arrays) -> Iterator[str]:
    yield (
        f'<definitions name="PlentySoap" targetNamespace={quoteattr(namespace)} xmlns:tns={quoteattr(namespace)}'
        ' xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        ' xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        f' xmlns:soapenc="{ENCODING}">'
    )
    yield f"<types><xsd:schema targetNamespace={quoteattr(namespace)}>"
    if arrays == "soapenc":
        yield f'<xsd:import namespace="{ENCODING}"/>'
    yield from (_record(name) for name in RECORDS)
    yield from (_array(name, arrays) for name in lists())
    yield (
        '<xsd:complexType name="verifyingToken"><xsd:all><xsd:element name="UserID" type="xsd:int"/>'
        '<xsd:element name="Token" type="xsd:string"/></xsd:all></xsd:complexType>'
    )
    yield "</xsd:schema></types>"
    yield '<message name="verifyingToken"><part name="verifyingToken" type="tns:verifyingToken"/></message>'
    for call, types in CALLS.items():
        yield f'<message name="{call}In"><part name="oPlentySoapRequest_{call}" type="tns:{soap_name(types.request)}"/></message>'
        yield f'<message name="{call}Out"><part name="return" type="tns:{soap_name(types.response)}"/></message>'
    yield '<portType name="PlentySoapPort">'
    yield from (f'<operation name="{call}"><input message="tns:{call}In"/><output message="tns:{call}Out"/></operation>' for call in CALLS)
    yield '</portType><binding name="PlentySoapBinding" type="tns:PlentySoapPort">'
    yield '<soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>'
    yield from (_operation(call, namespace) for call in CALLS)
    yield '</binding><service name="PlentySoapService"><port name="PlentySoapPort" binding="tns:PlentySoapBinding">'
    yield f"<soap:address location={quoteattr(address)}/></port></service></definitions>"


def _record(name: str) -> str:
    members = "".join(f'<xsd:element name="{member}" type="{_type(kind)}" minOccurs="0"/>' for member, kind in RECORDS[name].items())
    return f'<xsd:complexType name="{soap_name(name)}"><xsd:all>{members}</xsd:all></xsd:complexType>'


def _array(name: str, arrays: Arrays) -> str:
    inside = f'<xsd:sequence><xsd:element name="item" type="{_type(name)}" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence>'
    if arrays == "soapenc":
        inside = (
            '<xsd:complexContent><xsd:restriction base="soapenc:Array">'
            f'<xsd:attribute ref="soapenc:arrayType" wsdl:arrayType="{_type(name)}[]"/></xsd:restriction></xsd:complexContent>'
        )
    return f'<xsd:complexType name="{array_name(name)}">{inside}</xsd:complexType>'


def _operation(call: str, namespace: str) -> str:
    body = f'<soap:body use="encoded" encodingStyle="{ENCODING}" namespace={quoteattr(namespace)}/>'
    header = (
        f'<soap:header message="tns:verifyingToken" part="verifyingToken" use="encoded" encodingStyle="{ENCODING}"'
        f" namespace={quoteattr(namespace)}/>"
    )
    return (
        f'<operation name="{call}"><soap:operation soapAction={quoteattr(f"{namespace}#{call}")}/>'
        f"<input>{'' if call == LOGIN else header}{body}</input><output>{body}</output></operation>"
    )


def _type(kind: str) -> str:
    if kind.endswith("[]"):
        return f"tns:{array_name(kind.removesuffix('[]'))}"
    return f"tns:{soap_name(kind)}" if kind in RECORDS else f"xsd:{kind}"
