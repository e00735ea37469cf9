//! The settings of the page that shows the server at work.

use super::limits::{MAX_BROWSERS, RESERVED_FDS};
use super::setting::{Change, Setting};
use super::value::{boolean, integer, yes_or_no};

/// The settings of the page: its address, and whether a class can use it to slow the server down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The TCP port; 0 for no page.
    pub port: u16,
    /// The address.
    pub bind: String,
    /// Whether the page has the buttons that slow the server down and kill it.
    pub classroom: bool,
}

impl View {
    /// Returns how many file descriptors are not for clients: [`RESERVED_FDS`], and one for each browser.
    pub fn reserved_fds(&self) -> usize {
        match self.port {
            0 => RESERVED_FDS,
            _ => RESERVED_FDS + MAX_BROWSERS,
        }
    }
}

impl Default for View {
    fn default() -> View {
        View {
            port: 0,
            bind: "127.0.0.1".to_owned(),
            classroom: false,
        }
    }
}

pub(super) const PORT: Setting = Setting {
    name: "view-port",
    summary: "TCP port of a page that shows the server at work in a browser; 0 for none",
    change: Change::SameValue,
    get: |config| config.view.port.to_string(),
    set: |config, value| {
        config.view.port = integer(value, 0, 65_535)? as u16;
        Ok(())
    },
};

pub(super) const BIND: Setting = Setting {
    name: "view-bind",
    summary: "address of that page",
    change: Change::SameValue,
    get: |config| config.view.bind.clone(),
    set: |config, value| {
        config.view.bind = value.to_owned();
        Ok(())
    },
};

pub(super) const CLASSROOM: Setting = Setting {
    name: "classroom",
    summary: "let that page slow the server down, hold its lock, load it and kill it",
    change: Change::SameValue,
    get: |config| yes_or_no(config.view.classroom),
    set: |config, value| {
        config.view.classroom = boolean(value)?;
        Ok(())
    },
};
