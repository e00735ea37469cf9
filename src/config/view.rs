//! The settings of the page that shows the server at work.

use super::setting::{Change, Setting};
use super::value::integer;

/// Where the page is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The TCP port; 0 for no page.
    pub port: u16,
    /// The address.
    pub bind: String,
}

impl Default for View {
    fn default() -> View {
        View {
            port: 0,
            bind: "127.0.0.1".to_owned(),
        }
    }
}

pub(super) const PORT: Setting = Setting {
    name: "view-port",
    summary: "TCP port of a page that shows the server at work in a browser; 0 for none",
    change: Change::Never,
    get: |config| config.view.port.to_string(),
    set: |config, value| {
        config.view.port = integer(value, 0, 65_535)? as u16;
        Ok(())
    },
};

pub(super) const BIND: Setting = Setting {
    name: "view-bind",
    summary: "address of that page",
    change: Change::Never,
    get: |config| config.view.bind.clone(),
    set: |config, value| {
        config.view.bind = value.to_owned();
        Ok(())
    },
};
