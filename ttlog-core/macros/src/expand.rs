//! The code to which a statement expands.
//!
//! Its local names are hygienic (`Span::mixed_site`). Items have no hygiene, so their names start
//! with `TTLOG_`. All other names are paths from the root of the crate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Result,
    parse::{ParseStream, Parser},
};

use crate::{argument::identifier, arguments::Arguments, format::Spec, input::Input, text::Text};

/// The kind of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A single event.
    Event,
    /// A span that ends when its guard is dropped.
    Span,
}

/// Expands a statement. A statement that is wrong expands to a compile error.
pub(crate) fn statement(
    kind: Kind,
    parse: fn(ParseStream<'_>) -> Result<Input>,
    tokens: TokenStream,
) -> TokenStream {
    let code = parse.parse2(tokens).and_then(|input| {
        let arguments = Arguments::new(&input)?;
        let krate = &input.krate;
        let private = quote_spanned!(Span::mixed_site()=> #krate::__private);
        Expansion {
            kind,
            input: &input,
            private,
        }
        .expand(arguments)
    });
    code.unwrap_or_else(|error| error.into_compile_error())
}

struct Expansion<'a> {
    kind: Kind,
    input: &'a Input,
    /// The path of the module that has all names that the code uses.
    private: TokenStream,
}

/// The contents of the record.
struct Contents<'a> {
    text: String,
    names: Vec<&'a str>,
    values: Vec<TokenStream>,
}

