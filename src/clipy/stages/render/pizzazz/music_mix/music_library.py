"""The music library: files in the user's folder, or in a package that ships free music."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

from clipy.analysis.audio.songs import Song, SongFeatures, song_features
from clipy.context import Context
from clipy.errors import ConfigError, MediaError
from clipy.storage.store import file_digest, key_of

log = logging.getLogger(__name__)

_PACKAGE, _MODULE = "immich-memories-music", "immich_memories_music"  # MIT: generated, nothing sampled
_AUDIO_SUFFIXES = {".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}


def music_folder(folder: Path | None) -> Path:
    """The folder with the music. Raises ConfigError where there is none."""
    if folder is not None:
        if not folder.expanduser().is_dir():
            raise ConfigError("music folder not found", where=folder, do="Correct pizzazz.music.folder")
        return folder.expanduser()
    if find_spec(_MODULE) is None:
        raise ConfigError(
            "the pizzazz 'music' has no music: no folder is set and no music package is installed",
            do='Set pizzazz.music.folder to a folder of your own tracks, or: pip install "clipy[music]"',
        )
    return Path(import_module(_MODULE).tracks_dir())


def package_license(folder: Path) -> tuple[str, str]:
    """The license and name of the package that ships the music; empty for the user's own folder."""
    if find_spec(_MODULE) is None or not folder.is_relative_to(Path(import_module(_MODULE).tracks_dir())):
        return "", ""
    return str(metadata(_PACKAGE)["License-Expression"] or ""), _PACKAGE


def songs_in(folder: Path) -> list[Song]:
    """All audio files below a folder, by name, without duplicates. Raises ConfigError where there are none."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _AUDIO_SUFFIXES and path.is_file())
    if not files:
        raise ConfigError(
            f"no music ({', '.join(sorted(_AUDIO_SUFFIXES))}) in the folder", where=folder, do="Add some tracks"
        )
    songs: dict[str, Song] = {}
    for path in files:
        song = song_of(path)
        songs.setdefault(song.fingerprint, song)
    return list(songs.values())


def song_of(path: Path) -> Song:
    """One audio file. Raises ConfigError where it cannot be read."""
    try:
        status = path.stat()
    except OSError as error:
        raise ConfigError(f"cannot read the music ({error.strerror})", where=path, do="Check the name") from error
    return Song(_digest(path, (status.st_mtime_ns, status.st_size)), path)


@lru_cache(maxsize=4096)
def _digest(path: Path, _state: tuple[int, int]) -> str:
    """The sha256 of a file, computed once as long as its modification time and size do not change."""
    return file_digest(path)


def analyze_songs(songs: list[Song], ctx: Context) -> Iterator[tuple[Song, SongFeatures]]:
    """The features of each song; unusable ones are skipped with a warning."""
    for number, song in enumerate(songs):
        ctx.report("analyzing the music", number / len(songs))
        try:
            yield song, song_features(song, ctx)
        except MediaError as error:
            log.warning("Skipping music: %s", error)


def clip_choice(count: int, *clip: object) -> int:
    """A choice among equally good songs: varies between clips, the same for the same clip."""
    return int(key_of(*clip)[:8], 16) % count
