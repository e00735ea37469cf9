//! Runs the program as a process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::{Client, PATIENCE, TempDir, wait_for};

const PROGRAM: &str = env!("CARGO_BIN_EXE_threadbare");

/// Returns a command for the program.
pub(crate) fn program() -> Command {
    Command::new(PROGRAM)
}

/// A child process. Dropping it kills it.
struct Mortal(Child);

impl Mortal {
    fn spawn(command: &mut Command) -> Mortal {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        Mortal(child.expect("a program that can be started"))
    }

    /// Waits for its end and returns the exit code, if it was not a signal.
    fn exit(&mut self) -> Option<i32> {
        let ended = || self.0.try_wait().expect("a child of this process");
        wait_for("the end of a process", ended).code()
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server in a process of its own. Dropping it kills it.
pub(crate) struct Process {
    child: Mortal,
    log: Arc<Log>,
    address: SocketAddr,
}

impl Process {
    /// Starts the program with `args` on a free port of the loopback interface, with
    /// its data in `directory`.
    pub(crate) fn start(directory: &TempDir, args: &[&str]) -> Process {
        let mut command = program();
        command.args(args);
        Process::start_command(directory, command)
    }

    /// Starts the program from a shell that runs `script` first.
    pub(crate) fn start_after(script: &str, directory: &TempDir) -> Process {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("{script}; exec \"$0\" \"$@\""), PROGRAM]);
        Process::start_command(directory, command)
    }

    /// Starts a command line that ends with options of the program.
    pub(crate) fn start_command(directory: &TempDir, mut command: Command) -> Process {
        command.args(["--port", "0", "--bind", "127.0.0.1", "--dir"]);
        command.arg(directory.as_os_str());
        let mut child = Mortal::spawn(&mut command);
        let log = Log::follow(child.0.stdout.take().expect("a pipe"));
        let first = log.wait_for_line("is starting");
        let port = first.rsplit("port=").next().and_then(|it| it.parse().ok());
        let port: u16 = port.expect("the port in the first line");
        Process {
            child,
            log,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Waits until the server has loaded its data. Returns its address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.wait_for_line("Ready to accept connections");
        self.address
    }

    /// Waits for a line of its log that contains `text`, and returns it.
    pub(crate) fn wait_for_line(&self, text: &str) -> String {
        self.log.wait_for_line(text)
    }

    /// Returns the lines of its log so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.log.lines.lock().unwrap().clone()
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.child.0.id().to_string()])
            .status();
        assert!(status.expect("the program 'kill'").success());
    }

    /// Sends `kill -9` and waits for the end.
    pub(crate) fn kill(mut self) {
        self.child.0.kill().expect("a process to kill");
        self.child.exit();
    }

    /// Waits for its end and returns the exit code, if it was not a signal.
    pub(crate) fn exit(&mut self) -> Option<i32> {
        self.child.exit()
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.0.id());
        let status = std::fs::read_to_string(path).expect("a running process");
        let kilobytes: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
            .and_then(|number| number.trim().parse().ok())
            .expect("VmRSS");
        kilobytes * 1024
    }
}

/// The outcome of a program that has ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `command` until it ends.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let mut child = Mortal::spawn(command.stderr(Stdio::piped()));
    let mut outcome = Outcome {
        code: child.exit(),
        out: String::new(),
        err: String::new(),
    };
    // The output is read at the end, because it fits into a pipe.
    let (out, err) = (child.0.stdout.take(), child.0.stderr.take());
    out.and_then(|mut pipe| pipe.read_to_string(&mut outcome.out).ok());
    err.and_then(|mut pipe| pipe.read_to_string(&mut outcome.err).ok());
    outcome
}

/// The lines of a process, as they come.
#[derive(Default)]
struct Log {
    lines: Mutex<Vec<String>>,
    came: Condvar,
}

impl Log {
    /// Collects lines until the pipe ends, in a thread of its own.
    fn follow(pipe: ChildStdout) -> Arc<Log> {
        let log = Arc::new(Log::default());
        let collected = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                collected.lines.lock().unwrap().push(line);
                collected.came.notify_all();
            }
        });
        log
    }

    fn wait_for_line(&self, text: &str) -> String {
        let found = |lines: &Vec<String>| lines.iter().find(|line| line.contains(text)).cloned();
        let lines = self.lines.lock().unwrap();
        let (lines, _) = self
            .came
            .wait_timeout_while(lines, PATIENCE, |lines| found(lines).is_none())
            .unwrap();
        found(&lines).unwrap_or_else(|| panic!("no {text:?} in {lines:#?}"))
    }
}
