"""A phone made of PJSUA2, told what to do by lines on its input. Run by a Python that has it, not by ours.

It takes every call, by 183 with sound and then 200, and says on its output what happens to it.
"""

import os
import sys
import threading

import pjsua2 as pj

ANSWER_AFTER = 0.5  # seconds that a call rings


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201 - its output is how the test hears of it


class Call(pj.Call):  # type: ignore[misc]
    def onCallState(self, _prm: object) -> None:  # noqa: N802 - PJSUA2 calls it so
        say("state", self.getInfo().stateText)

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


def start(endpoint: pj.Endpoint, port: int) -> Account:
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.port, transport.boundAddress, transport.publicAddress = port, "127.0.0.1", "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    account, settings = Account(), pj.AccountConfig()
    settings.idUri = f"sip:pjsua@127.0.0.1:{port}"
    settings.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
    settings.callConfig.timerMinSESec, settings.callConfig.timerSessExpiresSec = 90, 300
    settings.callConfig.prackUse = pj.PJSUA_100REL_OPTIONAL
    account.create(settings)
    return account


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
    account = start(endpoint, int(sys.argv[1]))
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
