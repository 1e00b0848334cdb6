"""The screen of the dialogs' tests holds up no test, whatever becomes of the block that it answers."""

import time

import pytest

from tests.virtual_screen import virtual_screen


@pytest.mark.parametrize("outcome", [pytest.skip.Exception, ValueError])
def test_a_block_that_ends_without_a_dialog_leaves_no_thread_and_no_wait(outcome: type[BaseException]) -> None:
    with virtual_screen() as screen:
        begun = time.monotonic()

        with pytest.raises(outcome), screen.answered_by(lambda: pytest.fail("there is no dialog to answer")):
            raise outcome("zenity is not installed")

        assert time.monotonic() - begun < 10
