//! A server to test: a model in its own process, or threadbare itself in this one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use models::servers::MODELS;
use threadbare::{Config, Handle, Level};

use super::{Client, PATIENCE, comes_true};

const PROGRAM: &str = env!("CARGO_BIN_EXE_models");

/// The name of threadbare's own model.
const THREADS: &str = "threads";

pub(crate) struct Server {
    model: &'static str,
    running: Running,
    address: SocketAddr,
    directory: PathBuf,
}

enum Running {
    Process(Child),
    Thread(Handle, Option<JoinHandle<()>>),
}

/// Runs `test` with each model and with threadbare itself.
pub(crate) fn each_server(test: impl Fn(Server)) {
    for model in MODELS.map(|(name, _)| name).into_iter().chain([THREADS]) {
        // Shown if the test fails.
        println!("with {model}:");
        test(Server::start(model, new_directory()));
    }
}

/// Runs `test` with each model, with `limit` as an argument of `ulimit`. Past a limit on file
/// sizes, a write fails with an error, since the signal is ignored.
pub(crate) fn each_model_within(limit: &str, test: impl Fn(Server)) {
    for (model, _) in MODELS {
        println!("with {model}:");
        let directory = new_directory();
        let mut shell = Command::new("bash");
        let script = format!("trap '' XFSZ; ulimit -S {limit}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, PROGRAM]);
        let (running, address) = start_process(shell, model, &directory);
        test(Server {
            model,
            running,
            address,
            directory,
        });
    }
}

impl Server {
    fn start(model: &'static str, directory: PathBuf) -> Server {
        let (running, address) = start(model, &directory);
        Server {
            model,
            running,
            address,
            directory,
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Ends the server while clients may be connected; a process with `kill -9`.
    pub(crate) fn kill(&mut self) {
        match &mut self.running {
            Running::Process(child) => {
                // An error means that the process has ended already.
                let _ = child.kill();
                let _ = child.wait();
            }
            Running::Thread(handle, thread) => {
                handle.shutdown();
                if let Some(thread) = thread.take() {
                    join(thread);
                }
            }
        }
    }

    /// Starts a killed server again, with its data.
    pub(crate) fn restart(&mut self) {
        (self.running, self.address) = start(self.model, &self.directory);
    }

    /// Waits until the server has ended by itself.
    pub(crate) fn wait_for_end(&mut self) {
        match &mut self.running {
            Running::Process(child) => {
                let mut status = None;
                let has_ended = comes_true(|| {
                    status = child.try_wait().expect("a child");
                    status.is_some()
                });
                assert!(has_ended, "a server that does not stop");
                assert!(status.expect("how it has ended").success());
            }
            Running::Thread(_, thread) => {
                join(thread.take().expect("a server that has not stopped yet"));
            }
        }
    }
}

fn join(thread: JoinHandle<()>) {
    let has_ended = comes_true(|| thread.is_finished());
    assert!(has_ended, "a server that does not stop");
    thread.join().expect("a server that stops");
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // Leaves files that cannot be removed to the system's cleanup.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn new_directory() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("threadbare-models-{}-{number}", process::id());
    let path = std::env::temp_dir().join(name);
    fs::create_dir(&path).expect("a new directory");
    path
}

fn start(model: &str, directory: &Path) -> (Running, SocketAddr) {
    match model {
        THREADS => start_thread(directory),
        model => start_process(Command::new(PROGRAM), model, directory),
    }
}

fn start_thread(directory: &Path) -> (Running, SocketAddr) {
    let config = Config {
        port: 0,
        bind: vec!["127.0.0.1".to_owned()],
        dir: directory.to_owned(),
        loglevel: Level::Nothing,
        ..Config::default()
    };
    let server = threadbare::Server::bind(config).expect("a free port");
    let (handle, address) = (server.handle(), server.local_addr());
    let thread = thread::spawn(move || server.run().expect("a server that starts"));
    // Until then, the server would answer clients that it is loading.
    let is_ready = comes_true(|| !handle.is_loading() || thread.is_finished());
    assert!(is_ready, "a server that does not load its data");
    (Running::Thread(handle, Some(thread)), address)
}

fn start_process(mut program: Command, model: &str, directory: &Path) -> (Running, SocketAddr) {
    let mut child = program
        .args([model, "--port", "0", "--dir"])
        .arg(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a program that can be started");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let (sender, first) = mpsc::channel();
    // Reads all output, so that the server can always write; only the first line is received.
    thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .for_each(|line| drop(sender.send(line)))
    });
    let first = first.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = child.kill();
        panic!("{model} says nothing");
    });
    let port = first
        .rsplit("port=")
        .next()
        .and_then(|it| it.trim().parse().ok());
    let port: u16 = port.unwrap_or_else(|| panic!("no port in {first:?}"));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    (Running::Process(child), address)
}
