//! The errors of the compiler for statements that are wrong.

/// The expected errors are those of the stable compiler. `TRYBUILD=overwrite` stores those of the
/// current one.
#[test]
fn wrong_statements_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
