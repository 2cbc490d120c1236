"""Keep secrets out of everything that people read: logs, errors, progress, the journal.

Two nets. Every secret that this process holds is known by value (``hide``) and is cut out wherever it appears. What
only looks like one (a bearer header, a token in a query string) is cut out by its shape.
"""

from __future__ import annotations

import logging
import re
import threading
from urllib.parse import quote

SHOWN = "[secret]"
_SHORTEST = 6  # shorter values are no secrets, and cutting them out would garble ordinary words

_names = (
    "access_token|refresh_token|id_token|upload_token|upload_id|client_secret|code_verifier|code|fb_exchange_token|"
    "appsecret_proof|api_key|key|password|secret|sig|signature|token|x-amz-signature|x-amz-credential|"
    "x-amz-security-token"
)
_PARAMETER = re.compile(rf"(?i)(?<![\w-])({_names})=[^&\s\"'<>]+")
_FIELD = re.compile(rf"(?i)([\"']({_names})[\"']\s*:\s*)[\"'][^\"']*[\"']")
_HEADER = re.compile(r"(?i)\b(bearer|oauth|basic)\s+[A-Za-z0-9._~+/|=-]{8,}")
# Keys that say what they are: of OpenAI and those like it, Hugging Face, GitHub, Google, Amazon.
_KEY = re.compile(r"\b(sk-|hf_|gh[opsu]_|ya29\.|AIza|AKIA)[A-Za-z0-9._-]{12,}")

_known: set[str] = set()
_guard = threading.Lock()


def hide(*secrets: str) -> None:
    """Remember secrets by value, so that ``redact`` finds them in any text."""
    with _guard:
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                _known.update({secret, quote(secret, safe="")})


def redact(text: str) -> str:
    """The text without anything that is, or looks like, a secret."""
    with _guard:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, SHOWN)
    text = _PARAMETER.sub(rf"\1={SHOWN}", text)
    text = _FIELD.sub(rf'\1"{SHOWN}"', text)
    return _KEY.sub(SHOWN, _HEADER.sub(rf"\1 {SHOWN}", text))


class Redacting(logging.Filter):
    """A filter for handlers: every record is shown without its secrets, arguments and traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


def guard_logs() -> None:
    """Put the filter on every handler that the process has now, and keep the HTTP library's addresses out of logs."""
    for name in ("httpx2", "httpcore2", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)  # their lines hold whole addresses and headers
    for handler in (*logging.getLogger().handlers, *logging.getLogger("clipy").handlers):
        if not any(isinstance(found, Redacting) for found in handler.filters):
            handler.addFilter(Redacting())
