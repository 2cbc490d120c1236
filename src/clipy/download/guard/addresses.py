"""Which addresses may be fetched: http and https, to hosts whose every IP address is public.

A page, a redirect or a name server can point anywhere, also at a router or at the metadata service of a cloud
(server-side request forgery, CWE-918). What is checked, each time, is therefore the IP address that
is connected to: see ``proxy``.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

from clipy.errors import InputError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_CARRIERS_OF_IPV4 = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


class Refused(Exception):
    """An address that must not be connected to; the text says why."""


def is_address(text: str) -> bool:
    """Whether a text names something on the net and no file."""
    return _ADDRESS.match(text) is not None


def is_web_address(text: str) -> bool:
    """Whether an address is one of the web: the built-in downloaders know no others."""
    return text.lower().startswith(("http://", "https://"))


def checked(address: str) -> SplitResult:
    """An address in its parts. Raises InputError for one that is malformed, not http(s), or carries a password."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise InputError(f"not an address ({error})", where=address, do="Copy it again") from None
    if not is_web_address(address) or not parts.hostname or port == 0:
        raise InputError("no http or https address", where=address, do="Copy it again")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "the address holds a name or a password, which other programs could see",
            where=f"{parts.scheme}://…@{parts.hostname}",
            do="Leave it out; log in with a cookie file: --set download.yt-dlp.cookies=FILE",
        )
    if any(char.isspace() or ord(char) < 32 for char in address):
        raise InputError("the address holds spaces or control characters", where=repr(address), do="Copy it again")
    return parts


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host. Raises Refused where it has none, or one of them is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(f"{host} has no address ({error})") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    private = [address for address in addresses if not is_public(address)]
    if private or not addresses:
        raise Refused(f"{host} is at {', '.join(private) or 'no address'}, which is not on the public internet")
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, and not an IPv6 dress of an IPv4 address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif any(address in network for network in _CARRIERS_OF_IPV4):
            return False
    return address.is_global and not address.is_multicast
