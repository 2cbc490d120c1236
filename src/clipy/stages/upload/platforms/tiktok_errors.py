"""TikTok's errors as exceptions with plain messages (developers.tiktok.com: Content Posting API, error handling)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Interrupted, Response, Unauthorized
from clipy.stages.upload.publishing.secrets import redact

_BUSY = {"rate_limit_exceeded", "internal_error", "internal"}
_LATER = {
    "spam_risk_too_many_posts": ("this account has reached TikTok's limit of posts per day", "Run again tomorrow"),
    "spam_risk_too_many_pending_share": (
        "too many drafts are pending in the app's inbox",
        "Post or delete some in the app, then run again",
    ),
    "reached_active_user_cap": ("your TikTok app has reached its daily limit of users", "Run again tomorrow"),
}
_LOGIN = {
    "scope_not_authorized": ("the login lacks a permission", "Log in again: clipy login tiktok"),
    "scope_permission_missed": ("the login lacks a permission", "Log in again: clipy login tiktok"),
    "token_not_authorized_for_specified_publish_id": (
        "another account started this upload",
        "Log in with that account",
    ),
}
_REFUSED = {
    "spam_risk_user_banned_from_posting": ("this account may not post", "Check the account in the app"),
    "unaudited_client_can_only_post_to_private_accounts": (
        "your TikTok app is not audited yet, so it can only post to private accounts",
        "Make the account private and set upload.tiktok.privacy=SELF_ONLY, or use upload.tiktok.mode=inbox",
    ),
    "privacy_level_option_mismatch": ("this account does not allow this privacy level", "Choose another"),
    "url_ownership_unverified": ("the URL of the video is not verified", "Send the file itself"),
    "invalid_param": ("it rejects the request", "Check it with: clipy upload --dry-run"),
    "invalid_params": ("it rejects the request", "Check it with: clipy upload --dry-run"),
    "invalid_publish_id": ("it does not know this upload", "Run again"),
}
_FAILED = {
    "file_format_check_failed": "unsupported file format",
    "duration_check_failed": "the clip is too long or too short for this account",
    "frame_rate_check_failed": "the frame rate must be 23 to 60 fps",
    "picture_size_check_failed": "sides must be 360 to 4096 pixels",
    "internal": "internal error at TikTok; run again",
    "publish_cancelled": "the post was cancelled",
    "auth_removed": "the permission was revoked during processing: clipy login tiktok",
    "spam_risk": "TikTok classified it as spam",
    "spam_risk_text": "TikTok classified the text as spam",
    "spam_risk_too_many_posts": "this account has reached TikTok's limit of posts per day",
}


def upload_error(code: str, response: Response) -> UploadError | Interrupted | Unauthorized:
    """The exception for an error code."""
    error = response.json.get("error")
    said = redact(str(error.get("message", "")) if isinstance(error, dict) else response.text)
    because = f" ({code}: {said})" if said else f" ({code})"
    if code in _BUSY:
        return Interrupted(f"TikTok is busy{because}", rate_limited=True)
    if code == "access_token_invalid":
        return Unauthorized(f"TikTok rejects the login{because}")
    if code in _LATER:
        what, do = _LATER[code]
        return UploadLater(f"TikTok: {what}", do=do)
    if code in _LOGIN:
        what, do = _LOGIN[code]
        return LoginNeeded(f"TikTok: {what}{because}", do=do)
    what, do = _REFUSED.get(code, ("it refuses the post", "See the message"))
    return UploadRefused(f"TikTok: {what}{because}", do=do)


def rejection_reason(reason: str) -> str:
    """Why a fully uploaded post failed."""
    return _FAILED.get(reason, reason or "TikTok gave no reason")
