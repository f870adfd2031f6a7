//! `ledgerscope schema`.

use es_core::Domain;
use serde::Serialize;
use serde_json::Value;

use super::args::Schema;
use super::failure::Failure;
use super::output::{Align, Output, Table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Catalogue<'a> {
    commands: Vec<CommandJson<'a>>,
    event_types: Vec<EventTypeJson<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CommandJson<'a> {
    command_type: &'a str,
    category: &'a str,
    title: &'a str,
    description: &'a str,
    /// False for steps that only a process sends.
    for_people: bool,
    schema: &'a Value,
    example: &'a Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventTypeJson<'a> {
    event_type: &'a str,
    schema_version: u32,
    category: &'a str,
    title: &'a str,
    description: &'a str,
    schema: &'a Value,
}

pub(super) fn run(domain: &Domain, asked: &Schema, out: &mut Output) -> Result<(), Failure> {
    let named = |name: &str| asked.name.as_deref().is_none_or(|asked| asked == name);
    let command = |command: &'_ es_core::CommandDescriptor| named(command.command_type);
    let commands: Vec<_> = domain.commands.iter().filter(|c| command(c)).collect();
    let event_types: Vec<_> = domain.event_types.iter().filter(|event_type| named(event_type.event_type)).collect();
    if let Some(name) = asked.name.as_deref().filter(|_| commands.is_empty() && event_types.is_empty()) {
        let message = format!("There is no command or event type {name:?}.");
        return Err(Failure::bad_input("unknown_type", message, "`ledgerscope schema` lists them all."));
    }
    if out.json {
        return out.object(&Catalogue {
            commands: commands
                .iter()
                .map(|c| CommandJson {
                    command_type: c.command_type,
                    category: c.category,
                    title: c.title,
                    description: c.description,
                    for_people: c.for_people,
                    schema: &c.schema,
                    example: &c.example,
                })
                .collect(),
            event_types: event_types
                .iter()
                .map(|e| EventTypeJson {
                    event_type: e.event_type,
                    schema_version: e.schema_version,
                    category: e.category,
                    title: e.title,
                    description: e.description,
                    schema: &e.schema,
                })
                .collect(),
        });
    }
    if asked.name.is_some() {
        for c in &commands {
            out.line(&format!("{} ({}): {}", c.command_type, c.category, c.description))?;
            out.line(&format!("\nSchema:\n{:#}\n\nExample:\n{:#}", c.schema, c.example))?;
        }
        for e in &event_types {
            out.line(&format!("{} v{} ({}): {}", e.event_type, e.schema_version, e.category, e.description))?;
            out.line(&format!("\nSchema:\n{:#}", e.schema))?;
        }
        return Ok(());
    }
    let mut table =
        Table::new(&[("KIND", Align::Left), ("TYPE", Align::Left), ("CATEGORY", Align::Left), ("WHAT", Align::Left)]);
    for c in commands {
        let kind = if c.for_people { "command" } else { "process step" };
        table.row(vec![kind.into(), c.command_type.into(), c.category.into(), c.title.into()]);
    }
    for e in event_types {
        table.row(vec![
            "event".into(),
            format!("{} v{}", e.event_type, e.schema_version),
            e.category.into(),
            e.title.into(),
        ]);
    }
    out.table(&table)
}
