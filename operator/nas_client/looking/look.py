"""One look at data: which format they have, in the order in which the trainer tries them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from nas_client.errors import InvalidInput
from nas_client.looking import arrays
from nas_client.looking.folders import look_at_folder
from nas_client.looking.places import UNREADABLE, Place
from nas_client.looking.seen import Seen
from nas_client.looking.tables import Choose, look_at_table
from nas_core.data_files import EXAMPLE_FILES, FETCH_LFS, MEDIA_FILES, TABLES, is_lfs_pointer


def _has(endings: tuple[str, ...], place: Place) -> bool:
    return bool(place.ending(endings))


def _most_are(kind: str, place: Place) -> bool:
    # Where there are both, covers of records are beside the music, or a jingle beside the pictures.
    counts = {each: len(place.ending(endings)) for each, endings in MEDIA_FILES.items()}
    return counts[kind] > 0 and counts[kind] == max(counts.values())


FORMATS: Mapping[str, Callable[[Place], bool]] = {
    "npz": partial(_has, (arrays.NPZ,)),
    "idx": arrays.is_idx,
    **{kind: partial(_has, endings) for kind, endings in TABLES.items()},
    "image-folder": partial(_most_are, "image"),
    "audio-folder": partial(_has, MEDIA_FILES["audio"]),
    "text-folder": partial(_has, EXAMPLE_FILES["text"]),
}
"""By `task.dataset.format`: whether files are of it, as far as their names tell."""


def _is_pointer(place: Place, name: str) -> bool:
    try:
        with place.open(name) as file:
            return is_lfs_pointer(file)
    except UNREADABLE:
        return False  # who reads it says so


def look(place: Place, choose: Choose) -> Seen:
    """Look at a first part of data.

    Raises:
        InvalidInput: if they are of no format that can be learned from; the message says what to do.
    """
    readers: Mapping[str, Callable[[Place], Seen]] = {
        "npz": arrays.look_at_npz,
        "idx": arrays.look_at_idx,
        **{kind: partial(look_at_table, kind=kind, choose=choose) for kind in TABLES},
        **{f"{kind}-folder": partial(look_at_folder, kind=kind) for kind in EXAMPLE_FILES},
    }
    if _is_pointer(place, place.names[0]):
        raise InvalidInput(f"{place.where}: {place.names[0]} {FETCH_LFS}")
    for name, matches in FORMATS.items():
        if matches(place):
            return readers[name](place)
    raise InvalidInput(
        f"{place.where}: give a table (CSV, TSV, Parquet or JSON lines), an .npz file, or a folder or archive with a "
        f"folder of images, sounds or texts (.txt) for each class; there are {', '.join(place.names[:5])}"
    )
