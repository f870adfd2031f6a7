//! Links to places: `ledgerscope://STORE/PATH?QUERY`.
//!
//! `PATH?QUERY` is the address of a place as the window writes it behind `#/`. `STORE` says whose data it is about: a
//! fingerprint of where the store is, and the id of its connection if it is of the list, joined by a dot; it is empty where
//! the place is about no data. Nothing secret is in a link, and nothing that it says is trusted: it may come from anywhere.

use uuid::Uuid;

use crate::connections::{Chosen, Target};
use crate::wire::AppError;

/// What a link begins with.
pub const SCHEME: &str = "ledgerscope:";

/// Longest link in bytes. The longest that the window writes holds a command that is filled in; it is what an address
/// bar, a chat or a ticket takes over whole.
pub const LINK_BYTES: usize = 16 * 1024;

/// Most parameters of an address; the place with the most has a dozen, and lists of types and categories.
const PARAMETERS: usize = 200;

/// Longest path of an address in bytes.
const PATH_BYTES: usize = 64;

/// Fingerprints of whereabouts are UUIDs of version 5 in this namespace.
const WHEREABOUTS: Uuid = Uuid::from_u128(0x6c65_6467_6572_4073_836f_7065_2d6c_696e);

/// Whether an argument of the command line is a link, well-formed or not.
#[must_use]
pub fn is_link(argument: &str) -> bool {
    argument.get(..SCHEME.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(SCHEME))
}

/// A link whose form is right. Whether its place exists is known to the window alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Address of the place, beginning with `#/`.
    pub address: String,
    /// Whose data it is about; nothing where it is about no data.
    pub store: Option<StoreName>,
}

/// What a link calls a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreName {
    /// Fingerprint of where it is.
    pub whereabouts: Uuid,
    /// Its connection in the list of whoever wrote the link.
    pub connection: Option<Uuid>,
}

/// Why a text is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    /// It does not begin with `ledgerscope://`.
    #[error("it does not begin with ledgerscope://")]
    Scheme,
    /// It is longer than [`LINK_BYTES`].
    #[error("it is longer than {LINK_BYTES} bytes")]
    Long,
    /// A character that has to be escaped, or that no link holds.
    #[error("character {at} may not stand in a link")]
    Character {
        /// Which one, from 1.
        at: usize,
    },
    /// `%` without two hexadecimal digits, or escaped bytes that are no text.
    #[error("an escape beginning with % is wrong in it")]
    Escape,
    /// An escaped control character, or one that reverses the direction of text.
    #[error("it hides a control character")]
    Control,
    /// What stands for the store is none of the program's names for one.
    #[error("what stands for the store is no name of one")]
    Store,
    /// The path is empty, too long, or not made of small letters, digits, `-` and `/`.
    #[error("its path names no place")]
    Path,
    /// Too many parameters, or one without a name.
    #[error("its parameters are malformed")]
    Parameters,
}

impl From<BadLink> for AppError {
    fn from(bad: BadLink) -> Self {
        let hint = "Nothing was changed. Copy the link again, whole; the window writes one with “Copy link”.";
        Self::new("bad_link", format_args!("This is no link that can be opened: {bad}."), hint)
    }
}

impl Link {
    /// Reads a link.
    ///
    /// # Errors
    /// What is wrong with it. The error does not repeat the link.
    pub fn parse(text: &str) -> Result<Self, BadLink> {
        if text.len() > LINK_BYTES {
            return Err(BadLink::Long);
        }
        if let Some(at) = text.chars().position(|one| !may_stand_in_a_link(one)) {
            return Err(BadLink::Character { at: at + 1 });
        }
        let rest = Some(text).filter(|text| is_link(text)).and_then(|text| text[SCHEME.len()..].strip_prefix("//"));
        let (store, place) = rest.ok_or(BadLink::Scheme)?.split_once('/').ok_or(BadLink::Path)?;
        let (path, query) = place.split_once('?').unwrap_or((place, ""));
        check_path(path)?;
        check_query(query)?;
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        Ok(Self { address: format!("#/{path}{query}"), store: StoreName::parse(store)? })
    }
}

impl StoreName {
    /// What links call a store.
    #[must_use]
    pub fn of(chosen: &Chosen) -> Self {
        Self {
            whereabouts: fingerprint(&chosen.target),
            connection: chosen.of.as_ref().map(|connection| connection.id),
        }
    }

