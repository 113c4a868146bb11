//! What the `record` commands understand; what they do is in `records` and `sharing`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::activities::Activity;
use super::ask::Consent;
use super::record_add::Add;

/// Contact records: contacts, businesses, households
#[derive(Debug, Subcommand)]
pub(super) enum Record {
    /// Import vCard files (2.1, 3.0, 4.0); a broken card is reported and the others still come in
    #[command(after_help = "Examples:
  interoffice --as ann record import contacts.vcf
  interoffice --as ann record import *.vcf --private
  cat contacts.vcf | interoffice --as ann record import -")]
    Import {
        /// Files; - is standard input
        #[arg(required = true, value_name = "FILE.vcf")]
        files: Vec<PathBuf>,
        /// Mark what comes in as private
        #[arg(long)]
        private: bool,
    },
    /// Make one record by hand; one that looks like another is asked about
    #[command(after_help = "Examples:
  interoffice --as ann record add \"Clara Client\" --email clara@a.example --phone \"+1 555 0100\"
  interoffice --as ann record add \"Clara Client\" --assign ann --assign bob
  interoffice --as eve record add \"Acme Ltd\" --kind business --owner ann --unassigned")]
    Add(Box<Add>),
    /// List records: the office's own, and those that other offices share
    #[command(after_help = "Examples:
  interoffice --as ann record list
  interoffice --as ann record list muller --kind contact
  interoffice --as ann record list muller --locked
  interoffice --as bob record list --link \"Office A/ann\" --output jsonl")]
    List {
        #[command(flatten)]
        query: Query,
        /// Also the names of records that you have no access to and may ask for
        #[arg(long, conflicts_with_all = ["owner", "mine", "responsible", "no_responsible", "link", "archived"])]
        locked: bool,
        /// At most this many; 0 for all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u64,
    },
    /// Show one record whole
    #[command(after_help = "Examples:
  interoffice --as ann record show agpz2q7m
  interoffice --as ann record show agpz2q7m --output json")]
    Show {
        /// The record: its id, or at least six letters of its beginning
        record: String,
    },
    /// Change a record of this office
    #[command(after_help = "Examples:
  interoffice --as ann record edit agpz2q7m --set \"TEL=+1 555 0100\" --add \"EMAIL=ann@a.example\"
  interoffice --as ann record edit agpz2q7m --set \"TEL#2=+1 555 0199\" --remove NOTE
  interoffice --as ann record edit agpz2q7m --add-related \"case=Life claim 4711/pending\" --private off")]
    Edit(Box<Edit>),
    /// Write records as vCard or JSON to standard output
    #[command(after_help = "Examples:
  interoffice --as ann record export > all.vcf
  interoffice --as bob record export --link \"Office A/ann\" --format vcard4 > from-ann.vcf
  interoffice --as ann record export agpz2q7m agpz5e3k --format json")]
    Export {
        /// Records, by id or its beginning; those of the query when none is named
        #[arg(value_name = "RECORD", conflicts_with_all = ["text", "kind", "owner", "mine", "responsible", "no_responsible", "link", "archived"])]
        records: Vec<String>,
        #[command(flatten)]
        query: ExportQuery,
        /// vcard (as imported until edited, else 4.0), vcard4, vcard3 or json
        #[arg(long, default_value = "vcard", value_parser = ["vcard", "vcard4", "vcard3", "json"])]
        format: String,
    },
    /// Show or change who may see a record inside the office
    #[command(after_help = "Examples:
  interoffice --as ann record access agpz2q7m
  interoffice --as ann record access agpz2q7m --user bob=write --group Tax=read --dry-run
  interoffice --as ann record access agpz2q7m --user bob=none --whole-office none --yes")]
    Access(Access),
    /// Say who sees a record, and why
    #[command(after_help = "Examples:
  interoffice --as ann record explain agpz2q7m
  interoffice record explain agpz2q7m --user bob")]
    Explain(Explain),
    /// Say what happened to it, newest first: for whoever has Full Control of it, and for administrators
    #[command(after_help = "Examples:
  interoffice --as ann record events agpz2q7m
  interoffice --as ann record events agpz2q7m --limit 0 --output json")]
    Events {
        /// The record: its id, or at least six letters of its beginning
        record: String,
        /// At most this many events; 0 for all
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u64,
    },
    /// Where its copies are: every office and person that holds one, or has signed a receipt for it
    #[command(after_help = "Examples:
  interoffice --as ann record copies agpz2q7m
  interoffice --as ann record copies agpz2q7m --output json")]
    Copies {
        /// The record: its id, or at least six letters of its beginning
        record: String,
    },
    /// Give a record to another owner; shares inside the office stay
    #[command(after_help = "Examples:
  interoffice --as ann record owner agpz2q7m bob --dry-run
  interoffice --as ann record owner agpz2q7m bob --keep read --yes")]
    Owner(Owner),
    /// Receive Daily Digest: whether your daily digest tells of changes of a record
    ///
    /// Digests are sent while client access is on, one a day, when something changed. Records that other offices share are not in them.
    #[command(after_help = "Examples:
  interoffice --as ann record digest agpz2q7m off")]
    Digest(Digest),
    /// Share records over an Active link
    #[command(after_help = "Examples:
  interoffice --as ann record share --link \"Office B/bob\" agpz2q7m agpz5e3k
  interoffice --as ann record share --link \"Office B/bob\" --all-mine --yes --wait")]
    Share {
        #[command(flatten)]
        selection: Selection,
        /// Wait until the other office has them
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Take records back from a link: their copies at the other office are removed
    #[command(after_help = "Examples:
  interoffice --as ann record unshare --link \"Office B/bob\" agpz2q7m
  interoffice --as ann record unshare --link 3fqk2 --all-mine --yes")]
    Unshare {
        #[command(flatten)]
        selection: Selection,
        #[command(flatten)]
        consent: Consent,
    },
    #[command(subcommand)]
    Activity(Activity),
    /// Put records out of use: they stay, and their copies at other offices are removed
    #[command(after_help = "Examples:
  interoffice --as ann record archive agpz2q7m
  interoffice --as ann record archive agpz2q7m --end --dry-run
  interoffice --as ann record archive agpz2q7m --undo")]
    Archive {
        /// The records: ids, or at least six letters of their beginnings
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<String>,
        /// Take them into use again
        #[arg(long, conflicts_with_all = ["end", "yes", "dry_run"])]
        undo: bool,
        /// End the relationship too: they are kept as many years as the office says, and then deleted
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        consent: Consent,
    },
    /// Delete records of this office, and their copies at other offices
    #[command(after_help = "Examples:
  interoffice --as ann record delete agpz2q7m --dry-run
  interoffice --as ann record delete agpz2q7m agpz5e3k --yes")]
    Delete {
        /// The records: ids, or at least six letters of their beginnings
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<String>,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Which records.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// Words that occur in name, e-mail address or telephone number
    #[arg(value_name = "TEXT")]
    pub(super) text: Option<String>,
    #[command(flatten)]
    pub(super) narrow: Narrow,
}

/// The same with the text behind a flag, where records may be named.
#[derive(Debug, Args)]
pub(super) struct ExportQuery {
    /// Only records in which these words occur
    #[arg(long)]
    pub(super) text: Option<String>,
    #[command(flatten)]
    pub(super) narrow: Narrow,
}

/// What narrows a query.
#[derive(Debug, Args)]
pub(super) struct Narrow {
    /// contact, business or household
    #[arg(long)]
    pub(super) kind: Option<String>,
    /// Only records of this user of the office
    #[arg(long, value_name = "USER")]
    pub(super) owner: Option<String>,
    /// Only records that the acting user owns
    #[arg(long)]
    pub(super) mine: bool,
    /// Only records for which this user is responsible
    #[arg(long, value_name = "USER")]
    pub(super) responsible: Option<String>,
    /// Only records with "No responsible assigned"
    #[arg(long, conflicts_with = "responsible")]
    pub(super) no_responsible: bool,
    /// Only what this link brought here: its id, the beginning of it, or OFFICE/USER
    #[arg(long, conflicts_with_all = ["owner", "mine", "responsible", "no_responsible", "archived"])]
    pub(super) link: Option<String>,
    /// Only records that are out of use
    #[arg(long)]
    pub(super) archived: bool,
}

/// Who may see a record.
#[derive(Debug, Args)]
pub(super) struct Access {
    /// The record: its id, or at least six letters of its beginning
    pub(super) record: String,
    /// Share it with a user: USER=read, write or full-control; USER=none takes the user off
    #[arg(long, value_name = "USER=LEVEL")]
    pub(super) user: Vec<String>,
    /// Share it with a group: GROUP=LEVEL, levels as for users
    #[arg(long, value_name = "GROUP=LEVEL")]
    pub(super) group: Vec<String>,
    /// Share it with the whole office at this level, or with none
    #[arg(long, value_name = "LEVEL")]
    pub(super) whole_office: Option<String>,
    #[command(flatten)]
    pub(super) consent: Consent,
}

/// Who wants to hear of a record's changes.
#[derive(Debug, Args)]
pub(super) struct Digest {
    /// The record: its id, or at least six letters of its beginning
    pub(super) record: String,
    /// on or off
    #[arg(value_parser = ["on", "off"])]
    pub(super) state: String,
}

/// Why somebody sees a record.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The record: its id, or at least six letters of its beginning
    pub(super) record: String,
    /// Only for this user
    #[arg(long, value_name = "USER")]
    pub(super) user: Option<String>,
}

