"""An AWS account: its users, groups, keys, devices, roles and policies, and the sessions it has given.

Everything may be changed while an :class:`~mfa_session.local_aws.endpoint.Endpoint` serves it;
hold *lock* to change several things that belong together.
"""

import secrets
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mfa_session.local_aws.credentials import Identity, LongTermKey, Session
from mfa_session.local_aws.mfa_devices import Clock, Device, SecurityKey, VirtualDevice
from mfa_session.policies.evaluator import Policy

# AWS's unique IDs and key IDs are base 32
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def unique_id(prefix: str) -> str:
    """Return a new ID as AWS makes them: *prefix* says of what kind of thing, as AKIA, ASIA and AIDA do."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def _opaque(size: int) -> str:
    """Return *size* characters as AWS's secrets and tokens have them."""
    return b64encode(secrets.token_bytes(size))[:size].decode("ascii")


@dataclass
class Grants:
    """The policies of one user or group: documents of its own, and ARNs of managed ones."""

    inline: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)


@dataclass
class User:
    """An IAM user."""

    name: str
    arn: str
    path: str
    user_id: str
    create_date: datetime
    grants: Grants = field(default_factory=Grants)
    devices: dict[str, Device] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)


@dataclass
class Group:
    """A group of users, whose policies are those of every member."""

    name: str
    arn: str
    path: str
    group_id: str
    create_date: datetime
    members: list[str] = field(default_factory=list)
    grants: Grants = field(default_factory=Grants)


