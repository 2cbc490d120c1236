"""``embed = "letters"``: text as vectors, so that texts alike point alike."""

import numpy as np

from clipy import Array, Context, Embedder


class Letters(Embedder):
    """How often each letter comes in a text; texts of the same letters are alike."""

    def embed(self, texts: tuple[str, ...], ctx: Context) -> Array:
        vectors = np.full((len(texts), 27), 0.01, np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for letter in text.lower():
                vector[ord(letter) - ord("a") if "a" <= letter <= "z" else 26] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
