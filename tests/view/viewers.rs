use crate::support::{Page, TestServer, wait_for, with_page};

/// Nothing samples for nobody, and all viewers get the same samples.
#[test]
fn viewers_share_samples() {
    let mut port = 0;
    let server = TestServer::start_with(|config| port = with_page(config));
    server.address();
    let (mut one, mut other) = (Page::open(port), Page::open(port));
    // A slow viewer misses some.
    let shared = wait_for("a sample that both get", || {
        let (mut its, mut others) = (one.sample(), other.sample());
        while its.number("us") < others.number("us") {
            its = one.sample();
        }
        while others.number("us") < its.number("us") {
            others = other.sample();
        }
        (its.number("us") == others.number("us")).then_some((its, others))
    });
    assert_eq!(shared.0, shared.1);
}

/// The thread of a viewer ends when its browser has gone.
#[test]
fn viewers_come_and_go() {
    let (server, mut page) = Page::start(|_| {});
    let port = page.port();
    let others: Vec<Page> = (0..10).map(|_| Page::open(port)).collect();
    let mut client = server.connect();
    let mut threads = || client.ask(&["INFO", "threads"]).text();
    assert!(threads().contains("threads_viewer:count=11,"));
    drop(others);
    wait_for("the threads of the viewers to end", || {
        page.sample();
        let is_alone = threads().contains("threads_viewer:count=1,");
        is_alone.then_some(())
    });
}
