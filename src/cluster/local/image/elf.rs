//! Reads from a 64-bit ELF program which loader and which shared libraries it needs.

/// What a dynamically linked file needs to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// The dynamic loader's path, in programs.
    pub(crate) loader: Option<String>,
    /// The names of shared libraries.
    pub(crate) libraries: Vec<String>,
}

const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const NEEDED: u64 = 1;
const STRING_TABLE: u64 = 5;

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    size: u64,
}

/// The needs of a file; `None` for what is no little-endian 64-bit ELF file or is cut short.
pub(crate) fn needs(file: &[u8]) -> Option<Needs> {
    if file.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, entry_size, count) = (
        number(file, 0x20, 8)?,
        number(file, 0x36, 2)?,
        number(file, 0x38, 2)?,
    );
    let mut segments = Vec::new();
    for index in 0..count {
        let at = table.checked_add(index * entry_size)?;
        segments.push(Segment {
            kind: u32::try_from(number(file, at, 4)?).ok()?,
            offset: number(file, at + 8, 8)?,
            address: number(file, at + 16, 8)?,
            size: number(file, at + 32, 8)?,
        });
    }
    let mut needs = Needs::default();
    for segment in &segments {
        match segment.kind {
            INTERPRETER => needs.loader = text(file, segment.offset),
            DYNAMIC => needs.libraries = libraries(file, segment, &segments)?,
            _ => {}
        }
    }
    Some(needs)
}

fn libraries(file: &[u8], dynamic: &Segment, segments: &[Segment]) -> Option<Vec<String>> {
    let (mut names, mut strings) = (Vec::new(), None);
    for at in (dynamic.offset..dynamic.offset.checked_add(dynamic.size)?).step_by(16) {
        let (tag, value) = (number(file, at, 8)?, number(file, at + 8, 8)?);
        match tag {
            0 => break,
            NEEDED => names.push(value),
            // The table is given by the address it is loaded to; the segment tells where in the file that is.
            STRING_TABLE => {
                strings = segments
                    .iter()
                    .find(|part| {
                        part.kind == LOAD
                            && (part.address..part.address.checked_add(part.size).unwrap_or(0))
                                .contains(&value)
                    })
                    .map(|part| value - part.address + part.offset);
            }
            _ => {}
        }
    }
    let Some(strings) = strings else {
        return Some(Vec::new());
    };
    names
        .into_iter()
        .map(|name| text(file, strings.checked_add(name)?))
        .collect()
}

fn number(file: &[u8], at: u64, size: usize) -> Option<u64> {
    let at = usize::try_from(at).ok()?;
    let bytes = file.get(at..at.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte)),
    )
}

fn text(file: &[u8], at: u64) -> Option<String> {
    let rest = file.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    String::from_utf8(rest[..end].to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_test_program_needs_a_libc() {
        let file = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let needs = needs(&file).expect("an ELF file");
        assert!(
            needs
                .loader
                .is_some_and(|loader| loader.contains("ld-linux"))
        );
        assert!(
            needs
                .libraries
                .iter()
                .any(|name| name.starts_with("libc.so")),
            "{:?}",
            needs.libraries
        );
    }

    #[test]
    fn what_is_no_elf_file_needs_nothing_and_a_cut_one_does_no_harm() {
        assert_eq!(needs(b"#!/bin/sh\n"), None);
        let file = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        for length in 0..2000.min(file.len()) {
            let _ = needs(&file[..length]);
        }
    }
}
