//! Lists, pipelines and every kind of command.

use gauntlet::source::Span;

use super::writer::{Pending, Writer};

impl Writer<'_> {
    /// One or more statements, without what ends the last of them.
    pub(super) fn list(&mut self) {
        self.statement();
        for _ in 0..self.pick(6).saturating_sub(2) {
            match self.pick(6) {
                0..=2 => self.line_feed(),
                3 => self.put("; "),
                4 => {
                    self.put(" &");
                    self.line_feed();
                }
                _ => self.put_one_of(&["& ", " & ", ";  "]),
            }
            self.statement();
        }
    }

    /// A list that a reserved word may follow.
    fn ended_list(&mut self) {
        self.deeper(Self::list, |writer| writer.plain_command(&["deep"]));
        match self.pick(4) {
            0 => self.put("; "),
            1 => self.put(" & "),
            _ => self.line_feed(),
        }
    }

    fn statement(&mut self) {
        self.pipeline();
        for _ in 0..self.pick(6).saturating_sub(3) {
            self.put_one_of(&[" && ", " || ", "&&", "||", " &\\\n& "]);
            if self.one_in(6) {
                self.line_feed();
            }
            self.pipeline();
        }
    }

    fn pipeline(&mut self) {
        match self.pick(12) {
            9 => self.put("! "),
            // bash 5.2 rejects `$(time { a; })`, and no other place of it.
            10 | 11 if self.text.ends_with('(') => {}
            10 => self.put("time "),
            11 => self.put("time -p "),
            _ => {}
        }
        self.command();
        for _ in 0..self.pick(6).saturating_sub(3) {
            self.put_one_of(&[" | ", "|", " |& "]);
            if self.one_in(6) {
                self.line_feed();
            }
            self.command();
        }
    }

    fn command(&mut self) {
        match self.pick(24) {
            0..=8 => self.simple(),
            9 => self.assignments_alone(),
            10 => self.declaration(),
            _ => self.deeper(Self::compound, |writer| writer.plain_command(&["deep"])),
        }
    }

    fn assignments_alone(&mut self) {
        self.assignment(true);
        if self.one_in(3) {
            self.blank();
            self.assignment(true);
        }
        if self.one_in(6) {
            self.blank();
            self.redirect();
        }
        self.apart_from_equals();
    }

    /// tree-sitter-bash misreads `v=|a`, and two bytes leave no room to write it in another way.
    fn apart_from_equals(&mut self) {
        if self.text.ends_with('=') {
            self.put(" ");
        }
    }

    fn assignment(&mut self, subscripts: bool) {
        self.put_one_of(&["v", "LONG_1", "_"]);
        if subscripts && self.one_in(5) {
            self.put_one_of(&["[1]", "[$i]", "[i + 1]", "[key]"]);
        } else if self.one_in(5) {
            return self.array();
        }
        self.put_one_of(&["=", "=", "+="]);
        if self.one_in(6) {
            return;
        }
        self.word();
    }

    fn array(&mut self) {
        self.put_one_of(&["=(", "+=("]);
        let lines = self.pending.is_empty();
        for _ in 0..self.pick(4) {
            match self.pick(4) {
                2 if lines => self.put("\n  "),
                3 if lines => self.put(" # an element's comment )\n"),
                _ => self.put(" "),
            }
            match self.pick(5) {
                3 => {
                    self.put_one_of(&["[1]=", "[key]=", "[$x]=", "[k]+="]);
                    self.word();
                }
                _ => self.word(),
            }
        }
        // Heredocs in elements keep to themselves.
        self.put(")");
    }

    fn declaration(&mut self) {
        let mut meant = Vec::new();
        meant.push(
            self.placed(|writer| writer.put_one_of(&["declare", "local", "export", "readonly", "typeset"])),
        );
        for _ in 0..self.pick(4) {
            self.blank();
            let operand = match self.pick(5) {
                0 => self.placed(|writer| writer.put_one_of(&["-r", "-a", "+x", "-gA"])),
                1 => self.placed(|writer| writer.put("name")),
                2 => self.placed(Self::safe_word),
                _ => self.placed(|writer| writer.assignment(false)),
            };
            meant.push(operand);
        }
        self.apart_from_equals();
        self.commands.push(meant);
    }

    fn simple(&mut self) {
        let mut meant: Vec<Span> = Vec::new();
        if self.one_in(8) {
            self.redirect();
            self.blank();
        }
        if self.one_in(6) {
            self.assignment(true);
            self.blank();
        }
        meant.push(self.placed(Self::safe_word));
        self.arguments(&mut meant);
        self.commands.push(meant);
    }

    fn arguments(&mut self, meant: &mut Vec<Span>) {
        for _ in 0..self.pick(5) {
            self.blank();
            if self.one_in(5) {
                self.redirect();
            } else {
                let word = self.placed(Self::word);
                meant.push(word);
            }
        }
    }

    fn redirect(&mut self) {
        let operators = 7;
        match self.pick(operators) {
            0 | 1 => {
                self.put_one_of(&["", "2", "{fd}", "10"]);
                self.put_one_of(&[">", ">>", "<", "<>", ">|"]);
                self.put_one_of(&[" ", "  "]);
                self.safe_word();
            }
            2 => {
                self.put_one_of(&["&>", "&>>", ">", "2>>", "<"]);
                self.put_one_of(&["file", "\"$x\"", "$x.log", "/dev/null"]);
            }
            3 => self.put_one_of(&["2>&1", ">&2", "<&3", ">&-", "2>&\"$x\"", "{fd}>&-", "0<&3"]),
            4 => {
                self.put("<<<");
                self.put_one_of(&["", " "]);
                self.put_one_of(&["text", "\"$x\"", "'a b'", "$x"]);
            }
            _ => self.heredoc(),
        }
    }

    fn heredoc(&mut self) {
        let delimiter = format!("E{}", self.heredocs);
        self.heredocs += 1;
        let tabs = self.one_in(3);
        self.put_one_of(&["", "", "3"]);
        self.put(if tabs { "<<-" } else { "<<" });
        self.put_one_of(&["", " "]);
        let quoted = match self.pick(6) {
            3 => Some(format!("'{delimiter}'")),
            4 => Some(format!("\"{delimiter}\"")),
            5 => Some(format!("\\{delimiter}")),
            _ => None,
        };
        self.put(quoted.as_ref().unwrap_or(&delimiter));
        self.pending.push(Pending { delimiter, quoted: quoted.is_some(), tabs });
    }

    fn compound(&mut self) {
        match self.pick(14) {
            0 | 12 => self.group(),
            2 => self.if_command(),
            3 => {
                self.put_one_of(&["while ", "until "]);
                self.ended_list();
                self.put("do ");
                self.ended_list();
                self.put("done");
            }
            4 => self.for_words(),
            5 => self.for_arithmetic(),
            6 => self.case_command(),
            7 => self.test_command(),
            8 => {
                self.apart_from_parenthesis();
                self.put("((");
                self.arithmetic();
                self.put("))");
            }
            9 | 10 => return self.function(),
            11 => return self.coproc(),
            _ => self.subshell(),
        }
        if self.one_in(5) {
            self.blank();
            self.redirect();
        }
    }

    fn group(&mut self) {
        self.put_one_of(&["{ ", "{\t", "{\n"]);
        // The line feed would start the bodies that wait: a blank does not.
        if !self.pending.is_empty() && self.text.ends_with('\n') {
            self.text.pop();
            self.put(" ");
        }
        self.ended_list();
        self.put("}");
    }

    fn subshell(&mut self) {
        self.apart_from_parenthesis();
        self.put("(");
        self.deeper(Self::list, |writer| writer.plain_command(&["deep"]));
        if self.one_in(3) {
            self.line_feed();
        }
        self.put(")");
    }

    fn if_command(&mut self) {
        self.put("if ");
        self.ended_list();
        self.put("then ");
        self.ended_list();
        if self.one_in(4) {
            self.put("elif ");
            self.ended_list();
            self.put("then ");
            self.ended_list();
        }
        if self.one_in(3) {
            self.put("else ");
            self.ended_list();
        }
        self.put("fi");
    }

    fn for_words(&mut self) {
        let select = self.one_in(4);
        self.put(if select { "select i" } else { "for i" });
        let mut braces = !select && self.one_in(5);
        match self.pick(5) {
            3 => self.put("; "),
            4 => {
                // bash rejects `for i {`.
                self.put(" ");
                braces = false;
            }
            _ => {
                self.put(" in");
                for _ in 0..self.pick(4) {
                    self.blank();
                    self.word();
                }
                if self.one_in(3) { self.line_feed() } else { self.put("; ") }
            }
        }
        if braces {
            self.put("{ ");
            self.ended_list();
            self.put("}");
        } else {
            self.put("do ");
            self.ended_list();
            self.put("done");
        }
    }

    fn for_arithmetic(&mut self) {
        self.put("for ((");
        for sign in ["; ", "; ", "))"] {
            // bash 5.2 splits at a `;` within substitutions too.
            self.put_one_of(&[
                "",
                "i = 0, j = 1",
                "i < $x",
                "i++",
                "i < ${#a[@]}",
                "(i + 1) * 2",
                "i += ${x:-2}",
            ]);
            self.put(sign);
        }
        self.put("; do ");
        self.ended_list();
        self.put("done");
    }

    fn case_command(&mut self) {
        self.put("case ");
        self.word();
        self.put_one_of(&[" in ", " in "]);
        let arms = self.pick(4);
        for arm in 0..arms {
            if self.one_in(3) {
                self.line_feed();
            }
            self.put_one_of(&["", "(", "( "]);
            self.safe_word();
            if self.one_in(4) {
                self.put_one_of(&["|", " | "]);
                self.put_one_of(&["*", "[a-z]*", "\"q\"", "?"]);
            }
            self.put_one_of(&[") ", ")", " )"]);
            let empty = self.one_in(5);
            let last = arm + 1 == arms && self.one_in(4);
            if last && !empty {
                self.ended_list();
            } else {
                if !empty {
                    self.deeper(Self::list, |writer| writer.plain_command(&["deep"]));
                    if self.one_in(4) {
                        self.line_feed();
                    }
                }
                self.put_one_of(&[" ;; ", ";; ", " ;& ", " ;;& "]);
            }
        }
        if self.one_in(3) {
            self.line_feed();
        }
        self.put("esac");
    }

    fn test_command(&mut self) {
        self.put("[[ ");
        self.condition();
        self.put(" ]]");
    }

    fn condition(&mut self) {
        match self.pick(9) {
            0 | 1 => {
                self.put_one_of(&["-f ", "-n ", "-z ", "-v "]);
                self.safe_word();
            }
            2 | 3 => {
                self.safe_word();
                self.put_one_of(&[" == ", " = ", " != ", " -eq ", " < ", " > ", " -nt "]);
                self.safe_word();
            }
            4 => {
                self.safe_word();
                self.put(" =~ ");
                self.put_one_of(&[
                    "^a+$",
                    "^(a|b)$",
                    "[[:space:]]",
                    "$re",
                    "\"x\"",
                    "^[0-9]{1,3}$",
                    "a\\ b",
                    "(a b)",
                ]);
            }
            5 => self.safe_word(),
            6 => {
                self.put("! ");
                self.deeper(Self::condition, Self::safe_word);
            }
            7 => {
                self.put("( ");
                self.deeper(Self::condition, Self::safe_word);
                self.put(" )");
            }
            _ => {
                self.deeper(Self::condition, Self::safe_word);
                self.put_one_of(&[" && ", " || "]);
                if self.pending.is_empty() && self.one_in(4) {
                    self.put("\n");
                }
                self.deeper(Self::condition, Self::safe_word);
            }
        }
    }

    fn function(&mut self) {
        self.put_one_of(&["f() ", "f () ", "function f ", "function f() ", "ns::f-1() "]);
        match self.pick(5) {
            0..=2 => self.group(),
            3 => {
                // `function f (` would be the parentheses behind the name.
                if self.text.ends_with("f ") { self.group() } else { self.subshell() }
            }
            _ => self.if_command(),
        }
        if self.one_in(6) {
            self.blank();
            self.redirect();
        }
    }

    fn coproc(&mut self) {
        self.put("coproc ");
        if self.one_in(2) {
            self.put_one_of(&["", "NAME "]);
            self.group();
        } else {
            self.plain_command(&["run", "it"]);
        }
    }
}
