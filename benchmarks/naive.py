"""The least that reading a message can take in Python: it checks nothing, and believes whatever it is sent."""

from __future__ import annotations


def _split(data: bytes) -> tuple[str, dict[str, list[str]], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    fields: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    return start, fields, body


def _join(start: str, fields: dict[str, list[str]], body: bytes) -> bytes:
    lines = [start]
    for name, values in fields.items():
        lines += [f"{name}: {value}" for value in values]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def split_and_join(data: bytes) -> bytes:
    """Lines, a dictionary of fields, and lines again."""
    return _join(*_split(data))


def split_with_types(data: bytes) -> bytes:
    """The same, and what a proxy asks for cut out of the text by the shortest way."""
    start, fields, body = _split(data)
    method, uri, _ = start.split(" ")
    scheme, _, address = uri.partition(":")
    user, _, host = address.partition("@")
    sent_by, *params = fields["via"][0].split(";")
    branch = dict(param.partition("=")[::2] for param in params)["branch"]
    tags = [fields[name][0].partition(";tag=")[2] for name in ("from", "to")]
    number, _, cseq_method = fields["cseq"][0].partition(" ")
    routes = [route.strip("<>").split(";") for route in fields.get("route", ())]
    hops = int(fields["max-forwards"][0])
    _ = (
        method,
        scheme,
        user,
        host,
        sent_by,
        branch,
        tags,
        fields["call-id"][0],
        int(number),
        cseq_method,
        routes,
        hops,
    )
    return _join(start, fields, body)
