"""An edit changes the lines of one section that are its own, and no other byte."""

from collections.abc import Callable

import pytest

from mfa_session.aws_files.editor import with_values, without_profile
from mfa_session.aws_files.parser import Kind
from mfa_session.errors import SharedFileError

SESSION: dict[str, str | None] = {
    "aws_access_key_id": "ASIANEW",
    "aws_secret_access_key": "new/secret+=",
    "aws_session_token": "newtoken==",
}
WRITTEN = b"aws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+=\naws_session_token = newtoken==\n"
OLD = b"aws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_session_token = oldtoken\n"
REGION: dict[str, str | None] = {"region": "eu-west-1"}


def session_in(data: bytes, profile: str = "dev") -> bytes:
    return with_values(data, "credentials", profile, SESSION)


def region_in(data: bytes, profile: str = "dev") -> bytes:
    return with_values(data, "config", profile, REGION)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"", b"[dev]\n" + WRITTEN, id="an empty file"),
        pytest.param(b"[a]\nk = v\n", b"[a]\nk = v\n\n[dev]\n" + WRITTEN, id="one blank line before it"),
        pytest.param(b"[a]\nk = v\n\n", b"[a]\nk = v\n\n[dev]\n" + WRITTEN, id="a blank line is there"),
        pytest.param(b"[a]\nk = v\n \t\n", b"[a]\nk = v\n \t\n[dev]\n" + WRITTEN, id="a line of blanks is blank"),
        pytest.param(b"[a]\nk = v", b"[a]\nk = v\n\n[dev]\n" + WRITTEN, id="no end of the last line"),
        pytest.param(b"# all of it\n", b"# all of it\n\n[dev]\n" + WRITTEN, id="comments alone"),
        pytest.param(b"#[dev]\n#k = v\n", b"#[dev]\n#k = v\n\n[dev]\n" + WRITTEN, id="commented out is not there"),
        pytest.param(b"[a]\n  [b]\n", b"[a]\n  [b]\n\n[dev]\n" + WRITTEN, id="an indented header before it"),
    ],
)
def test_a_section_that_is_missing_goes_to_the_end(before: bytes, after: bytes) -> None:
    assert session_in(before) == after


@pytest.mark.parametrize("last", [b"k = v\n", b"k = v\nl = w"])
@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_a_new_section_has_the_ends_of_line_of_the_file(end: bytes, last: bytes) -> None:
    before = (b"[a]\n" + last).replace(b"\n", end)

    assert session_in(before) == (b"[a]\n" + last.rstrip() + b"\n\n[dev]\n" + WRITTEN).replace(b"\n", end)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_bare_cr_at_the_end_of_a_file_of_other_lines_does_not_run_into_the_new_section(end: bytes) -> None:
    edited = session_in(b"[a]\nk = v\n".replace(b"\n", end) + b"l = w\r")

    assert edited == b"[a]\nk = v\n".replace(b"\n", end) + b"l = w\r\n" + (b"\n[dev]\n" + WRITTEN).replace(b"\n", end)


@pytest.mark.parametrize(
    ("profile", "header"),
    [("default", b"[default]"), ("dev", b"[profile dev]"), ("検証 環境", "[profile '検証 環境']".encode())],
)
def test_a_new_section_of_the_config_file_has_the_header_that_botocore_reads(profile: str, header: bytes) -> None:
    assert region_in(b"", profile) == header + b"\nregion = eu-west-1\n"


def test_nothing_is_added_for_a_profile_of_which_something_is_to_go() -> None:
    data = b"[a]\nk = v"

    assert with_values(data, "credentials", "dev", dict.fromkeys(SESSION)) == data


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"[dev]\n" + OLD, b"[dev]\n" + WRITTEN, id="in place"),
        pytest.param(b"[dev]\n", b"[dev]\n" + WRITTEN, id="a bare header"),
        pytest.param(b"[a]\n[dev]", b"[a]\n[dev]\n" + WRITTEN[:-1], id="a bare header without end"),
        pytest.param(
            b"[dev]\nk = v\n  w\n\n# c\n[b]\n",
            b"[dev]\n" + WRITTEN + b"k = v\n  w\n\n# c\n[b]\n",
            id="before what is not ours",
        ),
        pytest.param(
            b"[dev]\n# mine\naws_secret_access_key=x\n; c\n\nk = v\naws_session_token : y\n\n# b's\n[b]\n",
            b"[dev]\n# mine\naws_secret_access_key = new/secret+=\n; c\n\nk = v\naws_session_token = newtoken==\n"
            b"aws_access_key_id = ASIANEW\n\n# b's\n[b]\n",
            id="each key on its line, the new one after our last",
        ),
    ],
)
def test_our_keys_are_set_where_they_stand(before: bytes, after: bytes) -> None:
    assert session_in(before) == after


