//! Writes bash from a tape of choices, and notes which commands and words it means.
//!
//! A tape that ends early takes the first, simplest choice everywhere, so that a shorter tape is a simpler script.

use gauntlet::source::Span;

/// A script and what it means.
pub struct Script {
    /// Its text.
    pub text: String,
    /// The words of its commands, in the order of the text.
    pub commands: Vec<Vec<Span>>,
}

/// What one tape comes to.
pub fn write(tape: &[u8]) -> Script {
    let mut writer = Writer {
        tape,
        at: 0,
        text: String::new(),
        commands: Vec::new(),
        pending: Vec::new(),
        heredocs: 0,
        depth: 0,
        extended: false,
    };
    if writer.one_in(4) {
        writer.extended = true;
        writer.plain_command(&["shopt", "-s", "extglob"]);
        writer.put("\n");
    }
    writer.list();
    if !writer.pending.is_empty() || writer.one_in(2) {
        writer.line_feed();
    }
    writer.commands.sort_by_key(|words| words.first().map(|word| word.start));
    Script { text: writer.text, commands: writer.commands }
}

/// A heredoc whose body stands behind the next line feed.
pub(super) struct Pending {
    pub(super) delimiter: String,
    pub(super) quoted: bool,
    pub(super) tabs: bool,
}

pub(super) struct Writer<'t> {
    tape: &'t [u8],
    at: usize,
    pub(super) text: String,
    pub(super) commands: Vec<Vec<Span>>,
    pub(super) pending: Vec<Pending>,
    pub(super) heredocs: usize,
    pub(super) depth: u32,
    /// Whether `extglob` is switched on.
    pub(super) extended: bool,
}

impl Writer<'_> {
    /// One of `count` choices.
    pub(super) fn pick(&mut self, count: usize) -> usize {
        let byte = self.tape.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.pick(count) == count - 1
    }

    pub(super) fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn put_one_of(&mut self, texts: &[&str]) {
        let index = self.pick(texts.len());
        self.put(texts[index]);
    }

    pub(super) fn here(&self) -> u32 {
        u32::try_from(self.text.len()).expect("generated texts are short")
    }

    /// Writes something and gives its place.
    pub(super) fn placed(&mut self, write: impl FnOnce(&mut Self)) -> Span {
        let start = self.here();
        write(self);
        Span::new(start, self.here())
    }

    /// A command of plain words.
    pub(super) fn plain_command(&mut self, words: &[&str]) {
        let mut meant = Vec::new();
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                self.put(" ");
            }
            meant.push(self.placed(|writer| writer.put(word)));
        }
        self.commands.push(meant);
    }

    /// What may stand between two words.
    pub(super) fn blank(&mut self) {
        self.put_one_of(&[" ", " ", " ", " ", "  ", "\t", " \\\n", " \\\n  "]);
    }

    /// A line feed with the bodies that wait for it; sometimes with a comment before it, or another line behind it.
    pub(super) fn line_feed(&mut self) {
        match self.pick(8) {
            6 => self.put_one_of(&[" # it's", " # \"`$(", " #", " # )} fi <<E \\"]),
            7 => self.put(" "),
            _ => {}
        }
        self.put("\n");
        self.bodies();
        match self.pick(8) {
            5 => self.put("  "),
            6 => self.put("\n"),
            7 => self.put("# a comment's line; fi `\n\t"),
            _ => {}
        }
    }

    fn bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            for _ in 0..self.pick(4) {
                if pending.tabs {
                    self.put_one_of(&["\t", "", "\t\t"]);
                }
                self.body_line(pending.quoted);
                self.put("\n");
            }
            if pending.tabs {
                self.put_one_of(&["\t", ""]);
            }
            self.put(&pending.delimiter);
            self.put("\n");
        }
    }

    fn body_line(&mut self, quoted: bool) {
        if quoted {
            self.put_one_of(&["text", "$(never `read", "\"", "it's ${", "\\", ""]);
            return;
        }
        for _ in 0..=self.pick(3) {
            match self.pick(10) {
                0 => self.put("text "),
                1 => self.put("\""),
                2 => self.put("it's ; fi )"),
                3 => self.put("\\$x \\` \\\\ \\a"),
                4 => self.put("joined \\\nline"),
                5 => self.backticks(),
                6 => self.substitution(),
                7 => self.arithmetic_expansion(),
                _ => self.parameter(true),
            }
        }
    }

    /// What a substitution or subshell holds must not look like arithmetic.
    pub(super) fn apart_from_parenthesis(&mut self) {
        if self.text.ends_with('(') {
            self.put(" ");
        }
    }

    /// Runs `write` one level further in; past the deepest level `shallow` stands in for it.
    pub(super) fn deeper(&mut self, write: impl FnOnce(&mut Self), shallow: impl FnOnce(&mut Self)) {
        if self.depth >= 6 {
            return shallow(self);
        }
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}
