"""What an expression of the source says: a sentence in which a ‹placeholder› stands for what is known only then."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from docs.machinery.source import Function, Module, Source, called_name

# Of functions that change a text in nothing but how it looks.
_TRANSPARENT = {"visible", "str", "repr", "sorted", "in_words", "listed", "list", "_reason", "masked", "dict"}
_METHODS = {"lower", "upper", "strip", "rstrip", "removeprefix", "removesuffix", "format", "in_words", "quotable"}

# Names that say nothing without what stands before them, or that users have another word for.
_NO_NAME = {"name", "text", "value", "path", "id", "strerror", "words"}
_WORDS = {
    "strerror": "reason",
    "said": "what AWS says",
    "description": "the store",
    "masked_id": "access key ID",
    "access_key_id": "access key ID",
    "serial_number": "ARN of the device",
    "SerialNumber": "ARN of the device",
    "RoleArn": "ARN of the role",
    "arn": "ARN",
    "account_id": "account",
    "line_of": "number",
    "start": "number",
    "S_IMODE": "mode",
    "Signals": "its name",
    "hint": "its mend",
    "total_seconds": "number",
    "whole": "number",
    "connect": "number",
    "read": "number",
    "timedelta": "time",
    "takers": "profile",
    "tuple": "their names",
    "members_without_device": "number",
    "sub": "its last words",
    "join": "its command",
    "create_policy": "ARN",
    "keys": "number",
    "of": "it",
    "_path": "file",
}

_PLACEHOLDER = re.compile("‹[^‹›]*›")

# So many a text may say before they are only named; and so far calls are followed.
_MOST = 12
_SHORT = 5
_DEEPEST = 4


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: in which function of which module, and what its parameters were given."""

    module: Module
    function: Function | None
    bound: Mapping[str, tuple[ast.expr, "Scope"]] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True)
