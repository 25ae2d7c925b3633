"""How long one INVITE of 1,000 bytes takes to read and to write again, beside the least that Python can do.

    benchmarks/parse.py              measure, and print the table
    benchmarks/parse.py --profile    where the time of reading goes, stage by stage
    benchmarks/parse.py --compiled   beside it the core that scripts/compile_core built

Microseconds of processor time, the best of several rounds; the rows take turns, so that all meet the same machine.
They follow the machine: what counts is how many times the naive splitting of the same run. Every message is another
call by another phone. No value that is read was read shortly before, but for those that all calls share and where a
row says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

ROOT = Path(__file__).resolve().parent.parent
CORE = Path(os.environ.get("TELSDK_CORE", ROOT))
"""Where `telsdk` is imported from: the compiled core lies elsewhere."""
sys.path[:0] = [str(CORE), str(ROOT)]

from benchmarks.invites import invite  # noqa: E402
from benchmarks.naive import split_and_join, split_with_types  # noqa: E402
from telsdk.sip.limits import MAX_REMEMBERED  # noqa: E402
from telsdk.sip.message import (  # noqa: E402
    Message,
    Request,
    Uri,
    parse,
    parser,
)
from telsdk.sip.message.readers import read_core  # noqa: E402
from telsdk.sip.message.shape import of_names  # noqa: E402

CALLS = 2 * MAX_REMEMBERED
"""Messages in a round: twice what the core remembers of a kind, so that the next round finds nothing of it."""
ROUNDS = 9
COMPILED = ROOT / ".build" / "core"

Work = Callable[[bytes], object]


def read(data: bytes) -> Message:
    """What a proxy looks at before it knows where a request goes."""
    message = parse(data)
    _ask(message)
    return message


def _ask(message: Message) -> object:
    assert isinstance(message, Request)
    return (
        (message.via, message.from_tag, message.to_tag, message.call_id, message.cseq),
        (message.uri, message.max_forwards, message.routes),
    )


def read_and_write(data: bytes) -> bytes:
    """The same, and written as it was."""
    return bytes(read(data))


def pass_on(data: bytes) -> bytes:
    """The same, and changed on the way as a proxy changes it: a Via more, a hop less, its own Route gone."""
    message = read(data)
    headers = message.headers
    headers.insert("Via", "SIP/2.0/UDP 203.0.113.5:5060;rport;branch=z9hG4bKd5f0c3a1")
    headers.set("Max-Forwards", str((message.max_forwards or 70) - 1))
    headers.pop_first("Route")
    return bytes(message)


def best(rows: Sequence[tuple[Work, Sequence[bytes]]]) -> list[float]:
    """Microseconds a message of each row."""
    times = [float("inf")] * len(rows)
    for _ in range(ROUNDS):
        for at, (work, messages) in enumerate(rows):
            began = process_time()
            for data in messages:
                work(data)
            times[at] = min(times[at], (process_time() - began) / len(messages) * 1e6)
    return times


def measure() -> dict[str, float]:
    """Microseconds a message, by what was done with it."""
    fresh = [invite(number) for number in range(CALLS)]
    same = fresh[:1] * CALLS
    assert read_and_write(fresh[0]) == fresh[0]
    rows: dict[str, tuple[Work, Sequence[bytes]]] = {
        "split into lines and fields, and joined": (split_and_join, fresh),
        "the same, and cut into what a proxy needs": (split_with_types, fresh),
        "parsed: checked whole": (parse, fresh),
        "parsed, read and written": (read_and_write, fresh),
        "parsed, read, changed and written": (pass_on, fresh),
        "parsed, read and written, values known": (read_and_write, same),
    }
    return dict(zip(rows, best(list(rows.values())), strict=True))


def stages() -> dict[str, float]:
    """Microseconds of each stage, in their order; together they are "parsed, read and written" but for calls."""
    data = invite(0)
    head = data.partition(b"\r\n\r\n")[0]
    start, *lines = head.decode().split("\r\n")
    message = parse(data)
    headers = message.headers
    assert isinstance(message, Request)
    uris = [b"sip:%d@example.com" % number for number in range(CALLS)]
    once = [data] * CALLS
    rows: dict[str, tuple[Work, Sequence[bytes]]] = {
        "decode, split into lines": (lambda _: head.decode().split("\r\n"), once),
        "look for control characters": (lambda _: head.translate(parser._AS_IT_IS, parser._PLAIN), once),
        "names of the lines, and what they tell": (
            lambda _: of_names(tuple([line.partition(":")[0] for line in lines])),
            once,
        ),
        "start line": (lambda _: parser._request(start, headers), once),
        "Content-Length and body": (
            lambda _: (parser._content_length(message), data.partition(b"\r\n\r\n")),
            once,
        ),
        "check and read what every element needs": (lambda _: read_core(headers, of_request=True), once),
        "Request-URI, never seen before": (lambda uri: Uri.parse(uri.decode()), uris),
        "answer the proxy's questions": (lambda _: _ask(message), once),
        "write": (lambda _: bytes(message), once),
    }
    return dict(zip(rows, best(list(rows.values())), strict=True))


def show(title: str, times: dict[str, float], unit: float) -> None:
    """Print a table; the last column is in multiples of `unit`."""
    print(f"{title:<45}   us  ratio")
    for name, microseconds in times.items():
        print(f"{name:<45}{microseconds:5.1f}{microseconds / unit:7.2f}")


def compiled() -> dict[str, float]:
    """What `measure` gives in a process that imports the compiled core."""
    if not any(COMPILED.glob("telsdk/sip/parser.*.so")):
        sys.exit("there is no compiled core in .build/core: make it with scripts/compile_core")
    ran = subprocess.run(
        [sys.executable, __file__, "--json"],
        env={**os.environ, "TELSDK_CORE": str(COMPILED)},
        check=True,
        capture_output=True,
    )
    times: dict[str, float] = json.loads(ran.stdout)
    return times


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--profile", action="store_true", help="where the time goes")
    arguments.add_argument("--compiled", action="store_true", help="the compiled core besides")
    arguments.add_argument("--json", action="store_true", help="figures for a program")
    wanted = arguments.parse_args()
    if wanted.profile:
        times = stages()
        show("stage", times, sum(times.values()))
        return
    times = measure()
    if wanted.json:
        print(json.dumps(times))
        return
    naive = next(iter(times.values()))
    show("pure Python", times, naive)
    if wanted.compiled:
        show("\ncompiled by mypyc", compiled(), naive)


if __name__ == "__main__":
    main()
