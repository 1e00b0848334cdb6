"""The commands: each with the machine that it is run on, and with the assets that it is asked for."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mfa_session.model.credentials import timestamp
from tests.campaigns.secrets.scene import WatchedMachine
from tests.stored_keys import store

Preparation = Callable[[WatchedMachine], None]
Asked = Mapping[str, set[str]]

OF_TEST_USER = ("--profile", "test-user")
OF_ADMIN = ("--profile", "admin")
SESSION = {"session secret key", "session token"}


def with_a_key_in_the_file(scene: WatchedMachine) -> None:
    scene.machine.lay_down_the_key()


def with_a_stored_key(scene: WatchedMachine) -> None:
    store(scene.machine, scene.machine.key)


def with_a_session(scene: WatchedMachine) -> None:
    """Let the user be logged in, wherever the key is."""
    account, file = scene.machine.account, scene.machine.credentials_file
    session = account.begin_session(account.identity_of(scene.machine.user), timedelta(hours=12), mfa_at=account.now())
    scene.machine.write_credentials(
        (file.read_text() if file.exists() else "") + f"[test-user-mfa]\naws_access_key_id = {session.access_key_id}\n"
        f"aws_secret_access_key = {session.secret_access_key}\naws_session_token = {session.session_token}\n"
        f"x_security_token_expires = {timestamp(session.expiration)}\nmfa_session_source = test-user\n"
    )


def with_every_right(scene: WatchedMachine) -> None:
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    scene.machine.user.grants.inline["everything"] = json.dumps({"Version": "2012-10-17", "Statement": everything})


def with_a_role(scene: WatchedMachine) -> None:
    everybody = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    role = scene.machine.account.add_role("admin", json.dumps({"Version": "2012-10-17", "Statement": everybody}))
    with_every_right(scene)
    config = scene.machine.config_file.read_text()
    scene.machine.write_config(
        f"{config}[profile admin]\nrole_arn = {role.arn}\nsource_profile = test-user\nregion = eu-west-1\n"
    )


def with_a_second_device(scene: WatchedMachine) -> None:
    scene.machine.account.add_device(scene.machine.user, "test-user-tablet")


def with_a_program_that_prints_codes(scene: WatchedMachine) -> None:
    program = scene.witness("code", f"echo {scene.fresh_code()}")
    config = scene.machine.config_file.read_text()
    header = "[profile test-user]\n"
    scene.machine.write_config(config.replace(header, f"{header}mfa_process = {program}\n"))


def with_a_policy_file(scene: WatchedMachine) -> None:
    [policy] = scene.machine.account.managed_policies.values()
    (scene.machine.home / "policy.json").write_text(policy.in_force.document)


@dataclass(frozen=True)
class Command:
    """How *words* are run: CODE stands for a code, WITNESS for a program, HOME for the home folder."""

    words: tuple[str, ...]
    prepared: tuple[Preparation, ...] = ()
    reads_files: bool = True
    asks_aws: bool = True
    has_json: bool = False
    needs_terminal: bool = False
    gives_the_key: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    asked_for: Asked = field(default_factory=dict)


PLAIN = (with_a_key_in_the_file,)
PLAIN_LIVE = (with_a_key_in_the_file, with_a_session)
STORED = (with_a_stored_key,)
STORED_LIVE = (with_a_stored_key, with_a_session)
ROLE_LIVE = (with_a_key_in_the_file, with_a_role, with_a_session)
ADMIN = (with_a_key_in_the_file, with_every_right, with_a_session)
CODE = ("--token-code", "CODE")

ON_STDOUT = {"standard output": SESSION}
IN_THE_ENVIRONMENT = {"environment": SESSION}

COMMANDS: dict[str, Command] = {
    "login": Command(("login", *OF_TEST_USER, *CODE), PLAIN),
    "login, stored key": Command(("login", *OF_TEST_USER, *CODE), STORED),
    "login --force": Command(("login", *OF_TEST_USER, *CODE, "--force"), STORED_LIVE),
    "login, session kept": Command(("login", *OF_TEST_USER), PLAIN_LIVE, asks_aws=False),
    "login, role": Command(("login", *OF_ADMIN, "--force"), ROLE_LIVE),
    "login, program for codes": Command(("login", *OF_TEST_USER), (*STORED, with_a_program_that_prints_codes)),
    "login, code that is none": Command(("login", *OF_TEST_USER, "--token-code", "CODE9", "--force"), PLAIN),
    "credential-process": Command(
        ("credential-process", *OF_TEST_USER), PLAIN_LIVE, asks_aws=False, asked_for=ON_STDOUT
    ),
    "credential-process, role": Command(("credential-process", *OF_ADMIN), ROLE_LIVE, asked_for=ON_STDOUT),
    "credential-process, no session": Command(("credential-process", *OF_TEST_USER), STORED, asked_for=ON_STDOUT),
    "exec": Command(("exec", *OF_TEST_USER, "--", "WITNESS"), PLAIN_LIVE, asks_aws=False, asked_for=IN_THE_ENVIRONMENT),
    "exec, role": Command(("exec", *OF_ADMIN, "--", "WITNESS"), ROLE_LIVE, asked_for=IN_THE_ENVIRONMENT),
    "exec, no session": Command(("exec", *OF_TEST_USER, "--", "WITNESS"), STORED, asked_for=IN_THE_ENVIRONMENT),
    "serve": Command(
        ("serve", *OF_TEST_USER, "--", "WITNESS"), STORED_LIVE, asked_for={"environment": {"token of the companion"}}
    ),
    "export": Command(("export", *OF_TEST_USER), PLAIN_LIVE, asks_aws=False, asked_for=ON_STDOUT),
    "export --format process": Command(
        ("export", *OF_TEST_USER, "--format", "process"), STORED_LIVE, asks_aws=False, asked_for=ON_STDOUT
    ),
    "status": Command(("status",), PLAIN_LIVE, asks_aws=False, has_json=True),
    "status --verify": Command(("status", *OF_TEST_USER, "--verify"), STORED_LIVE, has_json=True),
    "logout": Command(("logout", *OF_TEST_USER), PLAIN_LIVE, asks_aws=False),
    "configure": Command(("configure", *OF_TEST_USER, "--region", "eu-west-1"), PLAIN_LIVE, asks_aws=False),
    # It shows what stands in the config file now, even where a secret was pasted there.
    "configure, asked": Command(
        ("configure", *OF_TEST_USER),
        PLAIN_LIVE,
        asks_aws=False,
        needs_terminal=True,
        asked_for={"standard output": {"long-term secret key"}},
    ),
    "keys add": Command(("keys", "add", "--profile", "new", "--stdin"), STORED, gives_the_key=True),
    "keys import": Command(("keys", "import", *OF_TEST_USER), PLAIN),
    "keys import --all": Command(("keys", "import", "--all"), PLAIN_LIVE),
    "keys import --dry-run": Command(("keys", "import", *OF_TEST_USER, "--dry-run"), PLAIN, asks_aws=False),
    "keys import --from environment": Command(
        ("keys", "import", *OF_TEST_USER, "--from", "environment"),
        environment={"AWS_ACCESS_KEY_ID": "KEY_ID", "AWS_SECRET_ACCESS_KEY": "SECRET"},
    ),
    "keys list": Command(("keys", "list"), STORED, asks_aws=False, has_json=True),
    "keys rotate": Command(("keys", "rotate", *OF_TEST_USER), STORED_LIVE),
    "keys rotate --delete-old": Command(("keys", "rotate", *OF_TEST_USER, "--delete-old"), STORED_LIVE),
    "keys move": Command(("keys", "move", *OF_TEST_USER, "--to", "keyring"), STORED, asks_aws=False),
    "keys remove": Command(("keys", "remove", *OF_TEST_USER, "--yes"), STORED_LIVE, asks_aws=False),
    "device list": Command(("device", "list", *OF_TEST_USER), STORED_LIVE, has_json=True),
    "device add": Command(
        ("device", "add", *OF_TEST_USER, "--name", "tablet", "--qr-file", "HOME/qr.png"), STORED, needs_terminal=True
    ),
    "device add --show-secret-key": Command(
        ("device", "add", *OF_TEST_USER, "--name", "tablet", "--qr-file", "HOME/qr.png", "--show-secret-key"),
        STORED,
        needs_terminal=True,
        asked_for={"standard output": {"seed"}},
    ),
    "device resync": Command(("device", "resync", *OF_TEST_USER), STORED_LIVE, needs_terminal=True),
    "device remove": Command(
        ("device", "remove", *OF_TEST_USER, "--yes", "--serial", "arn:aws:iam::123456789012:mfa/test-user-tablet"),
        (with_a_second_device, with_every_right, *STORED_LIVE),
    ),
    "policy show": Command(("policy", "show", "--explain"), asks_aws=False),
    "policy check, file": Command(
        ("policy", "check", "HOME/policy.json"), (with_a_policy_file,), asks_aws=False, has_json=True
    ),
    "policy check --user": Command(("policy", "check", "--user", "test-user", *OF_TEST_USER), ADMIN, has_json=True),
    "policy users": Command(("policy", "users", "--group", "developers", *OF_TEST_USER), ADMIN, has_json=True),
    "policy remove": Command(
        ("policy", "remove", "--group", "developers", "--name", "enforce-mfa", "--yes", *OF_TEST_USER), ADMIN
    ),
    "policy apply": Command(("policy", "apply", "--group", "developers", "--yes", *OF_TEST_USER), ADMIN),
    # A browser takes a URL in no other way than as an argument.
    "console": Command(
        ("console", *OF_ADMIN),
        ROLE_LIVE,
        environment={"BROWSER": "WITNESS"},
        asked_for={"arguments": {"sign-in token"}},
    ),
    "console --print": Command(
        ("console", *OF_ADMIN, "--print"), ROLE_LIVE, asked_for={"standard output": {"sign-in token"}}
    ),
    "doctor": Command(("doctor", *OF_TEST_USER), STORED_LIVE, has_json=True),
    "doctor, plain key": Command(("doctor", *OF_TEST_USER), PLAIN, has_json=True),
    "completion": Command(
        (),
        PLAIN_LIVE,
        asks_aws=False,
        environment={
            "_MFA_SESSION_COMPLETE": "complete_bash",
            "COMP_WORDS": "mfa-session login --profile ",
            "COMP_CWORD": "3",
        },
    ),
    **{
        f"{' '.join(words)} --help": Command((*words, "--help"), PLAIN_LIVE, reads_files=False, asks_aws=False)
        for words in (("login",), ("exec",), ("keys", "add"), ("device", "add"), ("console",), ("policy", "apply"))
    },
}
