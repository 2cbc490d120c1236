"""Clients for language models with an OpenAI-compatible chat API: validated answers, counted costs."""
