"""Write docs/man/clipy.1 from the commands themselves: python tools/make_man_page.py.

One page for all commands, as git's are many: whoever types ``man clipy`` finds everything by searching. The wheel puts
it where man looks (``share/man/man1`` of the environment).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import click

from clipy.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "man" / "clipy.1"
_FILES = (
    ("./clipy.toml", "Settings of the current folder; write one with: clipy config init."),
    ("clips.json", "In an output folder: what was picked and why, every word, every crop window, every finding."),
)
_ENVIRONMENT = (
    ("CLIPY_STAGE__OPTION", "An option of a stage, as CLIPY_RENDER__QUALITY=best."),
    ("CLIPY_STORE", "Folder for the results of steps, which later runs load."),
    ("CLIPY_CACHE", "Folder for model weights that were fetched."),
    ("CLIPY_MODELS", "Folder with model weights of your own."),
    ("CLIPY_OFFLINE", "Fetch nothing."),
)
_EXIT = (
    ("0", "Done."),
    ("1", "An error, with one line that says what, where, and what to do."),
    ("2", "Wrong usage: a misspelt flag, setting or backend."),
    ("3", "Nothing to deliver, with each candidate's reason."),
)


def page() -> str:
    """The whole page as roff."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    context = click.Context(main, info_name="clipy")
    yield '.\\" Written by tools/make_man_page.py'
    yield f'.TH CLIPY 1 "" "clipy {version("clipy")}" "User commands"'
    yield from (".SH NAME", "clipy \\- turn long videos into finished short vertical clips")
    yield from (".SH SYNOPSIS", ".B clipy", _escaped("COMMAND [OPTION]... [ARGUMENT]..."))
    yield from (".SH DESCRIPTION", *_prose(main.help or ""))
    yield ".SH COMMANDS"
    for name, command in main.commands.items():
        yield from _command(click.Context(command, info_name=name, parent=context), command)
    for heading, rows in (("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT), ("EXIT STATUS", _EXIT)):
        yield f".SH {heading}"
        for term, text in rows:
            yield from _row(term, text)


def _command(context: click.Context, command: click.Command) -> Iterator[str]:
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_escaped(f'{context.command_path} {pieces}')}"
    yield from _prose(command.help or "")
    for parameter in command.get_params(context):
        shown = parameter.get_help_record(context)
        if shown is not None and "--help" not in parameter.opts:
            yield from _row(*shown)
    for name, inner in command.commands.items() if isinstance(command, click.Group) else ():
        yield from _command(click.Context(inner, info_name=name, parent=context), inner)


def _row(term: str, text: str) -> Iterator[str]:
    yield from (".TP", f".B {_escaped(term)}", _escaped(text))


def _prose(text: str) -> Iterator[str]:
    for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):  # click's mark for lines that stay as they are
            yield from (".nf", *map(_escaped, paragraph.splitlines()[1:]), ".fi")
        else:
            yield from map(_escaped, paragraph.splitlines())


def _escaped(line: str) -> str:
    line = " ".join(line.split()) if not line.startswith(" ") else line
    safe = line.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + safe if safe.startswith((".", "'")) else safe


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE}")
