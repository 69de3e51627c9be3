//! The nearest of the known names: what an unknown key, rule or program was probably meant to be.
//!
//! This module knows no names of its own.

use similar::TextDiff;

/// Below this likeness (0 to 1) a suggestion would confuse more than it helps.
const LIKENESS: f32 = 0.6;

/// The candidate most like `name`, where one is like it at all. Among equals the first wins.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = fold(name);
    let mut best: Option<(f32, &'a str)> = None;
    for candidate in candidates {
        let likeness = TextDiff::from_chars(wanted.as_str(), fold(candidate).as_str()).ratio();
        if likeness >= LIKENESS && best.is_none_or(|(top, _)| likeness > top) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `: did you mean ...?` for the nearest candidate, else the list of all of them.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let known: Vec<&str> = candidates.into_iter().collect();
    format!("known are: {}", known.join(", "))
}

/// Case and the choice between `-` and `_` are no difference.
fn fold(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::{nearest, suggestion};

    #[test]
    fn a_slip_of_the_finger_finds_its_name_and_nonsense_finds_none() {
        let known = ["exclude", "members", "version"];
        assert_eq!(nearest("exlude", known), Some("exclude"));
        assert_eq!(nearest("Members", known), Some("members"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(suggestion("zzz", known), "known are: exclude, members, version");
    }
}
