//! threadbare's engine behind another I/O model; see `--help`.

use std::error::Error;
use std::process::ExitCode;

use models::servers::{self, MODELS};
use threadbare::{Config, commands};

const HELP: &str = "\
threadbare's engine behind another I/O model.

    models MODEL [FILE] [--name value ...]

MODEL is tokio (tasks on several threads), tokio-current (tasks on one thread), smol (tasks
on several threads) or mio (one thread, one loop). FILE and the options are threadbare's own;
whatever `bind` says, it is 127.0.0.1 that is listened on.

    models mio --port 7000 --dir /tmp --appendonly no
";

fn main() -> ExitCode {
    let mut args = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned());
    let model = args.nth(1).unwrap_or_default();
    let Some((name, serve)) = MODELS.into_iter().find(|(name, _)| *name == model) else {
        eprint!("{HELP}");
        return ExitCode::FAILURE;
    };
    let end = Config::from_args(args, commands::is_command)
        .map_err(Box::<dyn Error>::from)
        .and_then(|config| servers::run(name, serve, config));
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
