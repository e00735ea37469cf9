use crate::support::TestServer;

#[test]
fn function_list_and_stats_show_no_functions() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("FUNCTION LIST", "*0\r\n"),
        ("FUNCTION LIST WITHCODE LIBRARYNAME *", "*0\r\n"),
        (
            "FUNCTION LIST LIBRARYNAME",
            "-ERR library name argument was not given\r\n",
        ),
        (
            "FUNCTION LIST withcode WITHCODE",
            "-ERR Unknown argument WITHCODE\r\n",
        ),
        ("FUNCTION DELETE x", "-ERR Library not found\r\n"),
        (
            "FUNCTION KILL",
            "-NOTBUSY No scripts in execution right now.\r\n",
        ),
        (
            "FUNCTION STATS",
            "*4\r\n$14\r\nrunning_script\r\n$-1\r\n$7\r\nengines\r\n\
             *2\r\n$3\r\nLUA\r\n\
             *4\r\n$15\r\nlibraries_count\r\n:0\r\n$15\r\nfunctions_count\r\n:0\r\n",
        ),
    ]);
}

#[test]
fn a_flush_of_no_functions_changes_nothing() {
    let server = TestServer::start();
    server.connect().expect_exchanges(&[
        ("SET k v", "+OK\r\n"),
        ("FUNCTION FLUSH", "+OK\r\n"),
        ("FUNCTION FLUSH ASYNC", "+OK\r\n"),
        ("FUNCTION FLUSH sync", "+OK\r\n"),
        (
            "FUNCTION FLUSH now",
            "-ERR FUNCTION FLUSH only supports SYNC|ASYNC option\r\n",
        ),
        (
            "FUNCTION flush sync sync",
            "-ERR unknown subcommand or wrong number of arguments for 'flush'. Try FUNCTION \
             HELP.\r\n",
        ),
        ("GET k", "$1\r\nv\r\n"),
    ]);
    assert_eq!(server.directory.aof_commands(), ["SELECT 0", "SET k v"]);
}
