"""Every failure clipy reports, as one tree:

    ClipyError                      shown to the user as one line; exit code 1
    ├── ConfigError                 the settings or this machine do not allow what was asked
    │   ├── SettingError            a setting is misspelt, or its value is not allowed; exit code 2
    │   │   └── BackendNotFound     no backend of that name; says which there are
    │   └── BackendUnavailable      the backend needs an extra that is not installed; says which
    ├── InputError                  the file given cannot be used as asked
    │   ├── MediaError              not a video, truncated, undecodable
    │   └── DocumentError           a highlights, crops or clips file that is not what it should be
    ├── BackendError                a backend of another package failed; names it and its package
    │   └── ContractError           a backend returned what its core class does not allow; says what was promised
    ├── ModelError                  weights missing, wrong, or not fetchable
    ├── StoreError                  the store cannot be read or written
    ├── RenderError                 a clip could not be encoded
    ├── WorkerLost                  what worked on a video died, each time it was started again
    ├── ServiceError                a service over the network refuses, or does not answer usefully
    ├── UploadError                 a clip could not be published; run again, and it goes on where it stopped
    │   ├── LoginNeeded             no account, or its permission has ended; says how to log in
    │   ├── UploadRefused           the platform (or its known limits) said no; nothing was posted
    │   ├── UploadLater             a quota is used up, or the time has not come; says when
    │   └── UploadUnknown           it may or may not be posted, and only a person can see which
    └── OutputError                 the output folder cannot be written, or holds something else already
    NothingToDeliver                zero clips passed; exit code 3, with each candidate's reason

A message says what happened, where, and what to do, in one line. A backend raises the class that fits;
only the command line catches.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class ClipyError(Exception):
    """Root of every failure that a user can act on. ``str(error)`` is one line: what, where, what to do."""

    exit_code = 1

    def __init__(self, what: str, *, where: object = None, do: str = "") -> None:
        self.what, self.where, self.do = what, where, do
        message = what if where is None else f"{what}: {where}"
        super().__init__(f"{message}. {do}" if do else message)


def did_you_mean(name: str, known: Iterable[str], show: Callable[[str], str] = repr) -> str:
    """The question for a misspelt name, written with ``show``; empty where no known name is like it."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {show(near[0])}?" if near else ""


class ConfigError(ClipyError):
    """What was asked cannot be done as configured: settings contradict each other, or something is not installed."""


class SettingError(ConfigError):
    """A setting does not exist or has a value that is not allowed: wrong usage, exit code 2."""

    exit_code = 2


class BackendNotFound(SettingError):
    """No installed backend answers to the name given."""


class BackendUnavailable(ConfigError):
    """The backend is known, but a package that it needs is not installed."""


class InputError(ClipyError):
    """A file or folder given by the user cannot be used as asked."""


class MediaError(InputError):
    """A media file cannot be opened or decoded, or lacks what was asked of it."""


class DocumentError(InputError):
    """A JSON document (highlights, crops, clips) does not have the documented shape."""


class BackendError(ClipyError):
    """A backend that is not clipy's own failed. The message names it and its package."""


class ContractError(BackendError):
    """A backend returned what its core class does not allow: clips outside the video, sound that is no number, ..."""


class ModelError(ClipyError):
    """Model weights are missing, do not have the pinned checksum, or cannot be fetched."""


class StoreError(ClipyError):
    """The store cannot be read or written."""


class RenderError(ClipyError):
    """A clip could not be encoded."""


class WorkerLost(ClipyError):
    """What worked on a video died as often as it may: a process, a machine, or its memory ran out."""


class ServiceError(ClipyError):
    """A service over the network refuses, or does not answer in a way that can be used."""


class UploadError(ClipyError):
    """A clip could not be published now. What was sent is kept: the same command goes on from there."""


class LoginNeeded(UploadError):
    """There is no permission to publish on this account, or it has ended."""


class UploadRefused(UploadError):
    """The platform, or a limit of it that is known, said no. Nothing was posted."""


class UploadLater(UploadError):
    """Not now: a quota is used up, or the scheduled time has not come. The message says when."""


class UploadUnknown(UploadError):
    """The post may or may not exist, and the platform does not tell. A person must look."""


class OutputError(ClipyError):
    """The output cannot be written, or something else is already there."""


class NothingToDeliver(ClipyError):
    """No candidate became a clip. ``reasons`` holds one line for each candidate."""

    exit_code = 3

    def __init__(self, what: str, reasons: tuple[str, ...] = (), *, where: object = None, do: str = "") -> None:
        super().__init__(what, where=where, do=do)
        self.reasons = reasons
