"""Logging in to a platform in the browser, and logging out."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable

from clipy.errors import UploadError
from clipy.stages.upload.publishing import oauth
from clipy.stages.upload.publishing.credentials import Credentials
from clipy.stages.upload.publishing.http import Interrupted, Unauthorized
from clipy.stages.upload.publishing.loopback import LoopbackServer, code_from_url


def log_in(credentials: Credentials, show_url: Callable[[str], None], paste_url: Callable[[], str] | None) -> None:
    """Ask the user for access and store the tokens in the vault. Raises LoginNeeded.

    ``show_url`` shows the login URL. ``paste_url`` asks for the URL that the browser ends at, for a browser on another
    machine; None opens this machine's browser and waits for it.
    """
    provider, http = credentials.provider, credentials.http
    client = provider.client(credentials.environment)
    with LoopbackServer(provider.redirect_path) as server:
        request = oauth.authorization_request(provider, client, server.redirect_uri)
        show_url(request.url)
        if paste_url is not None:
            code = code_from_url(paste_url(), request.state)
        else:
            webbrowser.open(request.url)
            code = server.wait_for_code(request.state)
    try:
        credentials.save(oauth.exchange_code(provider, client, request, code, http))
    except (Interrupted, Unauthorized) as error:
        raise UploadError(f"the login failed: {error}", do="Log in again") from None
    finally:
        http.close()


def log_out(credentials: Credentials) -> bool:
    """Delete the tokens, and revoke them where the platform supports it. True if it confirmed."""
    tokens = credentials.vault.read(credentials.vault_name)
    if tokens is None:
        return False
    provider = credentials.provider
    try:
        return oauth.revoke(provider, provider.client(credentials.environment), tokens, credentials.http)
    except (Interrupted, Unauthorized, UploadError):
        return False  # reported by the caller; what matters is that the tokens are gone from this machine
    finally:
        credentials.vault.delete(credentials.vault_name)
        credentials.http.close()
