//! Finds the names that a closure uses as values and doesn't bind itself.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{
    Arm, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprLet, ExprPath, ExprWhile, Item, Local, Macro, Pat, Type,
};

use super::bound::{bound, plain};
use super::format;
use super::macros::{self, Content};

pub(super) fn of_closure(closure: &ExprClosure) -> HashSet<String> {
    let mut uses = Uses::default();
    uses.visit_expr_closure(closure);
    uses.found
}

#[derive(Default)]
struct Uses {
    found: HashSet<String>,
    /// The names bound inside the closure, the innermost scope last.
    scopes: Vec<HashSet<String>>,
}

impl Uses {
    fn use_name(&mut self, name: String) {
        if !self.scopes.iter().any(|scope| scope.contains(&name)) {
            self.found.insert(name);
        }
    }

    fn use_ident(&mut self, ident: &Ident) {
        self.use_name(plain(ident));
    }

    fn bind(&mut self, pattern: &Pat) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(bound(pattern).iter().map(|(name, _)| plain(name)));
        }
    }

    fn scoped(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(HashSet::new());
        visit(self);
        self.scopes.pop();
    }

    fn use_format(&mut self, call: &Macro, named: &[String]) {
        let Some(name) = call.path.segments.last() else { return };
        if let Some(text) = macros::format_literal(&name.ident, &call.tokens) {
            for name in format::names(&text.value()).filter(|name| !named.iter().any(|given| given == name)) {
                self.use_name(name.to_owned());
            }
        }
    }

    /// Visits an argument of a macro. A named argument shadows the variable of its name in the format string.
    fn use_argument(&mut self, argument: &Expr, named: &mut Vec<String>) {
        if let Expr::Assign(assign) = argument
            && let Expr::Path(ExprPath { path, .. }) = &*assign.left
        {
            named.extend(path.get_ident().map(plain));
            return self.visit_expr(&assign.right);
        }
        self.visit_expr(argument);
    }
}

impl<'ast> Visit<'ast> for Uses {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            // Syntax that is newer than the parser.
            Expr::Verbatim(tokens) => macros::words(tokens.clone()).iter().for_each(|word| self.use_ident(word)),
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_expr_path(&mut self, found: &'ast ExprPath) {
        match found.path.get_ident() {
            Some(ident) if found.qself.is_none() => self.use_ident(ident),
            _ => visit::visit_expr_path(self, found),
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.scoped(|uses| {
            closure.inputs.iter().for_each(|input| uses.bind(input));
            uses.visit_expr(&closure.body);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|uses| visit::visit_block(uses, block));
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                self.visit_expr(diverge);
            }
        }
        self.bind(&local.pat);
    }

    fn visit_expr_let(&mut self, found: &'ast ExprLet) {
        self.visit_expr(&found.expr);
        self.bind(&found.pat);
    }

    fn visit_expr_if(&mut self, found: &'ast ExprIf) {
        self.scoped(|uses| {
            uses.visit_expr(&found.cond);
            uses.visit_block(&found.then_branch);
        });
        if let Some((_, otherwise)) = &found.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, found: &'ast ExprWhile) {
        self.scoped(|uses| visit::visit_expr_while(uses, found));
    }

    fn visit_expr_for_loop(&mut self, found: &'ast ExprForLoop) {
        self.visit_expr(&found.expr);
        self.scoped(|uses| {
            uses.bind(&found.pat);
            uses.visit_block(&found.body);
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.scoped(|uses| {
            uses.bind(&arm.pat);
            visit::visit_arm(uses, arm);
        });
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let mut named = Vec::new();
        match macros::content(call) {
            Content::Nothing => return,
            Content::Expressions(arguments) => {
                for argument in &arguments {
                    self.use_argument(argument, &mut named);
                }
            }
            Content::Match { value, pattern, guard } => {
                self.visit_expr(&value);
                self.scoped(|uses| {
                    uses.bind(&pattern);
                    if let Some(guard) = &guard {
                        uses.visit_expr(guard);
                    }
                });
            }
            Content::Tokens(tokens) => macros::words(tokens).iter().for_each(|word| self.use_ident(word)),
        }
        self.use_format(call, &named);
    }

    // Items and types can't name a variable of the function. Of a pattern, only its guard can.
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_type(&mut self, _: &'ast Type) {}

    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Guard(guarded) = pattern {
            self.visit_expr(&guarded.guard);
        }
    }
}
