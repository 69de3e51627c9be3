//! Texts that the second parser is not shown: nested or unbalanced so far that it would take minutes over them.
//!
//! The depth is counted without regard to quotes, so a text may be refused that only looks deep; a script that people
//! wrote never comes near. Our own parser needs no such limit: it counts its levels.

/// Brackets of one kind that may be open, or closed without having been opened, at once.
const MOST_OPEN: i32 = 200;

/// Operators `<<`, `|` and `(` that one line may hold: the second parser's time and memory grow with their square.
const MOST_ON_A_LINE: u32 = 2_000;

/// Whether the second parser may be shown the text.
pub(super) fn allows(text: &[u8]) -> bool {
    let mut open = [0_i32; 3];
    let mut operators = 0_u32;
    let mut before = 0;
    for byte in text.iter().copied() {
        let (kind, change) = match byte {
            b'(' => {
                operators += 1;
                (0, 1)
            }
            b')' => (0, -1),
            b'{' => (1, 1),
            b'}' => (1, -1),
            b'[' => (2, 1),
            b']' => (2, -1),
            b'\n' => {
                operators = 0;
                (0, 0)
            }
            b'|' => {
                operators += 1;
                (0, 0)
            }
            b'<' if before == b'<' => {
                operators += 1;
                (0, 0)
            }
            _ => (0, 0),
        };
        before = byte;
        open[kind] += change;
        if open[kind].abs() > MOST_OPEN || operators > MOST_ON_A_LINE {
            return false;
        }
    }
    true
}
