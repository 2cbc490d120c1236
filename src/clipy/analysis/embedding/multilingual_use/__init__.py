"""Google's Universal Sentence Encoder, multilingual, version 3: its tokenizer and its network."""
