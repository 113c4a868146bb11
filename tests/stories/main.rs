//! What people do, told through real daemons: one file per noun, named people, and the row of the product each story proves.
#![forbid(unsafe_code)]

mod access;
mod activities;
mod audit;
mod connected;
mod console;
mod console_words;
mod copies;
mod demonstration;
mod described;
mod duplicates;
mod entry;
mod everyday;
mod expiry;
mod finding;
mod households;
mod import_export;
mod links;
mod mail;
mod matrix;
mod numbers;
mod object_events;
mod other_peoples;
mod outages;
mod pages;
mod pairing;
mod people;
mod preferences;
mod proxies;
mod record_sharing;
mod removal;
mod requests;
mod retention;
mod scenarios;
mod specialists;
mod web;
