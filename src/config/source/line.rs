//! The first word of a line of a configuration file, or of an option.

use crate::config::directive::Directive;
use crate::config::inert;

/// Directives that CONFIG GET does not know.
const ACTIONS: [&str; 4] = ["include", "rename-command", "user", "sentinel"];

/// Returns whether a line or an option may begin with `name`, in letters of any case.
pub(super) fn is_line(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ACTIONS.contains(&name.as_str())
        || Directive::find(&name).is_some()
        || inert::in_file_only(&name).is_some()
}
