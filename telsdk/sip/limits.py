"""How much a peer may send. Every limit of the message layer is here, and nowhere else."""

from typing import Final

MAX_MESSAGE: Final = 65_535
"""Bytes of one message, head and body: what a UDP datagram can hold, and the same for streams."""

MAX_HEAD_BYTES: Final = 32_768
"""Bytes of start line and header fields. A call token with a delegation takes about 1,500."""

MAX_HEADERS: Final = 256
"""Header field lines in a message, without continuation lines. RFC 4475's longest has 50."""

MAX_LINES: Final = 1_024
"""Lines of a head with those that continue another (section 7.3.1): nobody folds as much, and each takes time."""

MAX_LIST_VALUES: Final = 128
"""Values in one header field that is a list: more than Max-Forwards lets Vias grow to."""

MAX_PARAMETERS: Final = 128
"""Semicolons in the parameters of one value, those in quotes too. Contacts of phones have up to a dozen."""

MAX_FORWARDS: Final = 70
"""Hops that a request of ours may take (RFC 3261 section 8.1.1.6)."""

MAX_URI: Final = 2_048
"""Characters of a Request-URI; a longer one is answered 414."""

MAX_BODY: Final = 65_535
"""Bytes of a body."""

MAX_REMEMBERED: Final = 4_096
"""Parsed values of one kind, such as Via, that are remembered in case the same text comes again."""

MAX_SHAPES: Final = 1_024
"""Sequences of field names whose meaning is kept for when they come again: a program sends a few dozen."""

MAX_KINDS: Final = 64
"""Methods and statuses whose usual shapes are matched at once: each has up to four expressions of some 10 kB."""

MAX_SHAPE_LINES: Final = 64
"""Lines of a header section whose shape is kept: 1,024 such shapes are about 4 MB. Usual messages have 10 to 30."""

MAX_SHAPE_NAMES: Final = 1_024
"""Characters of the names of such a header section."""

MAX_REMEMBERED_LENGTH: Final = 200
"""Characters of a text that is remembered: MAX_REMEMBERED of them are about 2 MB."""

MAX_ROUTE_LENGTH: Final = 640
"""Characters of a Route line that is remembered: a route token takes 100 to 400. MAX_REMEMBERED of them: about 4 MB."""

MAX_SDP_LINES: Final = 2_000
"""Lines of a session description."""
