//! `record add`: making one record by hand, and asking when it looks like another one.

use std::io::{self, IsTerminal as _};

use clap::Args;
use interoffice_core::domain::edit::PropertyEdit;
use serde_json::{Value, json};

use super::Context;
use super::ask;
use super::exit::{Exit, Failure};
use super::output::{Format, counted, say, text};

/// What a record is made with.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// Its full name
    name: String,
    /// contact, business or household
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// An e-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// A telephone number
    #[arg(long, value_name = "NUMBER")]
    phone: Vec<String>,
    /// The organisation it belongs to
    #[arg(long, value_name = "NAME")]
    organisation: Option<String>,
    /// Another property, such as "BDAY=1970-01-31"
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The user who is to own it; for assistants and administrators [default: who makes it]
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// A user whom it is assigned to
    #[arg(long, value_name = "USER")]
    assign: Vec<String>,
    /// Assign it to nobody, so that all users of the office see it
    #[arg(long, conflicts_with = "assign")]
    unassigned: bool,
    /// Mark it private
    #[arg(long)]
    private: bool,
    /// Make it although it looks like another one
    #[arg(long)]
    confirm_duplicates: bool,
}

fn body_of(add: &Add) -> Result<Value, Failure> {
    let properties = add.set.iter().map(|change| PropertyEdit::parse(change)).collect::<Result<Vec<_>, _>>();
    let properties = properties.map_err(|refusal| Failure::usage(refusal.to_string()))?;
    let mut body = json!({
        "name": add.name,
        "emails": add.email,
        "phones": add.phone,
        "properties": properties,
        "private": add.private,
        "confirm_duplicates": add.confirm_duplicates,
    });
    for (member, value) in [("kind", &add.kind), ("organisation", &add.organisation), ("owner", &add.owner)] {
        if let Some(value) = value {
            body[member] = value.as_str().into();
        }
    }
    if add.unassigned || !add.assign.is_empty() {
        body["assign"] = json!(add.assign);
    }
    Ok(body)
}

pub(super) async fn run(context: &Context, add: &Add) -> Result<(), Failure> {
    let mut body = body_of(add)?;
    let mut made: Value = context.client.post("/records", &body).await?;
    for warning in made["warnings"].as_array().into_iter().flatten() {
        let by = if text(warning, "by") == "email" { "e-mail address" } else { "telephone number" };
        say(&format!("{} ({}) has the same {by}.", text(warning, "name"), text(warning, "record")))?;
    }
    if made["created"] != true && context.printer.format() == Format::Table && io::stdin().is_terminal() {
        ask::confirm("Make it all the same?")?;
        body["confirm_duplicates"] = true.into();
        made = context.client.post("/records", &body).await?;
    }
    if made["created"] != true {
        if context.printer.format() != Format::Table {
            context.printer.one(&made, |_| String::new())?;
        }
        let alike = counted(made["warnings"].as_array().map_or(0, Vec::len) as u64, "record", "records");
        let words =
            format!("it looks like {alike} of this office, and nothing was made: give --confirm-duplicates to make it all the same");
        return Err(Failure::new(Exit::Conflict, words));
    }
    context.printer.one(&made, |made| {
        let assigned = match text(made, "assigned").as_str() {
            "" => "Nobody is assigned to it, so all users see it.".to_owned(),
            users => format!("Assigned to: {users}."),
        };
        format!("Record {} ({}) was made, and {} owns it. {assigned}", text(made, "record"), text(made, "name"), text(made, "owner"))
    })
}
