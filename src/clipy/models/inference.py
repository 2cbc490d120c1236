"""The one way to run networks: ONNX Runtime, on the device that the user asked for.

A network of which clipy has a graph of its own is run with its published weights. The graph lies beside this module
(``tools/export_graphs`` writes it); the weights are read as tensors, never unpickled, and handed to the runtime by the
names that their authors gave them. Networks that are published as ONNX files are run as they are.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipy.device import for_onnxruntime
from clipy.errors import ModelError
from clipy.models.tensors import read_tensors

log = logging.getLogger(__name__)

_GRAPHS = resources.files("clipy.models") / "graphs"
_ERRORS_ONLY = 3  # severity below which ONNX Runtime writes nothing to standard error
_EXTERNAL = 1  # where a tensor of a graph says that its data is elsewhere


def session(
    model: Path | bytes, device: str, who: str, *, threads: int = 1, weights: Mapping[str, NDArray[Any]] | None = None
) -> Any:
    """An ``onnxruntime.InferenceSession`` of a file or its bytes; ``weights`` fill the tensors that it lacks.

    ``device`` is what the user asked for, ``who`` is named where that is not to be had. One thread is the default: the
    networks are small, and several clips, or an encoder, are at work beside them.
    """
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = _ERRORS_ONLY
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = for_onnxruntime(device, who)
    settings.enable_mem_pattern = providers[0][0] != "DmlExecutionProvider"  # which does not work with it
    if weights is not None:
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value)) for value in weights.values()]
        settings.add_external_initializers(list(weights), values)
    given = model if isinstance(model, bytes) else str(model)
    found = onnxruntime.InferenceSession(given, settings, providers=providers)
    if found.get_providers()[0] != providers[0][0]:  # its libraries or its driver are missing
        log.warning("%s runs on the processor: ONNX Runtime could not start its %s", who, providers[0][0])
    return found


class Network:
    """A graph of clipy's own with published weights, called with its inputs by name; returns its only output."""

    def __init__(self, graph: str, weights: Mapping[str, NDArray[Any]], device: str, who: str) -> None:
        names = [name for name, _ in weights_of(graph)]
        self._session = session(_graph(graph), device, who, weights={name: weights[name] for name in names})

    def __call__(self, **inputs: NDArray[Any]) -> NDArray[np.float32]:
        (output,) = self.outputs(**inputs)
        return output

    def outputs(self, **inputs: NDArray[Any]) -> list[NDArray[np.float32]]:
        """All outputs of a network that has several, in order."""
        found: list[NDArray[np.float32]] = self._session.run(None, inputs)
        return found


def load(graphs: Sequence[str], path: Path, device: str, who: str) -> list[Network]:
    """Parts of one network, from one file of published weights. Raises ModelError when the file holds others."""
    import onnxruntime

    try:
        weights = read_tensors(path)
        return [Network(graph, weights, device, who) for graph in graphs]
    except (ModelError, KeyError, onnxruntime.capi.onnxruntime_pybind11_state.Fail) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).strip().splitlines()[0]
        raise ModelError(
            f"these are no weights of this network ({reason})",
            where=path,
            do="Check the path; files written before PyTorch 1.6 must be loaded and saved again",
        ) from error


@cache
def weights_of(graph: str) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of each tensor that a graph must be given."""
    (message,) = (value for field, value in _fields(memoryview(_graph(graph))) if field == _Onnx.GRAPH)
    tensors = [list(_fields(value)) for field, value in _fields(message) if field == _Onnx.INITIALIZER]
    return [
        (
            next(bytes(value).decode() for field, value in tensor if field == _Onnx.NAME),
            tuple(value for field, value in tensor if field == _Onnx.DIMS),
        )
        for tensor in tensors
        if (_Onnx.DATA_LOCATION, _EXTERNAL) in tensor
    ]


@cache
def _graph(name: str) -> bytes:
    return gzip.decompress((_GRAPHS / f"{name}.onnx.gz").read_bytes())


class _Onnx:
    """Numbers of the fields of ONNX messages: GRAPH of a model, INITIALIZER of a graph, the others of a tensor."""

    GRAPH, INITIALIZER = 7, 5
    DIMS, NAME, DATA_LOCATION = 1, 8, 14


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """The fields of a Protocol Buffers message: numbers, or bytes of texts and of messages within."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        kind, value = key & 7, 0
        if kind in (0, 2):
            value, at = _number(message, at)
        if kind == 0:
            yield key >> 3, value
        else:
            size = {1: 8, 5: 4}.get(kind, value)
            yield key >> 3, message[at : at + size]
            at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """A variable-length integer, and where the next field begins."""
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
