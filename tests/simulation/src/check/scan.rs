//! Bytes: no word of a record lies where it may not (INV-07, INV-11, INV-19). Letter case makes no difference.

use std::path::Path;

use interoffice_core::store::inspect;
use interoffice_oracle::{Oracle, Token};
use interoffice_protocol::ids::LinkId;

use super::Violation;
use crate::world::{World, failed};

/// The link of a file in the folder of received files: `<link>.db`, its journals, and what a rebuild leaves behind.
fn link_of(path: &Path) -> Option<LinkId> {
    path.file_name()?.to_str()?.split('.').next()?.parse().ok()
}

/// The first word in `bytes` that may not lie there: in the file of `link`, or, without one, anywhere else at the office.
fn stray(oracle: &Oracle, office: usize, link: Option<LinkId>, bytes: &[u8]) -> Option<Token> {
    let may = |token: &Token| match link {
        Some(link) => oracle.may_hold(office, &link.0, *token),
        None => oracle.may_keep(office, *token),
    };
    Token::all_in(bytes).into_iter().find(|token| !may(token))
}

fn violation(oracle: &Oracle, office: usize, token: Token, place: &str) -> Violation {
    let whose = oracle.home_of(token);
    Violation::new("INV-11", "zombie-share", format!("{place} at office {office} holds {token:?} of a record of office {whose:?}"))
}

/// Every file and every row of an office.
pub(super) fn office(world: &World, office: usize) -> Result<(), Violation> {
    files(world, office)?;
    rows(world, office)
}

fn files(world: &World, office: usize) -> Result<(), Violation> {
    let oracle = &world.checker.oracle;
    if oracle.is_hostile(office) {
        return Ok(());
    }
    let mut folders = vec![world.offices[office].folder()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| failed(office, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| failed(office, &error))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let link = folder.ends_with("received").then(|| link_of(&path)).flatten();
            let bytes = std::fs::read(&path).map_err(|error| failed(office, &error))?;
            if let Some(token) = stray(oracle, office, link, &bytes) {
                return Err(violation(oracle, office, token, &path.file_name().unwrap_or_default().to_string_lossy()));
            }
        }
    }
    Ok(())
}

/// Every row of the office's own database.
fn rows(world: &World, office: usize) -> Result<(), Violation> {
    if world.checker.oracle.is_hostile(office) || world.offices[office].on_disk() || !world.offices[office].up {
        return Ok(());
    }
    let mut found = None;
    world.look(office, |view| {
        Ok(inspect::contents(view, &[], &mut |table, row| {
            if found.is_none()
                && let Some(token) = stray(&world.checker.oracle, office, None, row)
            {
                found = Some(violation(&world.checker.oracle, office, token, &format!("the table {table}")));
            }
        })?)
    })?;
    found.map_or(Ok(()), Err)
}

/// A receipt for a link was signed at `office`, or judged good at the owner's: nothing of what it names is left in any file there.
pub(crate) fn receipt(world: &World, office: usize, link: LinkId) -> Result<(), Violation> {
    files(world, office)?;
    // Rows of a database in memory cost more and change less: those of every third link are read, and all of them at the end.
    if link.0[0].is_multiple_of(3) { rows(world, office) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use interoffice_oracle::event::{Event, Marks, Person, Place, Placed};

    use super::*;

    fn oracle() -> Oracle {
        let mut oracle = Oracle::new(0);
        let tokens = vec![Placed { place: Place::Field(0), token: Token(5) }];
        let marks = Marks { private: false, assigned: true };
        oracle.note(Event::RecordMade { owner: Person::new(0, "ann"), record: [1; 16], marks, tokens });
        oracle
    }

    #[test]
    fn inv_11_a_word_of_another_office_is_found_in_any_letter_case_and_own_words_are_fine() {
        let oracle = oracle();
        let bytes = format!("..{}..", Token(5).text().to_uppercase());
        assert_eq!(stray(&oracle, 1, None, bytes.as_bytes()), Some(Token(5)));
        assert_eq!(stray(&oracle, 1, Some(LinkId([9; 32])), bytes.as_bytes()), Some(Token(5)), "no batch brought it");
        assert_eq!(stray(&oracle, 0, None, bytes.as_bytes()), None);
        assert_eq!(stray(&oracle, 1, None, Token(6).text().as_bytes()), None, "a word of no record is noise");
    }

    #[test]
    fn journals_and_leftovers_belong_to_their_link() {
        let link = LinkId([7; 32]);
        for extension in ["db", "db-wal", "db-journal", "new", "new-wal"] {
            assert_eq!(link_of(Path::new(&format!("/x/received/{link}.{extension}"))), Some(link));
        }
        assert_eq!(link_of(Path::new("/x/office.db")), None);
    }
}
