"""Which section is whose."""

from pathlib import Path

import pytest
from botocore.configloader import load_config

from mfa_session.aws_files.parser import Kind, read_sections
from mfa_session.aws_files.profile_names import find_profile, is_portable_profile_name, new_header, profile_of
from mfa_session.errors import SharedFileError


@pytest.mark.parametrize(
    "header",
    [
        "default",
        "Default",
        "profile default",
        "profile dev",
        "profile   dev",
        "profile\tdev",
        "profile dev ",
        ' profile "dev"',
        'profile "a b"',
        "profile 'a b'",
        "profile a\\ b",
        "profile a b",
        'profile "dev',
        "profile",
        "profile ''",
        "profiledev",
        "profiles dev",
        "profile dev] # [x",
        "profile 開発",
        "Profile dev",
        "dev",
        "sso-session dev",
        "services dev",
        "plugins",
    ],
)
def test_the_profile_of_a_section_of_the_config_file_is_the_one_botocore_takes(header: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(f"[{header}]\nregion = r\n", encoding="utf-8")
    botocores = list(load_config(str(path))["profiles"])

    ours = profile_of(header, "config")

    assert botocores == ([] if ours is None else [ours])


@pytest.mark.parametrize("name", ["default", "dev", "profile dev", "a b", "開発"])
def test_every_section_of_the_credentials_file_is_a_profile_of_its_name(name: str) -> None:
    assert profile_of(name, "credentials") == name


@pytest.mark.parametrize("kind", ["credentials", "config"])
@pytest.mark.parametrize(
    "name", ["default", "test-user-mfa", "a@b.c/d%e", "a b", "検証 環境", "it's", 'say "hi"', "back\\slash"]
)
def test_a_new_header_is_read_back_as_the_profile_it_was_made_for(kind: Kind, name: str) -> None:
    assert profile_of(new_header(name, kind), kind) == name


def test_a_new_header_of_an_ordinary_name_is_the_word_profile_one_blank_and_the_name() -> None:
    assert new_header("test-user-mfa", "config") == "profile test-user-mfa"
    assert new_header("開発", "config") == "profile 開発"


@pytest.mark.parametrize("kind", ["credentials", "config"])
@pytest.mark.parametrize(
    "name", ["", " a", "a ", "DEFAULT", "a\nb", "a]b", "[a", "a\u200bb", "a\u2028b", "a\x1bb", "\ufeffa"]
)
def test_no_section_is_made_for_a_name_that_tools_would_read_differently(kind: Kind, name: str) -> None:
    with pytest.raises(SharedFileError, match="no profile can be called"):
        new_header(name, kind)


def test_names_that_every_sdk_reads_alike_are_portable() -> None:
    assert all(map(is_portable_profile_name, ["dev", "test-user-mfa", "A.b_c@d%e/f-1"]))
    assert not any(map(is_portable_profile_name, ["", "a b", "a+b", "a:b", "開発", "a'b", "a\n"]))


@pytest.mark.parametrize(
    ("kind", "data", "lines"),
    [
        ("config", b'[profile dev]\n[a]\n[profile "dev"]\n', "lines 1 and 3"),
        ("config", b"[default]\n[profile default]\n", "lines 1 and 2"),
    ],
)
def test_two_headers_of_one_profile_are_refused_by_their_lines(kind: Kind, data: bytes, lines: str) -> None:
    profile = "dev" if b"dev" in data else "default"

    with pytest.raises(SharedFileError, match=f"^{lines}: "):
        find_profile(read_sections(data), profile, kind)


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        ("credentials", "dev "),
        ("credentials", '"dev"'),
        ("credentials", "'dev'"),
        ("credentials", "dev\u200b"),
        ("credentials", "\u00a0dev"),
        ("credentials", "dev] # [x"),
        ("config", "Profile dev"),
        ("config", "PROFILE dev"),
        ("config", "profile dev\u200b"),
        ("config", "profile\u00a0dev"),
    ],
)
def test_a_header_that_only_looks_like_the_profile_is_refused(kind: Kind, header: str) -> None:
    data = f"[other]\n[{header}]\n".encode()

    with pytest.raises(SharedFileError, match=r"^line 2: .* looks like profile dev") as refusal:
        find_profile(read_sections(data), "dev", kind)

    assert refusal.value.hint == ("write it as [profile dev]" if kind == "config" else "write it as [dev]")


