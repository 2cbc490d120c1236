"""Codes of languages: those of three letters that files carry (ISO 639-2), and those of two (ISO 639-1)."""

from __future__ import annotations

_SHORT = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "por": "pt", "nld": "nl",
    "dut": "nl", "rus": "ru", "jpn": "ja", "zho": "zh", "chi": "zh", "kor": "ko", "ara": "ar", "heb": "he", "ell": "el",
    "gre": "el", "tha": "th", "hin": "hi", "pol": "pl", "tur": "tr", "ukr": "uk", "ces": "cs", "cze": "cs", "hun": "hu",
    "ron": "ro", "rum": "ro", "swe": "sv", "dan": "da", "nor": "no", "fin": "fi", "bul": "bg", "srp": "sr", "hrv": "hr",
    "vie": "vi", "ind": "id", "fas": "fa", "per": "fa", "lit": "lt", "lav": "lv", "est": "et", "slk": "sk", "slo": "sk",
    "slv": "sl", "isl": "is", "ice": "is", "cat": "ca", "msa": "ms", "may": "ms", "ben": "bn", "tam": "ta", "tel": "te",
    "urd": "ur",
}  # fmt: skip


def short_code(code: str) -> str:
    """A two-letter code where there is one for a three-letter one, in lower case and without a region."""
    plain = code.strip().lower().replace("_", "-").partition("-")[0]
    return _SHORT.get(plain, plain)
