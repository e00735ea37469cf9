//! The options of CLIENT TRACKING, and what tells them.

use super::OK;
use crate::support::{Reply, TestServer};

#[test]
fn trackinginfo_client_list_and_info_tell_how_a_client_tracks() {
    let server = TestServer::start();
    let mut client = server.connect();
    let mut info = |request: &str, flags: &[&str], redirect: i64, prefixes: &[&str]| {
        assert_eq!(client.ask_line(request).error(), None, "{request}");
        let info = client.ask_line("CLIENT TRACKINGINFO");
        let fields = info.array();
        assert_eq!(fields[0].text(), "flags");
        assert_eq!(fields[1].texts(), flags, "{request}");
        assert_eq!(fields[2].text(), "redirect");
        assert_eq!(fields[3], Reply::Integer(redirect), "{request}");
        assert_eq!(fields[4].text(), "prefixes");
        assert_eq!(fields[5].texts(), prefixes, "{request}");
        let line = client.ask_line("CLIENT INFO").text();
        assert!(line.contains(&format!(" redir={redirect} ")), "{line}");
        let letters = match flags {
            ["off", ..] => "N",
            [_, "bcast", ..] => "tB",
            _ => "t",
        };
        assert!(line.contains(&format!(" flags={letters} ")), "{line}");
    };
    info("PING", &["off"], -1, &[]);
    info("CLIENT TRACKING on", &["on"], 0, &[]);
    info(
        "CLIENT TRACKING on noloop optin",
        &["on", "optin", "noloop"],
        0,
        &[],
    );
    info(
        "CLIENT CACHING yes",
        &["on", "optin", "caching-yes", "noloop"],
        0,
        &[],
    );
    info("PING", &["on", "optin", "noloop"], 0, &[]);
    info("CLIENT TRACKING off", &["off"], -1, &[]);
    info("CLIENT TRACKING on optout", &["on", "optout"], 0, &[]);
    info("CLIENT CACHING no", &["on", "optout", "caching-no"], 0, &[]);
    info("RESET", &["off"], -1, &[]);
    info(
        "CLIENT TRACKING on bcast prefix b prefix a",
        &["on", "bcast"],
        0,
        &["a", "b"],
    );
    info(
        "CLIENT TRACKING on bcast prefix c",
        &["on", "bcast"],
        0,
        &["a", "b", "c"],
    );
    info("CLIENT TRACKING off", &["off"], -1, &[]);
    info("CLIENT TRACKING on bcast", &["on", "bcast"], 0, &[""]);
}

#[test]
fn wrong_options_change_nothing() {
    let server = TestServer::start();
    let mut client = server.connect();
    let own = client.ask_line("CLIENT ID").integer();
    let mode = "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, \
                and then re-enabling it with a different mode.\r\n";
    let opt = "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, \
               and then re-enabling it with a different mode.\r\n";
    let overlap = |one: &str, which: &str, other: &str| {
        format!(
            "-ERR Prefix '{one}' overlaps with {which} prefix '{other}'. Prefixes for a single \
             client must not overlap.\r\n"
        )
    };
    client.expect_exchanges(&[
        (
            "CLIENT TRACKING",
            "-ERR wrong number of arguments for 'client|tracking' command\r\n",
        ),
        ("CLIENT TRACKING maybe", "-ERR syntax error\r\n"),
        ("CLIENT TRACKING ON REDIRECT", "-ERR syntax error\r\n"),
        (
            "CLIENT TRACKING ON REDIRECT x",
            "-ERR value is not an integer or out of range\r\n",
        ),
        (
            "CLIENT TRACKING OFF REDIRECT 0",
            "-ERR The client ID you want redirect to does not exist\r\n",
        ),
        (
            &format!("CLIENT TRACKING ON REDIRECT {own} REDIRECT {own}"),
            "-ERR A client can only redirect to a single other client\r\n",
        ),
        (
            "CLIENT TRACKING ON PREFIX a",
            "-ERR PREFIX option requires BCAST mode to be enabled\r\n",
        ),
        (
            "CLIENT TRACKING ON BCAST OPTIN",
            "-ERR OPTIN and OPTOUT are not compatible with BCAST\r\n",
        ),
        (
            "CLIENT TRACKING ON OPTIN OPTOUT",
            "-ERR You can't specify both OPTIN mode and OPTOUT mode\r\n",
        ),
        (
            "CLIENT TRACKING ON BCAST PREFIX FOOBAR PREFIX FOO",
            &overlap("FOOBAR", "another provided", "FOO"),
        ),
        (
            "CLIENT CACHING YES",
            "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN \
             or OPTOUT mode enabled\r\n",
        ),
        ("CLIENT GETREDIR", ":-1\r\n"),
        ("CLIENT TRACKING ON OPTIN", OK),
        ("CLIENT TRACKING ON BCAST", mode),
        ("CLIENT TRACKING ON OPTOUT", opt),
        (
            "CLIENT CACHING NO",
            "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.\r\n",
        ),
        ("CLIENT CACHING maybe", "-ERR syntax error\r\n"),
        ("CLIENT TRACKING ON", OK),
        (
            "CLIENT CACHING YES",
            "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.\r\n",
        ),
        ("CLIENT TRACKING OFF", OK),
        ("CLIENT TRACKING ON BCAST PREFIX FOO PREFIX BAR", OK),
        (
            "CLIENT TRACKING ON BCAST PREFIX FO",
            &overlap("FO", "an existing", "FOO"),
        ),
    ]);
}
