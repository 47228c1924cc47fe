"""The arrows and absences of ARCHITECTURE.md, held by reading the code."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PGW = sorted((ROOT / "pgw").rglob("*.py"))
SIMULATOR = sorted((ROOT / "simulator").rglob("*.py"))
LONGEST_FILE = 250
LONGEST_FUNCTION = 60

# What each layer may import of pgw; a name ends at a dot or at its end.
ARROWS: Mapping[str, tuple[str, ...]] = {
    "pgw.domain": ("pgw.domain",),
    "pgw.ports": (),
    "pgw.logs": (),
    "pgw.measures": ("pgw.domain", "pgw.bank.port"),
    "pgw.metrics": (
        "pgw.domain",
        "pgw.storage.port",
        "pgw.bank.port",
        "pgw.actors",
        "pgw.ports",
        "pgw.measures",
        "pgw.metrics",
    ),
    "pgw.audit": ("pgw.domain", "pgw.audit"),
    "pgw.storage": ("pgw.domain", "pgw.audit.chain", "pgw.storage"),
    "pgw.network": (),
    "pgw.bank": ("pgw.domain", "pgw.network", "pgw.bank"),
    "pgw.webhooks": (
        *("pgw.domain", "pgw.ports", "pgw.logs", "pgw.network"),
        *("pgw.__version__", "pgw.webhooks"),
    ),
    "pgw.actors": (
        *("pgw.domain", "pgw.storage.port", "pgw.storage.webhook_port", "pgw.storage.expiry_port"),
        "pgw.bank.port",
        *("pgw.webhooks.port", "pgw.ports", "pgw.measures", "pgw.actors"),
    ),
    "pgw.http": (
        "pgw.domain",
        "pgw.storage.port",
        "pgw.storage.webhook_port",
        "pgw.bank.port",
        "pgw.actors",
        "pgw.ports",
        "pgw.logs",
        "pgw.measures",
        "pgw.webhooks.secrets",
        "pgw.http",
    ),
    "pgw.secret": ("pgw.ports",),
    "pgw.control": (
        "pgw.domain",
        "pgw.storage.port",
        "pgw.storage.books",
        "pgw.storage.timeline_port",
        "pgw.actors",
        "pgw.ports",
        "pgw.logs",
        "pgw.control",
    ),
    "pgw.reconciliation": ("pgw.domain", "pgw.storage.books", "pgw.bank.ledger_port", "pgw.reconciliation"),
    "pgw.client": ("pgw.domain.result", "pgw.ports", "pgw.actors.backoff", "pgw.client"),
    "pgw.settings": ("pgw.bank.port",),
}
PURE = {"attrs", "stdnum", "iso4217"}

# Where time, chance, threads, sockets and processes may come from: the adapters, and nobody else.
ADAPTERS: Mapping[str, frozenset[str]] = {
    "time": frozenset({"pgw.ports"}),
    "random": frozenset({"pgw.ports"}),
    "secrets": frozenset({"pgw.ports"}),
    "uuid": frozenset(),
    "prometheus_client": frozenset({"pgw.metrics.measured", "pgw.metrics.gauges", "pgw.metrics.exposition"}),
    "threading": frozenset({"pgw.last_resort"}),
    "multiprocessing": frozenset(),
    "asyncio": frozenset({"pgw.storage.engine"}),
    "aiosqlite": frozenset({"pgw.storage.engine"}),
    "trio_asyncio": frozenset({"pgw.storage.engine", "pgw.storage.opening"}),
    "socket": frozenset(
        {"pgw.http.server", "pgw.control.address", "pgw.control.server", "pgw.webhooks.resolver"}
    ),
    "subprocess": frozenset({"pgw.demo"}),
    "tempfile": frozenset({"pgw.demo"}),
    "signal": frozenset({"pgw.service", "pgw.cli.interruption"}),
    "os": frozenset(
        {
            *("pgw.storage.database", "pgw.secret", "pgw.control.address"),
            *("pgw.last_resort", "pgw.demo"),
        }
    ),
    "fcntl": frozenset({"pgw.storage.database"}),
}
CLOCK_READERS = {"now", "utcnow", "today"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("path", PGW, ids=module_name)
def test_imports_follow_the_arrows(path: Path) -> None:
    layer = next((layer for layer in ARROWS if is_within(module_name(path), layer)), None)
    if layer is not None:
        own = [name for name in imports_of(path) if is_within(name, "pgw")]
        assert [] == [name for name in own if not any(is_within(name, allowed) for allowed in ARROWS[layer])]


@pytest.mark.parametrize("path", [path for path in PGW if "domain" in path.parts], ids=module_name)
def test_the_domain_knows_no_library_that_does_something(path: Path) -> None:
    standard = {"collections", "datetime", "decimal", "enum", "functools", "re", "typing", "zlib"}
    packages = {name.split(".")[0] for name in imports_of(path)}
    assert set() == packages - standard - PURE - {"pgw"}


def test_only_the_command_line_and_the_demo_import_the_service() -> None:
    importers = {
        module_name(path) for path in PGW if any(is_within(name, "pgw.service") for name in imports_of(path))
    }
    assert {"pgw.cli.access", "pgw.cli.serving", "pgw.demo"} == importers


def test_the_gateway_and_the_simulator_import_nothing_of_each_other() -> None:
    assert [] == [path for path in PGW if any(is_within(name, "simulator") for name in imports_of(path))]
    assert [] == [path for path in SIMULATOR if any(is_within(name, "pgw") for name in imports_of(path))]


@pytest.mark.parametrize("path", PGW, ids=module_name)
def test_time_chance_and_the_outside_world_come_in_through_adapters(path: Path) -> None:
    name = module_name(path)
    packages = {imported.split(".")[0] for imported in imports_of(path)}
    assert [] == sorted(
        package for package in packages if name not in ADAPTERS.get(package, frozenset({name}))
    )


@pytest.mark.parametrize("path", PGW, ids=module_name)
def test_nobody_reads_the_wall_clock_but_its_port(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    readings = [
        ast.unparse(call)
        for call in calls
        if isinstance(call, ast.Attribute)
        and call.attr in CLOCK_READERS
        and ast.unparse(call.value) in {"datetime", "date", "datetime.datetime"}
    ]
    assert [] == readings


@pytest.mark.parametrize("path", PGW, ids=module_name)
def test_no_queue_is_without_a_bound(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert "inf)" not in source.replace('float("inf")', "")
    assert "Queue(" not in source


def test_storage_and_answers_know_of_no_cvv() -> None:
    folders = ("storage", "jobs", "health")
    files = [path for path in PGW if any(folder in path.parts for folder in folders)]
    assert [] == [path for path in files if "cvv" in path.read_text(encoding="utf-8").lower()]


@pytest.mark.parametrize("path", PGW + SIMULATOR, ids=module_name)
def test_files_and_functions_stay_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE
    functions = [
        node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [one.name for one in functions if (one.end_lineno or 0) - one.lineno > LONGEST_FUNCTION]
    assert [] == long