@dataclass
class Role:
    """A role that some may take; *trust_policy* is JSON and says who."""

    name: str
    arn: str
    role_id: str
    trust_policy: str
    grants: Grants = field(default_factory=Grants)
    longest_session: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a managed policy."""

    version_id: str
    document: str
    create_date: datetime


@dataclass
class ManagedPolicy:
    """A policy with an ARN of its own, kept in versions of which one is in force."""

    name: str
    arn: str
    path: str
    policy_id: str
    in_force: PolicyVersion
    versions: list[PolicyVersion]
    _newest: int = 1

    def add_version(self, document: str, create_date: datetime) -> PolicyVersion:
        """Add a version that is not in force. A number is never given twice, even when its version is gone."""
        self._newest += 1
        version = PolicyVersion(f"v{self._newest}", document, create_date)
        self.versions.append(version)
        return version


class Account:
    """The state of one account, and the few ways in which AWS itself behaves differently from day to day.

    *propagation* is how long a new access key is unknown, *page_size* the most a list
    returns at once, *disabled_regions* where STS is off. *implicit_user_is_a_resource* says
    whether a call that names no user is held against the ARN of its caller's, or against a
    prefix that a policy for ``user/${aws:username}`` does not match. *device_changes_need_mfa*
    is AWS's rule since April 2023 for users who already have a device, *sessions_must_name_their_user*
    what it was seen to ask of calls about access keys. *denials_name_the_policy* is how AWS words an
    explicit denial since January 2026. *shortest_password* is the whole password policy, if there is one.
    """

    def __init__(self, account_id: str = "123456789012", *, partition: str = "aws", clock: Clock | None = None) -> None:
        self.account_id = account_id
        self.partition = partition
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.roles: dict[str, Role] = {}
        self.managed_policies: dict[str, ManagedPolicy] = {}
        self.access_keys: dict[str, LongTermKey] = {}
        self.sessions: dict[str, Session] = {}
        self.signin_tokens: dict[str, datetime] = {}
        self.devices: dict[str, VirtualDevice] = {}
        self.root_devices: dict[str, Device] = {}
        self.buckets: list[str] = []
        self.propagation = timedelta(0)
        self.page_size = 100
        self.disabled_regions: set[str] = set()
        self.implicit_user_is_a_resource = True
        self.device_changes_need_mfa = True
        self.sessions_must_name_their_user = False
        self.shortest_password: int | None = None
        self.denials_name_the_policy = False

    def now(self) -> datetime:
        """Return the moment that AWS believes it is."""
        return self.clock.now()

    def arn(self, resource: str, *, service: str = "iam") -> str:
        """Return the ARN of a *resource* of this account, such as ``user/alice``."""
        return f"arn:{self.partition}:{service}::{self.account_id}:{resource}"

    def add_user(self, name: str, *, path: str = "/") -> User:
        """Create a user without key, device or policy."""
        user = User(name, self.arn(f"user{path}{name}"), path, unique_id("AIDA"), self.now())
        self.users[name] = user
        return user

    def add_group(self, name: str, *members: User, path: str = "/") -> Group:
        """Create a group of *members*."""
        group = Group(name, self.arn(f"group{path}{name}"), path, unique_id("AGPA"), self.now())
        group.members += [user.name for user in members]
        self.groups[name] = group
        return group

    def add_role(self, name: str, trust_policy: str) -> Role:
        """Create a role that *trust_policy* lets some take."""
        role = Role(name, self.arn(f"role/{name}"), unique_id("AROA"), trust_policy)
        self.roles[name] = role
        return role

    def add_managed_policy(self, name: str, document: str, *, path: str = "/") -> ManagedPolicy:
        """Create a managed policy in its first version."""
        first = PolicyVersion("v1", document, self.now())
        policy = ManagedPolicy(name, self.arn(f"policy{path}{name}"), path, unique_id("ANPA"), first, [first])
        self.managed_policies[policy.arn] = policy
        return policy

    def add_access_key(self, user: User | None, *, age: timedelta = timedelta(0)) -> LongTermKey:
        """Create an access key of *user*, or of root where that is ``None``, *age* ago."""
        key = LongTermKey(unique_id("AKIA"), _opaque(40), user.name if user else None, self.now() - age)
        self.access_keys[key.access_key_id] = key
        return key

    def add_device(self, user: User | None, name: str) -> VirtualDevice:
        """Give *user*, or root where that is ``None``, a virtual device that is already enabled."""
        device = VirtualDevice(self.arn(f"mfa/{name}"), self.clock, enable_date=self.now())
        self.devices[device.serial_number] = device
        self.devices_of(user)[device.serial_number] = device
        return device

    def add_hardware_token(self, user: User | None, serial_number: str) -> VirtualDevice:
        """Give *user* or root a hardware token; it shows codes, and *serial_number* is what is printed on it."""
        token = VirtualDevice(serial_number, self.clock, enable_date=self.now())
        self.devices_of(user)[serial_number] = token
        return token

    def add_security_key(self, user: User | None, name: str) -> SecurityKey:
        """Give *user* or root a FIDO security key."""
        key = SecurityKey(self.arn(f"u2f/user/{user.name if user else 'root'}/{name}"), self.now())
        self.devices_of(user)[key.serial_number] = key
        return key

    def devices_of(self, user: User | None) -> dict[str, Device]:
        """Return the devices of *user*, or of root, by serial number."""
        return user.devices if user else self.root_devices

    def keys_of(self, user: User | None) -> list[LongTermKey]:
        """Return the access keys of *user*, or of root."""
        return [key for key in self.access_keys.values() if key.user_name == (user and user.name)]

    def groups_of(self, user: User) -> list[Group]:
        """Return the groups that *user* is in."""
        return [group for group in self.groups.values() if user.name in group.members]

    def identity_of(self, user: User | None) -> Identity:
        """Return who *user* is to AWS; root where that is ``None``."""
        if user is None:
            return Identity(self.arn("root"), self.account_id)
        return Identity(user.arn, user.user_id, user_name=user.name)

    def identity_of_role(self, role: Role, session_name: str) -> Identity:
        """Return the identity of a session of *role* named *session_name*."""
        arn = self.arn(f"assumed-role/{role.name}/{session_name}", service="sts")
        return Identity(arn, f"{role.role_id}:{session_name}", role_name=role.name)

    def begin_session(self, identity: Identity, duration: timedelta, *, mfa_at: datetime | None = None) -> Session:
        """Give *identity* temporary credentials; *mfa_at* is when it proved to have its device, if it did."""
        session = Session(
            access_key_id=unique_id("ASIA"),
            secret_access_key=_opaque(40),
            session_token=_opaque(320),
            # AWS counts in whole seconds
            expiration=self.now().replace(microsecond=0) + duration,
            identity=identity,
            mfa_at=mfa_at,
        )
        self.sessions[session.access_key_id] = session
        return session

    def end_sessions(self) -> None:
        """Let every session given so far be over, as if its time had passed."""
        with self.lock:
            for session in self.sessions.values():
                session.expiration = self.now() - timedelta(seconds=1)

    def policies_of(self, identity: Identity) -> Iterator[Policy]:
        """Yield every policy that speaks of *identity*: its own, and those of its groups.

        Raises:
            UsageError: one of them has something that the local AWS does not know.
        """
        for grants in self._grants_of(identity):
            for name, document in grants.inline.items():
                yield Policy.parse(document, name=name)
            for arn in grants.attached:
                yield Policy.parse(self.managed_policies[arn].in_force.document, name=arn)

    def attachments_of(self, policy: ManagedPolicy) -> int:
        """Return to how many users, groups and roles *policy* is attached."""
        owners: list[User | Group | Role] = [*self.users.values(), *self.groups.values(), *self.roles.values()]
        return sum(policy.arn in owner.grants.attached for owner in owners)

    def _grants_of(self, identity: Identity) -> Iterator[Grants]:
        if identity.role_name is not None:
            yield self.roles[identity.role_name].grants
        elif identity.user_name is not None:
            user = self.users[identity.user_name]
            yield user.grants
            yield from (group.grants for group in self.groups_of(user))
