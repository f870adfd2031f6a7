//! Macros that declare payloads, sets of events and sets of commands, so that a type, its name, its schema and its
//! descriptor cannot drift apart.

/// Declares payload structs: camelCase in JSON, unknown fields refused, every field public.
macro_rules! payloads {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::spelled::Payload for $name {}
    )*};
}

/// Declares payload structs of events that move money: the given fields and then those of every journal entry.
macro_rules! entry_payloads {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// Id of the journal entry.
            pub entry_id: $crate::ids::EntryId,
            /// The bank's day on which it was booked.
            pub booking_date: chrono::NaiveDate,
            /// The day from which it counts for interest.
            pub value_date: chrono::NaiveDate,
            /// The balanced legs.
            pub postings: $crate::posting::Postings,
            /// What it was, in words for a statement.
            pub text: String,
        }

        impl $crate::spelled::Payload for $name {
            fn spelled(payload: &str) -> Option<Self> {
                use $crate::spelled::{Key, Spell, Spelled};
                let mut from = Spelled::object(payload)?;
                $(let $field = <$type as Spell>::field(&mut from, const { &Key::of(stringify!($field)) })?;)*
                let entry_id = Spell::field(&mut from, const { &Key::of("entry_id") })?;
                let booking_date = Spell::field(&mut from, const { &Key::of("booking_date") })?;
                let value_date = Spell::field(&mut from, const { &Key::of("value_date") })?;
                let postings = Spell::field(&mut from, const { &Key::of("postings") })?;
                let text = Spell::field(&mut from, const { &Key::of("text") })?;
                from.ends().then_some(Self { $($field,)* entry_id, booking_date, value_date, postings, text })
            }
        }

        impl $name {
            /// The journal entry in it.
            #[must_use]
            pub fn entry(&self) -> $crate::entry::EntryView<'_> {
                $crate::entry::EntryView {
                    entry_id: self.entry_id,
                    booking_date: self.booking_date,
                    value_date: self.value_date,
                    postings: &self.postings,
                    text: &self.text,
                }
            }
        }
    )*};
}

/// Declares the events of an aggregate: an enum over their payloads, names and versions, encoding and descriptors.
macro_rules! event_set {
    ($(#[$meta:meta])* pub enum $set:ident in $category:literal {
        $($name:ident $version:literal $title:literal $description:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $set {
            $(#[doc = $description] $name($name),)+
        }

        impl $set {
            /// Names and current versions.
            pub const CURRENT: &'static [(&'static str, u32)] = &[$((stringify!($name), $version)),+];

            /// What each event type is.
            #[must_use]
            pub fn descriptors() -> Vec<es_core::EventTypeDescriptor> {
                vec![$(es_core::EventTypeDescriptor {
                    event_type: stringify!($name),
                    schema_version: $version,
                    category: $category,
                    title: $title,
                    description: $description,
                    schema: $crate::schema::schema_of::<$name>($title, $description),
                }),+]
            }
        }

        $(impl From<$name> for $set {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })+

        impl es_core::DomainEvent for $set {
            fn event_type(&self) -> (&'static str, u32) {
                match self {
                    $(Self::$name(_) => (stringify!($name), $version),)+
                }
            }

            fn encode(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(event) => serde_json::to_string(event),)+
                }
            }

            fn decode(event_type: &str, payload: &str) -> Result<Self, es_core::DecodeError> {
                let fault = |reason: String| es_core::DecodeError { event_type: event_type.to_owned(), reason };
                match event_type {
                    $(stringify!($name) => {
                        let read = <$name as $crate::spelled::Payload>::read(payload);
                        read.map(Self::$name).map_err(|error| fault(error.to_string()))
                    })+
                    _ => Err(fault(format!("not an event of {}", $category))),
                }
            }
        }
    };
}

/// Declares the commands of an aggregate: an enum over their payloads, parsing with the shape check, and descriptors.
/// `by people` commands are offered to people; `by process` ones are steps that only a process or a timer sends; `by operators`
/// ones take the place of such a step, so they are issued where the process is looked at, under the step's id.
macro_rules! command_set {
    ($(#[$meta:meta])* pub enum $set:ident in $category:literal, id $id:ident, references $references:path {
        $($name:ident by $who:ident $title:literal $description:literal example $example:tt)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $set {
            $(#[doc = $description] $name($name),)+
        }

        impl $set {
            /// What each command is.
            #[must_use]
            pub fn descriptors() -> Vec<es_core::CommandDescriptor> {
                vec![$(es_core::CommandDescriptor {
                    command_type: stringify!($name),
                    category: $category,
                    title: $title,
                    description: $description,
                    schema: $crate::schema::schema_of::<$name>($title, $description),
                    example: serde_json::json!($example),
                    for_people: $crate::declare::for_people!($who),
                }),+]
            }

            /// Its name.
            #[must_use]
            pub fn command_type(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }

            /// Its payload as JSON text.
            ///
            /// # Errors
            /// Only if a value cannot be written as JSON, which a sound command never causes.
            pub fn encode(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(command) => serde_json::to_string(command),)+
                }
            }
        }

        $(impl From<$name> for $set {
            fn from(command: $name) -> Self {
                Self::$name(command)
            }
        })+

        impl es_core::DomainCommand for $set {
            fn parse(command_type: &str, payload: &str) -> Result<Self, es_core::CommandError> {
                match command_type {
                    $(stringify!($name) => {
                        static SHAPE: std::sync::OnceLock<$crate::schema::Shape> = std::sync::OnceLock::new();
                        let shape = SHAPE.get_or_init($crate::schema::Shape::of::<$name>);
                        shape.read(command_type, payload).map(Self::$name)
                    })+
                    _ => Err(es_core::CommandError::UnknownCommand { command_type: command_type.to_owned() }),
                }
            }

            fn aggregate_id(&self) -> String {
                match self {
                    $(Self::$name(command) => command.$id.to_string(),)+
                }
            }

            fn references(&self) -> Vec<es_core::StreamName> {
                $references(self)
            }
        }
    };
}

/// Who sends a command.
macro_rules! for_people {
    (people) => {
        true
    };
    (process) => {
        false
    };
    (operators) => {
        false
    };
}

/// Declares why an aggregate refuses: for each rule a code, a sentence that names its numbers in English and in German, and the
/// numbers.
macro_rules! rejections {
    ($(#[$meta:meta])* pub enum $set:ident {
        $($name:ident $code:literal $message:literal => $german:literal { $($field:ident: $type:ty),* $(,)? })+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $set {
            $(
                #[doc = $message]
                $name {
                    $(#[doc = concat!("`", stringify!($field), "` of the sentence or the details.")] $field: $type),*
                },
            )+
        }

        impl $set {
            /// The codes of all rules, so that tests can show each of them refuse.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// What each rule says in both languages.
            pub(crate) const TEXTS: &'static [$crate::language::RefusalText] = &[$($crate::language::RefusalText {
                code: $code,
                english: $message,
                german: $german,
                fields: &[$((stringify!($field), <$type as $crate::language::Field>::KIND)),*],
            }),+];
        }

        impl es_core::Reject for $set {
            fn to_rejection(&self) -> es_core::Rejection {
                match self {
                    $(Self::$name { $($field),* } => $crate::refusal::refusal(
                        $code,
                        format!($message),
                        &[$((stringify!($field), $field as &dyn std::fmt::Display)),*],
                    ),)+
                }
            }
        }
    };
}

pub(crate) use {command_set, entry_payloads, event_set, for_people, payloads, rejections};