class Reader:
    """Reads expressions of *source*."""

    source: Source

    def sentences(self, expression: ast.expr, scope: Scope) -> list[str]:
        """Return all that *expression* may say."""
        if scope.depth > _DEEPEST:
            return [placeholder(expression)]
        said = list(dict.fromkeys(self._said(expression, scope)))
        return said[:_MOST] or [placeholder(expression)]

    def says_something(self, expression: ast.expr, scope: Scope) -> bool:
        """Tell whether *expression* is a text of its own, and not the name of a thing or what is handed on."""
        return any(" " in _PLACEHOLDER.sub("", text).strip() for text in self.sentences(expression, scope))

    def _said(self, expression: ast.expr, scope: Scope) -> Iterable[str]:
        match expression:
            case ast.Constant(value):
                return [str(value)]
            case ast.JoinedStr(values):
                return map("".join, product(*(self._piece(value, scope) for value in values)))
            case ast.BinOp(left, _, ast.Constant(int())):
                return self.sentences(left, scope)
            case ast.BinOp(left, ast.Add(), right):
                return map("".join, product(self.sentences(left, scope), self.sentences(right, scope)))
            case ast.IfExp(_, body, orelse):
                return [text for each in (body, orelse) if not _is_none(each) for text in self.sentences(each, scope)]
            case ast.BoolOp(ast.Or(), values):
                return [text for value in values for text in self.sentences(value, scope) if text]
            case ast.Name(name):
                return self._named(name, expression, scope)
            case ast.Attribute(ast.Name(owner), attribute):
                return self._of_a_field(owner, attribute, scope) or [placeholder(expression)]
            case ast.Call():
                return self._called(expression, scope)
        return [placeholder(expression)]

    def _piece(self, value: ast.expr, scope: Scope) -> list[str]:
        if not isinstance(value, ast.FormattedValue):
            return self.sentences(value, scope)
        texts = self.sentences(value.value, scope)
        quote = "'" if value.conversion == ord("r") else ""
        if all(_is_short(text) for text in texts) or "" in texts:
            texts = [_one_of(texts)]
        return [f"{quote}{text}{quote}" for text in texts]

    def _of_a_field(self, owner: str, attribute: str, scope: Scope) -> list[str]:
        """Return what the *attribute* of a parameter may say, by what its class is made of anywhere."""
        kind = parameters(scope.function).get(owner, "").strip("'\"") if scope.function else ""
        fields = scope.module.fields.get(kind, [])
        found = []
        for call, module in self.source.calls_of(kind, scope.module) if attribute in fields else ():
            given = dict(zip(fields, call.args, strict=False)) | {each.arg: each.value for each in call.keywords}
            if attribute in given:
                inner = Scope(module, module.function_around(call), depth=scope.depth + 1)
                found += [text for text in self.sentences(given[attribute], inner) if text]
        return found

    def _named(self, name: str, expression: ast.expr, scope: Scope) -> Iterable[str]:
        if name in scope.bound:
            bound, outer = scope.bound[name]
            return self.sentences(bound, outer)
        if scope.function is not None:
            assigned = [*_assigned(name, scope.function, before=expression.lineno)]
            if assigned:
                return self._of_assignments(assigned, scope)
            if name in parameters(scope.function):
                return [placeholder(expression)]
        if found := self.source.constant(name, scope.module):
            return self.sentences(found[0], Scope(found[1], None, depth=scope.depth + 1))
        return [placeholder(expression)]

    def _of_assignments(self, assigned: list[tuple[ast.expr, bool]], scope: Scope) -> list[str]:
        deeper = Scope(scope.module, scope.function, scope.bound, scope.depth + 1)
        texts: list[str] = []
        for value, is_added in assigned:
            more = self.sentences(value, deeper)
            texts += [f"{text}{end}" for text in texts for end in more] if is_added else more
        return texts

    def _called(self, call: ast.Call, scope: Scope) -> Iterable[str]:
        match call:
            case ast.Call(ast.Attribute(ast.Constant(str(between)), "join"), [listed]):
                return [between.join(self._members(listed, scope))]
            case ast.Call(ast.Attribute(receiver, method), _) if method in _METHODS:
                texts = self.sentences(call.args[0] if method == "quotable" else receiver, scope)
                return [_changed(text, method, call) for text in texts]
            case ast.Call(ast.Name(name), [first, *_]) if name in _TRANSPARENT:
                return self.sentences(first, scope)
            case ast.Call(ast.Name("next"), [ast.GeneratorExp(element, _), *rest]):
                others = [each for each in rest if not _is_none(each)]
                return [text for each in (element, *others) for text in self.sentences(each, scope)]
        called = called_name(call)
        if called and (found := self.source.function(called, scope.module)):
            function, module = found
            returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
            if returned and ast.unparse(function.returns or ast.Constant("")) == "str":
                inner = Scope(module, function, arguments(call, function, scope), scope.depth + 1)
                return [text for value in returned for text in self.sentences(value, inner)]
        return [placeholder(call)]

    def _members(self, listed: ast.expr, scope: Scope) -> list[str]:
        match listed:
            case ast.Name(name) if found := self.source.constant(name, scope.module):
                return self._members(found[0], Scope(found[1], None, depth=scope.depth + 1))
            case ast.Tuple(members) | ast.List(members) | ast.Set(members):
                return [text for member in members for text in self._members_of_one(member, scope)]
            case ast.Dict(keys) if all(isinstance(key, ast.Constant) for key in keys):
                return [str(key.value) for key in keys if isinstance(key, ast.Constant)]
            case ast.Call(ast.Name("sorted" | "list" | "tuple" | "frozenset"), [inner]):
                return self._members(inner, scope)
        return [placeholder(listed)]

    def _members_of_one(self, member: ast.expr, scope: Scope) -> list[str]:
        return self._members(member.value, scope) if isinstance(member, ast.Starred) else self.sentences(member, scope)


