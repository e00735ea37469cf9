//! A task for each client, on tokio.
//!
//! A task reads like the code of threadbare's threads, with an `await` where a thread blocks.
//! One wait has no `await`: `Conversation::run` may block for a moment, see [`super`].

use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;

use threadbare::config::limits::READ_BUFFER_BYTES;
use threadbare::engine::Engine;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::conversation::{Conversation, Wants};
use super::{ACCEPT_RETRY, complain_of_accept};

/// Runs tasks on as many threads as there are processors; the threads steal tasks from each
/// other.
///
/// # Errors
/// If the runtime cannot start.
pub fn multi_thread(listener: std::net::TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    serve(
        &Builder::new_multi_thread().enable_all().build()?,
        listener,
        engine,
    )
}

/// Runs all tasks on the calling thread.
///
/// # Errors
/// If the runtime cannot start.
pub fn current_thread(listener: std::net::TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    serve(
        &Builder::new_current_thread().enable_all().build()?,
        listener,
        engine,
    )
}

fn serve(
    runtime: &Runtime,
    listener: std::net::TcpListener,
    engine: Arc<Engine>,
) -> io::Result<()> {
    runtime.block_on(async { accept(TcpListener::from_std(listener)?, engine).await })
}

async fn accept(listener: TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(stream, Conversation::new(&engine)));
            }
            // The client has left before its connection was accepted.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                complain_of_accept(&engine, &error);
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Serves one client. An error means that the client is gone, so it is not reported.
async fn converse(mut stream: TcpStream, mut conversation: Conversation) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ_BUFFER_BYTES];
    loop {
        let wants = conversation.run_and_wait(tokio::task::yield_now).await?;
        send(&stream, &mut conversation).await?;
        match wants {
            Wants::Input if receive(&mut stream, &mut conversation, &mut buffer).await? => {}
            Wants::Room => {}
            Wants::Input | Wants::Close => return Ok(()),
        }
    }
}

async fn send(stream: &TcpStream, conversation: &mut Conversation) -> io::Result<()> {
    loop {
        match conversation.send(&mut Tried(stream)) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => stream.writable().await?,
            result => return result,
        }
    }
}

/// Receives bytes; returns `false` at the end of the connection. A read that succeeds at once
/// counts against the task's budget. So a client that always has more bytes yields to the
/// others.
async fn receive(
    stream: &mut TcpStream,
    conversation: &mut Conversation,
    buffer: &mut [u8],
) -> io::Result<bool> {
    if let Some((payload, room)) = conversation.big_argument() {
        let count = stream.take(room as u64).read_to_end(payload).await?;
        return Ok(count == room);
    }
    let count = stream.read(buffer).await?;
    conversation.received(&buffer[..count]);
    Ok(count > 0)
}

/// Makes tokio's socket a `Write` for `Output`: writes as much as the socket has room for.
struct Tried<'a>(&'a TcpStream);

impl Write for Tried<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
