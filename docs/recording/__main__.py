"""Make the recording anew: ``python -m docs.recording``."""

from pathlib import Path

from docs.recording.picture import picture
from docs.recording.session import as_text, record

IMAGES = Path(__file__).parent.parent / "images"

if __name__ == "__main__":
    steps = record()
    (IMAGES / "login.svg").write_text(picture(steps), encoding="utf-8")
    (IMAGES / "login.txt").write_text(as_text(steps), encoding="utf-8")
