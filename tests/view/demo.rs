//! `make demo`: `tests/demo/demo.sh`.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::browser::{post, status};
use crate::support::{Client, TempDir, free_port, program, wait_for};

/// The script with its server. Dropping it stops both.
struct Demo {
    script: Child,
    ports: [u16; 2],
}

impl Demo {
    fn start(directory: &TempDir) -> Demo {
        let ports = [free_port(), free_port()];
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new("sh");
        command.arg(root.join("tests/demo/demo.sh"));
        command.arg(program().get_program());
        command.args(ports.map(|port| port.to_string()));
        command.arg(directory.as_os_str()).stdout(Stdio::null());
        let script = command.spawn().expect("a shell");
        Demo { script, ports }
    }

    /// Waits until the server has its data. Returns a client.
    fn client(&self) -> Client {
        let address = SocketAddr::from(([127, 0, 0, 1], self.ports[0]));
        wait_for("the server", || {
            let mut client = Client::try_connect(address).ok()?;
            client.try_send("PING\r\n").ok()?;
            let reply = client.try_reply().ok()?;
            (reply.error().is_none()).then_some(client)
        })
    }

    fn terminate(&self) {
        let id = self.script.id().to_string();
        // An error means that the script has ended.
        let _ = Command::new("kill").args(["-s", "TERM", &id]).status();
    }

    /// Waits for the end, and returns the exit code.
    fn code(&mut self) -> Option<i32> {
        let ended = || self.script.try_wait().expect("a child of this process");
        let code = wait_for("the end of the script", ended).code();
        for port in self.ports {
            let left = TcpStream::connect(("127.0.0.1", port));
            assert!(left.is_err(), "a server is left behind");
        }
        code
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.terminate();
        let _ = self.script.wait();
    }
}

#[test]
fn a_killed_server_starts_again_with_its_data_until_the_script_is_stopped() {
    let directory = TempDir::new();
    let mut demo = Demo::start(&directory);
    for round in ["first", "second"] {
        let key = format!("SET {round} value");
        assert_eq!(demo.client().ask_line(&key).text(), "OK");
        assert_eq!(status(&post(demo.ports[1], "/classroom/kill", "")), 204);
    }
    let mut client = demo.client();
    assert_eq!(client.ask_line("EXISTS first second").integer(), 2);
    demo.terminate();
    assert_eq!(demo.code(), Some(0));
}

#[test]
fn shutdown_ends_the_script() {
    let directory = TempDir::new();
    let mut demo = Demo::start(&directory);
    demo.client().send_line("SHUTDOWN");
    assert_eq!(demo.code(), Some(0));
}
