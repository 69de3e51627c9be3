//! A map by name that costs nothing to copy: a persistent hash trie.
//!
//! Two paths that part share every node that neither has changed since. So a copy is one pointer, and what two maps
//! differ in is found in the time that the differences take, however large the maps are.

use std::hash::{BuildHasher, BuildHasherDefault};
use std::rc::Rc;

use rustc_hash::FxHasher;

/// How many bits of a hash each level has on its own. It looks at five: the root has up to 32 children, a node below it, which
/// shares two of them with the one above, up to 8.
const BITS: u32 = 3;

#[derive(Debug, Clone)]
enum Node<V> {
    /// One entry.
    Leaf { hash: u64, key: Rc<str>, value: V },
    /// Entries whose hashes are the same to the last bit.
    Clash { hash: u64, entries: Vec<(Rc<str>, V)> },
    /// Children, by the next bits of their entries' hashes.
    Branch { bitmap: u32, children: Vec<Rc<Node<V>>> },
}

/// A map from names to `V`.
#[derive(Debug, Clone)]
pub struct Map<V> {
    root: Option<Rc<Node<V>>>,
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self { root: None }
    }
}

fn hash_of(key: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(key)
}

fn bit(hash: u64, depth: u32) -> u32 {
    1 << ((hash >> (BITS * depth).min(63)) & 31)
}

fn position(bitmap: u32, bit: u32) -> usize {
    (bitmap & (bit - 1)).count_ones() as usize
}

impl<V> Map<V> {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Whether both are copies of one map that neither has changed since.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The value of `key`, and the key as it is shared.
    pub fn entry(&self, key: &str) -> Option<(&Rc<str>, &V)> {
        self.root.as_ref().and_then(|root| root.find(hash_of(key), key, 0))
    }

    /// Whether `key` is in it.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Every entry, in an order that only depends on the keys.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter { nodes: self.root.iter().map(Rc::as_ref).collect(), clash: [].iter() }
    }

    /// Every key whose entry is not shared by both, with its value on either side.
    pub fn differences<'m>(
        &'m self,
        other: &'m Self,
        see: &mut dyn FnMut(&'m Rc<str>, Option<&'m V>, Option<&'m V>),
    ) {
        self.differences_while(other, &mut |key, mine, theirs| {
            see(key, mine, theirs);
            true
        });
    }

    /// The same, as long as `see` wants more.
    pub fn differences_while<'m>(&'m self, other: &'m Self, see: &mut See<'_, 'm, V>) -> bool {
        match (&self.root, &other.root) {
            (Some(a), Some(b)) => differences(a, b, 0, see),
            (Some(_), None) => self.iter().all(|(key, value)| see(key, Some(value), None)),
            (None, Some(_)) => other.iter().all(|(key, value)| see(key, None, Some(value))),
            (None, None) => true,
        }
    }
}

impl<V: Clone> Map<V> {
    /// Sets the value of `key`.
    pub fn insert(&mut self, key: &str, value: V) {
        let hash = hash_of(key);
        match &mut self.root {
            Some(root) => insert(root, hash, key, value, 0),
            None => self.root = Some(Rc::new(Node::Leaf { hash, key: Rc::from(key), value })),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) {
        let hash = hash_of(key);
        if let Some(root) = &mut self.root
            && root.find(hash, key, 0).is_some()
            && remove(root, hash, key, 0)
        {
            self.root = None;
        }
    }
}

impl<V: PartialEq> PartialEq for Map<V> {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || self.differences_while(other, &mut |_, a, b| a == b)
    }
}

impl<V: Eq> Eq for Map<V> {}

impl<V> Node<V> {
    fn find(&self, hash: u64, key: &str, depth: u32) -> Option<(&Rc<str>, &V)> {
        match self {
            Self::Leaf { hash: own, key: name, value } => {
                (*own == hash && name.as_ref() == key).then_some((name, value))
            }
            Self::Clash { entries, .. } => {
                entries.iter().find(|(name, _)| name.as_ref() == key).map(|(name, value)| (name, value))
            }
            Self::Branch { bitmap, children } => {
                let bit = bit(hash, depth);
                if bitmap & bit == 0 {
                    return None;
                }
                children[position(*bitmap, bit)].find(hash, key, depth + 1)
            }
        }
    }

    fn iter(&self) -> Iter<'_, V> {
        Iter { nodes: vec![self], clash: [].iter() }
    }

    /// The hash of a node without children.
    fn hash(&self) -> Option<u64> {
        match self {
            Self::Leaf { hash, .. } | Self::Clash { hash, .. } => Some(*hash),
            Self::Branch { .. } => None,
        }
    }
}

fn insert<V: Clone>(node: &mut Rc<Node<V>>, hash: u64, key: &str, value: V, depth: u32) {
    if let Some(own) = node.hash().filter(|own| *own != hash) {
        let children = vec![Rc::clone(node)];
        *node = Rc::new(Node::Branch { bitmap: bit(own, depth), children });
    }
    if let Node::Leaf { key: name, .. } = node.as_ref()
        && name.as_ref() == key
        && Rc::strong_count(node) > 1
    {
        // What is overwritten need not be copied.
        *node = Rc::new(Node::Leaf { hash, key: Rc::clone(name), value });
        return;
    }
    match Rc::make_mut(node) {
        Node::Leaf { key: name, value: old, .. } => {
            if name.as_ref() == key {
                *old = value;
            } else {
                let entries = vec![(Rc::clone(name), old.clone()), (Rc::from(key), value)];
                *node = Rc::new(Node::Clash { hash, entries });
            }
        }
        Node::Clash { entries, .. } => match entries.iter_mut().find(|(name, _)| name.as_ref() == key) {
            Some((_, old)) => *old = value,
            None => entries.push((Rc::from(key), value)),
        },
        Node::Branch { bitmap, children } => {
            let bit = bit(hash, depth);
            let at = position(*bitmap, bit);
            if *bitmap & bit == 0 {
                *bitmap |= bit;
                children.insert(at, Rc::new(Node::Leaf { hash, key: Rc::from(key), value }));
            } else {
                insert(&mut children[at], hash, key, value, depth + 1);
            }
        }
    }
}

