"""Headers that tell a person why a request was refused."""

from __future__ import annotations

HeaderField = tuple[str, str]


def warning(error: Exception) -> HeaderField:
    """A Warning with the reason as text (RFC 3261 20.43; 399 is the miscellaneous warning)."""
    text = "".join(char if " " <= char <= "~" and char not in '"\\' else "'" for char in str(error))
    return "Warning", f'399 telprotocol "{text}"'
