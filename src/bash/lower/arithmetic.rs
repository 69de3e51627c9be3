//! Arithmetic: its text as word parts, and its shape where shuck could read it.

use shuck_ast as ast;

use super::Lowering;
use super::words::Found;
use crate::bash::syntax::{Arithmetic, Expression};
use crate::bash::text::Mode;
use crate::source::Span;

impl Lowering<'_, '_> {
    /// An arithmetic text at `span`; `word` is its view as a word, where there is one.
    pub(super) fn arithmetic(
        &mut self,
        span: Span,
        tree: Option<&ast::ArithmeticExprNode>,
        word: Option<&ast::Word>,
        mode: Mode,
    ) -> Arithmetic {
        if self.shallow {
            return Arithmetic { expression: None, parts: Vec::new(), span: self.span(span) };
        }
        let mut found = Vec::new();
        match (word, tree) {
            (Some(word), _) => found = super::words::expansions(&word.parts),
            (None, Some(tree)) => gather(tree, &mut found),
            (None, None) => {}
        }
        let parts = self.fill(span, found, mode);
        let expression = tree.map(|tree| Box::new(self.expression(tree)));
        Arithmetic { expression, parts, span: self.span(span) }
    }

    fn expression(&mut self, node: &ast::ArithmeticExprNode) -> Expression {
        match &node.kind {
            ast::ArithmeticExpr::Number(text) => Expression::Number(text.slice(self.source).to_owned()),
            ast::ArithmeticExpr::Variable(name) => Expression::Variable(name.as_str().to_owned(), None),
            ast::ArithmeticExpr::Indexed { name, index } => {
                Expression::Variable(name.as_str().to_owned(), Some(Box::new(self.expression(index))))
            }
            ast::ArithmeticExpr::ShellWord(word) => {
                // The parts of the text have told all this already, with the bodies of its substitutions.
                let (unread, comments) = (self.out.unread.len(), self.out.comments.len());
                let shallow = std::mem::replace(&mut self.shallow, true);
                let word = self.word(word);
                self.shallow = shallow;
                self.out.unread.truncate(unread);
                self.out.comments.truncate(comments);
                Expression::Word(word)
            }
            ast::ArithmeticExpr::Parenthesized { expression } => self.expression(expression),
            ast::ArithmeticExpr::Unary { op, expr } => {
                Expression::Unary(unary(*op).to_owned(), Box::new(self.expression(expr)))
            }
            ast::ArithmeticExpr::Postfix { expr, op } => {
                let op = match op {
                    ast::ArithmeticPostfixOp::Increment => "++",
                    ast::ArithmeticPostfixOp::Decrement => "--",
                };
                Expression::Postfix(Box::new(self.expression(expr)), op.to_owned())
            }
            ast::ArithmeticExpr::Binary { .. } => self.binary(node),
            ast::ArithmeticExpr::Conditional { condition, then_expr, else_expr } => Expression::Conditional(
                Box::new(self.expression(condition)),
                Box::new(self.expression(then_expr)),
                Box::new(self.expression(else_expr)),
            ),
            ast::ArithmeticExpr::Assignment { target, op, value } => {
                let target = match target {
                    ast::ArithmeticLvalue::Variable(name) => {
                        Expression::Variable(name.as_str().to_owned(), None)
                    }
                    ast::ArithmeticLvalue::Indexed { name, index } => {
                        Expression::Variable(name.as_str().to_owned(), Some(Box::new(self.expression(index))))
                    }
                };
                Expression::Assign(Box::new(target), assign(*op).to_owned(), Box::new(self.expression(value)))
            }
        }
    }

    /// A chain of binary operators leans left and may be long: its spine is walked, not recursed into.
    fn binary(&mut self, node: &ast::ArithmeticExprNode) -> Expression {
        let mut links = Vec::new();
        let mut left = node;
        while let ast::ArithmeticExpr::Binary { left: inner, op, right } = &left.kind {
            links.push((*op, &**right));
            left = inner;
        }
        let mut whole = self.expression(left);
        for (op, right) in links.into_iter().rev() {
            let right = self.expression(right);
            whole = Expression::Binary(Box::new(whole), binary_op(op).to_owned(), Box::new(right));
        }
        whole
    }
}

