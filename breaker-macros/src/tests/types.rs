//! What the tokens of a return type show.

use quote::ToTokens;
use syn::Type;

use crate::return_type::without_impl_trait;

#[test]
fn each_impl_trait_is_inferred_wherever_it_stands() {
    for (written, inferred) in [
        ("Result<u8, E>", None),
        ("impl Sized", Some("_")),
        ("Result<impl Iterator<Item = impl Sized>, E>", Some("Result<_, E>")),
        ("(&'a mut [impl Sized], [Option<impl Sized>; 3])", Some("(&'a mut [_], [Option<_>; 3])")),
        ("Box<dyn Iterator<Item = impl Sized> + 'a>", Some("Box<dyn Iterator<Item = _> + 'a>")),
        ("*const (impl Sized)", Some("*const (_)")),
        ("fn(u8) -> u8", None),
    ] {
        let parsed = |text| syn::parse_str::<Type>(text).expect("a type");
        let (tokens, found) = without_impl_trait(&parsed(written));
        let expected = parsed(inferred.unwrap_or(written)).to_token_stream().to_string();
        assert_eq!((tokens.to_string(), found), (expected, inferred.is_some()));
    }
}
