//! What can be said of a tool or a line for sure, for whoever must not be wrong in one direction.

use std::sync::LazyLock;

use super::HOLE;
use super::given::Given;
use super::pattern::{Pattern, Spelt};
use super::tables::{Tables, Tool, basename};

/// How a program that no table knows is read: options without values.
static PLAIN: LazyLock<Option<Tool>> =
    LazyLock::new(|| serde_json::from_str(r#"{"name":"plain","failure":{"exit":1,"stderr":""}}"#).ok());

impl Tool {
    /// Whether it has no verbs: it reads on any line but those that something else is said of.
    pub(super) fn reads_on_any_line(&self) -> bool {
        self.read.iter().any(Pattern::is_any_line)
    }

    /// Whether it only reads, whatever its words are.
    pub fn only_reads(&self) -> bool {
        self.reads_on_any_line()
            && self.write.is_empty()
            && self.unknown.is_empty()
            && self.session.is_empty()
            && self.file_options.is_empty()
            && self.files.is_empty()
            && self.http.is_none()
            && self.text.is_none()
            && self.options.is_empty()
            && self.divider.is_none()
    }
}

impl Tables {
    /// Whether the words behind a program's name are of a pattern, or may be: an unknown word may be any, an option
    /// may be abbreviated.
    pub fn may_fit<S: AsRef<str>>(&self, pattern: &Pattern, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words) else { return true };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let known: Vec<&str> = texts.iter().copied().filter(|text| !text.contains(HOLE)).collect();
        if pattern.matches(&Given::read(tool, &texts), Spelt::Perhaps) {
            return true;
        }
        if known.len() == texts.len() {
            return false;
        }
        // Each unknown word in turn may be any word that the pattern asks for.
        pattern.plain_words().any(|wanted| {
            let tried: Vec<&str> =
                texts.iter().map(|text| if text.contains(HOLE) { wanted } else { *text }).collect();
            pattern.matches(&Given::read(tool, &tried), Spelt::Perhaps)
        })
    }

    /// Whether the words behind a program's name are of a pattern, whatever their unknown parts are.
    pub fn surely_fits<S: AsRef<str>>(&self, pattern: &Pattern, words: &[S]) -> bool {
        let Some(tool) = self.grammar(words) else { return false };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        pattern.matches(&Given::read(tool, &texts), Spelt::Exactly)
    }

    /// Which words are values of options, each of them a word of its own. The program is word 0.
    pub fn option_values<S: AsRef<str>>(&self, words: &[S]) -> Vec<usize> {
        let Some(tool) = words.first().and_then(|word| self.tool(basename(word.as_ref()))) else {
            return Vec::new();
        };
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        let given = Given::read(tool, &texts);
        let whole = given.options.iter().filter_map(|option| option.value).filter(|value| value.from == 0);
        whole.map(|value| value.index).collect()
    }

    /// Which word is the first operand. The program is word 0.
    pub fn first_operand<S: AsRef<str>>(&self, words: &[S]) -> Option<usize> {
        let tool = words.first().and_then(|word| self.tool(basename(word.as_ref())))?;
        let texts: Vec<&str> = words.iter().skip(1).map(AsRef::as_ref).collect();
        Given::read(tool, &texts).operands.first().map(|operand| operand.index)
    }

    fn grammar<S: AsRef<str>>(&self, words: &[S]) -> Option<&Tool> {
        let program = words.first().map_or("", |word| basename(word.as_ref()));
        self.tool(program).or_else(|| PLAIN.as_ref())
    }
}
