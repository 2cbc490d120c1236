"""Definitions of published networks in PyTorch, and their export as ONNX graphs without weights. Development only.

    pip install torch onnx onnxscript
    python -m tools.export_graphs            writes src/clipy/models/graphs

Modules are named as in the published weights, so that a graph's initializers are called what the published file calls
its tensors; ``published`` maps the few names that differ. The graphs are what the product runs; nothing here is.
"""
