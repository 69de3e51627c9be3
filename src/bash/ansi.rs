//! `$'...'`: ANSI-C quoting decoded as bash does.
//!
//! This module never looks outside the quotes.

use std::iter::Peekable;
use std::str::Chars;

/// Length of the `$'...'` that `raw` starts with, quotes included.
pub(super) fn len(raw: &str) -> Option<usize> {
    let mut bytes = raw.bytes().enumerate().skip(2);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'\'' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Decodes the inside of `$'...'`. Bytes that are no UTF-8 become the replacement character; a NUL ends the text, as
/// in bash.
pub(super) fn decode(raw: &str) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(first) = chars.next() {
        if first != '\\' {
            push(&mut out, first);
            continue;
        }
        let Some(escape) = chars.next() else {
            out.push(b'\\');
            break;
        };
        match escape {
            'a' => out.push(7),
            'b' => out.push(8),
            'e' | 'E' => out.push(0x1b),
            'f' => out.push(0x0c),
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'v' => out.push(0x0b),
            '\\' | '\'' | '"' | '?' => push(&mut out, escape),
            '0'..='7' => {
                let value = digits(&mut chars, 8, 2, escape.to_digit(8)).unwrap_or_default();
                out.push(low_byte(value));
            }
            'x' => {
                let braced = chars.next_if_eq(&'{').is_some();
                match digits(&mut chars, 16, if braced { 8 } else { 2 }, None) {
                    Some(value) => out.push(low_byte(value)),
                    None => out.extend_from_slice(b"\\x"),
                }
                if braced {
                    chars.next_if_eq(&'}');
                }
            }
            'u' | 'U' => {
                if let Some(value) = digits(&mut chars, 16, if escape == 'u' { 4 } else { 8 }, None) {
                    push(&mut out, char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
                } else {
                    out.push(b'\\');
                    push(&mut out, escape);
                }
            }
            'c' => {
                if let Some(control) = chars.next() {
                    out.push(low_byte(u32::from(control)) & 0x1f);
                }
            }
            other => {
                out.push(b'\\');
                push(&mut out, other);
            }
        }
    }
    if let Some(nul) = out.iter().position(|byte| *byte == 0) {
        out.truncate(nul);
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn push(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn low_byte(value: u32) -> u8 {
    value.to_le_bytes()[0]
}

/// Up to `most` further digits after the `value` read so far.
fn digits(chars: &mut Peekable<Chars<'_>>, radix: u32, most: usize, mut value: Option<u32>) -> Option<u32> {
    for _ in 0..most {
        let Some(digit) = chars.peek().and_then(|next| next.to_digit(radix)) else { break };
        value = Some(value.unwrap_or(0).wrapping_mul(radix).wrapping_add(digit));
        chars.next();
    }
    value
}
