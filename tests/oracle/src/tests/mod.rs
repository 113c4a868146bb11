//! The oracle against histories by hand: what is right stays silent, and each wrong thing is named.

mod breaches;
mod inside;
mod reading;
mod stage;