/// The expansions of an expression in the order of the text.
fn gather<'a>(node: &'a ast::ArithmeticExprNode, found: &mut Vec<Found<'a>>) {
    match &node.kind {
        ast::ArithmeticExpr::Number(_) | ast::ArithmeticExpr::Variable(_) => {}
        ast::ArithmeticExpr::Indexed { index, .. } => gather(index, found),
        ast::ArithmeticExpr::ShellWord(word) => found.extend(super::words::expansions(&word.parts)),
        ast::ArithmeticExpr::Parenthesized { expression } => gather(expression, found),
        ast::ArithmeticExpr::Unary { expr, .. } | ast::ArithmeticExpr::Postfix { expr, .. } => {
            gather(expr, found);
        }
        ast::ArithmeticExpr::Binary { left, right, .. } => {
            gather(left, found);
            gather(right, found);
        }
        ast::ArithmeticExpr::Conditional { condition, then_expr, else_expr } => {
            gather(condition, found);
            gather(then_expr, found);
            gather(else_expr, found);
        }
        ast::ArithmeticExpr::Assignment { target, value, .. } => {
            if let ast::ArithmeticLvalue::Indexed { index, .. } = target {
                gather(index, found);
            }
            gather(value, found);
        }
    }
}

fn unary(op: ast::ArithmeticUnaryOp) -> &'static str {
    match op {
        ast::ArithmeticUnaryOp::PreIncrement => "++",
        ast::ArithmeticUnaryOp::PreDecrement => "--",
        ast::ArithmeticUnaryOp::Plus => "+",
        ast::ArithmeticUnaryOp::Minus => "-",
        ast::ArithmeticUnaryOp::LogicalNot => "!",
        ast::ArithmeticUnaryOp::BitwiseNot => "~",
    }
}

fn binary_op(op: ast::ArithmeticBinaryOp) -> &'static str {
    match op {
        ast::ArithmeticBinaryOp::Comma => ",",
        ast::ArithmeticBinaryOp::Power => "**",
        ast::ArithmeticBinaryOp::Multiply => "*",
        ast::ArithmeticBinaryOp::Divide => "/",
        ast::ArithmeticBinaryOp::Modulo => "%",
        ast::ArithmeticBinaryOp::Add => "+",
        ast::ArithmeticBinaryOp::Subtract => "-",
        ast::ArithmeticBinaryOp::ShiftLeft => "<<",
        ast::ArithmeticBinaryOp::ShiftRight => ">>",
        ast::ArithmeticBinaryOp::LessThan => "<",
        ast::ArithmeticBinaryOp::LessThanOrEqual => "<=",
        ast::ArithmeticBinaryOp::GreaterThan => ">",
        ast::ArithmeticBinaryOp::GreaterThanOrEqual => ">=",
        ast::ArithmeticBinaryOp::Equal => "==",
        ast::ArithmeticBinaryOp::NotEqual => "!=",
        ast::ArithmeticBinaryOp::BitwiseAnd => "&",
        ast::ArithmeticBinaryOp::BitwiseXor => "^",
        ast::ArithmeticBinaryOp::BitwiseOr => "|",
        ast::ArithmeticBinaryOp::LogicalAnd => "&&",
        ast::ArithmeticBinaryOp::LogicalOr => "||",
    }
}

fn assign(op: ast::ArithmeticAssignOp) -> &'static str {
    match op {
        ast::ArithmeticAssignOp::Assign => "=",
        ast::ArithmeticAssignOp::AddAssign => "+=",
        ast::ArithmeticAssignOp::SubAssign => "-=",
        ast::ArithmeticAssignOp::MulAssign => "*=",
        ast::ArithmeticAssignOp::DivAssign => "/=",
        ast::ArithmeticAssignOp::ModAssign => "%=",
        ast::ArithmeticAssignOp::ShiftLeftAssign => "<<=",
        ast::ArithmeticAssignOp::ShiftRightAssign => ">>=",
        ast::ArithmeticAssignOp::AndAssign => "&=",
        ast::ArithmeticAssignOp::XorAssign => "^=",
        ast::ArithmeticAssignOp::OrAssign => "|=",
    }
}