/// Who is to own a record.
#[derive(Debug, Args)]
pub(super) struct Owner {
    /// The record: its id, or at least six letters of its beginning
    pub(super) record: String,
    /// The new owner
    pub(super) user: String,
    /// What the present owner keeps: read, write, full-control or none; to keep anything takes the right to share
    #[arg(long, value_name = "LEVEL")]
    pub(super) keep: Option<String>,
    #[command(flatten)]
    pub(super) consent: Consent,
}

/// Which records to share or take back.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// The link: its id, the beginning of it, or OFFICE/USER
    #[arg(long)]
    pub(super) link: String,
    /// The records: ids, or at least six letters of their beginnings
    #[arg(value_name = "RECORD", required_unless_present = "all_mine")]
    pub(super) records: Vec<String>,
    /// Every record that the acting user owns and that is in use
    #[arg(long)]
    pub(super) all_mine: bool,
    /// Private records too
    #[arg(long)]
    pub(super) include_private: bool,
    /// Leave the members of households out
    #[arg(long)]
    pub(super) without_members: bool,
}

/// What to change in a record.
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// The record: its id, or at least six letters of its beginning
    pub(super) record: String,
    /// Give a property this value: NAME=VALUE, NAME#2=VALUE for the second of that name
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
    /// Add a property: NAME=VALUE, NAME;TYPE=work=VALUE
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) add: Vec<String>,
    /// Remove a property: NAME or NAME#2
    #[arg(long, value_name = "NAME")]
    pub(super) remove: Vec<String>,
    /// Add a related item: KIND=TITLE or KIND=TITLE/STATUS; kinds are case, policy, investment, opportunity
    #[arg(long, value_name = "KIND=TITLE")]
    pub(super) add_related: Vec<String>,
    /// Give a related item another status: ID=STATUS
    #[arg(long, value_name = "ID=STATUS")]
    pub(super) status_of: Vec<String>,
    /// Remove a related item
    #[arg(long, value_name = "ID")]
    pub(super) remove_related: Vec<String>,
    /// Mark the record private, or not
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"])]
    pub(super) private: Option<String>,
    /// Only if the record still has this version, as `record show` tells
    #[arg(long, value_name = "VERSION")]
    pub(super) base_version: Option<String>,
}
