"""What the compiler of the core is told about a class; to Python itself it says nothing.

The core is compiled by mypyc, from this very source (`scripts/wheel`). A compiled class takes no subclass that is not
compiled, unless it says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:
    C = TypeVar("C", bound=type)

    def mypyc_attr(**_settings: bool) -> Callable[[C], C]:
        return lambda cls: cls
