//! Words: quotings, expansions, arithmetic.

use super::writer::Writer;

/// Names of parameters without a subscript.
const NAMES: &[&str] = &["x", "y_1", "LONG", "@", "*", "#", "?", "-", "$", "!", "0", "1"];

impl Writer<'_> {
    /// An argument.
    pub(super) fn word(&mut self) {
        self.parts(&[
            "a", "foo", "-x", "--opt=v", "a.b/c", "x:y", "é", "1", "{a,b}", "*.txt", "~/f", "!", "}", "{",
        ]);
    }

    /// A word that is nothing else at the start of a command, in a test or as a pattern.
    pub(super) fn safe_word(&mut self) {
        self.parts(&["cmd", "foo", "./run", "/bin/x", "a-b", "b1"]);
    }

    fn parts(&mut self, first: &[&str]) {
        let before = self.text.len();
        match self.pick(4) {
            0..=2 => self.put_one_of(first),
            _ => self.part(false),
        }
        for _ in 0..self.pick(6).saturating_sub(3) {
            if self.text[before..].ends_with(['{', '}', '!', '~']) {
                self.put("-");
            }
            if self.one_in(3) {
                self.part(true);
            } else {
                // Nothing that a name before it would go on with.
                self.put_one_of(&[
                    ".z", "-k", "/q", ",", "%s", "-k=v", "@", "#no", ":", "^", ".a\\\nb", "{c,d}",
                ]);
            }
        }
    }

    /// Anything but plain text. `inside`: behind other parts.
    fn part(&mut self, inside: bool) {
        match self.pick(13) {
            0 => self.put("'single \" $x `'"),
            1 => self.double_quotes(),
            2 => self.put_one_of(&["$x", "$@", "$#", "$1", "$?", "$$", "$LONG"]),
            3 | 4 => self.parameter(false),
            5 => self.substitution(),
            6 => self.backticks(),
            7 => self.arithmetic_expansion(),
            8 => self.put_one_of(&["\\ ", "\\$", "\\\"", "\\a", "\\(", "\\é"]),
            9 => self.put_one_of(&["$'a\\'b'", "$'\\n'", "$\"text\"", "''", "'a\nb'"]),
            10 if !inside => self.process(),
            11 if self.extended => self.put_one_of(&["@(a|b)", "!(a)", "?(x y)", "+([0-9])", "*(a|'b)')"]),
            _ => self.put("$x"),
        }
    }

    fn double_quotes(&mut self) {
        self.put("\"");
        for _ in 0..self.pick(4) {
            match self.pick(9) {
                0 => self.put_one_of(&["text ", "it's", "a;b&", "#no", "\n", "(", "é"]),
                1 => self.put_one_of(&["\\\"", "\\$x", "\\\\", "\\`", "\\\n", "\\a"]),
                2 => self.put_one_of(&["$x", "$@", "$"]),
                3 => self.substitution(),
                4 => self.backticks(),
                5 => self.arithmetic_expansion(),
                _ => self.parameter(true),
            }
            // Two pieces side by side must not make a third.
            self.put(" ");
        }
        self.put("\"");
    }

    /// `$(...)`
    pub(super) fn substitution(&mut self) {
        match self.pick(6) {
            4 => self.put("$(< file)"),
            5 => self.put("$( )"),
            _ => {
                self.put("$(");
                self.inner_list();
                self.put(")");
            }
        }
    }

    fn process(&mut self) {
        self.put_one_of(&["<(", ">("]);
        self.inner_list();
        self.put(")");
    }

    /// A list whose heredocs end within it.
    fn inner_list(&mut self) {
        let waiting = std::mem::take(&mut self.pending);
        self.deeper(Self::list, |writer| writer.plain_command(&["deep"]));
        if !self.pending.is_empty() {
            self.line_feed();
        }
        self.pending = waiting;
    }

    pub(super) fn backticks(&mut self) {
        self.put("`");
        match self.pick(4) {
            0 => self.plain_command(&["bt"]),
            1 => self.plain_command(&["bt", "$x", "'s q'"]),
            2 => {
                self.plain_command(&["bt", "-a"]);
                self.put(" | ");
                self.plain_command(&["bu"]);
            }
            _ => {
                self.plain_command(&["bt"]);
                self.put("; ");
                self.plain_command(&["bu", "${x}"]);
                self.put(" 2>&1");
            }
        }
        self.put("`");
    }

    pub(super) fn arithmetic_expansion(&mut self) {
        if self.one_in(6) {
            self.put("$[");
            self.arithmetic();
            self.put("]");
        } else {
            self.put("$((");
            self.arithmetic();
            self.put("))");
        }
    }

    /// An arithmetic expression.
    pub(super) fn arithmetic(&mut self) {
        self.deeper(Self::expression, |writer| writer.put("1"));
    }

    fn expression(&mut self) {
        match self.pick(12) {
            0 | 1 => self.put_one_of(&["1", "x", "0x1f", "2#101", "i++", "--i", "!x", "~ 1", "- 2"]),
            2 => self.put_one_of(&["$x", "${x}", "$#", "a[1]", "a[i + 1]"]),
            3 | 4 => {
                self.expression_inside();
                self.put_one_of(&[
                    " + ", "*", " - ", " << ", " <= ", "==", " && ", " || ", " & ", ", ", " ** ", "%",
                ]);
                self.expression_inside();
            }
            5 => {
                self.put("(");
                self.expression_inside();
                self.put(")");
            }
            6 => {
                self.expression_inside();
                self.put(" ? ");
                self.expression_inside();
                self.put(" : ");
                self.expression_inside();
            }
            7 => {
                self.put_one_of(&["x = ", "x += ", "x <<= ", "a[1] = "]);
                self.expression_inside();
            }
            8 => self.substitution(),
            9 => self.backticks(),
            _ => self.parameter(true),
        }
    }

    fn expression_inside(&mut self) {
        self.deeper(Self::expression, |writer| writer.put("2"));
    }

    /// `${...}`. `quoted`: within double quotes, a heredoc or arithmetic.
    pub(super) fn parameter(&mut self, quoted: bool) {
        self.put("${");
        match self.pick(20) {
            0 => self.put_one_of(NAMES),
            1 => self
                .put_one_of(&["#x", "#a[@]", "#a[*]", "#@", "#", "!x", "!a[@]", "!a[*]", "!x@", "!x*", "10"]),
            2 => {
                self.put("a[");
                self.put_one_of(&["@", "*", "1", "$i", "key", "-1"]);
                self.put("]");
            }
            3 => {
                self.put_one_of(&[
                    "x@Q", "x@a", "x^", "x^^", "x,", "x,,", "x^^[a-c]", "@:2", "x: -1", "x::2",
                ]);
            }
            4..=10 => {
                self.put_one_of(&["x", "1", "a[1]", "@", "!x", "y_1"]);
                self.put_one_of(&[":-", "-", ":=", "=", ":?", "?", ":+", "+"]);
                self.operand(quoted);
            }
            11..=14 => {
                self.put_one_of(&["x", "1", "a[@]", "@"]);
                self.put_one_of(&["#", "##", "%", "%%"]);
                self.operand(false);
            }
            15 | 16 => {
                self.put_one_of(&["x", "a[@]", "1"]);
                self.put_one_of(&["/", "//", "/#", "/%"]);
                self.put("p");
                self.operand(false);
                if !self.one_in(4) {
                    self.put("/");
                    self.operand(false);
                }
            }
            _ => {
                self.put_one_of(&["x", "a[@]"]);
                self.put(":");
                self.put_one_of(&["1", " -2", "$x", "x + 1"]);
                if self.one_in(2) {
                    self.put(":");
                    self.put_one_of(&["1", "$#", "(1 + 2)"]);
                }
            }
        }
        self.put("}");
    }

    fn operand(&mut self, quoted: bool) {
        for _ in 0..self.pick(4) {
            match self.pick(9) {
                0 => self.put_one_of(&["w", "a b", "-", "*", "?", ".", "é", "[a-z]"]),
                1 => self.put_one_of(&["$x.", "$1.", "\\}", "\\$"]),
                2 => self.put("\"dq }\""),
                3 if !quoted => self.put("'sq }'"),
                4 => self.deeper(Self::substitution, |writer| writer.put("w")),
                5 => self.deeper(|writer| writer.parameter(quoted), |writer| writer.put("w")),
                6 => self.backticks(),
                7 => self.arithmetic_expansion(),
                _ => self.put("w"),
            }
        }
    }
}
