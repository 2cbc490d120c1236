"""The bill of materials is what the CycloneDX schema asks for, and is complete."""

from __future__ import annotations

import json
from importlib.metadata import version

from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from clipy import models
from clipy.cli import main


def test_it_is_valid_and_names_every_package_and_model() -> None:
    text = CliRunner().invoke(main, ["doctor", "--sbom"]).stdout
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert problem is None, problem
    document = json.loads(text)
    components = {component["name"]: component for component in document["components"]}
    assert len(components) == len(document["components"])
    numpy = components["numpy"]
    assert (numpy["version"], numpy["purl"]) == (version("numpy"), f"pkg:pypi/numpy@{version('numpy')}")
    assert all(c["licenses"] for c in components.values()), [n for n, c in components.items() if not c.get("licenses")]
    assert "pytest" not in components  # a tool of those who work on clipy
    assert "pydantic-core" in {name.replace("_", "-") for name in components}  # a requirement of a requirement
    for model in models.known():
        found = components[model.name]
        parts = found.get("components", [found])
        assert {part["hashes"][0]["content"] for part in parts} == {file.sha256 for file in model.files}
        assert found["externalReferences"]
    references = {component["bom-ref"] for component in document["components"]}
    (ours,) = (entry for entry in document["dependencies"] if entry["ref"].startswith("pkg:pypi/clipy@"))
    assert f"pkg:pypi/numpy@{version('numpy')}" in ours["dependsOn"]
    assert {ref for entry in document["dependencies"] for ref in entry["dependsOn"]} <= references
