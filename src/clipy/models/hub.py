"""Files of the Hugging Face Hub, at a pinned commit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from clipy.errors import ModelError
from clipy.models.model import HubFile


def cached_hub_file(file: HubFile) -> Path | None:
    """The file in the hub's own cache, where another program may have put it; no network."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    found = try_to_load_from_cache(file.repository, file.path, revision=file.revision)
    return Path(found) if isinstance(found, str) else None


def fetch_hub_file(file: HubFile, scratch: Path) -> Path:
    """Download a file into ``scratch``. ``HF_HUB_OFFLINE``, ``HF_ENDPOINT`` and ``HF_TOKEN`` mean what they always do.

    Raises ModelError with the hub's reason when it cannot be had.
    """
    name = f"{file.repository}@{file.revision[:8]}:{file.path}"
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise ModelError(f"{name} needs huggingface_hub", do="pip install huggingface_hub") from error
    # Which classes it raises depends on the HTTP client that it was built on, so all are caught and told.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        return Path(hf_hub_download(file.repository, file.path, revision=file.revision, local_dir=scratch))
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{name} could not be fetched ({reason})") from error


def fetch_hub_folder(repository: str, revision: str, patterns: Sequence[str]) -> Path:
    """The files of a repository that fit the patterns, in the hub's own cache, downloaded where they are not there yet.

    For what clipy has no checksums of: the user names the commit. ``CLIPY_OFFLINE`` forbids the network. Raises
    ModelError with the hub's reason when they cannot be had, such as consent or a token that is missing.
    """
    name = f"{repository}@{revision[:8]}"
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ModelError(f"{name} needs huggingface_hub", do="pip install huggingface_hub") from error
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    offline = os.environ.get("CLIPY_OFFLINE", "").lower() not in ("", "0", "false", "no")
    try:
        found = snapshot_download(
            repository, revision=revision, allow_patterns=list(patterns), local_files_only=offline
        )
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"{name} could not be fetched ({reason})",
            do="Accept its terms on its page, and put your token into HF_TOKEN; or name a folder with its files",
        ) from error
    return Path(found)
