"""Synthesised speech with true word times, so that tests of words and captions need no recordings.

eSpeak NG speaks; the package ``espeakng-loader`` brings it along. It is called through ctypes because it reports when
each word begins and ends, which its command line does not. It remembers the voices it has spoken with, which can be
heard in the next one: a text sounds the same in every test only because each is read by an engine that was loaded anew.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

_RETRIEVAL = 1  # AUDIO_OUTPUT_RETRIEVAL: samples come to the callback
_UTF8 = 1
_END_PAUSE = 0x1000
_WITH_PHONEMES = 1
_WORD_EVENT, _PHONEME_EVENT = 1, 7
_PAUSE = b"_"  # begins the name of every pause


@dataclass(frozen=True)
class Speech:
    """Mono float32 ``samples`` at ``rate``, and when each word of the text begins and ends, in seconds."""

    samples: NDArray[np.float32]
    rate: int
    words: tuple[tuple[str, float], ...]
    ends: tuple[float, ...] = ()


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@contextmanager
def _engine() -> Iterator[tuple[Any, int]]:
    """The engine and its sample rate, without memory of what was spoken before."""
    library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), _WITH_PHONEMES)
    if rate <= 0:
        raise RuntimeError("eSpeak NG does not start")
    try:
        yield library, rate
    finally:
        library.espeak_Terminate()
        _unload(library)


def _unload(library: Any) -> None:
    """Give the library back to the system: only then are its own variables what they were."""
    import _ctypes

    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


def speak(text: str, voice: str = "en-us", words_per_minute: int = 150) -> Speech:
    """Read a text aloud."""
    blocks: list[NDArray[np.float32]] = []
    words: list[tuple[str, float]] = []
    ends: list[float] = []

    def collect(samples: Any, count: int, events: Any) -> int:
        if count > 0:
            blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).astype(np.float32) / np.float32(32768))
        index = 0
        while events[index].type != 0:
            event = events[index]
            if event.type == _WORD_EVENT:
                word = text[event.text_position - 1 : event.text_position - 1 + event.length]
                ends.extend([event.audio_position / 1000] * (len(words) - len(ends)))
                words.append((word, event.audio_position / 1000))
            elif event.type == _PHONEME_EVENT and event.id.startswith(_PAUSE):
                ends.extend([event.audio_position / 1000] * (len(words) - len(ends)))
            index += 1
        return 0

    callback = _Callback(collect)
    data = text.encode()
    with _engine() as (library, rate):
        library.espeak_SetVoiceByName(voice.encode())
        library.espeak_SetParameter(1, words_per_minute, 0)
        library.espeak_SetSynthCallback(callback)
        library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _END_PAUSE, None, None)
        library.espeak_Synchronize()
    sound = np.concatenate(blocks)
    ends += [len(sound) / rate] * (len(words) - len(ends))
    return Speech(sound, rate, tuple(words), tuple(ends))
