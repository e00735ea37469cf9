//! A task for each client, on smol.
//!
//! smol keeps the standard library's sockets and only adds the waiting. It tries an operation,
//! and tries again when the socket is ready. One wait has no `await`: `Conversation::run` may
//! block for a moment, see [`super`].

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::panic;
use std::sync::Arc;
use std::thread;

use smol::{Async, Executor, Timer, block_on, future};
use threadbare::config::limits::READ_BUFFER_BYTES;
use threadbare::engine::Engine;

use super::conversation::{Conversation, Received, Wants};
use super::{ACCEPT_RETRY, complain_of_accept};

/// Replaces smol's own executor, which has one thread unless the environment sets another
/// number.
static EXECUTOR: Executor<'static> = Executor::new();

/// Runs tasks on as many threads as there are processors.
///
/// # Errors
/// If a thread cannot be started.
pub fn serve(listener: TcpListener, engine: Arc<Engine>) -> io::Result<()> {
    for number in 0..thread::available_parallelism()?.get() {
        thread::Builder::new()
            .name(format!("smol-{number}"))
            .spawn(run_tasks)?;
    }
    block_on(async { accept(Async::new(listener)?, engine).await })
}

/// Runs tasks. A panic ends its task and not the thread.
fn run_tasks() {
    loop {
        let _ = panic::catch_unwind(|| block_on(EXECUTOR.run(future::pending::<()>())));
    }
}

async fn accept(listener: Async<TcpListener>, engine: Arc<Engine>) -> io::Result<()> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let conversation = Conversation::new(&engine);
                EXECUTOR.spawn(converse(stream, conversation)).detach();
            }
            // The client has left before its connection was accepted.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => {
                complain_of_accept(&engine, &error);
                Timer::after(ACCEPT_RETRY).await;
            }
        }
    }
}

/// Serves one client. An error means that the client is gone, so it is not reported.
async fn converse(stream: Async<TcpStream>, mut conversation: Conversation) -> io::Result<()> {
    stream.get_ref().set_nodelay(true)?;
    let mut buffer = vec![0; READ_BUFFER_BYTES];
    loop {
        let wants = conversation.run_and_wait(future::yield_now).await?;
        stream
            .write_with(|mut stream| conversation.send(&mut stream))
            .await?;
        match wants {
            Wants::Input if receive(&stream, &mut conversation, &mut buffer).await? => {}
            Wants::Room => {}
            Wants::Input | Wants::Close => return Ok(()),
        }
    }
}

/// Receives bytes; returns `false` at the end of the connection.
async fn receive(
    stream: &Async<TcpStream>,
    conversation: &mut Conversation,
    buffer: &mut [u8],
) -> io::Result<bool> {
    let received = stream
        .read_with(|mut stream| conversation.receive(&mut stream, buffer))
        .await?;
    if received == Received::Much {
        // A read that succeeds at once does not yield, and this client may always have more
        // bytes.
        future::yield_now().await;
    }
    Ok(received != Received::End)
}
