"""Write every graph, or those whose names are given."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.export_graphs.exporting import export
from tools.export_graphs.graphs import graphs

FOLDER = Path(__file__).resolve().parents[2] / "src" / "clipy" / "models" / "graphs"


def main(wanted: Sequence[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for graph, published in graphs():
        if not wanted or graph.name in wanted:
            packed = gzip.compress(export(graph, published), mtime=0)
            (FOLDER / f"{graph.name}.onnx.gz").write_bytes(packed)
            print(f"{graph.name}: {len(packed)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