@pytest.mark.parametrize(
    "old",
    [
        pytest.param(b"AWS_ACCESS_KEY_ID = x\n", id="in capitals"),
        pytest.param(b"aws_access_key_id:x\n", id="after a colon"),
        pytest.param(b"aws_access_key_id = one\n  two=\n\tthree/==\n", id="wrapped over lines"),
        pytest.param(b"aws_access_key_id =\n  one=\n", id="on the next line"),
        pytest.param(b"aws_access_key_id =\n", id="empty"),
    ],
)
def test_the_old_value_goes_whole_however_it_was_written(old: bytes) -> None:
    assert session_in(b"[dev]\n" + old + b"k = v\n") == b"[dev]\n" + WRITTEN + b"k = v\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b"[dev]\n  k = v\n[b]\n", b"[dev]\n  region = eu-west-1\n  k = v\n[b]\n", id="that of the other keys"
        ),
        pytest.param(b"[dev]\n\tregion = r\n[b]\n", b"[dev]\n\tregion = eu-west-1\n[b]\n", id="its own"),
        pytest.param(
            b"[dev]\n  [b]\n  k = v\n", b"[dev]\n  region = eu-west-1\n  [b]\n  k = v\n", id="that of the header below"
        ),
        pytest.param(b"  [dev]\n  k = v\n", b"  [dev]\n  region = eu-west-1\n  k = v\n", id="that of an indented file"),
        pytest.param(
            "[dev]\n\u3000k = v\n".encode(), "[dev]\n\u3000region = eu-west-1\n\u3000k = v\n".encode(), id="U+3000"
        ),
    ],
)
def test_a_line_of_ours_has_the_indentation_that_keeps_the_others_apart(before: bytes, after: bytes) -> None:
    assert with_values(before, "credentials", "dev", REGION) == after


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_ends_of_line_stay_and_a_missing_last_one_stays_missing(end: bytes) -> None:
    before = b"[a]\nk = v\n\n[profile dev]\n# c\nregion = r\ns3 =\n  x = 1".replace(b"\n", end)

    assert region_in(before) == before.replace(b"region = r", b"region = eu-west-1")


def test_a_line_of_ours_in_a_mixed_file_keeps_its_own_end() -> None:
    before = b"[a]\nk = v\r\n[profile dev]\r\nregion = r\r\noutput = json\n# c\r[b]\n"

    assert region_in(before) == before.replace(b"region = r", b"region = eu-west-1")


FOREIGN = [
    b"note = # no comment ; in here\n",
    b"note = '''never closed\n",
    b"note = $HOME %(x)s ${y} a,b, 'c'\n",
    b"note = C:\\dir\\\n",
    b"s3 =\n    max_concurrent_requests = 20\n\n    # why\n    addressing_style = path\n",
    b"Key:value\nkey2   =   v   \n",
    "note = a\u2028b\x0bc\x85\x0cd é 🚀\n".encode(),
    b"; c\n#\n\n\n   # c\n",
]


@pytest.mark.parametrize("foreign", FOREIGN)
def test_foreign_lines_stay_in_the_section_itself_before_it_and_after_it(foreign: bytes) -> None:
    before = b"# c\n[a]\n" + foreign + b"[profile dev]\nregion = r\n" + foreign + b"[z]\n" + foreign

    assert region_in(before) == before.replace(b"\nregion = r\n", b"\nregion = eu-west-1\n")


@pytest.mark.parametrize("header", [b"[#]", b"[a=b]", b"[a] # c", b"[ a ]", b"[profile 'a b']", b'[profile "]'])
def test_headers_of_others_stay_however_odd(header: bytes) -> None:
    before = header + b"\nk = v\n[profile dev]\nregion = r\n" + header.replace(b"]", b"2]") + b"\nk =\n"

    assert region_in(before) == before.replace(b"\nregion = r\n", b"\nregion = eu-west-1\n")


