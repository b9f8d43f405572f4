"""Where the lanes keep what they install and build: outside the checkout, so that a clean one starts warm."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENTS = ROOT / "acceptance" / "clients"
PEERS = ROOT / "acceptance" / "peers"
# What property tests draw from, so that a failure is the change's and can be repeated. `./test --slice properties` draws anew.
PROPTEST_SEED = "20131202"
# Of each line of the Kinesis Client Library the newest that Maven's repositories were found to hold whole.
KCL_VERSIONS = {"3": "3.5.1", "2": "2.5.8"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anabranch"


def keyed(name: str, *locks: Path) -> Path:
    """A directory of the cache whose name changes with the content of the lock files it is installed from."""
    digest = hashlib.sha256()
    for lock in locks:
        digest.update(lock.read_bytes())
    return CACHE / f"{name}-{digest.hexdigest()[:12]}"


def cargo_target() -> Path:
    """The build directory: the caller's choice, the checkout's own if there is one, else one of the cache for this checkout's path."""
    if chosen := os.environ.get("CARGO_TARGET_DIR"):
        return Path(chosen)
    if (own := ROOT / "target").is_dir():
        return own
    return CACHE / f"target-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


def boto3_venv() -> Path:
    return keyed("boto3", CLIENTS / "boto3" / "requirements.txt")


def cli_venv() -> Path:
    return keyed("cli", CLIENTS / "cli" / "requirements.txt")


def javascript() -> Path:
    return keyed("javascript", CLIENTS / "javascript" / "package-lock.json")


def java() -> Path:
    folder = CLIENTS / "java"
    return keyed("java", folder / "pom.xml", *sorted(folder.glob("src/**/*.java")))


def kcl(line: str) -> Path:
    """Our worker, compiled with a version of the KCL."""
    folder = CLIENTS / "kcl"
    return keyed(f"kcl-{KCL_VERSIONS[line]}", folder / "pom.xml", *sorted(folder.glob("src/**/*.java")))


def kclpy(name: str) -> Path:
    return keyed(name, CLIENTS / name / "requirements.txt")


def python_clients() -> Path:
    return keyed("python", CLIENTS / "python" / "requirements.txt")


def consumers() -> Path:
    """Python with the consumers and producers that only slices run."""
    return keyed("consumers", CLIENTS / "consumers" / "requirements.txt")


def kpl() -> Path:
    folder = CLIENTS / "kpl"
    return keyed("kpl", folder / "pom.xml", *sorted(folder.glob("src/**/*.java")))


def flink() -> Path:
    folder = CLIENTS / "flink"
    return keyed("flink", folder / "pom.xml", *sorted(folder.glob("src/**/*.java")))


def aggregators() -> Path:
    return keyed("aggregators", CLIENTS / "aggregators" / "package-lock.json")


def kinesalite() -> Path:
    return keyed("kinesalite", PEERS / "kinesalite" / "package-lock.json")


def dynamodb_local() -> Path:
    return keyed("dynamodb-local", PEERS / "dynamodb_local" / "pom.xml")


def dynoxide() -> Path:
    return keyed("dynoxide", PEERS / "dynoxide" / "package-lock.json")


def go() -> Path:
    return keyed("go", *sorted((CLIENTS / "go").glob("*")))


def go_program() -> Path:
    """The machine's Go if it is new enough for `go.mod`, else one of our own from PyPI: Debian's is too old for the SDK."""
    if present := shutil.which("go"):
        told = subprocess.run([present, "env", "GOVERSION"], env={**os.environ, "GOTOOLCHAIN": "local"}, capture_output=True, text=True)
        wanted = re.search(r"^go ([\d.]+)$", (CLIENTS / "go" / "go.mod").read_text(), re.MULTILINE)[1]
        if told.returncode == 0 and numbers(told.stdout) >= numbers(wanted):
            return Path(present)
    return go_toolchain() / "bin" / "go"


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def go_toolchain() -> Path:
    return keyed("go-toolchain", CLIENTS / "go" / "toolchain.txt")


def rust() -> Path:
    folder = CLIENTS / "rust"
    models = [ROOT / "models" / name for name in ("cloudwatch.json", "kinesis.json", "logs.json", "sts.json", "operations.toml")]
    return keyed("rust", folder / "Cargo.toml", folder / "Cargo.lock", *sorted(folder.glob("**/*.rs")), *models)


def rust_target() -> Path:
    """Where what Rust's clients are made of is compiled, and kept from one of them to the next."""
    return CACHE / "rust-target"


def environment() -> dict[str, str]:
    """What every step finds in its environment."""
    target = cargo_target()
    return {
        **os.environ,
        "CARGO_TARGET_DIR": str(target),
        "CARGO_TERM_COLOR": "never",
        "ANABRANCH_CACHE": str(CACHE),
        "ANABRANCH_BINARY": str(target / "release" / "anabranch"),
        "ACCEPTANCE_PYTHON": str(boto3_venv() / "bin" / "python"),
        "ACCEPTANCE_PYTHON_CLIENTS": str(python_clients() / "bin" / "python"),
        "ACCEPTANCE_CONSUMERS": str(consumers() / "bin" / "python"),
        "ACCEPTANCE_KPL": str(kpl()),
        "ACCEPTANCE_FLINK": str(flink()),
        "ACCEPTANCE_AGGREGATORS": str(aggregators()),
        "ACCEPTANCE_AWS": str(cli_venv() / "bin" / "aws"),
        "ACCEPTANCE_NODE": shutil.which("node") or "node",
        "ACCEPTANCE_KINESALITE": str(kinesalite()),
        "ACCEPTANCE_DYNAMODB_LOCAL": str(dynamodb_local()),
        "ACCEPTANCE_DYNOXIDE": str(dynoxide()),
        "ACCEPTANCE_JAVA_CLASSES": str(java() / "classes"),
        "ACCEPTANCE_JAVA_LIBRARIES": str(java() / "lib"),
        **{f"ACCEPTANCE_KCL_{line}": str(kcl(line)) for line in KCL_VERSIONS},
        "ACCEPTANCE_KCLPY": str(kclpy("kclpy") / "bin" / "python"),
        "ACCEPTANCE_KCLPY2": str(kclpy("kclpy2") / "bin" / "python"),
        "ACCEPTANCE_GO": str(go() / "agent"),
        "ACCEPTANCE_GO_PROGRAM": str(go_program()),
        "ACCEPTANCE_RUST_TARGET": str(rust_target()),
        "ACCEPTANCE_RUST": str(rust() / "agent"),
        "ACCEPTANCE_TRAFFIC": os.environ.get("ACCEPTANCE_TRAFFIC", str(target / "traffic")),
        "PROPTEST_RNG_SEED": os.environ.get("PROPTEST_RNG_SEED", PROPTEST_SEED),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
