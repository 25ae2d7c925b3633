"""``python -m telsdk`` is ``telsdk``."""

from telsdk.cli import main

main(prog_name="telsdk")
