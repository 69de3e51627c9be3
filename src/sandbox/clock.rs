//! The world's clock: stands still but for `sleep`, which takes no time and moves it on.

use std::process::{Command, Stdio};

/// 2026-01-02T03:04:05Z.
pub(super) const NOW: u64 = 1_767_323_045;

/// The programs that this module answers.
pub(super) const OWN: &[&str] = &["sleep", "date", "timeout"];

/// So far from now a number of seconds is taken for one that tells the machine's time.
const NEAR: u64 = 24 * 60 * 60;
/// How many digits such a number has: seconds, and with three, six, nine digits more.
const DIGITS: [usize; 4] = [10, 13, 16, 19];

/// With X in the place of the seconds since 1970, where they are about `now`, which is the machine's time: what a tool that runs
/// for real says of it (`awk 'BEGIN { print systime() }'`, `stat -c %Y`) is another number in each run.
pub(super) fn without_the_machines(word: &str, now: u64) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        let seconds: Option<u64> = rest.get(..10).and_then(|head| head.parse().ok());
        let is_time = DIGITS.contains(&count) && seconds.is_some_and(|seconds| seconds.abs_diff(now) <= NEAR);
        if is_time {
            out.extend(std::iter::repeat_n('X', 10));
            let fraction = rest[count..].strip_prefix('.').unwrap_or_default();
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            rest = &rest[if digits > 0 { count + 1 + digits } else { count }..];
        } else {
            out.push_str(&rest[..count]);
            rest = &rest[count..];
        }
    }
    out + rest
}

/// How long `sleep WORDS...` would have slept, in milliseconds. Words that are none count nothing.
pub(super) fn milliseconds(words: &[String]) -> u64 {
    words.iter().map(|word| duration(word).unwrap_or(0)).fold(0, u64::saturating_add)
}

/// What `timeout` was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Limited {
    /// Milliseconds; `None` for no limit.
    pub limit: Option<u64>,
    /// The signal's name or number.
    pub signal: String,
    /// Whether SIGKILL follows where the signal does not help.
    pub kill_after: bool,
    /// Whether the command's own status is told.
    pub preserve_status: bool,
    /// Whether the command stays in the process group.
    pub foreground: bool,
    /// Where the command's words begin.
    pub command: usize,
}

/// Reads the words behind `timeout`; `None` where it would not take them.
pub(super) fn limited(words: &[String]) -> Option<Limited> {
    let mut told = Limited { signal: "TERM".to_owned(), ..Limited::default() };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        match word.as_str() {
            "--" => break,
            "-k" | "--kill-after" => {
                told.kill_after = true;
                at += 1;
            }
            "-s" | "--signal" => {
                told.signal.clone_from(words.get(at)?);
                at += 1;
            }
            "-f" | "--foreground" => told.foreground = true,
            "-p" | "--preserve-status" => told.preserve_status = true,
            "-v" | "--verbose" => {}
            _ if word.starts_with("--kill-after=") => told.kill_after = true,
            _ if word.starts_with("--signal=") => word["--signal=".len()..].clone_into(&mut told.signal),
            _ if word.starts_with("-k") => told.kill_after = true,
            _ if word.starts_with("-s") => word[2..].clone_into(&mut told.signal),
            _ if word.starts_with('-') => return None,
            _ => {
                at -= 1;
                break;
            }
        }
    }
    let limit = duration(words.get(at)?)?;
    told.limit = (limit > 0).then_some(limit);
    told.command = at + 1;
    words.get(told.command)?;
    Some(told)
}

/// Whether `sleep` takes these words.
pub(super) fn valid(words: &[String]) -> bool {
    !words.is_empty() && words.iter().all(|word| duration(word).is_some())
}

fn duration(word: &str) -> Option<u64> {
    const SECOND: u64 = 1000;
    if matches!(word, "inf" | "infinity") {
        return Some(u64::from(u32::MAX) * SECOND);
    }
    let (number, unit) = match word.char_indices().last()? {
        (at, 's') => (&word[..at], SECOND),
        (at, 'm') => (&word[..at], 60 * SECOND),
        (at, 'h') => (&word[..at], 3600 * SECOND),
        (at, 'd') => (&word[..at], 86400 * SECOND),
        _ => (word, SECOND),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let thousandths: u64 = format!("{fraction:0<3.3}").parse().ok()?;
    Some(whole.saturating_mul(unit).saturating_add(thousandths * unit / SECOND))
}

/// The words for the real `date` that make it tell the world's time, or the user's own words where they name a file
/// or a full date.
pub(super) fn date_words(date: &str, words: Vec<String>, now: u64) -> Vec<String> {
    let Some(said) = said_date(&words) else {
        let names_a_time = words.iter().any(|word| {
            ["-r", "-f", "-s", "--reference", "--file", "--set"].iter().any(|option| word.starts_with(option))
        });
        return if names_a_time { words } else { [vec!["-d".to_owned(), format!("@{now}")], words].concat() };
    };
    // Relative texts ("yesterday", "+2 hours") start from a date that is given with them.
    let base = |format: &str| {
        let output = Command::new(date).args(["-u", "-d", &format!("@{now}"), format]).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let candidates = [format!("{} {said}", base("+%F %TZ")), format!("{} {said}", base("+%F"))];
    let accepted = candidates.into_iter().find(|text| {
        let tried =
            Command::new(date).args(["-d", text]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    });
    match accepted {
        Some(text) => [words, vec!["-d".to_owned(), text]].concat(),
        None => words,
    }
}

/// The text of `-d`, in any of its spellings.
fn said_date(words: &[String]) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(text) = word.strip_prefix("--date=") {
            return Some(text.to_owned());
        }
        if word == "--date" {
            return words.next().cloned();
        }
        if let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.starts_with('-'))
            && let Some(at) = flags.find('d')
            && flags[..at].bytes().all(|flag| matches!(flag, b'u' | b'R'))
        {
            let rest = &flags[at + 1..];
            return if rest.is_empty() { words.next().cloned() } else { Some(rest.to_owned()) };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_the_machines;

    #[test]
    fn only_what_tells_the_machines_time_is_taken_out() {
        const NOW: u64 = 1_795_908_294;
        for (word, wanted) in [
            ("snap-1795908200.tar", "snap-XXXXXXXXXX.tar"),
            ("1795908294.61375", "XXXXXXXXXX"),
            ("a1795908294123-b", "aXXXXXXXXXX-b"),
            ("1767323045", "1767323045"),
            ("17959082945", "17959082945"),
            ("x-22", "x-22"),
            ("\u{e9}1795908294", "\u{e9}XXXXXXXXXX"),
        ] {
            assert_eq!(without_the_machines(word, NOW), wanted);
        }
    }
}
