"""The keychains of Windows and macOS in memory, behaving as the documentation of each says.

They stand below the ``keyring`` library, whose own code for the two systems runs.
"""

# ruff: noqa: N802, N803, N818  # the names are those that Windows and keyring give

import types


class WindowsError(Exception):
    """What pywin32 raises: the number of the error, and the function that failed."""

    def __init__(self, winerror: int, funcname: str) -> None:
        super().__init__(winerror, funcname, "an error of Windows")
        self.winerror = winerror
        self.funcname = funcname


class CredentialManager(types.ModuleType):
    """The functions of ``win32cred``: one generic credential for each target name."""

    CRED_TYPE_GENERIC = 1
    CRED_PERSIST_SESSION = 1
    CRED_PERSIST_LOCAL_MACHINE = 2
    CRED_PERSIST_ENTERPRISE = 3

    _MAX_BLOB = 2560
    _NOT_FOUND = 1168
    _BAD_LENGTH = 1783

    def __init__(self) -> None:
        super().__init__("win32cred")
        self.credentials: dict[str, dict[str, object]] = {}
        self.refusal: int | None = None

    def CredRead(self, *, Type: int, TargetName: str) -> dict[str, object]:
        self._check("CredRead", TargetName)
        return dict(self.credentials[TargetName])

    def CredWrite(self, credential: dict[str, object], flags: int) -> None:
        if self.refusal is not None:
            raise WindowsError(self.refusal, "CredWrite")
        blob = str(credential["CredentialBlob"]).encode("utf-16-le")
        if len(blob) > self._MAX_BLOB:
            raise WindowsError(self._BAD_LENGTH, "CredWrite")
        self.credentials[str(credential["TargetName"])] = {**credential, "CredentialBlob": blob}

    def CredDelete(self, *, Type: int, TargetName: str) -> None:
        self._check("CredDelete", TargetName)
        del self.credentials[TargetName]

    def _check(self, function: str, target: str) -> None:
        if self.refusal is not None:
            raise WindowsError(self.refusal, function)
        if target not in self.credentials:
            raise WindowsError(self._NOT_FOUND, function)


class Keychain(types.ModuleType):
    """The functions of ``keyring.backends.macOS.api``: one generic password for each service and account."""

    class Error(Exception):
        """Any status of the Security framework but success."""

    class NotFound(Error):
        """errSecItemNotFound."""

    class KeychainDenied(Error):
        """errSecUserCanceled."""

    class SecAuthFailure(Error):
        """errSecAuthFailed."""

    def __init__(self) -> None:
        super().__init__("api")
        self.passwords: dict[tuple[str, str], str] = {}
        self.refusal: int | None = None

    def find_generic_password(self, keychain: object, service: str, account: str) -> str:
        self._check(service, account)
        return self.passwords[service, account]

    def set_generic_password(self, keychain: object, service: str, account: str, password: str) -> None:
        self._check()
        self.passwords[service, account] = password

    def delete_generic_password(self, keychain: object, service: str, account: str) -> None:
        self._check(service, account)
        del self.passwords[service, account]

    def _check(self, *item: str) -> None:
        errors = {-128: self.KeychainDenied, -25293: self.SecAuthFailure}
        if self.refusal is not None:
            raise errors.get(self.refusal, self.Error)(self.refusal, "as the Security framework says")
        if item and item not in self.passwords:
            raise self.NotFound(-25300, "Item not found")
