"""Language models behind the OpenAI chat protocol: one question in, one checked answer out; what it cost is counted."""