def arguments(call: ast.Call, function: Function, scope: Scope) -> dict[str, tuple[ast.expr, Scope]]:
    """Return which of the parameters of *function* a *call* in *scope* gives a value."""
    names = [name for name in parameters(function) if name not in ("self", "cls")]
    given = dict(zip(names, call.args, strict=False)) | {word.arg: word.value for word in call.keywords if word.arg}
    return {name: (value, scope) for name, value in given.items()}


def defaults(function: Function, module: Module) -> dict[str, tuple[ast.expr, Scope]]:
    """Return what the keywords of *function* are where nothing is given."""
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {name.arg: (value, Scope(module, None)) for name, value in pairs if value is not None}


def parameters(function: Function) -> dict[str, str]:
    """Return the parameters of *function*, each with its annotation."""
    listed = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {each.arg: ast.unparse(each.annotation) if each.annotation else "" for each in listed}


def placeholder(expression: ast.expr) -> str:
    """Return a word in ‹› for what *expression* will be."""
    written = ast.unparse(expression)
    names = [*_names(expression)]
    if not names:
        return "‹…›"
    for known in (written, names[-1]):
        if known in _WORDS:
            return f"‹{_WORDS[known]}›"
    while len(names) > 1 and names[-1] in _NO_NAME and names[-2] != "self":
        names.pop()
    word = names[-1].strip("_").removesuffix("_name").replace("_", " ")
    return f"‹{word}›"


def _names(expression: ast.expr) -> Iterator[str]:
    match expression:
        case ast.Name(name):
            yield name
        case ast.Attribute(value, name):
            yield from _names(value)
            yield name
        case ast.Subscript(_, ast.Constant(str(key))):
            yield key
        case ast.Subscript(value, _):
            yield from _names(value)
        case ast.Call(ast.Name(name), [first, *_]) if name in _TRANSPARENT or name in ("len", "type", "getattr"):
            yield from _names(first)
        case ast.Call(ast.Attribute(_, "get"), [ast.Constant(str(key)), *_]):
            yield key
        case ast.Call(function, _):
            yield from _names(function)
        case ast.BinOp(left, _, _):
            yield from _names(left)
        case ast.GeneratorExp(element, _) | ast.ListComp(element, _):
            yield from _names(element)


def _assigned(name: str, function: Function, *, before: int) -> Iterator[tuple[ast.expr, bool]]:
    """Yield what *name* is set to in *function* up to a line, and whether it is added to what there was."""
    for node in sorted(ast.walk(function), key=lambda node: getattr(node, "lineno", 0)):
        match node:
            case ast.Assign([ast.Name(target)], value) if (
                target == name and node.lineno < before and not _is_none(value)
            ):
                yield value, False
            case ast.AugAssign(ast.Name(target), ast.Add(), value) if target == name and node.lineno < before:
                yield value, True
            case ast.NamedExpr(ast.Name(target), value) if target == name:
                yield value, False


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None


def _is_short(text: str) -> bool:
    return len(text.split()) <= _SHORT and _PLACEHOLDER.sub("", text).find("‹") < 0 and not _is_mixed(text)


def _is_mixed(text: str) -> bool:
    return "‹" in text and _PLACEHOLDER.fullmatch(text) is None


def _one_of(texts: list[str]) -> str:
    """Return several *texts* as one; what may be left out stands in []."""
    said = [text for text in texts if text]
    if len(said) == 1:
        return said[0] if len(texts) == 1 else f"[{said[0]}]"
    either = " | ".join(text.strip("‹›") if _PLACEHOLDER.fullmatch(text) else text for text in said)
    return f"‹{either}›" if len(said) == len(texts) else f"[{either}]"


def _changed(text: str, method: str, call: ast.Call) -> str:
    if "‹" in text or method in ("format", "in_words", "quotable"):
        return text
    changed = getattr(text, method)(*(each.value for each in call.args if isinstance(each, ast.Constant)))
    return str(changed)
