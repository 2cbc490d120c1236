"""What YouTube says when it says no, in plain words (YouTube Data API v3: docs/errors and videos/insert)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Denied, Interrupted, Reply
from clipy.stages.upload.publishing.secrets import redact

_BUSY = {"rateLimitExceeded", "userRateLimitExceeded", "uploadRateLimitExceeded", "backendError"}
_LATER = {
    "quotaExceeded": ("today's quota of your Google project is used up", "Run again after midnight Pacific time"),
    "dailyLimitExceeded": ("today's quota of your Google project is used up", "Run again after midnight Pacific time"),
    "uploadLimitExceeded": ("this channel may not upload more videos today", "Run again in 24 hours"),
}
_LOGIN = {
    "insufficientPermissions": ("the login does not allow this", "Log in again: clipy login youtube"),
    "youtubeSignupRequired": ("this Google account has no YouTube channel", "Make a channel, then log in again"),
    "forbidden": ("this account may not do that", "Check the channel's standing, then log in again"),
}
_REFUSED = {
    "invalidTitle": ("it does not take the title", "Change the template: --set upload.youtube.title=…"),
    "invalidDescription": ("it does not take the description", "Change it: --set upload.youtube.description=…"),
    "invalidTags": ("it does not take the tags", "Change them: --set upload.youtube.tags=…"),
    "invalidCategoryId": ("there is no such category", "Change it: --set upload.youtube.category=22"),
    "invalidPublishAt": ("it does not take the time of publication", "Choose a later --at"),
    "forbiddenPrivacySetting": ("this account may not use that privacy", "Choose another: upload.youtube.privacy"),
    "forbiddenLicenseSetting": ("this account may not use that licence", "Leave the licence alone"),
    "playlistNotFound": ("there is no such playlist", "Check upload.youtube.playlist"),
    "videoChartNotFound": ("it does not know the video", "Look at the channel"),
}
_REJECTED = {
    "claim": "somebody claims the rights to it",
    "copyright": "it infringes a copyright",
    "duplicate": "the same video is on the channel already",
    "inappropriate": "it breaks YouTube's rules",
    "length": "it is too long for this channel: verify the account by phone",
    "termsOfUse": "it breaks YouTube's terms",
    "trademark": "it infringes a trademark",
    "uploaderAccountClosed": "the account is closed",
    "uploaderAccountSuspended": "the account is suspended",
}
_FAILED = {
    "codec": "it cannot decode the video",
    "conversion": "it could not convert the video",
    "emptyFile": "the file arrived empty",
    "invalidFile": "it does not know the file's format",
    "tooSmall": "the file is too small",
    "uploadAborted": "the upload was broken off",
}


def failure(reply: Reply) -> UploadError | Interrupted | Denied:
    """The exception that fits an answer that is no success."""
    error = reply.json.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("errors") or [{}]
    reason = str(details[0].get("reason", "")) if isinstance(details[0], dict) else ""
    said = redact(str(error.get("message") or reply.text or reply.status))
    if reason in _BUSY:
        return Interrupted(f"YouTube is busy ({said})", rate=True)
    if reason == "authError":
        return Denied(f"YouTube does not take the login ({said})")
    if reason in _LATER:
        what, do = _LATER[reason]
        return UploadLater(f"YouTube: {what}", do=do)
    if reason in _LOGIN:
        what, do = _LOGIN[reason]
        return LoginNeeded(f"YouTube: {what} ({said})", do=do)
    what, do = _REFUSED.get(reason, (said, "See the message"))
    return UploadRefused(f"YouTube: {what}" + (f" ({said})" if what != said else ""), do=do)


def rejection(status: dict[str, object]) -> str:
    """Why a video that arrived will not be shown; empty when all is well. ``status`` is that of the video resource."""
    said = str(status.get("rejectionReason") or status.get("failureReason") or "")
    if status.get("uploadStatus") == "rejected":
        return _REJECTED.get(said, said or "it does not say why")
    if status.get("uploadStatus") in {"failed", "deleted"}:
        return _FAILED.get(said, said or str(status["uploadStatus"]))
    return ""
