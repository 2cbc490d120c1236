"""clipy for language models: a server of the Model Context Protocol, whose tools reach nothing but given folders."""
