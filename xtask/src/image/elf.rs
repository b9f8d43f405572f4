//! As much of ELF as tells whether a program runs by itself, and where. 64 bits, little-endian (System V ABI, chapters 4 and 5).

use crate::model::Result;

const PT_INTERP: u32 = 3;
const EM_X86_64: u16 = 62;
const EM_AARCH64: u16 = 183;

/// The dynamic linker that the program asks for; none for a static one.
pub fn interpreter(program: &[u8]) -> Result<Option<String>> {
    check(program)?;
    let table = usize::try_from(u64::from_le_bytes(field(program, 32)?))?;
    let entry_bytes = usize::from(u16::from_le_bytes(field(program, 54)?));
    let entries = usize::from(u16::from_le_bytes(field(program, 56)?));
    for at in (0..entries).map(|i| table.saturating_add(i * entry_bytes)) {
        if u32::from_le_bytes(field(program, at)?) == PT_INTERP {
            let offset = usize::try_from(u64::from_le_bytes(field(program, at + 8)?))?;
            let length = usize::try_from(u64::from_le_bytes(field(program, at + 32)?))?;
            let end = offset.checked_add(length).ok_or("a damaged ELF file")?;
            let name = program.get(offset..end).ok_or("a damaged ELF file")?;
            return Ok(Some(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned()));
        }
    }
    Ok(None)
}

/// The processor, as OCI images name it.
pub fn architecture(program: &[u8]) -> Result<&'static str> {
    check(program)?;
    match u16::from_le_bytes(field(program, 18)?) {
        EM_X86_64 => Ok("amd64"),
        EM_AARCH64 => Ok("arm64"),
        other => Err(format!("no image is made for ELF machine {other}").into()),
    }
}

fn check(program: &[u8]) -> Result<()> {
    if program.starts_with(b"\x7fELF\x02\x01") { Ok(()) } else { Err("it is no 64-bit ELF program".into()) }
}

fn field<const N: usize>(program: &[u8], at: usize) -> Result<[u8; N]> {
    let bytes = program.get(at..).and_then(|rest| rest.first_chunk()).ok_or("a damaged ELF file")?;
    Ok(*bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program header of `kind`, with eight bytes of text behind it.
    pub fn program(kind: u32) -> Vec<u8> {
        let mut bytes = vec![0; 64 + 56];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[18..20].copy_from_slice(&EM_X86_64.to_le_bytes());
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
        bytes[64..68].copy_from_slice(&kind.to_le_bytes());
        bytes[72..80].copy_from_slice(&120_u64.to_le_bytes());
        bytes[96..104].copy_from_slice(&8_u64.to_le_bytes());
        bytes.extend(b"/lib/ld\0");
        bytes
    }

    #[test]
    fn a_program_that_needs_a_linker_is_told_from_one_that_does_not() {
        assert_eq!(interpreter(&program(PT_INTERP)).unwrap().as_deref(), Some("/lib/ld"));
        assert_eq!(interpreter(&program(1)).unwrap(), None);
        assert_eq!(architecture(&program(1)).unwrap(), "amd64");
    }

    #[test]
    fn what_is_no_program_or_cut_is_refused() {
        assert!(interpreter(b"#!/bin/sh").is_err());
        assert!(interpreter(&program(PT_INTERP)[..100]).is_err());
        assert!(architecture(b"\x7fELF\x02\x01").is_err());
    }
}
