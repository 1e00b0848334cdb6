"""What users do with their keys and sessions, each on a machine of its own: prepared, run, and looked at afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mfa_session.errors import MFASessionError
from tests.campaigns.files.system_calls import Invocation
from tests.campaigns.files.users_files import (
    AFTER,
    BEFORE,
    CONFIG_AFTER,
    CONFIG_BEFORE,
    Damage,
    damage_to,
    names_below,
)
from tests.clean_environment import clean_environment
from tests.cli.test_keys_import import places_of_the_secret
from tests.cli.test_keys_kills import NO_ANSWER, assert_a_key_works, assert_nothing_is_left_over, keep_a_session
from tests.cli.test_login_kills import holds_one_whole_session
from tests.machine import MFA_SESSION, Machine, running_machine
from tests.stored_keys import encrypted_file, store, stored_key

PROFILE = ("--profile", "test-user")
OURS = ("test-user", "test-user-mfa", "profile test-user", "profile test-user-mfa")


@dataclass(frozen=True)
class Story:
    """A command, the machine that it is run on, and what is true once it has ended well."""

    name: str
    words: tuple[str, ...]
    prepare: Callable[[Machine], None]
    is_done: Callable[[Machine], bool]
    needs_code: bool = False

    def program(self, machine: Machine) -> Invocation:
        """Return the command as it is typed on *machine* now."""
        code = ("--token-code", machine.fresh_code()) if self.needs_code else ()
        words = [str(MFA_SESSION), *self.words, *PROFILE, *code]
        return Invocation(words, clean_environment(machine.home, **machine.environment))


@contextmanager
def prepared(story: Story, home: Path) -> Iterator[Machine]:
    """Yield the machine on which *story* happens, with the files of somebody who had them long before."""
    home.mkdir()
    with running_machine(home) as machine:
        story.prepare(machine)
        machine.write_credentials(BEFORE + machine.credentials_file.read_text() + AFTER)
        machine.write_config(CONFIG_BEFORE + machine.config_file.read_text() + CONFIG_AFTER)
        yield machine


def damage_on(machine: Machine, story: Story) -> Damage:
    """Return what is broken on *machine* at any moment in which *story* may have stopped."""
    return (
        damage_to(machine.credentials_file, BEFORE, AFTER, ours=OURS)
        | damage_to(machine.config_file, CONFIG_BEFORE, CONFIG_AFTER, ours=OURS)
        | Damage(torn=not session_is_whole_or_missing(machine), lost=not a_key_works(machine))
    )


def damage_after_the_next_run(machine: Machine, story: Story, *, names: set[str]) -> Damage:
    """Run *story* again, which was stopped before, and return what is wrong then; *names* is all that may be there."""
    ran = story.program(machine).run()
    if NO_ANSWER in ran.stderr:  # the key that AWS had just made may be anybody's
        ran = replace(story, words=(*story.words, "--yes")).program(machine).run()
    done = ran.returncode == 0 and story.is_done(machine)
    if not done:
        print(ran.stderr)  # shown by pytest where the test fails
    return damage_on(machine, story) | Damage(
        wrong_ending=not done, traceback="Traceback" in ran.stderr, leftover=bool(names_below(machine.home) - names)
    )


def session_is_whole_or_missing(machine: Machine) -> bool:
    """Tell whether the session profile has no keys at all, or all of one session that AWS has given."""
    try:
        return not machine.credentials("test-user-mfa") or holds_one_whole_session(machine)
    except (KeyError, ValueError):
        return False


def a_key_works(machine: Machine) -> bool:
    """Tell whether a login would find a long-term key, and AWS would accept it."""
    with suppress(AssertionError, MFASessionError, KeyError):
        assert_a_key_works(machine)
        return True
    return False


def _with_a_plain_key(machine: Machine) -> None:
    encrypted_file(machine)
    machine.lay_down_the_key()


def _with_a_session(machine: Machine) -> None:
    _with_a_plain_key(machine)
    keep_a_session(machine)


def _with_a_stored_key(machine: Machine) -> None:
    machine.account.sessions_must_name_their_user = True
    store(machine, machine.key)
    keep_a_session(machine)


def _has_session(machine: Machine) -> bool:
    return bool(machine.credentials("test-user-mfa")) and holds_one_whole_session(machine)


def _has_no_session(machine: Machine) -> bool:
    return "test-user-mfa" not in machine.credentials_file.read_text()


def _key_is_moved(machine: Machine) -> bool:
    return (
        stored_key(machine) is not None
        and "credential_process" in machine.config("test-user")
        and not machine.credentials("test-user")
        and places_of_the_secret(machine) == []
    )


def _key_is_rotated(machine: Machine) -> bool:
    with suppress(AssertionError):
        assert_nothing_is_left_over(machine)
        return True
    return False


STORIES = [
    Story("`login`", ("login",), _with_a_plain_key, _has_session, needs_code=True),
    Story("`login --force`", ("login", "--force"), _with_a_session, _has_session, needs_code=True),
    Story("`logout`", ("logout",), _with_a_session, _has_no_session),
    Story("`keys import`", ("keys", "import"), _with_a_plain_key, _key_is_moved),
    Story("`keys rotate`", ("keys", "rotate"), _with_a_stored_key, _key_is_rotated),
]


def story_called(name: str) -> Story:
    """Return the story of this *name*."""
    return next(story for story in STORIES if story.name == name)
