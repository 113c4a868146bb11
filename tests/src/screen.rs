//! What somebody sees and does in a browser, in the words of stories: the list of records, and who has which of them.

use serde_json::{Value, json};

use crate::office::Desk;
use crate::web::{Browser, Reply};

/// The names of the records that a user sees, in the order of the list.
#[track_caller]
pub fn names(desk: &Desk<'_>) -> Vec<String> {
    desk.records().iter().filter_map(|record| record["name"].as_str()).map(str::to_owned).collect()
}

/// One change of a record's shares. `whose` is a user, `group NAME`, or `whole office`.
pub fn change(whose: &str, level: &str) -> Value {
    match whose.strip_prefix("group ") {
        Some(group) => json!({ "group": group, "level": level }),
        None if whose == "whole office" => json!({ "whole_office": true, "level": level }),
        None => json!({ "user": whose, "level": level }),
    }
}

impl Browser {
    /// The records of the list, narrowed by a query such as `mine=true`.
    #[track_caller]
    pub fn list(&mut self, query: &str) -> Vec<Value> {
        self.get(&format!("/records?limit=1000&{query}")).ok()["items"].as_array().expect("a list").clone()
    }

    /// The names in the list, each locked one in brackets.
    #[track_caller]
    pub fn names(&mut self, query: &str) -> Vec<String> {
        let shown = |record: &Value| {
            let name = record["name"].as_str().unwrap_or_default();
            if record["access"] == "none" { format!("[{name}]") } else { name.to_owned() }
        };
        self.list(query).iter().map(shown).collect()
    }

    /// The record with this name in the list.
    #[track_caller]
    pub fn listed(&mut self, name: &str) -> Value {
        let records = self.list("");
        records.iter().find(|record| record["name"] == name).unwrap_or_else(|| panic!("no {name} in {records:?}")).clone()
    }

    /// Makes a record by hand; gives its id.
    #[track_caller]
    pub fn make(&mut self, record: &Value) -> String {
        let made = self.post("/records", record).ok();
        made["record"].as_str().unwrap_or_else(|| panic!("no record was made: {made}")).to_owned()
    }

    /// Changes what a record says.
    pub fn edit(&mut self, record: &str, property: &str, value: &str) -> Reply {
        let edit = json!({ "set": [{ "name": property, "value": value, "params": [] }] });
        self.json("PATCH", &format!("/records/{record}"), &edit, &[])
    }

    /// What one may do with a record: its level, `none` for a name alone, or the code of the refusal.
    pub fn access(&mut self, record: &str) -> String {
        let shown = self.get(&format!("/records/{record}"));
        shown.json()["access"].as_str().map_or_else(|| shown.code(), str::to_owned)
    }

    /// What sharing a record would do; nothing is done.
    pub fn plan_share(&mut self, record: &str, whose: &str, level: &str) -> Reply {
        self.post(&format!("/records/{record}/shares/plan"), &json!({ "changes": [change(whose, level)] }))
    }

    /// Shares a record, after the plan was read.
    pub fn share(&mut self, record: &str, whose: &str, level: &str) -> Reply {
        self.carry_out(&format!("/records/{record}/shares"), &json!({ "changes": [change(whose, level)] }))
    }

    /// Who has a record, as the dialog of its shares shows it.
    #[track_caller]
    pub fn shares(&mut self, record: &str) -> Value {
        self.get(&format!("/records/{record}/shares")).ok()
    }
}

/// A list of shares as `ann=read`, or as names alone where levels are not told.
pub fn whose(shares: &Value) -> Vec<String> {
    let name = |share: &Value| share["user"].as_str().or(share["group"].as_str()).unwrap_or("?").to_owned();
    let one = |share: &Value| share["level"].as_str().map_or_else(|| name(share), |level| format!("{}={level}", name(share)));
    shares.as_array().into_iter().flatten().map(one).collect()
}
