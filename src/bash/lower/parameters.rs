//! `${...}`: every operator, its operands read as words.

use shuck_ast as ast;

use super::{Lowering, clamped, plain};
use crate::bash::syntax::{Arithmetic, Parameter, ParameterOp, PartKind, Word};
use crate::bash::text::Mode;
use crate::source::Span;

/// `$name`
pub(super) fn variable(name: String) -> PartKind {
    PartKind::Parameter(Box::new(Parameter {
        name,
        subscript: None,
        indirect: false,
        op: ParameterOp::Plain,
    }))
}

impl Lowering<'_, '_> {
    /// Lowers an expansion; `None` where its tree contradicts its bytes.
    pub(super) fn parameter(
        &mut self,
        parameter: &ast::ParameterExpansion,
        whole: Span,
        mode: Mode,
    ) -> Option<PartKind> {
        let inside = Span::new(whole.start + 2, whole.end - 1);
        let bourne = parameter.bourne()?;
        let (reference, indirect, op) = match bourne {
            ast::BourneParameterExpansion::Access { reference } => {
                (Some(reference), false, ParameterOp::Plain)
            }
            ast::BourneParameterExpansion::Length { reference } => {
                (Some(reference), false, ParameterOp::Length)
            }
            ast::BourneParameterExpansion::Indices { reference } => {
                (Some(reference), false, ParameterOp::Keys)
            }
            ast::BourneParameterExpansion::PrefixMatch { prefix, .. } => {
                let parameter = Parameter {
                    name: prefix.as_str().to_owned(),
                    subscript: None,
                    indirect: false,
                    op: ParameterOp::Names,
                };
                return Some(PartKind::Parameter(Box::new(parameter)));
            }
            ast::BourneParameterExpansion::Transformation { reference, operator } => {
                (Some(reference), false, ParameterOp::Transform(*operator))
            }
            ast::BourneParameterExpansion::Slice {
                reference,
                offset,
                offset_ast,
                offset_word_ast,
                length,
                length_ast,
                length_word_ast,
            } => {
                let offset = self.slice_part(offset, offset_ast.as_deref(), Some(offset_word_ast), inside)?;
                let length = match length {
                    Some(text) => Some(self.slice_part(
                        text,
                        length_ast.as_deref(),
                        length_word_ast.as_deref(),
                        inside,
                    )?),
                    None => None,
                };
                (Some(reference), false, ParameterOp::Slice { offset, length })
            }
            ast::BourneParameterExpansion::Operation {
                reference,
                operator,
                operand,
                operand_word_ast,
                colon_variant,
            } => {
                let operand = Operand { text: operand.as_ref(), word: operand_word_ast.as_deref() };
                (Some(reference), false, self.operation(operator, operand, *colon_variant, inside, mode)?)
            }
            ast::BourneParameterExpansion::Indirect {
                reference,
                operator,
                operand,
                operand_word_ast,
                colon_variant,
            } => {
                let operand = Operand { text: operand.as_ref(), word: operand_word_ast.as_deref() };
                let op = match operator {
                    Some(operator) => self.operation(operator, operand, *colon_variant, inside, mode)?,
                    None if operand.text.is_some_and(|text| !plain(text.span()).is_empty()) => return None,
                    None => ParameterOp::Plain,
                };
                (Some(reference), true, op)
            }
        };
        let reference = reference?;
        let subscript = match reference.subscript.as_deref() {
            Some(subscript) => {
                let span = plain(subscript.syntax_source_text().span());
                if !inside.contains(span) {
                    return None;
                }
                Some(self.subscript(subscript))
            }
            None => None,
        };
        if subscript.is_none() && !self.accounted(reference, inside, &op, indirect) {
            return None;
        }
        let name = reference.name.as_str().to_owned();
        Some(PartKind::Parameter(Box::new(Parameter { name, subscript, indirect, op })))
    }

    /// Whether a plain access is nothing but a name: shuck takes what it does not know for a name.
    fn accounted(&self, reference: &ast::VarRef, inside: Span, op: &ParameterOp, indirect: bool) -> bool {
        if !matches!(op, ParameterOp::Plain) || indirect {
            return true;
        }
        let text = self.slice(inside).replace("\\\n", "");
        text == reference.name.as_str() && !text.starts_with(['$', '`', '"', '\'']) || text.len() <= 1
    }

    fn slice_part(
        &mut self,
        text: &ast::SourceText,
        tree: Option<&ast::ArithmeticExprNode>,
        word: Option<&ast::Word>,
        inside: Span,
    ) -> Option<Arithmetic> {
        let span = clamped(plain(text.span()), self.source);
        if !inside.contains(span) {
            return None;
        }
        Some(self.arithmetic(span, tree, word, Mode::Arithmetic))
    }

