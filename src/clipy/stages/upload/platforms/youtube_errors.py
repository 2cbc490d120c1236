"""YouTube's errors as exceptions with plain messages (YouTube Data API v3: docs/errors and videos/insert)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Interrupted, Response, Unauthorized
from clipy.stages.upload.publishing.secrets import redact

_BUSY = {"rateLimitExceeded", "userRateLimitExceeded", "uploadRateLimitExceeded", "backendError"}
_LATER = {
    "quotaExceeded": ("today's quota of your Google project is used up", "Run again after midnight Pacific time"),
    "dailyLimitExceeded": ("today's quota of your Google project is used up", "Run again after midnight Pacific time"),
    "uploadLimitExceeded": ("this channel has reached its upload limit for today", "Run again in 24 hours"),
}
_LOGIN = {
    "insufficientPermissions": ("the login lacks a permission", "Log in again: clipy login youtube"),
    "youtubeSignupRequired": ("this Google account has no YouTube channel", "Create a channel, then log in again"),
    "forbidden": ("this account is not allowed to do that", "Check the channel's status, then log in again"),
}
_REFUSED = {
    "invalidTitle": ("invalid title", "Change the template: --set upload.youtube.title=…"),
    "invalidDescription": ("invalid description", "Change it: --set upload.youtube.description=…"),
    "invalidTags": ("invalid tags", "Change them: --set upload.youtube.tags=…"),
    "invalidCategoryId": ("unknown category", "Change it: --set upload.youtube.category=22"),
    "invalidPublishAt": ("invalid publication time", "Choose a later --at"),
    "forbiddenPrivacySetting": (
        "this account may not use this privacy status",
        "Choose another upload.youtube.privacy",
    ),
    "forbiddenLicenseSetting": ("this account may not use this license", "Leave the license unchanged"),
    "playlistNotFound": ("playlist not found", "Check upload.youtube.playlist"),
    "videoChartNotFound": ("video not found", "Check the channel"),
}
_REJECTED = {
    "claim": "a rights holder has claimed it",
    "copyright": "it infringes a copyright",
    "duplicate": "the same video is already on the channel",
    "inappropriate": "it violates YouTube's guidelines",
    "length": "it is too long for this channel; verify the account by phone",
    "termsOfUse": "it violates YouTube's terms",
    "trademark": "it infringes a trademark",
    "uploaderAccountClosed": "the account is closed",
    "uploaderAccountSuspended": "the account is suspended",
}
_FAILED = {
    "codec": "it cannot decode the video",
    "conversion": "it could not convert the video",
    "emptyFile": "the file arrived empty",
    "invalidFile": "unsupported file format",
    "tooSmall": "the file is too small",
    "uploadAborted": "the upload was aborted",
}


def upload_error(response: Response) -> UploadError | Interrupted | Unauthorized:
    """The exception for an error response."""
    error = response.json.get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("errors") or [{}]
    reason = str(details[0].get("reason", "")) if isinstance(details[0], dict) else ""
    said = redact(str(error.get("message") or response.text or response.status))
    if reason in _BUSY:
        return Interrupted(f"YouTube is busy ({said})", rate_limited=True)
    if reason == "authError":
        return Unauthorized(f"YouTube rejects the login ({said})")
    if reason in _LATER:
        what, do = _LATER[reason]
        return UploadLater(f"YouTube: {what}", do=do)
    if reason in _LOGIN:
        what, do = _LOGIN[reason]
        return LoginNeeded(f"YouTube: {what} ({said})", do=do)
    what, do = _REFUSED.get(reason, (said, "See the message"))
    return UploadRefused(f"YouTube: {what}" + (f" ({said})" if what != said else ""), do=do)


def rejection_reason(status: dict[str, object]) -> str:
    """Why an uploaded video will not be shown; empty if it will. ``status`` is that of the video resource."""
    said = str(status.get("rejectionReason") or status.get("failureReason") or "")
    if status.get("uploadStatus") == "rejected":
        return _REJECTED.get(said, said or "no reason given")
    if status.get("uploadStatus") in {"failed", "deleted"}:
        return _FAILED.get(said, said or str(status["uploadStatus"]))
    return ""
