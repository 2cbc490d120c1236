"""The music there is to choose from: files of the user's folder, or of a package that ships free music."""

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
_SOUNDS = {".aac", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}


def music_folder(folder: Path | None) -> Path:
    """Where the music lies. Raises ConfigError, with what to do, when there is none."""
    if folder is not None:
        if not folder.expanduser().is_dir():
            raise ConfigError("there is no such folder of music", where=folder, do="Correct pizzazz.music.folder")
        return folder.expanduser()
    if find_spec(_MODULE) is None:
        raise ConfigError(
            "the pizzazz 'music' has no music: no folder was given and no package with music is installed",
            do='Set its option folder to a folder of your own tracks, or: pip install "clipy[music]"',
        )
    return Path(import_module(_MODULE).tracks_dir())


def package_licence(folder: Path) -> tuple[str, str]:
    """The licence of the music that a package ships, and the package's name; empty for a folder of the user's."""
    if find_spec(_MODULE) is None or not folder.is_relative_to(Path(import_module(_MODULE).tracks_dir())):
        return "", ""
    return str(metadata(_PACKAGE)["License-Expression"] or ""), _PACKAGE


def songs_in(folder: Path) -> list[Song]:
    """Every sound file below a folder, in order of name, each only once. Raises ConfigError when there is none."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SOUNDS and path.is_file())
    if not files:
        raise ConfigError(
            f"there is no music ({', '.join(sorted(_SOUNDS))}) in the folder", where=folder, do="Put some there"
        )
    found: dict[str, Song] = {}
    for path in files:
        song = song_of(path)
        found.setdefault(song.fingerprint, song)
    return list(found.values())


def song_of(path: Path) -> Song:
    """One sound file. Raises ConfigError when it is not there."""
    try:
        about = path.stat()
    except OSError as error:
        raise ConfigError(f"cannot read the music ({error.strerror})", where=path, do="Check the name") from error
    return Song(_digest(path, (about.st_mtime_ns, about.st_size)), path)


@lru_cache(maxsize=4096)
def _digest(path: Path, _state: tuple[int, int]) -> str:
    """The sha256 of a file, computed once as long as its time and size do not change."""
    return file_digest(path)


def listened_all(songs: list[Song], ctx: Context) -> Iterator[tuple[Song, SongFeatures]]:
    """What each song is like; one that cannot be used is told and left out."""
    for number, song in enumerate(songs):
        ctx.report("listening to the music", number / len(songs))
        try:
            yield song, song_features(song, ctx)
        except MediaError as error:
            log.warning("this music is left out: %s", error)


def turn(songs: int, *clip: object) -> int:
    """Which of some equally good songs a clip gets: another for each clip, the same for the same clip."""
    return int(key_of(*clip)[:8], 16) % songs