def test_a_header_with_text_after_it_stays_above_the_profile() -> None:
    before = b"[a]x\nk = v\n[profile dev]\nregion = r\n"

    assert region_in(before) == before.replace(b"\nregion = r\n", b"\nregion = eu-west-1\n")


def test_none_deletes_the_line_with_what_continues_it_and_leaves_comments() -> None:
    before = b"[a]\nk = v\n[profile dev]\n# above\nregion = r\n  more\n  # inside\n\noutput = json\n"

    edited = with_values(before, "config", "dev", {"region": None})

    assert edited == b"[a]\nk = v\n[profile dev]\n# above\n  # inside\n\noutput = json\n"


def test_the_header_stays_when_the_last_key_goes() -> None:
    assert with_values(b"[profile dev]\nregion = r\n", "config", "dev", {"region": None}) == b"[profile dev]\n"


def test_a_second_edit_with_the_same_values_changes_nothing() -> None:
    once = session_in(b"[a]\nk = v\n\n[dev]\nAWS_SESSION_TOKEN=x\n")

    assert session_in(once) == once


def test_a_new_key_takes_the_second_token_and_the_account_of_the_old_one_away() -> None:
    before = b"[dev]\n" + OLD + b"aws_security_token = stale\naws_account_id = 111122223333\nregion = r\n"

    assert session_in(before) == b"[dev]\n" + WRITTEN + b"region = r\n"


def test_the_account_of_the_same_key_stays() -> None:
    before = b"[dev]\naws_access_key_id = ASIANEW\naws_account_id = 111122223333\n"

    assert b"aws_account_id = 111122223333\n" in session_in(before)


def test_a_setting_takes_nothing_of_the_keys_away() -> None:
    before = b"[dev]\n" + OLD + b"aws_security_token = t\n"

    assert with_values(before, "credentials", "dev", REGION).endswith(OLD + b"aws_security_token = t\n")


@pytest.mark.parametrize("key", [b"aws_security_token", b"AWS_Account_Id"])
def test_a_key_that_would_have_to_go_and_is_inherited_is_refused(key: bytes) -> None:
    with pytest.raises(SharedFileError, match=r"^line 3: \[DEFAULT\] holds aws_"):
        session_in(b"[DEFAULT]\nregion = r\n" + key + b" = x\n[dev]\n")


def test_inherited_keys_that_are_set_anew_do_no_harm() -> None:
    before = b"[DEFAULT]\naws_session_token = x\n[dev]\n[DEFAULT]\noutput = json\n"

    assert session_in(before) == before.replace(b"[dev]\n", b"[dev]\n" + WRITTEN)


@pytest.mark.parametrize(
    "line", [b"  [prod]\n", b"  region = r\n", b"\taws_access_key_id = AKIA\n", b"  # c\n\n  output: json\n"]
)
def test_a_line_that_was_indented_by_mistake_is_somebodys_data_and_is_refused(line: bytes) -> None:
    with pytest.raises(SharedFileError, match=r"is indented, so AWS tools read it as a part of"):
        session_in(b"[dev]\naws_secret_access_key = x\n" + line + b"[b]\n")


@pytest.mark.parametrize(
    "value", ["", " x", "x ", "a\nb", "a\rb", "a\tb", "a\0b", "a\x7fb", "a\x85b", "a\u2028b", "a\u2029b", "\u3000x"]
)
def test_a_value_that_could_end_its_line_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SharedFileError, match="the value for aws_session_token") as refusal:
        with_values(b"", "credentials", "dev", {"aws_session_token": value})

    assert not value.strip() or value not in str(refusal.value)


@pytest.mark.parametrize(
    "value", ["#x", "a # b", "[x]", "'a'", '"a b" c', "'a' \"b\"", "= x", "%(x)s", "a, b", "${x}", "é"]
)
def test_a_value_is_read_back_as_it_was_given(value: str) -> None:
    edited = with_values(b"[a]\nk = v\n", "config", "dev", {"credential_process": value})

    assert edited.endswith(f"\ncredential_process = {value}\n".encode())


