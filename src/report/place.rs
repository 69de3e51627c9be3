//! A mistake in somebody's text, with the line it stands on and a caret below: for settings, rules' pages, queries.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::report::plain;
use crate::source::SourceText;

/// The mistake as it is shown on stderr, without a line feed at its end.
pub fn mistake(text: &SourceText, place: Range<usize>, message: &str) -> String {
    let position = text.position(u32::try_from(place.start).unwrap_or(u32::MAX));
    let line = text.line_span(position.line);
    let (start, end) = (line.start as usize, line.end as usize);
    let shown = text.text().get(start..end).unwrap_or_default().trim_end_matches('\n');
    // Control characters are shown escaped, which moves what is behind them.
    let offset = |at: usize| {
        let until = at.clamp(start, start + shown.len()) - start;
        shown.get(..until).map_or(until, |before| plain::line(before).len())
    };
    let escaped = plain::line(shown);
    let snippet = Snippet::source(escaped.as_ref())
        .line_start(position.line as usize)
        .path(plain::line(text.path().as_str()))
        .annotation(AnnotationKind::Primary.span(offset(place.start)..offset(place.end)));
    let group = Level::ERROR.primary_title(plain::line(message)).element(snippet);
    Renderer::plain().decor_style(DecorStyle::Ascii).render(&[group]).clone()
}
