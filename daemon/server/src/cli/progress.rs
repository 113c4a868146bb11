//! Progress of long work: a bar on a terminal, nothing anywhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::{is_colourful, one_line};

/// A bar that counts to `whole`.
pub(super) fn bar(what: &'static str, whole: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(whole), target());
    // A template that this program wrote is right or is seen to be wrong at once; the default bar serves as well.
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// A sign that something goes on, while nobody knows how long.
pub(super) fn spinner(what: String) -> ProgressBar {
    let spinner = ProgressBar::with_draw_target(None, target());
    spinner.set_message(one_line(&what));
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

fn target() -> ProgressDrawTarget {
    if is_colourful() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() }
}
