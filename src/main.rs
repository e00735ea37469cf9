//! The program: turns arguments into a [`Config`], signals into a shutdown, and the outcome into an
//! exit code.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use threadbare::commands::is_command;
use threadbare::sys::memory::{self, Counting};
use threadbare::sys::signals::{self, Signal};
use threadbare::{Config, Handle, Server, config, offline};

/// Counts the allocated bytes, for `used_memory`. A program that embeds the server keeps its own
/// allocator.
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

fn failed(error: &dyn Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
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
        Err(error) => failed(&format_args!("{path}: {error}")),
    }
}

fn import_aof(source: &str, args: &[String]) -> ExitCode {
    let config = match Config::from_args(args.iter().cloned(), is_command) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    match offline::import_aof(Path::new(source), config) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn serve(args: Vec<String>) -> ExitCode {
    let config = match Config::from_args(args, is_command) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    if let Err(error) = signals::block() {
        return failed(&format_args!("Can't block signals: {error}"));
    }
    let server = match Server::bind(config) {
        Ok(server) => server,
        Err(error) => return failed(&error),
    };
    let handle = server.handle();
    let logger = server.handle();
    let waiting = thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || stop_on_signals(&handle));
    match server.run() {
        _ if waiting.is_err() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logger.logger().warning(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// Waits for signals. The first one begins an orderly shutdown. A second Ctrl-C ends the process at
/// once; the written part of the log stays, as after a crash.
fn stop_on_signals(handle: &Handle) {
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

const USAGE: &str = "\
A Redis-compatible server made of threads and the standard library.

Usage: threadbare [FILE] [--name value ...]
       threadbare --check-aof FILE [--fix]
       threadbare --import-aof SOURCE [FILE] [--name value ...]
       threadbare -h | --help
       threadbare -v | --version

FILE is a configuration file in the format of redis.conf. Each of its settings can also be
given as an option. If a setting is given twice, the last value counts.

--check-aof checks an append-only file and exits with 0 if it is good. With --fix the bad
part is cut off and kept in another file of the same directory.

--import-aof reads the data of a Redis: a snapshot such as dump.rdb, an append-only file, or
a directory with a manifest (appendonlydir). It makes the file that 'dir' and
'appendfilename' name, which must not exist.

FILE and the options may also contain 'include FILE', 'rename-command NAME NEW-NAME' and
'user default RULE ...'.

Settings and their defaults:
";

const EXAMPLES: &str = "
Examples:
  threadbare
  threadbare /etc/redis/redis.conf
  threadbare --port 7000 --requirepass secret --dir /var/lib/threadbare
  threadbare --port 0 --appendonly no
";

fn help() -> String {
    let mut text = USAGE.to_owned();
    let defaults: Vec<(&str, String)> = Config::default().list().collect();
    for setting in config::SETTINGS {
        let default = defaults.iter().find(|(name, _)| *name == setting.name);
        let default = match default.map_or("", |(_, value)| value) {
            "" => "\"\"",
            value => value,
        };
        let (name, summary) = (setting.name, setting.summary);
        text += &format!("  {name:<30} {summary}\n  {:<30} {default}\n", "");
    }
    text + EXAMPLES
}
