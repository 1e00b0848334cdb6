"""Who reads the made-up files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.fuzz.readers import BotocoreReader, JavaScriptReader, javascript_reader


@pytest.fixture(scope="session")
def botocore(tmp_path_factory: pytest.TempPathFactory) -> BotocoreReader:
    """Return botocore."""
    return BotocoreReader(tmp_path_factory.mktemp("botocore") / "file")


@pytest.fixture(scope="module")
def sdk(javascript: Path) -> Iterator[JavaScriptReader]:
    """Return the SDK for JavaScript, in a process that lives as long as the tests of a module."""
    with javascript_reader(javascript) as reader:
        yield reader
