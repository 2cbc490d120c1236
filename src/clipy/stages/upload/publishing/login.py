"""Get a permission from a person in a browser, and give it back."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

from clipy.errors import UploadError
from clipy.stages.upload.publishing import oauth
from clipy.stages.upload.publishing.http import Denied, Interrupted
from clipy.stages.upload.publishing.loopback import Loopback, pasted
from clipy.stages.upload.publishing.permissions import Permission


def log_in(permission: Permission, show: Callable[[str], None], paste: Callable[[], str] | None) -> None:
    """Ask for a permission and keep it in the vault.

    ``show`` tells the person the address. ``paste`` asks for the address that the browser ended at, on a machine
    whose browser is elsewhere; None waits for the browser of this machine. Raises LoginNeeded.
    """
    provider, http = permission.provider, permission.http
    client = provider.client(permission.environment)
    with Loopback(provider.redirect_path) as loopback:
        request = oauth.begin(provider, client, loopback.redirect)
        show(request.url)
        if paste is not None:
            code = pasted(paste(), request.state)
        else:
            webbrowser.open(request.url)
            code = loopback.code(request.state)
    try:
        permission.keep(oauth.redeem(provider, client, request, code, http))
    except (Interrupted, Denied) as error:
        raise UploadError(f"the login could not be finished: {error}", do="Log in again") from None
    finally:
        http.close()


def log_out(permission: Permission) -> bool:
    """Forget a permission, and tell the platform where it can be told. True when the platform took it back too."""
    found = permission.vault.read(permission.name)
    if found is None:
        return False
    provider = permission.provider
    try:
        return oauth.revoke(provider, provider.client(permission.environment), found, permission.http)
    except (Interrupted, Denied, UploadError):
        return False  # said by the caller; what matters is that this machine forgets it
    finally:
        permission.vault.forget(permission.name)
        permission.http.close()
