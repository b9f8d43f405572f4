"""Installs what the lanes need: system packages where something is missing, then the pinned clients, each only when its lock file changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import places

# A program that must be there, and the Debian package that brings it.
PROGRAMS = {
    "cc": "build-essential",
    "cmake": "cmake",
    "git": "git",
    "openssl": "openssl",
    "node": "nodejs",
    "npm": "npm",
    "javac": "openjdk-17-jdk-headless",
    "mvn": "maven",
    "valgrind": "valgrind",
}


# What a slice needs beside that, and installs itself: `install.py NAME`.
EXTRA = {
    "kcl2": lambda: kcl("2"),
    "dynamodb-local": lambda: java_libraries(places.dynamodb_local(), places.PEERS / "dynamodb_local"),
    "dynoxide": lambda: node_modules(places.dynoxide(), places.PEERS / "dynoxide"),
    "kclpy": lambda: python(places.kclpy("kclpy"), places.CLIENTS / "kclpy" / "requirements.txt"),
    "kclpy2": lambda: python(places.kclpy("kclpy2"), places.CLIENTS / "kclpy2" / "requirements.txt"),
    "consumers": lambda: python(places.consumers(), places.CLIENTS / "consumers" / "requirements.txt"),
    "kpl": lambda: once(places.kpl(), lambda new: maven(places.CLIENTS / "kpl", new)),
    "flink": lambda: once(places.flink(), lambda new: maven(places.CLIENTS / "flink", new)),
    "prometheus": lambda: system_packages({"prometheus": "prometheus", "promtool": "prometheus"}),
    "aggregators": lambda: node_modules(places.aggregators(), places.CLIENTS / "aggregators"),
}


def main() -> None:
    for name in sys.argv[1:]:
        EXTRA[name]()
    if sys.argv[1:]:
        return
    system_packages(PROGRAMS)
    rust_toolchain()
    python(places.boto3_venv(), places.CLIENTS / "boto3" / "requirements.txt")
    python(places.cli_venv(), places.CLIENTS / "cli" / "requirements.txt")
    python(places.python_clients(), places.CLIENTS / "python" / "requirements.txt")
    javascript(places.javascript())
    node_modules(places.kinesalite(), places.PEERS / "kinesalite")
    java(places.java())
    kcl("3")
    go(places.go())
    rust(places.rust())


def system_packages(programs: dict[str, str]) -> None:
    missing = sorted({package for program, package in programs.items() if shutil.which(program) is None})
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"install: missing programs; as root: apt-get install {' '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=quiet)
    run("apt-get", "install", "-y", "-qq", *missing, env=quiet)


def rust_toolchain() -> None:
    if shutil.which("cargo") is None:
        sys.exit("install: Rust is missing; install rustup (https://rustup.rs), it reads rust-toolchain.toml")
    for component in ("cargo-fmt", "cargo-clippy"):
        if shutil.which(component) is None:
            sys.exit(f"install: {component} is missing; `rustup component add rustfmt clippy`")


def python(place: Path, requirements: Path) -> None:
    def build(new: Path) -> None:
        run(sys.executable, "-m", "venv", new)
        run(new / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", requirements)

    # A virtual environment knows its own path, so it cannot be made elsewhere and renamed.
    once(place, build, movable=False)


def node_modules(place: Path, folder: Path) -> None:
    def build(new: Path) -> None:
        new.mkdir()
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(folder / name, new)
        run("npm", "ci", "--silent", "--omit=dev", cwd=new)

    once(place, build)


def javascript(place: Path) -> None:
    node_modules(place, places.CLIENTS / "javascript")
    link = places.CLIENTS / "javascript" / "node_modules"
    if link.is_symlink() and link.readlink() != place / "node_modules":
        link.unlink()
    if not link.exists():
        link.symlink_to(place / "node_modules")


def java(place: Path) -> None:
    once(place, lambda new: maven(places.CLIENTS / "java", new))


def kcl(line: str) -> None:
    once(places.kcl(line), lambda new: maven(places.CLIENTS / "kcl", new, f"-Dkcl.version={places.KCL_VERSIONS[line]}"))


def maven(folder: Path, new: Path, *settings: str) -> None:
    """Compiles a program into `classes` of a new directory, with all that it stands on beside it in `lib`."""
    run(
        "mvn", "--quiet", "--batch-mode", "-Dstyle.color=never", "--file", folder / "pom.xml",
        "compile", "dependency:copy-dependencies", f"-Dplace={new}", f"-DoutputDirectory={new}/lib", *settings,
    )


def java_libraries(place: Path, folder: Path) -> None:
    """Programs that are all there is to a `pom.xml`."""
    def build(new: Path) -> None:
        run("mvn", "--quiet", "--batch-mode", "-Dstyle.color=never", "--file", folder / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={new}")

    once(place, build)


def go(place: Path) -> None:
    def build(new: Path) -> None:
        quiet = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
        if not places.go_program().exists():
            python(places.go_toolchain(), places.CLIENTS / "go" / "toolchain.txt")
        run(places.go_program(), "build", "-trimpath", "-ldflags", "-s -w", "-o", new / "agent", ".", cwd=places.CLIENTS / "go", env=quiet)

    once(place, build)


def rust(place: Path) -> None:
    def build(new: Path) -> None:
        # What it is made of is kept, so that a change of the agent alone builds the agent alone.
        target = places.rust_target()
        manifest = places.CLIENTS / "rust" / "Cargo.toml"
        run("cargo", "build", "--locked", "--quiet", "--manifest-path", manifest, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
        new.mkdir()
        shutil.copy(target / "debug" / "agent", new)

    once(place, build)


def once(place: Path, build, movable: bool = True) -> None:
    """Builds a place unless it is there whole: a build that was interrupted is begun anew."""
    whole = place / ".whole"
    if whole.exists():
        return
    print(f"install: {place.name}", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    new = place.with_name(place.name + ".new") if movable else place
    shutil.rmtree(new, ignore_errors=True)
    build(new)
    if movable:
        new.rename(place)
    whole.touch()


def run(*words, **options) -> None:
    subprocess.run([str(word) for word in words], check=True, **options)


if __name__ == "__main__":
    main()
