//! Text in a page: nothing that somebody has written becomes markup.

use std::fmt::Write;

/// Escapes a text for content and attributes. Control characters, which a browser drops or which change the direction of what follows
/// them, are shown by their code.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(one),
            hidden if is_hidden(hidden) => {
                // Writing to a text cannot fail.
                let _ = write!(out, "\u{27e8}U+{:04X}\u{27e9}", u32::from(hidden));
            }
            plain => out.push(plain),
        }
    }
    out
}

/// What is not seen, or makes others be seen elsewhere.
fn is_hidden(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Escapes a text so that it can be read back letter for letter.
pub(super) fn embedded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            plain => out.push(plain),
        }
    }
    out
}

/// The text that was embedded; nothing if it has an escape that [`embedded`] does not write, or markup.
pub(super) fn unembedded(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let (letter, length) = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')]
            .iter()
            .find(|(written, _)| escape.starts_with(written))
            .map(|(written, letter)| (*letter, written.len()))?;
        out.push(letter);
        rest = &escape[length..];
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup_and_nothing_stays_hidden() {
        let hostile = "</style><script>alert('x')</script> \"a\" & \u{202e}gnp.exe\u{0}\n";
        let shown = escaped(hostile);
        assert!(!shown.contains(['<', '>', '"', '\'', '\u{202e}', '\u{0}']), "{shown}");
        assert!(shown.contains("&lt;/style&gt;&lt;script&gt;") && shown.contains("U+202E") && shown.contains("U+0000"));
        assert!(shown.ends_with('\n'), "line breaks stay");
    }

    #[test]
    fn what_was_embedded_is_read_back_and_nothing_else_is() {
        let text = "{\"a\":\"</template><b>&amp;&lt;\u{85}\u{202e}\"}";
        let written = embedded(text);
        assert!(!written.contains(['<', '>']), "{written}");
        assert_eq!(unembedded(&written).as_deref(), Some(text));
        for bad in ["<b>", "&quot;", "a > b", "& "] {
            assert_eq!(unembedded(bad), None, "{bad:?} was not written by us");
        }
    }
}
