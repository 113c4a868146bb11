//! Lists that a page shows part by part, and users to choose from: all of them in a small office, in a bigger one those whom a search finds.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::form::{Fields, Wrong};
use super::inside::segment;
use super::people::{User, load};
use super::shown::counted;
use super::trouble::Trouble;
use super::visit::Visit;
use crate::api::Problem;

/// Rows of one page.
pub(super) const ROWS: usize = 50;
/// Up to how many users or groups a page offers to choose from; of more, those that are looked for by name.
pub(super) const OFFERED_MAX: usize = 100;

/// A part of a list as the API gives it.
#[derive(Deserialize)]
pub(super) struct Part<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// The part of a list at `place`. When it can't be narrowed so, or does not go on there, nothing of it, and what is wrong: that is mended
/// where it was chosen.
pub(super) async fn part<T: Default + DeserializeOwned>(visit: &Visit, place: &str) -> Result<(T, Option<Wrong>), Trouble> {
    match visit.api.get(place).await {
        Ok(part) => Ok((part, None)),
        Err(problem) if problem.status == 422 => {
            let mut wrong = Wrong::of(problem.clone(), &[]);
            if problem.code == "bad-place" {
                // Whoever reads a page has no answer before to take a place from.
                (wrong.detail, wrong.remedy) =
                    ("this address leads to no place in a list".to_owned(), "begin with its first page".to_owned());
            }
            Ok((T::default(), Some(wrong)))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The address of a list, with those of the parameters that say something.
pub(super) fn address(list: &str, parameters: &[(&str, &str)]) -> String {
    let mut place = list.to_owned();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        let mark = if place.contains('?') { '&' } else { '?' };
        place.push_str(&format!("{mark}{name}={}", segment(value)));
    }
    place
}

/// The whole list at `path`; `None` when it is longer than a page offers to choose from.
pub(super) async fn few<T: DeserializeOwned>(visit: &Visit, path: &str) -> Result<Option<Vec<T>>, Problem> {
    let part: Part<T> = visit.api.get(&format!("{path}?limit={OFFERED_MAX}")).await?;
    Ok(part.next.is_none().then_some(part.items))
}

/// The users whom a search found.
pub(super) struct Found {
    pub(super) users: Vec<User>,
    /// What there is to say of it; empty when these are all whom the search is about.
    pub(super) note: String,
}

/// The users who are called like that and `fit`; `None` when nobody was looked for.
pub(super) async fn find(visit: &Visit, text: &str, fit: impl Fn(&User) -> bool) -> Result<Option<Found>, Trouble> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let (part, wrong) = part::<Part<User>>(visit, &format!("/users?limit={ROWS}&text={}", segment(text))).await?;
    let mut users: Vec<User> = part.items.into_iter().filter(&fit).collect();
    let mut note = String::new();
    if let Some(wrong) = wrong {
        note = wrong.sentence();
    } else if part.next.is_some() {
        // Of many who are called alike, whoever has just this user name is among those who are shown.
        if let Ok(user) = load(visit, text).await
            && fit(&user)
            && users.iter().all(|found| found.name != user.name)
        {
            users.insert(0, user);
        }
        note = "More users are called like that than are shown here: write more of the name.".to_owned();
    } else if users.is_empty() {
        note = "Nobody in this office is called like that.".to_owned();
    }
    Ok(Some(Found { users, note }))
}

/// Users of whom one is chosen.
pub(super) struct Choice {
    pub(super) users: Vec<User>,
    /// What was looked for; `None` where everybody is offered.
    pub(super) find: Option<String>,
    /// What there is to say of the search.
    pub(super) note: String,
}

impl Choice {
    /// Whom a form offers of those who `fit`: of `everybody` where that is not too many, else of those whom the search of the form finds.
    pub(super) async fn of(
        visit: &Visit,
        everybody: Option<Vec<User>>,
        fields: &Fields,
        fit: impl Fn(&User) -> bool,
    ) -> Result<Self, Trouble> {
        if let Some(everybody) = everybody {
            return Ok(Self { users: everybody.into_iter().filter(fit).collect(), find: None, note: String::new() });
        }
        let text = fields.text("find").to_owned();
        let note = format!("More than {OFFERED_MAX} users are here: look for the one whom you mean.");
        let Found { users, note } = find(visit, &text, fit).await?.unwrap_or(Found { users: Vec::new(), note });
        let note = match users.len() as u64 {
            _ if !note.is_empty() => note,
            1 => "1 user is found: choose him or her below.".to_owned(),
            many => format!("{} are found: choose one below.", counted(many, "user")),
        };
        Ok(Self { users, find: Some(text), note })
    }

    /// Whether a form is sent to look for users: what was typed to be looked for and was not yet is looked for first, whichever button sent it.
    pub(super) fn is_sought(fields: &Fields) -> bool {
        fields.text("do") == "find" || fields.text("find") != fields.text("found")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_was_chosen_and_nothing_else() {
        assert_eq!(address("/mails", &[("state", ""), ("after", "")]), "/mails");
        assert_eq!(address("/people", &[("text", "a&b"), ("after", "x-1")]), "/people?text=a%26b&after=x-1");
    }

    #[test]
    fn what_was_typed_to_be_looked_for_is_looked_for_before_anything_else_is_done() {
        let sought = |fields: &[(&str, &str)]| {
            Choice::is_sought(&Fields(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()))
        };
        assert!(sought(&[("do", "find"), ("find", ""), ("found", "")]));
        assert!(sought(&[("do", "save"), ("find", "bob"), ("found", "")]));
        assert!(!sought(&[("do", "save"), ("find", "bob"), ("found", "bob")]));
        assert!(!sought(&[("owner", "bob")]), "a form that looks for nobody");
    }
}
