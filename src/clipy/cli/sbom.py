"""A bill of materials: every package and every model that clipy uses on this machine, as CycloneDX 1.6 JSON.

Packages are those that are installed of clipy's own requirements and of theirs, extras included where they are there;
what else the environment holds is not clipy's. The specification: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from uuid import uuid4

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from clipy import models
from clipy.models.model import Model
from clipy.types import Json

_ROOT = "clipy"
_TOOLS = ("dev", "bench")  # extras of those who work on clipy
_SPDX = ("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause")  # identifiers that are used for models
_ADDRESS = re.compile(r"https://[^\s,;)]+")
_LONGEST = 100  # characters of a licence's name; some packages put its whole text there
_HASHES = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512", "sha1": "SHA-1", "md5": "MD5"}


def bill() -> Json:
    """The document."""
    packages = _installed()
    root = packages.pop(_ROOT)
    known = [_model(model) for model in models.known()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {**_package(root), "type": "application"},
        },
        "components": [*(_package(packages[name]) for name in sorted(packages)), *known],
        "dependencies": [
            {"ref": _reference(item), "dependsOn": sorted({_reference(packages[name]) for name in needs})}
            for item, needs in ((item, _needed(item) & set(packages)) for item in (root, *packages.values()))
        ],
    }


def _installed() -> dict[str, Distribution]:
    """Clipy and all that it needs, as far as that is installed, by canonical name."""
    found: dict[str, Distribution] = {}
    waiting = [_ROOT]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # of an extra that was not asked for
        waiting += _needed(found[name])
    return found


def _needed(item: Distribution) -> set[str]:
    """Whatever a package may need on this machine, by canonical name: only clipy's own extras count."""
    own = canonicalize_name(item.name) == _ROOT
    extras = [*(item.metadata.get_all("Provides-Extra") or ()), ""] if own else [""]
    wanted = (Requirement(text) for text in item.requires or ())
    names: set[str] = {
        canonicalize_name(one.name)
        for one in wanted
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in extras if extra not in _TOOLS)
    }
    return names - {_ROOT}


def _reference(item: Distribution) -> str:
    """The package's URL by the purl specification, which is also its name within the document."""
    return f"pkg:pypi/{canonicalize_name(item.name)}@{item.version}"


def _package(item: Distribution) -> Json:
    entry: dict[str, Json] = {
        "type": "library",
        "bom-ref": _reference(item),
        "name": item.name,
        "version": item.version,
        "purl": _reference(item),
    }
    licences = list(_licences(item))
    if licences:
        entry["licenses"] = licences
    hashes = list(_hashes(item))
    if hashes:
        entry["hashes"] = hashes
    return entry


def _licences(item: Distribution) -> Iterator[Json]:
    """The licence as the package states it: an SPDX expression (PEP 639), else its name or its classifiers."""
    expression = next(iter(item.metadata.get_all("License-Expression") or ()), "")
    if expression:
        yield {"expression": expression}
        return
    stated = next(iter(item.metadata.get_all("License") or ()), "").strip()
    marks = [text for text in item.metadata.get_all("Classifier") or () if text.startswith("License ::")]
    if marks:
        names = [text.rpartition(" :: ")[2] for text in marks]
    else:
        names = [stated.splitlines()[0][:_LONGEST]] if stated else []
    for name in dict.fromkeys(names):
        yield {"license": {"name": name}}


def _hashes(item: Distribution) -> Iterator[Json]:
    """Of the archive it was installed from, where the installer noted that (PEP 610)."""
    noted = item.read_text("direct_url.json")
    archive = json.loads(noted).get("archive_info", {}) if noted else {}
    for name, value in archive.get("hashes", {}).items():
        if name in _HASHES and re.fullmatch(r"[0-9a-f]+", value):
            yield {"alg": _HASHES[name], "content": value}


def _licence(name: str) -> Json:
    return {"license": {"id" if name in _SPDX else "name": name}}


def _model(model: Model) -> Json:
    """Weights, with the sha256 of each file: clipy uses them only when it is right."""
    parts = [
        {
            "type": "file",
            "bom-ref": f"model:{model.name}/{file.name}",
            "name": file.name,
            "hashes": [{"alg": "SHA-256", "content": file.sha256}],
            "licenses": [_licence(file.licence)],
        }
        for file in model.files
    ]
    entry: dict[str, Json] = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model.name}",
        "name": model.name,
        "description": model.purpose,
        "licenses": [_licence(name) for name in dict.fromkeys(file.licence for file in model.files)],
        "externalReferences": [
            {"type": "distribution", "url": url, "comment": text}
            for text in dict.fromkeys(file.source for file in model.files)
            for url in _ADDRESS.findall(text)
        ],
        "properties": [{"name": "clipy:here", "value": "yes" if models.find(model) else "not fetched"}],
    }
    if model.is_folder:
        return entry | {"components": parts}
    return entry | {"hashes": parts[0]["hashes"]}
