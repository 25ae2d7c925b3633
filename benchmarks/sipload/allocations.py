"""How many blocks Python allocates while something is done, those that are given back at once too."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

_SOURCE = Path(__file__).with_suffix(".c")


class Allocations:
    """A context manager, to be entered while work is done. What CPython keeps in free lists of its own is not seen.

    Attributes:
        blocks: allocated, or moved to another size.

    Raises:
        FileNotFoundError: there is no C compiler.
    """

    def __init__(self) -> None:
        compiler = shutil.which(os.environ.get("CC", "cc"))
        if compiler is None:
            raise FileNotFoundError("allocations are counted by a few lines of C, and there is no C compiler")
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "allocations.so"
            subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE], check=True)
            self._counter = ctypes.PyDLL(str(library))
        self._counter.begin.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._counter.end.argtypes = [ctypes.c_void_p]
        self._counter.end.restype = ctypes.c_longlong
        self._get, self._set = (
            ctypes.cast(function, ctypes.c_void_p)
            for function in (ctypes.pythonapi.PyMem_GetAllocator, ctypes.pythonapi.PyMem_SetAllocator)
        )
        self.blocks = 0

    def __enter__(self) -> Self:
        self._counter.begin(self._get, self._set)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.blocks += self._counter.end(self._set)
