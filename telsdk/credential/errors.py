"""Why a login, a password or a delegation was not accepted.

TelError
  CredentialError
    WeakPassword              also ValueError
    UnknownKdf
    GroupMissing
    NoGroupElement            also ValueError
    ParametersMalformed       also ValueError
    EvaluationMalformed       also ValueError
    LoginFileError
      WrongPassphrase         also Refused
    KeyringError, its own     in `telsdk.credential.systemkeyring`
    LoginRefused              also Refused
      WrongPassword           light: the password or the number is wrong, and it is not said which
      NotHolder               deep: the account does not hold the number
      LoginExpired            it was signed too late
      NotDeterministic        the wallet cannot make a secret that it can make again
    PhoneLoginRefused         also Refused
    PhoneAccountMalformed     also ValueError
    DelegationError           also Refused: what `telsdk.credential.verify` raises
      DelegationMalformed     also ValueError
      NotSignedByOwner
        UnknownNumber
        WalletNotDeployed
      EpochPassed, SessionsRevoked, Expired, NotYetValid, RoleNotAllowed
      WalletUnreachable, TooManyWalletQuestions
"""

from __future__ import annotations

from telsdk.errors import Refused, TelError


class CredentialError(TelError):
    """Something about the identity of whoever asks was not right."""


class WeakPassword(CredentialError, ValueError):
    """A light password that whoever may try many could guess: everybody by KDF 1, its hubs together by KDF 2."""


class UnknownKdf(CredentialError):
    """The chain names a key derivation that this version does not know."""


class GroupMissing(CredentialError):
    """This machine does not load libsodium, which KDF 2 needs."""


class NoGroupElement(CredentialError, ValueError):
    """Octets that should be an element of ristretto255 are none in its one encoding, or are the identity."""


class ParametersMalformed(CredentialError, ValueError):
    """The parameters of KDF 2 are not in their one form, or do not fit each other."""


class EvaluationMalformed(CredentialError, ValueError):
    """What was asked of a hub for a light login, or what it answered, is not in its one form."""


class LoginFileError(CredentialError):
    """The file is not a login file, or it is damaged."""


class WrongPassphrase(LoginFileError, Refused):
    """This is not the file's passphrase."""


class LoginRefused(CredentialError, Refused):
    """No session may be opened with what was given."""


class WrongPassword(LoginRefused):
    """The number has no such light password, or there is no such number. Which of the two is not said."""


class NotHolder(LoginRefused):
    """The account does not hold the number."""


class LoginExpired(LoginRefused):
    """The session that was asked for had ended when its signature came."""


class NotDeterministic(LoginRefused):
    """The account is a contract, or its wallet signs differently each time: no secret can be derived from that."""


class PhoneLoginRefused(CredentialError, Refused):
    """No phone may log in under this user name. A stranger is told the same as for a wrong password."""


class PhoneAccountMalformed(CredentialError, ValueError):
    """What a node sent is not a phone password, or a text does not name a place where phones connect."""


class DelegationError(CredentialError, Refused):
    """The delegation gives no right, or no longer."""


class DelegationMalformed(DelegationError, ValueError):
    """The text is not a delegation in its one canonical form."""


class NotSignedByOwner(DelegationError):
    """Signed neither by the owner nor by the light key of the number."""


class UnknownNumber(NotSignedByOwner):
    """Nobody holds the number. Its message is that of `NotSignedByOwner`, so that a stranger learns nothing."""


class WalletNotDeployed(NotSignedByOwner):
    """The owner is a contract wallet that is not on the chain yet (ERC-6492), so it cannot be asked."""


class EpochPassed(DelegationError):
    """The number has changed hands since, or the delegation names an epoch that has not begun."""


class SessionsRevoked(DelegationError):
    """The owner has ended all sessions since."""


class Expired(DelegationError):
    """Its time is over."""


class NotYetValid(DelegationError):
    """Its time has not come."""


class RoleNotAllowed(DelegationError):
    """The light key signed for more than the light role, or the role lacks the right."""


class WalletUnreachable(DelegationError):
    """The owner may be a contract (ERC-1271), and the chain could not be asked what it says."""


class TooManyWalletQuestions(DelegationError):
    """Too many delegations were tried for this number: its contract wallet is not asked for now."""
