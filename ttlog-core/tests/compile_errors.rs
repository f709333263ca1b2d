//! What the compiler says of statements that are wrong, and where it points.

/// The words are those of the stable compiler; `TRYBUILD=overwrite` takes those of a new one.
#[test]
fn wrong_statements_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
