//! Takes the places out of a printed syntax, so that what is left says what a script does and not where.
//!
//! This module knows how [`Span`](crate::source::Span) prints, and a test holds it to that.

/// How a place begins.
const BEGIN: &str = "Span { start: ";

/// A printed syntax without its places.
///
/// Strings print quoted and escaped, so that a text which looks like a place is left out with its numbers only where the
/// script itself holds it, on both sides alike.
pub(super) fn without(printed: &str) -> String {
    let mut rest = printed;
    let mut left = String::with_capacity(printed.len() / 2);
    while let Some((before, place)) = rest.split_once(BEGIN) {
        left.push_str(before);
        let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let behind = &place[number(place)..];
        let end = behind.strip_prefix(", end: ").map(|end| &end[number(end)..]);
        rest = end.and_then(|end| end.strip_prefix(" }")).unwrap_or_else(|| {
            left.push_str(BEGIN);
            place
        });
    }
    left.push_str(rest);
    left
}

#[cfg(test)]
mod tests {
    use super::without;
    use crate::source::Span;

    #[test]
    fn a_place_goes_and_what_only_begins_like_one_stays() {
        let printed = format!("Word {{ span: {:?} }}", Span::new(3, 17));
        assert_eq!(without(&printed), "Word { span:  }");
        assert_eq!(without("Span { start: x }"), "Span { start: x }");
        assert_eq!(without("Span { start: 1, end: 2"), "Span { start: 1, end: 2");
    }
}
