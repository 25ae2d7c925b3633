"""How deep JSON is nested, told before it is read.

Python's own reader stops at the interpreter's recursion limit. Libraries raise that limit for themselves (py-evm sets
100,000), and then a text of brackets overruns the stack and ends the process: so whoever reads a stranger's JSON asks
here first.
"""

from __future__ import annotations

import re

MAX_DEPTH = 32  # of what we write ourselves, nothing is deeper than 4

# A string that does not end runs to the end of the text: one pass, whatever the text is.
_parts = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[{]|[\]}]', re.DOTALL).finditer


def check_nesting(text: str, limit: int = MAX_DEPTH) -> str:
    """The text itself, when no object or array in it is deeper than `limit`.

    Raises:
        ValueError: one is.
    """
    if text.count("[") + text.count("{") <= limit:
        return text
    depth = 0
    for part in _parts(text):
        if part[0] in ("[", "{"):
            depth += 1
            if depth > limit:
                raise ValueError(f"nested more than {limit} deep")
        elif part[0] in ("]", "}"):
            depth -= 1
    return text
