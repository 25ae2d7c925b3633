"""The targets for gas and what others need for the like, as a table beside our figures."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.world import Figures

BEGIN, END = "<!-- from benchmarks/gas.py -->", "<!-- until here -->"


class TableError(Exception):
    """The text has no place for the table."""


@dataclass(frozen=True)
class Row:
    """An operation, or several that belong together, in words and by its place in the figures."""

    what: str
    steps: tuple[tuple[str, str, str], ...]  # contract, function's signature, variant
    target: int | None = None  # gas; ours is to be less
    others: str = ""

    def gas(self, figures: Figures) -> int:
        """What it takes.

        Raises:
            KeyError: a step has no figure.
        """
        return sum(figures[contract][function][variant] for contract, function, variant in self.steps)


_COMMIT = ("NumberRegistrar", "commit(bytes32)", "new")
_REGISTER = ("NumberRegistrar", "register(uint256,address,bytes32,uint256)", "new holder")
_TRANSFER = ("NumberRegistry", "transferFrom(address,address,uint256)")
_CLAIM = ("NameAlias", "claim(string,uint256)")
_BACKUP = ("NumberRecords", "setBackup(uint256,bytes32,bytes32)")
_CREDENTIAL = ("NumberRecords", "setCredential(uint256,bytes32,uint8,bytes)")
_PROMISE = ("NumberRecords", "setAnswersVerified(uint256,bool)")
_ALL_SET = "with all records, name and listing"

# What others need is from receipts of the same kind (anvil, solc 0.8.30, OpenZeppelin 5.7), of their own contracts.
_SOLADY_AND_OZ = "bare ERC-721: Solady 54,097, OpenZeppelin 55,066"
_ENS_RECORD = "ENS set contenthash 106,173"

ROWS = (
    Row(
        "register, to a new holder",
        (_REGISTER,),
        130_000,
        "ENS register 210,706; Farcaster register 100,145; bare ERC-721 mint: Solady 68,318, OpenZeppelin 68,759",
    ),
    Row("commit", (_COMMIT,), None, "ENS 44,202"),
    Row("commit and register", (_COMMIT, _REGISTER), None, "ENS 254,908"),
    Row(
        "transfer of the seller's last number to a new holder, nothing set",
        ((*_TRANSFER, "last number to new holder"),),
        62_000,
        _SOLADY_AND_OZ,
    ),
    Row(
        "the same, all records, name and listing set",
        ((*_TRANSFER, f"last number {_ALL_SET} to new holder"),),
        62_000,
        f"{_SOLADY_AND_OZ}; ENS clear records alone 57,361",
    ),
    Row(
        "the same, one of several numbers of the seller",
        ((*_TRANSFER, f"one of several {_ALL_SET} to new holder"),),
        62_000,
    ),
    Row(
        "the same, and the recipient holds others",
        ((*_TRANSFER, f"one of several {_ALL_SET} to known holder"),),
        62_000,
    ),
    Row(
        "move by signature to a new account of the owner",
        (("NumberRegistry", "moveTo(uint256,address,uint256,bytes)", "to new holder, first signature"),),
        None,
        "Farcaster transfer with signature 82,283",
    ),
    Row(
        "name claim, 3 characters, without ENS",
        ((*_CLAIM, "first, 3 characters"),),
        90_000,
        "ENS reverse setName 113,785",
    ),
    Row("name claim, 32 characters, without ENS", ((*_CLAIM, "first, 32 characters"),), 90_000, "the same"),
    Row("name claim, 32 characters, with ENS", ((*_CLAIM, "first, 32 characters, in ENS"),)),
    Row("backup pointer, new", ((*_BACKUP, "new"),), 55_000, _ENS_RECORD),
    Row("backup pointer, update", ((*_BACKUP, "change"),), 40_000, _ENS_RECORD),
    Row(
        "light credential, new",
        ((*_CREDENTIAL, "new"),),
        60_000,
        "Farcaster add key 161,770; ENS set text 63,534",
    ),
    Row("light credential, change", ((*_CREDENTIAL, "change"),)),
    Row("light credential of KDF 2 with three hubs, new", ((*_CREDENTIAL, "new, KDF 2 of three hubs"),)),
    Row("promise that answers are verified, new", ((*_PROMISE, "new"),)),
)


def table(figures: Figures) -> str:
    """The rows in markdown."""
    lines = ["| operation | gas | target | reached | others |", "|---|---:|---:|---|---|"]
    for row in ROWS:
        gas = row.gas(figures)
        target = "" if row.target is None else f"< {row.target:,}"
        reached = "" if row.target is None else "yes" if gas < row.target else "**no**"
        lines.append(f"| {row.what} | {gas:,} | {target} | {reached} | {row.others} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, figures: Figures) -> str:
    """`text` with the table between the two marks in it.

    Raises:
        TableError: the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN + "\n")
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise TableError(f"no place for the table: write {BEGIN} and {END} around it")
    return f"{before}{begin}\n{table(figures)}\n{end}{after}"
