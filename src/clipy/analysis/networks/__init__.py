"""Published networks, written anew for PyTorch. Parts are named as in the published weights, which load strictly."""
