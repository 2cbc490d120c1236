"""Which videos a run is about: files, folders, patterns and manifests, each with the folder of its clips."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clipy.batch import manifest
from clipy.errors import InputError
from clipy.text.slugs import slug

SUFFIXES = frozenset(".mp4 .m4v .mov .mkv .webm .avi .ts .mts .m2ts .mpg .mpeg .wmv .flv .3gp .ogv .mxf .vob".split())
"""How the names of videos end, in folders; a file that is named may be called anything."""


@dataclass(frozen=True)
class Source:
    """A video, the folder of its clips below the output folder, and its own settings as ``--set`` takes them.

    An empty ``place`` is the output folder itself.
    """

    video: Path
    place: str
    sets: tuple[str, ...] = ()


def find(arguments: Sequence[Path], output: Path, *, alone: bool = True) -> list[Source]:
    """The videos that are meant, in order, each once. Raises InputError where an argument means none.

    One file by itself has its clips in the output folder; each of several has a folder of its own there, named like it,
    inside folders named like those that it was found in. What lies in the output folder is no source. ``alone`` is
    False where there were others, which could not be fetched.
    """
    if alone and len(arguments) == 1 and not _means_many(arguments[0]):
        return [Source(arguments[0], "")]
    found = [source for argument in arguments for source in _meant(argument, output)]
    once = {source.video.absolute(): source for source in reversed(found)}
    return _apart([source for source in found if once.get(source.video.absolute()) is source])


def is_batch(arguments: Sequence[Path]) -> bool:
    """Whether several videos may be meant."""
    return len(arguments) != 1 or _means_many(arguments[0])


def in_folder(folder: Path, output: Path) -> list[Source]:
    """The videos in a folder and in the folders inside it, by name; hidden ones are left out."""
    outside = output.absolute()
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or path.suffix.lower() not in SUFFIXES:
            continue
        if path.is_file() and outside not in path.absolute().parents:
            found.append(Source(path, "/".join([*map(slug, parts[:-1]), slug(path.stem)])))
    return found


def shard(sources: Sequence[Source], index: int, count: int) -> list[Source]:
    """The part ``index`` (from 1) of ``count``: every count-th of the videos sorted by path, in their given order.

    The parts are the same on every machine that finds the same videos; together they are all of them.
    """
    ranked = sorted(sources, key=lambda source: (source.video.as_posix(), source.place))
    mine = {id(source) for source in ranked[index - 1 :: count]}
    return [source for source in sources if id(source) in mine]


def _means_many(argument: Path) -> bool:
    return argument.is_dir() or _is_pattern(argument) or argument.suffix.lower() in manifest.SUFFIXES


def _is_pattern(argument: Path) -> bool:
    return glob.has_magic(str(argument)) and not argument.exists()


def _meant(argument: Path, output: Path) -> Iterator[Source]:
    if argument.suffix.lower() in manifest.SUFFIXES:
        for entry in manifest.read(argument):
            yield Source(entry.video, slug(entry.name or entry.video.stem), entry.sets)
    elif argument.is_dir():
        yield from _some(in_folder(argument, output), argument, "there is no video in this folder")
    elif _is_pattern(argument):
        paths = [Path(path) for path in sorted(glob.glob(str(argument), recursive=True))]  # noqa: PTH207 - any root
        files = (Source(path, slug(path.stem)) for path in paths if path.is_file())
        yield from _some(files, argument, "no file has a name of this pattern")
    else:
        yield Source(argument, slug(argument.stem))


def _some(found: Iterable[Source], argument: Path, otherwise: str) -> list[Source]:
    sources = list(found)
    if not sources:
        raise InputError(otherwise, where=argument, do=f"Videos end in {', '.join(sorted(SUFFIXES))}")
    return sources


def _apart(sources: Sequence[Source]) -> list[Source]:
    """The sources, numbered where two would have the same place."""
    taken: set[str] = set()
    apart = []
    for source in sources:
        place, number = source.place, 1
        while place in taken:
            number += 1
            place = f"{source.place}-{number}"
        taken.add(place)
        apart.append(replace(source, place=place))
    return apart
