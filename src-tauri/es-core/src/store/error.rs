//! How a store says what it cannot do, and what to do next.

/// Why a store could not answer. Worded for people; `code` is for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The file exists and is something else.
    #[error("{path} is not a Ledgerscope store: {reason}")]
    NotAStore {
        /// The file.
        path: String,
        /// What was found.
        reason: String,
    },
    /// There is no such store.
    #[error("there is no store at {path}")]
    NotFound {
        /// The file.
        path: String,
    },
    /// The store was written by a newer version of the program.
    #[error("the store {path} has schema version {found}; this program knows versions up to {supported}")]
    NewerSchema {
        /// The store.
        path: String,
        /// Its schema version.
        found: u32,
        /// The newest known one.
        supported: u32,
    },
    /// A write to a store that may only be read.
    #[error("the store {path} cannot be written: {reason}")]
    ReadOnly {
        /// The store.
        path: String,
        /// Why.
        reason: String,
    },
    /// Another process held the write lock for too long.
    #[error("another program has kept the store {path} locked for {waited_ms} ms")]
    Locked {
        /// The store.
        path: String,
        /// How long was waited.
        waited_ms: u64,
    },
    /// No room left.
    #[error("the disk that holds {path} is full")]
    DiskFull {
        /// The store.
        path: String,
    },
    /// The stored data contradicts itself.
    #[error("the store {path} is damaged: {reason}")]
    Damaged {
        /// The store.
        path: String,
        /// What was found.
        reason: String,
    },
    /// The key of sealed data cannot be used.
    #[error("a key in the store {path} cannot be used: {reason}")]
    KeyLocked {
        /// The store.
        path: String,
        /// Why.
        reason: String,
    },
    /// The operation was not finished in time; a write may or may not have happened.
    #[error("{operation} was not finished within {waited_ms} ms")]
    Timeout {
        /// What was attempted.
        operation: String,
        /// How long was waited.
        waited_ms: u64,
    },
    /// The store was closed or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// The caller asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// The lease of a projection or process is held by somebody else now.
    #[error("{what} was taken over by another owner (epoch {found}, ours was {ours})")]
    Fenced {
        /// Projection or process.
        what: String,
        /// The epoch in the store.
        found: u64,
        /// The epoch that the caller holds.
        ours: u64,
    },
    /// A row, key, query or version that does not fit what was declared: a fault in the program, not in the data.
    #[error("read model {table}: {reason}")]
    Misfit {
        /// Table or read model.
        table: String,
        /// What does not fit.
        reason: String,
    },
    /// The answer needs more memory than one answer may take.
    #[error("{what} would take more than {limit} bytes of memory")]
    TooMuchMemory {
        /// What is too big.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// The store does not offer this.
    #[error("this store does not offer {what}")]
    Unsupported {
        /// What was asked.
        what: &'static str,
    },
    /// The server does not answer, or the way to it fails.
    #[error("the server {server} cannot be reached: {step} failed: {reason}")]
    Unreachable {
        /// Host and port, never more of the connection string.
        server: String,
        /// Which step of the way: name lookup, connecting, TLS, handshake.
        step: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The server shows a certificate that is not trusted.
    #[error("the certificate of the server {server} is not trusted: {reason}")]
    UntrustedCertificate {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// User name or password are wrong.
    #[error("the server {server} refuses the login of {user}: {reason}")]
    LoginRefused {
        /// Host and port.
        server: String,
        /// The user's name.
        user: String,
        /// What the server said.
        reason: String,
    },
    /// The user lacks a right.
    #[error("{user} has no permission for {action} on {server}: {reason}")]
    NotAllowed {
        /// Host and port, with the database or stream where that is known.
        server: String,
        /// The user's name.
        user: String,
        /// What was attempted.
        action: String,
        /// What the server said, or which rights are missing.
        reason: String,
    },
    /// Tables of the store are missing.
    #[error("{location} lacks {missing}")]
    MissingSchema {
        /// Server, database and schema.
        location: String,
        /// What is missing.
        missing: String,
    },
    /// The store was written by an older version of the program and may not be brought up to date here.
    #[error("the store {location} has schema version {found}; this program needs version {needed}")]
    OlderSchema {
        /// The store.
        location: String,
        /// Its schema version.
        found: u32,
        /// The version that is needed.
        needed: u32,
    },
    /// The server takes no further connections, or none came free in time.
    #[error("the server {server} has no connection free: {reason}")]
    TooManyConnections {
        /// Host and port.
        server: String,
        /// What the server said, or how long was waited.
        reason: String,
    },
    /// The connection broke during an operation; a write may or may not have happened.
    #[error("the connection to {server} broke while {operation}: {reason}")]
    ConnectionLost {
        /// Host and port.
        server: String,
        /// What was going on.
        operation: String,
        /// What the system said.
        reason: String,
    },
    /// Anything else from the system or the database.
    #[error("{operation} failed: {reason}")]
    Io {
        /// What was attempted.
        operation: String,
        /// What the system said.
        reason: String,
    },
}

impl StoreError {
    /// Stable code for programs: never changes its meaning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAStore { .. } => "not_a_store",
            Self::NotFound { .. } => "store_not_found",
            Self::NewerSchema { .. } => "newer_schema",
            Self::ReadOnly { .. } => "read_only",
            Self::Locked { .. } => "store_locked",
            Self::DiskFull { .. } => "disk_full",
            Self::Damaged { .. } => "store_damaged",
            Self::KeyLocked { .. } => "key_locked",
            Self::Timeout { .. } => "timeout",
            Self::Closed => "store_closed",
            Self::Cancelled => "cancelled",
            Self::Fenced { .. } => "fenced",
            Self::Misfit { .. } => "read_model_misfit",
            Self::TooMuchMemory { .. } => "too_much_memory",
            Self::Unsupported { .. } => "unsupported",
            Self::Unreachable { .. } => "server_unreachable",
            Self::UntrustedCertificate { .. } => "untrusted_certificate",
            Self::LoginRefused { .. } => "login_refused",
            Self::NotAllowed { .. } => "not_allowed",
            Self::MissingSchema { .. } => "missing_schema",
            Self::OlderSchema { .. } => "older_schema",
            Self::TooManyConnections { .. } => "too_many_connections",
            Self::ConnectionLost { .. } => "connection_lost",
            Self::Io { .. } => "io",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAStore { .. } => "Choose another file, or a new name to create a store. The file was not changed.",
            Self::NotFound { .. } => "Check the path, or create the store first.",
            Self::NewerSchema { .. } => "Update Ledgerscope to open this store. The store was not changed.",
            Self::ReadOnly { .. } => "Open a writable copy, or change the file's permissions.",
            Self::Locked { .. } => "Close the other program or wait for it, then try again.",
            Self::DiskFull { .. } => "Free some space, then try again. Nothing that was acknowledged is lost.",
            Self::Damaged { .. } => "Run `ledgerscope verify` to find the place; restore the file from a backup.",
            Self::KeyLocked { .. } => "Open the store with the master key that its keys were made with.",
            Self::Timeout { .. } => "Try again; a repeated command is recognised and not carried out twice.",
            Self::Closed => "Open the store again.",
            Self::Cancelled => "Nothing was left half done.",
            Self::Fenced { .. } => "Another window or program is working on this store; it goes on there.",
            Self::Misfit { .. } => "Rebuild the read model; if that does not help, report it with the log.",
            Self::TooMuchMemory { .. } => "Choose an earlier moment, or look at single streams in Time travel.",
            Self::Unsupported { .. } => "Use a store that offers it.",
            Self::Unreachable { .. } => "Check host, port and network, and that the server runs; then try again.",
            Self::UntrustedCertificate { .. } => {
                "Give the connection the certificate authority's file (PEM), or have the server's certificate corrected."
            }
            Self::LoginRefused { .. } => "Correct user name and password of the connection.",
            Self::NotAllowed { .. } => "Have the rights granted to this user, or connect as another one.",
            Self::MissingSchema { .. } => "Check database and schema name, or create the store there first.",
            Self::OlderSchema { .. } => {
                "Bring it up to date with `ledgerscope connections create NAME`, as a user who may change the schema. Programs \
                 of the older version cannot open it afterwards."
            }
            Self::TooManyConnections { .. } => "Try again when others have finished, or raise the server's limit.",
            Self::ConnectionLost { .. } => "Try again; a repeated command is recognised and not carried out twice.",
            Self::Io { .. } => "See the log for details, then try again.",
        }
    }

    /// Whether trying the same again can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::Timeout { .. }
                | Self::Io { .. }
                | Self::Unreachable { .. }
                | Self::TooManyConnections { .. }
                | Self::ConnectionLost { .. }
        )
    }

    /// Whether the store merely cannot answer at present; every other error is a fault of data, program or set-up.
    #[must_use]
    pub fn unavailable(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::DiskFull { .. }
                | Self::Timeout { .. }
                | Self::Closed
                | Self::Io { .. }
                | Self::Unreachable { .. }
                | Self::TooManyConnections { .. }
                | Self::ConnectionLost { .. }
        )
    }

    /// Whether a write that ended so may have been carried out. Ask by id before doing anything else.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Io { .. } | Self::Closed | Self::ConnectionLost { .. })
    }
}
