"""The recording in the README is what the programs show today."""

from docs.recording.picture import picture
from docs.recording.session import as_text, record
from tests.documents.pages import ROOT
from tests.secret_service import needs_secret_service


@needs_secret_service
def test_the_recording_is_made_of_the_present_program() -> None:
    images = ROOT / "docs" / "images"

    steps = record()

    again = "to make it anew: python -m docs.recording"
    assert (images / "login.txt").read_text(encoding="utf-8") == as_text(steps), again
    assert (images / "login.svg").read_text(encoding="utf-8") == picture(steps), again
