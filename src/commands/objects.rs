//! Which words of a command name what it is about.

use super::given::Given;
use super::pattern::Pattern;
use super::tables::{Tables, basename};
use super::tool::Tool;

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
        let verb = match (tool.read_verbs.is_empty(), tool.has_verbs()) {
            (false, _) => tool.verb_at(&operands).map_or(0, |at| at + 1),
            (true, true) => {
                let rest = operands.get(tool.skip..).unwrap_or_default();
                let known = rest.iter().take_while(|word| tool.says(word.text)).count();
                tool.skip + known.max(1)
            }
            (true, false) => 0,
        };
        let objects = operands.iter().skip(verb).map(|operand| operand.text);
        Some(objects.filter(|word| !tool.kinds.iter().any(|kind| kind == word)).collect())
    }

    /// Whether what the program changes lies below the folders that it is given.
    pub fn acts_below(&self, program: &str) -> bool {
        self.tool(program).is_some_and(|tool| tool.objects_below)
    }
}

impl Tool {
    /// Whether a word is one of those that tell what is done.
    fn says(&self, word: &str) -> bool {
        self.effects().flat_map(Pattern::plain_words).any(|known| known == word)
    }
}
