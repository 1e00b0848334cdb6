"""Stand-ins for the world outside, each held to the contract suite of what it stands for."""

from collections.abc import Mapping

from mfa_session.credentials import AccessKey
from mfa_session.errors import MFASessionError


class InMemoryKeys:
    """A store of access keys that keeps nothing; with a *refusal*, it says that to every call."""

    description = "the memory of this test"

    def __init__(
        self,
        keys: Mapping[str, AccessKey] | None = None,
        *,
        name: str = "keyring",
        refusal: MFASessionError | None = None,
    ) -> None:
        self.name = name
        self.refusal = refusal
        self._keys = dict(keys or {})

    def get(self, profile: str) -> AccessKey | None:
        self.check()
        return self._keys.get(profile)

    def set(self, profile: str, key: AccessKey) -> None:
        self.check()
        self._keys[profile] = key

    def delete(self, profile: str) -> None:
        self.check()
        self._keys.pop(profile, None)

    def check(self) -> None:
        if self.refusal is not None:
            raise self.refusal
