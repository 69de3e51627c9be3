//! Where a tool that edits files may write without a question: in the folder at hand, and nothing there that makes code run.

use crate::commands::{beyond, glob};

use super::policy::Policy;

/// Why a file is none that an edit may be let through for, where something speaks against it. `folder` is the one at hand.
pub(super) fn why_not_edited(path: &str, folder: &str, policy: &Policy) -> Option<String> {
    let real = policy.real_path(path);
    let spellings = [Some(path), real.as_deref()];
    if let Some(reader) = spellings.into_iter().flatten().find_map(runs_code) {
        return Some(format!("`{path}` is written, and what stands in `{reader}` decides what runs"));
    }
    if policy.may_write(path, false) {
        return None;
    }
    let inside = |whole: &str, folder: &str| {
        let rest = whole.strip_prefix(folder.trim_end_matches('/'));
        !folder.is_empty()
            && rest.is_some_and(|rest| rest.starts_with('/'))
            && !whole.split('/').any(|part| part == "..")
    };
    let here = if path.starts_with(['/', '~']) {
        inside(path, folder)
    } else {
        !path.split('/').any(|part| part == "..")
    };
    let leads_here = match (&real, policy.real_path(folder)) {
        (Some(real), Some(folder)) => inside(real, &folder),
        // Where nothing is yet, no link leads away.
        _ => true,
    };
    (!here || !leads_here).then(|| format!("`{path}` is written, which lies outside the folder at hand"))
}

/// The part of a path by which a program finds code there that it runs, or settings that name some.
fn runs_code(path: &str) -> Option<&str> {
    let parts = || path.split('/').filter(|part| !part.is_empty());
    let folder = parts().find(|part| beyond::CODE_FOLDERS.contains(part));
    let file = || parts().next_back().filter(|name| beyond::CODE_FILES.iter().any(|known| glob(known, name)));
    let place = || beyond::CODE_PATHS.iter().copied().find(|place| path.ends_with(place));
    folder.or_else(file).or_else(place)
}
