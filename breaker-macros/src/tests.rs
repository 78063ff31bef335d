//! Tests of the parts that run without the compiler: the arguments, and all of their faults together.

mod args;
mod conflicts;
mod editor;
mod entry;
mod model;
mod names;
mod tracked;
mod types;
mod values;

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
use crate::faults::Faults;
use crate::function::Function;
use crate::model::Model;

fn read(arguments: TokenStream) -> (Args, Vec<String>) {
    let mut faults = Faults::default();
    let args = Args::read(arguments, &mut faults);
    (args, faults.messages())
}

/// Returns the messages for arguments on a function.
fn faults(arguments: TokenStream, function: TokenStream) -> Vec<String> {
    let mut faults = Faults::default();
    let function: Function = syn::parse2(function).expect("the function of a test parses");
    let args = Args::read(arguments, &mut faults);
    let is_whole = Model::new(&args, &function, &mut faults).is_some();
    let messages = faults.messages();
    assert_eq!(is_whole, messages.is_empty(), "there is a model where there is no fault");
    messages
}

fn plain(arguments: TokenStream) -> Vec<String> {
    faults(
        arguments,
        quote!(
            fn call(id: u32) -> Result<u32, Down> {
                Ok(id)
            }
        ),
    )
}
