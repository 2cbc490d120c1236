"""Keeps secrets out of everything that people read: logs, errors, progress, the journal.

Two layers: secrets that this process holds are registered by value (``register_secret``) and redacted wherever they
appear; anything that looks like a secret (a bearer header, a token in a query string) is redacted by pattern.
"""

from __future__ import annotations

import logging
import re
import threading
from urllib.parse import quote

REDACTED = "[secret]"
_MIN_LENGTH = 6  # shorter values are not secrets, and redacting them would garble ordinary words

_names = (
    "access_token|refresh_token|id_token|upload_token|upload_id|client_secret|code_verifier|code|fb_exchange_token|"
    "appsecret_proof|api_key|key|password|secret|sig|signature|token|x-amz-signature|x-amz-credential|"
    "x-amz-security-token"
)
_PARAMETER = re.compile(rf"(?i)(?<![\w-])({_names})=[^&\s\"'<>]+")
_FIELD = re.compile(rf"(?i)([\"']({_names})[\"']\s*:\s*)[\"'][^\"']*[\"']")
_HEADER = re.compile(r"(?i)\b(bearer|oauth|basic)\s+[A-Za-z0-9._~+/|=-]{8,}")
# API keys with recognizable prefixes: OpenAI and compatible, Hugging Face, GitHub, Google, Amazon.
_KEY = re.compile(r"\b(sk-|hf_|gh[opsu]_|ya29\.|AIza|AKIA)[A-Za-z0-9._-]{12,}")

_registered: set[str] = set()
_lock = threading.Lock()


def register_secret(*secrets: str) -> None:
    """Register secrets by value, so that ``redact`` finds them in any text."""
    with _lock:
        for secret in secrets:
            if len(secret) >= _MIN_LENGTH:
                _registered.update({secret, quote(secret, safe="")})


def redact(text: str) -> str:
    """The text without anything that is, or looks like, a secret."""
    with _lock:
        registered = sorted(_registered, key=len, reverse=True)
    for secret in registered:
        text = text.replace(secret, REDACTED)
    text = _PARAMETER.sub(rf"\1={REDACTED}", text)
    text = _FIELD.sub(rf'\1"{REDACTED}"', text)
    return _KEY.sub(REDACTED, _HEADER.sub(rf"\1 {REDACTED}", text))


class RedactingFilter(logging.Filter):
    """Redacts log records, including their arguments and tracebacks. A filter for handlers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


def redact_logs() -> None:
    """Add the filter to all current handlers, and silence libraries that log full URLs and headers."""
    for name in ("httpx2", "httpcore2", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in (*logging.getLogger().handlers, *logging.getLogger("clipy").handlers):
        if not any(isinstance(existing, RedactingFilter) for existing in handler.filters):
            handler.addFilter(RedactingFilter())
