"""The root of every exception that telsdk raises on purpose.

Each package keeps its own branch beside the code that raises it. All descend from `TelError`, so
``except telsdk.TelError`` catches what telsdk foresaw and nothing else.
"""


class TelError(Exception):
    """Something went wrong that telsdk foresaw.

    The message is one line for a person: the cause with the offending value and, where there is one, the next step.
    """


class NotFound(TelError, LookupError):
    """Nobody holds the number or name that was asked for."""


class Refused(TelError):
    """Somebody asked for a right that they do not have: a token, delegation, signature or key was refused."""
