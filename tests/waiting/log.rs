use threadbare::config::Protected;

use super::Line;
use crate::support::TestServer;

/// The log has the effect of each served request, behind the command that made the key ready.
#[test]
fn a_restart_finds_the_same_data() {
    let server = TestServer::start_with(|config| config.enable_debug_command = Protected::Yes);
    let mut line = Line::new(&server);
    let mut clients = [
        line.join("BLPOP a 0"),
        line.join("BRPOP a 0"),
        line.join("BLMOVE a b LEFT RIGHT 0"),
        line.join("BRPOPLPUSH a b 0"),
        line.join("BLMPOP 0 1 a RIGHT COUNT 2"),
        line.join("BLPOP b 0"),
    ];
    line.expect(&[
        ("MULTI", "+OK\r\n"),
        ("RPUSH a 1 2 3 4", "+QUEUED\r\n"),
        ("RPUSH a 5 6 7 8", "+QUEUED\r\n"),
        ("EXEC", "*2\r\n:4\r\n:8\r\n"),
    ]);
    let answers = [
        "*2\r\n$1\r\na\r\n$1\r\n1\r\n",
        "*2\r\n$1\r\na\r\n$1\r\n8\r\n",
        "$1\r\n2\r\n",
        "$1\r\n7\r\n",
        "*2\r\n$1\r\na\r\n*2\r\n$1\r\n6\r\n$1\r\n5\r\n",
        "*2\r\n$1\r\nb\r\n$1\r\n7\r\n",
    ];
    for (client, answer) in clients.iter_mut().zip(answers) {
        client.expect(answer);
    }
    let lists = [
        ("LRANGE a 0 -1", "*2\r\n$1\r\n3\r\n$1\r\n4\r\n"),
        ("LRANGE b 0 -1", "*1\r\n$1\r\n2\r\n"),
    ];
    line.expect(&lists);
    line.expect(&[("DEBUG RELOAD", "+OK\r\n")]);
    line.expect(&lists);
    drop(line);
    let server = server.restart();
    server.connect().expect_exchanges(&lists);
}

/// A served pop of a sorted set is recorded as the pop that does not wait.
#[test]
fn waiting_pops_of_sorted_sets_are_recorded_as_pops() {
    let server = TestServer::start();
    let mut line = Line::new(&server);
    let mut clients = [
        line.join("BZPOPMIN none a 0"),
        line.join("BZPOPMAX a 0"),
        line.join("BZMPOP 0 1 a MIN COUNT 2"),
    ];
    line.expect(&[("ZADD a 1 p 2 q 3 r 4 s 5 t", ":5\r\n")]);
    for (client, answer) in clients.iter_mut().zip([
        "*3\r\n$1\r\na\r\n$1\r\np\r\n$1\r\n1\r\n",
        "*3\r\n$1\r\na\r\n$1\r\nt\r\n$1\r\n5\r\n",
        "*2\r\n$1\r\na\r\n*2\r\n*2\r\n$1\r\nq\r\n$1\r\n2\r\n*2\r\n$1\r\nr\r\n$1\r\n3\r\n",
    ]) {
        client.expect(answer);
    }
    assert_eq!(
        server.directory.aof_commands(),
        [
            "SELECT 0",
            "ZADD a 1 p 2 q 3 r 4 s 5 t",
            "ZPOPMIN a",
            "ZPOPMAX a",
            "ZPOPMIN a 2",
        ]
    );
    drop(line);
    let server = server.restart();
    server
        .connect()
        .expect_exchanges(&[("ZSCORE a s", "$1\r\n4\r\n"), ("ZCARD a", ":1\r\n")]);
}
