//! The archive's bytes: OCI Image Layout 1.0 in a tar, the same for the same program.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use crate::model::Result;

/// Who runs the program in a container: nobody in particular, and not root.
const USER: u64 = 65_532;
const SECOND_NS: u64 = 1_000_000_000;

/// An image archive with this program as `/anabranch`.
pub fn archive(program: &[u8], architecture: &str, version: &str) -> Result<Vec<u8>> {
    let layer = layer(program)?;
    let config = config(architecture, &layer, version).to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let mut listed = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    listed["annotations"] = json!({ "org.opencontainers.image.ref.name": version });
    listed["platform"] = json!({ "architecture": architecture, "os": "linux" });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [listed],
    });

    let mut tar = Builder::new(Vec::new());
    put(&mut tar, "oci-layout", 0o644, 0, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    put(&mut tar, "index.json", 0o644, 0, index.to_string().as_bytes())?;
    for blob in [&manifest, &config, &layer] {
        put(&mut tar, &format!("blobs/sha256/{}", sha256(blob)), 0o644, 0, blob)?;
    }
    Ok(tar.into_inner()?)
}

/// How a container is started from it. OCI has no health check; Docker and Podman read Docker's field.
fn config(architecture: &str, layer: &[u8], version: &str) -> Value {
    json!({
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "4566/tcp": {} },
            "Env": ["PATH=/", "ANABRANCH_DATA_DIR=/data"],
            "Entrypoint": ["/anabranch"],
            "Cmd": ["serve", "--listen", "0.0.0.0:4566"],
            "Volumes": { "/data": {} },
            "WorkingDir": "/data",
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "anabranch",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": env!("CARGO_PKG_LICENSE"),
            },
            "Healthcheck": {
                "Test": ["CMD", "/anabranch", "doctor", "--ready"],
                "Interval": 10 * SECOND_NS,
                "Timeout": 5 * SECOND_NS,
                "StartPeriod": 60 * SECOND_NS,
                "StartInterval": SECOND_NS,
                "Retries": 3,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", sha256(layer))] },
        "history": [{ "created_by": "cargo xtask image" }],
    })
}

/// What is in the container: the program, and directories that its user may write to.
fn layer(program: &[u8]) -> Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (directory, mode) in [("data/", 0o700), ("tmp/", 0o1777)] {
        let mut header = header(mode, USER, 0);
        header.set_entry_type(EntryType::Directory);
        tar.append_data(&mut header, directory, std::io::empty())?;
    }
    put(&mut tar, "anabranch", 0o755, 0, program)?;
    Ok(tar.into_inner()?)
}

fn put(tar: &mut Builder<Vec<u8>>, path: &str, mode: u32, owner: u64, bytes: &[u8]) -> Result<()> {
    tar.append_data(&mut header(mode, owner, bytes.len() as u64), path, bytes)?;
    Ok(())
}

/// A header without time or names, so that one program makes one archive.
fn header(mode: u32, owner: u64, bytes: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(0);
    header.set_size(bytes);
    header
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": format!("sha256:{}", sha256(bytes)), "size": bytes.len() })
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;

    fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut tar = tar::Archive::new(archive);
        let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (entry.path().unwrap().display().to_string(), bytes)
        };
        tar.entries().unwrap().map(read).collect()
    }

    fn blob(files: &BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Vec<u8> {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let bytes = files[&format!("blobs/sha256/{digest}")].clone();
        assert_eq!(sha256(&bytes), digest);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    }

    #[test]
    fn every_digest_leads_from_the_index_to_the_program() {
        let files = files(&archive(b"the program", "amd64", "1.2.3").unwrap());
        let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
        let manifest: Value = serde_json::from_slice(&blob(&files, &index["manifests"][0])).unwrap();
        let config: Value = serde_json::from_slice(&blob(&files, &manifest["config"])).unwrap();
        let layer = blob(&files, &manifest["layers"][0]);
        assert_eq!(config["rootfs"]["diff_ids"][0], manifest["layers"][0]["digest"]);
        assert_eq!(super::tests::files(&layer)["anabranch"], b"the program");
        assert_eq!(config["config"]["Cmd"], json!(["serve", "--listen", "0.0.0.0:4566"]));
        assert_eq!(config["config"]["User"], "65532:65532");
        assert_eq!(config["config"]["Healthcheck"]["Test"][3], "--ready");
        assert_eq!(files.len(), 5);
    }

    #[test]
    fn one_program_makes_one_archive() {
        assert_eq!(archive(b"p", "arm64", "1").unwrap(), archive(b"p", "arm64", "1").unwrap());
    }
}
