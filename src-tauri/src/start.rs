//! What a start is asked to open. A desktop hands over the file or the link that was clicked, without saying which it is.

use std::ffi::OsString;

use crate::link::is_link;

/// What the names of store files end with: the file type that an installed program opens.
pub const STORE_FILE: &str = ".ledgerscope";

/// The arguments of a start, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Start {
    /// The first link to a place.
    pub link: Option<String>,
    /// The program's name, and what is left to be read as a command line: a store file in front has become `--store FILE`.
    pub arguments: Vec<OsString>,
}

impl Start {
    /// Takes apart the arguments of a start, the program's name first.
    pub fn of(arguments: impl IntoIterator<Item = OsString>) -> Self {
        let (links, mut arguments): (Vec<_>, Vec<_>) =
            arguments.into_iter().partition(|argument| argument.to_str().is_some_and(is_link));
        if let Some(file) = arguments.get(1).and_then(store_file) {
            arguments.splice(1..=1, ["--store".into(), file]);
        }
        Self { link: links.first().map(|link| link.to_string_lossy().into_owned()), arguments }
    }
}

/// The path of a store file, where an argument is one: a path with the ending of such files, or the address of any local file.
fn store_file(argument: &OsString) -> Option<OsString> {
    let text = argument.to_string_lossy();
    if text.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("file://")) {
        return tauri::Url::parse(&text).ok()?.to_file_path().ok().map(Into::into);
    }
    let named = !text.starts_with('-') && text.to_ascii_lowercase().ends_with(STORE_FILE);
    named.then(|| argument.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(arguments: &[&str]) -> (Option<String>, Vec<String>) {
        let Start { link, arguments } =
            Start::of(["ledgerscope"].iter().chain(arguments).map(|argument| OsString::from(*argument)));
        (link, arguments[1..].iter().map(|argument| argument.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn a_file_that_a_desktop_hands_over_is_the_store() {
        for (given, path) in [
            ("/home/ada/my bank.ledgerscope", "/home/ada/my bank.ledgerscope"),
            ("Bank.LedgerScope", "Bank.LedgerScope"),
            ("file:///home/ada/my%20b%C3%A4nk.ledgerscope", "/home/ada/my bänk.ledgerscope"),
            ("FILE:///tmp/store", "/tmp/store"),
        ] {
            assert_eq!(taken_apart(&[given]).1, ["--store", path], "{given}");
        }
        assert_eq!(
            taken_apart(&["bank.ledgerscope", "streams", "--json"]).1,
            ["--store", "bank.ledgerscope", "streams", "--json"],
            "it goes together with a command"
        );
    }

    #[test]
    fn a_link_is_found_wherever_it_stands() {
        let link = "ledgerscope:///bank/trial-balance";
        assert_eq!(taken_apart(&[link]), (Some(link.to_owned()), vec![]));
        assert_eq!(
            taken_apart(&["bank.ledgerscope", link]),
            (Some(link.to_owned()), vec!["--store".to_owned(), "bank.ledgerscope".to_owned()])
        );
    }

    #[test]
    fn options_and_their_values_stay_as_they_are() {
        for arguments in [
            &["--store", "bank.ledgerscope"][..],
            &["demo", "--into", "bank.ledgerscope"],
            &["--store=bank.ledgerscope"],
            &["streams"],
            &["file://elsewhere.example/bank.ledgerscope"],
            &[],
        ] {
            assert_eq!(
                taken_apart(arguments),
                (None, arguments.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
            );
        }
    }
}
