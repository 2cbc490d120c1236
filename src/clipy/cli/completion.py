"""Shell completion: click's own scripts, printed for the shell that is to load them."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from clipy.cli.settings import without_settings
from clipy.errors import ConfigError

PROTOCOL = "_CLIPY_COMPLETE"  # the variable by which a shell's script asks clipy what may follow
SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS), help="The shell that is to load the script.")
@without_settings
def completion(shell: str) -> None:
    r"""Print the script with which a shell completes commands, options and their values.

    \b
    bash: eval "$(clipy completion bash)"        in ~/.bashrc
    zsh:  eval "$(clipy completion zsh)"         in ~/.zshrc, after compinit
    fish: clipy completion fish | source         in ~/.config/fish/config.fish
    """
    root = click.get_current_context().find_root()
    made = get_completion_class(shell)
    if made is None:
        raise ConfigError(f"click has no completion for {shell}", do="Install a newer click: pip install -U click")
    click.echo(made(root.command, {}, "clipy", PROTOCOL).source())
