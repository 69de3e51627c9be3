//! `[[ ... ]]`.

use shuck_ast as ast;

use super::{Lowering, plain};
use crate::bash::syntax::{Test, Word};
use crate::bash::text::Mode;

impl Lowering<'_, '_> {
    pub(super) fn condition(&mut self, condition: &ast::ConditionalExpr) -> Test {
        match condition {
            ast::ConditionalExpr::Parenthesized(inner) => self.condition(&inner.expr),
            ast::ConditionalExpr::Unary(unary) if unary.op == ast::ConditionalUnaryOp::Not => {
                Test::Not(Box::new(self.condition(&unary.expr)))
            }
            ast::ConditionalExpr::Unary(unary) => {
                let op = self.slice(plain(unary.op_span)).to_owned();
                Test::Unary(op, self.condition_word(&unary.expr))
            }
            ast::ConditionalExpr::Binary(binary) => match binary.op {
                ast::ConditionalBinaryOp::And => {
                    Test::And(Box::new(self.condition(&binary.left)), Box::new(self.condition(&binary.right)))
                }
                ast::ConditionalBinaryOp::Or => {
                    Test::Or(Box::new(self.condition(&binary.left)), Box::new(self.condition(&binary.right)))
                }
                op => {
                    let left = self.condition_word(&binary.left);
                    let right = self.condition_word(&binary.right);
                    Test::Binary(left, op.as_str().to_owned(), right)
                }
            },
            word => Test::Word(self.condition_word(word)),
        }
    }

    fn condition_word(&mut self, condition: &ast::ConditionalExpr) -> Word {
        match condition {
            ast::ConditionalExpr::Word(word) | ast::ConditionalExpr::Regex(word) => self.word(word),
            ast::ConditionalExpr::Pattern(pattern) => self.pattern(pattern, Mode::Plain),
            ast::ConditionalExpr::VarRef(name) => {
                let found = name
                    .subscript
                    .as_deref()
                    .and_then(ast::Subscript::word_ast)
                    .map(|word| super::words::expansions(&word.parts))
                    .unwrap_or_default();
                self.word_at(plain(name.span), found, false, Mode::Plain)
            }
            other => {
                let span = plain(other.span());
                self.unread(span, "this operand of `[[` could not be read: put it in a variable");
                self.word_at(super::Span::new(span.start, span.start), Vec::new(), false, Mode::Plain)
            }
        }
    }
}
