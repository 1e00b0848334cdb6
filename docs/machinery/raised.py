"""The errors that the program can raise, each as its source makes it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from docs.machinery.sentences import Reader, Scope, arguments, defaults, parameters
from docs.machinery.source import Function, Module, Source, called_name
from mfa_session import errors
from mfa_session.errors import MFASessionError

KINDS: dict[str, type[MFASessionError]] = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, MFASessionError)
}

# Through so many functions a text is followed to where it is written.
_FARTHEST = 2


@dataclass(frozen=True, slots=True)
class Raised:
    """One error, or one of several that come from the same place: what is said, and what to do about it.

    *kind* is none where the error is of the kind of another one that it tells more of.
    """

    module: Module = field(repr=False)
    line: int
    kind: str | None
    messages: tuple[str, ...]
    hints: tuple[str, ...]


def makes_an_error(call: ast.Call) -> bool:
    """Tell whether *call* makes one of our errors, by the name of its class or with a message and a hint."""
    name = called_name(call)
    if name in KINDS:
        return True
    is_class = isinstance(call.func, ast.Call) or name in ("family", "kind", "problem")
    return is_class and len(call.args) == 1 and any(keyword.arg == "hint" for keyword in call.keywords)


def all_refusals(source: Source) -> Iterator[Raised]:
    """Yield what the operating system may refuse, which several errors tell of: the problem, and its mend."""
    for module in source.modules.values():
        for call in module.calls if module.fields.get("Refusal") == ["problem", "hint"] else ():
            match call:
                case ast.Call(ast.Name("Refusal"), [ast.Constant(str(problem)), ast.Constant(str(hint))]):
                    yield Raised(module, call.lineno, None, (problem,), (hint.replace("{", "‹").replace("}", "›"),))


def all_raised(source: Source) -> Iterator[Raised]:
    """Yield every error of *source*, module by module, from top to bottom."""
    reader = Reader(source)
    for module in source.modules.values():
        for call in module.calls:
            if makes_an_error(call):
                yield from _from(call, module, reader)


def _from(call: ast.Call, module: Module, reader: Reader) -> Iterator[Raised]:
    [message] = call.args
    [hint] = [keyword.value for keyword in call.keywords if keyword.arg == "hint"]
    for scope in _scopes(call, Scope(module, module.function_around(call)), reader):
        for kind in _kinds(call.func, scope):
            yield Raised(
                module,
                call.lineno,
                kind,
                tuple(reader.sentences(message, scope)),
                tuple(text for text in reader.sentences(hint, scope) if text),
            )


def _scopes(call: ast.Call, scope: Scope, reader: Reader) -> list[Scope]:
    """Return *scope* once for each caller or row of a table that gives the text, and as it is where none does."""
    function = scope.function
    if function is None:
        return [scope]
    if rows := [*_scopes_by_table(call, function, scope, reader)]:
        return rows
    given = _texts_given(function, scope.module, _names_in(call), reader)
    return [replace(scope, bound=texts) for texts in given] or [scope]


def _texts_given(
    function: Function, module: Module, names: set[str], reader: Reader, depth: int = 0
) -> list[dict[str, tuple[ast.expr, Scope]]]:
    """Return what each call of *function* gives for those of *names* that are texts, and parameters of it."""
    wanted = {name for name in names if parameters(function).get(name) in ("str", "str | None")}
    if not wanted or depth > _FARTHEST:
        return []
    found = []
    for call, caller in reader.source.calls_of(function.name, module):
        around = caller.function_around(call)
        for outer in _outer_scopes(call, caller, around, reader, depth):
            given = defaults(function, module) | arguments(call, function, outer)
            texts = {name: value for name, value in given.items() if name in wanted and reader.says_something(*value)}
            if texts:
                found.append(texts)
    return found


def _outer_scopes(
    call: ast.Call, module: Module, around: Function | None, reader: Reader, depth: int
) -> Iterator[Scope]:
    outer = Scope(module, around)
    handed_on = {
        value.id for value in [*call.args, *(word.value for word in call.keywords)] if isinstance(value, ast.Name)
    }
    given = _texts_given(around, module, handed_on, reader, depth + 1) if around else []
    yield from (replace(outer, bound=texts) for texts in given or [{}])


def _scopes_by_table(call: ast.Call, function: Function, scope: Scope, reader: Reader) -> Iterator[Scope]:
    """Yield *scope* once for each row of a constant from which the kind, message and hint are taken together."""
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Tuple(targets)], ast.Subscript(ast.Name(name), _)):
                table = reader.source.constant(name, scope.module)
                if not table or not scope.module.stands_in_block_of(call, node):
                    continue
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                for row in table[0].values if isinstance(table[0], ast.Dict) else ():
                    if isinstance(row, ast.Tuple) and len(row.elts) == len(names):
                        outer = Scope(table[1], None)
                        yield replace(
                            scope, bound={each: (part, outer) for each, part in zip(names, row.elts, strict=True)}
                        )


def _names_in(call: ast.Call) -> set[str]:
    return {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}


def _kinds(function: ast.expr, scope: Scope) -> list[str | None]:
    """Return which kinds of error a call of *function* can make."""
    match function:
        case ast.Name(name) if name in KINDS:
            return [name]
        case ast.Name(name) if name in scope.bound:
            return _kinds(scope.bound[name][0], scope.bound[name][1])
        case ast.Name(name) if scope.function:
            for node in ast.walk(scope.function):
                match node:
                    case ast.Assign([ast.Name(target)], ast.IfExp(_, one, other)) if target == name:
                        return [*_kinds(one, scope), *_kinds(other, scope)]
    return [None]
