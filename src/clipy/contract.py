"""Where a backend's result crosses the border: what its core class promises is checked there, once, for every backend.

A core class marks a method with ``@keeps(check)``; whoever calls a backend does so through ``call`` (as
``Context.cached`` does). A broken promise ends in one line that names the backend, its package, what was promised and
what came. So does any exception inside a backend that is not clipy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from clipy.backend import Backend
from clipy.errors import BackendError, ClipyError, ContractError
from clipy.provenance import package_of

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
Check = Callable[[Any, tuple[Any, ...], Any], None]
"""``check(backend, inputs, result)`` raises ``Broken``."""


class Broken(Exception):
    """A result is not what was promised. Whoever called the backend adds its name."""

    def __init__(self, promised: str, came: str) -> None:
        super().__init__(f"promised: {promised}; returned: {came}")


def keeps(check: Check) -> Callable[[F], F]:
    """Mark a method of a core class with the check of what its overrides return (for a writer: of the file)."""

    def mark(function: F) -> F:
        vars(function)["contract"] = check
        return function

    return mark


def call(step: Callable[..., T], inputs: tuple[Any, ...], *more: Any) -> T:
    """Call a backend's method as ``step(*inputs, *more)`` and check what it returns, or the file that it wrote.

    ``more`` is the context, behind the path of the file for a method that writes one. Raises ContractError.
    """
    backend = owner(step)
    promised: Check | None = vars(_declared(step)).get("contract")
    with naming(backend):
        result = step(*inputs, *more)
        _check_type(returned(step), result)
        if promised is not None:
            promised(backend, inputs, result if len(more) == 1 else more[0])
    return result


def not_storable(step: Callable[..., Any], error: Exception) -> ContractError:
    """The error for a result that cannot be saved: something in it has another type than was promised."""
    kind = returned(step)
    promised = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
    detail = (str(error).strip().splitlines() or [""])[-1].strip()
    backend = owner(step)
    broken = Broken(f"{promised} of plain data", detail)
    return ContractError(f"{described(backend)} broke its contract: {broken}", do=_advice(backend))


@contextmanager
def naming(backend: Backend) -> Iterator[None]:
    """Whatever goes wrong inside a backend is reported with its name and package, in one line."""
    try:
        yield
    except Broken as error:
        raise ContractError(f"{described(backend)} broke its contract: {error}", do=_advice(backend)) from error
    except ClipyError:
        raise
    except Exception as error:
        if is_own(type(backend)):
            raise
        reason = (str(error).strip().splitlines() or [""])[0]
        said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        raise BackendError(f"{described(backend)} failed ({said})", do=_advice(backend)) from error


def described(backend: Backend) -> str:
    """For error messages: ``the highlight backend 'acme' of acme-clips 2.0``."""
    return f"the {backend.group} backend {backend.name!r} of {package_of(type(backend))}"


def is_own(kind: type[Backend]) -> bool:
    """Whether a backend is part of clipy itself."""
    return kind.__module__.partition(".")[0] == "clipy"


def owner(step: Callable[..., Any]) -> Backend:
    """The backend that a bound method belongs to."""
    found = getattr(step, "__self__", None)
    if not isinstance(found, Backend):
        raise TypeError(f"{step!r} is not a method of a backend")
    return found


def returned(step: Callable[..., Any]) -> Any:
    """The type that the core class says a method returns."""
    return get_type_hints(_declared(step), include_extras=True)["return"]


def _declared(step: Callable[..., Any]) -> Any:
    """The method as the core class has it."""
    name = step.__name__
    core = next(kind for kind in reversed(type(owner(step)).__mro__) if name in vars(kind))
    return vars(core)[name]


def _check_type(kind: Any, result: object) -> None:
    """The outermost type, and that of a list's items; the store checks what lies deeper."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is list and isinstance(parts[0], type):
        if not isinstance(result, list):
            raise Broken(f"a list of {parts[0].__name__}", _type_name(result))
        for item in result:
            if not isinstance(item, parts[0]):
                raise Broken(f"a list of {parts[0].__name__}", f"one with {_type_name(item)} in it")
    elif origin is None and isinstance(kind, type) and not isinstance(result, kind):
        raise Broken(kind.__name__, _type_name(result))


def _type_name(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _advice(backend: Backend) -> str:
    package = "clipy" if is_own(type(backend)) else package_of(type(backend))
    report = f"Report it to the authors of {package} (--debug shows where)"
    return f"{report}, or pick another: clipy backends {backend.group}"
