"""The AWS files as they are read: any bytes are profiles or a refusal, and a quick answer is that of the program."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st

from mfa_session.aws_files.files import read_profiles
from mfa_session.aws_files.parser import Kind, read_sections, split_lines
from mfa_session.aws_files.profile_names import find_profile, profile_of
from mfa_session.aws_files.session_profiles import session_in
from mfa_session.cached_answer import cached_session, document
from mfa_session.model.profile import read_profile, source_profile_name
from tests.campaigns.fuzz.fuzzing import fuzzed
from tests.campaigns.fuzz.readers import BotocoreReader
from tests.campaigns.fuzz.texts import any_bytes, any_text, like, made_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

names = st.sampled_from(["test-user", "test-user-mfa", "admin", "admin-mfa", "default", "a"])
settings_of_a_profile = st.dictionaries(
    st.sampled_from([
        "region", "output", "mfa_serial", "role_arn", "source_profile", "credential_source", "duration_seconds",
        "external_id", "role_session_name", "mfa_session_profile", "mfa_session_duration", "mfa_session_store",
        "mfa_session_source", "mfa_session_key_created", "aws_access_key_id",
    ]),
    st.one_of(
        names,
        names,
        like("arn:aws:iam::123456789012:role/admin", "arn:aws:iam::123456789012:mfa/alice", "12h", "keyring"),
    ),
    max_size=5,
)  # fmt: skip
sections = st.dictionaries(st.one_of(names, names, any_text), settings_of_a_profile, max_size=5)


def chain(length: int) -> dict[str, dict[str, str]]:
    """Return that many roles, each of which is taken with the session of the next, and a user."""
    role = "arn:aws:iam::123456789012:role/admin"
    roles = {str(number): {"role_arn": role, "source_profile": str(number + 1)} for number in range(length)}
    return {**roles, str(length): {"region": "eu-west-1"}}


chains = st.sampled_from([chain(2), chain(50), chain(51), chain(400)])


@fuzzed(
    "profiles",
    quick=300,
    full=20_000,
    name=st.one_of(names, names, any_text, st.just("0")),
    config=st.one_of(sections, sections, sections, chains),
    credentials=sections,
)
def test_a_profile_is_read_or_refused(
    name: str, config: dict[str, dict[str, str]], credentials: dict[str, dict[str, str]]
) -> None:
    profile = read_profile(name, config=config, credentials=credentials)

    assert profile.session_profile != profile.name
    assert profile.name == source_profile_name(name, config=config, credentials=credentials)
    assert profile.user.role is None


PIECES = ["[a]", "[profile a]", "[DEFAULT]", "\n", "\r", "\n", "k", "=", ":", "v", " ", "#", ";", "[", "]", "'"]
contents = st.one_of(any_bytes, made_of(PIECES, at_most=40).map(lambda text: text.encode("utf-8", "surrogatepass")))


@fuzzed("sections", quick=300, full=30_000, content=contents, kind=st.sampled_from(["credentials", "config"]))
def test_a_file_reads_as_to_botocore_or_is_refused(botocore: BotocoreReader, content: bytes, kind: Kind) -> None:
    assert b"".join(split_lines(content)) == content

    found = read_sections(content)

    read = botocore.sections(content)
    assert read is not None
    assert [name for name, _ in read] == [section.name for section in found.sections if section.name != "DEFAULT"]
    assert all(isinstance(profile_of(section.name, kind), str | None) for section in found.sections)
    for name in ("a", "default"):
        at = find_profile(found, name, kind)
        assert at is None or profile_of(found.sections[at].name, kind) == name


RIGHT = {
    "aws_access_key_id": "ASIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "secret",
    "aws_session_token": "token==",
    "x_security_token_expires": "2026-11-24T01:29:50Z",
    "mfa_session_source": "test-user",
}
ODD_PIECES = [*RIGHT, " = ", "=", ":", "token", "\r", "  ", "[a]", "\r[a]", "aws_security_token", "region", "# c"]
lines_of_a_session = st.lists(
    st.one_of(
        st.sampled_from([f"{key} = {value}" for key, value in RIGHT.items()]),
        made_of(ODD_PIECES, at_most=5),
        st.sampled_from(["# c", "", "[a]", "[DEFAULT]", "  more", "region: eu=west", "AWS_SECURITY_TOKEN=x"]),
    ),
    max_size=4,
)  # fmt: skip


@st.composite
def files_with_a_session(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Return a credentials file with a session, which most often is whole, and a config file."""
    lines = ["[test-user-mfa]", *(f"{key} = {value}" for key, value in RIGHT.items())]
    for line in draw(lines_of_a_session):
        lines.insert(draw(st.integers(0, len(lines))), line)
    config = ["[profile test-user]", "region = eu-west-1", *draw(lines_of_a_session)]
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return tuple(end.join([*part, ""]).encode("utf-8", "replace") for part in (lines, config))  # type: ignore[return-value]  # two


class AWSFolder:
    """The two files, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.credentials, self.config = folder / "credentials", folder / "config"

    @property
    def environ(self) -> dict[str, str]:
        return {"AWS_SHARED_CREDENTIALS_FILE": str(self.credentials), "AWS_CONFIG_FILE": str(self.config)}


@pytest.fixture(scope="module")
def aws() -> Iterator[AWSFolder]:
    with tempfile.TemporaryDirectory() as folder:
        yield AWSFolder(Path(folder))


@fuzzed("cached answers", quick=300, full=20_000, files=files_with_a_session())
def test_a_cached_answer_is_the_one_that_the_program_would_give(aws: AWSFolder, files: tuple[bytes, bytes]) -> None:
    for path, content in zip((aws.credentials, aws.config), files, strict=True):
        path.write_bytes(content)
    answer = cached_session("test-user", aws.environ, now=NOW.timestamp())
    if answer is None:
        return

    # What AWS tools cannot read at all, the program refuses.
    credentials, config = read_profiles(aws.credentials, "credentials"), read_profiles(aws.config, "config")
    profile = read_profile("test-user", config=config, credentials=credentials)
    session = session_in(credentials[profile.session_profile], profile)
    assert session is not None
    assert answer["session_profile"] == profile.session_profile
    assert answer["expiration"] == str(session.expiration.timestamp())
    assert answer.get("region") == profile.region
    printed = document(answer)
    assert printed is None or printed.decode() == session.document() + "\n"
