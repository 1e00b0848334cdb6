"""Which keyring back ends may hold a key."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mfa_session.errors import KeyringUnavailableError
from mfa_session.keystore.keyring_backends import (
    KWALLET,
    LIBSECRET,
    MACOS,
    SECRET_SERVICE,
    WINDOWS,
    Backend,
    choose_backend,
)
from mfa_session.keystore.keyring_store import OSKeyring
from tests.clean_environment import clean_environment

NEVER = [
    "keyrings.alt.file.PlaintextKeyring",
    "keyrings.alt.pyfs.PlaintextKeyring",
    "keyring.backends.null.Keyring",
    "keyring.backends.fail.Keyring",
    "keyring.backends.chainer.ChainerBackend",
]

# What keyrings.alt does, in small: a plug-in that every program with the keyring library finds by itself.
PLAIN_BACK_END = """
from pathlib import Path
from keyring.backend import KeyringBackend

Path(__file__).with_name("was-imported").touch()

class PlaintextKeyring(KeyringBackend):
    priority = 10
    path = Path(__file__).with_name("secrets.txt")
    def get_password(self, service, user):
        return self.path.read_text() if self.path.exists() else None
    def set_password(self, service, user, text):
        self.path.write_text(text)
    def delete_password(self, service, user):
        self.path.unlink()
"""
TRY_THE_KEYRING = """
import json, os
from mfa_session.errors import StoreError
from mfa_session.keystore.keyring_store import OSKeyring
try:
    OSKeyring(environ=os.environ, interactive=True).check()
except StoreError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""
ASK_THE_LIBRARY = "import json, keyring; print(json.dumps(type(keyring.get_keyring()).__name__))"


@pytest.fixture
def plug_ins(tmp_path: Path) -> Path:
    """Return a folder in which a plain-text back end is installed as a plug-in."""
    folder = tmp_path / "plug-ins"
    metadata = folder / "plain-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plain\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[keyring.backends]\nplain = plain_back_end\n")
    (folder / "plain_back_end.py").write_text(PLAIN_BACK_END)
    return folder


def run(program: str, home: Path, **environ: str) -> object:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=clean_environment(home, **environ),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def chosen(home: Path, *, platform: str = "linux", named: str | None = None, **environ: str) -> Backend:
    return choose_backend({"HOME": str(home), **environ}, platform=platform, named=named)


def configure(home: Path, text: str) -> Path:
    path = home / ".config" / "python_keyring" / "keyringrc.cfg"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", SECRET_SERVICE), ("freebsd14", SECRET_SERVICE), ("darwin", MACOS), ("win32", WINDOWS)],
)
def test_each_system_has_its_own(tmp_path: Path, platform: str, expected: Backend) -> None:
    assert chosen(tmp_path, platform=platform) == expected


@pytest.mark.parametrize("expected", [SECRET_SERVICE, LIBSECRET, KWALLET], ids=lambda known: known.class_name)
def test_another_of_the_same_system_is_used_when_it_is_named(tmp_path: Path, expected: Backend) -> None:
    assert chosen(tmp_path, PYTHON_KEYRING_BACKEND=expected.class_name) == expected
    assert chosen(tmp_path, named=expected.class_name) == expected

    configure(tmp_path, f"[backend]\ndefault-keyring={expected.class_name}\n")

    assert chosen(tmp_path) == expected


@pytest.mark.parametrize("name", NEVER)
def test_one_that_keeps_no_secret_is_refused_whoever_names_it(tmp_path: Path, name: str) -> None:
    for way in ({"PYTHON_KEYRING_BACKEND": name}, {"named": name}):
        with pytest.raises(KeyringUnavailableError) as caught:
            chosen(tmp_path, **way)

        assert name in str(caught.value)
        assert "--store file" in caught.value.hint


def test_a_configuration_that_names_one_that_keeps_no_secret_is_itself_named(tmp_path: Path) -> None:
    path = configure(tmp_path, "[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")

    with pytest.raises(KeyringUnavailableError) as caught:
        chosen(tmp_path)

    assert f"{path}: keyring.backends.null.Keyring throws away what it is given" in str(caught.value)


def test_one_that_is_not_known_is_used_only_when_the_user_insists(tmp_path: Path) -> None:
    name = "keyrings.cryptfile.cryptfile.CryptFileKeyring"

    with pytest.raises(KeyringUnavailableError, match="not known to keep secrets") as caught:
        chosen(tmp_path, PYTHON_KEYRING_BACKEND=name)

    assert f"mfa_session_keyring = {name}" in caught.value.hint
    assert chosen(tmp_path, PYTHON_KEYRING_BACKEND=name, named=name).class_name == name


def test_what_the_user_insists_on_goes_before_what_all_programs_use(tmp_path: Path) -> None:
    named = chosen(tmp_path, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring", named=SECRET_SERVICE.class_name)

    assert named == SECRET_SERVICE


def test_one_of_another_system_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(KeyringUnavailableError):
        chosen(tmp_path, PYTHON_KEYRING_BACKEND=WINDOWS.class_name)


@pytest.mark.parametrize("text", ["", "[backend]\n", "[backend]\ndefault-keyring=\n", "no section", "\0\1"])
def test_a_configuration_that_names_none_changes_nothing(tmp_path: Path, text: str) -> None:
    configure(tmp_path, text)

    assert chosen(tmp_path) == SECRET_SERVICE


def test_the_configuration_is_where_the_keyring_library_looks_for_it(tmp_path: Path) -> None:
    where = "import json; from keyring.util import platform_; print(json.dumps(str(platform_.config_root())))"

    usual = run(where, tmp_path)
    moved = run(where, tmp_path, XDG_CONFIG_HOME=str(tmp_path / "moved"))

    configure(tmp_path, f"[backend]\ndefault-keyring={KWALLET.class_name}\n")
    (tmp_path / ".config").rename(tmp_path / "moved")
    assert usual == str(tmp_path / ".config" / "python_keyring")
    assert moved == str(tmp_path / "moved" / "python_keyring")
    assert chosen(tmp_path) == SECRET_SERVICE
    assert chosen(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "moved")) == KWALLET


def test_a_keyring_that_is_refused_can_still_be_described(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": NEVER[0]}

    assert OSKeyring(environ=environ, interactive=False).description == "the OS keyring"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system's own keyring answers")
@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "no OS keyring found (no D-Bus session)"),
        ({"PYTHON_KEYRING_BACKEND": "plain_back_end.PlaintextKeyring"}, "keeps secrets in plain text"),
    ],
    ids=["that is installed", "that is named"],
)
def test_a_plain_text_keyring_which_other_programs_use_is_not_even_imported(
    tmp_path: Path, plug_ins: Path, environ: dict[str, str], said: str
) -> None:
    refused = run(TRY_THE_KEYRING, tmp_path, PYTHONPATH=str(plug_ins), **environ)

    assert isinstance(refused, list)
    assert refused[0] == "KeyringUnavailableError"
    assert said in refused[1]
    assert sorted(file.name for file in plug_ins.iterdir()) == ["plain-1.0.dist-info", "plain_back_end.py"]
    assert run(ASK_THE_LIBRARY, tmp_path, PYTHONPATH=str(plug_ins), **environ) == "PlaintextKeyring"
