//! The examples in FORMAT.md.

const DOCUMENT: &str = include_str!("../../FORMAT.md");

/// Returns the code blocks of a kind. Each line is split at the bar.
pub(crate) fn examples(kind: &str) -> Vec<Vec<(&'static str, &'static str)>> {
    let opening = format!("```{kind}");
    let mut lines = DOCUMENT.lines();
    let mut examples = vec![];
    while lines.by_ref().any(|line| line == opening) {
        let block = lines.by_ref().take_while(|line| *line != "```");
        examples.push(block.map(|line| line.split_once('|').unwrap()).collect());
    }
    assert!(!examples.is_empty(), "no example of the kind {kind}");
    examples
}

/// Returns the bytes or words of an example.
pub(crate) fn numbers(example: &[(&str, &str)]) -> Vec<u32> {
    let digits = example.iter().flat_map(|(hex, _)| hex.split_whitespace());
    digits
        .map(|hex| u32::from_str_radix(hex, 16).unwrap())
        .collect()
}

/// Returns the rows of the table of kinds: number and name.
pub(crate) fn kinds() -> impl Iterator<Item = (u8, &'static str)> {
    let table = DOCUMENT.split("| number | kind |").nth(1).unwrap();
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|row| {
            let mut cells = row.split('|').map(str::trim).skip(1);
            (
                cells.next().unwrap().parse().unwrap(),
                cells.next().unwrap(),
            )
        })
}
