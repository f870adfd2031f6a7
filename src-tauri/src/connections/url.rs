//! The parts of a connection string, each percent-decoded. Nothing here repeats what it was given: it may be a password.

use super::parse::Misread;

/// A connection string in parts.
pub(super) struct Parts {
    /// Before the `@`.
    pub(super) user: Option<String>,
    /// Behind the user's `:`.
    pub(super) password: Option<String>,
    /// Hosts with their ports; none if nothing stands there.
    pub(super) hosts: Vec<(String, Option<u16>)>,
    /// Behind the first `/`.
    pub(super) path: String,
    /// Behind the `?`.
    pub(super) options: Vec<(String, String)>,
}

/// The scheme of a text that has one, in lower case. A single letter is a drive, not a scheme.
pub(super) fn scheme_of(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once(':')?;
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let is_scheme = scheme.len() > 1 && scheme.as_bytes()[0].is_ascii_alphabetic() && scheme.bytes().all(letters);
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Takes `scheme://user:password@host:port,host:port/path?option=value&…` apart.
pub(super) fn parts(text: &str) -> Result<Parts, Misread> {
    let (_scheme, rest) = text.split_once("://").ok_or(Misread::Part { part: "form", reason: "`://` is missing" })?;
    if rest.contains('#') {
        return Err(Misread::UNESCAPED);
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // What stands behind the first `/` or `?` and still holds the `@` is the end of a password that was not encoded.
    if path.contains('@') || (!authority.contains('@') && query.contains('@')) {
        return Err(Misread::UNESCAPED);
    }
    let (login, hosts) = match authority.rsplit_once('@') {
        Some((login, hosts)) => (Some(login), hosts),
        None => (None, authority),
    };
    let (user, password) = match login.map(|login| login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)))) {
        Some((user, password)) => (Some(decoded("user", user)?), password.map(|p| decoded("password", p)).transpose()?),
        None => (None, None),
    };
    let option = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decoded("option", name)?, decoded("option", value)?))
    };
    Ok(Parts {
        user: user.filter(|user| !user.is_empty()),
        password: password.filter(|password| !password.is_empty()),
        hosts: hosts.split(',').filter(|host| !host.is_empty()).map(host).collect::<Result<_, _>>()?,
        path: decoded("path", path)?,
        options: query.split('&').filter(|pair| !pair.is_empty()).map(option).collect::<Result<_, _>>()?,
    })
}

/// `host`, `host:port`, `[address]` or `[address]:port`.
pub(super) fn host(text: &str) -> Result<(String, Option<u16>), Misread> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, "")) => (address, None),
        Some((address, port)) => {
            let port =
                port.strip_prefix(':').ok_or(Misread::Part { part: "port", reason: "`:` is missing before it" })?;
            (address, Some(port))
        }
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err(Misread::Part { part: "host", reason: "it is empty" });
    }
    if host.contains(':') && !text.starts_with('[') {
        return Err(Misread::Part { part: "host", reason: "an IPv6 address stands in brackets: [::1]" });
    }
    let not_a_port = || Misread::Part { part: "port", reason: "it is a number from 1 to 65535" };
    let port = port.map(|port| port.parse().ok().filter(|port| *port > 0).ok_or_else(not_a_port)).transpose()?;
    Ok((decoded("host", host)?, port))
}

/// Undoes percent-encoding.
pub(super) fn decoded(part: &'static str, text: &str) -> Result<String, Misread> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| hex::decode(digits).ok());
        let digits = digits.ok_or(Misread::Part { part, reason: "a % is not followed by two hexadecimal digits" })?;
        bytes.extend(digits);
        rest = &rest[2..];
    }
    let text = String::from_utf8(bytes).map_err(|_| Misread::Part { part, reason: "it is not UTF-8" })?;
    match text.chars().any(char::is_control) {
        true => Err(Misread::Part { part, reason: "it holds a control character" }),
        false => Ok(text),
    }
}
