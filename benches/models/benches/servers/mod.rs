//! The compared servers. Each is a process with an append-only file in its own directory.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use models::servers::MODELS;

const THREADBARE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../target/release/threadbare"
);
const OPTIONS: &str = "--port {port} --dir {dir} --appendonly {log} --appendfsync everysec \
                       --auto-aof-rewrite-percentage 0";
const REDIS: &str = "redis-server --port {port} --dir {dir} --appendonly {log} \
                     --appendfsync everysec --auto-aof-rewrite-percentage 0 --save ''";

/// A server that has not answered after this time has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server. Dropping it kills it and removes its directory.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    child: Child,
    directory: PathBuf,
}

impl Server {
    fn start(name: &str, command: &str) -> io::Result<Server> {
        let directory = env::temp_dir().join(format!("threadbare-{name}-{}", process::id()));
        fs::create_dir_all(&directory)?;
        let port = free_port()?;
        let command = command
            .replace("{port}", &port.to_string())
            .replace("{dir}", &directory.display().to_string())
            .replace("{log}", "yes");
        let child = Command::new("sh")
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut server = Server {
            name: name.to_owned(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            child,
            directory,
        };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    fn wait_until_it_answers(&mut self) -> io::Result<()> {
        let started = Instant::now();
        while let Err(error) = self.ping() {
            if self.child.try_wait()?.is_some() || started.elapsed() > PATIENCE {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Sends a PING. A server that listens may still be loading its data.
    fn ping(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"*1\r\n$4\r\nPING\r\n")?;
        let mut reply = [0; 7];
        stream.read_exact(&mut reply)?;
        if reply.starts_with(b"+PONG") {
            Ok(())
        } else {
            Err(io::Error::other("not ready"))
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ignores errors: the process may have ended already. A directory that remains is left
        // to the system's cleanup.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Starts all available servers and reports the missing ones.
pub(crate) fn start() -> Vec<Server> {
    let mut servers = Vec::new();
    for (name, command) in commands() {
        match Server::start(&name, &command) {
            Ok(server) => servers.push(server),
            Err(error) => eprintln!("without {name}, which does not start: {error}"),
        }
    }
    servers
}

/// Returns the names of the servers that `start` tries.
pub(crate) fn names() -> Vec<String> {
    commands().into_iter().map(|(name, _)| name).collect()
}

/// Returns names and command lines; the servers of `PEERS='name=command --port {port} ...; ...'`
/// come last.
fn commands() -> Vec<(String, String)> {
    let threadbare = env::var("THREADBARE").unwrap_or_else(|_| THREADBARE.to_owned());
    let mut commands = vec![("threadbare".to_owned(), format!("{threadbare} {OPTIONS}"))];
    for (name, _) in MODELS {
        let models = env!("CARGO_BIN_EXE_models");
        commands.push((name.to_owned(), format!("{models} {name} {OPTIONS}")));
    }
    if is_installed("redis-server") {
        commands.push(("redis".to_owned(), REDIS.to_owned()));
    }
    let peers = env::var("PEERS").unwrap_or_default();
    for peer in peers.split(';').filter(|peer| !peer.trim().is_empty()) {
        let Some((name, command)) = peer.split_once('=') else {
            eprintln!("PEERS='name=command --port {{port}}; ...': '{peer}' has no equals sign");
            process::exit(2);
        };
        commands.push((name.trim().to_owned(), command.trim().to_owned()));
    }
    commands
}

fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| Path::new(&directory).join(program).is_file())
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
