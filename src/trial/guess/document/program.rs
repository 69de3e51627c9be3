//! A jq program, read as the paths that it walks, generously: what is not understood adds nothing.

use serde_json::Value;

use super::scalar;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    /// `[]`, `[0]`
    Each(usize),
    /// A field whose name is read.
    Entry(String),
}

/// A path that a program reads, and what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    pub steps: Vec<Step>,
    /// It is compared with this.
    pub equal: Option<Value>,
}

/// What a program reads.
pub(super) struct Program {
    pub paths: Vec<Path>,
    /// The path of what it prints.
    pub last: Vec<Step>,
}

impl Program {
    pub fn read(text: &str) -> Self {
        let mut reader = Reader { tokens: tokens(text), at: 0, paths: Vec::new() };
        let last = reader.pipeline(&[]);
        Self { paths: reader.paths, last }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Dot,
    Word(String),
    Text(String),
    Number(String),
    Variable(String),
    Sign(String),
}

fn tokens(program: &str) -> Vec<Token> {
    let chars: Vec<char> = program.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let run = |from: usize, fits: &dyn Fn(char) -> bool| -> String {
        chars[from..].iter().take_while(|c| fits(**c)).collect()
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    while at < chars.len() {
        match chars[at] {
            c if c.is_whitespace() => at += 1,
            '.' => {
                tokens.push(Token::Dot);
                at += 1;
            }
            '"' => {
                let mut text = String::new();
                at += 1;
                while at < chars.len() && chars[at] != '"' {
                    if chars[at] == '\\' && chars.get(at + 1) == Some(&'(') {
                        // An interpolation reads paths of its own.
                        let mut depth = 0;
                        let from = at + 1;
                        at += 1;
                        while at < chars.len() {
                            match chars[at] {
                                '(' => depth += 1,
                                ')' => depth -= 1,
                                _ => {}
                            }
                            at += 1;
                            if depth == 0 {
                                break;
                            }
                        }
                        let inner: String = chars[from..at.min(chars.len())].iter().collect();
                        tokens.extend(self::tokens(&inner));
                        continue;
                    }
                    text.push(chars[at]);
                    at += 1;
                }
                at += 1;
                tokens.push(Token::Text(text));
            }
            '$' => {
                let name = run(at + 1, &word);
                at += 1 + name.chars().count();
                tokens.push(Token::Variable(name));
            }
            c if c.is_ascii_digit() => {
                let number = run(at, &|c| c.is_ascii_digit());
                at += number.len();
                tokens.push(Token::Number(number));
            }
            c if word(c) => {
                let name = run(at, &word);
                at += name.chars().count();
                tokens.push(Token::Word(name));
            }
            c => {
                let two: String = chars[at..].iter().take(2).collect();
                let sign = if ["==", "!=", ">=", "<=", "//", "|=", "+="].contains(&two.as_str()) {
                    two
                } else {
                    c.to_string()
                };
                at += sign.chars().count();
                tokens.push(Token::Sign(sign));
            }
        }
    }
    tokens
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    paths: Vec<Path>,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(own)) if own == sign)
    }

    /// Reads up to a closing bracket; the path of what comes out.
    fn pipeline(&mut self, base: &[Step]) -> Vec<Step> {
        let mut base = base.to_vec();
        let mut last = base.clone();
        // Only `// empty` and the like: what stands before it is the answer.
        let mut alternative = false;
        while let Some(token) = self.peek().cloned() {
            match token {
                Token::Sign(sign) if [")", "]", "}"].contains(&sign.as_str()) => break,
                Token::Sign(sign) if sign == "|" => {
                    self.at += 1;
                    base.clone_from(&last);
                }
                Token::Sign(sign) if sign == "//" => {
                    self.at += 1;
                    alternative = true;
                }
                Token::Sign(sign) if ["==", "!=", ">", "<", ">=", "<="].contains(&sign.as_str()) => {
                    self.at += 1;
                    self.compare(&sign, &last);
                }
                Token::Sign(sign) if ["(", "[", "{"].contains(&sign.as_str()) => {
                    self.at += 1;
                    let inner = self.pipeline(&base);
                    self.at += 1;
                    if !alternative {
                        last = inner;
                    }
                }
                Token::Dot => {
                    let path = self.path(&base);
                    if !alternative {
                        last = path;
                    }
                }
                Token::Word(name) => {
                    self.at += 1;
                    let field_of_object = matches!(self.peek(), Some(Token::Sign(sign)) if sign == ":");
                    if self.sign("(") {
                        self.at += 1;
                        let inside = if matches!(name.as_str(), "map" | "any" | "all") {
                            [base.as_slice(), &[Step::Each(0)]].concat()
                        } else {
                            base.clone()
                        };
                        self.pipeline(&inside);
                        self.at += 1;
                        last = if name == "map" { inside } else { base.clone() };
                        if name == "select" {
                            last.clone_from(&base);
                        }
                    } else if matches!(name.as_str(), "to_entries" | "keys") && !field_of_object {
                        last = Self::entry(&last);
                        // What follows at once (`[0].key`) goes on from there.
                        let from = last.clone();
                        last = self.path(&from);
                    } else if matches!(name.as_str(), "first" | "last") && !field_of_object {
                        last = [last.as_slice(), &[Step::Each(0)]].concat();
                    }
                }
                Token::Text(_) | Token::Number(_) | Token::Variable(_) | Token::Sign(_) => self.at += 1,
            }
        }
        last
    }

    /// `to_entries[0].key`, `keys | .[]`: the names of an object's fields are read.
    fn entry(object: &[Step]) -> Vec<Step> {
        let names: Vec<&str> = object
            .iter()
            .filter_map(|step| match step {
                Step::Field(name) => Some(name.as_str()),
                Step::Each(_) | Step::Entry(_) => None,
            })
            .collect();
        let name = match names.as_slice() {
            [.., application, "units"] => format!("{application}/0"),
            [.., "machines"] => "0".to_owned(),
            _ => "web-1".to_owned(),
        };
        [object, &[Step::Entry(name)]].concat()
    }

    fn compare(&mut self, sign: &str, steps: &[Step]) {
        let number = |text: &str| text.parse::<u64>().unwrap_or_default();
        let wanted = match self.peek() {
            Some(Token::Text(text)) => Some(Value::from(text.clone())),
            Some(Token::Number(text)) => Some(match sign {
                ">" => Value::from(number(text) + 1),
                "<" => Value::from(number(text).saturating_sub(1)),
                _ => Value::from(number(text)),
            }),
            Some(Token::Word(word)) if matches!(word.as_str(), "true" | "false" | "null") => {
                Some(scalar(word))
            }
            _ => None,
        };
        if sign != "!="
            && let Some(path) = self.paths.iter_mut().rev().find(|path| path.steps == steps)
        {
            path.equal = path.equal.take().or(wanted);
        }
    }

    /// A path that begins with a dot.
    fn path(&mut self, base: &[Step]) -> Vec<Step> {
        let mut steps = base.to_vec();
        loop {
            match self.peek().cloned() {
                Some(Token::Dot) => {
                    self.at += 1;
                    if let Some(Token::Word(name) | Token::Text(name)) = self.peek().cloned() {
                        self.at += 1;
                        match steps.last().cloned() {
                            Some(Step::Entry(_)) if name == "key" => {}
                            Some(Step::Entry(own)) if name == "value" => {
                                steps.pop();
                                steps.push(Step::Field(own));
                            }
                            _ => steps.push(Step::Field(name)),
                        }
                    }
                }
                Some(Token::Sign(sign)) if sign == "[" => {
                    self.at += 1;
                    match self.peek().cloned() {
                        Some(Token::Sign(sign)) if sign == "]" => push_each(&mut steps, 0),
                        Some(Token::Number(number)) => {
                            push_each(&mut steps, number.parse().unwrap_or_default());
                            self.at += 1;
                        }
                        Some(Token::Text(name)) => {
                            steps.push(Step::Field(name));
                            self.at += 1;
                        }
                        _ => {
                            self.pipeline(base);
                            steps.push(Step::Each(0));
                        }
                    }
                    self.at += 1;
                }
                Some(Token::Sign(sign)) if sign == "?" => self.at += 1,
                _ => break,
            }
        }
        self.paths.push(Path { steps: steps.clone(), equal: None });
        steps
    }
}

/// `[0]` of what `to_entries` made is the entry itself.
fn push_each(steps: &mut Vec<Step>, index: usize) {
    if !matches!(steps.last(), Some(Step::Entry(_))) {
        steps.push(Step::Each(index));
    }
}
