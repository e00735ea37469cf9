//! The figures of the last minutes: calls and the times that they take.

use crate::support::{Json, Page};

/// Returns a test for figures of at least this number of calls.
fn with_calls(calls: u64) -> impl FnMut(&Json) -> Option<()> {
    move |sample| (sample.number("figures.calls") >= calls).then_some(())
}

#[test]
fn times_below_a_microsecond_are_told() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    page.until("a time with a fraction", |sample| {
        client.send("PING\r\n".repeat(100));
        (0..100).for_each(|_| drop(client.reply()));
        let Json::Number(us) = sample.at("figures.p50_us") else {
            panic!("no number");
        };
        (us.fract() > 0.0).then_some(())
    });
}

/// After CONFIG RESETSTAT there are soon more calls than before, but fewer that took as long.
#[test]
fn the_figures_begin_again_after_a_reset() {
    let (server, mut page) = Page::start(|_| {});
    let mut client = server.connect();
    client.ask(&["SETRANGE", "key", "1999", "x"]);
    client.send("PING\r\n".repeat(500));
    (0..500).for_each(|_| drop(client.reply()));
    page.until("the calls", with_calls(500));
    // The percentiles are those of a second.
    (0..5).for_each(|_| drop(page.sample()));
    let counts = "BITCOUNT key\r\n".repeat(1000);
    client.send(format!("CONFIG RESETSTAT\r\n{counts}"));
    (0..1001).for_each(|_| drop(client.reply()));
    page.until("the calls since the reset", with_calls(1000));
    let calls = |page: &mut Page| page.sample().number("figures.calls");
    (0..5).for_each(|_| assert!((1000..1010).contains(&calls(&mut page))));
}