impl<'a> Expansion<'a> {
    fn expand(&self, mut arguments: Arguments<'a>) -> Result<TokenStream> {
        let contents = match &self.input.text {
            None => self.contents(&arguments, String::new()),
            Some(text) => match arguments.read()? {
                Some(normal) => self.contents(&arguments, normal),
                None => self.message(&arguments, text),
            },
        };
        arguments.check_count()?;
        let private = &self.private;
        let level = &self.input.level;
        let callsite = self.callsite(&contents);
        let values = arguments.iter().map(|(_, argument)| &argument.value);
        let bindings = arguments.iter().map(|(at, _)| binding(at));
        let nothing = quote_spanned!(Span::mixed_site()=> ());
        let fields = contents.values.iter().rfold(
            nothing,
            |rest, first| quote_spanned!(Span::mixed_site()=> (#first, #rest)),
        );
        let (record, otherwise) = match self.kind {
            Kind::Event => (quote_spanned!(Span::mixed_site()=> record), None),
            Kind::Span => (
                quote_spanned!(Span::mixed_site()=> Span::enter),
                Some(quote_spanned!(Span::mixed_site()=> else { #private::Span::disabled() })),
            ),
        };
        Ok(quote_spanned! {Span::mixed_site()=> {
            const TTLOG_LEVEL: #private::Level = #level;
            if const { #private::Level::is_compiled_in(TTLOG_LEVEL) } {
                #callsite
                if let #private::core::option::Option::Some(ttlog_header) =
                    #private::Callsite::enabled(&TTLOG_CALLSITE)
                {
                    match ( #(&(#values),)* ) {
                        ( #(#bindings,)* ) => {
                            use #private::select::Select as _;
                            #private::#record(&TTLOG_CALLSITE, ttlog_header, #fields)
                        }
                    }
                } #otherwise
            } #otherwise
        }})
    }

    fn callsite(&self, contents: &Contents<'_>) -> TokenStream {
        let private = &self.private;
        let kind = match self.kind {
            Kind::Event => quote_spanned!(Span::mixed_site()=> Event),
            Kind::Span => quote_spanned!(Span::mixed_site()=> Span),
        };
        let target = match &self.input.target {
            Some(target) => target.to_token_stream(),
            None => quote_spanned!(Span::mixed_site()=> #private::core::module_path!()),
        };
        let Contents { text, names, .. } = contents;
        // The callsite itself holds the kinds of the first four arguments.
        let words = names.len().div_ceil(4).saturating_sub(1);
        quote_spanned! {Span::mixed_site()=>
            static TTLOG_MORE_KINDS: [#private::AtomicU32; #words] =
                [const { #private::AtomicU32::new(0) }; #words];
            static TTLOG_METADATA: #private::Metadata = #private::Metadata {
                kind: #private::CallsiteKind::#kind,
                level: TTLOG_LEVEL,
                target: #target,
                file: #private::core::file!(),
                line: #private::core::line!(),
                text: #text,
                names: &[#(#names),*],
                more_kinds: &TTLOG_MORE_KINDS,
            };
            static TTLOG_CALLSITE: #private::Callsite = #private::Callsite::new(&TTLOG_METADATA);
        }
    }

    /// Returns the text in its normal form with all arguments.
    fn contents<'b>(&self, arguments: &'b Arguments<'_>, text: String) -> Contents<'b> {
        let recorded = arguments.recorded();
        let (names, values) = recorded
            .map(|(at, name, spec)| (name, self.capture(arguments, at, spec)))
            .unzip();
        Contents {
            text,
            names,
            values,
        }
    }

    /// Returns the code that captures an argument. If its type is not recorded raw, the code formats
    /// it by `spec`.
    fn capture(
        &self,
        arguments: &Arguments<'_>,
        at: usize,
        spec: Option<Spec<'_, usize>>,
    ) -> TokenStream {
        let private = &self.private;
        let span = Span::mixed_site().located_at(arguments.get(at).spans().0);
        let mut argument = binding(at);
        argument.set_span(span);
        let select =
            quote_spanned!(span=> (&&&&&&&&#private::select::Probe(#argument)).ttlog_select());
        let Some(spec) = spec else {
            return quote_spanned!(span=> #select.capture(#argument));
        };
        // The argument, then its width and its precision if these are arguments.
        let mut values = vec![reference(arguments, at, spec.is_pointer())];
        let local = spec.refer(|count| {
            values.push(reference(arguments, count, true));
            Some(values.len() - 1)
        });
        let text = local.map(|spec| format!("{{0{spec}}}"));
        let format = self.format(quote_spanned!(span=> #text, #(#values),*));
        if spec.is_pointer() {
            quote_spanned!(span=> #private::Formatted::new(#format))
        } else {
            quote_spanned!(span=> #select.capture_as(#argument, #format))
        }
    }

    /// Returns the whole message as one formatted argument, for a text that is wrong.
    ///
    /// The compiler then reports the error and points into the text. This crate cannot point there.
    fn message(&self, arguments: &Arguments<'_>, text: &Text) -> Contents<'static> {
        let private = &self.private;
        let text = &text.tokens;
        let values = arguments.formatted().map(|(at, argument)| {
            let value = reference(arguments, at, argument.by_value);
            if argument.is_positional() {
                return value;
            }
            // The text cannot refer to a name that is not an identifier.
            let name = identifier(&argument.name).unwrap_or_else(|| binding(at));
            quote_spanned!(Span::mixed_site()=> #name = #value)
        });
        let format = self.format(quote_spanned!(Span::mixed_site()=> #text, #(#values),*));
        Contents {
            text: "{0}".to_owned(),
            names: vec![""],
            values: vec![quote_spanned!(Span::mixed_site()=> #private::Formatted::new(#format))],
        }
    }

    /// Returns a closure that formats these arguments of `format_args!`.
    fn format(&self, arguments: TokenStream) -> TokenStream {
        let private = &self.private;
        quote_spanned! {Span::mixed_site()=> |out| {
            #private::core::fmt::Write::write_fmt(out, #private::core::format_args!(#arguments))
        }}
    }
}

/// Returns the variable that refers to the value of an argument.
fn binding(at: usize) -> Ident {
    Ident::new(&format!("ttlog_argument_{at}"), Span::mixed_site())
}

/// Returns an argument as the formatter takes it. It has the spans of the user's expression, so that
/// errors point there.
fn reference(arguments: &Arguments<'_>, at: usize, by_value: bool) -> TokenStream {
    let (first, last) = arguments.get(at).spans();
    let star = quote_spanned!(Span::mixed_site().located_at(first)=> *);
    let mut argument = binding(at);
    argument.set_span(argument.span().located_at(last));
    if by_value {
        return quote_spanned!(Span::mixed_site()=> #star #argument);
    }
    // This is a reference to the reference, because the value may be unsized.
    quote_spanned!(Span::mixed_site().located_at(first)=> &#star #argument)
}
