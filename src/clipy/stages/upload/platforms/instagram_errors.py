"""Instagram's errors as exceptions with plain messages (Instagram Platform: error codes)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Interrupted, Response, Unauthorized
from clipy.stages.upload.publishing.secrets import redact

_EXPIRED = 190  # the token
_RATE = {4, 17, 32, 613}
_LOGIN = {10, 200, 803}
_DAILY, _SPAM = 2207042, 2207051
_GONE = {2207006, 2207008}
_BUSY = {2207001, 2207003, 2207020, 2207027, 2207032, 2207053, 2207082}  # busy, not ready, or container unusable
_REFUSED = {
    2207004: ("the file is too large", "Make it smaller"),
    2207005: ("unsupported file format", "Make an MP4 with H.264 and AAC"),
    2207009: ("unsupported aspect ratio", "Make it 9:16"),
    2207010: ("the caption is too long", "Shorten the template: --set upload.instagram.caption=…"),
    2207026: ("unsupported video format", "Make an MP4 with H.264 and AAC"),
    2207050: ("the account is restricted", "Look at the account in the app"),
    2207057: ("the cover time lies outside the clip", "Set upload.instagram.cover_at"),
    2207081: ("this account does not support trial reels", "Post a regular reel"),
}


def upload_error(response: Response) -> UploadError | Interrupted | Unauthorized:
    """The exception for an error response."""
    error = response.json.get("error")
    error = error if isinstance(error, dict) else {}
    code, detail = int(error.get("code", 0)), int(error.get("error_subcode", 0))
    said = redact(str(error.get("error_user_msg") or error.get("message") or response.text or response.status))
    if detail == _DAILY:
        return UploadLater(
            "Instagram: this account has reached its limit of posts in 24 hours", do="Run again tomorrow"
        )
    if detail == _SPAM:
        return UploadLater("Instagram classified the post as spam", do="Wait a day and post less often")
    if code == _EXPIRED:
        return Unauthorized(f"Instagram rejects the login ({said})")
    if code in _RATE or detail in _BUSY or error.get("is_transient"):
        return Interrupted(f"Instagram is busy ({said})", rate_limited=code in _RATE)
    if code in _LOGIN:
        return LoginNeeded(f"Instagram: the login lacks a permission ({said})", do="Run: clipy login instagram")
    what, do = _REFUSED.get(detail, (said, "See the message"))
    return UploadRefused(f"Instagram: {what}" + (f" ({said})" if what != said else ""), do=do)


def container_is_gone(response: Response) -> bool:
    """Whether the response says that the container does not exist."""
    error = response.json.get("error")
    return isinstance(error, dict) and int(error.get("error_subcode", 0)) in _GONE
