"""`mfa-session keys`: the long-term access keys, one command for each thing that is done with them."""

import typer

from mfa_session.cli.commands import keys_add as _add
from mfa_session.cli.commands import keys_import as _import
from mfa_session.cli.commands import keys_list as _list
from mfa_session.cli.commands import keys_move as _move
from mfa_session.cli.commands import keys_remove as _remove
from mfa_session.cli.commands import keys_rotate as _rotate

EXAMPLE = "Example: mfa-session keys import --profile test-user"

keys = typer.Typer(
    help="Add, import, list, move, rotate and remove keys.",
    epilog=EXAMPLE,
    no_args_is_help=True,
    rich_markup_mode=None,
)
keys.command("add", epilog=_add.EXAMPLE)(_add.add)
keys.command("import", epilog=_import.EXAMPLE)(_import.import_)
keys.command("list", epilog=_list.EXAMPLE)(_list.list_)
keys.command("move", epilog=_move.EXAMPLE)(_move.move)
keys.command("rotate", epilog=_rotate.EXAMPLE)(_rotate.rotate)
keys.command("remove", epilog=_remove.EXAMPLE)(_remove.remove)
