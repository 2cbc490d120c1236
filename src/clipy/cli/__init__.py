"""The command line: it parses, calls, prints, and turns an error into one line and an exit code. Nothing else prints.

Exit codes: 0 done; 1 an error; 2 wrong usage; 3 nothing to deliver. Imports wait until a command needs them, so that
``clipy --help`` and ``clipy backends`` answer at once.
"""

from __future__ import annotations

import click

from clipy.cli import about, agents, cache, completion, demo, export, feedback, login, running, stages
from clipy.cli.studio import studio


class _Commands(click.Group):
    """Lists commands in the order in which they are added: that of the pipeline."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clipy")
def main() -> None:
    """Turn long videos into finished short vertical clips.

    Start with: clipy run talk.mp4 -o clips/
    """


for _command in (
    *(
        running.run,
        running.watch,
        stages.highlight,
        stages.reframe,
        stages.render,
        stages.review,
        stages.upload,
        stages.transcribe,
    ),
    *(studio, agents.mcp, export.export),
    *(feedback.feedback, login.login, login.logout),
    *(about.backends, about.models, about.config, cache.cache, about.doctor, completion.completion, demo.demo),
):
    main.add_command(_command)
