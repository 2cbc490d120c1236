"""What TikTok says when it says no, in plain words (developers.tiktok.com: Content Posting API, error handling)."""

from __future__ import annotations

from clipy.errors import LoginNeeded, UploadError, UploadLater, UploadRefused
from clipy.stages.upload.publishing.http import Denied, Interrupted, Reply
from clipy.stages.upload.publishing.secrets import redact

_BUSY = {"rate_limit_exceeded", "internal_error", "internal"}
_LATER = {
    "spam_risk_too_many_posts": ("this account has posted as much as TikTok allows in a day", "Run again tomorrow"),
    "spam_risk_too_many_pending_share": (
        "too many drafts wait in the app's inbox",
        "Finish or delete some in the app, then run again",
    ),
    "reached_active_user_cap": ("your TikTok app has reached its daily number of users", "Run again tomorrow"),
}
_LOGIN = {
    "scope_not_authorized": ("the login does not allow this", "Log in again: clipy login tiktok"),
    "scope_permission_missed": ("the login does not allow this", "Log in again: clipy login tiktok"),
    "token_not_authorized_for_specified_publish_id": ("another account began this upload", "Log in with that one"),
}
_REFUSED = {
    "spam_risk_user_banned_from_posting": ("this account may not post", "Look at the account in the app"),
    "unaudited_client_can_only_post_to_private_accounts": (
        "your TikTok app is not audited yet: it can only post to private accounts",
        "Make the account private and set upload.tiktok.privacy=SELF_ONLY, or use upload.tiktok.mode=inbox",
    ),
    "privacy_level_option_mismatch": ("this privacy is not allowed on this account", "Choose another"),
    "url_ownership_unverified": ("the address of the video is not verified", "Send the file itself"),
    "invalid_param": ("it does not take the request", "Look at: clipy upload --dry-run"),
    "invalid_params": ("it does not take the request", "Look at: clipy upload --dry-run"),
    "invalid_publish_id": ("it does not know this upload", "Run again"),
}
_FAILED = {
    "file_format_check_failed": "it does not take the file's format",
    "duration_check_failed": "the clip is too long or too short for this account",
    "frame_rate_check_failed": "it takes 23 to 60 pictures a second",
    "picture_size_check_failed": "it takes pictures with sides of 360 to 4096",
    "internal": "something broke at TikTok; run again",
    "publish_cancelled": "somebody cancelled the post",
    "auth_removed": "the permission was taken back while it worked: clipy login tiktok",
    "spam_risk": "it looks like spam to TikTok",
    "spam_risk_text": "the text looks like spam to TikTok",
    "spam_risk_too_many_posts": "this account has posted as much as TikTok allows in a day",
}


def failure(code: str, reply: Reply) -> UploadError | Interrupted | Denied:
    """The exception that fits an error code."""
    error = reply.json.get("error")
    said = redact(str(error.get("message", "")) if isinstance(error, dict) else reply.text)
    because = f" ({code}: {said})" if said else f" ({code})"
    if code in _BUSY:
        return Interrupted(f"TikTok is busy{because}", rate=True)
    if code == "access_token_invalid":
        return Denied(f"TikTok does not take the login{because}")
    if code in _LATER:
        what, do = _LATER[code]
        return UploadLater(f"TikTok: {what}", do=do)
    if code in _LOGIN:
        what, do = _LOGIN[code]
        return LoginNeeded(f"TikTok: {what}{because}", do=do)
    what, do = _REFUSED.get(code, ("it does not take this", "See the message"))
    return UploadRefused(f"TikTok: {what}{because}", do=do)


def rejection(reason: str) -> str:
    """Why a post that had all its bytes failed."""
    return _FAILED.get(reason, reason or "TikTok does not say why")
