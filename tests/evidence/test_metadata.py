"""Metadata of what the vault holds, read in a sandbox child."""

import io
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from support.camera_samples import jpeg, of_camera
from support.evidence import put

from tocsin.evidence.errors import NotInVaultError, NotRenderedError
from tocsin.evidence.folder import FolderVault
from tocsin.evidence.keys import Keys
from tocsin.evidence.metadata import Metadata, MetadataReader
from tocsin.provenance.fields import Space
from tocsin.provenance.fields.listing import MOST_CHARACTERS

pytestmark = pytest.mark.slow  # starts other processes


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> FolderVault:
    """A vault."""
    home = tmp_path_factory.mktemp("home")
    return FolderVault(home / "vault", Keys.open(home, create=True))


@pytest.fixture(scope="module")
def reader(vault: FolderVault) -> Iterator[MetadataReader]:
    """What reads it."""
    with MetadataReader(vault) as opened:
        yield opened


def photograph() -> bytes:
    """A picture as a camera writes it."""
    return jpeg(Image.fromarray(np.full((48, 64, 3), 90, np.uint8)), of_camera())


def test_a_photograph(vault: FolderVault, reader: MetadataReader) -> None:
    """Its EXIF comes as names and values, complete or with a word that it is not."""
    found = reader.metadata(put(vault, photograph()))
    make = next(one for one in found.fields if one.name == "IFD0:Make")
    assert (make.space, make.value, make.characters) == (Space.EXIF, "NIKON CORPORATION", 17)
    assert found.more == 0


def test_a_member_of_an_archive(vault: FolderVault, reader: MetadataReader) -> None:
    """By its number; one that is not there is refused, and the next one is read all the same."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("note.txt", "hello")
        archive.writestr("photo.jpg", photograph())
    digest = put(vault, packed.getvalue())
    found = reader.metadata(digest, member=2)
    assert any(one.name == "IFD0:Make" for one in found.fields)
    with pytest.raises(NotRenderedError):
        reader.metadata(digest, member=3)
    assert reader.metadata(digest, member=1) == Metadata((), 0, 0)


def test_a_long_text_is_cut_and_says_so(vault: FolderVault, reader: MetadataReader) -> None:
    """What was cut was not shown whole."""
    data = io.BytesIO()
    image = Image.fromarray(np.full((8, 8, 3), 90, np.uint8))
    image.save(data, "jpeg", comment=b"x" * (MOST_CHARACTERS + 5))
    found = reader.metadata(put(vault, data.getvalue()))
    (comment,) = [one for one in found.fields if one.name == "comment"]
    assert (len(comment.value), comment.characters) == (MOST_CHARACTERS, MOST_CHARACTERS + 5)
    assert not found.whole
    assert reader.metadata(put(vault, b"GIF89a and no more")).fields == ()


def test_what_is_not_there(reader: MetadataReader) -> None:
    """The vault says so."""
    with pytest.raises(NotInVaultError):
        reader.metadata(bytes(32))