    fn operation(
        &mut self,
        operator: &ast::ParameterOp,
        operand: Operand<'_>,
        colon: bool,
        inside: Span,
        mode: Mode,
    ) -> Option<ParameterOp> {
        Some(match operator {
            ast::ParameterOp::UseDefault => {
                ParameterOp::Default { colon, word: self.operand(operand, inside, mode.operand())? }
            }
            ast::ParameterOp::AssignDefault => {
                ParameterOp::Assign { colon, word: self.operand(operand, inside, mode.operand())? }
            }
            ast::ParameterOp::UseReplacement => {
                ParameterOp::Alternate { colon, word: self.operand(operand, inside, mode.operand())? }
            }
            ast::ParameterOp::Error => {
                ParameterOp::Error { colon, word: self.operand(operand, inside, mode.operand())? }
            }
            ast::ParameterOp::RemovePrefixShort { pattern }
            | ast::ParameterOp::RemovePrefixLong { pattern } => {
                ParameterOp::TrimPrefix { pattern: self.inner_pattern(pattern, inside)? }
            }
            ast::ParameterOp::RemoveSuffixShort { pattern }
            | ast::ParameterOp::RemoveSuffixLong { pattern } => {
                ParameterOp::TrimSuffix { pattern: self.inner_pattern(pattern, inside)? }
            }
            ast::ParameterOp::ReplaceFirst { pattern, replacement, replacement_word_ast } => {
                self.replace(false, pattern, replacement, replacement_word_ast, inside)?
            }
            ast::ParameterOp::ReplaceAll { pattern, replacement, replacement_word_ast } => {
                self.replace(true, pattern, replacement, replacement_word_ast, inside)?
            }
            ast::ParameterOp::UpperFirst => {
                ParameterOp::Case { op: "^", pattern: self.operand(operand, inside, Mode::Plain)? }
            }
            ast::ParameterOp::UpperAll => {
                ParameterOp::Case { op: "^^", pattern: self.operand(operand, inside, Mode::Plain)? }
            }
            ast::ParameterOp::LowerFirst => {
                ParameterOp::Case { op: ",", pattern: self.operand(operand, inside, Mode::Plain)? }
            }
            ast::ParameterOp::LowerAll => {
                ParameterOp::Case { op: ",,", pattern: self.operand(operand, inside, Mode::Plain)? }
            }
        })
    }

    fn replace(
        &mut self,
        all: bool,
        pattern: &ast::Pattern,
        replacement: &ast::SourceText,
        word: &ast::Word,
        inside: Span,
    ) -> Option<ParameterOp> {
        let pattern = self.inner_pattern(pattern, inside)?;
        let replacement =
            self.operand(Operand { text: Some(replacement), word: Some(word) }, inside, Mode::Plain)?;
        Some(ParameterOp::Replace { all, pattern, replacement })
    }

    fn inner_pattern(&mut self, pattern: &ast::Pattern, inside: Span) -> Option<Word> {
        inside.contains(clamped(plain(pattern.span), self.source)).then(|| self.pattern(pattern, Mode::Plain))
    }

    fn operand(&mut self, operand: Operand<'_>, inside: Span, mode: Mode) -> Option<Word> {
        let span = operand.text.map(|text| clamped(plain(text.span()), self.source));
        let Some(span) = span.or_else(|| operand.word.map(|word| plain(word.span))) else {
            return Some(Word {
                parts: Vec::new(),
                braces: false,
                span: self.span(Span::new(inside.end, inside.end)),
            });
        };
        if !inside.contains(span) {
            return None;
        }
        let found = operand.word.map(|word| super::words::expansions(&word.parts)).unwrap_or_default();
        let singles = found.iter().any(|one| matches!(one.expansion, super::words::Expansion::Single));
        if mode == Mode::DoubleOperand && singles {
            // `'` is a plain character here; shuck took it for quotes. Nothing found makes the text be parsed anew.
            return Some(self.masked(span, mode));
        }
        Some(self.word_at(span, found, false, mode))
    }

    fn masked(&mut self, span: Span, mode: Mode) -> Word {
        let parts = self.anew(span, mode);
        Word { parts, braces: false, span: self.span(span) }
    }
}

/// What stands after an operator.
#[derive(Clone, Copy)]
struct Operand<'a> {
    text: Option<&'a ast::SourceText>,
    word: Option<&'a ast::Word>,
}
