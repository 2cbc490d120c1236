"""Keeps a download away from this machine and its network: checked addresses, a proxy that connects to no others."""
