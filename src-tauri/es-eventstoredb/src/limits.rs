//! The bounds of this adapter, each with its reason.

use std::time::Duration;

/// Longest time for one operation, new attempts included, unless the connection says otherwise: a frozen server would take
/// 20 s of the client library's own.
pub(crate) const OPERATION_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest time for a step of the way to the server (name, connection, TLS).
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// First pause before a new client is built after a failure; it doubles up to [`LONGEST_PAUSE`].
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// Longest pause between two clients.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often an operation is tried that the server answers with an error of its own, which a new attempt may or may not cure.
pub(crate) const SERVER_ERROR_ATTEMPTS: u32 = 3;
/// Most payload and metadata bytes in one page; a page ends early rather than hold more in memory.
pub(crate) const PAGE_BYTES: usize = 16 * 1024 * 1024;
/// Events that one round of indexing reads: what one transaction of the index writes.
pub(crate) const INDEX_PAGE_EVENTS: usize = 4096;
/// How long a call waits for the index before it does without, or says how far the index has come.
pub(crate) const INDEX_WAIT: Duration = Duration::from_secs(2);
/// The same while the log is being indexed for the first time, which may take minutes.
pub(crate) const FIRST_INDEX_WAIT: Duration = Duration::from_millis(100);
/// How long a list waits for the index, which it cannot do without.
pub(crate) const LIST_WAIT: Duration = Duration::from_secs(8);
/// How long a search in the index goes on before its page is returned as it is.
pub(crate) const SEARCH_TIME: Duration = Duration::from_millis(250);
/// Reads of single events that run at once.
pub(crate) const PARALLEL_READS: usize = 16;
/// Events between two wanted ones that are read along rather than asked for anew.
pub(crate) const READ_ALONG: usize = 8;
/// Connections for reading the index that are kept open.
pub(crate) const INDEX_READERS: usize = 4;
/// How often an append is decided anew because another process wrote first, before the conflict is the answer although nothing
/// was expected of the stream.
pub(crate) const APPEND_ATTEMPTS: u32 = 32;
/// A subscription that says nothing for this long is replaced: it may hang.
pub(crate) const SUBSCRIPTION_SILENCE: Duration = Duration::from_secs(30);
/// Pause before a subscription is made anew after it ended.
pub(crate) const SUBSCRIPTION_PAUSE: Duration = Duration::from_millis(200);
/// Messages without meaning in sequence after which a subscription is taken to have ended (the client library does not say).
pub(crate) const EMPTY_MESSAGES: u32 = 64;
/// Places of the index that are compared with the log to find out whether it is the same log.
pub(crate) const ANCHORS: u32 = 8;
/// A call that took this long may have waited for a delayed acknowledgement (40 ms).
pub(crate) const SLOW_CALL: Duration = Duration::from_millis(30);
/// Most categories whose links are looked for when the server's own streams are listed: each is a read.
pub(crate) const LINKED_CATEGORIES: usize = 24;
