"""The voices of the sample video: eSpeak NG, from the package ``espeakng-loader``, called through ctypes."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.errors import BackendUnavailable, ConfigError

_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples come to the callback
_RATE_PARAMETER, _PITCH_PARAMETER = 1, 3
_UTF8, _END_PAUSE = 1, 0x1000
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(texts: list[tuple[str, str, int]], words_per_minute: int = 165) -> tuple[list[NDArray[np.float32]], int]:
    """Read texts aloud, each with a voice's name and its pitch (0 to 100); mono samples in -1..1, and their rate.

    Raises BackendUnavailable without the package, ConfigError where the engine does not start.
    """
    try:
        import espeakng_loader
    except ModuleNotFoundError as error:
        raise BackendUnavailable(
            "the sample video needs espeakng-loader, which speaks", do='Install it with: pip install "clipy[demo]"'
        ) from error
    library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise ConfigError(
            "eSpeak NG does not start", do='Install it again: pip install --force-reinstall "clipy[demo]"'
        )
    try:
        library.espeak_SetParameter(_RATE_PARAMETER, words_per_minute, 0)
        return [_spoken(library, *one) for one in texts], int(rate)
    finally:
        library.espeak_Terminate()


def _spoken(library: Any, text: str, voice: str, pitch: int) -> NDArray[np.float32]:
    blocks: list[NDArray[np.float32]] = []

    def collect(samples: Any, count: int, _events: Any) -> int:
        if count > 0:
            blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).astype(np.float32) / np.float32(32768))
        return 0

    callback, data = _Callback(collect), text.encode()
    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(_PITCH_PARAMETER, pitch, 0)
    library.espeak_SetSynthCallback(callback)
    library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
    library.espeak_Synchronize()
    return np.concatenate(blocks)