    fn parse(text: &str) -> Result<Option<Self>, BadLink> {
        if text.is_empty() {
            return Ok(None);
        }
        let (whereabouts, connection) = match text.split_once('.') {
            Some((whereabouts, connection)) => (whereabouts, Some(hexadecimal(connection)?)),
            None => (text, None),
        };
        Ok(Some(Self { whereabouts: hexadecimal(whereabouts)?, connection }))
    }
}

impl std::fmt::Display for StoreName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.whereabouts.simple())?;
        self.connection.map_or(Ok(()), |connection| write!(out, ".{}", connection.simple()))
    }
}

/// A fingerprint of where a store is: the same for everybody who reaches it, whatever their user name or certificates.
#[must_use]
pub fn fingerprint(target: &Target) -> Uuid {
    let text = match target {
        Target::Sqlite { path } => {
            // A file that is not there any more keeps the name that it was asked for under.
            format!("file {}", path.canonicalize().unwrap_or_else(|_| path.clone()).display())
        }
        Target::Postgres(server) => {
            let (host, port, database) = (server.host.to_ascii_lowercase(), server.port, &server.database);
            format!("postgres {host} {port} {database} {}", server.schema.as_deref().unwrap_or_default())
        }
        Target::EventStoreDb(server) => {
            let mut nodes: Vec<_> =
                server.nodes.iter().map(|node| format!("{} {}", node.host.to_ascii_lowercase(), node.port)).collect();
            nodes.sort();
            format!("eventstoredb {}", nodes.join(" "))
        }
    };
    Uuid::new_v5(&WHEREABOUTS, text.as_bytes())
}

fn hexadecimal(text: &str) -> Result<Uuid, BadLink> {
    // Only the form that the window writes: 32 digits. `Uuid::try_parse` alone would take braces and URNs as well.
    let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| Uuid::try_parse(text).ok()).flatten().ok_or(BadLink::Store)
}

/// Visible ASCII without what RFC 3986 keeps out of addresses, and without `#`, which would end it early.
fn may_stand_in_a_link(one: char) -> bool {
    one.is_ascii_graphic() && !matches!(one, '"' | '#' | '<' | '>' | '[' | '\\' | ']' | '^' | '`' | '{' | '|' | '}')
}

fn check_path(path: &str) -> Result<(), BadLink> {
    let letters = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if path.len() > PATH_BYTES || !path.split('/').all(letters) { Err(BadLink::Path) } else { Ok(()) }
}

fn check_query(query: &str) -> Result<(), BadLink> {
    if query.is_empty() {
        return Ok(());
    }
    for (at, pair) in query.split('&').enumerate() {
        let (key, value) = pair.split_once('=').ok_or(BadLink::Parameters)?;
        let named = !key.is_empty() && key.len() <= PATH_BYTES && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if at >= PARAMETERS || !named {
            return Err(BadLink::Parameters);
        }
        let value = decoded(value)?;
        if value.chars().any(|one| one.is_control() || turns_text(one)) {
            return Err(BadLink::Control);
        }
    }
    Ok(())
}

