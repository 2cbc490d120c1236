"""Which model answers, where, and on which terms: the options of every backend that asks one."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from clipy.chat.asking import Chat, Terms, Usage


class Endpoint(BaseModel):
    """Options to inherit beside those of a stage. The key comes from the environment only."""

    base_url: str = Field("https://api.openai.com/v1", description="Address of the endpoint.")
    model: str = Field("gpt-4.1-mini", min_length=1, description="Name of the model, as the endpoint knows it.")
    api_key_env: str = Field(
        "OPENAI_API_KEY", min_length=1, description="Environment variable that holds the key; never the key itself."
    )
    temperature: float = Field(0.0, ge=0, le=2, description="0: the same answer each time, as far as the model can.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the model's choices.")
    max_tokens: int = Field(4096, ge=256, description="Longest answer, in tokens; thinking counts.")
    timeout: float = Field(300, gt=0, le=3600, description="Longest wait for one answer, in seconds.")
    retries: int = Field(4, ge=0, le=20, description="How often a request is repeated that failed in passing.")
    price_read: float | None = Field(None, ge=0, description="Price of a million tokens read, to report the cost.")
    price_written: float | None = Field(None, ge=0, description="The same of a million tokens written.")

    @field_validator("base_url")
    @classmethod
    def _is_an_address_without_secrets(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("an address begins with https:// or http://")
        if parts.username or parts.password or parts.query:
            raise ValueError("an address holds no name, password or query: keys come from the environment")
        return value.rstrip("/")

    def chat(self) -> Chat:
        """A conversation partner on these terms."""
        terms = Terms(self.base_url, self.model, self.temperature, self.seed, self.max_tokens)
        return Chat(terms, self.api_key_env, self.timeout, self.retries)

    def cost(self, usage: Usage) -> str:
        """What it costs, where the prices are known."""
        if self.price_read is None or self.price_written is None:
            return ""
        return f", cost: {(usage.read * self.price_read + usage.written * self.price_written) / 1e6:.4f}"
