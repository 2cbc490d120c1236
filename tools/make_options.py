"""Write docs/options.md, every option of every backend, from the code: python tools/make_options.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

from clipy import config, device, registry
from clipy.cli.option_reference import Option, options_of
from clipy.groups import GROUPS

PAGE = Path(__file__).parents[1] / "docs" / "options.md"
_INTRO = """\
# Options

Every setting of clipy's own backends, with its default. This page is written by `tools/make_options.py` from the code;
on your machine, packages of others included, `clipy backends STAGE` says the same.

Set them on the command line (`--set render.quality=best`; `--set pizzazz.captions.preset=bold` where a stage takes
several backends), in the environment (`CLIPY_RENDER__QUALITY=best`) or in `clipy.toml`, in this order of precedence.
A backend is picked by `--set STAGE=NAME`.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_INTRO, *_top(), *(line for group in GROUPS for line in _group(group))]).rstrip() + "\n"


def _top() -> Iterator[str]:
    yield "## Everywhere\n"
    yield from _table([Option("device", '"auto"', "Device that networks run on.", device.NAMES, None, None)])
    yield "## `[store]`\n"
    yield from _table([Option(name, "", text, (), None, None) for name, text in config.STORE.items()])


def _group(name: str) -> Iterator[str]:
    group = GROUPS[name]
    yield f"## `[{name}]`\n\n{group.purpose}\n"
    for listing in registry.listings(name):
        if listing.package != "clipy":
            continue
        kind = resolve_name(listing.target)  # also where its extra is not installed: options need none of that
        default = " (default)" if listing.name in group.defaults else ""
        yield f"### `{name}.{listing.name}`{default}\n"
        yield _cell((kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")) + "\n"
        if listing.extras:
            yield f'Needs `pip install "clipy[{",".join(listing.extras)}]"`.\n'
        found = options_of(kind)
        yield from _table(found) if found else ["It has no options.\n"]


def _table(options: list[Option]) -> Iterator[str]:
    yield "| option | default | meaning |\n|---|---|---|"
    for option in options:
        text = option.explained + (f" ({option.range})" if option.range else "")
        default = f"`{_cell(option.default)}`" if option.default else "not set"
        yield f"| `{option.name}` | {default} | {_cell(text)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
