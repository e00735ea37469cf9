//! The command line: arguments to a [`Config`], signals to a shutdown, the outcome to
//! an exit code.

use std::path::Path;
use std::process::ExitCode;
use std::thread;

use threadbare::sys::memory::{self, Counting};
use threadbare::sys::signals::{self, Signal};
use threadbare::{Config, Handle, Server, config, offline};

/// Counts for `used_memory`. A program that embeds the server keeps its own allocator.
#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    memory::set_up();
    let args: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let has = |option: &str| words.contains(&option);
    match words[..] {
        _ if has("--help") || words.first() == Some(&"-h") => print!("{}", help()),
        _ if has("--version") || words.first() == Some(&"-v") => print!("{}", version()),
        ["--check-aof", path] if !path.starts_with("--") => return check_aof(path, false),
        ["--check-aof", path, "--fix"] | ["--check-aof", "--fix", path] => {
            return check_aof(path, true);
        }
        ["--check-aof", ..] => return misused("--check-aof FILE [--fix]"),
        ["--import-aof", source, ..] if !source.starts_with("--") => {
            return import_aof(source, &args[2..]);
        }
        ["--import-aof", ..] => return misused("--import-aof SOURCE [FILE] [--name value ...]"),
        _ => return serve(args),
    }
    ExitCode::SUCCESS
}

fn misused(usage: &str) -> ExitCode {
    eprintln!("Usage: threadbare {usage}\nTry 'threadbare --help'.");
    ExitCode::FAILURE
}

fn check_aof(path: &str, fix: bool) -> ExitCode {
    match offline::check_aof(Path::new(path), fix) {
        Ok((text, is_good)) => {
            print!("{text}");
            if is_good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn import_aof(source: &str, args: &[String]) -> ExitCode {
    let config = match Config::from_args(args.iter().cloned()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match offline::import_aof(Path::new(source), config) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Vec<String>) -> ExitCode {
    let config = match Config::from_args(args) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    if let Err(error) = signals::block() {
        eprintln!("Signals can't be blocked: {error}");
        return ExitCode::FAILURE;
    }
    let server = match Server::bind(config) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let handle = server.handle();
    let logger = server.handle();
    let waiting = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || obey(&handle));
    match server.run() {
        _ if waiting.is_err() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logger.logger().warning(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Turns the first signal into a shutdown in good order, and a second Ctrl-C into an
/// end at once: what the log has written stays, as after any crash.
fn obey(handle: &Handle) {
    let mut stopping = false;
    while let Ok(signal) = signals::wait() {
        if stopping && signal == Signal::Interrupt {
            handle
                .logger()
                .warning(format_args!("You insist... exiting now."));
            std::process::exit(1);
        }
        let name = match signal {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        };
        handle
            .logger()
            .warning(format_args!("Received {name} scheduling shutdown..."));
        handle.shutdown();
        stopping = true;
    }
}

fn version() -> String {
    format!(
        "threadbare v={} redis={} bits={}\n",
        env!("CARGO_PKG_VERSION"),
        config::REDIS_VERSION,
        usize::BITS
    )
}

fn help() -> String {
    let mut text = String::from(
        "A Redis-compatible server made of threads and the standard library.\n\n\
         Usage: threadbare [FILE] [--name value ...]\n\
         \x20      threadbare --check-aof FILE [--fix]\n\
         \x20      threadbare --import-aof SOURCE [FILE] [--name value ...]\n\
         \x20      threadbare -h | --help\n\
         \x20      threadbare -v | --version\n\n\
         FILE is a configuration file as Redis reads it. Any setting of it can be given as\n\
         an option; what comes later wins.\n\n\
         --check-aof tells whether an append-only file is good and how far, and exits with 0\n\
         if it is. With --fix the rest is cut off and kept in a file beside it.\n\n\
         --import-aof reads what a Redis keeps into the file that 'dir' and 'appendfilename'\n\
         name, which must not be there: a snapshot such as dump.rdb, an append-only file, or a\n\
         directory of those with a manifest (appendonlydir).\n\n\
         In FILE and as options there are also 'include FILE', 'rename-command NAME NEW-NAME'\n\
         and 'user default RULE ...'.\n\n\
         Settings and what they are without being set:\n",
    );
    let defaults: Vec<(&str, String)> = Config::default().list().collect();
    for setting in config::SETTINGS {
        let default = defaults.iter().find(|(name, _)| *name == setting.name);
        let default = match default.map_or("", |(_, value)| value) {
            "" => "\"\"",
            value => value,
        };
        text += &format!(
            "  {:<30} {}\n  {:<30} {}\n",
            setting.name, setting.summary, "", default
        );
    }
    text += "\nExamples:\n\
             \x20 threadbare\n\
             \x20 threadbare /etc/redis/redis.conf\n\
             \x20 threadbare --port 7000 --requirepass secret --dir /var/lib/threadbare\n\
             \x20 threadbare --port 0 --appendonly no\n";
    text
}
