"""Do two source trees make the same clips? ``python benchmark/equality.py [--before REVISION] [VIDEO ...] [--json]``.

Runs ``clipy run`` of a Git revision ("before": ``HEAD`` unless named) and of the working tree ("after") on the videos,
each time with an empty store, and compares picks (start, end, title, score; rejected candidates, too), crops, words,
and digests of every decoded frame of picture and sound. Without videos, five are composed (needs the extra ``bench``).
Exit code 0: all is equal; 1: the first difference of each part is printed; 2: no comparison was made.

    python benchmark/equality.py --before v1 --record v1.json VIDEO ...    # run one tree only, and keep the result
    python benchmark/equality.py --against v1.json                         # the working tree on the same inputs
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
sys.path[:0] = [str(HERE), str(REPOSITORY), str(REPOSITORY / "src")]

from comparing.checkouts import Checkout, commit, revision, working_tree  # noqa: E402
from comparing.outputs import PARTS, differences, fingerprint, outputs  # noqa: E402

_SCHEMA = "clipy.equality/1"
_WIDE = 300  # characters of a difference that are shown


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="clipy-equality-") as temporary:
        work = options.keep.resolve() if options.keep else Path(temporary)
        try:
            before = _before(options, work)
            if options.record:
                options.record.write_text(json.dumps(before, indent=1), "utf-8")
                return 0
            after = _after(options, before, work)
        except (RuntimeError, OSError, ValueError) as error:
            print(f"equality: {error}", file=sys.stderr)
            return 2
    found = compared(before, after)
    print(json.dumps(found)) if options.json else _show(found)
    return 0 if found["equal"] else 1


def delivered(checkout: Checkout, label: str, inputs: Sequence[Path], settings: Sequence[str], work: Path) -> Any:
    """What a tree makes of each input, by file name."""
    found = {}
    for video in inputs:
        began, folder = time.perf_counter(), work / video.name
        code = checkout.run(video, folder, settings)
        made = outputs(folder / "clips")
        found[video.name] = {"sha256": fingerprint(video), "exit_code": code, "outputs": made}
        clips, spent = len(made["crops"]), time.perf_counter() - began
        print(f"{label:10.10} {video.name:32} clips: {clips}   {spent:.0f} s", file=sys.stderr)
    return found


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """For each input and part, the number of differences and the first one."""
    rows: dict[str, Any] = {}
    for name, old in before["results"].items():
        new = after["results"][name]
        row: dict[str, Any] = {"clips": [len(result["outputs"]["crops"]) for result in (old, new)]}
        for part in PARTS:
            places = list(differences(old["outputs"][part], new["outputs"][part], part))
            row[part] = {"differences": len(places), "first": places[0] if places else None}
        row["equal"] = old["exit_code"] == new["exit_code"] and not any(row[part]["differences"] for part in PARTS)
        rows[name] = row
    names = {"before": before["revision"], "after": after["revision"], "settings": before["settings"]}
    return {**names, "equal": all(row["equal"] for row in rows.values()), "inputs": rows}


def _before(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The recorded result, or that of the revision."""
    if options.against:
        record: dict[str, Any] = json.loads(options.against.read_text("utf-8"))
        if record.get("schema") != _SCHEMA:
            raise ValueError(f"{options.against} is no record of this benchmark")
        return record
    return _measured(options.before, options.set, _inputs(options.videos, work), bool(options.videos), work / "before")


def _after(options: argparse.Namespace, before: Mapping[str, Any], work: Path) -> dict[str, Any]:
    """What the working tree, or the other revision, makes of the inputs that the first one had."""
    given = [Path(path) for path in before["given"]]
    inputs = _inputs(given, work)
    for video in inputs:
        if fingerprint(video) != before["results"][video.name]["sha256"]:
            raise ValueError(f"{video} is not the file that was recorded")
    return _measured(options.after, before["settings"], inputs, bool(given), work / "after")


def _measured(
    name: str | None, settings: Sequence[str], inputs: Sequence[Path], given: bool, work: Path
) -> dict[str, Any]:
    tree = work / "checkout"
    checkout = revision(REPOSITORY, name, tree) if name else working_tree(REPOSITORY, tree)
    label = commit(REPOSITORY, name) if name else "working tree"
    return {
        "schema": _SCHEMA,
        "revision": label,
        "settings": list(settings),
        "given": [str(video) for video in inputs] if given else [],
        "results": delivered(checkout, label, inputs, settings, work),
    }


def _inputs(given: Sequence[Path], work: Path) -> list[Path]:
    """The videos that were named, else composed ones."""
    if not given:
        from comparing.synthetic import videos

        folder = work / "inputs"
        return sorted(folder.iterdir()) if folder.is_dir() else videos(folder)
    found = [path.resolve(strict=True) for path in given]
    if len({path.name for path in found}) < len(found):
        raise ValueError("two of the videos have the same file name")
    return found


def _show(found: Mapping[str, Any]) -> None:
    print(f"{found['before'][:10]} -> {found['after'][:12]}   {' '.join(found['settings'])}")
    print(f"{'input':32} {'clips':>8}" + "".join(f"{part:>12}" for part in PARTS))
    for name, row in found["inputs"].items():
        counts = [row[part]["differences"] for part in PARTS]
        cells = "".join(f"{f'{count} differ' if count else 'equal':>12}" for count in counts)
        print(f"{name:32.32} {'{} -> {}'.format(*row['clips']):>8}{cells}")
        for part in PARTS:
            if row[part]["first"]:
                print(f"    {row[part]['first']:.{_WIDE}}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path, metavar="VIDEO", help="inputs; composed unless given")
    parser.add_argument("--before", default="HEAD", metavar="REVISION", help="the tree to compare with (HEAD)")
    parser.add_argument("--after", metavar="REVISION", help="the other tree; the working tree unless given")
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.OPTION=VALUE", help="option of both runs")
    parser.add_argument("--record", type=Path, metavar="FILE", help="only run the first tree, and keep its result")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with a recorded result")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="new folder in which the clips stay")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.against and (options.videos or options.set or options.record):
        parser.error("--against takes inputs and settings from the record")
    return options


if __name__ == "__main__":
    sys.exit(main())
