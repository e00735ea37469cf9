//! The HELP subcommand of every container, from the lines in its row.

use super::call::Call;
use super::lookup;
use super::table::error::ReplyError;

/// The last lines of every HELP.
const ON_HELP: &[&str] = &["HELP", "    Prints this help."];

/// Replies with the lines of the container that the request names.
pub(super) fn help(call: &mut Call) -> Result<(), ReplyError> {
    let found = lookup::find_renamed(&call.state.renames, call.args.get(0));
    let Some((_, container)) = found else {
        return Ok(());
    };
    let name = call.text(0).to_uppercase();
    call.reply.array(1 + container.help.len() + ON_HELP.len());
    call.reply.simple(&format!(
        "{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"
    ));
    for line in container.help.iter().chain(ON_HELP) {
        call.reply.simple(line);
    }
    Ok(())
}
