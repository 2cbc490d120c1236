"""What Instagram says when it says no, in plain words (Instagram Platform: error codes)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Denied, Interrupted, Reply
from clipy.stages.upload.publishing.secrets import redact

_EXPIRED = 190  # the token
_RATE = {4, 17, 32, 613}
_LOGIN = {10, 200, 803}
_DAILY, _SPAM = 2207042, 2207051
_GONE = {2207006, 2207008}
_BUSY = {2207001, 2207003, 2207020, 2207027, 2207032, 2207053, 2207082}  # busy, not ready yet, or make a new container
_REFUSED = {
    2207004: ("the file is too large", "Make a smaller one"),
    2207005: ("it does not take the file's format", "Make an MP4 with H.264 and AAC"),
    2207009: ("it does not take the shape of the picture", "Make it 9:16"),
    2207010: ("the caption is too long", "Change the template: --set upload.instagram.caption=…"),
    2207026: ("it does not take the video's format", "Make an MP4 with H.264 and AAC"),
    2207050: ("the account is restricted", "Look at the account in the app"),
    2207057: ("the cover lies outside the clip", "Set upload.instagram.cover_at"),
    2207081: ("this account has no trial reels", "Post an ordinary one"),
}


def failure(reply: Reply) -> UploadError | Interrupted | Denied:
    """The exception that fits an answer that is no success."""
    error = reply.json.get("error")
    error = error if isinstance(error, dict) else {}
    code, detail = int(error.get("code", 0)), int(error.get("error_subcode", 0))
    said = redact(str(error.get("error_user_msg") or error.get("message") or reply.text or reply.status))
    if detail == _DAILY:
        return UploadLater("Instagram: this account has posted as much as it may in 24 hours", do="Run again tomorrow")
    if detail == _SPAM:
        return UploadLater("Instagram thinks that this is spam", do="Wait a day, and post less often")
    if code == _EXPIRED:
        return Denied(f"Instagram does not take the login ({said})")
    if code in _RATE or detail in _BUSY or error.get("is_transient"):
        return Interrupted(f"Instagram is busy ({said})", rate=code in _RATE)
    if code in _LOGIN:
        return LoginNeeded(f"Instagram: the login does not allow this ({said})", do="Run: clipy login instagram")
    what, do = _REFUSED.get(detail, (said, "See the message"))
    return UploadRefused(f"Instagram: {what}" + (f" ({said})" if what != said else ""), do=do)


def is_gone(reply: Reply) -> bool:
    """Whether the answer says that there is no such container."""
    error = reply.json.get("error")
    return isinstance(error, dict) and int(error.get("error_subcode", 0)) in _GONE
