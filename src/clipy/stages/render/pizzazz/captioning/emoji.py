"""Emoji for English words, from a small fixed list."""

from __future__ import annotations

from collections.abc import Iterable

_WORDS = {
    "🔥": "fire hot burn burning lit",
    "💰": "money cash dollar dollars rich wealth profit paid salary million millions billion billions",
    "💡": "idea ideas insight lesson lightbulb clever",
    "🧠": "brain brains mind think thinking smart intelligence memory",
    "❤️": "love loved heart loving",
    "😂": "funny laugh laughing laughed hilarious joke joking jokes",
    "😱": "scary terrifying shocking shocked horror afraid",
    "😢": "sad cry crying cried tears",
    "😡": "angry anger furious rage",
    "🎉": "celebrate party congratulations birthday anniversary",
    "🏆": "win winner winning won champion championship victory trophy",
    "🚀": "rocket launch launched growth skyrocket startup startups",
    "⏰": "clock deadline morning alarm",
    "⏳": "waiting hours minutes",
    "📈": "increase increased grow growing sales",
    "📉": "decline decrease crash crashed losses",
    "🎯": "goal goals target focus",
    "💪": "strong strength workout gym muscle training",
    "🏃": "run running runner marathon",
    "🍕": "pizza",
    "☕": "coffee",
    "🍔": "burger food hungry eat eating",
    "🌍": "world earth planet climate global",
    "🌟": "star amazing awesome incredible brilliant",
    "🎵": "music song songs singing melody",
    "🎬": "film movie movies cinema video videos",
    "📷": "camera photo photos picture pictures",
    "📱": "phone phones iphone smartphone app apps",
    "💻": "computer computers laptop software code coding programming developer",
    "🤖": "robot robots ai artificial",
    "📚": "book books read reading study studying",
    "🎓": "school university college student students degree",
    "✍️": "write writing wrote written paper",
    "🔬": "science scientist scientists research laboratory experiment",
    "💊": "medicine drug drugs pill pills",
    "🏥": "hospital doctor doctors nurse",
    "✈️": "travel flight plane airplane airport",
    "🚗": "car cars drive driving",
    "🏠": "home house houses",
    "👶": "baby babies child kid kids children",
    "🐶": "dog dogs puppy",
    "🐱": "cat cats kitten",
    "⚽": "football soccer",
    "👑": "king queen crown",
    "🔒": "secret secrets security lock password privacy",
    "⚠️": "danger dangerous warning risk risky careful",
    "❓": "question questions why",
    "✅": "done success successful correct finished",
    "❌": "wrong mistake mistakes fail failed failure",
    "🙏": "thanks thank grateful please pray",
    "👀": "look watch watching see",
    "😴": "sleep sleeping tired",
}
_EMOJI = {word: emoji for emoji, words in _WORDS.items() for word in words.split()}


def emoji_for(words: Iterable[str]) -> str:
    """The emoji of the first word that has one; empty if none does."""
    bare = (word.strip("\"'“”‘’()[].,;:!?…").casefold() for word in words)
    return next((_EMOJI[word] for word in bare if word in _EMOJI), "")
