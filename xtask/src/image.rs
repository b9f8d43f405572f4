//! `cargo xtask image`: an OCI image archive with the program alone in it, made without a container engine.

mod archive;
mod elf;

use std::path::PathBuf;
use std::process::Command;

use crate::model::Result;

/// Where the archive is written unless `--output` says otherwise.
const OUTPUT: &str = "target/anabranch-oci.tar";

/// Builds the program as a static one, unless `--binary FILE` names it, and packs it.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut binary: Option<PathBuf> = None;
    let mut output = PathBuf::from(OUTPUT);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--binary" => binary = Some(value.into()),
            "--output" => output = value.into(),
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    let binary = match binary {
        Some(binary) => binary,
        None => build()?,
    };
    let program = std::fs::read(&binary).map_err(|e| format!("cannot read {}: {e}", binary.display()))?;
    if let Some(interpreter) = elf::interpreter(&program)? {
        let name = binary.display();
        return Err(
            format!("{name} needs {interpreter} at run time, which an image of one file has not").into()
        );
    }
    let version = env!("CARGO_PKG_VERSION");
    let archive = archive::archive(&program, elf::architecture(&program)?, version)?;
    std::fs::write(&output, archive).map_err(|e| format!("cannot write {}: {e}", output.display()))?;
    println!("{}", output.display());
    Ok(())
}

/// A build for this machine's own target, the one that is given away, with its C library inside.
fn build() -> Result<PathBuf> {
    let target = host()?;
    let status = Command::new("cargo")
        .args(["build", "--locked", "--profile", "dist", "-p", "anabranch", "--target", &target])
        .env("RUSTFLAGS", "-C target-feature=+crt-static")
        .status()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if !status.success() {
        return Err("the program could not be built".into());
    }
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(built.join(target).join("dist").join("anabranch"))
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|e| format!("cannot run rustc: {e}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not name its host")?.to_owned())
}
