"""Files of Windows: locked, replaced while others have them open, and never half written."""

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from mfa_session.aws_files.files import check_writable, read_profiles, write_profile
from mfa_session.errors import LockedError, SharedFileError
from mfa_session.filesystem.locks import locked
from mfa_session.filesystem.private_files import read_private, write_private

HOLD = """
import sys
from pathlib import Path
from mfa_session.filesystem.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_held_by_one_process_at_a_time_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"

    with pytest.raises(LockedError), locked(path, timeout=timedelta(seconds=0.1)):
        pass
    holder.kill()
    holder.communicate()

    with locked(path, timeout=timedelta(seconds=5)):
        pass


def test_threads_of_one_process_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with locked(path), pytest.raises(LockedError), locked(path, timeout=timedelta(seconds=0.05)):
        pass


def test_a_lock_that_was_given_back_is_free_at_once(tmp_path: Path) -> None:
    for _ in range(50):
        with locked(tmp_path / "lock", timeout=timedelta(0)):
            pass


def test_a_file_that_another_program_reads_for_seconds_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "old"})
    reader = path.open("rb")
    threading.Timer(2, reader.close).start()

    write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "new"})

    assert read_profiles(path, "credentials")["test-user-mfa"]["aws_access_key_id"] == "new"


def test_a_file_that_another_program_keeps_open_stays_as_it_was_and_the_reason_is_told(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "old"})
    before = path.read_bytes()

    with path.open("rb"), pytest.raises(SharedFileError, match="another program has it open") as refused:
        write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "new"})

    assert str(refused.value).endswith("nothing was changed")
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".tmp"] == []


def test_a_file_that_stays_open_is_found_out_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "old"})
    check_writable(path, "credentials", "test-user-mfa")

    with path.open("rb"), pytest.raises(SharedFileError, match="another program has it open"):
        check_writable(path, "credentials", "test-user-mfa")

    check_writable(path, "credentials", "test-user-mfa")


def test_a_file_that_is_open_for_seconds_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    write_profile(path, "credentials", "test-user-mfa", {"aws_access_key_id": "old"})
    reader = path.open("rb")
    threading.Timer(2, reader.close).start()

    check_writable(path, "credentials", "test-user-mfa")


def test_line_ends_and_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(b"# mine\r\n[other]\r\naws_access_key_id = x\r\n\r\n[a]\r\nregion = b\r\n")

    write_profile(path, "credentials", "a", {"region": "c"})

    assert path.read_bytes() == b"# mine\r\n[other]\r\naws_access_key_id = x\r\n\r\n[a]\r\nregion = c\r\n"


def test_a_private_file_keeps_every_byte(tmp_path: Path) -> None:
    content = b"a\r\nb\n\x1ac\x00"

    write_private(tmp_path / "folder" / "file", content)

    assert read_private(tmp_path / "folder" / "file") == content


def test_several_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    writers = [
        threading.Thread(target=write_profile, args=(path, "credentials", f"p{number}", {"region": "x"}))
        for number in range(6)
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(read_profiles(path, "credentials")) == [f"p{number}" for number in range(6)]


def test_a_read_only_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[a]\nregion = b\n")
    path.chmod(0o400)

    with pytest.raises(SharedFileError, match="read-only"):
        write_profile(path, "credentials", "a", {"region": "c"})

    path.chmod(0o600)  # or nobody could delete it
