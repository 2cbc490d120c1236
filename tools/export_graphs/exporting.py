"""One method of a PyTorch module -> an ONNX graph whose weights are named, but not there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from torch import Tensor, nn

OPSET = 20
_SMALL = 4096  # bytes of a constant that is a shape or an index rather than a weight

Dimensions = Sequence[Mapping[int, Any]]


@dataclass(frozen=True, slots=True)
class Graph:
    """What to export. ``method`` of ``network`` is called with ``inputs`` by name; ``dynamic`` names the axes of each
    input that have any length.
    """

    name: str
    network: nn.Module
    method: str
    inputs: Mapping[str, Tensor]
    dynamic: Dimensions
    outputs: tuple[str, ...]


def export(graph: Graph, published: Callable[[str], str] = lambda name: name) -> bytes:
    """The ONNX file of a graph without its weights, whose names are the module's as ``published`` maps them.

    Weights are inputs while PyTorch exports: the optimizer cannot fold what it does not know.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    network = graph.network.eval().requires_grad_(requires_grad=False)
    weights = {key: value for key, value in network.state_dict().items() if not key.endswith("num_batches_tracked")}
    program = torch.onnx.export(
        _WithWeights(network, graph.method).eval(),
        (weights, *graph.inputs.values()),
        dynamo=True,
        optimize=True,
        opset_version=OPSET,
        dynamic_shapes=({key: {} for key in weights}, tuple(graph.dynamic)),
        input_names=[*(published(key) for key in weights), *graph.inputs],
        output_names=list(graph.outputs),
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    model.graph.name = graph.name
    _strip(model)
    onnx.checker.check_model(model)
    _detach_weights(model, set(graph.inputs))
    written: bytes = model.SerializeToString(deterministic=True)
    return written


class _WithWeights(nn.Module):
    """A method of a network as a function of its weights and its inputs."""

    def __init__(self, network: nn.Module, method: str) -> None:
        super().__init__()
        self._called = [_Method(network, method)]  # in a list: a submodule's own weights would be exported

    def forward(self, weights: dict[str, Tensor], *inputs: Tensor) -> Any:
        named = {f"network.{key}": value for key, value in weights.items()}
        return torch.func.functional_call(self._called[0], named, inputs)


class _Method(nn.Module):
    def __init__(self, network: nn.Module, method: str) -> None:
        super().__init__()
        self.network, self.method = network, method

    def forward(self, *inputs: Tensor) -> Any:
        return getattr(self.network, self.method)(*inputs)


def _strip(model: onnx.ModelProto) -> None:
    """Remove what says how a graph was made: it changes with every version of the exporter."""
    for part in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    del model.functions[:]
    del model.graph.value_info[:]
    model.producer_name = model.producer_version = ""
    short = {name: f"v{number}" for number, name in enumerate(_inner_names(model.graph))}
    for number, node in enumerate(model.graph.node):
        node.name = f"n{number}"
        for names in (node.input, node.output):
            names[:] = [short.get(name, name) for name in names]
    for constant in model.graph.initializer:
        constant.name = short.get(constant.name, constant.name)
    for output in model.graph.output:
        for dimension in output.type.tensor_type.shape.dim:
            dimension.Clear()  # the exporter writes the example's


def _inner_names(graph: onnx.GraphProto) -> list[str]:
    outer = {value.name for value in (*graph.input, *graph.output)}
    inner = [*(constant.name for constant in graph.initializer), *(name for node in graph.node for name in node.output)]
    return [name for name in inner if name and name not in outer]


def _detach_weights(model: onnx.ModelProto, inputs: set[str]) -> None:
    """Turn weights from inputs into initializers whose data is elsewhere."""
    graph = model.graph
    used = {name for node in graph.node for name in node.input}
    for constant in graph.initializer:
        assert constant.ByteSize() < _SMALL, f"{constant.name} is a weight that was folded into the graph"
    for value in [value for value in graph.input if value.name in used - inputs]:
        kind = value.type.tensor_type
        weight = onnx.TensorProto(
            name=value.name,
            data_type=kind.elem_type,
            dims=[dimension.dim_value for dimension in kind.shape.dim],
            data_location=onnx.TensorProto.EXTERNAL,
        )
        weight.external_data.add(key="location", value="given-at-run-time")
        graph.initializer.append(weight)
    kept = [value for value in graph.input if value.name in inputs]
    del graph.input[:]
    graph.input.extend(kept)
