"""The rules of the house that a machine can check, and the documents that show code."""

from __future__ import annotations

import ast
import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from clipy import Highlighter, probe, registry
from clipy.context import Context
from clipy.groups import GROUPS

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def block(document: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / document).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_ten_line_backend_of_the_architecture_page_works_as_written(talk: Path, ctx: Context) -> None:
    code = block("ARCHITECTURE.md", "python")
    space: dict[str, object] = {"__name__": "my_package"}
    exec(compile(code, "ARCHITECTURE.md", "exec"), space)
    kind = space["Opening"]
    assert isinstance(kind, type)
    assert issubclass(kind, Highlighter)
    (found,) = kind().highlight(probe(talk), ctx)
    assert 0 < found.span.duration <= 30
    body = code[code.index("class") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10


def test_only_the_command_line_prints() -> None:
    for path in SOURCES:
        if "cli" in path.parts:
            continue
        calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], path


def test_nothing_is_unpickled_or_evaluated() -> None:
    """A file that somebody else wrote must never become code."""
    modules = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.partition(".")[0] for alias in node.names}
                names |= {(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()
                found += [f"{path}:{node.lineno}"] if names & modules else []
            elif isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                unsafe = name in {"eval", "exec", "compile", "__import__", "yaml.load", "os.system"}
                unsafe |= name == "torch.load" and keywords.get("weights_only") != "True"
                unsafe |= keywords.get("allow_pickle", "False") != "False" or keywords.get("shell", "False") != "False"
                found += [f"{path}:{node.lineno}"] if unsafe else []
    assert found == []


def test_files_stay_readable() -> None:
    long = {str(path.relative_to(ROOT)) for path in SOURCES if len(path.read_text("utf-8").splitlines()) > 400}
    assert long == set()
    banned = {"utils", "helpers", "common", "manager"}
    assert not [path for path in SOURCES if path.stem in banned]


@pytest.mark.parametrize("group", GROUPS)
def test_files_of_a_stage_folder_are_its_backends(group: str) -> None:
    """Who opens a folder sees what can be picked; what backends are made of lies in sub-packages."""
    declared = {
        point.name.replace("-", "_"): point.module
        for point in entry_points(group=f"clipy.{group}")
        if point.dist is not None and point.dist.name == "clipy"
    }
    (folder,) = {module.rpartition(".")[0] for module in declared.values()}
    files = {path.stem for path in (ROOT / "src" / Path(*folder.split("."))).glob("*.py")}
    assert files - {"__init__", "base"} == set(declared)
    assert all(module == f"{folder}.{name}" for name, module in declared.items())


def test_every_backend_is_named_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [
        f"{group}.{listing.name}"
        for group in GROUPS
        for listing in registry.listings(group)
        if listing.package == "clipy" and f"`{listing.name}`" not in readme
    ]
    assert missing == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_is_described(group: str) -> None:
    for listing in registry.listings(group):
        if listing.missing:
            continue
        kind = registry.load(group, listing.name)
        assert (kind.__doc__ or "").strip(), listing.name
        for name, field in kind.Options.model_fields.items():
            assert field.description, f"{group}.{listing.name}.{name}"
