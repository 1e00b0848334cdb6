"""Where things are kept is what the environment says, as botocore understands it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mfa_session.errors import ConfigurationError
from mfa_session.filesystem.paths import config_file, credentials_file, home, state_folder
from tests.clean_environment import clean_environment

NAMED = ["/x/file", "~/x/file", "~", "$PLACE/file", "${PLACE}/f", "$NOWHERE/f", "file", "~nobody-of-this-name/f"]

BOTOCORES = """
import os, sys
from botocore.session import Session

def taken(variable):
    return os.path.expanduser(os.path.expandvars(Session().get_config_variable(variable)))

print(taken("credentials_file"), taken("config_file"))
for named in sys.argv[1:]:
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.environ["AWS_CONFIG_FILE"] = named
    print(taken("credentials_file"), taken("config_file"))
"""


def test_without_a_word_everything_is_in_the_home_folder(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}

    assert home(environ) == tmp_path
    assert credentials_file(environ) == tmp_path / ".aws" / "credentials"
    assert config_file(environ) == tmp_path / ".aws" / "config"
    assert state_folder(environ) == tmp_path / ".aws" / "mfa-session"
    assert list(tmp_path.iterdir()) == []


def test_the_files_are_those_that_botocore_takes(tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, PLACE="~/place")
    command = [sys.executable, "-c", BOTOCORES, *NAMED]
    asked = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)

    ours = [(credentials_file(environ), config_file(environ))]
    for named in NAMED:
        environ |= {"AWS_SHARED_CREDENTIALS_FILE": named, "AWS_CONFIG_FILE": named}
        ours.append((credentials_file(environ), config_file(environ)))

    assert [f"{credentials} {config}" for credentials, config in ours] == asked.stdout.splitlines()


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "AWS_SHARED_CREDENTIALS_FILE": "", "AWS_CONFIG_FILE": ""}

    assert credentials_file(environ) == tmp_path / ".aws" / "credentials"
    assert config_file(environ) == tmp_path / ".aws" / "config"


def test_files_that_are_named_need_no_home_folder() -> None:
    environ = {"HOME": "", "AWS_SHARED_CREDENTIALS_FILE": "/c", "AWS_CONFIG_FILE": "/d"}

    assert (credentials_file(environ), config_file(environ)) == (Path("/c"), Path("/d"))


class TestOnWindows:
    def test_home_is_where_python_has_it_and_not_where_git_has_it(self, tmp_path: Path) -> None:
        environ = {"USERPROFILE": str(tmp_path), "HOME": "/somewhere/else"}

        assert home(environ, platform="win32") == tmp_path
        assert credentials_file(environ, platform="win32") == tmp_path / ".aws" / "credentials"

    def test_a_home_on_a_drive_of_its_own_is_found(self, tmp_path: Path) -> None:
        environ = {"HOMEDRIVE": str(tmp_path.parent), "HOMEPATH": f"{os.sep}{tmp_path.name}"}

        assert home(environ, platform="win32") == tmp_path

    @pytest.mark.parametrize("named", ["%USERPROFILE%/file", "%UserProfile%/file", "$USERPROFILE/file", "~/file"])
    def test_a_variable_may_be_written_as_cmd_does(self, tmp_path: Path, named: str) -> None:
        environ = {"USERPROFILE": str(tmp_path), "AWS_CONFIG_FILE": named}

        assert config_file(environ, platform="win32") == tmp_path / "file"

    @pytest.mark.parametrize("named", ["%NOWHERE%", "100%", "%%"])
    def test_what_is_no_variable_stays(self, named: str) -> None:
        assert config_file({"AWS_CONFIG_FILE": named}, platform="win32") == Path(named)

    def test_where_there_is_none_the_hint_names_the_variable(self) -> None:
        with pytest.raises(ConfigurationError, match="you have no home folder") as refusal:
            state_folder({}, platform="win32")

        assert "set USERPROFILE" in refusal.value.hint


def test_a_percent_sign_is_nothing_special_elsewhere() -> None:
    assert config_file({"AWS_CONFIG_FILE": "%HOME%"}, platform="linux") == Path("%HOME%")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no user database to ask")
def test_without_home_the_user_database_says_where_it_is() -> None:
    import pwd

    assert home({}) == Path(pwd.getpwuid(os.getuid()).pw_dir)


# Whether the last one is a folder, nobody can be told.
@pytest.mark.parametrize("named", ["", "relative", "/nowhere/at/all", "/dev/null", "/" + "long" * 100])
def test_a_home_folder_that_is_none_is_refused_with_what_to_set(named: str) -> None:
    with pytest.raises(ConfigurationError, match="home folder") as refusal:
        state_folder({"HOME": named})

    assert "HOME" in refusal.value.hint