def test_an_indented_header_is_refused_because_aws_tools_read_it_as_a_value() -> None:
    data = b"[other]\nk = v\n  [dev]\n  l = w\n"

    with pytest.raises(SharedFileError, match=r"^line 3: \[dev\] is indented"):
        find_profile(read_sections(data), "dev", "credentials")


def test_an_indented_header_under_a_header_is_a_header() -> None:
    data = b"[other]\n  [dev]\n  k = v\n"

    assert find_profile(read_sections(data), "dev", "credentials") == 1


@pytest.mark.parametrize("kind", ["credentials", "config"])
def test_look_alikes_of_other_profiles_do_not_matter(kind: Kind) -> None:
    data = b"[default]\n[dev2]\n[xdev]\n[profile devop]\n[staging ]\nk = v\n  [prod]\n"

    assert find_profile(read_sections(data), "dev", kind) is None


@pytest.mark.parametrize(("header", "text"), [("dev", "junk"), ("dev", "X"), ("dev", "k = v"), ("dev", "//")])
def test_text_after_the_profiles_own_header_is_refused(header: str, text: str) -> None:
    with pytest.raises(SharedFileError, match=r"^line 1: .* text after the ]"):
        find_profile(read_sections(f"[{header}] {text}\n".encode()), "dev", "credentials")


@pytest.mark.parametrize("text", ["", "  ", "# mine", "; mine"])
def test_a_comment_after_the_profiles_own_header_is_nothing(text: str) -> None:
    assert find_profile(read_sections(f"[dev] {text}\n".encode()), "dev", "credentials") == 0


def test_a_default_section_with_blanks_in_its_header_is_refused_in_the_config_file() -> None:
    with pytest.raises(SharedFileError, match="looks like profile default"):
        find_profile(read_sections(b"[ default ]\nregion = r\n"), "default", "config")


def test_a_section_of_another_kind_looks_like_no_profile_of_the_config_file() -> None:
    assert find_profile(read_sections(b"[12345678dev]\nregion = r\n"), "dev", "config") is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[other]\nk = v\n  [prod]\n[dev]\n", id="an indented header above its section"),
        pytest.param(b"[a]\n[dev]\n[b]\n[c] junk\n", id="text after the second header below"),
    ],
)
def test_what_is_odd_elsewhere_does_not_stand_in_the_way_of_a_profile(data: bytes) -> None:
    assert find_profile(read_sections(data), "dev", "credentials") == 1


@pytest.mark.parametrize(
    ("data", "problem", "hint"),
    [
        (
            b"[dev]\n[profile dev]\n[profile 'dev']\n",
            "lines 2 and 3: each begins profile dev, and AWS tools differ in which they take",
            "make them one section",
        ),
        (
            b"[Profile dev]\n",
            "line 1: [Profile dev] looks like profile dev, but AWS tools do not read it so",
            "write it as [profile dev]",
        ),
        (
            b"[profile dev]\nk = v\n  [b]\n",
            "line 3: [b] is indented, so AWS tools read it as a part of the value above it",
            "take the blanks away from the beginning of that line",
        ),
        (
            b"[profile dev] junk\n",
            "line 1: other AWS SDKs take no line with text after the ] for a header",
            "remove that text",
        ),
    ],
)
def test_a_refusal_says_what_tools_read_and_what_to_do(data: bytes, problem: str, hint: str) -> None:
    with pytest.raises(SharedFileError) as refusal:
        find_profile(read_sections(data), "dev", "config")

    assert (str(refusal.value), refusal.value.hint) == (problem, hint)


def test_a_name_that_cannot_be_is_refused_with_what_can() -> None:
    with pytest.raises(SharedFileError, match=r"^no profile can be called 'a\]'(?m:$)") as refusal:
        new_header("a]", "config")

    assert refusal.value.hint == (
        "use letters, digits and . _ - @ % / (and not DEFAULT, which every profile inherits from)"
    )


def test_a_header_may_have_brackets_of_its_own() -> None:
    assert find_profile(read_sections(b"[x[0]]\nregion = r\n"), "x[0]", "credentials") == 0
