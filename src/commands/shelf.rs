//! The embedded tables, cut into their entries: an entry is read when somebody asks for its name. A guard that looks up
//! five programs must not wait for the tables of five hundred.
//!
//! `build.rs` writes the entries as JSON, and their names sorted; what an entry says is read by whoever owns its type.

use std::sync::OnceLock;

/// An entry: the file that it is from, and its text.
pub(super) type Entry = (&'static str, &'static str);

/// Names, sorted, each with its entries in the order of the files.
pub(super) type Index = &'static [(&'static str, &'static [&'static Entry])];

/// Reads the text of an entry.
pub(super) type Read<T> = fn(&str) -> Result<T, serde_json::Error>;

/// Entries by name and alias.
#[derive(Debug)]
pub(super) struct Shelf<T> {
    index: Index,
    /// Where the names of each first byte start in the index.
    starts: Box<[u16; 257]>,
    /// What was read, by place in the index.
    entries: Box<[OnceLock<Vec<T>>]>,
    read: Read<T>,
}

impl<T> Shelf<T> {
    /// The entries of an index.
    pub(super) fn new(index: Index, read: Read<T>) -> Self {
        let mut starts = Box::new([0; 257]);
        let mut first = 0;
        for (place, (name, _)) in (0..).zip(index) {
            let byte = name.bytes().next().map_or(0, usize::from);
            starts[first + 1..=byte].fill(place);
            first = first.max(byte);
        }
        starts[first + 1..].fill(u16::try_from(index.len()).expect("an index has a few thousand names"));
        Self { index, starts, entries: index.iter().map(|_| OnceLock::new()).collect(), read }
    }

    /// The place of a name in the index.
    fn place(&self, name: &str) -> Option<usize> {
        let first = usize::from(*name.as_bytes().first()?);
        let [start, end] = [self.starts[first], self.starts[first + 1]].map(usize::from);
        let place = self.index[start..end].binary_search_by_key(&name, |(known, _)| known).ok()?;
        Some(start + place)
    }

    /// All entries of that name, in the order of the files.
    pub(super) fn all(&self, name: &str) -> &[T] {
        let Some(place) = self.place(name) else { return &[] };
        self.entries[place].get_or_init(|| {
            let read = |(file, text): &(&str, &str)| {
                (self.read)(text).unwrap_or_else(|error| panic!("{file}: `{name}`: {error}"))
            };
            self.index[place].1.iter().copied().map(read).collect()
        })
    }

    /// The last entry of that name.
    pub(super) fn last(&self, name: &str) -> Option<&T> {
        self.all(name).last()
    }

    /// All names and aliases.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<T> {
        self.index.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tables;

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
}
