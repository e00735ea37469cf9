//! Graphs of numbers in lines of text, as LATENCY GRAPH draws them.

/// The greatest number of columns beside each other.
pub(super) const COLUMNS: usize = 80;

const ROWS: usize = 4;

/// What fills a third of a row.
const FILL: [char; 3] = ['_', 'o', '#'];

/// Draws a column for each number, with its label from top to bottom below.
pub(super) fn draw(columns: &[(u64, String)]) -> String {
    let low = columns
        .iter()
        .map(|(value, _)| *value)
        .min()
        .unwrap_or_default();
    let high = columns
        .iter()
        .map(|(value, _)| *value)
        .max()
        .unwrap_or_default();
    let steps = (ROWS * FILL.len()) as u64;
    let height = |value: u64| ((value - low) * steps / (high - low).max(1)).min(steps - 1) as usize;
    let parts = columns.chunks(COLUMNS).map(|part| draw_part(part, &height));
    parts.collect::<Vec<_>>().join("\n")
}

fn draw_part(part: &[(u64, String)], height: &dyn Fn(u64) -> usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for row in (0..ROWS).rev() {
        let symbol = |value: u64| match height(value).checked_sub(row * FILL.len()) {
            None => ' ',
            Some(level) => FILL.get(level).copied().unwrap_or('|'),
        };
        lines.push(part.iter().map(|(value, _)| symbol(*value)).collect());
    }
    lines.push(" ".repeat(part.len()));
    let longest = part.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
    for index in 0..longest {
        let letter = |label: &String| label.chars().nth(index).unwrap_or(' ');
        lines.push(part.iter().map(|(_, label)| letter(label)).collect());
    }
    lines.join("\n") + "\n"
}
