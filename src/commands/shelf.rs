//! The embedded tables, cut into their entries: an entry is read when somebody asks for its name. A guard that looks up
//! five programs must not wait for the tables of five hundred.
//!
//! This module only finds names and where entries begin; what an entry says is read by whoever owns its type.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

/// Reads the text of entries.
pub(super) type Read<T> = fn(&str) -> Result<Vec<T>, toml::de::Error>;

/// What stands under one name.
#[derive(Debug)]
struct Slot<T> {
    /// The entries' texts, each with the file that it is from.
    texts: Vec<(&'static str, &'static str)>,
    entries: OnceLock<Vec<T>>,
}

/// Entries by name and alias.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    slots: FxHashMap<&'static str, Slot<T>>,
    read: Read<T>,
}

impl<T> Shelf<T> {
    /// The entries of these files (name, text), each of which begins with the line `header`.
    pub(super) fn new(header: &str, files: &[(&'static str, &'static str)], read: Read<T>) -> Self {
        let mut shelf = Self { slots: FxHashMap::default(), read };
        for (file, text) in files {
            let at_line = |at: &usize| *at == 0 || text.as_bytes()[at - 1] == b'\n';
            let mut starts: Vec<usize> =
                text.match_indices(header).map(|(at, _)| at).filter(at_line).collect();
            starts.push(text.len());
            for pair in starts.windows(2) {
                shelf.add(file, &text[pair[0]..pair[1]]);
            }
        }
        shelf
    }

    fn add(&mut self, file: &'static str, entry: &'static str) {
        for name in names(entry) {
            let slot = self
                .slots
                .entry(name)
                .or_insert_with(|| Slot { texts: Vec::new(), entries: OnceLock::new() });
            slot.texts.push((file, entry));
        }
    }

    /// All entries of that name, in the order of the files.
    pub(super) fn all(&self, name: &str) -> &[T] {
        let Some(slot) = self.slots.get(name) else { return &[] };
        slot.entries.get_or_init(|| {
            let read = |(file, text): &(&str, &str)| {
                (self.read)(text).unwrap_or_else(|error| panic!("{file}: {}", error.message()))
            };
            slot.texts.iter().flat_map(read).collect()
        })
    }

    /// The last entry of that name.
    pub(super) fn last(&self, name: &str) -> Option<&T> {
        self.all(name).last()
    }

    /// All names and aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<'_, T> {
        self.slots.keys().copied()
    }
}

/// The name and the aliases of an entry.
fn names(entry: &'static str) -> Vec<&'static str> {
    let behind = |key: &str| {
        let at = entry.find(key)?;
        entry.get(at + key.len()..)
    };
    let mut names: Vec<&str> =
        behind("\nname = \"").and_then(|rest| rest.split('"').next()).into_iter().collect();
    if let Some(list) = behind("\naliases = [").and_then(|rest| rest.split(']').next()) {
        // Every other part between quotes is an alias; `[` itself is one.
        names.extend(list.split('"').skip(1).step_by(2));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::Tables;
    use super::names;

    #[test]
    fn every_entry_of_the_embedded_tables_can_be_read() {
        let tables = Tables::builtin();
        let found: Vec<&str> = tables.tool_names().collect();
        assert!(found.len() > 300, "the tables' entries were not found: {}", found.len());
        for name in found {
            let tool = tables.tool(name).expect("a name has an entry");
            assert!(tool.name == name || tool.aliases.iter().any(|alias| alias == name), "{name}");
        }
        for name in ["sudo", "juju", "docker", "runuser", "xargs"] {
            assert!(!tables.wrappers(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn an_entry_has_its_name_and_its_aliases() {
        let entry =
            "[[tool]]\nname = \"cat\"\naliases = [\n  \"tac\", \"[\",\n  \"nl\",\n]\nread = [\"**\"]\n";
        assert_eq!(names(entry), ["cat", "tac", "[", "nl"]);
    }
}
