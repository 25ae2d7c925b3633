"""A phone made of PJSUA2, told what to do by lines on its input. Run by a Python that has it, not by ours.

Its argument is JSON: `port`, which it listens on by UDP; or `identity`, `server`, `transport`, `user` and `password`
for a phone that registers, with `authority`, whose certificates it takes. In calls it plays the file `tone` and records
into `heard`, if they are given. It takes every call, by 183 with sound and then 200, and says on its output what
happens to it.
"""

import json
import os
import sys
import threading

import pjsua2 as pj

ANSWER_AFTER = 0.5  # seconds that a call rings


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - its output is how the test hears of it


class Call(pj.Call):  # type: ignore[misc]
    tone = heard = ""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.player: pj.AudioMediaPlayer | None = None
        self.recorder: pj.AudioMediaRecorder | None = None

    def onCallMediaState(self, _prm: object) -> None:  # noqa: N802
        info = self.getInfo()  # kept: its media are gone with it
        if not self.tone or info.media[0].status != pj.PJSUA_CALL_MEDIA_ACTIVE:
            return
        if self.player is None:
            self.player, self.recorder = pj.AudioMediaPlayer(), pj.AudioMediaRecorder()
            self.player.createPlayer(self.tone)
            self.recorder.createRecorder(self.heard)
        audio = self.getAudioMedia(-1)
        self.player.startTransmit(audio)
        audio.startTransmit(self.recorder)

    def onCallState(self, _prm: object) -> None:  # noqa: N802 - PJSUA2 calls it so
        state = self.getInfo().stateText
        if state == "DISCONNECTED":
            self.player = self.recorder = None  # which finishes the file
        say("state", state)

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:  # noqa: N802
        say("referred", prm.dstUri)
        prm.statusCode = 603

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        say("transfer", prm.statusCode, prm.finalNotify)


class Account(pj.Account):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.ringing: Call | None = None

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self.ringing = Call(self, prm.callId)
        self.calls.append(self.ringing)
        answer(self.ringing, 183)


def answer(call: Call, status: int) -> None:
    param = pj.CallOpParam()
    param.statusCode = status
    call.answer(param)


def start(endpoint: pj.Endpoint, settings: dict[str, str]) -> Account:
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    endpoint.libInit(config)
    listen(endpoint, settings)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    Call.tone, Call.heard = settings.get("tone", ""), settings.get("heard", "")
    account = Account()
    account.create(account_of(settings))
    return account


def listen(endpoint: pj.Endpoint, settings: dict[str, str]) -> None:
    kind = settings.get("transport", "UDP")
    transport = pj.TransportConfig()
    transport.port = int(settings.get("port", 0))
    transport.boundAddress = transport.publicAddress = "127.0.0.1"
    transport.tlsConfig.CaListFile = settings.get("authority", "")
    transport.tlsConfig.verifyServer = kind == "TLS"
    endpoint.transportCreate(getattr(pj, f"PJSIP_TRANSPORT_{kind}"), transport)


def account_of(settings: dict[str, str]) -> pj.AccountConfig:
    config = pj.AccountConfig()
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
    config.callConfig.timerMinSESec, config.callConfig.timerSessExpiresSec = 90, 300
    config.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    if "server" not in settings:
        config.idUri = f"sip:pjsua@127.0.0.1:{settings['port']}"
        return config
    config.idUri = settings["identity"]
    config.regConfig.registrarUri = settings["server"]
    config.sipConfig.proxies.append(f"{settings['server']};lr")
    credential = pj.AuthCredInfo("digest", "*", settings["user"], 0, settings["password"])
    config.sipConfig.authCreds.append(credential)
    return config


def obey(account: Account, line: str) -> None:
    verb, _, rest = line.partition(" ")
    param = pj.CallOpParam(True)
    if verb == "call":
        account.calls.append(Call(account))
        account.calls[-1].makeCall(rest, param)
    elif verb == "hold":
        account.calls[-1].setHold(param)
    elif verb == "resume":
        param.opt.flag = pj.PJSUA_CALL_UNHOLD
        account.calls[-1].reinvite(param)
    elif verb == "refer":
        account.calls[-1].xfer(rest, param)
    elif verb == "bye":
        account.calls[-1].hangup(pj.CallOpParam())


def main() -> None:
    endpoint = pj.Endpoint()
    account = start(endpoint, json.loads(sys.argv[1]))
    lines: list[str] = []
    ended = threading.Event()

    def read() -> None:
        for line in sys.stdin:
            lines.append(line.strip())
        ended.set()

    threading.Thread(target=read, daemon=True).start()
    say("ready")
    rung = 0.0
    while not ended.is_set():
        endpoint.libHandleEvents(20)
        rung = rung + 0.02 if account.ringing else 0.0
        if account.ringing and rung >= ANSWER_AFTER:
            answer(account.ringing, 200)
            account.ringing = None
        if lines:
            obey(account, lines.pop(0))
    endpoint.libDestroy()
    os._exit(0)  # what PJSUA2 destroys after its library is gone makes it abort


main()
