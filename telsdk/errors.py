"""The root of every exception that telsdk raises on purpose.

Each package keeps its own branch beside the code that raises it; all of them descend from `TelError`, so
``except telsdk.TelError`` catches what telsdk foresaw and nothing else.
"""


class TelError(Exception):
    """Something telsdk foresaw went wrong.

    The message is one line for a person: the cause with the offending value, and where there is one the next
    step.
    """


class NotFound(TelError, LookupError):
    """Nobody holds that number or name."""


class Refused(TelError):
    """A right was asked for that the asker does not have: a token, delegation, signature or key was refused."""
