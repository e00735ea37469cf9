//! The store's lock: its holders, its waiters, and for how long it was held.

use super::lanes::{client_of, command_name, command_of};
use super::threads::{Named, Survey};
use crate::state::ServerState;
use crate::threads::{self, Figures, Kind, Mode, Reason};
use crate::view::json::Json;

pub(super) fn lock(state: &ServerState, survey: &Survey) -> Json {
    let figures = Kind::ALL.map(|(kind, ..)| state.threads.figures(kind));
    let sum = |part: &dyn Fn(&Figures) -> u64| figures.iter().map(part).sum::<u64>();
    // The holds that have ended, and the current ones. Readers that hold it at once count each.
    let held_us = |mode| sum(&|it| it.held_us(mode)) + survey.holding_us[mode as usize];
    let mut json = Json::object();
    json.plain("alone_us", held_us(Mode::Alone));
    json.plain("shared_us", held_us(Mode::Shared));
    json.plain("waited_us", sum(&|it| it.waited_us(Reason::Lock)));
    named(&mut json, "holders", "mode", &survey.holders, state);
    json.plain("holding", survey.holders.count);
    named(&mut json, "waiters", "wants", &survey.waiters, state);
    json.plain("waiting", survey.waiters.count);
    json.plain("noted_us", threads::NOTED.as_micros());
    json.optional_object("longest", longest(state));
    json
}

fn named(json: &mut Json, name: &str, mode_name: &str, threads: &Named, state: &ServerState) {
    let objects = threads.first.iter().map(|thread| {
        let command = match (thread.kind, client_of(thread, state)) {
            (Kind::Classroom, _) => "hold",
            (_, Some(client)) => command_of(&client),
            (_, None) => "",
        };
        let mut json = Json::object();
        json.text("name", thread.name.as_bytes());
        json.text("command", command.as_bytes());
        json.text(mode_name, mode(thread.mode).as_bytes());
        json.plain("since_us", thread.since_us);
        json
    });
    json.objects(name, objects);
}

/// The longest hold of the last minute.
fn longest(state: &ServerState) -> Option<Json> {
    let hold = state.threads.longest_hold()?;
    let mut json = Json::object();
    json.plain("us", hold.held.as_micros());
    json.text("command", hold.command.map_or("", command_name).as_bytes());
    json.text("name", hold.thread.as_bytes());
    json.text("mode", mode(hold.mode).as_bytes());
    json.plain("ago_s", hold.ended.elapsed().as_secs());
    Some(json)
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Shared => "shared",
        Mode::Alone => "alone",
    }
}
