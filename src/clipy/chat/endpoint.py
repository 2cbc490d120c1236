"""Options of backends that use a language model: endpoint, model, and settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from clipy.chat.client import ChatClient, ModelSettings, Usage


class Endpoint(BaseModel):
    """Options to inherit in addition to those of a stage. The API key comes only from the environment."""

    base_url: str = Field("https://api.openai.com/v1", description="Base URL of the API.")
    model: str = Field("gpt-4.1-mini", min_length=1, description="Model name.")
    api_key_env: str = Field(
        "OPENAI_API_KEY",
        min_length=1,
        description="Name of the environment variable that holds the API key (not the key itself).",
    )
    temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature; 0: as deterministic as possible.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed for sampling.")
    max_tokens: int = Field(4096, ge=256, description="Maximum tokens of an answer, including reasoning.")
    timeout: float = Field(300, gt=0, le=3600, description="Maximum wait for one answer, in seconds.")
    retries: int = Field(4, ge=0, le=20, description="Maximum retries after transient errors.")
    price_read: float | None = Field(None, ge=0, description="Price per million prompt tokens, to report costs.")
    price_written: float | None = Field(None, ge=0, description="Price per million completion tokens.")

    @field_validator("base_url")
    @classmethod
    def _is_an_address_without_secrets(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the URL must start with https:// or http://")
        if parts.username or parts.password or parts.query:
            raise ValueError("the URL must not contain a user name, password or query: keys come from the environment")
        return value.rstrip("/")

    def chat(self) -> ChatClient:
        """A client with these options."""
        settings = ModelSettings(self.base_url, self.model, self.temperature, self.seed, self.max_tokens)
        return ChatClient(settings, self.api_key_env, self.timeout, self.retries)

    def cost(self, usage: Usage) -> str:
        """The cost as text for a log line; empty if prices are not set."""
        if self.price_read is None or self.price_written is None:
            return ""
        return f", cost: {(usage.read * self.price_read + usage.written * self.price_written) / 1e6:.4f}"
