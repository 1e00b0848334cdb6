"""Where requests are sent to."""

from collections.abc import Iterator

import pytest

from tests.credential_server.open_endpoint import OpenDoor, open_door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDoor]:
    with open_door(tmp_path_factory.mktemp("aws")) as door:
        yield door
