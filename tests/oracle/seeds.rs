//! The comparison can fail: a doctored reading is caught, and an entry excuses what it names and nothing else.

use std::collections::BTreeMap;

use gauntlet::bash::{self, Dialect, InProcess};
use libtest_mimic::{Failed, Trial};

use crate::compare::{Difference, Kind, compare, ours};
use crate::faults;
use crate::shfmt::{self, Outline, Words};

const TEXT: &str = "a b; x=$(c \"$d\")\ndeclare e=1\nif f; then g; fi\n";

/// One test a way of being wrong. Those that ask shfmt are ignored where it is missing.
pub fn tests(available: bool) -> Vec<Trial> {
    vec![
        Trial::test("seeds/an honest reading has no difference", || differs(|_| (), &[])),
        Trial::test("seeds/a command that is left out is missed", || {
            differs(|ours| drop(ours.remove(&9)), &[(Kind::Missed, 1, "c \"$d\")\\ndeclare")])
        }),
        Trial::test("seeds/a declaration that is left out is missed", || {
            differs(|ours| drop(ours.remove(&17)), &[(Kind::Missed, 2, "declare e=1")])
        }),
        Trial::test("seeds/a word that is cut is misread", || {
            let cut = |ours: &mut BTreeMap<u32, Words>| {
                ours.get_mut(&9).into_iter().for_each(|words| words[1].1 -= 1);
            };
            differs(cut, &[(Kind::Misread, 1, "c \"$d\"")])
        }),
        Trial::test("seeds/a command where none is, is invented", || {
            differs(|ours| drop(ours.insert(29, vec![(29, 31)])), &[(Kind::Invented, 3, "if f; then")])
        }),
        Trial::test("seeds/an entry excuses its kind and its text only", entries),
        Trial::test("seeds/a list with a line that is no entry is refused", refused),
        Trial::test("seeds/the outline is what shfmt says", || {
            if shfmt::outline(TEXT) == Some(outline()) {
                Ok(())
            } else {
                Err(format!("{:?}", shfmt::outline(TEXT)).into())
            }
        })
        .with_ignored_flag(!available),
    ]
}

/// What shfmt sees in `TEXT`.
fn outline() -> Outline {
    let calls = [vec![(0, 1), (2, 3)], vec![(9, 10), (11, 15)], vec![(32, 33)], vec![(40, 41)]];
    Outline { calls: calls.into_iter().map(|words| (words[0].0, words)).collect(), declarations: [17].into() }
}

fn differs(doctor: impl Fn(&mut BTreeMap<u32, Words>), wanted: &[(Kind, usize, &str)]) -> Result<(), Failed> {
    let mut ours = ours(&bash::read(TEXT, Dialect::Bash, &InProcess::new()));
    doctor(&mut ours);
    let found = compare("x.sh", TEXT, &ours, &outline());
    let same = found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(difference, (kind, line, text))| {
            difference.kind == *kind && difference.line == *line && difference.text.starts_with(text)
        });
    if same { Ok(()) } else { Err(format!("{found:?}").into()) }
}

fn entries() -> Result<(), Failed> {
    let difference =
        |kind, text: &str| Difference { kind, path: "x.sh".to_owned(), line: 1, text: text.to_owned() };
    let faults = faults::read("# why\n\nmissed\ta b\tbash runs `a b`\n")?;
    let (excused, wrong) = faults.divide(vec![
        difference(Kind::Missed, "a b"),
        difference(Kind::Invented, "a b"),
        difference(Kind::Missed, "a b c"),
    ]);
    if (excused.len(), wrong.len()) == (1, 2) { Ok(()) } else { Err(format!("{excused:?} {wrong:?}").into()) }
}

fn refused() -> Result<(), Failed> {
    for line in ["missed\ta b", "missed\ta b\t ", "lost\ta b\tview"] {
        if faults::read(line).is_ok() {
            return Err(format!("taken: {line:?}").into());
        }
    }
    Ok(())
}
