"""An agency that answers at once, or after a while: ``python wire_server.py DELAY_MS``; prints its port, then serves until it is killed.

Keeps connections open and reads every request whole, so that both sides of a measurement send and receive the same bytes. How many came
is told at ``GET /count``.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><m:newClaimResponse xmlns:m="urn:x"><return>'
    "<fileNumber>{number}</fileNumber></return></m:newClaimResponse></e:Body></e:Envelope>"
)
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")
count = 0


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Answer one connection."""
    global count
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = _LENGTH.search(head)
            await reader.readexactly(int(length[1]) if length else 0)
            if head.startswith(b"GET /count"):
                body, kind = json.dumps({"count": count}), "application/json"
            else:
                count += 1
                if delay:
                    await asyncio.sleep(delay)
                number = f"{10_000_000_000 + count}"
                is_soap = b"\r\nSOAPAction" in head or b"\r\nsoapaction" in head.lower()
                body = ENVELOPE.format(number=number) if is_soap else json.dumps({"bSuccess": True, "sData": {"az": number}})
                kind = "text/xml; charset=utf-8" if is_soap else "application/json"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Serve."""
    delay = float(sys.argv[1]) / 1000
    server = await asyncio.start_server(lambda r, w: serve(r, w, delay), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
