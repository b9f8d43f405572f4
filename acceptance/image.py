"""Makes the image archive and has it read by skopeo, which shares no code with us. Prints `N passed, N failed`."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", help="a static program to pack instead of building one")
    arguments = parser.parse_args()
    install()
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place) / "image.tar"
        more = ["--binary", arguments.binary] if arguments.binary else []
        subprocess.run(["cargo", "xtask", "image", "--output", archive, *more], cwd=ROOT, check=True)
        failed = [what for what, holds in checks(archive, Path(place)) if not report(what, holds)]
        total = len(list(checks(archive, Path(place))))
    print(f"{total - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def install() -> None:
    if shutil.which("skopeo") is not None:
        return
    if os.geteuid() != 0:
        sys.exit("image: skopeo is missing; as root: apt-get install skopeo")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "skopeo"], env=quiet, check=True)


def report(what: str, holds: bool) -> bool:
    print(f"{'ok    ' if holds else 'FAILED'} {what}")
    return holds


def skopeo(*arguments: str) -> str:
    return subprocess.run(["skopeo", *arguments], check=True, capture_output=True, text=True).stdout


def checks(archive: Path, place: Path):
    """What skopeo says of the archive, and what comes out when it unpacks it."""
    image = json.loads(skopeo("inspect", f"oci-archive:{archive}"))
    raw = json.loads(skopeo("inspect", "--config", "--raw", f"oci-archive:{archive}"))
    config = raw["config"]
    yield "it is a Linux image", image["Os"] == "linux" and image["Architecture"] in ("amd64", "arm64")
    yield "it has one layer", len(image["Layers"]) == 1
    yield "it does not run as root", config["User"].split(":")[0] not in ("", "0", "root")
    yield "it listens to the network", config["Cmd"] == ["serve", "--listen", "0.0.0.0:4566"]
    yield "Docker can ask for its health", config["Healthcheck"]["Test"] == ["CMD", "/anabranch", "doctor", "--ready"]
    copied = place / "copied"
    if not copied.exists():
        skopeo("copy", "--insecure-policy", f"oci-archive:{archive}", f"dir:{copied}")
    manifest = json.loads((copied / "manifest.json").read_text())
    with tarfile.open(copied / manifest["layers"][0]["digest"].removeprefix("sha256:")) as layer:
        program = layer.getmember("anabranch")
        yield "the program is there and can be run", program.isfile() and program.mode == 0o755
        data = layer.getmember("data")
        yield "its user owns the data directory", data.isdir() and str(data.uid) == config["User"].split(":")[0]
        layer.extract(program, place, filter="data")
    yield "the program runs without anything around it", runs(place / "anabranch", place)


def runs(program: Path, place: Path) -> bool:
    """In a directory that holds nothing else, where the kernel lets us change the root."""
    line = [program, "--version"]
    if os.geteuid() == 0 and shutil.which("chroot"):
        line = ["chroot", place, "/anabranch", "--version"]
    return subprocess.run(line, capture_output=True).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
