"""The command ``telsdk``: one file a noun. What they do is done by the packages that they call."""

from telsdk.cli.root import main

__all__ = ["main"]
