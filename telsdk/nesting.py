"""Refuse JSON that is nested too deep, before it is parsed.

Python's parser stops at the interpreter's recursion limit. But libraries raise that limit for the whole process (py-evm
sets 100,000), and then a text of brackets overruns the stack and ends the process. So JSON from a stranger is checked
here first.
"""

from __future__ import annotations

import re

MAX_DEPTH = 32  # what we write is nowhere deeper than 4

# A string without an end runs to the end of the text, so that one pass suffices whatever a stranger sends.
_parts = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[{]|[\]}]', re.DOTALL).finditer


def check_nesting(text: str, limit: int = MAX_DEPTH) -> str:
    """Return the text itself, if no object or array in it is deeper than `limit`.

    Raises:
        ValueError: one is deeper.
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
