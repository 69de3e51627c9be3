//! Repairs: what the findings of a text offer, put into the text. It never judges whether a repair helped.

use crate::finding::{Edit, Finding};
use crate::source::Span;

/// The text with every repair that `findings` offer, and how many there were; of two that touch the same place, only the
/// first is taken. `None` where nothing is offered.
pub fn repair(text: &str, findings: &[Finding]) -> Option<(String, usize)> {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut repaired = 0;
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let fits = |edit: &Edit| text.get(edit.span.start as usize..edit.span.end as usize).is_some();
        let free = |edit: &Edit| !taken.iter().any(|other| meet(other.span, edit.span));
        if fix.edits.iter().all(|edit| fits(edit) && free(edit)) {
            taken.extend(&fix.edits);
            repaired += 1;
        }
    }
    if repaired == 0 {
        return None;
    }
    taken.sort_by_key(|edit| edit.span);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in taken {
        out.push_str(&text[from..edit.span.start as usize]);
        out.push_str(&edit.text);
        from = edit.span.end as usize;
    }
    out.push_str(&text[from..]);
    Some((out, repaired))
}

/// Whether two places cannot both be replaced: they share a byte or a border.
fn meet(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}
