from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from nas_model.errors import DatasetInvalid
from nas_model.preprocessing.sounds import decode, from_array


@pytest.mark.parametrize("own", [8000, 16_000])
def test_a_file_is_brought_to_rate_and_length(own: int) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.full((own, 2), 0.25), own, format="WAV")
    file.seek(0)
    sound = decode("a.wav", file, rate=8000, length=10_000)
    assert sound.shape == (10_000,) and sound.dtype == np.float32
    assert sound[4000] == pytest.approx(0.25, abs=1e-3) and not sound[8100:].any()


def test_samples_in_arrays() -> None:
    made = from_array(np.array([[32767, -32767, 0]], np.int16), 0, 4, "here")
    assert made.tolist() == [[1, -1, 0, 0]]
    with pytest.raises(DatasetInvalid, match="here: row 8 is a sound with values beyond"):
        from_array(np.array([[0.0], [1.5]]), 7, 1, "here")
