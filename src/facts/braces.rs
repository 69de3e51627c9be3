//! Brace expansions of texts that are known.

/// `{1..5}`: a few numbers, of which none is filled up with zeros.
fn range(first: &str, last: &str) -> Option<impl Iterator<Item = u32> + use<>> {
    const MOST: u32 = 16;
    let number = |text: &str| {
        let plain = text == "0" || !text.starts_with(['0', '+']);
        text.parse::<u32>().ok().filter(|_| plain)
    };
    let (first, last) = (number(first)?, number(last)?);
    (first <= last && last - first < MOST).then_some(first..=last)
}

/// `{a,b}` lists and ranges of a known text (nested ones are left to the caller as unknown).
pub(super) fn expanded(text: &str) -> Option<Vec<String>> {
    let open = text.find('{')?;
    let close = open + text[open..].find('}')?;
    let (head, body, tail) = (&text[..open], &text[open + 1..close], &text[close + 1..]);
    if body.contains('{') || tail.contains('{') {
        return None;
    }
    if let Some((first, last)) = body.split_once("..") {
        return range(first, last)
            .map(|numbers| numbers.map(|number| format!("{head}{number}{tail}")).collect());
    }
    if !body.contains(',') {
        return None;
    }
    Some(body.split(',').map(|item| format!("{head}{item}{tail}")).filter(|item| !item.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_small_ranges_are_expanded_and_the_rest_is_left_alone() {
        let all = |text: &str| expanded(text).map(|texts| texts.join(" "));
        assert_eq!(all("a{1..3}b").as_deref(), Some("a1b a2b a3b"));
        assert_eq!(all("x{a,b}").as_deref(), Some("xa xb"));
        for left in ["{01..03}", "{1..3..2}", "{3..1}", "{a..c}", "{1..999}", "{1..2}{1..2}", "{x}"] {
            assert_eq!(all(left), None, "{left}");
        }
    }
}
