"""Files of images, sound or text whose names tell the class: a folder a class, or pairs in WebDataset's manner."""

from __future__ import annotations

import importlib.util
import math
import posixpath
import wave
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median_low

from nas_client.errors import InvalidInput
from nas_client.looking.oddities import of_classes
from nas_client.looking.places import Place
from nas_client.looking.seen import Seen
from nas_core.api.task import AudioOptions
from nas_core.data_files import EXAMPLE_FILES, LABEL, PARTS

LABEL_BYTES, MOST_LABELS = 4096, 2000
MOST_MEASURED = 200
"""Images whose size, and sounds whose length, is looked at."""
LONGER = 1.2
"""Sounds that are so many times longer than what is used of them are told."""
LARGEST = 128
"""To how many pixels images of several sizes are scaled, at most."""


def look_at_folder(place: Place, kind: str) -> Seen:
    """Look at the files of images, audio or text (``kind``).

    Raises:
        InvalidInput: if they do not tell two classes.
    """
    media = place.ending(EXAMPLE_FILES[kind])
    pairs = place.ending((LABEL,))
    classes, parts = (_paired(place, media, pairs[:MOST_LABELS]), set()) if pairs else classes_of_folders(media)
    if len(classes) < 2:
        thing = "text" if kind == "text" else "file"
        there = f"all are in one folder, {next(iter(classes))!r}" if classes else "none is in a folder"
        raise InvalidInput(
            f"{place.where}: of the {kind} files {there}; put those of each class into a folder of its name, or give a "
            f"table that has the {thing} and the class of each example"
        )
    total = sum(classes.values())
    first = "" if place.complete else "the first "
    notes = [f"{first}{total:,} files ({kind}) of {len(classes)} classes", *of_classes(classes)]
    size, pixels = _size(place, media) if kind == "image" else (None, None)
    if size is not None:
        notes.append(f"the images have several sizes: they are scaled to {size}x{size} (dataset.image.size)")
    seconds = _seconds(place, media) if kind == "audio" else None
    used = float(AudioOptions().seconds)
    if seconds is not None and seconds > LONGER * used:
        notes.append(f"sounds last {seconds:.3g} s (median), of which {used:g} s is used; set dataset.audio.seconds")
    return Seen(
        f"{kind}-folder",
        f"{kind}-classification",
        total,
        place.complete,
        has_test="test" in parts,
        image_size=size,
        pixels=pixels,
        notes=tuple(notes),
    )


def classes_of_folders(names: Sequence[str]) -> tuple[Mapping[str, int], set[str]]:
    """Return how many files to train on or validate each class has, and the splits that folders name."""
    folders = [tuple(name.split("/")[:-1]) for name in names]
    shared = _shared({each for each in folders if each})
    inner = [each[shared:] for each in folders]
    parts = {PARTS[each[0].lower()] for each in inner if each and each[0].lower() in PARTS}
    counts: Counter[str] = Counter()
    for each in inner:
        part = PARTS.get(each[0].lower()) if each else None
        if "train" in parts and part is None:
            continue  # in no folder of a split
        rest = each[1:] if part else each
        if rest and part != "test":
            counts[rest[0]] += 1
    return counts, parts


def _shared(folders: Iterable[tuple[str, ...]]) -> int:
    """Return how many outer folders all share; one is left for the class."""
    several = list(folders)
    most = min((len(each) for each in several), default=1) - 1
    return next((level for level in range(most) if len({each[level] for each in several}) > 1), max(0, most))


def _paired(place: Place, media: Sequence[str], pairs: Sequence[str]) -> Mapping[str, int]:
    samples = {_sample(name) for name in media}
    counts: Counter[str] = Counter()
    for name in pairs:
        if _sample(name) in samples:
            with place.open(name) as file:
                counts[file.read(LABEL_BYTES).decode(errors="replace").strip()] += 1
    return counts


def _sample(name: str) -> str:
    folder, base = posixpath.split(name)
    return posixpath.join(folder, base.split(".")[0])


def _seconds(place: Place, media: Sequence[str]) -> float | None:
    """Return how long WAV files are, the median of those that were looked at; None if there is none."""
    found = []
    for name in [each for each in media if each.lower().endswith(".wav")][:MOST_MEASURED]:
        try:
            with place.open(name) as file, wave.open(file) as sound:
                found.append(sound.getnframes() / sound.getframerate())
        except (OSError, EOFError, ZeroDivisionError, wave.Error):
            continue  # of another coding, or damaged, which the trainer says
    return median_low(found) if found else None


def _size(place: Place, media: Sequence[str]) -> tuple[int | None, int | None]:
    """Return to what images are scaled (None: those that were looked at have one size), and their pixels, if known."""
    if importlib.util.find_spec("PIL") is None:
        return None, None
    from PIL import Image  # here: not every installation has it

    sizes = []
    step = max(1, len(media) // MOST_MEASURED)
    for name in media[::step][:MOST_MEASURED]:
        try:
            with place.open(name) as file, Image.open(file) as image:
                sizes.append(image.size)
        except (OSError, ValueError, Image.DecompressionBombError):
            continue  # the trainer says which cannot be read
    if len(set(sizes)) < 2:
        return None, math.prod(sizes[0]) if sizes else None
    size = max(8, min(LARGEST, median_low(map(min, sizes)) // 8 * 8))
    return size, size * size