def test_a_value_that_configobj_would_have_to_quote_is_refused() -> None:
    with pytest.raises(SharedFileError, match="read differently"):
        with_values(b"", "config", "dev", {"credential_process": "'a' \"b\" #"})


@pytest.mark.parametrize("key", ["", "Region", "a b", "a=b", "[x]", "a\nb"])
def test_a_key_that_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(SharedFileError, match="no key can be called"):
        with_values(b"", "config", "dev", {key: "v"})


@pytest.mark.parametrize("kind", ["credentials", "config"])
def test_default_in_capitals_is_no_profile(kind: Kind) -> None:
    with pytest.raises(SharedFileError, match="DEFAULT"):
        with_values(b"[DEFAULT]\n", kind, "DEFAULT", REGION)


def test_a_block_of_somebodys_may_hold_the_same_key_as_ours() -> None:
    block = b"[dev]\ns3 =\n  region = x\n"

    assert with_values(block + b"region = y\n", "credentials", "dev", {"region": None}) == block


def test_a_section_is_not_changed_that_ends_at_an_indented_header_to_other_sdks() -> None:
    with pytest.raises(SharedFileError, match=r"line 3.* is indented"):
        with_values(b"[dev]\nnote = a\n    [prod]\n", "credentials", "dev", {"region": "r"})


@pytest.mark.parametrize("broken", [b"[dev]\n[dev]\n", b"[a]\nk\n", b"\xff\xfe", b"[a]\nk=1\nk=2\n"])
def test_a_file_that_aws_tools_cannot_read_is_neither_written_nor_taken_from(broken: bytes) -> None:
    with pytest.raises(SharedFileError, match="cannot read"):
        session_in(broken)
    with pytest.raises(SharedFileError, match="cannot read"):
        without_profile(broken, "credentials", "other")


@pytest.mark.parametrize("value", ["eu-west-1", "a = b"])
def test_a_line_keeps_the_indentation_and_the_end_that_it_has(value: str) -> None:
    before = b"[profile dev]\n  note = v\nregion = r\r\noutput = j\n"

    edited = with_values(before, "config", "dev", {"region": value})

    assert edited == before.replace(b"region = r", f"region = {value}".encode())


INDENTED = (
    "line 3 is indented, so AWS tools read it as a part of note",
    "take the blanks away from the beginning of that line, or remove it",
)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        pytest.param(
            lambda: session_in(b"", profile="DEFAULT"),
            ("[DEFAULT] is no profile: every profile inherits from it", "choose another name, or default"),
            id="a profile that is none",
        ),
        pytest.param(
            lambda: with_values(b"", "config", "dev", {"a b": "v"}),
            ("no key can be called a b", "use a-z, 0-9 and _"),
            id="a key that is none",
        ),
        pytest.param(
            lambda: with_values(b"", "config", "dev", {"region": ""}),
            (
                "the value for region is empty, or has blanks at its ends or control characters in it",
                "look at where it comes from",
            ),
            id="a value that is none",
        ),
        pytest.param(
            lambda: session_in(b"[DEFAULT]\naws_security_token = x\n"),
            ("line 2: [DEFAULT] holds aws_security_token, and every profile inherits it", "remove it there"),
            id="an inherited key",
        ),
        pytest.param(
            lambda: with_values(b"[dev]\nnote = v\n  key = v\n", "credentials", "dev", {"note": "w"}),
            INDENTED,
            id="a line of somebody's in the value that is set",
        ),
        pytest.param(
            lambda: with_values(b"[dev]\nnote = v\n  key = v\nkey = w\n", "credentials", "dev", {"key": None}),
            INDENTED,
            id="a line like ours in the value of another key",
        ),
        pytest.param(
            lambda: without_profile(b"[dev]\nnote = v\n  key = v\n", "credentials", "dev"),
            INDENTED,
            id="a line of somebody's in the profile that is removed",
        ),
    ],
)
def test_a_refusal_says_what_it_is_about_and_what_to_do(edit: Callable[[], bytes], said: tuple[str, str]) -> None:
    with pytest.raises(SharedFileError) as refusal:
        edit()

    assert (str(refusal.value), refusal.value.hint) == said