/// Takes out a key that is there; whether nothing is left of the node.
fn remove<V: Clone>(node: &mut Rc<Node<V>>, hash: u64, key: &str, depth: u32) -> bool {
    match Rc::make_mut(node) {
        Node::Leaf { .. } => true,
        Node::Clash { entries, .. } => {
            entries.retain(|(name, _)| name.as_ref() != key);
            entries.is_empty()
        }
        Node::Branch { bitmap, children } => {
            let bit = bit(hash, depth);
            let at = position(*bitmap, bit);
            if remove(&mut children[at], hash, key, depth + 1) {
                *bitmap &= !bit;
                children.remove(at);
            }
            children.is_empty()
        }
    }
}

/// Is told of a key with its value on either side; says whether it wants more.
type See<'s, 'm, V> = dyn FnMut(&'m Rc<str>, Option<&'m V>, Option<&'m V>) -> bool + 's;

fn differences<'m, V>(a: &'m Rc<Node<V>>, b: &'m Rc<Node<V>>, depth: u32, see: &mut See<'_, 'm, V>) -> bool {
    if Rc::ptr_eq(a, b) {
        return true;
    }
    if let (Node::Branch { bitmap: a, children: lefts }, Node::Branch { bitmap: b, children: rights }) =
        (a.as_ref(), b.as_ref())
    {
        let mut both = a | b;
        while both != 0 {
            let bit = both & both.wrapping_neg();
            both &= both - 1;
            let left = (a & bit != 0).then(|| &lefts[position(*a, bit)]);
            let right = (b & bit != 0).then(|| &rights[position(*b, bit)]);
            let more = match (left, right) {
                (Some(left), Some(right)) => differences(left, right, depth + 1, see),
                (Some(left), None) => left.iter().all(|(key, value)| see(key, Some(value), None)),
                (None, Some(right)) => right.iter().all(|(key, value)| see(key, None, Some(value))),
                (None, None) => true,
            };
            if !more {
                return false;
            }
        }
        return true;
    }
    match (a.as_ref(), b.as_ref()) {
        (Node::Leaf { hash: one, key, value }, Node::Leaf { hash: two, key: name, value: theirs }) => {
            if one == two && key == name {
                see(key, Some(value), Some(theirs))
            } else {
                see(key, Some(value), None) && see(name, None, Some(theirs))
            }
        }
        _ => differences_by_key(a, b, depth, see),
    }
}

/// Looks every key of one side up on the other: where one holds a single entry and the other several.
fn differences_by_key<'m, V>(
    a: &'m Rc<Node<V>>,
    b: &'m Rc<Node<V>>,
    depth: u32,
    see: &mut See<'_, 'm, V>,
) -> bool {
    let find = |node: &'m Rc<Node<V>>, key: &str| node.find(hash_of(key), key, depth);
    a.iter().all(|(key, value)| see(key, Some(value), find(b, key).map(|(_, value)| value)))
        && b.iter().filter(|(key, _)| find(a, key).is_none()).all(|(key, value)| see(key, None, Some(value)))
}

/// The entries of a [`Map`].
#[derive(Debug)]
pub struct Iter<'m, V> {
    nodes: Vec<&'m Node<V>>,
    clash: std::slice::Iter<'m, (Rc<str>, V)>,
}

impl<'m, V> Iterator for Iter<'m, V> {
    type Item = (&'m Rc<str>, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.clash.next() {
                return Some((key, value));
            }
            match self.nodes.pop()? {
                Node::Leaf { key, value, .. } => return Some((key, value)),
                Node::Clash { entries, .. } => self.clash = entries.iter(),
                Node::Branch { children, .. } => {
                    self.nodes.extend(children.iter().rev().map(Rc::as_ref));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Map;

    /// A long row of changes leaves the map as one that was built afresh, and a copy as it was.
    #[test]
    fn a_copy_keeps_what_it_had_and_differences_are_all_that_changed() {
        let mut map = Map::default();
        for number in 0..500 {
            map.insert(&format!("name{number}"), number);
        }
        let copy = map.clone();
        assert!(copy.same(&map));
        for number in (0..500).step_by(7) {
            map.remove(&format!("name{number}"));
        }
        map.insert("name1", 1_000);
        map.insert("new", 1);
        assert_eq!(copy.iter().count(), 500);
        assert_eq!(copy.get("name1"), Some(&1));
        assert_eq!(map.get("name7"), None);
        let mut seen = Vec::new();
        copy.differences(&map, &mut |key, before, after| {
            if before != after {
                seen.push(key.to_string());
            }
        });
        assert_eq!(seen.len(), 500_usize.div_ceil(7) + 2);
        let mut again = Map::default();
        map.iter().for_each(|(key, value)| again.insert(key, *value));
        assert!(again == map);
        assert!(again != copy);
    }
}
