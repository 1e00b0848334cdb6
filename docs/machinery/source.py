"""The source of the program, parsed: what each module says it is, and where its names come from."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PACKAGE = Path(__file__).parent.parent.parent / "mfa_session"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One module: its name without the package's, and its syntax tree."""

    name: str
    tree: ast.Module = field(repr=False)

    @property
    def says(self) -> str:
        """The first line of its docstring, which is what it is as a user would say it."""
        return (ast.get_docstring(self.tree) or self.name).splitlines()[0].rstrip(".")

    @property
    def room(self) -> str:
        """The folder it is in, and nothing for a module of the package itself."""
        return self.name.rpartition(".")[0].partition(".")[0]

    @cached_property
    def functions(self) -> dict[str, Function]:
        """Its functions and methods by their bare names, but for names that stand for several."""
        found: dict[str, list[Function]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                found.setdefault(node.name, []).append(node)
        return {name: nodes[0] for name, nodes in found.items() if len(nodes) == 1}

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """The fields of its dataclasses and named tuples, by the names of the classes."""
        return {node.name: [*_field_names(node)] for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """What its names stand for that are set once, outside of functions and classes."""
        found = {}
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                found[node.target.id] = node.value
        return found

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """Which names it takes from which module of ours, wherever it does so."""
        return {
            alias.asname or alias.name: (node.module.removeprefix("mfa_session."), alias.name)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("mfa_session.")
            for alias in node.names
        }

    @cached_property
    def _enclosing(self) -> dict[ast.AST, ast.AST]:
        return {child: parent for parent in ast.walk(self.tree) for child in ast.iter_child_nodes(parent)}

    def stands_in_block_of(self, node: ast.AST, other: ast.AST) -> bool:
        """Tell whether *node* stands in the block that *other* is a statement of, or deeper."""
        block: ast.AST | None = self._enclosing[other]
        parent: ast.AST | None = node
        while parent is not None and parent is not block:
            parent = self._enclosing.get(parent)
        return parent is not None

    def function_around(self, node: ast.AST) -> Function | None:
        """Return the innermost function that *node* stands in."""
        parent = self._enclosing.get(node)
        while parent is not None and not isinstance(parent, Function):
            parent = self._enclosing.get(parent)
        return parent

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call in it, from top to bottom."""
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


@dataclass(frozen=True)
class Source:
    """All modules of the program, by their names."""

    modules: dict[str, Module]

    @classmethod
    def read(cls, package: Path = PACKAGE) -> "Source":
        """Parse every module below *package*."""
        modules = {}
        for path in sorted(package.rglob("*.py")):
            name = ".".join(path.relative_to(package).with_suffix("").parts).removesuffix("__init__").rstrip(".")
            modules[name] = Module(name, ast.parse(path.read_text(encoding="utf-8")))
        return cls(modules)

    def constant(self, name: str, module: Module) -> tuple[ast.expr, Module] | None:
        """Return what the constant *name* of *module* stands for, and the module that says so."""
        if name in module.constants:
            return module.constants[name], module
        origin, original = module.imports.get(name, ("", ""))
        home = self.modules.get(origin)
        return (home.constants[original], home) if home and original in home.constants else None

    def function(self, name: str, module: Module) -> tuple[Function, Module] | None:
        """Return the function that *name* means in *module*, and the module that defines it."""
        if name in module.functions:
            return module.functions[name], module
        origin, original = module.imports.get(name, ("", ""))
        home = self.modules.get(origin)
        return (home.functions[original], home) if home and original in home.functions else None

    def calls_of(self, name: str, module: Module) -> Iterator[tuple[ast.Call, Module]]:
        """Yield every call of what *module* defines as *name*, with the module that makes it."""
        for call, caller in self._calls.get(name, ()):
            if caller is module or caller.imports.get(name) == (module.name, name):
                yield call, caller

    @cached_property
    def _calls(self) -> dict[str, list[tuple[ast.Call, Module]]]:
        found: dict[str, list[tuple[ast.Call, Module]]] = {}
        for module in self.modules.values():
            for call in module.calls:
                if name := called_name(call):
                    found.setdefault(name, []).append((call, module))
        return found


def _field_names(definition: ast.ClassDef) -> Iterator[str]:
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def called_name(call: ast.Call) -> str | None:
    """Return the bare name of what is called: a function, a class, or a method of *self*."""
    match call.func:
        case ast.Name(name) | ast.Attribute(ast.Name("self"), name):
            return name
    return None
