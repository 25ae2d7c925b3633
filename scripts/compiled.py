"""Which modules a compiled wheel has compiled, and how: by mypyc, from their Python source as it is.

`scripts/wheel` runs this as the setup.py of a copy of the project. The sources are in the wheel too: for reading, for
tracebacks, and for a Python that the compiled modules are not for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

PLACES: Final = (
    "telsdk/sip",
    "telsdk/net/driver.py",
    "telsdk/net/udp.py",
    "telsdk/node",
)
"""All that a call meets on its way through a node. It is one shared library: within one, mypyc knows every subclass and
looks up no method that none of them replaces. In several, it looks up even those of exceptions, and crashes there."""

FLAGS: Final = ("-fvisibility=hidden", "-fno-semantic-interposition")
"""Nobody outside the library calls into it but by Python: so calls within need no indirection either."""


def modules(root: Path) -> list[str]:
    """The files that are compiled, by their path from `root`. A package's face is not worth it."""
    files = (
        file
        for place in PLACES
        for file in ([root / place] if place.endswith(".py") else (root / place).rglob("*.py"))
    )
    return sorted(str(file.relative_to(root)) for file in files if file.name != "__init__.py")


def main() -> None:
    from mypyc.build import mypycify
    from setuptools import setup  # type: ignore[import-untyped]
    from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]

    class SideBySide(build_ext):  # type: ignore[misc]
        """Compiles as many files at a time as there are processors."""

        def build_extensions(self) -> None:
            one_by_one = self.compiler.compile

            def side_by_side(sources: Sequence[str], **settings: Any) -> list[str]:
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    made = pool.map(lambda source: one_by_one([source], **settings), sources)
                    return [path for paths in made for path in paths]

            self.compiler.compile = side_by_side
            build_ext.build_extensions(self)

    extensions = mypycify(
        ["--strict", *modules(Path.cwd())],
        opt_level=os.environ.get("MYPYC_OPT_LEVEL", "2"),
        debug_level="0",
        multi_file=True,
        group_name="telsdk_core",
    )
    for extension in extensions:
        extension.extra_compile_args = [*extension.extra_compile_args, *FLAGS]
    setup(ext_modules=extensions, cmdclass={"build_ext": SideBySide})


if __name__ == "__main__":
    main()
