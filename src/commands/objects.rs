//! Which words of a command name what it is about.

use super::effect::values;
use super::given::{Given, Value};
use super::pattern::Pattern;
use super::tables::{Tables, basename};
use super::tool::{Language, Tool};

impl Tables {
    /// The operands of a known tool behind its nouns and its verb; `None` where the tool is not known. Values of options
    /// are none: they tell where (a namespace, a host), or how.
    pub fn objects<'w>(&self, argv: &[&'w str]) -> Option<Vec<&'w str>> {
        let (program, words) = argv.split_first()?;
        let tool = self.tool(basename(program))?;
        if tool.objects_below {
            return Some(Vec::new());
        }
        let operands = Given::read(tool, words).operands;
        let objects = operands.iter().skip(tool.verb_end(&operands)).map(|operand| operand.text);
        Some(objects.filter(|word| !tool.kinds.iter().any(|kind| kind == word)).collect())
    }

    /// What a command does, without what it does that to: the program, the words of its verb, a request's method, the first
    /// word of what a database is told.
    pub fn deed<'w>(&self, argv: &[&'w str]) -> Vec<&'w str> {
        let Some((program, words)) = argv.split_first() else { return Vec::new() };
        let program = basename(program);
        let Some(tool) = self.tool(program) else { return vec![program] };
        let given = Given::read(tool, words);
        let verb = given.operands.iter().take(tool.verb_end(&given.operands)).map(|operand| operand.text);
        let methods = tool.http.iter().flat_map(|http| values(&given.options, &http.method));
        let told = tool.text.iter().filter(|text| text.language == Language::Sql);
        let told = told.flat_map(|text| values(&given.options, &text.options));
        let first = told.filter_map(|value| value.text.split_whitespace().next());
        std::iter::once(program).chain(verb).chain(methods.map(|value| value.text)).chain(first).collect()
    }

    /// Whether the program is told texts in SQL.
    pub fn speaks_sql(&self, program: &str) -> bool {
        let texts = self.tool(basename(program)).and_then(|tool| tool.text.as_ref());
        texts.is_some_and(|text| text.language == Language::Sql)
    }

    /// Whether what the program changes lies below the folders that it is given.
    pub fn acts_below(&self, program: &str) -> bool {
        self.tool(program).is_some_and(|tool| tool.objects_below)
    }
}

impl Tool {
    /// How many of the operands are nouns and verb.
    fn verb_end(&self, operands: &[Value<'_>]) -> usize {
        match (self.read_verbs.is_empty(), self.has_verbs()) {
            (false, _) => self.verb_at(operands).map_or(0, |at| at + 1),
            (true, true) => {
                let rest = operands.get(self.skip..).unwrap_or_default();
                let known = rest.iter().take_while(|word| self.says(word.text)).count();
                self.skip + known.max(1)
            }
            (true, false) => 0,
        }
    }

    /// Whether a word is one of those that tell what is done.
    fn says(&self, word: &str) -> bool {
        self.effects().flat_map(Pattern::plain_words).any(|known| known == word)
    }
}
