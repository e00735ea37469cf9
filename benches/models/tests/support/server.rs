//! A server to test: one of the models as a process, or threadbare itself in this one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use models::servers::MODELS;
use threadbare::{Config, Handle, Level};

use super::Client;

const PROGRAM: &str = env!("CARGO_BIN_EXE_models");

/// The model that is threadbare's own.
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

/// Runs `test` with each model on a disk that has room for a few KB: a limit on the size of
/// files stands for it. Writing past it is an error, once the signal that comes first is
/// ignored.
pub(crate) fn each_model_with_little_room(test: impl Fn(Server)) {
    for (model, _) in MODELS {
        println!("with {model}:");
        let directory = new_directory();
        let mut shell = Command::new("bash");
        shell.args([
            "-c",
            "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" \"$@\"",
            PROGRAM,
        ]);
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

    /// Ends it, with `kill -9` if it is a process, while clients may be talking to it.
    pub(crate) fn kill(&mut self) {
        match &mut self.running {
            Running::Process(child) => {
                // An error says that it has ended already.
                let _ = child.kill();
                let _ = child.wait();
            }
            Running::Thread(handle, thread) => {
                handle.shutdown();
                if let Some(thread) = thread.take() {
                    thread.join().expect("a server that stops");
                }
            }
        }
    }

    /// Starts it again, once killed, with the data that it has left.
    pub(crate) fn restart(&mut self) {
        (self.running, self.address) = start(self.model, &self.directory);
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait_for_end(&mut self) {
        match &mut self.running {
            Running::Process(child) => assert!(child.wait().expect("a child").success()),
            Running::Thread(_, thread) => {
                let thread = thread.take().expect("a server that has not stopped yet");
                thread.join().expect("a server that stops");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // What cannot be removed is left to whoever cleans the system's directory.
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
    // Before, clients would hear that there is no data yet.
    while handle.is_loading() && !thread.is_finished() {
        thread::yield_now();
    }
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
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut first = String::new();
    lines.read_line(&mut first).expect("a line");
    let port = first
        .rsplit("port=")
        .next()
        .and_then(|it| it.trim().parse().ok());
    let port: u16 = port.unwrap_or_else(|| panic!("no port in {first:?}"));
    // Read to the end, so that the server can always write.
    thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    (Running::Process(child), address)
}
