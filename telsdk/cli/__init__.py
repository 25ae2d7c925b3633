"""The command ``telsdk``: a file for each noun. The packages below do the work; there is no logic here."""

from telsdk.cli.root import main

__all__ = ["main"]
