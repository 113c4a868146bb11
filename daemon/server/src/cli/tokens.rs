//! `token`: with one a program acts for a user over https.

use clap::Subcommand;
use serde_json::{Value, json};

use super::Context;
use super::client::segment;
use super::exit::Failure;
use super::output::{Column, pairs, text, time};

/// Tokens with which programs act for a user over https
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token; it is shown this once
    ///
    /// Scopes: records:read, records:write, links:read, links:write, office:read, office:write. Who may change a part may read it.
    #[command(after_help = "Examples:
  interoffice token add ann \"Nightly export\" --scope records:read
  interoffice token add rita Monitoring --scope office:read --days 30")]
    Add {
        /// The user for whom the program acts
        user: String,
        /// What it is for: 1 to 100 characters
        name: String,
        /// A part of the API; may be repeated
        #[arg(long, required = true, value_name = "SCOPE")]
        scope: Vec<String>,
        /// Days that it counts, 1 to 366
        #[arg(long, default_value_t = 90)]
        days: u32,
    },
    /// List the tokens of a user
    #[command(after_help = "Examples:
  interoffice token list ann")]
    List {
        /// The user
        user: String,
    },
    /// Take a token away; the very next request with it is refused
    #[command(after_help = "Examples:
  interoffice token remove ann 7")]
    Remove {
        /// The user
        user: String,
        /// The token's number
        token: i64,
    },
}

const COLUMNS: [Column; 5] = [
    ("TOKEN", |token| text(token, "id")),
    ("FOR", |token| text(token, "name")),
    ("SCOPES", |token| text(token, "scopes")),
    ("UNTIL", |token| time(token, "ends_ms")),
    ("LAST USED", |token| if token["used_ms"].is_null() { "never".to_owned() } else { time(token, "used_ms") }),
];

pub(super) async fn run(context: &Context, token: Token) -> Result<(), Failure> {
    let client = &context.client;
    let path = |user: &str| format!("/users/{}/tokens", segment(user));
    match token {
        Token::Add { user, name, scope, days } => {
            let made: Value = client.post(&path(&user), &json!({ "name": name, "scopes": scope, "days": days })).await?;
            context.printer.one(&made, |made| {
                let known = pairs(&[
                    ("Token", text(made, "token")),
                    ("For", text(made, "name")),
                    ("Scopes", text(made, "scopes")),
                    ("Until", time(made, "ends_ms")),
                ]);
                format!("{known}\nKeep it where the program finds it: it is shown this once. Send it as `Authorization: Bearer TOKEN`.")
            })
        }
        Token::List { user } => {
            let tokens: Value = client.get(&path(&user)).await?;
            let items = tokens["items"].as_array().map_or(&[][..], Vec::as_slice);
            context.printer.list(items, &COLUMNS, "This user has no tokens: interoffice token add USER NAME --scope SCOPE")
        }
        Token::Remove { user, token } => {
            let gone: Value = client.delete(&format!("{}/{token}", path(&user))).await?;
            context.printer.one(&gone, |gone| format!("Token {} counts no more.", text(gone, "id")))
        }
    }
}
