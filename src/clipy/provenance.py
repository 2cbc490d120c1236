"""Whose code a class is: the package that it comes with, and a digest of its source while that is being written.

Code in ``site-packages`` changes only with its package, and whoever releases that bumps a backend's ``version``.
Anywhere else (an editable install, a folder on ``PYTHONPATH``, a script) it changes from run to run.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<base>[.\w]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n#]*)"
    r"|import[ \t]+(?P<plain>[^\n#]+))",
    re.MULTILINE,
)
_NAME = re.compile(r"[\w.]+")


def package_of(kind: type) -> str:
    """The package that a class comes with, and its version, for error messages: ``acme-clips 2.0``."""
    top = kind.__module__.partition(".")[0]
    name = next(iter(packages_distributions().get(top, ())), top.replace("_", "-"))
    try:
        return f"{name} {distribution(name).version}"
    except PackageNotFoundError:
        return f"the module {kind.__module__}"


@cache
def source_digest(module: str) -> str:
    """The sha256 of a module and of all that it imports of its own package, in files as they are now.

    Empty for installed code and for code that is in no file. Data files of a package do not count.
    """
    top = sys.modules.get(module.partition(".")[0])
    home = _file(module)
    if home is None or _INSTALLED & set(home.parts):
        return ""
    first = Path(top.__file__) if top is not None and top.__file__ else home
    root = first.parent if first.name == "__init__.py" else None
    files = {module: home} if root is None else _closure(module, module.partition(".")[0], root)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{_sha256(files[name])}\n".encode())
    return digest.hexdigest()


def _closure(module: str, top: str, root: Path) -> dict[str, Path]:
    """The files of a module and of all modules of its package that it imports, directly or not, by module name."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = _place(name, root)
        if name in found or file is None:
            continue
        found[name] = file
        package = name if file.name == "__init__.py" else name.rpartition(".")[0]
        for base, names in _imports(file, package):
            if base == top or base.startswith(f"{top}."):
                inside = [f"{base}.{one}" for one in names]
                modules = [one for one in inside if _place(one, root) is not None]
                waiting += modules if names and len(modules) == len(inside) else [base, *modules]
    return found


@cache
def _imports(file: Path, package: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What a file imports, wherever the statement stands: modules, and the names that are taken from each."""
    return tuple(_statements(file.read_text(encoding="utf-8", errors="replace"), package))


def _statements(text: str, package: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for statement in _IMPORT.finditer(text):
        if statement["plain"]:
            yield from ((part.split()[0], ()) for part in statement["plain"].split(",") if part.split())
        else:
            names = re.sub(r"#[^\n]*|\bas[ \t]+\w+", "", statement["names"])
            yield _absolute(statement["base"], package), tuple(_NAME.findall(names))


def _absolute(base: str, package: str) -> str:
    """``..media.read`` as seen from a package, in full."""
    dots = len(base) - len(base.lstrip("."))
    if not dots:
        return base
    above = package.split(".")[: len(package.split(".")) - dots + 1]
    return ".".join([*above, *filter(None, [base[dots:]])])


def _place(module: str, root: Path) -> Path | None:
    """The file of a module of the package whose folder is ``root``; None where there is none."""
    inside = root.joinpath(*module.split(".")[1:])
    for file in (inside / "__init__.py", inside.with_suffix(".py")):
        if file.is_file():
            return file
    return None


@cache
def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _file(module: str) -> Path | None:
    name = getattr(sys.modules.get(module), "__file__", None)
    file = Path(name) if name else None
    return file if file is not None and file.is_file() else None