/// Characters without a shape of their own that make text read otherwise than it is.
fn turns_text(one: char) -> bool {
    matches!(one, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn decoded(text: &str) -> Result<String, BadLink> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, behind @ ..] = rest else { return Err(BadLink::Escape) };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (high, low) = digit(high).zip(digit(low)).ok_or(BadLink::Escape)?;
        bytes.push(high << 4 | low);
        rest = behind;
    }
    String::from_utf8(bytes).map_err(|_| BadLink::Escape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::parse;

    const STORE: &str = "00112233445566778899aabbccddeeff";

    fn refused(text: &str) -> BadLink {
        Link::parse(text).expect_err(text)
    }

    #[test]
    fn a_link_gives_back_the_address_that_it_was_made_of() {
        let text = format!("ledgerscope://{STORE}/events?stream=account-100234&contains=Z%C3%BCrich+50%25&event=12");
        let link = Link::parse(&text).expect("well-formed");
        assert_eq!(link.address, "#/events?stream=account-100234&contains=Z%C3%BCrich+50%25&event=12");
        let store = link.store.expect("it names a store");
        assert_eq!((store.to_string().as_str(), store.connection), (STORE, None));
    }

    #[test]
    fn a_link_names_a_store_by_place_and_connection_or_none() {
        let both = format!("{STORE}.{}", "ab".repeat(16));
        let link = Link::parse(&format!("LedgerScope://{both}/bank/trial-balance")).expect("schemes have no case");
        assert_eq!(link.store.expect("named").to_string(), both, "it is written as it was read");
        let link = Link::parse("ledgerscope:///connections").expect("well-formed");
        assert_eq!((link.address.as_str(), link.store), ("#/connections", None));
    }

    #[test]
    fn hostile_links_are_refused_and_not_repeated() {
        let at = |rest: &str| format!("ledgerscope://{STORE}/{rest}");
        for (text, bad) in [
            ("https://example.org/events".to_owned(), BadLink::Scheme),
            (format!("ledgerscope:{STORE}/events"), BadLink::Scheme),
            (at(&format!("events?contains={}", "a".repeat(LINK_BYTES))), BadLink::Long),
            (at("events?contains=a b"), BadLink::Character { at: 65 }),
            (at("events\u{1}"), BadLink::Character { at: 54 }),
            (at("events?stream=\u{202e}x"), BadLink::Character { at: 62 }),
            (at("events#/bank/accounts"), BadLink::Character { at: 54 }),
            (at("events?contains=%"), BadLink::Escape),
            (at("events?contains=%4"), BadLink::Escape),
            (at("events?contains=%G1"), BadLink::Escape),
            (at("events?contains=%+1"), BadLink::Escape),
            (at("events?contains=%ff"), BadLink::Escape),
            (at("events?contains=%C0%80"), BadLink::Escape),
            (at("events?contains=a%00b"), BadLink::Control),
            (at("events?contains=a%0Ab"), BadLink::Control),
            (at("events?contains=%7f"), BadLink::Control),
            (at("events?contains=%C2%85"), BadLink::Control),
            (at("events?stream=%E2%80%AEtnuocca"), BadLink::Control),
            (at("events?stream"), BadLink::Parameters),
            (at("events?=x"), BadLink::Parameters),
            (at("events?a%41=x"), BadLink::Parameters),
            (at(&format!("events?{}", "type=x&".repeat(PARAMETERS) + "type=x")), BadLink::Parameters),
            (at(""), BadLink::Path),
            (at("../etc"), BadLink::Path),
            (at("events//all"), BadLink::Path),
            (at("Events"), BadLink::Path),
            (at(&"a".repeat(PATH_BYTES + 1)), BadLink::Path),
            (format!("ledgerscope://{STORE}"), BadLink::Path),
            ("ledgerscope://anna:secret@db.bank.example/events".to_owned(), BadLink::Store),
            (format!("ledgerscope://{STORE}.x/events"), BadLink::Store),
            (format!("ledgerscope://{STORE}:80/events"), BadLink::Store),
            ("ledgerscope://localhost/events".to_owned(), BadLink::Store),
        ] {
            assert_eq!(refused(&text), bad, "{text:?}");
            let told = AppError::from(bad);
            assert!(told.hint.contains("Nothing was changed"), "{bad:?} says that nothing happened");
            assert!(!told.message.contains("secret"), "{bad:?} repeats nothing");
        }
    }

    #[test]
    fn no_text_whatever_makes_the_reader_fail_otherwise() {
        for text in
            ["", "l", "ledgerscope:", "ledgerscope://", "ledgerscope:///", "lédgerscope://", "\u{0}", "é://x/y?%"]
        {
            assert!(Link::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn everybody_who_reaches_a_store_calls_it_by_the_same_name() {
        let target = |text: &str| parse(text).expect("a connection string").target;
        let of = |text: &str| fingerprint(&target(text));
        let anna = of("postgres://anna:secret@db.bank.example:5432/ledger?sslmode=verify-full");
        assert_eq!(anna, of("postgres://ben@DB.bank.example/ledger"), "user, password and encryption do not matter");
        assert_ne!(anna, of("postgres://anna@db.bank.example/archive"), "another database is another store");
        assert_ne!(anna, of("postgres://anna@db2.bank.example/ledger"), "another host is another store");
        let cluster = of("esdb://anna@one.bank.example:2113,two.bank.example:2113");
        assert_eq!(
            cluster,
            of("esdb://two.bank.example:2113,one.bank.example:2113"),
            "the order of nodes is no matter"
        );
    }
}
