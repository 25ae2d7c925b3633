"""baresip, over UDP, TCP and TLS; with DTLS-SRTP and ICE where the other side is a user client, else with plain RTP.

Version 1.0 does not look at the certificate of a server.
"""

from __future__ import annotations

import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import program
from tests.interop.phones.program import Account, Manner

CONFIG = """
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
audio_source aufile,{tone}
snd_path {folder}
rtcp_mux yes
module_path /usr/lib/baresip/modules
module stdio.so
module opus.so
module g711.so
module aufile.so
module sndfile.so
module ice.so
module dtls_srtp.so
module_tmp account.so
module_app menu.so
module_app contact.so
module_app presence.so
"""


def channels(tone: Path, count: int, rate: int, path: Path) -> Path:
    """The tone as the codecs of baresip want it; it hangs up where the file ends."""
    with wave.open(str(tone)) as mono:
        every = mono.getframerate() // rate
        samples = array("h", mono.readframes(mono.getnframes()))[::every]
    with wave.open(str(path), "wb") as out:
        out.setnchannels(count)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(array("h", (sample for sample in samples for _ in range(count))).tobytes())
    return path


@dataclass(frozen=True)
class Baresip:
    """What its account says of media.

    Args:
        plain: RTP in the clear, by G.711.
    """

    plain: bool = False
    manner: Manner = Manner(
        dial="/dial {address}",
        hang_up="/hangup",
        hold="x",
        resume="X",
        connected="Call established",
        ended=("terminate call", "session closed"),
        records="dump-*-dec.wav",
    )

    def command(self, folder: Path, account: Account, tone: Path) -> Sequence[str]:
        count, rate, media = (1, 8000, "audio_codecs=PCMU/8000/1") if self.plain else (2, 48000, SECURE)
        playing = channels(tone, count, rate, folder / "tone.wav")
        config = CONFIG.format(tone=playing, folder=folder)
        if account.authority is not None:
            config += f"sip_cafile {account.authority}\n"
        (folder / "config").write_text(config)
        (folder / "contacts").write_text("")
        host, port = account.place
        (folder / "accounts").write_text(
            f"<sip:{account.number}@{host}:{port};transport={account.transport.lower()}>;"
            f"auth_user={account.password.username};auth_pass={account.password.password};"
            f"regint=600;answermode=auto;{media}\n"
        )
        return (program("baresip"), "-f", str(folder))


SECURE = "mediaenc=dtls_srtp;medianat=ice;audio_codecs=opus/48000/2"
