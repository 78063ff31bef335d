//! Generates the call of a fallback that is a closure. Its result must coerce as it would in the function's body.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Block, Expr, ExprClosure, Stmt, parse_quote};

use super::context::Context;
use super::shared;
use crate::parameters::PassMode;
use crate::self_alias::rename_self;
use crate::spans::{first_span, hygienic_at};

/// ```text
/// Input:   fallback = |e| …          Output:  apply(|e| …, error)
/// Input:   fallback = |e| Ok(…)      Output:  apply::<_, R>(|e| Ok(…), error)
/// ```
pub(super) fn call(context: &Context<'_>, closure: &ExprClosure, error: &Ident) -> TokenStream {
    let at = first_span(closure);
    let private = context.private(at);
    let turbofish = gives_result(context, closure).then(|| {
        let result = &context.model.result;
        quote!(::<_, #result>)
    });
    let closure = in_block(typed(context, closure)).to_token_stream();
    let closure = if shared::self_is(context, PassMode::Cloned) { rename_self(closure) } else { closure };
    quote_spanned!(hygienic_at(at)=> #private::apply #turbofish (#closure, #error))
}

/// Puts a body that is a single call into a block. Otherwise clippy suggests the function in place of the closure, and a
/// function as the fallback would get all parameters.
fn in_block(mut closure: ExprClosure) -> ExprClosure {
    if let Expr::Call(_) | Expr::MethodCall(_) = &*closure.body {
        let body = &closure.body;
        *closure.body = parse_quote!({ #body });
    }
    closure
}

/// Whether the closure returns the result itself. In an async function, it may return a future instead.
fn gives_result(context: &Context<'_>, closure: &ExprClosure) -> bool {
    closure.asyncness.is_none() && (!context.model.shape.is_async() || ends_in_result(&closure.body))
}

/// Whether the expression is `Ok(…)` or `Err(…)`, or a block that ends in one.
fn ends_in_result(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Ok" || last.ident == "Err"),
            _ => false,
        },
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(last, None)) => ends_in_result(last),
            _ => false,
        },
        Expr::Paren(paren) => ends_in_result(&paren.expr),
        _ => false,
    }
}

/// ```text
/// Input:   |e| async move { body }
/// Output:  |e| async move { if false { return never::<R>(); } body }
/// ```
/// The same for `async |e| body`.
fn typed(context: &Context<'_>, closure: &ExprClosure) -> ExprClosure {
    let mut closure = closure.clone();
    if !context.model.shape.is_async() {
        return closure;
    }
    let statement = shared::typed(context);
    let typed: Stmt = parse_quote!(#statement);
    let into_block = |block: &mut Block| block.stmts.insert(0, typed.clone());
    match &mut *closure.body {
        Expr::Async(body) if closure.asyncness.is_none() => into_block(&mut body.block),
        Expr::Block(body) if closure.asyncness.is_some() && body.label.is_none() => into_block(&mut body.block),
        body if closure.asyncness.is_some() => {
            let mut block: Block = parse_quote!({ #typed });
            block.stmts.push(Stmt::Expr(body.clone(), None));
            *body = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block });
        }
        _ => {}
    }
    closure
}
