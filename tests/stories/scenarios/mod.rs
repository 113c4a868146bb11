//! Whole days of an office, told in their order through the browser and the command line: after each step everybody looks again.

use interoffice_tests::web::Browser;

mod clinic;
mod levels;
mod relationships;

/// What each of them sees in the list, narrowed by `query`.
#[track_caller]
fn all_see(people: &mut [(&str, &mut Browser)], query: &str, expected: &[&[&str]], when: &str) {
    assert_eq!(people.len(), expected.len());
    for ((name, browser), names) in people.iter_mut().zip(expected) {
        assert_eq!(browser.names(query), *names, "{name}, {when}");
    }
}
